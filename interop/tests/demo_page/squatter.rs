//! Somebody else at a node's port.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::Result;

/// Listens where a node should, and closes each connection without a word. Dropped it leaves.
pub(crate) struct Squatter {
    address: SocketAddr,
    leaves: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Squatter {
    pub(crate) fn at(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address)?;
        let leaves = Arc::new(AtomicBool::new(false));
        let told = leaves.clone();
        let thread = thread::spawn(move || {
            for connection in listener.incoming() {
                drop(connection);
                if told.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        Ok(Self { address, leaves, thread: Some(thread) })
    }
}

impl Drop for Squatter {
    fn drop(&mut self) {
        self.leaves.store(true, Ordering::SeqCst);
        // One more connection, so that it looks. An error says that it has left already.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // an error would be its panic, printed where it happened
        }
    }
}
