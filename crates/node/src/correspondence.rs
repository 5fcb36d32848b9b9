//! What this node sends to one peer, over however many connections.
//!
//! ```text
//!  connecting ─► connected ─► fill ─► batch ─► (shell writes) ─► written
//!      ▲                       ▲ ─── received ◄── (shell reads acknowledgements)
//!      │                       └──── silent   ◄── (shell's clock shows the deadline)
//!      └── pause ◄── disconnected ◄── (the connection ends, or `silent` asks for that)
//! ```
//!
//! Every frame is acknowledged. What is not acknowledged when a connection breaks is sent again on the next one, in order; receivers
//! take a repetition without harm. An Outlive peer gets many frames before its first acknowledgement, a Tomcat one at a time. A peer
//! that acknowledges nothing is stalled: requests do not wait for it until it does.
//!
//! Connections, and when something can be read or written, are the shell's.

mod backlog;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use outlive_sync::Confirm;
use outlive_tribes_proto::error::{FrameFault, FrameTooLong};
use outlive_tribes_proto::time::{Monotonic, Now};
use outlive_tribes_proto::wire::channel_data::encode_head;
use outlive_tribes_proto::wire::frame::{ACK, Frame, FrameReader, OVERHEAD, TAIL};

use crate::pace::{BATCH, DEAD_AFTER, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN, SEAL_MARGIN, STOOD_LONG, WINDOW};
use crate::{Letter, Node, Peer, TRANSFER_TIMEOUT, log};
use backlog::Backlog;

/// What a frame has beside its message: head, member record, tail.
const FRAME_ROOM: usize = 66_000;

/// A frame that was handed to a connection and is not acknowledged.
#[derive(Debug)]
struct UnderWay {
    letter: Letter,
    /// Given back to the lane's account with the acknowledgement.
    weight: usize,
    /// The request that waits; dropped with this.
    confirm: Option<Confirm>,
    /// When it was encrypted, where receivers take no message for ever.
    sealed: Option<Monotonic>,
}

/// What [`Correspondence::fill`] has done.
#[derive(Debug)]
pub enum Filled<'a> {
    /// A message became a frame of the batch, for the first time or again.
    Frame {
        /// The message, as it is on the wire.
        letter: &'a Letter,
        /// Whether it is a block of sessions, of those that the peer gets whole.
        of_donation: bool,
    },
    /// A message is too long for a frame, and was dropped.
    Dropped(FrameTooLong),
}

/// What has come from the peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Frames that are acknowledged.
    pub acknowledged: u64,
    /// Those among them that the peer could not apply.
    pub refused: u64,
}

/// Why a connection is to be closed.
#[derive(Debug, thiserror::Error)]
pub enum AnswerFault {
    /// More acknowledgements than frames.
    #[error("an acknowledgement of nothing")]
    OfNothing,
    /// Something else than an acknowledgement.
    #[error("a message where an acknowledgement was due")]
    NoAnswer,
    /// No frame at all.
    #[error(transparent)]
    Frame(#[from] FrameFault),
}

/// What is to be done about a peer that has acknowledged nothing for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Wait on, until the next deadline. No request waits any more.
    Bear,
    /// Close the connection.
    Hopeless,
}

/// What this node sends to one peer; used by the one task that empties the peer's lane.
///
/// Dropping it tells the requests that wait for what it holds: this peer is gone.
#[derive(Debug)]
pub struct Correspondence {
    node: Arc<Node>,
    peer: Arc<Peer>,
    /// How long requests wait for this peer.
    ack_timeout: Duration,
    unacknowledged: VecDeque<UnderWay>,
    backlog: Backlog,
    /// Since when the peer owes an acknowledgement, over all connections: one that takes connections and ends them must not be waited
    /// for on each.
    owes_since: Option<Monotonic>,
    /// When the last try to connect began.
    began: Monotonic,
    /// Before the next one.
    pause: Duration,

    // What follows is of the connection that stands.
    answers: FrameReader,
    /// Bytes of frames that it has not taken yet.
    unwritten: usize,
    /// Frames of `unacknowledged` that it was given.
    given: usize,
    last_progress: Monotonic,
    /// Whether the batch went out in parts so far.
    in_parts: bool,
}

impl Correspondence {
    /// With a peer that was not connected to before. Requests wait for `ack_timeout` at most.
    pub fn new(node: Arc<Node>, peer: Arc<Peer>, ack_timeout: Duration) -> Self {
        Correspondence {
            backlog: Backlog::new(node.member_stack()),
            node,
            peer,
            ack_timeout,
            unacknowledged: VecDeque::new(),
            owes_since: None,
            began: Monotonic::default(),
            pause: RETRY_PAUSE_MIN,
            answers: FrameReader::new(),
            unwritten: 0,
            given: 0,
            last_progress: Monotonic::default(),
            in_parts: false,
        }
    }

    /// With whom.
    pub fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    /// Frames written to the connection and not acknowledged.
    pub fn given(&self) -> usize {
        self.given
    }

    /// Whether nothing was taken from the lane that the peer has not acknowledged.
    pub fn is_idle(&self) -> bool {
        self.unacknowledged.is_empty() && self.backlog.is_empty()
    }

    /// Whether a connection is wanted although the lane is empty. One to an Outlive node stands even while there is nothing to say: its
    /// end is the first sign of a crash.
    pub fn wants_connection(&self) -> bool {
        self.peer.is_ours() || !self.is_idle()
    }

    /// A connection is about to be made.
    pub fn connecting(&mut self, now: Monotonic) {
        self.began = now;
    }

    /// A connection stands: nothing was sent on it yet.
    pub fn connected(&mut self, now: Monotonic) {
        self.answers = FrameReader::new();
        // Nothing else is due here.
        self.answers.set_limit(ACK.len() - OVERHEAD);
        self.unwritten = 0;
        self.given = 0;
        self.last_progress = now;
        self.in_parts = false;
    }

    /// Whether the next [`fill`](Self::fill) sends whole sessions, those that did not fit into the lane.
    pub fn may_repair(&self) -> bool {
        self.given == 0 && self.is_idle() && self.peer.wants_repair()
    }

    /// Puts the frames that may be sent now behind what is left of `batch`, and tells `observe` of each. Repairs first what did not fit
    /// into the lane.
    ///
    /// The batch is the connection's; what it takes off the front is [written](Self::written).
    pub fn fill(&mut self, now: Now, batch: &mut BytesMut, mut observe: impl FnMut(Filled<'_>)) {
        if self.may_repair() {
            self.node.repair(now, &self.peer);
        }
        while batch.len() < BATCH && self.given < self.window() {
            if self.given == self.unacknowledged.len() {
                match self.backlog.next_frame(now, &self.node, &self.peer) {
                    Some(frame) => self.unacknowledged.push_back(frame),
                    None => break,
                }
            }
            if self.given == 0 {
                self.last_progress = now.monotonic;
            }
            let letter = &self.unacknowledged[self.given].letter;
            match write_frame(&self.node, &self.peer, letter, batch) {
                Ok(()) => {
                    observe(Filled::Frame { letter, of_donation: self.backlog.has_donation() });
                    self.given += 1;
                }
                Err(fault) => {
                    tracing::error!(target: log::SENDER, peer = %self.peer.id().address(), %fault, "a message is dropped");
                    if let Some(frame) = self.unacknowledged.remove(self.given) {
                        self.peer.lane().release(frame.weight);
                    }
                    observe(Filled::Dropped(fault));
                }
            }
        }
        self.unwritten = batch.len();
    }

    /// The connection has taken `bytes` of the batch.
    ///
    /// A batch that takes several writes is no sign of a peer that hangs: such a one stops taking bytes. One that fits into the kernel's
    /// buffers at once says nothing, for there it may lie for ever.
    pub fn written(&mut self, now: Monotonic, bytes: usize) {
        self.unwritten = self.unwritten.saturating_sub(bytes);
        let partly = bytes > 0 && self.unwritten > 0;
        if partly || self.in_parts {
            self.last_progress = now;
        }
        self.in_parts = partly;
    }

    /// Whether the connection waits for the lane: it has sent all that there was, and may send more.
    pub fn has_room(&self) -> bool {
        let all_given = self.unwritten == 0 && self.given == self.unacknowledged.len() && self.backlog.is_empty();
        all_given && self.given < self.window()
    }

    /// Ready when the lane has something that there is room for, was closed (`false`), or its peer's sessions can be repaired.
    ///
    /// How many frames may be under way is looked at anew each time: what kind of node a peer is may turn out meanwhile.
    pub fn poll_lane(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let has_room = self.has_room();
        let ready = self.peer.lane().poll_ready(cx, has_room);
        // Looked at again behind the registration: what changed before it woke nobody.
        let missed = has_room != self.has_room() || (has_room && self.peer.wants_repair());
        if ready.is_pending() && missed { Poll::Ready(true) } else { ready }
    }

    /// Bytes have come from the peer: takes the whole frames off their front.
    ///
    /// # Errors
    /// [`AnswerFault`]: the connection is to be closed. What was acknowledged before stays so.
    pub fn received(&mut self, now: Now, bytes: &mut BytesMut) -> Result<Answers, AnswerFault> {
        let mut answers = Answers::default();
        while let Some(frame) = self.answers.next(bytes)? {
            if self.given == 0 {
                return Err(AnswerFault::OfNothing);
            }
            match frame {
                Frame::Message(_) => return Err(AnswerFault::NoAnswer),
                Frame::Ack => {}
                Frame::FailAck => {
                    tracing::warn!(target: log::SENDER, peer = %self.peer.id().address(), "could not apply a message");
                    answers.refused += 1;
                }
            }
            answers.acknowledged += 1;
            self.given -= 1;
            self.last_progress = now.monotonic;
            self.owes_since = None;
            self.acknowledged(now);
        }
        Ok(answers)
    }

    fn acknowledged(&mut self, now: Now) {
        if self.peer.set_stalled(false) {
            tracing::info!(target: log::SENDER, peer = %self.peer.id().address(), "acknowledges again");
        }
        let Some(done) = self.unacknowledged.pop_front() else { return };
        self.peer.lane().release(done.weight);
        self.peer.confirm(now, &done.letter);
        if let Some(question) = &done.letter.question {
            self.node.question_acknowledged(now, &self.peer, question);
        }
        self.check_seal(now.monotonic, &done);
    }

    /// A receiver refuses what was encrypted too long ago, and confirms it all the same.
    fn check_seal(&self, now: Monotonic, done: &UnderWay) {
        let (Some(sealed), Some(lasts)) = (done.sealed, self.node.seals_for()) else { return };
        let took = now.since(sealed);
        if took + SEAL_MARGIN >= lasts {
            tracing::warn!(target: log::SENDER, peer = %self.peer.id().address(), ?took,
                "confirms an encrypted message so late that it may have refused it: gets all sessions whole");
            self.peer.mark_all_dirty();
        }
    }

    /// When to call [`silent`](Self::silent); `None` while no acknowledgement is due.
    pub fn deadline(&self) -> Option<Monotonic> {
        (self.given > 0).then(|| self.last_progress + self.patience())
    }

    fn patience(&self) -> Duration {
        match self.peer.is_stalled() {
            false => self.ack_timeout,
            // A Tomcat acknowledges the question when it has sent all its sessions.
            true if self.unacknowledged.front().is_some_and(|frame| frame.letter.question.is_some()) => {
                TRANSFER_TIMEOUT
            }
            true => DEAD_AFTER,
        }
    }

    /// The deadline has come: the peer has acknowledged nothing for too long.
    pub fn silent(&mut self, now: Now) -> Silence {
        if self.peer.is_stalled() {
            return Silence::Hopeless;
        }
        self.give_up_waiting(now);
        Silence::Bear
    }

    /// The connection has ended, or was never made: tells the group. How long to wait before the next try.
    pub fn disconnected(&mut self, now: Now) -> Duration {
        self.given = 0;
        self.unwritten = 0;
        self.node.send_failed(now, self.peer.id());
        if self.peer.lane().bytes() == 0 {
            self.owes_since = None;
        } else if now.monotonic.since(*self.owes_since.get_or_insert(self.began)) >= self.ack_timeout {
            self.give_up_waiting(now);
        }
        if now.monotonic.since(self.began) >= STOOD_LONG {
            self.pause = RETRY_PAUSE_MIN;
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(RETRY_PAUSE_MAX);
        pause
    }

    /// Requests wait for this peer no more until it acknowledges something.
    fn give_up_waiting(&mut self, now: Now) {
        if !self.peer.is_stalled() {
            tracing::warn!(target: log::SENDER, peer = %self.peer.id().address(), under_way = self.unacknowledged.len(),
                "acknowledges nothing: requests do not wait for it until it does");
            self.node.peer_stalled(now, &self.peer);
        }
        // Those that wait already have waited long enough. Those whose message lies in the lane would else wait with each further
        // request of their session.
        self.unacknowledged.iter_mut().for_each(|frame| frame.confirm = None);
        self.backlog.give_up_waiting();
        drop(self.peer.lane().strip(|parcel| parcel.confirm.take()));
    }

    fn window(&self) -> usize {
        if self.peer.takes_many_frames() { WINDOW } else { 1 }
    }
}

/// A peer of ours would close the connection, and the next, and so on: nothing behind it would ever get there.
fn is_too_large(node: &Node, peer: &Peer, letter: &Letter) -> bool {
    peer.is_ours() && letter.body.len() > node.frame_bytes_max().saturating_sub(FRAME_ROOM)
}

fn write_frame(node: &Node, peer: &Peer, letter: &Letter, batch: &mut BytesMut) -> Result<(), FrameTooLong> {
    if is_too_large(node, peer, letter) {
        return Err(FrameTooLong { length: letter.body.len() });
    }
    let options = node.frame_options(letter.options);
    let record = node.source_record();
    batch.extend_from_slice(&encode_head(options, letter.timestamp, letter.id, &record, letter.body.len())?);
    batch.extend_from_slice(&letter.body);
    batch.extend_from_slice(TAIL);
    Ok(())
}
