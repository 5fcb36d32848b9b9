//! One node, from its ports to its last word.
//!
//! ```text
//! bind HTTP, AJP ─ bind health ─ health answers 503 ─ join ─ open contexts ─ state held ─ HTTP, AJP listen ─ …
//!   … signal, or `outlive drain` ─ leave, see `drain` ─ health ends ─ exit
//! ```

use std::sync::Arc;
use std::time::Duration;

use outlive_connector::http::{HttpServer, HttpSettings, Running};
use outlive_net::{Cluster, Sessions};
use outlive_tower::SessionLayer;
use tower_layer::Layer;

use crate::app::SessionApp;
use crate::drain::{self, Control, Departure};
use crate::exit::Exit;
use crate::signals;

mod ajp;
mod balancer_draining;
mod cluster;
mod health;
mod router;
mod settings;
mod store;

use balancer_draining::LoadBalancerDraining;
use health::{HealthService, Watched};
use router::Router;
pub(crate) use settings::{Settings, look_up};

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
    let ajp = settings.ajp.as_ref().map(ajp::Ajp::bind).transpose()?;
    let health = settings.health.map(|address| bind(address, "--health")).transpose()?;

    let control = Control::new(&settings.name, settings.drain.control_token.clone(), departure.clone());
    let serves_at = http.as_ref().map(HttpServer::address);
    let status = Arc::new(health::Status::new(&settings.name, serves_at, departure.clone(), control));
    let health = health
        .map(|server| server.serve(HealthService::new(status.clone()), HttpSettings::default()))
        .transpose()
        .map_err(|error| Exit::failure(format!("--health: {error}")))?;

    let joined = tokio::select! {
        joined = cluster::join(&settings, health.as_ref().map(Running::address)) => joined?,
        reason = &mut stop => return ended(reason?),
    };
    tracing::info!(name = settings.name, receiver = %joined.receiver(), "joined the cluster");

    let open = |path: &String| joined.open(settings.store.context(path));
    let apps: Vec<Sessions> = settings.apps.iter().map(open).collect();
    let kept: Vec<Sessions> = settings.contexts.iter().map(open).collect();
    let keeper = settings.keeps_all.then(|| joined.keep(settings.store.context("")));
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
    let (reason, servers) = match reason {
        Some(reason) => (reason, Vec::new()),
        None => {
            settings.store.load(&apps).await?;
            let router = router(&joined, &apps, &departure);
            let http = http.map(|server| listen(server, router.clone())).transpose()?;
            let ajp = ajp.map(|server| ajp::listen(server, router)).transpose()?;
            let at = |server: &Option<Running>| {
                server.as_ref().map_or_else(|| "nowhere".to_owned(), |server| server.address().to_string())
            };
            tracing::info!(http = at(&http), ajp = at(&ajp), "ready: this node holds the cluster's sessions");
            (stop.await?, http.into_iter().chain(ajp).collect())
        }
    };

    tracing::info!(reason, "leaving");
    // Before that the sessions of the last run may still lie in their file, which would be overwritten.
    let has_served = !servers.is_empty();
    drain::leave(&departure, &joined, servers, &settings.drain, signals::is_hasty(reason)).await;
    if has_served {
        settings.store.save(&apps).await;
    }
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

fn router(cluster: &Cluster, apps: &[Sessions], departure: &Arc<Departure>) -> Router {
    Router::new(apps.iter().map(|sessions| {
        let app = SessionApp::new(cluster.name(), sessions.clone(), departure.clone());
        let app = LoadBalancerDraining::new(app, sessions.path());
        (sessions.path().to_owned(), SessionLayer::new(sessions.clone()).layer(app))
    }))
}

fn listen(server: HttpServer, router: Router) -> Result<Running, Exit> {
    server.serve(router, HttpSettings::default()).map_err(|error| Exit::failure(format!("--http: {error}")))
}
