//! Accepting connections, and the end.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::body::RequestBody;
use super::connection::{Server, Serving};
use super::settings::AjpSettings;
use crate::accept::after_failed_accept;
use crate::running::Words;
use crate::service::HttpService;

/// Answers until it is told to stop; then connections that wait for a request are closed, and those with one get as long as that word says.
pub(super) async fn run<S: HttpService<RequestBody>>(
    listener: TcpListener,
    Words { ending, mut stopped }: Words,
    service: S,
    settings: AjpSettings,
) {
    let places = Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS)));
    let settings = Arc::new(settings);
    let (end, ended) = watch::channel(false);
    let server = Server { settings, ending, ended };
    let mut connections = JoinSet::new();
    let mut running = true;
    let limit = loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            listener.accept().await.map(|(stream, peer)| (place, stream, peer))
        };
        tokio::select! {
            accepted = next => match accepted {
                Ok((place, stream, peer)) => {
                    let serving = Serving::new(service.clone(), server.clone(), peer);
                    connections.spawn(async move {
                        serving.run(stream).await;
                        drop(place);
                    });
                }
                Err(error) => after_failed_accept(&error).await,
            },
            Some(_) = connections.join_next() => {} // frees what an ended connection held
            limit = &mut stopped, if running => match limit {
                Ok(limit) => break limit,
                Err(_) => running = false, // nobody can stop it any more
            },
        }
    };
    drop(listener);
    let _ = end.send(true); // an error: there is no connection
    let all_end = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limit, all_end).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            ?limit,
            "AJP requests were still under way at the end of the drain; they are cut"
        );
    }
    connections.shutdown().await;
}
