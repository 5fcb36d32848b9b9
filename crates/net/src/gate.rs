//! The receiver's account of its connections, shared by their tasks.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use outlive_node::{ConnectionId, Intake, ReceiverLimits, Trust, log};
use outlive_sync::{Counter, Locked};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// Lets connections in, and ends those that the [`Intake`] says have to make room.
#[derive(Debug)]
pub(crate) struct Gate {
    intake: Locked<Intake<AbortHandle>>,
    limits: ReceiverLimits,
    /// Connections that were refused, or closed to make room.
    turned_away: Counter,
}

/// One connection's place; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    id: ConnectionId,
    trust: Trust,
    held: usize,
}

impl Gate {
    pub(crate) fn new(limits: ReceiverLimits) -> Arc<Self> {
        Arc::new(Gate { intake: Locked::new(Intake::new(limits.clone())), limits, turned_away: Counter::default() })
    }

    /// Begins to serve a connection, which `serve` spawns as a task; or drops it.
    pub(crate) fn admit(
        self: &Arc<Self>,
        stream: TcpStream,
        from: SocketAddr,
        serve: impl FnOnce(TcpStream, Pass) -> AbortHandle,
    ) {
        let pass = |id| Pass { gate: Arc::clone(self), id, trust: Trust::Stranger, held: 0 };
        // The new task cannot be over before its handle is in the intake: to give its pass back it takes the same lock.
        let admitted = self.intake.lock().admit(from.ip(), |id| serve(stream, pass(id)));
        match admitted {
            Ok(closed) => self.close(closed, &"more connections than its host may have"),
            Err(fault) => self.warn(&fault),
        }
    }

    /// Ends another connection's task, at the next point where it waits.
    fn close(&self, task: Option<AbortHandle>, why: &dyn fmt::Display) {
        if let Some(task) = task {
            task.abort();
            self.warn(why);
        }
    }

    /// For the first, the second, the fourth, and so on: whoever can connect must not fill the log.
    fn warn(&self, why: &dyn fmt::Display) {
        let count = self.turned_away.add(1) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: log::RECEIVER, count, "connection closed: {why}");
        }
    }
}

impl Pass {
    pub(crate) fn limits(&self) -> &ReceiverLimits {
        &self.gate.limits
    }

    /// What is known of the other end.
    pub(crate) fn trust(&self) -> Trust {
        self.trust
    }

    /// So much is known of it by now.
    pub(crate) fn learn(&mut self, trust: Trust) {
        if trust > self.trust {
            self.trust = trust;
            self.gate.intake.lock().trust(self.id, trust);
        }
    }

    /// Tells how many bytes the connection holds of a frame that is not whole. May end this task or another.
    pub(crate) fn hold(&mut self, bytes: usize) {
        if bytes != self.held {
            self.held = bytes;
            let closed = self.gate.intake.lock().hold(self.id, bytes);
            self.gate.close(closed, &"too much of frames that are not whole");
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.intake.lock().release(self.id);
    }
}
