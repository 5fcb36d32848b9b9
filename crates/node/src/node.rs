//! One node: its group, its lanes, its contexts.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use outlive_session::Transfer;
use outlive_sync::{Counter, Lane, Locked, Published};
use outlive_tribes_proto::group::{GroupConfig, GroupCore, Input, Membership, Output};
use outlive_tribes_proto::interceptor::{InterceptorStack, MemberStack};
use outlive_tribes_proto::membership::static_members::StaticMember;
use outlive_tribes_proto::membership::static_service::StaticService;
use outlive_tribes_proto::time::{Monotonic, Now};
use outlive_tribes_proto::wire::send_options::SendOptions;
use outlive_tribes_proto::{Abilities, Member, MemberId, UniqueId};

use crate::context::{Context, ContextConfig};
use crate::dispatch::Dispatch;
use crate::effect::Effect;
use crate::keeper::Keeper;
use crate::letter::{Letter, Stage};
use crate::log;
use crate::peer::{ClusterView, Peer};
use crate::reception::Receptions;
use crate::strangers::Strangers;
use crate::timing::Timing;
use crate::watch;

mod ascent;
pub(crate) mod members;
mod objects;
mod senders;
mod strangers;

/// Between two looks for sessions that have been idle too long.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

/// The version of the mark that tells our nodes from Tomcats.
const MARK_VERSION: u8 = 2;

/// How long requests do not wait for newcomers after one of them has acknowledged nothing.
const WARY_TIME: Duration = Duration::from_secs(60);

/// Members that have left, whose last messages may still be on their way.
const DEPARTED_MAX: usize = 16;

/// How a node is set up.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Where it takes messages, as announced.
    pub local: SocketAddr,
    /// The route that its session ids end with; empty: none.
    pub route: String,
    /// 16 random bytes: the identity of this start of the node.
    pub identity: [u8; 16],
    /// Makes the ids of its messages unlike those of other nodes.
    pub seed: u64,
    /// The other members as configured; `None`: they are found by multicast.
    pub static_members: Option<Vec<StaticMember>>,
    /// How the static members look after each other by messages, as Tomcat's StaticMembershipService has it; `None`: by connections.
    pub static_service: Option<StaticService>,
    /// What the others' configuration, or a platform, names this node by. `None`: as a static member it is named by its address, else by
    /// `identity`.
    pub own_id: Option<[u8; 16]>,
    /// Whether static members come and go by [`Node::set_members`], as a platform says.
    pub members_change: bool,
    /// How often members are looked at, and how long they are waited for.
    pub timing: Timing,
    /// Membership domain; empty: none.
    pub domain: Bytes,
    /// Text in the membership record, in front of our mark.
    pub payload: String,
    /// Where it tells its health over HTTP, on the host of `local`: what the others are told of it. 0: nowhere.
    pub health_port: u16,
    /// Whether messages about sessions are heard, Tomcat's ClusterSessionListener. If not, this node only sends.
    pub hears_sessions: bool,
    /// Tomcat's `channelSendOptions`.
    pub options: SendOptions,
    /// Bytes that wait for one peer at most.
    pub lane_bytes_max: usize,
    /// Bytes of one frame at most.
    pub frame_bytes_max: usize,
    /// Bytes of one frame at most while a state is asked for: a Tomcat sends all its sessions in one.
    pub state_bytes_max: usize,
}

/// The node cannot be announced: its member record would be too long.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("domain and payload make a member record of {0} bytes; it fits into a datagram with 65,000 at most")]
pub struct RecordTooLong(usize);

/// One node of a cluster, without sockets, timers or clocks: whoever drives it gives it the time and does what it asks for.
///
/// All methods take `&self` and may be called from any thread. The group's lock is held for one input; requests never
/// take it.
#[derive(Debug)]
pub struct Node {
    pub(crate) config: NodeConfig,
    receptions: Receptions,
    group: Locked<GroupCore>,
    pub(crate) state: Locked<State>,
    pub(crate) contexts: Published<Vec<Arc<Context>>>,
    /// What makes this node a keeper; nothing otherwise.
    pub(crate) keeper: Locked<Option<Keeper>>,
    pub(crate) dispatch: Arc<Dispatch>,
    source_record: Published<Bytes>,
    effects: Lane<Effect>,
    /// Datagrams that no member sends, and messages of nodes that never became members.
    faults: Counter,
    /// Messages that an interceptor did not let pass.
    refused: Counter,
}

/// What changes seldom, and never while a request waits for it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settled: bool,
    /// Since when the announced alive time would count, did this node hold the state from the beginning.
    pub(crate) started: Monotonic,
    /// Whether the alive time counts as a Tomcat's does.
    pub(crate) counts_alive: bool,
    /// What the member record says of whether others may rely on this node.
    pub(crate) says: Abilities,
    /// Whether this node prepares to leave.
    pub(crate) leaving: bool,
    group_deadline: Option<Monotonic>,
    next_expiry: Monotonic,
    wary_until: Monotonic,
    pub(crate) next_losses: Monotonic,
    strangers: Strangers,
    /// How the latest senders of kept messages describe themselves: nothing else may say it again on their connections.
    described: VecDeque<Member>,
    departed: VecDeque<Arc<Peer>>,
}

impl Node {
    /// A node that has not started, and changes no messages.
    ///
    /// # Errors
    /// Its member record would not fit into a datagram.
    pub fn new(config: NodeConfig) -> Result<Arc<Node>, RecordTooLong> {
        // Nothing in it changes bytes, so no order can be illegal.
        let stack = InterceptorStack::above_group(Vec::new(), config.static_members.is_some()).unwrap_or_default();
        Node::with_interceptors(config, stack)
    }

    /// A node that has not started, with these interceptors: [`InterceptorStack::above_group`] puts them together.
    ///
    /// # Errors
    /// Its member record would not fit into a datagram.
    pub fn with_interceptors(config: NodeConfig, stack: InterceptorStack) -> Result<Arc<Node>, RecordTooLong> {
        // A static member keeps its identity over restarts: the others' configuration names it.
        let unique_id = match (config.own_id, &config.static_members) {
            (Some(id), _) => UniqueId(id),
            (None, Some(_)) => UniqueId::of_static(config.local),
            (None, None) => UniqueId::from_random(config.identity),
        };
        let id = MemberId { host: config.local.ip(), port: config.local.port(), unique_id };
        let local = Member {
            domain: config.domain.clone(),
            payload: members::payload(&config, Abilities::default()),
            ..Member::new(id)
        };
        let record = local.encode();
        if record.len() > 65_000 {
            return Err(RecordTooLong(record.len()));
        }
        let membership = match &config.static_members {
            None => Membership::Multicast {
                frequency: config.timing.frequency,
                drop_time: config.timing.drop_time,
                listen_first: config.timing.frequency * 2,
            },
            Some(members) => Membership::Static {
                members: members.clone(),
                ping_interval: config.timing.ping_interval,
                service: config.static_service.clone(),
            },
        };
        let group = GroupCore::new(
            GroupConfig {
                membership,
                domain: stack.domain().cloned(),
                members_change: config.members_change,
                heartbeat: config.timing.heartbeat,
                probe_timeout: config.timing.probe_timeout,
                probe_sends: config.timing.probe_sends,
                probe_reads: config.timing.probe_reads,
                ..GroupConfig::default()
            },
            local,
        );
        Ok(Arc::new(Node {
            receptions: Receptions::default(),
            source_record: Published::new(group.local_record().clone()),
            dispatch: Arc::new(Dispatch::new(unique_id, config.seed, config.options, stack)),
            group: Locked::new(group),
            state: Locked::new(State {
                settled: false,
                started: Monotonic::default(),
                counts_alive: false,
                says: Abilities::default(),
                leaving: false,
                group_deadline: None,
                next_expiry: Monotonic::default(),
                wary_until: Monotonic::default(),
                next_losses: Monotonic::default(),
                strangers: Strangers::default(),
                described: VecDeque::new(),
                departed: VecDeque::new(),
            }),
            contexts: Published::new(Vec::new()),
            keeper: Locked::default(),
            effects: Lane::new(usize::MAX),
            faults: Counter::default(),
            refused: Counter::default(),
            config,
        }))
    }

    // ---- getters ----

    /// The members that this node sends to.
    pub fn view(&self) -> Arc<ClusterView> {
        self.dispatch.view()
    }

    /// All contexts that this node takes part in.
    pub fn contexts(&self) -> Arc<Vec<Arc<Context>>> {
        self.contexts.load()
    }

    /// This node's member record as it stands in frames.
    pub fn source_record(&self) -> Arc<Bytes> {
        self.source_record.load()
    }

    /// The option bits of the frame that a letter of these becomes. All are acknowledged after processing, whatever the request waits for.
    pub fn frame_options(&self, of_letter: SendOptions) -> SendOptions {
        let configured = self.config.options.without(SendOptions::BYTE_MESSAGE);
        configured | of_letter | SendOptions::USE_ACK | SendOptions::SYNCHRONIZED_ACK
    }

    /// Bytes of one frame at most on a connection from `host`; more while the state is asked of a member there.
    pub fn frame_limit(&self, host: IpAddr) -> usize {
        let host = host.to_canonical();
        let surveyed = || self.surveys_member(|member| member.host == host);
        if surveyed() || self.contexts.load().iter().any(|context| context.expects_state_from(host)) {
            self.config.state_bytes_max.max(self.config.frame_bytes_max)
        } else {
            self.config.frame_bytes_max
        }
    }

    /// The host that this node's receiver is announced on.
    pub fn host(&self) -> IpAddr {
        self.config.local.ip()
    }

    pub(crate) fn route(&self) -> String {
        self.config.route.clone()
    }

    /// Whether a member's kind is known from the beginning: its datagrams tell it.
    pub(crate) fn finds_members_by_multicast(&self) -> bool {
        self.config.static_members.is_none()
    }

    /// Bytes of one frame at most, as this node sends it to others of ours.
    pub fn frame_bytes_max(&self) -> usize {
        self.config.frame_bytes_max
    }

    /// Messages that an interceptor did not let pass, such as those that were encrypted with another key.
    pub fn refused(&self) -> u64 {
        self.refused.get()
    }

    // ---- messages on their way down ----

    /// Whether messages have to [descend](Self::descend) before they are sent.
    pub fn changes_messages(&self) -> bool {
        self.dispatch.descent.acts()
    }

    /// What [`descend`](Self::descend) remembers of one member, for as long as it is one.
    pub fn member_stack(&self) -> MemberStack {
        self.dispatch.descent.stack.member_stack()
    }

    /// Takes a message from a lane through the interceptors that it has not passed yet: one frame or several, in order.
    pub fn descend(&self, now: Now, letter: Letter, member: &mut MemberStack) -> Vec<Letter> {
        self.dispatch.descent.for_one(now, letter, member)
    }

    /// How long after its descent a message is taken by its receiver; `None`: for ever.
    pub fn seals_for(&self) -> Option<Duration> {
        self.dispatch.descent.seals_for()
    }

    // ---- commands ----

    /// Begins to look for members.
    pub fn start(&self, now: Now) {
        {
            let mut state = self.state.lock();
            state.next_expiry = now.monotonic + EXPIRY_INTERVAL;
            state.next_losses = now.monotonic + watch::LOSSES_INTERVAL;
            state.started = now.monotonic;
        }
        self.group_input(now, Input::Start);
    }

    /// Tells the others that this node leaves. The last effect is [`Effect::Stopped`].
    pub fn stop(&self, now: Now) {
        self.group_input(now, Input::Stop);
    }

    /// Takes part in a context under its name in messages. One that is open already is given again.
    pub fn open(&self, now: Now, name: &str, config: ContextConfig) -> Arc<Context> {
        // What would not be heard is not asked for.
        let asks = self.config.hears_sessions.then(|| Transfer::default().within(config.state_transfer_timeout));
        let transfer = asks.unwrap_or_else(Transfer::needless);
        let (context, _) = self.insert(name, config, transfer);
        self.advance_contexts(now);
        context
    }

    /// Sends a peer the sessions whole that it is behind in, and the state that it could not be given: its lane was full, or it was cut off.
    pub fn repair(&self, now: Now, peer: &Arc<Peer>) {
        let dirty = peer.take_dirty();
        if dirty.is_empty() {
            return;
        }
        tracing::info!(target: log::MANAGER, peer = %peer.id().address(), sessions = dirty.sessions.len(), all = dirty.all,
            "sends sessions whole that it is behind in");
        for context in self.contexts.load().iter() {
            context.repair(now, peer, &dirty);
            if dirty.questions.contains(&context.name) {
                context.donate(now, peer);
            }
        }
    }

    // ---- what happens ----

    /// A datagram of the multicast group.
    pub fn datagram(&self, now: Now, from: SocketAddr, bytes: &[u8]) {
        self.group_input(now, Input::Datagram { from, bytes });
    }

    /// A probe has ended.
    pub fn probe_finished(&self, now: Now, member: MemberId, alive: bool) {
        self.group_input(now, Input::ProbeResult { member, alive });
    }

    /// A connection to a member could not be made, broke, or is silent.
    pub fn send_failed(&self, now: Now, member: &MemberId) {
        self.group_input(now, Input::SendFailed { member: *member });
    }

    /// Whether requests wait for this peer's acknowledgements: with such options, unless it has stopped to give them.
    pub fn waits_for(&self, peer: &Peer) -> bool {
        self.dispatch.waits_for(peer)
    }

    /// A peer acknowledges nothing any more: requests do not wait for it until it does.
    ///
    /// One that never acknowledged anything may be no node at all, and whoever announces such members announces the next when
    /// this one is known for it. So for a minute requests wait for no newcomer before its first acknowledgement.
    pub fn peer_stalled(&self, now: Now, peer: &Peer) {
        if !peer.set_stalled(true) {
            peer.counters.stalled.add(1);
        }
        if !peer.has_acknowledged() {
            self.state.lock().wary_until = now.monotonic + WARY_TIME;
            self.dispatch.wary.set(true);
        }
        self.send_failed(now, peer.id());
    }

    /// When to call [`deadline_reached`](Self::deadline_reached) at the latest.
    pub fn deadline(&self) -> Monotonic {
        let contexts = self.contexts.load();
        let transfers = contexts.iter().filter_map(|context| context.transfer_deadline()).min();
        let retellings = contexts.iter().filter_map(|context| context.retelling_deadline()).min();
        let survey = self.survey_deadline();
        let news = self.has_news().then_some(Monotonic::default());
        let state = self.state.lock();
        [state.group_deadline, transfers, retellings, survey, news]
            .into_iter()
            .flatten()
            .fold(state.next_expiry, Monotonic::min)
    }

    /// The deadline has come.
    pub fn deadline_reached(&self, now: Now) {
        if self.group.lock().next_deadline().is_some_and(|deadline| deadline <= now.monotonic) {
            self.group_input(now, Input::Deadline);
        }
        self.advance_contexts(now);
        self.contexts.load().iter().for_each(|context| context.tell_what_is_due(now));
        let expires = {
            let mut state = self.state.lock();
            let expires = now.monotonic >= state.next_expiry;
            if expires {
                state.next_expiry = now.monotonic + EXPIRY_INTERVAL;
                self.dispatch.wary.set(now.monotonic < state.wary_until);
            }
            expires
        };
        if expires {
            self.let_go_of_held_messages(now);
            self.contexts.load().iter().for_each(|context| context.tick(now));
            self.look_at_peers(now);
        }
        // Last, for what was due may have completed the state.
        while self.has_news() {
            self.group_input(now, Input::Deadline);
        }
    }

    /// The next thing to do; for the one task that does them.
    pub fn poll_effect(&self, cx: &mut TaskContext<'_>) -> Poll<Effect> {
        loop {
            if let Some(effect) = self.effects.take() {
                self.effects.release(0);
                return Poll::Ready(effect);
            }
            if self.effects.poll_ready(cx, true).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn sender_of(&self, id: &MemberId) -> Option<Arc<Peer>> {
        if let Some(peer) = self.view().peer(id) {
            return Some(Arc::clone(peer));
        }
        self.state.lock().departed.iter().find(|peer| peer.id() == id).cloned()
    }

    /// Warns of the first fault, the second, the fourth, and so on: whoever can send datagrams must not fill the log.
    pub(crate) fn warn_seldom(&self, fault: &dyn std::fmt::Display) {
        let count = self.faults.add(1) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: log::CHANNEL, count, "ignored: {fault}");
        }
    }

    // ---- the group ----

    /// Gives the group one input and does what it says, in order.
    pub(crate) fn group_input(&self, now: Now, input: Input<'_>) {
        let mut settled = false;
        let mut views = Vec::new();
        let mut left = Vec::new();
        {
            let mut group = self.group.lock();
            if let Some(since) = self.announcement(now) {
                // An announcement is no message of a peer, so there is no fault in it.
                let _ = group.handle(now, Input::Announce { since });
            }
            let news = self.new_payload();
            if let Some(payload) = &news {
                let _ = group.handle(now, Input::Describe { payload });
            }
            if let Err(fault) = group.handle(now, input) {
                self.warn_seldom(&fault);
            }
            self.source_record.publish(Arc::new(group.local_record().clone()));
            if news.is_some() {
                self.spread_news(now);
            }
            while let Some(output) = group.poll_output() {
                match output {
                    Output::Multicast(bytes) => self.effect(Effect::Multicast(bytes)),
                    Output::Probe { member, timeout, frame, reads } => {
                        self.effect(Effect::Probe { member: member.id, timeout, frame, reads });
                    }
                    Output::Send { to, options, message } => {
                        let letter = Letter {
                            options,
                            stage: Stage::Bottom,
                            ..Letter::object(self.dispatch.next_id(), now.wall, message)
                        };
                        if let Some(peer) = self.dispatch.view().peer(&to.id) {
                            self.dispatch.send(peer, letter);
                        }
                    }
                    Output::Tell { to, message } => self.tell(now, &to.id, message),
                    Output::View(view) => {
                        // Published under the group's lock, so that views follow each other as the group made them.
                        left.extend(self.publish(now, &view));
                        views.push(view);
                    }
                    Output::Settled => settled = true,
                    Output::Stopped => self.effect(Effect::Stopped),
                }
            }
            let mut state = self.state.lock();
            state.settled |= settled;
            let deadline = group.next_deadline();
            if state.group_deadline != deadline {
                state.group_deadline = deadline;
                self.effect(Effect::DeadlineMoved);
            }
        }
        if !views.is_empty() {
            self.hear_strangers(now);
        }
        for context in self.contexts.load().iter() {
            left.iter().for_each(|peer| context.save_for(now, peer));
        }
        if settled || !views.is_empty() {
            self.advance_contexts(now);
        }
    }

    /// Lets each context ask for the state, or ask another, or go on.
    pub(crate) fn advance_contexts(&self, now: Now) {
        if !self.state.lock().settled {
            return;
        }
        self.advance_survey(now);
        let mut ready = true;
        for context in self.contexts.load().iter().filter(|context| !context.is_ready()) {
            context.members_changed(now);
            if context.is_ready() {
                self.effect(Effect::Ready);
            }
            ready &= context.is_ready();
        }
        if !ready || self.has_news() {
            self.effect(Effect::DeadlineMoved);
        }
    }

    pub(crate) fn effect(&self, effect: Effect) {
        // The lane of effects has no limit and is never closed.
        let _ = self.effects.push(effect);
    }
}
