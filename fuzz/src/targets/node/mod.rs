//! Operations on one node: requests here, and frames of peers that say anything, in any order, about the same few sessions.
//!
//! - A session that was invalidated here, and an id that was changed here, is never found again, whatever peers say later.
//! - A session that is found has the id that was asked for, and no id names two sessions.
//! - A peer gets an answer exactly if it asks for one; only one of ours is ever told that a message could not be applied.
//! - What lies in lanes can be read by the peer, and is not more than the limit.
//! - Deadlines that have come are done.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use outlive_node::{
    Context, ContextConfig, Effect, Letter, Link, Load, Node, NodeConfig, Peer, Reply, SessionRef, Timing, User,
};
use outlive_serial::{Limits, Value};
use outlive_session::{SessionEvent, SessionId, SessionMessage, StateReader};
use outlive_sync::Weight;
use outlive_tribes_proto::interceptor::tcp_failure_detector::PROBE;
use outlive_tribes_proto::rpc::Rpc;
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::frame::{HEAD_LENGTH, TAIL};
use outlive_tribes_proto::wire::peer::Mark;
use outlive_tribes_proto::wire::send_options::{Ack, SendOptions};
use outlive_tribes_proto::{Abilities, Member, MemberId, UniqueId};

use crate::random::Random;
use crate::vectors::Vectors;
use message::Message;

mod message;

const CONTEXT: &str = "localhost#/app";
/// Other nodes: two of ours, a Tomcat, and one that is never a member.
const PEERS: u8 = 4;
/// Sessions that others may have made, and as many that were made here: those that peers speak of.
const IDS: u8 = 3;
/// Bytes that wait for one peer: few, so that lanes run over.
const LANE_BYTES_MAX: usize = 16 << 10;
/// Longer than a session may be idle, and than a node waits for the state.
const LONG: Duration = Duration::from_secs(65);
/// A case needs no more, and ends in time.
const OPERATIONS_MAX: usize = 100;

/// What can happen.
#[derive(Debug, Arbitrary)]
enum Operation {
    Message { from: u8, options: u8, message: Message },
    Object { from: u8, bytes: Vec<u8> },
    Frame { from: u8, bytes: Vec<u8> },
    Datagram { bytes: Vec<u8> },
    Heartbeat { of: u8 },
    SendFailed { to: u8 },
    Create,
    Find { id: u8, route: u8 },
    Set { session: u8, name: u8, value: u16 },
    Remove { session: u8, name: u8 },
    MaxInactive { session: u8, seconds: i16 },
    Login { session: u8, user: Option<u8> },
    ChangeId { session: u8 },
    Invalidate { session: u8 },
    Complete { session: u8 },
    Deliver { to: u8, letters: u8 },
    Pass { ms: u16 },
    Idle,
}

/// The target.
pub fn run(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut world = World::new();
    for _ in 0..OPERATIONS_MAX {
        let Ok(operation) = Operation::arbitrary(&mut input) else { break };
        world.perform(operation);
        world.check();
        if input.is_empty() {
            break;
        }
    }
    if !world.context.is_ready() {
        world.pass(LONG);
    }
    assert!(world.context.is_ready(), "after a minute it goes on without an answer");
    (0..PEERS).for_each(|peer| world.deliver(peer, usize::MAX));
    world.check();
    world.peers_know_nothing_of_the_dead();
}

/// A node and all that is around it.
struct World {
    now: Now,
    node: Arc<Node>,
    context: Arc<Context>,
    peers: Vec<Arc<Peer>>,
    links: Vec<Link>,
    /// Sessions in the hands of requests.
    held: Vec<SessionRef>,
    /// What no request may find any more: without routes.
    dead: BTreeSet<String>,
    made: u8,
    idled: u8,
}

fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 10 + number], 4000))
}

fn member(number: u8) -> Member {
    let address = address(number);
    let id = MemberId { host: address.ip(), port: address.port(), unique_id: UniqueId::from_random([number; 16]) };
    let mark = Mark { version: 1, abilities: Abilities::PIPELINING, boot: [number; 8], health_port: 0 };
    let payload = if number == 2 { Bytes::new() } else { mark.append_to(b"") };
    Member { payload, ..Member::new(id) }
}

/// The id of that number, as requests and peers name it.
fn id(number: u8, route: u8) -> String {
    let number = number % (2 * IDS);
    let bytes = if number < IDS { [number; 16] } else { made_here(number - IDS) };
    SessionId::generate(bytes, ["", "here", "there"][usize::from(route % 3)]).as_str().to_owned()
}

/// The bytes of an id that is made here: 128 random bits are never those of another session.
fn made_here(count: u8) -> [u8; 16] {
    [0x80 | count; 16]
}

fn base(id: &str) -> String {
    id.split('.').next().unwrap_or_default().to_owned()
}

impl World {
    fn new() -> World {
        let now = Now { monotonic: Monotonic(Duration::from_secs(1_000_000)), wall: UnixMillis(1_700_000_000_000) };
        let config = NodeConfig {
            local: SocketAddr::from(([10, 0, 0, 1], 4000)),
            route: "here".into(),
            identity: [1; 16],
            seed: 1,
            static_members: None,
            static_service: None,
            own_id: None,
            members_change: false,
            timing: Timing::default(),
            domain: Bytes::new(),
            payload: String::new(),
            health_port: 0,
            hears_sessions: true,
            options: SendOptions(6),
            lane_bytes_max: LANE_BYTES_MAX,
            frame_bytes_max: 1 << 20,
            state_bytes_max: 1 << 20,
        };
        let node = Node::new(config).expect("a short record");
        node.start(now);
        let context = node.open(
            now,
            CONTEXT,
            ContextConfig { path: "/app".into(), max_inactive_seconds: 60, ..ContextConfig::default() },
        );
        let links = (0..PEERS).map(|number| Link::new(address(number))).collect();
        let (peers, held) = (Vec::new(), Vec::new());
        let mut world = World { now, node, context, peers, links, held, dead: BTreeSet::new(), made: 0, idled: 0 };
        for number in 0..PEERS - 1 {
            world.heartbeat(number);
        }
        world.pass(Duration::from_secs(2));
        assert_eq!(world.peers.len(), usize::from(PEERS) - 1, "all but the stranger are members");
        world
    }

    fn perform(&mut self, operation: Operation) {
        match operation {
            Operation::Message { from, options, message } => {
                let bytes = message.encode(self.now.wall);
                self.object(from, SendOptions((options % 8).into()), bytes);
            }
            Operation::Object { from, bytes } => self.object(from, SendOptions(6), bytes.into()),
            Operation::Frame { from, bytes } => self.frame(from, bytes.into()).map_or((), drop),
            Operation::Datagram { bytes } => {
                self.node.datagram(self.now, address(0), &bytes);
                self.effects();
            }
            Operation::Heartbeat { of } => self.heartbeat(of % (PEERS - 1)),
            Operation::SendFailed { to } => {
                self.node.send_failed(self.now, &member(to % PEERS).id);
                self.effects();
            }
            Operation::Create => {
                let id = self.new_id();
                self.held.push(self.context.create(self.now, id));
            }
            Operation::Find { id: number, route } => self.find(&id(number, route)),
            Operation::Complete { session } => {
                if let Some(session) = self.session(session) {
                    self.context.complete(self.now, &session);
                }
            }
            Operation::Deliver { to, letters } => self.deliver(to, letters.into()),
            Operation::Pass { ms } => self.pass(Duration::from_millis(u64::from(ms) % 2_000)),
            // Long times take long, and the third tells no more than the second.
            Operation::Idle if self.idled < 2 => {
                self.idled += 1;
                self.pass(LONG);
            }
            Operation::Idle => {}
            change => self.change(change),
        }
    }

    /// What a request does to the session that it has.
    fn change(&mut self, operation: Operation) {
        match operation {
            Operation::Set { session, name, value } => {
                if let Some(session) = self.session(session) {
                    let value = if value % 16 == 0 {
                        Value::bytes(&vec![0; value.into()])
                    } else {
                        Value::integer(value.into())
                    };
                    let ended = !session.is_valid();
                    assert_eq!(
                        session.set(&message::attribute(name), value).is_err(),
                        ended,
                        "an ended session takes nothing"
                    );
                }
            }
            Operation::Remove { session, name } => {
                if let Some(session) = self.session(session) {
                    session.remove(&message::attribute(name));
                    assert!(!session.is_valid() || session.get(&message::attribute(name)).is_none());
                }
            }
            Operation::MaxInactive { session, seconds } => {
                if let Some(session) = self.session(session) {
                    let _ = session.set_max_inactive(seconds.into());
                }
            }
            Operation::Login { session, user } => {
                if let Some(session) = self.session(session) {
                    let _ = session.set_user(user.map(|user| User::new(format!("user{user}"), ["role"])));
                }
            }
            Operation::ChangeId { session } => {
                if let Some(session) = self.session(session).filter(SessionRef::is_valid) {
                    let old = base(&session.id());
                    let new = self.new_id();
                    self.context.change_id(self.now, &session, new);
                    self.dead.insert(old);
                }
            }
            Operation::Invalidate { session } => {
                // A copy that was dropped here, as nobody had used it for long, may live on elsewhere and come back.
                if let Some(session) = self.session(session).filter(SessionRef::is_valid) {
                    self.dead.insert(base(&session.id()));
                    self.context.invalidate(self.now, &session);
                    assert!(!session.is_valid());
                }
            }
            _ => {}
        }
    }

    /// Peers that have not heard of an end speak of all sessions, in every way that may bring one back.
    fn peers_know_nothing_of_the_dead(&mut self) {
        for number in (0..PEERS - 1).chain(0..PEERS - 1) {
            self.heartbeat(number);
        }
        for number in 0..2 * IDS {
            for message in Message::that_revive(number) {
                let bytes = message.encode(self.now.wall);
                self.object(number, SendOptions(6), bytes);
                self.check();
            }
        }
    }

    fn new_id(&mut self) -> [u8; 16] {
        self.made += 1;
        made_here(self.made - 1)
    }

    fn session(&self, number: u8) -> Option<SessionRef> {
        self.held.get(usize::from(number) % self.held.len().max(1)).cloned()
    }

    fn find(&mut self, id: &str) {
        let Some(session) = self.context.find(self.now, id) else { return };
        assert_eq!(base(&session.id()), base(id), "what is found is what was asked for");
        self.context.take_over(self.now, &session, id);
        if !self.held.contains(&session) {
            self.held.push(session);
        }
    }

    // ---- the network ----

    fn heartbeat(&mut self, number: u8) {
        self.node.datagram(self.now, address(number), &member(number).encode());
        self.effects();
    }

    fn object(&mut self, from: u8, options: SendOptions, message: Bytes) {
        let number = from % PEERS;
        let data = ChannelData {
            options,
            timestamp: self.now.wall,
            id: UniqueId([from; 16]),
            source_record: member(number).encode(),
            message,
        };
        let frame = data.encode().expect("it is short");
        let reply = self.frame(from, frame.slice(HEAD_LENGTH..frame.len() - TAIL.len()));
        match reply.expect("a frame that is well-formed does not close the connection") {
            Reply::None => assert_eq!(options.ack(), Ack::Never, "it asks for an answer"),
            Reply::Ack => assert_ne!(options.ack(), Ack::Never, "it asks for none"),
            Reply::FailAck => {
                assert_eq!(options.ack(), Ack::Processed, "it asks for no such answer");
                assert!(number != 2, "a Tomcat would send it again and again");
            }
        }
    }

    fn frame(&mut self, from: u8, body: Bytes) -> Option<Reply> {
        let link = self.links.get_mut(usize::from(from % PEERS))?;
        let reply = self.node.frame_received(self.now, link, body);
        self.effects();
        reply.ok()
    }

    /// Does what the node asks for. Probes are answered, but for the stranger's.
    fn effects(&mut self) {
        while let Poll::Ready(effect) = self.node.poll_effect(&mut TaskContext::from_waker(Waker::noop())) {
            match effect {
                Effect::Probe { member: probed, .. } => {
                    let alive = (0..PEERS - 1).any(|number| member(number).id == probed);
                    self.node.probe_finished(self.now, probed, alive);
                }
                Effect::Joined(peer) => self.peers.push(peer),
                Effect::Left(peer) => {
                    assert!(peer.lane().is_closed(), "nothing is sent to who has left");
                    self.peers.retain(|known| !Arc::ptr_eq(known, &peer));
                }
                Effect::Multicast(_)
                | Effect::Heard
                | Effect::Learnt
                | Effect::Ready
                | Effect::Opened(_)
                | Effect::DeadlineMoved
                | Effect::Stopped => {}
            }
        }
    }

    /// Takes letters from a lane, as their peer would, and looks at each.
    fn deliver(&mut self, to: u8, mut letters: usize) {
        let Some(peer) = self.peers.get(usize::from(to) % self.peers.len().max(1)).cloned() else { return };
        while letters > 0
            && let Some(mut parcel) = peer.lane().take()
        {
            letters -= 1;
            let weight = parcel.weight();
            match &mut parcel.load {
                Load::Letter(letter) => {
                    check_letter(letter);
                    peer.confirm(self.now, letter);
                }
                Load::Donation(donation) => {
                    while let Some(block) = donation.next_block() {
                        check_letter(&block);
                    }
                }
            }
            peer.lane().release(weight);
        }
        if peer.wants_repair() {
            self.node.repair(self.now, &peer);
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now.monotonic + time;
        while self.node.deadline() <= end {
            let deadline = self.node.deadline();
            self.advance(deadline);
            self.node.deadline_reached(self.now);
            self.effects();
            assert!(self.node.deadline() > self.now.monotonic, "what was due is done");
        }
        self.advance(end);
    }

    fn advance(&mut self, to: Monotonic) {
        let passed = to.since(self.now.monotonic);
        self.now.wall.0 += i64::try_from(passed.as_millis()).expect("a case is no longer than a few hours");
        self.now.monotonic = self.now.monotonic.max(to);
    }

    // ---- what must hold ----

    fn check(&self) {
        for dead in &self.dead {
            assert!(self.context.find(self.now, dead).is_none(), "{dead} has ended");
        }
        let sessions = self.context.sessions();
        assert_eq!(sessions.len(), self.context.len());
        let bases: BTreeSet<String> = sessions.iter().map(|session| base(&session.id())).collect();
        assert_eq!(bases.len(), sessions.len(), "no id names two sessions");
        for peer in &self.peers {
            // One parcel goes in however long it is, if the lane is empty.
            assert!(peer.lane().bytes() <= LANE_BYTES_MAX + (1 << 17), "{} bytes in a lane", peer.lane().bytes());
        }
    }
}

/// A message of the node: its peer can read it.
fn check_letter(letter: &Letter) {
    let body = &letter.body;
    if letter.options.contains(SendOptions::BYTE_MESSAGE) {
        assert_eq!(body[..], PROBE, "what a new member is greeted with");
        return;
    }
    let message = match SessionMessage::decode(body, &Limits::default()) {
        Ok(message) => message,
        Err(fault) => {
            assert!(matches!(Rpc::decode(body), Ok(Some(Rpc::NoChannel(_)))), "{fault}: {body:?}");
            return;
        }
    };
    let payload = message.payload.as_deref().unwrap_or_default();
    match message.event {
        SessionEvent::Delta => {
            outlive_session::DeltaRequest::decode(payload, &Limits::default()).expect("a delta that can be read");
        }
        SessionEvent::AllData => {
            for state in StateReader::new(payload, &Limits::default()).expect("a block of sessions") {
                state.expect("a session that can be read");
            }
        }
        event => assert!(!matches!(event, SessionEvent::Other(_)), "it says what a Tomcat knows: {event:?}"),
    }
}

/// Random bytes of many lengths: each is a story.
pub(crate) fn seeds(_: &Vectors) -> Vec<Vec<u8>> {
    let mut random = Random::of(b"node");
    (1..=100).map(|number| random.bytes(number * 8)).collect()
}
