//! A server that answers, and its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What a server is told while it runs.
#[derive(Debug)]
pub(crate) struct Words {
    /// Each answer is the last one of its connection.
    pub(crate) ending: Arc<AtomicBool>,
    /// To stop, and how long the drain may take.
    pub(crate) stopped: oneshot::Receiver<Duration>,
}

/// A server that answers. Dropped without [`stop`](Self::stop) it goes on until the runtime ends.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    ending: Arc<AtomicBool>,
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl Running {
    /// Runs what `serve` makes of the words that it will hear.
    pub(crate) fn start<F>(address: SocketAddr, serve: impl FnOnce(Words) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let ending = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(serve(Words { ending: Arc::clone(&ending), stopped }));
        Self { address, ending, stop, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on each answer is the last one of its connection, and says so (HTTP: `Connection: close`). So those who keep connections for later
    /// have none left when the server [stops](Self::stop), and send nothing on one that is being closed. All else goes on.
    pub fn close_behind_answers(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Accepts nothing more than what is connected already, closes idle connections, lets requests under way end, and cuts those that have
    /// not after `limit`.
    ///
    /// Not cancel safe: dropped half-way the server drains on, and nobody learns when it is done.
    pub async fn stop(self, limit: Duration) {
        if self.stop.send(limit).is_ok() {
            let _ = self.task.await; // its panic is in the log already
        }
    }
}
