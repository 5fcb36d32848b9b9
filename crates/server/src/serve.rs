//! One node, from its ports to its last word.
//!
//! ```text
//! bind HTTP ─ bind health ─ health answers 503 ─ join ─ open contexts ─ state held ─ HTTP listens ─ …
//!   … signal, or `outlive drain` ─ leave, see `drain` ─ health ends ─ exit
//! ```

use std::sync::Arc;
use std::time::Duration;

use outlive_connector::http::{HttpServer, HttpSettings, Running};
use outlive_net::{Cluster, ContextConfig, Sessions};
use outlive_tower::SessionLayer;
use tower_layer::Layer;

use crate::app::SessionApp;
use crate::drain::{self, Control, Departure};
use crate::exit::Exit;
use crate::signals;

mod cluster;
mod health;
mod router;
mod settings;

use health::{HealthService, Watched};
use router::Router;
pub(crate) use settings::{Settings, look_up};

/// Idle time of new sessions: Tomcat's `session-timeout` of 30 minutes.
const MAX_INACTIVE_SECONDS: i32 = 30 * 60;

/// Runs a node until it is told to end.
///
/// # Errors
/// What keeps it from starting, in one sentence.
pub(crate) async fn run(settings: Settings) -> Result<(), Exit> {
    // From here on a signal ends the node in order, also while it still waits for the cluster's state.
    let departure = Arc::new(Departure::new());
    let stop = async {
        tokio::select! {
            reason = signals::stop_asked(settings.exit_with_stdin) => reason,
            reason = departure.asked() => Ok(reason),
        }
    };
    tokio::pin!(stop);

    let http = match settings.http {
        Some(address) => Some(bind(address, "--http")?),
        None => None,
    };
    let health = settings.health.map(|address| bind(address, "--health")).transpose()?;

    let control = Control::new(&settings.name, settings.drain.control_token.clone(), departure.clone());
    let serves_at = http.as_ref().map(HttpServer::address);
    let status = Arc::new(health::Status::new(&settings.name, serves_at, departure.clone(), control));
    let health = health
        .map(|server| server.serve(HealthService::new(status.clone()), HttpSettings::default()))
        .transpose()
        .map_err(|error| Exit::failure(format!("--health: {error}")))?;

    let joined = tokio::select! {
        joined = cluster::join(&settings) => joined?,
        reason = &mut stop => return ended(reason?),
    };
    tracing::info!(name = settings.name, receiver = %joined.receiver(), "joined the cluster");

    let apps = open(&joined, &settings.apps);
    let kept = open(&joined, &settings.contexts);
    let keeper = settings.keeps_all.then(|| joined.keep(context_config("")));
    status.watch(match &keeper {
        Some(keeper) => Watched::All(joined.clone(), keeper.clone()),
        None => Watched::Named(joined.clone(), apps.iter().chain(&kept).cloned().collect()),
    });

    let ready = async {
        for sessions in apps.iter().chain(&kept) {
            sessions.ready().await;
        }
        if let Some(keeper) = &keeper {
            keeper.ready().await;
        }
    };
    let reason = tokio::select! {
        () = ready => None,
        reason = &mut stop => Some(reason?),
    };
    let (reason, http) = match (reason, http) {
        (Some(reason), _) => (reason, None),
        (None, http) => {
            let http = http.map(|server| listen(server, &joined, &apps, &departure)).transpose()?;
            let at = http.as_ref().map_or_else(|| "nowhere".to_owned(), |http| http.address().to_string());
            tracing::info!(http = at, "ready: this node holds the cluster's sessions");
            (stop.await?, http)
        }
    };

    tracing::info!(reason, "leaving");
    drain::leave(&departure, &joined, http, &settings.drain, signals::is_hasty(reason)).await;
    if let Some(health) = health {
        health.stop(Duration::from_secs(1)).await;
    }
    tracing::info!("left the cluster");
    Ok(())
}

fn ended(reason: &str) -> Result<(), Exit> {
    tracing::info!(reason, "ended before it joined the cluster");
    Ok(())
}

fn bind(address: std::net::SocketAddr, flag: &str) -> Result<HttpServer, Exit> {
    HttpServer::bind(address).map_err(|error| Exit::failure(format!("{flag}: {error}")))
}

fn open(cluster: &Cluster, paths: &[String]) -> Vec<Sessions> {
    paths.iter().map(|path| cluster.open(context_config(path))).collect()
}

fn context_config(path: &str) -> ContextConfig {
    ContextConfig { path: path.to_owned(), max_inactive_seconds: MAX_INACTIVE_SECONDS }
}

fn listen(
    server: HttpServer,
    cluster: &Cluster,
    apps: &[Sessions],
    departure: &Arc<Departure>,
) -> Result<Running, Exit> {
    let service = |sessions: &Sessions| {
        let app = SessionApp::new(cluster.name(), sessions.clone(), departure.clone());
        (sessions.path().to_owned(), SessionLayer::new(sessions.clone()).layer(app))
    };
    let router = Router::new(apps.iter().map(service));
    server.serve(router, HttpSettings::default()).map_err(|error| Exit::failure(format!("--http: {error}")))
}
