//! Emptying one peer's lane: one task and one connection a peer.
//!
//! Every frame is acknowledged. What is not acknowledged when a connection breaks is sent again on the next one, in
//! order; receivers take a repetition without harm. An Outlive peer gets many frames before its first acknowledgement, a
//! Tomcat one at a time.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use outlive_node::pace::{BATCH, DEAD_AFTER, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN, STOOD_LONG, WINDOW};
use outlive_node::{Letter, Load, Node, Parcel, Peer, TRANSFER_TIMEOUT, log};
use outlive_sync::{Confirm, Weight};
use outlive_tribes_proto::error::FrameTooLong;
use outlive_tribes_proto::interceptor::MemberStack;
use outlive_tribes_proto::time::Monotonic;
use outlive_tribes_proto::wire::channel_data::encode_head;
use outlive_tribes_proto::wire::frame::{ACK, Frame, FrameReader, OVERHEAD, TAIL};
use outlive_tribes_proto::wire::send_options::SendOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::clock::Clock;

/// What a frame has beside its message: head, member record, tail.
const FRAME_ROOM: usize = 66_000;

/// By how much an acknowledgement may come later than its message was taken.
const SEAL_MARGIN: Duration = Duration::from_secs(1);

/// A frame that was handed to the connection and not acknowledged.
struct UnderWay {
    letter: Letter,
    /// Given back to the lane's account with the acknowledgement.
    weight: usize,
    /// The request that waits; dropped with this.
    confirm: Option<Confirm>,
    /// When it was encrypted, where receivers take no message for ever.
    sealed: Option<Monotonic>,
}

/// What is to be sent before the lane's next parcel, on whichever connection.
struct Backlog {
    /// The sessions under way to a peer that joins, or is repaired.
    donation: Option<Parcel>,
    /// The frames of a message that became several.
    pieces: VecDeque<UnderWay>,
    /// What the interceptors remember of the peer.
    member: MemberStack,
}

impl Backlog {
    fn is_empty(&self) -> bool {
        self.donation.is_none() && self.pieces.is_empty()
    }
}

/// What empties the lane of one peer.
pub(crate) struct Sender {
    pub(crate) node: Arc<Node>,
    pub(crate) peer: Arc<Peer>,
    pub(crate) clock: Clock,
    pub(crate) ack_timeout: Duration,
    pub(crate) connect_timeout: Duration,
}

impl Sender {
    /// Sends until the lane is closed, which the node does when the member leaves.
    pub(crate) async fn run(self) {
        let mut unacknowledged: VecDeque<UnderWay> = VecDeque::new();
        let mut backlog = Backlog { donation: None, pieces: VecDeque::new(), member: self.node.member_stack() };
        let mut pause = RETRY_PAUSE_MIN;
        // Since when the peer owes an acknowledgement, over all connections: one that takes connections and ends them must not
        // be waited for on each.
        let mut owes_since: Option<Instant> = None;
        // A connection to an Outlive peer stands even while there is nothing to say: its end is the first sign of a crash.
        while self.peer.is_ours()
            || !unacknowledged.is_empty()
            || !backlog.is_empty()
            || poll_fn(|cx| self.peer.lane().poll_ready(cx, true)).await
        {
            if self.peer.lane().is_closed() {
                break;
            }
            let address = self.peer.id().address();
            let began = Instant::now();
            let error = match timeout(self.connect_timeout, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => self.converse(stream, &mut unacknowledged, &mut backlog, &mut owes_since).await,
                Ok(Err(error)) => Err(error),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            if self.peer.lane().is_closed() {
                break;
            }
            if let Err(error) = error {
                tracing::debug!(target: log::SENDER, peer = %address, %error, unacknowledged = unacknowledged.len(), "connection lost");
            }
            self.node.send_failed(self.clock.now(), self.peer.id());
            if self.peer.lane().bytes() == 0 {
                owes_since = None;
            } else if owes_since.get_or_insert(began).elapsed() >= self.ack_timeout {
                self.give_up_waiting(&mut unacknowledged, &mut backlog);
            }
            if began.elapsed() >= STOOD_LONG {
                pause = RETRY_PAUSE_MIN;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
        // Dropping what is left tells the requests that wait for it: this peer is gone.
    }

    /// Works on one connection until it ends, or the lane is closed (`Ok`).
    async fn converse(
        &self,
        mut stream: TcpStream,
        unacknowledged: &mut VecDeque<UnderWay>,
        backlog: &mut Backlog,
        owes_since: &mut Option<Instant>,
    ) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut reading, mut writing) = stream.split();
        let mut frames = FrameReader::new();
        // Nothing else is due here.
        frames.set_limit(ACK.len() - OVERHEAD);
        let mut received = BytesMut::new();
        let mut batch = BytesMut::new();
        // Frames of `unacknowledged` that this connection has been given.
        let mut given = 0;
        let mut last_progress = Instant::now();
        let mut in_parts = false;
        loop {
            if given == 0 && unacknowledged.is_empty() && backlog.is_empty() && self.peer.wants_repair() {
                self.node.repair(self.clock.now(), &self.peer);
            }
            while batch.len() < BATCH && given < self.window() {
                if given == unacknowledged.len() {
                    match self.next_frame(backlog) {
                        Some(frame) => unacknowledged.push_back(frame),
                        None => break,
                    }
                }
                if given == 0 {
                    last_progress = Instant::now();
                }
                if let Err(fault) = self.write_frame(&unacknowledged[given].letter, &mut batch) {
                    tracing::error!(target: log::SENDER, peer = %self.peer.id().address(), %fault, "a message is dropped");
                    if let Some(frame) = unacknowledged.remove(given) {
                        self.peer.lane().release(frame.weight);
                    }
                    continue;
                }
                given += 1;
            }
            let patience = match self.peer.is_stalled() {
                false => self.ack_timeout,
                // A Tomcat acknowledges the question when it has sent all its sessions.
                true if unacknowledged.front().is_some_and(|frame| frame.letter.question.is_some()) => TRANSFER_TIMEOUT,
                true => DEAD_AFTER,
            };
            let all_given = !batch.has_remaining() && given == unacknowledged.len() && backlog.is_empty();
            tokio::select! {
                written = writing.write_buf(&mut batch), if batch.has_remaining() => {
                    // A batch that takes several writes is no sign of a peer that hangs: such a one stops taking bytes. One
                    // that fits into the kernel's buffers at once says nothing, for there it may lie for ever.
                    let partly = written? > 0 && batch.has_remaining();
                    if partly || in_parts {
                        last_progress = Instant::now();
                    }
                    in_parts = partly;
                }
                open = poll_fn(|cx| self.poll_lane(cx, all_given, given)) => {
                    if !open {
                        return Ok(());
                    }
                    // Requests that are ready to run put their messages into the same write. An idle node loses one look
                    // at its sockets by it, a busy one saves a write, and its peer a read and an acknowledgement.
                    tokio::task::yield_now().await;
                }
                read = reading.read_buf(&mut received) => {
                    if read? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    while let Some(frame) = frames.next(&mut received).map_err(io::Error::other)? {
                        if given == 0 {
                            return Err(io::Error::other("an acknowledgement of nothing"));
                        }
                        self.acknowledged(&frame, unacknowledged)?;
                        *owes_since = None;
                        given -= 1;
                        last_progress = Instant::now();
                    }
                }
                () = tokio::time::sleep_until(last_progress + patience), if given > 0 => {
                    if self.peer.is_stalled() {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    self.give_up_waiting(unacknowledged, backlog);
                }
            }
        }
    }

    /// Requests wait for this peer no more until it acknowledges something.
    fn give_up_waiting(&self, unacknowledged: &mut VecDeque<UnderWay>, backlog: &mut Backlog) {
        if !self.peer.is_stalled() {
            tracing::warn!(target: log::SENDER, peer = %self.peer.id().address(), under_way = unacknowledged.len(),
                "acknowledges nothing: requests do not wait for it until it does");
            self.node.peer_stalled(self.clock.now(), &self.peer);
        }
        // Those that wait already have waited long enough. Those whose message lies in the lane would else wait with each further
        // request of their session.
        unacknowledged.iter_mut().chain(&mut backlog.pieces).for_each(|frame| frame.confirm = None);
        drop(self.peer.lane().strip(|parcel| parcel.confirm.take()));
    }

    /// Ready when the lane has something, was closed (`false`), or its peer's sessions can be repaired.
    ///
    /// How many frames may be under way is looked at anew each time: what kind of node a peer is may turn out meanwhile.
    fn poll_lane(&self, cx: &mut Context<'_>, all_given: bool, given: usize) -> Poll<bool> {
        let room = || all_given && given < self.window();
        let has_room = room();
        let ready = self.peer.lane().poll_ready(cx, has_room);
        // Looked at again behind the registration: what changed before it woke nobody.
        let missed = has_room != room() || (has_room && self.peer.wants_repair());
        if ready.is_pending() && missed { Poll::Ready(true) } else { ready }
    }

    fn window(&self) -> usize {
        if self.peer.takes_many_frames() { WINDOW } else { 1 }
    }

    /// The next frame: of a message in pieces, of the donation under way, or the lane's oldest.
    fn next_frame(&self, backlog: &mut Backlog) -> Option<UnderWay> {
        loop {
            if let Some(piece) = backlog.pieces.pop_front() {
                return Some(piece);
            }
            if let Some(Parcel { load: Load::Donation(sessions), .. }) = &mut backlog.donation {
                if let Some(letter) = sessions.next_block() {
                    let weight = letter.body.len();
                    self.peer.lane().charge(weight);
                    return self.descended(UnderWay { letter, weight, confirm: None, sealed: None }, backlog);
                }
                if let Some(finished) = backlog.donation.take() {
                    self.peer.lane().release(finished.weight());
                }
            }
            let parcel = self.peer.lane().take()?;
            let weight = parcel.weight();
            match parcel {
                Parcel { load: Load::Letter(letter), confirm } => {
                    return self.descended(UnderWay { letter, weight, confirm, sealed: None }, backlog);
                }
                parcel => backlog.donation = Some(parcel),
            }
        }
    }

    /// A message as the interceptors let it go. Where that is several, they follow each other as frames; the last of them stands for
    /// the whole message, in the lane's account and for the request that waits.
    fn descended(&self, whole: UnderWay, backlog: &mut Backlog) -> Option<UnderWay> {
        // Above the interceptors, where it can be read.
        log::sent(self.peer.id().address(), &whole.letter, self.node.wire_options() | whole.letter.options);
        if !self.node.changes_messages() || self.is_too_large(&whole.letter) {
            return Some(whole);
        }
        let UnderWay { letter, weight, confirm, .. } = whole;
        let now = self.clock.now();
        let sealed = self.node.seals_for().map(|_| now.monotonic);
        let frame = |letter| UnderWay { letter, weight: 0, confirm: None, sealed };
        backlog.pieces.extend(self.node.descend(now, letter, &mut backlog.member).into_iter().map(frame));
        // One entry of the lane's account stands for the whole; each other piece is released like an entry too.
        (1..backlog.pieces.len()).for_each(|_| self.peer.lane().charge(0));
        if let Some(last) = backlog.pieces.back_mut() {
            (last.weight, last.confirm) = (weight, confirm);
        }
        backlog.pieces.pop_front()
    }

    /// A peer of ours would close the connection, and the next, and so on: nothing behind it would ever get there.
    fn is_too_large(&self, letter: &Letter) -> bool {
        self.peer.is_ours() && letter.body.len() > self.node.frame_bytes_max().saturating_sub(FRAME_ROOM)
    }

    fn write_frame(&self, letter: &Letter, batch: &mut BytesMut) -> Result<(), FrameTooLong> {
        if self.is_too_large(letter) {
            return Err(FrameTooLong { length: letter.body.len() });
        }
        // All are acknowledged after processing, whatever the request waits for.
        let options = self.node.wire_options() | letter.options | SendOptions::USE_ACK | SendOptions::SYNCHRONIZED_ACK;
        let record = self.node.source_record();
        batch.extend_from_slice(&encode_head(options, letter.timestamp, letter.id, &record, letter.body.len())?);
        batch.extend_from_slice(&letter.body);
        batch.extend_from_slice(TAIL);
        Ok(())
    }

    fn acknowledged(&self, frame: &Frame, unacknowledged: &mut VecDeque<UnderWay>) -> io::Result<()> {
        if matches!(frame, Frame::Message(_)) {
            return Err(io::Error::other("a message where an acknowledgement was due"));
        }
        if self.peer.set_stalled(false) {
            tracing::info!(target: log::SENDER, peer = %self.peer.id().address(), "acknowledges again");
        }
        if let Some(done) = unacknowledged.pop_front() {
            self.peer.lane().release(done.weight);
            self.peer.counters.acknowledged.add(1);
            if let Some(question) = &done.letter.question {
                self.node.question_acknowledged(self.clock.now(), &self.peer, question);
            }
            self.check_seal(&done);
        }
        if matches!(frame, Frame::FailAck) {
            tracing::warn!(target: log::SENDER, peer = %self.peer.id().address(), "could not apply a message");
        }
        Ok(())
    }

    /// A receiver refuses what was encrypted too long ago, and confirms it all the same.
    fn check_seal(&self, done: &UnderWay) {
        let (Some(sealed), Some(lasts)) = (done.sealed, self.node.seals_for()) else { return };
        let took = self.clock.now().monotonic.since(sealed);
        if took + SEAL_MARGIN >= lasts {
            tracing::warn!(target: log::SENDER, peer = %self.peer.id().address(), ?took,
                "confirms an encrypted message so late that it may have refused it: gets all sessions whole");
            self.peer.mark_all_dirty();
        }
    }
}
