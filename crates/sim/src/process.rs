//! One start of the program on a host: the real node, and around it what the tokio shell does, driven by events.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use outlive_node::{ClusterView, Context, ContextConfig, Effect, Link, Node, NodeConfig, Peer, PeerFault, Reply};
use outlive_tribes_proto::wire::frame::{ACK, FAIL_ACK, Frame, FrameReader};
use outlive_tribes_proto::{MemberId, PeerKind};

use crate::clock::Instant;
use crate::event::{Event, HostId, ProbeCall, ProcessId, SenderId, Task};
use crate::faults::FaultKind;
use crate::kernel::Kernel;
use crate::network::{ConnectionId, End, Received};
use crate::sender::Sender;

/// The name of the one context, as a Tomcat with the cluster in the Engine has it.
const CONTEXT: &str = "localhost#/app";

/// Where the receiver of a host listens.
pub fn address(host: HostId) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, host as u8 + 1], 4000))
}

/// The host with this address.
pub fn host_of(address: IpAddr) -> HostId {
    match address {
        IpAddr::V4(address) => usize::from(address.octets()[3]) - 1,
        IpAddr::V6(_) => unreachable!("hosts have IPv4 addresses"),
    }
}

/// A connection that a peer has opened.
#[derive(Debug)]
struct Inbound {
    from: HostId,
    link: Link,
    frames: FrameReader,
    received: BytesMut,
    /// Acknowledgements that are not written yet.
    acks: BytesMut,
}

impl Inbound {
    fn new(from: HostId) -> Self {
        Inbound {
            from,
            link: Link::new(address(from)),
            frames: FrameReader::new(),
            received: BytesMut::new(),
            acks: BytesMut::new(),
        }
    }
}

/// A process that runs.
#[derive(Debug)]
pub struct Process {
    /// Which one it is.
    pub id: ProcessId,
    /// The node.
    pub node: Arc<Node>,
    /// The one web application.
    pub context: Arc<Context>,
    /// The first bytes of its identity, by which its peers tell it from earlier starts.
    pub boot: [u8; 8],
    /// When it was started.
    pub started: Instant,
    /// When it first had something for a peer's lane, or got something from one: it cannot have asked for the state before.
    pub asked: Option<Instant>,
    /// Whether it was seen to hold the state.
    pub was_ready: bool,
    senders: BTreeMap<SenderId, Sender>,
    senders_made: u32,
    inbound: BTreeMap<ConnectionId, Inbound>,
    effects: VecDeque<Effect>,
    effects_due: bool,
    deadline_due: Option<Instant>,
    ack_timeout: Duration,
    overflowed: u64,
    view: Arc<ClusterView>,
}

impl Process {
    /// Starts the program.
    pub fn start(id: ProcessId, config: NodeConfig, ack_timeout: Duration, kernel: &mut Kernel<'_>) -> Self {
        let mut boot = [0; 8];
        boot.copy_from_slice(&config.identity[..8]);
        #[allow(clippy::expect_used, reason = "the record has neither domain nor payload")]
        let node = Node::new(config).expect("a member record without domain and payload is short");
        let now = kernel.clock(id.host);
        node.start(now);
        let context = node.open(
            now,
            CONTEXT,
            ContextConfig { path: "/app".into(), max_inactive_seconds: 1800, ..ContextConfig::default() },
        );
        kernel.network.started(id);
        Process {
            id,
            node,
            context,
            boot,
            started: kernel.now,
            asked: None,
            was_ready: false,
            senders: BTreeMap::new(),
            senders_made: 0,
            inbound: BTreeMap::new(),
            effects: VecDeque::new(),
            effects_due: false,
            deadline_due: None,
            ack_timeout,
            overflowed: 0,
            view: Arc::default(),
        }
    }

    /// Whether all that this process has to tell has been acknowledged by every peer.
    pub fn is_idle(&self) -> bool {
        self.senders.values().all(Sender::is_idle)
    }

    /// Frames of one sender that are written and not acknowledged.
    pub fn given(&self, sender: SenderId) -> usize {
        self.senders.get(&sender).map_or(0, Sender::given)
    }

    /// Whether this process sends to that one, as that start of it.
    pub fn sends_to(&self, other: &Process) -> bool {
        self.node.view().peers.iter().any(|peer| is_peer(peer, other))
    }

    /// Runs one of the tasks.
    pub fn run(&mut self, task: Task, kernel: &mut Kernel<'_>) {
        let now = kernel.clock(self.id.host);
        match task {
            Task::Deadline => {
                if self.deadline_due.is_some_and(|due| due <= kernel.now) {
                    self.deadline_due = None;
                }
                if self.node.deadline() <= now.monotonic {
                    self.node.deadline_reached(now);
                }
            }
            Task::Effects => self.perform(kernel),
            Task::Datagram { from, bytes } => {
                kernel.trace.event(kernel.now, "datagram", &[from as u64, self.id.host as u64], &bytes);
                self.node.datagram(now, address(from), &bytes);
            }
            Task::Readable(connection, End::Server) => self.receive(connection, kernel),
            Task::Readable(connection, End::Client) => {
                // Whichever sender it is of: the others know that it is not theirs.
                self.senders.values_mut().for_each(|sender| sender.readable(kernel, connection));
            }
            Task::Connected(sender, connection, stands) => match self.senders.get_mut(&sender) {
                Some(sender) => sender.connected(kernel, connection, stands),
                None => {
                    let (network, mut carrier) = kernel.net();
                    network.close(connection, End::Client, &mut carrier);
                }
            },
            Task::Pump(sender) => {
                if let Some(sender) = self.senders.get_mut(&sender) {
                    sender.pump_due = false;
                    sender.pump(kernel);
                }
            }
            Task::Timer(sender) => {
                if let Some(sender) = self.senders.get_mut(&sender) {
                    sender.timer(kernel);
                }
            }
            Task::ProbeEnd { member, alive } => {
                kernel.trace.event(kernel.now, "probed", &[self.id.host as u64, u64::from(alive)], &[]);
                self.node.probe_finished(now, member, alive);
            }
            Task::ProbeFrame { from, frame } => {
                let mut inbound = Inbound::new(from);
                inbound.received.extend_from_slice(&frame);
                // Whoever probes looks only whether somebody listens.
                let _ = self.take_frames(&mut inbound, kernel);
            }
            Task::Request(_) | Task::WaitedEnough(..) => {}
        }
    }

    /// Looks what the last step has left to do: effects, lanes, a deadline.
    pub fn after_step(&mut self, kernel: &mut Kernel<'_>) {
        while let Poll::Ready(effect) = self.node.poll_effect(&mut TaskContext::from_waker(Waker::noop())) {
            self.effects.push_back(effect);
        }
        if !self.effects.is_empty() && !self.effects_due {
            self.effects_due = true;
            kernel.soon(self.id, Task::Effects);
        }
        self.senders.retain(|_, sender| !sender.has_ended());
        let mut overflowed = 0;
        for (id, sender) in &mut self.senders {
            overflowed += sender.peer().counters.overflowed.get();
            if !sender.pump_due && sender.wants_pump() {
                sender.pump_due = true;
                kernel.soon(self.id, Task::Pump(*id));
            }
            if self.asked.is_none() && sender.peer().lane().bytes() > 0 {
                self.asked = Some(kernel.now);
            }
        }
        if overflowed > self.overflowed {
            kernel.counts.add_many(FaultKind::Overflow, overflowed - self.overflowed);
        }
        self.overflowed = overflowed;
        let deadline = kernel.clocks[self.id.host].when(self.node.deadline()).max(kernel.now);
        if self.deadline_due.is_none_or(|due| deadline < due) {
            self.deadline_due = Some(deadline);
            kernel.agenda.put(deadline, Event::Task(self.id, Task::Deadline));
        }
    }

    fn perform(&mut self, kernel: &mut Kernel<'_>) {
        self.effects_due = false;
        let host = self.id.host;
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Multicast(bytes) => {
                    let (network, mut carrier) = kernel.net();
                    network.multicast(host, &bytes, &mut carrier);
                }
                // No cluster of the simulator asks for acknowledgements of probes.
                Effect::Probe { member, timeout, frame, .. } => self.probe(member, timeout, frame, kernel),
                Effect::Joined(peer) => self.joined(peer, kernel),
                Effect::Left(peer) => self.left(&peer, kernel),
                Effect::Learnt => {}
                Effect::Ready => {
                    kernel.trace.event(kernel.now, "ready", &[host as u64], &[]);
                    kernel.trace.tell(kernel.now, || format!("host {host} holds the state"));
                }
                Effect::Heard => {
                    let connections: Vec<_> = self.inbound.keys().copied().collect();
                    connections.into_iter().for_each(|connection| self.acknowledge(connection, kernel));
                }
                Effect::Opened(_) | Effect::DeadlineMoved | Effect::Stopped => {}
            }
        }
    }

    fn probe(&mut self, member: MemberId, timeout: Duration, frame: Bytes, kernel: &mut Kernel<'_>) {
        let call = ProbeCall { from: self.id, member, frame, until: kernel.now + timeout };
        let (network, mut carrier) = kernel.net();
        let delay = network.delay(self.id.host, host_of(member.host), &mut carrier);
        kernel.agenda.put(kernel.now + delay, Event::ProbeSyn(call));
    }

    fn joined(&mut self, peer: Arc<Peer>, kernel: &mut Kernel<'_>) {
        let (host, to) = (self.id.host, host_of(peer.id().host));
        kernel.trace.event(kernel.now, "joined", &[host as u64, to as u64], &peer.id().unique_id.0);
        kernel.trace.tell(kernel.now, || format!("host {host} has the member {to}"));
        self.senders_made += 1;
        let id = SenderId(self.senders_made);
        let mut sender = Sender::new(id, self.id, Arc::clone(&self.node), peer, to, self.ack_timeout);
        sender.pump(kernel);
        self.senders.insert(id, sender);
    }

    fn left(&mut self, peer: &Arc<Peer>, kernel: &mut Kernel<'_>) {
        let (host, to) = (self.id.host, host_of(peer.id().host));
        kernel.trace.event(kernel.now, "left", &[host as u64, to as u64], &peer.id().unique_id.0);
        kernel.trace.tell(kernel.now, || format!("host {host} has lost the member {to}"));
    }

    /// Processes that this one has dropped from its view since the last call, although they run.
    pub fn take_left_alive(&mut self, kernel: &Kernel<'_>) -> Vec<ProcessId> {
        let view = self.node.view();
        if Arc::ptr_eq(&view, &self.view) {
            return Vec::new();
        }
        let before = std::mem::replace(&mut self.view, Arc::clone(&view));
        let gone = before.peers.iter().filter(|peer| view.peer(peer.id()).is_none());
        let alive = |peer: &Arc<Peer>| {
            let running = kernel.network.running(host_of(peer.id().host))?;
            matches!(peer.kind(), PeerKind::Outlive { boot, .. } if boot == boot_of(running)).then_some(running)
        };
        gone.filter_map(alive).collect()
    }

    fn receive(&mut self, connection: ConnectionId, kernel: &mut Kernel<'_>) {
        let (network, mut carrier) = kernel.net();
        let from = network.peer_of(connection);
        match network.read(connection, End::Server, &mut carrier) {
            Received::Nothing => {}
            Received::End => drop(self.inbound.remove(&connection)),
            Received::Bytes(bytes) => {
                let Some(from) = from else { return };
                let mut inbound = self.inbound.remove(&connection).unwrap_or_else(|| Inbound::new(from));
                inbound.received.extend_from_slice(&bytes);
                let taken = self.take_frames(&mut inbound, kernel);
                self.asked = self.asked.or(Some(kernel.now));
                let (network, mut carrier) = kernel.net();
                match taken {
                    Ok(taken) => {
                        network.took(connection, taken);
                        self.inbound.insert(connection, inbound);
                        self.acknowledge(connection, kernel);
                    }
                    Err(_) => network.close(connection, End::Server, &mut carrier),
                }
            }
        }
    }

    /// Writes the acknowledgements of a connection, if what they are for has been applied.
    fn acknowledge(&mut self, connection: ConnectionId, kernel: &mut Kernel<'_>) {
        let now = kernel.clock(self.id.host);
        let Some(inbound) = self.inbound.get_mut(&connection).filter(|inbound| !inbound.acks.is_empty()) else {
            return;
        };
        let (network, mut carrier) = kernel.net();
        match self.node.may_acknowledge(now, &mut inbound.link) {
            Ok(true) => {
                network.write(connection, End::Server, &mut inbound.acks, &mut carrier);
            }
            Ok(false) => {}
            Err(_) => {
                network.close(connection, End::Server, &mut carrier);
                self.inbound.remove(&connection);
            }
        }
    }

    /// Takes the frames that are whole; how many.
    ///
    /// # Errors
    /// Their sender is no member, and there is no room for more of it.
    fn take_frames(&mut self, inbound: &mut Inbound, kernel: &mut Kernel<'_>) -> Result<u64, PeerFault> {
        let mut taken = 0;
        inbound.frames.set_limit(self.node.frame_limit(address(inbound.from).ip()));
        loop {
            let body = match inbound.frames.next(&mut inbound.received) {
                Ok(None) => break,
                Ok(Some(Frame::Message(body))) => body,
                other => {
                    let host = self.id.host;
                    kernel.misbehaved(|| format!("host {host} was sent an ill-formed frame: {other:?}"));
                    break;
                }
            };
            kernel.trace.event(kernel.now, "taken", &[self.id.host as u64], &body);
            let (from, to) = (inbound.from, self.id.host);
            kernel.trace.tell(kernel.now, || format!("host {from} -> {to}: {}", crate::describe::frame(&body)));
            taken += 1;
            match self.node.frame_received(kernel.clock(self.id.host), &mut inbound.link, body) {
                Ok(Reply::None) => {}
                Ok(Reply::Ack) => inbound.acks.extend_from_slice(&ACK),
                Ok(Reply::FailAck) => {
                    let host = self.id.host;
                    kernel.misbehaved(|| format!("host {host} could not apply a message of ours"));
                    inbound.acks.extend_from_slice(&FAIL_ACK);
                }
                Err(PeerFault::NoMember) => return Err(PeerFault::NoMember),
                Err(fault) => {
                    let host = self.id.host;
                    kernel.misbehaved(|| format!("host {host} finds fault with one of ours: {fault}"));
                }
            }
        }
        Ok(taken)
    }
}

/// The first bytes of a process's identity.
pub fn boot_of(process: ProcessId) -> [u8; 8] {
    u64::from(process.start).to_be_bytes()
}

/// Whether a peer is that very start of the program, as far as the peer has said.
pub fn is_peer(peer: &Peer, process: &Process) -> bool {
    matches!(peer.kind(), PeerKind::Outlive { boot, .. } if boot == process.boot)
}
