//! Emptying one peer's lane over one connection at a time, driven by events. What is said on it, the node's own
//! [`Correspondence`] decides, as it does for the tokio shell.

use std::sync::Arc;
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use bytes::BytesMut;
use outlive_node::{Correspondence, Filled, Node, Peer, Silence};
use outlive_serial::Limits;
use outlive_session::{SessionMessage, StateReader};

use crate::clock::Instant;
use crate::event::{Event, HostId, ProcessId, SenderId, Task};
use crate::faults::FaultKind;
use crate::kernel::Kernel;
use crate::network::{ConnectionId, End, Received};

/// A connection that stands.
struct Connection {
    id: ConnectionId,
    received: BytesMut,
    batch: BytesMut,
}

enum Stage {
    /// Nothing to say yet.
    Idle,
    Connecting(ConnectionId, Instant),
    Up(Connection),
    /// Between two tries.
    Pausing(Instant),
    Ended,
}

/// What empties the lane of one peer.
pub(crate) struct Sender {
    id: SenderId,
    process: ProcessId,
    to: HostId,
    connect_timeout: Duration,
    correspondence: Correspondence,
    stage: Stage,
    /// A wake-up by the lane is on its way.
    pub(crate) pump_due: bool,
    timer_due: Option<Instant>,
}

impl Sender {
    pub(crate) fn new(
        id: SenderId,
        process: ProcessId,
        node: Arc<Node>,
        peer: Arc<Peer>,
        to: HostId,
        ack_timeout: Duration,
    ) -> Self {
        Sender {
            id,
            process,
            to,
            connect_timeout: ack_timeout,
            correspondence: Correspondence::new(node, peer, ack_timeout),
            stage: Stage::Idle,
            pump_due: false,
            timer_due: None,
        }
    }

    pub(crate) fn peer(&self) -> &Arc<Peer> {
        self.correspondence.peer()
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    /// Whether everything that the peer is to get has been acknowledged by it.
    pub(crate) fn is_idle(&self) -> bool {
        self.correspondence.is_idle() && self.peer().lane().bytes() == 0 && self.peer().dirty_len() == 0
    }

    /// Frames written to the connection and not acknowledged.
    pub(crate) fn given(&self) -> usize {
        self.correspondence.given()
    }

    /// Whether the lane, or a repair that has become possible, asks for a look.
    pub(crate) fn wants_pump(&self) -> bool {
        match &self.stage {
            Stage::Idle => self.has_cause(),
            Stage::Connecting(..) | Stage::Pausing(_) => self.peer().lane().is_closed(),
            Stage::Up(_) => self.correspondence.poll_lane(&mut TaskContext::from_waker(Waker::noop())).is_ready(),
            Stage::Ended => false,
        }
    }

    /// Does what can be done now.
    pub(crate) fn pump(&mut self, kernel: &mut Kernel<'_>) {
        if self.peer().lane().is_closed() {
            self.end(kernel);
            return;
        }
        match self.stage {
            Stage::Idle if self.has_cause() => self.connect(kernel),
            Stage::Up(_) => self.converse(kernel),
            Stage::Idle | Stage::Connecting(..) | Stage::Pausing(_) | Stage::Ended => {}
        }
    }

    /// Whether there is a cause to connect.
    fn has_cause(&self) -> bool {
        let lane = || self.peer().lane().poll_ready(&mut TaskContext::from_waker(Waker::noop()), true);
        self.correspondence.wants_connection() || lane().is_ready()
    }

    fn connect(&mut self, kernel: &mut Kernel<'_>) {
        self.correspondence.connecting(kernel.clock(self.process.host).monotonic);
        let (network, mut carrier) = kernel.net();
        let id = network.connect(self.process, self.id, self.to, &mut carrier);
        let limit = kernel.now + self.connect_timeout;
        self.stage = Stage::Connecting(id, limit);
        self.wake_at(kernel, limit);
    }

    /// An attempt to connect has ended.
    pub(crate) fn connected(&mut self, kernel: &mut Kernel<'_>, connection: ConnectionId, stands: bool) {
        match self.stage {
            Stage::Connecting(expected, _) if expected == connection => {}
            // It came too late; nobody wants it any more.
            _ => {
                close(kernel, connection);
                return;
            }
        }
        if !stands {
            self.failed(kernel);
            return;
        }
        self.correspondence.connected(kernel.clock(self.process.host).monotonic);
        self.stage = Stage::Up(Connection { id: connection, received: BytesMut::new(), batch: BytesMut::new() });
        self.pump(kernel);
    }

    /// The connection, or the attempt, has failed: the group is told, and a new one is made after a pause.
    fn failed(&mut self, kernel: &mut Kernel<'_>) {
        if self.peer().lane().is_closed() {
            self.end(kernel);
            return;
        }
        let until = kernel.now + self.correspondence.disconnected(kernel.clock(self.process.host));
        self.stage = Stage::Pausing(until);
        self.wake_at(kernel, until);
    }

    /// The peer is no member any more.
    fn end(&mut self, kernel: &mut Kernel<'_>) {
        if let Stage::Up(connection) = &self.stage {
            close(kernel, connection.id);
        }
        self.stage = Stage::Ended;
    }

    fn converse(&mut self, kernel: &mut Kernel<'_>) {
        let Stage::Up(connection) = &mut self.stage else { return };
        let (from, to) = (self.process.host, self.to);
        loop {
            let now = kernel.clock(from);
            if self.correspondence.may_repair() {
                kernel.counts.add(FaultKind::Repair);
            }
            self.correspondence.fill(now, &mut connection.batch, |filled| match filled {
                Filled::Frame { letter, of_donation } => {
                    if of_donation {
                        kernel.sent_whole.extend(sessions_of(&letter.body).into_iter().map(|id| (to, id)));
                    }
                    kernel.trace.event(kernel.now, "frame", &[from as u64, to as u64], &letter.body);
                }
                Filled::Dropped(fault) => kernel.misbehaved(|| format!("a message too long for a frame: {fault}")),
            });
            if connection.batch.is_empty() {
                break;
            }
            let (network, mut carrier) = kernel.net();
            let written = network.write(connection.id, End::Client, &mut connection.batch, &mut carrier);
            if written == 0 {
                break;
            }
            self.correspondence.written(now.monotonic, written);
        }
        self.await_answers(kernel);
    }

    /// Looks again when the peer has been silent for too long.
    fn await_answers(&mut self, kernel: &mut Kernel<'_>) {
        if let Some(deadline) = self.correspondence.deadline() {
            let at = kernel.clocks[self.process.host].when(deadline);
            self.wake_at(kernel, at);
        }
    }

    /// Something has arrived on the connection.
    pub(crate) fn readable(&mut self, kernel: &mut Kernel<'_>, id: ConnectionId) {
        let Stage::Up(connection) = &mut self.stage else { return };
        if connection.id != id {
            return;
        }
        let (network, mut carrier) = kernel.net();
        match network.read(id, End::Client, &mut carrier) {
            Received::Nothing => return,
            Received::End => {
                // Their acknowledgements may have been on their way: then they come to the peer a second time.
                self.failed(kernel);
                return;
            }
            Received::Bytes(bytes) => connection.received.extend_from_slice(&bytes),
        }
        match self.correspondence.received(kernel.clock(self.process.host), &mut connection.received) {
            Ok(answers) if answers.refused == 0 => {
                (0..answers.acknowledged).for_each(|_| kernel.network.acknowledged(id));
            }
            other => {
                let to = self.to;
                kernel.misbehaved(|| format!("host {to} answers a frame with {other:?}"));
            }
        }
        self.pump(kernel);
    }

    fn wake_at(&mut self, kernel: &mut Kernel<'_>, at: Instant) {
        if self.timer_due.is_none_or(|due| at < due) {
            self.timer_due = Some(at);
            kernel.agenda.put(at, Event::Task(self.process, Task::Timer(self.id)));
        }
    }

    /// The time that was asked for has come, or an earlier one that no longer matters.
    pub(crate) fn timer(&mut self, kernel: &mut Kernel<'_>) {
        if self.timer_due.is_some_and(|due| due <= kernel.now) {
            self.timer_due = None;
        }
        match &self.stage {
            Stage::Idle | Stage::Ended => {}
            Stage::Connecting(id, limit) if *limit <= kernel.now => {
                close(kernel, *id);
                self.failed(kernel);
            }
            Stage::Pausing(until) if *until <= kernel.now => {
                self.stage = Stage::Idle;
                self.pump(kernel);
            }
            Stage::Connecting(_, at) | Stage::Pausing(at) => {
                let at = *at;
                self.wake_at(kernel, at);
            }
            Stage::Up(connection) => {
                let now = kernel.clock(self.process.host);
                if self.correspondence.deadline().is_some_and(|deadline| deadline <= now.monotonic)
                    && self.correspondence.silent(now) == Silence::Hopeless
                {
                    close(kernel, connection.id);
                    self.failed(kernel);
                } else {
                    self.await_answers(kernel);
                }
            }
        }
    }
}

fn close(kernel: &mut Kernel<'_>, connection: ConnectionId) {
    let (network, mut carrier) = kernel.net();
    network.close(connection, End::Client, &mut carrier);
}

/// The ids of the sessions in a block of a state.
fn sessions_of(body: &[u8]) -> Vec<String> {
    let Ok(message) = SessionMessage::decode(body, &Limits::default()) else { return Vec::new() };
    let payload = message.payload.as_deref().unwrap_or_default();
    let Ok(sessions) = StateReader::new(payload, &Limits::default()) else { return Vec::new() };
    sessions.flatten().map(|session| session.id).collect()
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sender({:?} to host {}, {} given)", self.process, self.to, self.given())
    }
}
