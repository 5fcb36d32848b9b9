//! A whole cluster in one thread: real nodes, frames handed over by hand, time by the step.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use outlive_node::{
    Context, ContextConfig, Delivery, Effect, Letter, Link, Load, Node, NodeConfig, Parcel, Peer, Question, Reply,
    SessionRef, Timing,
};
use outlive_serial::Limits;
use outlive_session::{SessionEvent, SessionMessage};
use outlive_sync::Weight;
use outlive_tribes_proto::interceptor::{Interceptor, InterceptorStack, MemberStack};
use outlive_tribes_proto::membership::static_members::StaticMember;
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
use outlive_tribes_proto::wire::channel_data::encode_head;
use outlive_tribes_proto::wire::send_options::SendOptions;
use outlive_tribes_proto::{Member, MemberId, UniqueId};

/// The name of the one context, as a Tomcat with the cluster in the Engine has it.
pub(crate) const CONTEXT: &str = "localhost#/app";

/// A node's interceptors, the topmost first, by the number of its start.
pub(crate) type Interceptors = fn(u8) -> Vec<Box<dyn Interceptor>>;

/// One node that is up.
pub(crate) struct Up {
    pub(crate) node: Arc<Node>,
    /// The context that it was started with; a keeper has none.
    context: Option<Arc<Context>>,
    peers: Vec<Arc<Peer>>,
    /// What the interceptors remember of each peer that is sent to.
    members: BTreeMap<u16, MemberStack>,
    links: BTreeMap<u16, Link>,
}

/// What looks like a Tomcat to the nodes: a member without our mark, which acknowledges all and says what a test lets it say.
pub(crate) struct Tomcat {
    member: Member,
    since: Monotonic,
    link: Link,
    /// The session messages that it was sent, in order.
    pub(crate) inbox: Vec<Bytes>,
    /// Whether questions for a state are acknowledged at once; otherwise they are kept in `questions`.
    pub(crate) answers_later: bool,
    /// How many milliseconds its clock is ahead.
    pub(crate) clock_ahead_ms: i64,
    /// Questions that are not acknowledged yet, with the peer they came through.
    questions: Vec<(u16, Arc<Peer>, Question)>,
}

/// Nodes by port. Those that are not in it are down: nobody answers there.
pub(crate) struct Cluster {
    pub(crate) now: Now,
    pub(crate) up: BTreeMap<u16, Up>,
    pub(crate) tomcats: BTreeMap<u16, Tomcat>,
    options: SendOptions,
    starts: u8,
    random: u8,
    /// Where nodes that start from now on tell their health; 0: nowhere.
    pub(crate) health_port: u16,
    /// Whether nodes that start from now on hear messages about sessions.
    pub(crate) hears_sessions: bool,
    /// Bytes that wait for one peer at most, for nodes that start from now on.
    pub(crate) lane_bytes_max: usize,
    /// The receivers of all members, for nodes with static members that start from now on.
    pub(crate) static_members: Option<Vec<u16>>,
    /// What nodes have that start from now on, the topmost first; by the number of the start, for what must differ.
    pub(crate) interceptors: Interceptors,
    /// The name of the one context of nodes that start from now on.
    pub(crate) name: &'static str,
    /// How that context is set up.
    pub(crate) config: ContextConfig,
    /// Pairs (from, to) between which nothing is delivered; what lies in lanes stays.
    pub(crate) cut: Vec<(u16, u16)>,
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

impl Cluster {
    pub(crate) fn new(options: u32) -> Self {
        Cluster {
            now: Now { monotonic: Monotonic(Duration::from_secs(1_000_000)), wall: UnixMillis(1_700_000_000_000) },
            up: BTreeMap::new(),
            tomcats: BTreeMap::new(),
            options: SendOptions(options),
            starts: 0,
            random: 0,
            health_port: 0,
            hears_sessions: true,
            lane_bytes_max: 64 << 20,
            static_members: None,
            interceptors: |_| Vec::new(),
            name: CONTEXT,
            config: ContextConfig { path: "/app".into(), ..ContextConfig::default() },
            cut: Vec::new(),
        }
    }

    /// Starts a node; it has found its peers and their state after [`settle`](Self::settle).
    pub(crate) fn start(&mut self, port: u16) {
        let node = self.node_of(port);
        let context = Some(node.open(self.now, self.name, self.config.clone()));
        self.up.insert(port, Up { node, context, peers: Vec::new(), members: BTreeMap::new(), links: BTreeMap::new() });
    }

    /// Starts a node that keeps the sessions of every context and is told no name.
    pub(crate) fn start_keeper(&mut self, port: u16) {
        let node = self.node_of(port);
        node.keep(self.now, ContextConfig::default());
        self.up.insert(
            port,
            Up { node, context: None, peers: Vec::new(), members: BTreeMap::new(), links: BTreeMap::new() },
        );
    }

    fn node_of(&mut self, port: u16) -> Arc<Node> {
        self.starts += 1;
        let config = NodeConfig {
            local: address(port),
            route: format!("node{port}"),
            identity: [self.starts; 16],
            seed: self.starts.into(),
            static_members: self
                .static_members
                .as_ref()
                .map(|all| all.iter().map(|port| StaticMember::at(address(*port))).collect()),
            static_service: None,
            own_id: None,
            members_change: false,
            timing: Timing::default(),
            domain: Bytes::new(),
            payload: String::new(),
            health_port: self.health_port,
            hears_sessions: self.hears_sessions,
            options: self.options,
            lane_bytes_max: self.lane_bytes_max,
            frame_bytes_max: 64 << 20,
            state_bytes_max: 1 << 30,
        };
        let stack =
            InterceptorStack::above_group((self.interceptors)(self.starts), config.static_members.is_some()).unwrap();
        let node = Node::with_interceptors(config, stack).unwrap();
        node.start(self.now);
        node
    }

    /// Starts a Tomcat, which has been up for `alive` when the nodes first hear of it.
    pub(crate) fn start_tomcat(&mut self, port: u16, alive: Duration) {
        let id = MemberId { host: address(port).ip(), port, unique_id: UniqueId([port as u8; 16]) };
        let since = Monotonic(self.now.monotonic.0 - alive);
        let link = Link::new(address(port));
        let member = Member::new(id);
        let tomcat = Tomcat {
            member,
            since,
            link,
            inbox: Vec::new(),
            answers_later: false,
            clock_ahead_ms: 0,
            questions: Vec::new(),
        };
        self.tomcats.insert(port, tomcat);
    }

    /// Lets a Tomcat's member record carry this.
    pub(crate) fn claims(&mut self, port: u16, payload: Bytes) {
        self.tomcats.get_mut(&port).unwrap().member.payload = payload;
    }

    /// Lets all nodes hear the Tomcats' heartbeats.
    fn beats(&mut self) {
        for (port, tomcat) in &self.tomcats {
            let alive_ms = i64::try_from(self.now.monotonic.since(tomcat.since).as_millis()).unwrap();
            let record = Member { alive_ms, ..tomcat.member.clone() }.encode();
            for up in self.up.values() {
                up.node.datagram(self.now, address(*port), &record);
            }
        }
    }

    /// Lets a node receive a session message of a Tomcat.
    pub(crate) fn says(&mut self, tomcat: u16, to: u16, message: &SessionMessage<'_>) -> Reply {
        let body = message.encode();
        let tomcat = self.tomcats.get_mut(&tomcat).unwrap();
        let record = tomcat.member.encode();
        let sent = UnixMillis(self.now.wall.0 + tomcat.clock_ahead_ms);
        let head = encode_head(SendOptions(6), sent, UniqueId([9; 16]), &record, body.len()).unwrap();
        let frame: Bytes = [&head[11..], &body].concat().into();
        let reply = self.up[&to].node.frame_received(self.now, &mut tomcat.link, frame).unwrap();
        self.deliver();
        reply
    }

    /// What a Tomcat was sent, with its context.
    pub(crate) fn heard_by(&self, tomcat: u16) -> Vec<(SessionEvent, Option<String>)> {
        let read = |body: &Bytes| {
            let message = SessionMessage::decode(body, &Limits::default()).unwrap();
            (message.event, message.context.map(std::borrow::Cow::into_owned))
        };
        self.tomcats[&tomcat].inbox.iter().map(read).collect()
    }

    /// Lets a Tomcat acknowledge the questions that it has not acknowledged yet.
    pub(crate) fn acknowledge(&mut self, tomcat: u16) {
        self.answered(tomcat);
        self.deliver();
    }

    fn answered(&mut self, tomcat: u16) {
        for (from, peer, question) in std::mem::take(&mut self.tomcats.get_mut(&tomcat).unwrap().questions) {
            self.node(from).question_acknowledged(self.now, &peer, &question);
        }
    }

    /// The process is gone, with all that it held.
    pub(crate) fn kill(&mut self, port: u16) {
        self.up.remove(&port);
    }

    pub(crate) fn context(&self, port: u16) -> Arc<Context> {
        Arc::clone(self.up[&port].context.as_ref().unwrap())
    }

    pub(crate) fn node(&self, port: u16) -> Arc<Node> {
        Arc::clone(&self.up[&port].node)
    }

    /// Lets time go on in steps of 50 ms, delivering everything.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now.monotonic.0 + time;
        while self.now.monotonic.0 < end {
            self.now.monotonic.0 += Duration::from_millis(50);
            self.now.wall.0 += 50;
            self.beats();
            for up in self.up.values() {
                if up.node.deadline() <= self.now.monotonic {
                    up.node.deadline_reached(self.now);
                }
            }
            self.deliver();
        }
    }

    /// Enough time for members to find each other and for a state to arrive.
    pub(crate) fn settle(&mut self) {
        self.pass(Duration::from_secs(3));
    }

    /// Delivers until nothing moves any more.
    pub(crate) fn deliver(&mut self) {
        while self.effects() | self.frames() {}
    }

    fn effects(&mut self) -> bool {
        let mut moved = false;
        let ports: Vec<u16> = self.up.keys().copied().collect();
        for port in ports {
            while let Some(up) = self.up.get_mut(&port)
                && let Poll::Ready(effect) = up.node.poll_effect(&mut TaskContext::from_waker(Waker::noop()))
            {
                moved = true;
                let node = Arc::clone(&up.node);
                match effect {
                    Effect::Joined(peer) => up.peers.push(peer),
                    Effect::Left(peer) => {
                        up.members.remove(&peer.id().port);
                        up.peers.retain(|known| !Arc::ptr_eq(known, &peer));
                    }
                    Effect::Multicast(bytes) => {
                        for (other, up) in self.up.iter().filter(|(other, _)| **other != port) {
                            if !self.cut.contains(&(port, *other)) {
                                up.node.datagram(self.now, address(port), &bytes);
                            }
                        }
                    }
                    Effect::Probe { member, frame, .. } => {
                        let to = member.port;
                        let reachable = (self.up.contains_key(&to) || self.tomcats.contains_key(&to))
                            && !self.cut.contains(&(port, to));
                        if self.up.contains_key(&to) && reachable {
                            self.hand_over(port, to, frame);
                        }
                        node.probe_finished(self.now, member, reachable);
                    }
                    Effect::Heard
                    | Effect::Learnt
                    | Effect::Ready
                    | Effect::Opened(_)
                    | Effect::DeadlineMoved
                    | Effect::Stopped => {}
                }
            }
        }
        moved
    }

    /// A frame of this node around a Java object, as it stands on a connection.
    pub(crate) fn frame(&self, from: u16, body: &[u8]) -> Bytes {
        let record = self.node(from).source_record();
        let head = encode_head(SendOptions(6), self.now.wall, UniqueId([9; 16]), &record, body.len()).unwrap();
        [&head[..], body, b"TLF2003"].concat().into()
    }

    /// Lets a node receive a frame that another is said to have sent.
    pub(crate) fn hand_over(&mut self, from: u16, to: u16, frame: Bytes) -> Reply {
        let body = frame.slice(11..frame.len() - 7);
        let up = self.up.get_mut(&to).unwrap();
        let link = up.links.entry(from).or_insert_with(|| Link::new(address(from)));
        up.node.frame_received(self.now, link, body).unwrap()
    }

    fn frames(&mut self) -> bool {
        let mut moved = false;
        let ports: Vec<u16> = self.up.keys().copied().collect();
        for from in ports {
            for peer in self.up[&from].peers.clone() {
                let to = peer.id().port;
                if self.cut.contains(&(from, to)) {
                    continue;
                }
                if !self.up.contains_key(&to) && !self.tomcats.contains_key(&to) {
                    let node = self.node(from);
                    node.send_failed(self.now, peer.id());
                    moved = true;
                    continue;
                }
                while let Some(mut parcel) = peer.lane().take() {
                    moved = true;
                    let weight = parcel.weight();
                    self.send(from, &peer, &mut parcel);
                    peer.lane().release(weight);
                }
                if peer.wants_repair() {
                    moved = true;
                    self.node(from).repair(self.now, &peer);
                }
            }
        }
        moved
    }

    fn send(&mut self, from: u16, peer: &Arc<Peer>, parcel: &mut Parcel) {
        let to = peer.id().port;
        let mut letters = Vec::new();
        match &mut parcel.load {
            Load::Letter(letter) => letters.push(letter.clone()),
            Load::Donation(donation) => letters.extend(std::iter::from_fn(|| donation.next_block())),
        }
        for letter in letters {
            if let Some(tomcat) = self.tomcats.get_mut(&to) {
                if !letter.options.contains(SendOptions::BYTE_MESSAGE) {
                    tomcat.inbox.push(letter.body.clone());
                }
                peer.confirm(self.now, &letter);
                if let Some(question) = letter.question {
                    tomcat.questions.push((from, Arc::clone(peer), question));
                }
                if !tomcat.answers_later {
                    self.answered(to);
                }
                continue;
            }
            let question = letter.question.clone();
            for frame in self.frames_of(from, to, letter) {
                assert_eq!(self.hand_over(from, to, frame), Reply::Ack);
            }
            if let Some(question) = question {
                self.node(from).question_acknowledged(self.now, peer, &question);
            }
        }
    }

    /// The frames that a message from a lane becomes.
    pub(crate) fn frames_of(&mut self, from: u16, to: u16, letter: Letter) -> Vec<Bytes> {
        let up = self.up.get_mut(&from).unwrap();
        let member = up.members.entry(to).or_insert_with(|| up.node.member_stack());
        let letters = if up.node.changes_messages() { up.node.descend(self.now, letter, member) } else { vec![letter] };
        let record = up.node.source_record();
        let frame = |letter: Letter| {
            let options = letter.options | SendOptions::USE_ACK | SendOptions::SYNCHRONIZED_ACK;
            let head = encode_head(options, letter.timestamp, letter.id, &record, letter.body.len()).unwrap();
            Bytes::from([&head[..], &letter.body, b"TLF2003"].concat())
        };
        letters.into_iter().map(frame).collect()
    }

    // ---- requests ----

    pub(crate) fn create(&mut self, port: u16) -> SessionRef {
        self.random += 1;
        self.context(port).create(self.now, [self.random; 16])
    }

    pub(crate) fn find(&mut self, port: u16, id: &str) -> Option<SessionRef> {
        let context = self.context(port);
        let session = context.find(self.now, id)?;
        context.take_over(self.now, &session, id);
        Some(session)
    }

    pub(crate) fn change_id(&mut self, port: u16, session: &SessionRef) {
        self.random += 1;
        self.context(port).change_id(self.now, session, [self.random; 16]);
    }

    pub(crate) fn complete(&mut self, port: u16, session: &SessionRef) -> Delivery {
        self.context(port).complete(self.now, session)
    }

    /// One request that sets an attribute, answered and delivered.
    pub(crate) fn set(&mut self, port: u16, id: &str, name: &str, value: i32) {
        let session = self.find(port, id).unwrap();
        session.set(name, outlive_serial::Value::integer(value)).unwrap();
        self.complete(port, &session);
        self.deliver();
    }

    /// What a node holds of a session, without touching it.
    pub(crate) fn holds(&self, port: u16, id: &str) -> Option<Vec<(String, outlive_serial::Value)>> {
        let base = id.split('.').next().unwrap();
        let session =
            self.context(port).sessions().into_iter().find(|held| held.id().split('.').next() == Some(base))?;
        Some(session.attributes())
    }
}
