//! One node, from its ports to its last word.
//!
//! ```text
//! bind connectors ─ bind health ─ health answers 503 ─ join ─ open contexts ─ state held ─ connectors listen ─ …
//!   … signal, `outlive drain`, or the word on the Server's port ─ leave, see `drain` ─ health ends ─ exit
//! ```

use std::sync::Arc;
use std::time::Duration;

use outlive_config::Level;
use outlive_connector::ajp::AjpServer;
use outlive_connector::http::{BindError, HttpServer, HttpSettings, Running};
use outlive_net::Sessions;
use outlive_net::store::SessionsFile;
use tower_layer::Layer;

use crate::app::SessionApp;
use crate::drain::{self, Control, Departure};
use crate::exit::Exit;
use crate::signals;

mod balancer_draining;
mod cluster;
mod health;
mod router;
mod settings;
mod shutdown_port;
mod store;

use balancer_draining::LoadBalancerDraining;
use cluster::Clusters;
use health::{HealthService, Watched};
use router::Router;
use settings::{ConnectorSettings, ContextSettings, Speaks};
pub(crate) use settings::{Settings, described_store, look_up};
use shutdown_port::ShutdownPort;

/// Runs a node until it is told to end.
///
/// # Errors
/// What keeps it from starting, in one sentence.
pub(crate) async fn run(settings: Settings) -> Result<(), Exit> {
    tell(&settings);
    let shutdown = match &settings.shutdown {
        Some(shutdown) => Some(ShutdownPort::open(shutdown).await?),
        None => None,
    };
    // From here on a signal ends the node in order, also while it still waits for the cluster's state.
    let departure = Arc::new(Departure::new());
    let stop = async {
        let word = async {
            match &shutdown {
                Some(port) => port.asked().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            reason = signals::stop_asked(settings.exit_with_stdin) => reason,
            reason = departure.asked() => Ok(reason),
            reason = word => Ok(reason),
        }
    };
    tokio::pin!(stop);

    let bound: Vec<Bound<'_>> = settings.connectors.iter().map(bind).collect::<Result<_, _>>()?;
    let health = settings
        .health
        .map(|address| HttpServer::bind(address).map_err(|error| Exit::failure(format!("--health: {error}"))))
        .transpose()?;

    let control = Control::new(&settings.name, settings.drain.control_token.clone(), departure.clone());
    let serves_at = bound.iter().find_map(Bound::http_address);
    let status = Arc::new(health::Status::new(&settings.name, serves_at, departure.clone(), control));
    let health = health
        .map(|server| server.serve(HealthService::new(status.clone()), HttpSettings::default()))
        .transpose()
        .map_err(|error| Exit::failure(format!("--health: {error}")))?;

    let clusters = tokio::select! {
        clusters = Clusters::join(&settings, health.as_ref().map(Running::address)) => clusters?,
        reason = &mut stop => return ended(reason?),
    };
    let joined = clusters.first();
    match &settings.cluster {
        Some(_) => tracing::info!(name = settings.name, receiver = %joined.receiver(), "joined the cluster"),
        None => tracing::info!(
            name = settings.name,
            "this node is in no cluster: no other one holds its sessions in memory"
        ),
    }

    let contexts: Vec<(&ContextSettings, Sessions)> =
        settings.contexts.iter().map(|context| (context, clusters.open(&context.keeping))).collect();
    let keeper = settings.keeper.as_ref().map(|keeping| joined.keep(keeping.context.clone()));
    status.watch(match &keeper {
        Some(keeper) => Watched::All(joined.clone(), keeper.clone()),
        None => Watched::Named(joined.clone(), contexts.iter().map(|(_, sessions)| sessions.clone()).collect()),
    });

    let ready = async {
        for (_, sessions) in &contexts {
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
            load_files(&contexts).await?;
            let router = router(&settings, &contexts, &departure);
            let servers =
                bound.into_iter().map(|bound| bound.listen(router.clone())).collect::<Result<Vec<Running>, Exit>>()?;
            let at: Vec<String> = servers.iter().map(|server| server.address().to_string()).collect();
            match &settings.cluster {
                Some(_) => tracing::info!(at = at.join(", "), "ready: this node holds the cluster's sessions"),
                None => tracing::info!(at = at.join(", "), "ready"),
            }
            (stop.await?, servers)
        }
    };

    tracing::info!(reason, "leaving");
    // Before that the sessions of the last run may still lie in their files, which would be overwritten.
    let has_served = !servers.is_empty();
    let end = || end_those_that_go_with_the_node(&contexts);
    drain::leave(&departure, joined, servers, end, &settings.drain, signals::is_hasty(reason)).await;
    if has_served {
        save_files(&contexts).await;
    }
    if let Some(own) = clusters.second() {
        own.leave().await;
    }
    if let Some(health) = health {
        health.stop(Duration::from_secs(1)).await;
    }
    tracing::info!("{}", if settings.cluster.is_some() { "left the cluster" } else { "ended" });
    Ok(())
}

/// Says what is to be said about the files, once each.
fn tell(settings: &Settings) {
    for notice in &settings.notices {
        match notice.level {
            Level::Warning => tracing::warn!("{notice}"),
            Level::Notice => tracing::info!("{notice}"),
            Level::Detail => tracing::debug!("{notice}"),
        }
    }
}

fn ended(reason: &str) -> Result<(), Exit> {
    tracing::info!(reason, "ended before it joined the cluster");
    Ok(())
}

/// A connector that has its port and does not listen yet.
#[derive(Debug)]
enum Bound<'a> {
    Http(HttpServer, &'a HttpSettings, &'a str),
    Ajp(AjpServer, &'a outlive_connector::ajp::AjpSettings, &'a str),
}

fn bind(connector: &ConnectorSettings) -> Result<Bound<'_>, Exit> {
    let failed = |error: BindError| Exit::failure(format!("{}: {error}", connector.said));
    match &connector.speaks {
        Speaks::Http(settings) => {
            HttpServer::bind(connector.address).map(|server| Bound::Http(server, settings, &connector.said))
        }
        Speaks::Ajp(settings) => {
            AjpServer::bind(connector.address).map(|server| Bound::Ajp(server, settings, &connector.said))
        }
    }
    .map_err(failed)
}

impl Bound<'_> {
    fn http_address(&self) -> Option<std::net::SocketAddr> {
        match self {
            Bound::Http(server, ..) => Some(server.address()),
            Bound::Ajp(..) => None,
        }
    }

    /// # Errors
    /// Another process has begun to listen on the port meanwhile.
    fn listen(self, router: Router) -> Result<Running, Exit> {
        match self {
            Bound::Http(server, settings, said) => {
                server.serve(router, settings.clone()).map_err(|error| Exit::failure(format!("{said}: {error}")))
            }
            Bound::Ajp(server, settings, said) => {
                server.serve(router, settings.clone()).map_err(|error| Exit::failure(format!("{said}: {error}")))
            }
        }
    }
}

fn router(settings: &Settings, contexts: &[(&ContextSettings, Sessions)], departure: &Arc<Departure>) -> Router {
    let served = contexts.iter().filter(|(context, _)| context.is_served);
    let apps = served.map(|(context, sessions)| {
        let app = SessionApp::new(&settings.name, sessions.clone(), departure.clone());
        let app = LoadBalancerDraining::new(
            app,
            context.path(),
            context.front.cookie.clone(),
            context.front.draining.clone(),
        );
        (context.host(), context.path(), context.front.layer(sessions.clone()).layer(app))
    });
    Router::new(settings.hosts.clone(), apps)
}

/// Takes the sessions that the last run of the node has left in files.
///
/// # Errors
/// A file is there and cannot be read.
async fn load_files(contexts: &[(&ContextSettings, Sessions)]) -> Result<(), Exit> {
    for (context, sessions) in contexts {
        if let Some(file) = &context.keeping.sessions_file {
            let loaded = sessions.load_file(&SessionsFile::new(file)).await;
            loaded.map_err(|fault| Exit::failure(format!("the sessions of {}: {fault}", context.path())))?;
        }
    }
    Ok(())
}

/// Leaves them in files, when no request is served any more.
async fn save_files(contexts: &[(&ContextSettings, Sessions)]) {
    for (context, sessions) in contexts {
        if let Some(file) = &context.keeping.sessions_file
            && let Err(fault) = sessions.save_file(&SessionsFile::new(file)).await
        {
            tracing::error!(context = context.path(), "the sessions are lost: {fault}");
        }
    }
}

/// Source: Tomcat DeltaManager `expireSessionsOnShutdown`.
fn end_those_that_go_with_the_node(contexts: &[(&ContextSettings, Sessions)]) {
    for (context, sessions) in contexts.iter().filter(|(context, _)| context.keeping.ends_with_node) {
        let ended = sessions.end_all();
        tracing::info!(context = context.path(), sessions = ended, "all sessions end with this node, as is configured");
    }
}
