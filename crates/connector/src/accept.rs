//! What an `accept` that failed means.

use std::io;
use std::time::Duration;

/// Pause after an `accept` that failed for want of file descriptors or memory: only a connection's end helps.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Returns when the next connection may be tried.
pub(crate) async fn after_failed_accept(error: &io::Error) {
    if is_of_one_connection(error) {
        return;
    }
    tracing::warn!(%error, "no connection could be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Whether only that connection is lost (the client went away before it was accepted) and the next may be tried at once.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
