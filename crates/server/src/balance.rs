//! `outlive balance`: the balancer without the demo.
//!
//! The end: its status says 503, and it serves on for `--drain-delay`, so that whoever moves a virtual IP or sends clients by it does so first.
//! Then no new connections, answers under way are finished, upgraded connections are cut, each within `--end-limit`.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, StatusCode};
use outlive_balance::Balancer;
use outlive_connector::http::{HttpServer, HttpSettings};
use serde_json::json;
use tower_service::Service;

use crate::cli::HostPort;
use crate::drain::{Departure, or_signal};
use crate::exit::Exit;
use crate::reply::{self, Reply};
use crate::serve;
use crate::signals;

mod arguments;

pub(crate) use arguments::{ABOUT, BalanceArguments, EXAMPLES};

/// Runs the balancer until it is told to end.
///
/// # Errors
/// What keeps it from starting, in one sentence.
pub(crate) async fn run(arguments: BalanceArguments) -> Result<(), Exit> {
    let stop = signals::stop_asked(arguments.exit_with_stdin);
    tokio::pin!(stop);
    let bind = |flag: &'static str, address: &HostPort| {
        let address = serve::look_up(flag, address)?;
        HttpServer::bind(address).map_err(|error| Exit::failure(format!("{flag}: {error}")))
    };
    let front = bind("--listen", &arguments.listen)?;
    let status = arguments.status.as_ref().map(|address| bind("--status", address)).transpose()?;
    let balancer = tokio::select! {
        balancer = Balancer::start(arguments.source(), arguments.settings()) => balancer,
        reason = &mut stop => return reason.map(drop),
    };
    let departure = Arc::new(Departure::new());
    let service = Status { balancer: balancer.clone(), departure: departure.clone() };
    let status = status
        .map(|server| server.serve(service, HttpSettings::default()))
        .transpose()
        .map_err(|error| Exit::failure(format!("--status: {error}")))?;
    let mut limits = HttpSettings::default();
    (limits.header_read_timeout, limits.keep_alive_timeout) =
        (Some(arguments.idle_timeout.0), Some(arguments.idle_timeout.0));
    limits.connections_max = arguments.connections_max;
    limits.head_bytes_max = arguments.head_bytes_max;
    let front = front.serve(balancer.clone(), limits);
    let front = front.map_err(|error| Exit::failure(format!("--listen: {error}")))?;
    tracing::info!(listen = %front.address(), "balances");

    let reason = stop.await?;
    let limit = arguments.end_limit.0;
    let delay = if signals::is_hasty(reason) { Duration::ZERO } else { departure.delay(arguments.drain_delay) };
    departure.begin();
    front.close_behind_answers();
    tracing::info!(
        reason,
        ?delay,
        "ending: the status says 503; requests are served until whoever sends them has noticed"
    );
    or_signal(tokio::time::sleep(delay)).await;
    tracing::info!(?limit, "ending: no new connections, answers under way are finished");
    front.stop(limit).await;
    balancer.end_tunnels(Duration::ZERO).await;
    if let Some(status) = status {
        status.stop(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// Tells what the balancer knows: 200 while a node is up, else 503.
#[derive(Debug, Clone)]
struct Status {
    balancer: Balancer,
    departure: Arc<Departure>,
}

impl<B> Service<Request<B>> for Status {
    type Response = Reply;
    type Error = Infallible;
    type Future = Ready<Result<Reply, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if let Some(refusal) = reply::not_reading(&request) {
            return ready(Ok(refusal));
        }
        let mut facts = self.balancer.status();
        let is_ending = self.departure.has_begun();
        facts["ending"] = json!(is_ending);
        let serves = !is_ending && facts["up"].as_u64().is_some_and(|up| up > 0);
        if serves {
            self.departure.found_healthy();
        }
        let status = if serves { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        ready(Ok(reply::json(status, facts.to_string())))
    }
}
