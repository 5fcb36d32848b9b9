//! Two whole nodes that know each other, in one thread and without any I/O.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::{Bytes, BytesMut};
use outlive_node::{Context, ContextConfig, Effect, Letter, Link, Load, Node, NodeConfig, Peer, Reply, Timing};
use outlive_serial::Value;
use outlive_sync::Weight;
use outlive_tribes_proto::time::Now;
use outlive_tribes_proto::wire::channel_data::encode_head;
use outlive_tribes_proto::wire::frame::{Frame, FrameReader, TAIL};
use outlive_tribes_proto::wire::send_options::SendOptions;

use super::{CONTEXT, NOW};

/// `channelSendOptions`: nobody waits.
const OPTIONS: SendOptions = SendOptions(8);
/// How long two nodes may take to find each other and to hold the same state.
const STEPS_MAX: u32 = 200;
const STEP: Duration = Duration::from_millis(50);

/// One node, and the other as it sees it.
pub(super) struct Side {
    pub(super) node: Arc<Node>,
    pub(super) context: Arc<Context>,
    peer: Option<Arc<Peer>>,
    link: Link,
    frames: FrameReader,
}

/// A and B.
pub(super) struct Pair {
    pub(super) now: Now,
    pub(super) sides: [Side; 2],
}

fn address(side: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], if side == 0 { 4001 } else { 4002 }))
}

impl Side {
    fn new(side: usize) -> Result<Self> {
        let config = NodeConfig {
            local: address(side),
            route: ["node-a", "node-b"][side].to_owned(),
            identity: [1 + side as u8; 16],
            seed: 1 + side as u64,
            static_members: None,
            static_service: None,
            own_id: None,
            members_change: false,
            timing: Timing::default(),
            domain: Bytes::new(),
            payload: String::new(),
            health_port: 0,
            hears_sessions: true,
            options: OPTIONS,
            lane_bytes_max: 64 << 20,
            frame_bytes_max: 64 << 20,
            state_bytes_max: 1 << 30,
        };
        let node = Node::new(config)?;
        node.start(NOW);
        let context = node.open(
            NOW,
            CONTEXT,
            ContextConfig { path: "/app".into(), max_inactive_seconds: 1800, ..ContextConfig::default() },
        );
        Ok(Self { node, context, peer: None, link: Link::new(address(1 - side)), frames: FrameReader::new() })
    }
}

impl Pair {
    /// Two nodes that hold the same state.
    pub(super) fn new() -> Result<Self> {
        let mut pair = Self { now: NOW, sides: [Side::new(0)?, Side::new(1)?] };
        for _ in 0..STEPS_MAX {
            if pair.sides.iter().all(|side| side.peer.is_some() && side.context.is_ready()) {
                return Ok(pair);
            }
            pair.now.monotonic.0 += STEP;
            pair.now.wall.0 += 50;
            for side in &pair.sides {
                if side.node.deadline() <= pair.now.monotonic {
                    side.node.deadline_reached(pair.now);
                }
            }
            while pair.effects(0)? | pair.effects(1)? | pair.deliver(0)? | pair.deliver(1)? {}
        }
        bail!("two nodes did not find each other")
    }

    /// Does what a node asks its shell for. Whether there was anything.
    fn effects(&mut self, from: usize) -> Result<bool> {
        let mut moved = false;
        let to = 1 - from;
        let node = Arc::clone(&self.sides[from].node);
        while let Poll::Ready(effect) = node.poll_effect(&mut TaskContext::from_waker(Waker::noop())) {
            moved = true;
            match effect {
                Effect::Joined(peer) => self.sides[from].peer = Some(peer),
                Effect::Left(_) => self.sides[from].peer = None,
                Effect::Multicast(bytes) => self.sides[to].node.datagram(self.now, address(from), &bytes),
                Effect::Probe { member, frame, .. } => {
                    self.receive(to, &mut BytesMut::from(&frame[..]))?;
                    node.probe_finished(self.now, member, true);
                }
                Effect::Ready
                | Effect::Opened(_)
                | Effect::Heard
                | Effect::Learnt
                | Effect::DeadlineMoved
                | Effect::Stopped => {}
            }
        }
        Ok(moved)
    }

    /// Takes all frames of a node for the other one there. Whether there were any.
    pub(super) fn deliver(&mut self, from: usize) -> Result<bool> {
        let mut moved = false;
        while let Some(mut frames) = self.take(from)? {
            moved = true;
            self.receive(1 - from, &mut frames)?;
        }
        Ok(moved)
    }

    /// What a node sends next, as it stands on a connection: as the sender of the tokio shell writes it.
    pub(super) fn take(&self, from: usize) -> Result<Option<BytesMut>> {
        let side = &self.sides[from];
        let Some(peer) = &side.peer else { return Ok(None) };
        let Some(mut parcel) = peer.lane().take() else { return Ok(None) };
        let mut frames = BytesMut::with_capacity(4 << 10);
        match &mut parcel.load {
            Load::Letter(letter) => self.write(from, &mut frames, letter)?,
            Load::Donation(donation) => {
                while let Some(letter) = donation.next_block() {
                    self.write(from, &mut frames, &letter)?;
                }
            }
        }
        peer.lane().release(parcel.weight());
        Ok(Some(frames))
    }

    fn write(&self, from: usize, frames: &mut BytesMut, letter: &Letter) -> Result<()> {
        let node = &self.sides[from].node;
        let options = node.frame_options(letter.options);
        let record = node.source_record();
        frames.extend_from_slice(&encode_head(options, letter.timestamp, letter.id, &record, letter.body.len())?);
        frames.extend_from_slice(&letter.body);
        frames.extend_from_slice(TAIL);
        Ok(())
    }

    /// Lets a node read frames.
    pub(super) fn receive(&mut self, to: usize, frames: &mut BytesMut) -> Result<()> {
        let side = &mut self.sides[to];
        while let Some(frame) = side.frames.next(frames)? {
            let Frame::Message(body) = frame else { continue };
            let reply = side.node.frame_received(self.now, &mut side.link, body)?;
            ensure!(reply != Reply::FailAck, "a message could not be applied");
        }
        Ok(())
    }

    /// One request on A that sets the counter of a session. What it says lies in the lane to B.
    pub(super) fn write_on_a(&mut self, id: &str, counter: i32) -> Result<()> {
        let context = &self.sides[0].context;
        let session = context.find(self.now, id).context("A does not know its session")?;
        context.take_over(self.now, &session, id);
        session.set("counter", Value::integer(counter))?;
        context.complete(self.now, &session);
        Ok(())
    }

    /// A new session on A, which B has, too.
    pub(super) fn session(&mut self, random: [u8; 16]) -> Result<String> {
        let context = &self.sides[0].context;
        let session = context.create(self.now, random);
        session.set("counter", Value::integer(0))?;
        context.complete(self.now, &session);
        self.deliver(0)?;
        Ok(session.id())
    }
}
