//! Emptying one peer's lane over one connection: what the tokio shell's sender decides, driven by events.
//!
//! The rules are those of `outlive-net`: every frame is acknowledged; what is not when a connection breaks is sent again on
//! the next one, in order; a peer not known as ours gets one frame at a time; one that acknowledges nothing is stalled, and
//! requests no longer wait for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use bytes::BytesMut;
use outlive_node::pace::{BATCH, DEAD_AFTER, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN, STOOD_LONG, WINDOW};
use outlive_node::{Letter, Load, Node, Parcel, Peer};
use outlive_serial::Limits;
use outlive_session::{SessionMessage, StateReader};
use outlive_sync::{Confirm, Weight};
use outlive_tribes_proto::wire::channel_data::encode_head;
use outlive_tribes_proto::wire::frame::{Frame, FrameReader, TAIL};
use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::clock::Instant;
use crate::event::{Event, HostId, ProcessId, SenderId, Task};
use crate::faults::FaultKind;
use crate::kernel::Kernel;
use crate::network::{ConnectionId, End, Received};

/// A frame that was handed to the connection and not acknowledged.
struct UnderWay {
    letter: Letter,
    weight: usize,
    confirm: Option<Confirm>,
}

/// A connection that stands.
struct Conversation {
    id: ConnectionId,
    frames: FrameReader,
    received: BytesMut,
    batch: BytesMut,
    /// Frames of those under way that this connection was given.
    given: usize,
    last_progress: Instant,
    in_parts: bool,
}

enum Stage {
    /// Nothing to say yet.
    Idle,
    Connecting(ConnectionId, Instant),
    Up(Box<Conversation>),
    /// Between two tries.
    Pausing(Instant),
    Ended,
}

/// What empties the lane of one peer.
pub(crate) struct Sender {
    id: SenderId,
    process: ProcessId,
    node: Arc<Node>,
    peer: Arc<Peer>,
    to: HostId,
    ack_timeout: Duration,
    unacknowledged: VecDeque<UnderWay>,
    donation: Option<Parcel>,
    stage: Stage,
    /// When the last try to connect began.
    began: Instant,
    /// Before the next one.
    pause: Duration,
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
            node,
            peer,
            to,
            ack_timeout,
            unacknowledged: VecDeque::new(),
            donation: None,
            stage: Stage::Idle,
            began: Instant::default(),
            pause: RETRY_PAUSE_MIN,
            pump_due: false,
            timer_due: None,
        }
    }

    pub(crate) fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    /// Whether everything that the peer is to get has been acknowledged by it.
    pub(crate) fn is_idle(&self) -> bool {
        self.donation.is_none()
            && self.unacknowledged.is_empty()
            && self.peer.lane().bytes() == 0
            && self.peer.dirty_len() == 0
    }

    /// Frames written to the connection and not acknowledged.
    pub(crate) fn given(&self) -> usize {
        match &self.stage {
            Stage::Up(conversation) => conversation.given,
            _ => 0,
        }
    }

    /// Whether the lane, or a repair that has become possible, asks for a look.
    pub(crate) fn wants_pump(&self) -> bool {
        let lane = |has_room| self.peer.lane().poll_ready(&mut TaskContext::from_waker(Waker::noop()), has_room);
        match &self.stage {
            Stage::Idle => self.has_cause(),
            Stage::Connecting(..) | Stage::Pausing(_) => self.peer.lane().is_closed(),
            Stage::Up(conversation) => {
                let has_room = conversation.batch.is_empty()
                    && conversation.given == self.unacknowledged.len()
                    && conversation.given < self.window();
                lane(has_room).is_ready() || (has_room && self.peer.wants_repair())
            }
            Stage::Ended => false,
        }
    }

    fn window(&self) -> usize {
        if self.peer.takes_many_frames() { WINDOW } else { 1 }
    }

    /// Does what can be done now.
    pub(crate) fn pump(&mut self, kernel: &mut Kernel<'_>) {
        if self.peer.lane().is_closed() {
            self.end(kernel);
            return;
        }
        match self.stage {
            Stage::Idle if self.has_cause() => self.connect(kernel),
            Stage::Up(_) => self.converse(kernel),
            Stage::Idle | Stage::Connecting(..) | Stage::Pausing(_) | Stage::Ended => {}
        }
    }

    /// Whether there is a cause to connect. A connection to one of ours stands even while there is nothing to say.
    fn has_cause(&self) -> bool {
        self.peer.is_ours()
            || !self.unacknowledged.is_empty()
            || self.donation.is_some()
            || self.peer.lane().poll_ready(&mut TaskContext::from_waker(Waker::noop()), true).is_ready()
    }

    fn connect(&mut self, kernel: &mut Kernel<'_>) {
        let (network, mut carrier) = kernel.net();
        let id = network.connect(self.process, self.id, self.to, &mut carrier);
        let limit = kernel.now + self.ack_timeout;
        self.began = kernel.now;
        self.stage = Stage::Connecting(id, limit);
        self.wake_at(kernel, limit);
    }

    /// An attempt to connect has ended.
    pub(crate) fn connected(&mut self, kernel: &mut Kernel<'_>, connection: ConnectionId, stands: bool) {
        match self.stage {
            Stage::Connecting(expected, _) if expected == connection => {}
            // It came too late; nobody wants it any more.
            _ => {
                let (network, mut carrier) = kernel.net();
                network.close(connection, End::Client, &mut carrier);
                return;
            }
        }
        if !stands {
            self.failed(kernel);
            return;
        }
        self.stage = Stage::Up(Box::new(Conversation {
            id: connection,
            frames: FrameReader::new(),
            received: BytesMut::new(),
            batch: BytesMut::new(),
            given: 0,
            last_progress: kernel.now,
            in_parts: false,
        }));
        self.pump(kernel);
    }

    /// The connection, or the attempt, has failed: the group is told, and a new one is made after a pause.
    fn failed(&mut self, kernel: &mut Kernel<'_>) {
        if self.peer.lane().is_closed() {
            self.end(kernel);
            return;
        }
        self.node.send_failed(kernel.clock(self.process.host), self.peer.id());
        if kernel.now.since(self.began) >= STOOD_LONG {
            self.pause = RETRY_PAUSE_MIN;
        }
        let until = kernel.now + self.pause;
        self.pause = (self.pause * 2).min(RETRY_PAUSE_MAX);
        self.stage = Stage::Pausing(until);
        self.wake_at(kernel, until);
    }

    /// The peer is no member any more: requests that wait for it are told by what is dropped here.
    fn end(&mut self, kernel: &mut Kernel<'_>) {
        if let Stage::Up(conversation) = &self.stage {
            let (network, mut carrier) = kernel.net();
            network.close(conversation.id, End::Client, &mut carrier);
        }
        self.stage = Stage::Ended;
        self.unacknowledged.clear();
        self.donation = None;
    }

    fn converse(&mut self, kernel: &mut Kernel<'_>) {
        let Stage::Up(mut conversation) = std::mem::replace(&mut self.stage, Stage::Idle) else { return };
        loop {
            if conversation.given == 0
                && self.unacknowledged.is_empty()
                && self.donation.is_none()
                && self.peer.wants_repair()
            {
                kernel.counts.add(FaultKind::Repair);
                self.node.repair(kernel.clock(self.process.host), &self.peer);
            }
            self.fill(&mut conversation, kernel);
            if conversation.batch.is_empty() {
                break;
            }
            let (network, mut carrier) = kernel.net();
            let written = network.write(conversation.id, End::Client, &mut conversation.batch, &mut carrier);
            if written == 0 {
                break;
            }
            let partly = !conversation.batch.is_empty();
            if partly || conversation.in_parts {
                conversation.last_progress = kernel.now;
            }
            conversation.in_parts = partly;
        }
        let limit = (conversation.given > 0).then(|| conversation.last_progress + self.patience());
        self.stage = Stage::Up(conversation);
        if let Some(limit) = limit {
            self.wake_at(kernel, limit);
        }
    }

    fn fill(&mut self, conversation: &mut Conversation, kernel: &mut Kernel<'_>) {
        while conversation.batch.len() < BATCH && conversation.given < self.window() {
            if conversation.given == self.unacknowledged.len() {
                match self.next_frame() {
                    Some(frame) => self.unacknowledged.push_back(frame),
                    None => break,
                }
                if self.donation.is_some()
                    && let Some(frame) = self.unacknowledged.back()
                {
                    let sessions = sessions_of(&frame.letter.body).into_iter();
                    kernel.sent_whole.extend(sessions.map(|id| (self.to, id)));
                }
            }
            if conversation.given == 0 {
                conversation.last_progress = kernel.now;
            }
            let letter = &self.unacknowledged[conversation.given].letter;
            if let Err(fault) = write_frame(&self.node, letter, &mut conversation.batch) {
                kernel.misbehaved(|| format!("a message too long for a frame: {fault}"));
            }
            kernel.trace.event(kernel.now, "frame", &[self.process.host as u64, self.to as u64], &letter.body);
            conversation.given += 1;
        }
    }

    /// The next frame: of the donation under way, or the lane's oldest.
    fn next_frame(&mut self) -> Option<UnderWay> {
        loop {
            if let Some(Parcel { load: Load::Donation(sessions), .. }) = &mut self.donation {
                if let Some(letter) = sessions.next_block() {
                    let weight = letter.body.len();
                    self.peer.lane().charge(weight);
                    return Some(UnderWay { letter, weight, confirm: None });
                }
                if let Some(finished) = self.donation.take() {
                    self.peer.lane().release(finished.weight());
                }
            }
            let parcel = self.peer.lane().take()?;
            let weight = parcel.weight();
            match parcel {
                Parcel { load: Load::Letter(letter), confirm } => return Some(UnderWay { letter, weight, confirm }),
                parcel => self.donation = Some(parcel),
            }
        }
    }

    /// Something has arrived on the connection.
    pub(crate) fn readable(&mut self, kernel: &mut Kernel<'_>, connection: ConnectionId) {
        let Stage::Up(conversation) = &mut self.stage else { return };
        if conversation.id != connection {
            return;
        }
        let (network, mut carrier) = kernel.net();
        match network.read(connection, End::Client, &mut carrier) {
            Received::Nothing => return,
            Received::End => {
                // Their acknowledgements may have been on their way: then they come to the peer a second time.
                self.failed(kernel);
                return;
            }
            Received::Bytes(bytes) => conversation.received.extend_from_slice(&bytes),
        }
        loop {
            match conversation.frames.next(&mut conversation.received) {
                Ok(None) => break,
                Ok(Some(Frame::Ack)) if conversation.given > 0 => {
                    kernel.network.acknowledged(connection);
                    conversation.given -= 1;
                    conversation.last_progress = kernel.now;
                    self.peer.set_stalled(false);
                    if let Some(done) = self.unacknowledged.pop_front() {
                        self.peer.lane().release(done.weight);
                        self.peer.counters.acknowledged.add(1);
                        if let Some(question) = &done.letter.question {
                            self.node.question_acknowledged(kernel.clock(self.process.host), &self.peer, question);
                        }
                    }
                }
                other => {
                    let to = self.to;
                    kernel.misbehaved(|| format!("host {to} answers a frame with {other:?}"));
                    break;
                }
            }
        }
        self.pump(kernel);
    }

    fn patience(&self) -> Duration {
        if self.peer.is_stalled() { DEAD_AFTER } else { self.ack_timeout }
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
                let (network, mut carrier) = kernel.net();
                network.close(*id, End::Client, &mut carrier);
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
            Stage::Up(conversation) if conversation.given == 0 => {}
            Stage::Up(conversation) => {
                let limit = conversation.last_progress + self.patience();
                if limit <= kernel.now {
                    self.silent(kernel);
                } else {
                    self.wake_at(kernel, limit);
                }
            }
        }
    }

    /// The peer has acknowledged nothing for too long.
    fn silent(&mut self, kernel: &mut Kernel<'_>) {
        if self.peer.is_stalled() {
            if let Stage::Up(conversation) = &self.stage {
                let (network, mut carrier) = kernel.net();
                network.close(conversation.id, End::Client, &mut carrier);
            }
            self.failed(kernel);
            return;
        }
        self.peer.set_stalled(true);
        self.unacknowledged.iter_mut().for_each(|frame| frame.confirm = None);
        self.node.send_failed(kernel.clock(self.process.host), self.peer.id());
        let limit = kernel.now + DEAD_AFTER;
        self.wake_at(kernel, limit);
    }
}

/// The ids of the sessions in a block of a state.
fn sessions_of(body: &[u8]) -> Vec<String> {
    let Ok(message) = SessionMessage::decode(body, &Limits::default()) else { return Vec::new() };
    let payload = message.payload.as_deref().unwrap_or_default();
    let Ok(sessions) = StateReader::new(payload, &Limits::default()) else { return Vec::new() };
    sessions.flatten().map(|session| session.id).collect()
}

fn write_frame(
    node: &Node,
    letter: &Letter,
    batch: &mut BytesMut,
) -> Result<(), outlive_tribes_proto::error::FrameTooLong> {
    let options = node.wire_options() | letter.options | SendOptions::USE_ACK | SendOptions::SYNCHRONIZED_ACK;
    let record = node.source_record();
    batch.extend_from_slice(&encode_head(options, letter.timestamp, letter.id, &record, letter.body.len())?);
    batch.extend_from_slice(&letter.body);
    batch.extend_from_slice(TAIL);
    Ok(())
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sender({:?} to host {}, {} under way)", self.process, self.to, self.unacknowledged.len())
    }
}
