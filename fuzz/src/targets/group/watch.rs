//! A group under observation: after each input its promises are looked at.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outlive_tribes_proto::error::PeerFault;
use outlive_tribes_proto::group::{GroupConfig, GroupCore, Input, Membership, Output};
use outlive_tribes_proto::interceptor::ControlMessage;
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
use outlive_tribes_proto::view::View;
use outlive_tribes_proto::wire::datagram::Datagram;
use outlive_tribes_proto::{Member, MemberId};

/// Where all datagrams come from; it is for the log alone.
const FROM: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9)), 45564);

/// What a group does, so that a broken one can be put in its place.
pub trait Group {
    /// As [`GroupCore::handle`].
    ///
    /// # Errors
    /// As there.
    fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), PeerFault>;
    /// As [`GroupCore::poll_output`].
    fn poll_output(&mut self) -> Option<Output>;
    /// As [`GroupCore::next_deadline`].
    fn next_deadline(&self) -> Option<Monotonic>;
    /// As [`GroupCore::view`].
    fn view(&self) -> Arc<View>;
}

impl Group for GroupCore {
    fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), PeerFault> {
        GroupCore::handle(self, now, input)
    }

    fn poll_output(&mut self) -> Option<Output> {
        GroupCore::poll_output(self)
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        GroupCore::next_deadline(self)
    }

    fn view(&self) -> Arc<View> {
        GroupCore::view(self)
    }
}

/// Where the group is in its life, as far as it has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    Stopped,
}

/// A group, its clock, and what it has said so far.
#[derive(Debug)]
pub(crate) struct Watched<G> {
    group: G,
    local: MemberId,
    members_max: usize,
    probes_max: usize,
    /// The older members stand first; static ones tell no age.
    by_age: bool,
    now: Now,
    phase: Phase,
    settled: bool,
    view: Arc<View>,
    /// Probes that were asked for and have no answer yet.
    probes: Vec<MemberId>,
    /// Members whose probe was answered since they were last in the view.
    reached: BTreeSet<MemberId>,
    /// Members for whose absence there is a reason: a probe without an answer, a farewell, a successor.
    excused: BTreeSet<MemberId>,
}

impl<G: Group> Watched<G> {
    pub(crate) fn new(make: impl FnOnce(GroupConfig, Member) -> G, config: GroupConfig, local: Member) -> Self {
        let (members_max, by_age) = match &config.membership {
            Membership::Multicast { .. } => (config.members_max, true),
            Membership::Static { members, .. } => (members.len(), false),
        };
        Watched {
            local: local.id,
            members_max,
            probes_max: config.probes_max,
            by_age,
            now: Now { monotonic: Monotonic(Duration::from_secs(100)), wall: UnixMillis(1_700_000_000_000) },
            phase: Phase::New,
            settled: false,
            view: Arc::default(),
            probes: Vec::new(),
            reached: BTreeSet::new(),
            excused: BTreeSet::new(),
            group: make(config, local),
        }
    }

    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    pub(crate) fn now(&self) -> Monotonic {
        self.now.monotonic
    }

    pub(crate) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    // ---- inputs ----

    pub(crate) fn start(&mut self) {
        if self.phase == Phase::New {
            self.phase = Phase::Running;
        }
        self.input(Input::Start);
    }

    pub(crate) fn stop(&mut self) {
        let was = std::mem::replace(&mut self.phase, Phase::Stopped);
        assert_eq!(self.input(Input::Stop), usize::from(was != Phase::Stopped), "it says once that it has stopped");
    }

    pub(crate) fn datagram(&mut self, bytes: &[u8]) {
        if let Ok(Datagram::Heartbeat(member)) = Datagram::decode(&Bytes::copy_from_slice(bytes)) {
            let excused = |known: &MemberId| {
                *known == member.id && member.is_shutting_down()
                    || known.address() == member.id.address() && *known != member.id
            };
            self.excused.extend(self.view.members.iter().map(|member| member.id).filter(excused));
        }
        self.input(Input::Datagram { from: FROM, bytes });
    }

    pub(crate) fn control(&mut self, from: &Member, message: ControlMessage) {
        if message == ControlMessage::StaticStop {
            self.excused.insert(from.id);
        }
        self.input(Input::Control { from, message });
    }

    /// Answers one of the probes under way.
    pub(crate) fn answer(&mut self, number: usize, alive: bool) {
        if self.probes.is_empty() {
            return;
        }
        let member = self.probes.swap_remove(number % self.probes.len());
        if alive { &mut self.reached } else { &mut self.excused }.insert(member);
        self.input(Input::ProbeResult { member, alive });
    }

    /// Answers all probes under way, and those that follow from that.
    pub(crate) fn answer_probes(&mut self, alive: bool) {
        while !self.probes.is_empty() {
            self.answer(0, alive);
        }
    }

    /// Lets time pass, and wakes the group whenever it wants to be.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now.monotonic + time;
        while let Some(deadline) = self.group.next_deadline().filter(|deadline| *deadline <= end) {
            self.advance(deadline);
            self.input(Input::Deadline);
        }
        self.advance(end);
    }

    /// Lets time pass without waking the group: its shell is late.
    pub(crate) fn oversleep(&mut self, time: Duration) {
        self.advance(self.now.monotonic + time);
        self.input(Input::Deadline);
    }

    fn advance(&mut self, to: Monotonic) {
        let passed = to.since(self.now.monotonic);
        self.now.wall.0 += i64::try_from(passed.as_millis()).expect("a case is no longer than a few hours");
        self.now.monotonic = to;
    }

    /// One input, and all that it must and must not bring. Gives how often the group said that it has stopped.
    pub(crate) fn input(&mut self, input: Input<'_>) -> usize {
        // What is refused is the peer's fault, and the same must hold after it.
        let _ = self.group.handle(self.now, input);
        let mut stops = 0;
        while let Some(output) = self.group.poll_output() {
            assert_eq!(stops, 0, "nothing comes behind the end: {output:?}");
            match output {
                Output::Multicast(bytes) => {
                    let Ok(Datagram::Heartbeat(member)) = Datagram::decode(&bytes) else { panic!("{bytes:?}") };
                    assert_eq!(member.id, self.local, "it announces itself");
                }
                Output::Probe { member, .. } => {
                    assert_ne!(member.id, self.local, "it does not probe itself");
                    self.probes.push(member.id);
                }
                Output::View(view) => self.view_changed(view),
                Output::Send { to, .. } | Output::Tell { to, .. } => {
                    assert!(self.view.contains(&to.id), "it talks to members")
                }
                Output::Settled => assert!(!std::mem::replace(&mut self.settled, true), "settled twice"),
                Output::Stopped => stops += 1,
            }
        }
        assert_eq!(self.group.view(), self.view, "the view is the last one that it gave");
        assert!(self.probes.len() <= self.probes_max, "{} probes under way", self.probes.len());
        match self.group.next_deadline() {
            Some(deadline) => {
                assert_eq!(self.phase, Phase::Running);
                assert!(deadline > self.now.monotonic, "what was due is done: {deadline:?} at {:?}", self.now);
            }
            None => assert_ne!(self.phase, Phase::Running, "a group that runs waits for something"),
        }
        stops
    }

    fn view_changed(&mut self, view: Arc<View>) {
        assert_eq!(view.number, self.view.number + 1, "views are counted");
        let ids: BTreeSet<MemberId> = view.members.iter().map(|member| member.id).collect();
        assert_eq!(ids.len(), view.members.len(), "nobody is in it twice");
        assert!(!ids.contains(&self.local), "it is not its own peer");
        assert!(ids.len() <= self.members_max, "{} members", ids.len());
        for id in &ids {
            assert!(self.view.contains(id) || self.reached.contains(id), "{id} was never reached");
            assert!(id.address() != self.local.address() && id.port != 0, "{id} cannot be reached");
        }
        let order = |member: &Arc<Member>| (if self.by_age { -i128::from(member.alive_ms) } else { 0 }, member.id);
        assert!(view.members.is_sorted_by_key(order), "the oldest stand first: {view:?}");
        for gone in self.view.members.iter().map(|member| member.id).filter(|id| !ids.contains(id)) {
            assert!(self.excused.contains(&gone), "{gone} is gone without a reason");
            self.reached.remove(&gone);
        }
        self.excused.retain(|id| !ids.contains(id));
        self.view = view;
    }
}
