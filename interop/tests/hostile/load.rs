//! A client that writes at one node and reads at the other, while attacks go on.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use outlive_interop::{Client, poll};

/// Between two rounds: the load is light.
const PAUSE: Duration = Duration::from_millis(20);

/// What has happened since it was last asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    /// Writes that were seen on the other node.
    pub(crate) rounds: usize,
    /// What went wrong in the others.
    pub(crate) failures: Vec<String>,
    /// The slowest request.
    pub(crate) slowest: Duration,
}

/// The client's thread; it ends with this.
pub(crate) struct Load {
    figures: Arc<Mutex<Figures>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Load {
    /// Begins. The nodes answer after their peers have confirmed (options 6), so what was written at one is there at the other.
    pub(crate) fn start(here: SocketAddr, there: SocketAddr) -> Self {
        let (figures, over) = (Arc::new(Mutex::new(Figures::default())), Arc::new(AtomicBool::new(false)));
        let (told, ended) = (Arc::clone(&figures), Arc::clone(&over));
        let thread = thread::spawn(move || {
            let mut client = Client::new();
            while !ended.load(Ordering::Acquire) {
                let (result, slowest) = round(&mut client, here, there);
                let mut figures = told.lock().unwrap_or_else(PoisonError::into_inner);
                figures.slowest = figures.slowest.max(slowest);
                match result {
                    Ok(()) => figures.rounds += 1,
                    Err(failure) => {
                        figures.failures.push(format!("{failure:#}"));
                        client.forget();
                    }
                }
                drop(figures);
                poll::time_passes(Instant::now() + PAUSE);
            }
        });
        Self { figures, over, thread: Some(thread) }
    }

    /// What has happened so far.
    pub(crate) fn figures(&self) -> Figures {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts from zero again.
    pub(crate) fn count_anew(&self) {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner) = Figures::default();
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
    }
}

/// One write here that is read there, and back; with the time of the slower one.
fn round(client: &mut Client, here: SocketAddr, there: SocketAddr) -> (Result<()>, Duration) {
    let mut slowest = Duration::ZERO;
    let mut count = |node| {
        let began = Instant::now();
        let answer = client.get(node, "counter", &[]);
        slowest = slowest.max(began.elapsed());
        answer.map(|answer| answer["counter"].as_u64().unwrap_or_default())
    };
    let result = (|| {
        let (written, seen) = (count(here)?, count(there)?);
        ensure!(seen == written + 1, "written {written}, and then {seen} on the other node");
        Ok(())
    })();
    (result, slowest)
}
