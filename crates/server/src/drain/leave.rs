//! The way out.

use std::time::Duration;

use outlive_connector::http::Running;
use outlive_net::Cluster;
use tokio::task::JoinSet;

use super::departure::{Departure, Report};
use super::flags::DrainFlags;
use crate::signals;

/// How long requests and acknowledgements are waited for, unless it is said.
const LIMIT_DEFAULT: Duration = Duration::from_secs(10);

/// Leaves the cluster in order. `servers`: where requests come in, if they do. `served`: what is to be done when none is under way any more,
/// and the other nodes are still to hear of it. `at_once`: nobody needs time to notice.
///
/// A signal while it goes on ends whichever wait is under way.
pub(crate) async fn leave(
    departure: &Departure,
    cluster: &Cluster,
    servers: Vec<Running>,
    served: impl FnOnce(),
    flags: &DrainFlags,
    at_once: bool,
) {
    let delay = if at_once { Duration::ZERO } else { departure.delay(flags.drain_delay) };
    let limit = flags.drain_limit.map_or(LIMIT_DEFAULT, |limit| limit.0);
    departure.begin();
    cluster.prepare_to_leave();
    if !servers.is_empty() {
        servers.iter().for_each(Running::close_behind_answers);
        tracing::info!(?delay, "health says 503; requests are served until balancers have noticed");
        or_signal(tokio::time::sleep(delay)).await;
        tracing::info!("ending: no new requests, those under way are answered");
        // Side by side: none takes new requests while another drains.
        let mut ends: JoinSet<()> = servers.into_iter().map(|server| server.stop(limit)).collect();
        while ends.join_next().await.is_some() {}
    }
    served();
    or_signal(cluster.hand_over(limit)).await;
    let report = Report::of(&cluster.standing());
    if report.complete {
        tracing::info!("{}", report.sentence);
    } else {
        tracing::warn!("{}", report.sentence);
    }
    departure.end(report);
    cluster.leave_at_once().await;
}

/// Waits, until a signal says that this is enough.
pub(crate) async fn or_signal<T>(wait: impl Future<Output = T>) {
    tokio::select! {
        _ = wait => {}
        _ = signals::stop_asked(false) => tracing::info!("a signal: this wait is over"),
    }
}
