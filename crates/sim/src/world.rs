//! A whole cluster: hosts, processes, clients, and the loop that lets one thing happen after the other.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use outlive_node::{NodeConfig, Timing};
use outlive_tribes_proto::membership::static_members::StaticMember;

use crate::clock::{HostClock, Instant};
use crate::event::{Event, HostId, ProbeCall, ProcessId, Task};
use crate::faults::{Fault, FaultCounts, FaultKind};
use crate::invariants;
use crate::kernel::Kernel;
use crate::network::Network;
use crate::oracle::Oracle;
use crate::process::{Process, address, host_of};
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::violation::Violation;
use crate::workload::Workload;

/// Between two tries of a fault that finds nothing to spoil.
const FAULT_RETRY: Duration = Duration::from_millis(3);

/// A machine.
#[derive(Debug, Default)]
pub struct Host {
    /// What runs there.
    pub process: Option<Process>,
    /// It stands still.
    pub is_paused: bool,
    deferred: VecDeque<Task>,
    /// Its wall clock has jumped, and it has written nothing since.
    pub has_jumped: bool,
}

/// A run.
#[derive(Debug)]
pub struct World<'a> {
    /// What was drawn.
    pub scenario: Scenario,
    /// Time, chance, network.
    pub kernel: Kernel<'a>,
    /// The machines.
    pub hosts: Vec<Host>,
    /// The clients.
    pub workload: Workload,
    /// What they may expect.
    pub oracle: Oracle,
    /// The first thing that must not be.
    pub violation: Option<Violation>,
    starts: u32,
    faults_on: bool,
}

impl<'a> World<'a> {
    /// The world of a scenario, with nothing running.
    pub fn new(scenario: Scenario, mut random: fastrand::Rng, trace: &'a mut Trace) -> Self {
        let network = Network::new(scenario.network.clone(), scenario.hosts, &mut random);
        let clock = |host: usize| HostClock {
            start: Duration::from_secs(1_000_000 + 1_000 * host as u64),
            skew_ms: scenario.skews_ms[host],
        };
        let clocks = (0..scenario.hosts).map(clock).collect();
        World {
            workload: Workload::new(&scenario),
            hosts: (0..scenario.hosts).map(|_| Host::default()).collect(),
            kernel: Kernel {
                now: Instant::default(),
                agenda: Default::default(),
                random,
                counts: FaultCounts::default(),
                trace,
                network,
                clocks,
                misbehaviour: None,
                sent_whole: Vec::new(),
            },
            oracle: Oracle::default(),
            violation: None,
            starts: 0,
            faults_on: true,
            scenario,
        }
    }

    /// The processes that run, paused or not.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.hosts.iter().filter_map(|host| host.process.as_ref())
    }

    /// That very start of the program, if it still runs.
    pub fn process(&self, id: ProcessId) -> Option<&Process> {
        self.hosts[id.host].process.as_ref().filter(|process| process.id == id)
    }

    /// Whether every host runs a node that holds the state, and each sends to all others.
    pub fn is_whole(&self) -> bool {
        self.hosts.iter().all(|host| host.process.is_some() && !host.is_paused)
            && self.processes().all(|process| {
                process.context.is_ready()
                    && process.node.view().peers.len() + 1 == self.hosts.len()
                    && self.processes().all(|other| other.id == process.id || process.sends_to(other))
            })
    }

    /// Whether nothing is under way: no request, no frame.
    pub fn is_quiet(&self) -> bool {
        self.is_whole() && self.workload.is_resting() && self.processes().all(Process::is_idle)
    }

    /// Lets things happen until `end`, or until `enough`. Whether `enough` was reached.
    pub fn run_until(&mut self, end: Instant, mut enough: impl FnMut(&World<'_>) -> bool) -> bool {
        // Looking costs more than most events do.
        let mut looks = 0_u32;
        while self.violation.is_none() {
            looks = looks.wrapping_add(1);
            if looks % 32 == 1 && enough(self) {
                return true;
            }
            let Some((at, event)) = self.kernel.agenda.next(end) else {
                self.kernel.now = end;
                return enough(self);
            };
            self.kernel.now = at;
            self.happen(event);
        }
        false
    }

    /// From now on nothing goes wrong any more; what is wrong is mended.
    pub fn calm_down(&mut self) {
        self.faults_on = false;
        self.kernel.network.calm_down();
        for from in 0..self.hosts.len() {
            for to in 0..self.hosts.len() {
                if self.kernel.network.is_cut(from, to) {
                    self.heal(from, to);
                }
            }
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Task(id, task) => self.task(id, task),
            Event::Syn(connection) => {
                let (network, mut carrier) = self.kernel.net();
                network.syn(connection, &mut carrier);
            }
            Event::ProbeSyn(call) => self.probe(call),
            Event::Ask(client) => self.ask(client),
            Event::Fault(fault) => self.fault(fault),
            // A pause that nothing has waited for goes on.
            Event::Resume(host) if self.kernel.counts.get(FaultKind::Pause) == 0 => {
                self.kernel.agenda.put(self.kernel.now + Duration::from_millis(100), Event::Resume(host));
            }
            Event::Resume(host) => self.resume(host),
            Event::Start(host) => self.start(host),
            // A cut that nothing has run into goes on.
            Event::Heal(from, to) if self.kernel.counts.get(FaultKind::Partition) == 0 => {
                self.kernel.agenda.put(self.kernel.now + Duration::from_millis(500), Event::Heal(from, to));
            }
            Event::Heal(from, to) => self.heal(from, to),
        }
    }

    fn task(&mut self, id: ProcessId, task: Task) {
        let host = &mut self.hosts[id.host];
        let Some(process) = host.process.as_mut().filter(|process| process.id == id) else { return };
        if host.is_paused {
            self.kernel.counts.add(FaultKind::Pause);
            host.deferred.push_back(task);
            return;
        }
        match task {
            Task::Request(client) => self.request(id, client),
            Task::WaitedEnough(client, number) => self.waited_enough(id, client, number),
            task => process.run(task, &mut self.kernel),
        }
        self.after_step(id);
    }

    /// Something was done to the node of a host from outside.
    pub fn step(&mut self, host: HostId) {
        if let Some(id) = self.hosts[host].process.as_ref().map(|process| process.id) {
            self.after_step(id);
        }
    }

    fn after_step(&mut self, id: ProcessId) {
        let Some(process) = self.hosts[id.host].process.as_mut().filter(|process| process.id == id) else { return };
        process.after_step(&mut self.kernel);
        let left_alive = process.take_left_alive(&self.kernel);
        for (to, session) in std::mem::take(&mut self.kernel.sent_whole) {
            let is_repair = self.hosts[to].process.as_ref().is_some_and(|process| process.context.is_ready());
            self.oracle.sent_whole(id, &session);
            if is_repair && self.scenario.has_partitions() {
                self.oracle.repaired_late(&session);
            }
        }
        for other in left_alive {
            self.dropped_alive(id, other);
        }
        self.confirmed(id);
        self.got_ready(id);
        if self.oracle.is_pending(id) && self.process(id).is_some_and(Process::is_idle) {
            let hosts = &self.hosts;
            self.oracle.arrived(id, |process| asked(hosts, process));
        }
        if self.violation.is_none() {
            self.violation = invariants::well_formed::check(self);
        }
    }

    /// If a process has just become ready: whatever others hold that it has not seen, it was not given.
    fn got_ready(&mut self, id: ProcessId) {
        let Some(process) = self.hosts[id.host].process.as_mut() else { return };
        if !process.context.is_ready() || std::mem::replace(&mut process.was_ready, true) {
            return;
        }
        let unseen = |process: &Process, other: &Process| other.id != id && !process.sends_to(other);
        let is_alone = self
            .process(id)
            .is_some_and(|process| self.processes().any(|other| other.context.is_ready() && unseen(process, other)));
        if is_alone {
            self.oracle.started_alone();
        }
    }

    /// A process has dropped another from its view that runs.
    fn dropped_alive(&mut self, id: ProcessId, other: ProcessId) {
        let is_ready = |id| self.process(id).is_some_and(|process| process.context.is_ready());
        if !is_ready(id) || !is_ready(other) {
            // Whichever of them was taking the state may never get the rest of it.
            self.oracle.started_alone();
        }
        self.oracle.dropped(id);
        if self.violation.is_none() {
            self.violation = invariants::well_formed::check_dropped(self, id, other);
        }
    }

    fn probe(&mut self, call: ProbeCall) {
        let ProbeCall { from, member, frame, until } = call;
        let to = host_of(member.host);
        let now = self.kernel.now;
        if self.kernel.network.is_cut(from.host, to) || self.kernel.network.is_cut(to, from.host) {
            self.kernel.counts.add(FaultKind::Partition);
            let again = now + Duration::from_secs(1);
            if again < until {
                self.kernel.agenda.put(again, Event::ProbeSyn(ProbeCall { from, member, frame, until }));
            } else {
                self.kernel.agenda.put(until, Event::Task(from, Task::ProbeEnd { member, alive: false }));
            }
            return;
        }
        let (network, mut carrier) = self.kernel.net();
        let back = now + network.delay(to, from.host, &mut carrier);
        let there = back + network.delay(from.host, to, &mut carrier);
        let running = network.running(to);
        let alive = running.is_some() && back <= until;
        self.kernel.agenda.put(back.min(until), Event::Task(from, Task::ProbeEnd { member, alive }));
        if let Some(running) = running.filter(|_| alive) {
            self.kernel.agenda.put(there, Event::Task(running, Task::ProbeFrame { from: from.host, frame }));
        }
    }

    /// Starts a process on a host that has none.
    pub fn start(&mut self, host: HostId) {
        if self.hosts[host].process.is_some() {
            return;
        }
        self.starts += 1;
        let id = ProcessId { host, start: self.starts };
        let mut identity = [0; 16];
        identity[..8].copy_from_slice(&crate::process::boot_of(id));
        identity[8..].copy_from_slice(&self.kernel.random.u64(..).to_be_bytes());
        let others = (0..self.hosts.len()).filter(|other| *other != host).map(|other| StaticMember::at(address(other)));
        let config = NodeConfig {
            local: address(host),
            route: format!("node{host}"),
            identity,
            seed: self.kernel.random.u64(..),
            static_members: self.scenario.is_static.then(|| others.collect()),
            static_service: None,
            own_id: None,
            members_change: false,
            timing: Timing::default(),
            domain: Bytes::new(),
            payload: String::new(),
            health_port: 0,
            hears_sessions: true,
            options: self.scenario.options(),
            lane_bytes_max: self.scenario.lane_bytes_max,
            frame_bytes_max: 64 << 20,
            state_bytes_max: 1 << 30,
        };
        self.kernel.trace.event(self.kernel.now, "start", &[host as u64], &identity);
        self.kernel.trace.tell(self.kernel.now, || format!("host {host} starts"));
        let process = Process::start(id, config, self.scenario.ack_timeout, &mut self.kernel);
        self.hosts[host].process = Some(process);
        self.oracle.started(id);
        self.after_step(id);
    }

    // ---- faults ----

    fn fault(&mut self, fault: Fault) {
        if !self.faults_on {
            return;
        }
        let took_effect = match &fault {
            Fault::Reset => self.reset(),
            Fault::Crash(until_restart) => self.crash_some(*until_restart, false),
            Fault::CrashOfDonor(until_restart) => self.crash_some(*until_restart, true),
            Fault::Pause(time) => self.pause_some(*time),
            Fault::Partition(from, to, time) => self.cut(*from, *to, *time),
            Fault::ClockJump(host, by_ms) => {
                self.kernel.clocks[*host].skew_ms += by_ms;
                self.hosts[*host].has_jumped = true;
                self.kernel
                    .trace
                    .tell(self.kernel.now, || format!("the wall clock of host {host} jumps by {by_ms} ms"));
                true
            }
        };
        if !took_effect {
            self.kernel.agenda.put(self.kernel.now + FAULT_RETRY, Event::Fault(fault));
        }
    }

    fn reset(&mut self) -> bool {
        let busy: Vec<_> = self
            .kernel
            .network
            .standing()
            .filter(|(_, client, sender)| self.process(*client).is_some_and(|process| process.given(*sender) > 0))
            .map(|(connection, client, _)| (connection, client))
            .collect();
        // Most resets lose acknowledgements, where there are any to lose: what was taken then comes a second time.
        let (network, random) = (&self.kernel.network, &mut self.kernel.random);
        let unheard: Vec<_> =
            busy.iter().copied().filter(|(connection, _)| network.loses_answers(*connection)).collect();
        let from = if unheard.is_empty() || random.u32(0..4) == 0 { &busy } else { &unheard };
        let Some((connection, client)) = choose(random, from) else { return false };
        self.kernel.counts.add(FaultKind::Reset);
        self.kernel.trace.event(self.kernel.now, "reset", &[u64::from(connection.0)], &[]);
        self.kernel.trace.tell(self.kernel.now, || format!("a connection of host {} breaks", client.host));
        let (network, mut carrier) = self.kernel.net();
        network.reset(connection, &mut carrier);
        true
    }

    /// A process may crash if another holds all that is sure: one that holds the state, and that it sends to.
    fn may_crash(&self, process: &Process) -> bool {
        let holds = |other: &Process| {
            other.id != process.id
                && other.context.is_ready()
                && process.sends_to(other)
                && other.sends_to(process)
                && !self.hosts[other.id.host].is_paused
        };
        !process.context.is_ready() || self.processes().any(holds)
    }

    /// Whether a process has something for another that is taking the state.
    fn gives_state(&self, process: &Process) -> bool {
        let takes = |other: &Process| other.asked.is_some() && !other.context.is_ready() && process.sends_to(other);
        process.context.is_ready() && !process.is_idle() && self.processes().any(takes)
    }

    fn crash_some(&mut self, until_restart: Duration, is_donor: bool) -> bool {
        let candidates: Vec<ProcessId> = self
            .processes()
            .filter(|process| !self.hosts[process.id.host].is_paused)
            .filter(|process| self.workload.serves(process.id) || !process.is_idle())
            .filter(|process| !is_donor || self.gives_state(process))
            .filter(|process| self.may_crash(process))
            .map(|process| process.id)
            .collect();
        let Some(id) = choose(&mut self.kernel.random, &candidates) else { return false };
        self.kernel.counts.add(FaultKind::Crash);
        if self.process(id).is_some_and(|process| self.gives_state(process)) {
            self.kernel.counts.add(FaultKind::CrashOfDonor);
        }
        if self.workload.serves(id) {
            self.kernel.counts.add(FaultKind::CrashInRequest);
        }
        self.crash(id);
        self.kernel.agenda.put(self.kernel.now + until_restart, Event::Start(id.host));
        true
    }

    /// A process is gone at once, with all that it held.
    pub fn crash(&mut self, id: ProcessId) {
        self.kernel.trace.event(self.kernel.now, "crash", &[id.host as u64], &[]);
        self.kernel.trace.tell(self.kernel.now, || format!("host {} crashes", id.host));
        let (network, mut carrier) = self.kernel.net();
        network.crashed(id, &mut carrier);
        self.hosts[id.host].process = None;
        self.hosts[id.host].deferred.clear();
        self.oracle.crashed(id);
        self.abandon_requests(id);
    }

    fn pause_some(&mut self, time: Duration) -> bool {
        let candidates: Vec<HostId> = self
            .processes()
            .filter(|process| !self.hosts[process.id.host].is_paused && self.workload.serves(process.id))
            .map(|process| process.id.host)
            .collect();
        let Some(host) = choose(&mut self.kernel.random, &candidates) else { return false };
        self.hosts[host].is_paused = true;
        self.kernel.trace.tell(self.kernel.now, || format!("host {host} stands still"));
        self.kernel.agenda.put(self.kernel.now + time, Event::Resume(host));
        true
    }

    fn resume(&mut self, host: HostId) {
        self.hosts[host].is_paused = false;
        self.kernel.trace.tell(self.kernel.now, || format!("host {host} goes on"));
        let Some(id) = self.hosts[host].process.as_ref().map(|process| process.id) else { return };
        for task in std::mem::take(&mut self.hosts[host].deferred) {
            self.task(id, task);
        }
    }

    fn cut(&mut self, from: HostId, to: HostId, time: Duration) -> bool {
        let both_run = [from, to].iter().all(|host| self.kernel.network.running(*host).is_some());
        if self.kernel.network.is_cut(from, to) || !both_run {
            return false;
        }
        self.kernel.network.cut(from, to);
        self.kernel.trace.tell(self.kernel.now, || format!("nothing goes from host {from} to host {to}"));
        self.kernel.agenda.put(self.kernel.now + time, Event::Heal(from, to));
        true
    }

    fn heal(&mut self, from: HostId, to: HostId) {
        if !self.kernel.network.is_cut(from, to) {
            return;
        }
        self.kernel.trace.tell(self.kernel.now, || format!("host {from} reaches host {to} again"));
        let (network, mut carrier) = self.kernel.net();
        network.mend(from, to, &mut carrier);
    }
}

/// Whether a process runs that has asked for the state, or goes on without it.
pub fn asked(hosts: &[Host], id: ProcessId) -> bool {
    let process = hosts[id.host].process.as_ref().filter(|process| process.id == id);
    process.is_some_and(|process| process.asked.is_some() || process.context.is_ready())
}

/// One of them, if there is any.
fn choose<T: Copy>(random: &mut fastrand::Rng, from: &[T]) -> Option<T> {
    (!from.is_empty()).then(|| from[random.usize(0..from.len())])
}
