//! One request, step by step, on the node that serves it.

use std::sync::Arc;
use std::time::Duration;

use outlive_node::{Delivery, Peer, SessionRef, User};
use outlive_serial::Value;
use outlive_sync::Acknowledgement;

use crate::event::{ClientId, Event, ProcessId, Task};
use crate::faults::FaultKind;
use crate::invariants;
use crate::oracle::{News, Pending, SessionKey, USER, WriteKey};
use crate::process::is_peer;
use crate::snapshot::{register_value, snapshot, write_of, write_of_user};
use crate::world::{World, asked};

/// The idle time that some requests set, in seconds.
pub const SHORT_LIMIT: i32 = 4;

/// What a handler does with its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sets an attribute that nothing else ever sets.
    SetUnique,
    /// Sets one of a few attributes.
    Set(u8),
    /// Removes one of them.
    Remove(u8),
    /// Sets a large one.
    SetLarge,
    /// Logs a user in, which changes the id.
    Login,
    /// Logs the user out.
    Logout,
    /// Lets the session expire soon.
    Limit,
    /// Ends the session.
    Invalidate,
}

/// Where a request is.
#[derive(Debug)]
pub enum Stage {
    /// These are still to be done, the last first.
    Acting(Vec<Act>),
    /// The handler is through; the next step completes.
    Completing(Completing),
    /// The answer waits for the peers.
    Waiting(Acknowledgement),
}

/// What a completion that is cut in two halves has done in the first one: nothing, unless a bug is planted.
#[derive(Debug, Default)]
pub struct Completing {
    #[cfg(feature = "planted")]
    half: crate::planted::Half,
}

/// A request that a node works on.
#[derive(Debug)]
pub struct Request {
    /// Where.
    pub process: ProcessId,
    number: u32,
    session: SessionRef,
    key: SessionKey,
    stage: Stage,
    writes: Vec<WriteKey>,
    has_created: bool,
    has_limited: bool,
    has_ended: bool,
    /// How often peers had been passed over when it began.
    passed_over: u64,
    /// All peers took what was told, as far as the lanes say.
    is_trusted: bool,
    heard: Vec<ProcessId>,
}

impl World<'_> {
    /// A client sends a request to a node that is ready.
    pub(crate) fn ask(&mut self, client: ClientId) {
        if self.workload.has_stopped {
            return;
        }
        let ready: Vec<ProcessId> =
            self.processes().filter(|process| process.context.is_ready()).map(|process| process.id).collect();
        let stays = self.kernel.random.u32(0..self.scenario.moves_each) > 0;
        let last = self.workload.clients[client].last.filter(|_| stays);
        let same = ready.iter().copied().find(|process| Some(process.host) == last);
        let chosen = same.or_else(|| (!ready.is_empty()).then(|| ready[self.kernel.random.usize(0..ready.len())]));
        let Some(process) = chosen else {
            self.kernel.agenda.put(self.kernel.now + Duration::from_millis(100), Event::Ask(client));
            return;
        };
        let state = &mut self.workload.clients[client];
        state.number += 1;
        state.asking = Some(process);
        let at = self.kernel.now + Duration::from_micros(self.kernel.random.u64(50..1_000));
        self.kernel.agenda.put(at, Event::Task(process, Task::Request(client)));
    }

    /// Nobody answers any more: clients ask again, elsewhere.
    pub(crate) fn abandon_requests(&mut self, process: ProcessId) {
        self.workload.requests.retain(|_, request| request.process != process);
        for client in 0..self.workload.clients.len() {
            if self.workload.clients[client].asking == Some(process) {
                self.workload.clients[client].asking = None;
                let at = self.kernel.now + Duration::from_micros(self.kernel.random.u64(500..50_000));
                self.kernel.agenda.put(at, Event::Ask(client));
            }
        }
    }

    /// The next step of a client's request.
    pub(crate) fn request(&mut self, id: ProcessId, client: ClientId) {
        let Some(mut request) = self.workload.requests.remove(&client) else {
            self.begin(id, client);
            return;
        };
        match std::mem::replace(&mut request.stage, Stage::Acting(Vec::new())) {
            Stage::Acting(mut acts) => {
                if let Some(act) = acts.pop() {
                    self.act(&mut request, client, act);
                    request.stage = Stage::Acting(acts);
                } else {
                    request.stage = Stage::Completing(self.begin_completing(&request));
                }
                self.workload.requests.insert(client, request);
                self.next_step(id, client);
            }
            Stage::Completing(completing) => {
                let delivery = self.complete(&request, completing);
                self.completed(request, client, delivery);
            }
            Stage::Waiting(acknowledgement) => {
                request.stage = Stage::Waiting(acknowledgement);
                self.workload.requests.insert(client, request);
            }
        }
    }

    /// Handlers work for a while between two steps; now and then their thread has to wait.
    fn next_step(&mut self, id: ProcessId, client: ClientId) {
        let limit = match self.kernel.random.u32(0..20) {
            0 => 60_000,
            1..=5 => 3_000,
            _ => 100,
        };
        let at = self.kernel.now + Duration::from_micros(self.kernel.random.u64(0..limit));
        self.kernel.agenda.put(at, Event::Task(id, Task::Request(client)));
    }

    fn begin(&mut self, id: ProcessId, client: ClientId) {
        let shown = self.workload.cookie(client).map(str::to_owned);
        let now = self.kernel.clock(id.host);
        let Some(process) = self.process(id) else { return };
        let context = Arc::clone(&process.context);
        let passed_over = passed_over(process);
        let found = shown.as_deref().and_then(|shown| context.find(now, shown));
        let known = shown.as_deref().and_then(|shown| self.oracle.by_id(shown));
        if let Some(shown) = &shown {
            let seen = found.as_ref().map(snapshot);
            let violation = invariants::check_answer(self, id, known, shown, seen.as_ref());
            self.violation = self.violation.take().or(violation);
            self.kernel.trace.tell(self.kernel.now, || {
                let result = if found.is_some() { "finds" } else { "does not find" };
                format!("client {client}: host {} {result} {shown}", id.host)
            });
        }
        let (session, key, has_created) = match (found, shown, known) {
            (Some(session), Some(shown), Some(key)) => {
                context.take_over(now, &session, &shown);
                (session, key, false)
            }
            _ => {
                let session = context.create(now, random_id(&mut self.kernel.random));
                let id = session.id();
                self.kernel.trace.tell(self.kernel.now, || format!("client {client}: makes {id}"));
                let key = self.oracle.created(&id);
                (session, key, true)
            }
        };
        let acts = self.plan(client);
        let number = self.workload.clients[client].number;
        let request = Request {
            process: id,
            number,
            session,
            key,
            stage: Stage::Acting(acts),
            writes: Vec::new(),
            has_created,
            has_limited: false,
            has_ended: false,
            passed_over,
            is_trusted: true,
            heard: Vec::new(),
        };
        self.workload.requests.insert(client, request);
        self.next_step(id, client);
    }

    /// What a handler will do, the last first.
    fn plan(&mut self, client: ClientId) -> Vec<Act> {
        let is_sharing = self.workload.is_sharing(client);
        let random = &mut self.kernel.random;
        let count = [0, 1, 1, 1, 2, 3][random.usize(0..6)];
        let mut acts = Vec::new();
        for _ in 0..count {
            acts.push(match random.u32(0..100) {
                0..=29 => Act::SetUnique,
                30..=59 => Act::Set(random.u8(0..3)),
                60..=69 => Act::Remove(random.u8(0..3)),
                70..=77 => Act::SetLarge,
                _ if is_sharing => Act::Set(random.u8(0..3)),
                78..=85 => Act::Login,
                86..=89 => Act::Logout,
                90..=93 => Act::Limit,
                94..=97 => Act::Invalidate,
                _ => Act::SetUnique,
            });
        }
        acts
    }

    fn act(&mut self, request: &mut Request, client: ClientId, act: Act) {
        if request.has_ended {
            return;
        }
        let now = self.kernel.clock(request.process.host);
        self.kernel.trace.tell(self.kernel.now, || {
            format!("client {client}: host {} {act:?} in {}", request.process.host, request.session.id())
        });
        match act {
            Act::SetUnique => self.set(request, &format!("u{}", self.oracle.writes()), 0),
            Act::Set(name) => self.set(request, &format!("r{name}"), 0),
            Act::SetLarge => self.set(request, "large", self.scenario.large_bytes),
            Act::Remove(name) => {
                let name = format!("r{name}");
                if let Some(before) = request.session.remove(&name) {
                    let write = self.oracle.wrote(request.process, request.key, &name, write_of(&before), true);
                    request.writes.push(write);
                }
            }
            Act::Login => {
                let before = request.session.user().as_ref().and_then(write_of_user);
                let user = User::new(format!("user-{}", self.oracle.next_write().0), ["user"]);
                if request.session.set_user(Some(user)).is_ok() {
                    let write = self.oracle.wrote(request.process, request.key, USER, before, false);
                    request.writes.push(write);
                    self.change_id(request, client);
                }
            }
            Act::Logout => {
                let before = request.session.user();
                if before.is_some() && request.session.set_user(None).is_ok() {
                    let before = before.as_ref().and_then(write_of_user);
                    request.writes.push(self.oracle.wrote(request.process, request.key, USER, before, true));
                }
            }
            Act::Limit => {
                if request.session.set_max_inactive(SHORT_LIMIT).is_ok() {
                    request.has_limited = true;
                    self.oracle.session_mut(request.key).is_limited = true;
                }
            }
            Act::Invalidate => {
                if request.session.is_valid() {
                    if let Some(process) = self.process(request.process) {
                        process.context.invalidate(now, &request.session);
                    }
                    request.has_ended = true;
                    self.oracle.ended(request.key);
                    self.told(request, client, News { ended: true, ..News::default() });
                }
            }
        }
    }

    fn set(&mut self, request: &mut Request, name: &str, padding: usize) {
        let value = register_value(self.oracle.next_write(), padding);
        if let Ok(before) = request.session.set(name, value) {
            let before: Option<Value> = before;
            let before = before.as_ref().and_then(write_of);
            request.writes.push(self.oracle.wrote(request.process, request.key, name, before, false));
        }
    }

    fn change_id(&mut self, request: &Request, client: ClientId) {
        let now = self.kernel.clock(request.process.host);
        let random = random_id(&mut self.kernel.random);
        if let Some(process) = self.process(request.process) {
            process.context.change_id(now, &request.session, random);
        }
        self.oracle.renamed(request.key, &request.session.id());
        self.told(request, client, News { renamed: true, ..News::default() });
    }

    /// A step has told the peers something about the session itself.
    fn told(&mut self, request: &Request, client: ClientId, news: News) {
        if let Some(pending) = self.pending(request, client, news) {
            self.oracle.told(pending);
        }
    }

    fn pending(&self, request: &Request, client: ClientId, news: News) -> Option<Pending> {
        let process = self.process(request.process)?;
        let history = self.oracle.session(request.key);
        let news_over = news.renamed || news.ended;
        let mut pending = Pending {
            process: request.process,
            request: (client, request.number),
            session: request.key,
            base: history.base.clone(),
            over: news_over.then(|| history.dead.last().map(|dead| dead.base.clone())).flatten(),
            writes: Vec::new(),
            news,
            heard: vec![request.process],
            missed: Vec::new(),
        };
        let view = process.node.view();
        for other in self.processes().filter(|other| other.id != request.process) {
            let is_heard = view.peers.iter().any(|peer| is_peer(peer, other) && !peer.lane().is_closed())
                // Whoever does not count this node as a member may take a message and forget it. Only a cut link leaves two
                // nodes like that for long.
                && (!self.scenario.has_partitions() || other.sends_to(process));
            if is_heard { &mut pending.heard } else { &mut pending.missed }.push(other.id);
        }
        Some(pending)
    }

    // ---- the end of a request ----

    #[allow(clippy::unused_self, reason = "with a planted bug it does something")]
    fn begin_completing(&self, request: &Request) -> Completing {
        #[cfg(feature = "planted")]
        if let Some(process) = self.process(request.process) {
            let now = self.kernel.clock(request.process.host);
            return Completing { half: crate::planted::first_half(process, now, &request.session) };
        }
        let _ = request;
        Completing::default()
    }

    fn complete(&mut self, request: &Request, completing: Completing) -> Delivery {
        let now = self.kernel.clock(request.process.host);
        let Some(process) = self.process(request.process) else { return Delivery::Nothing };
        #[cfg(feature = "planted")]
        if let Some(delivery) = crate::planted::second_half(process, now, &request.session, completing.half) {
            return delivery;
        }
        let _ = completing;
        process.context.complete(now, &request.session)
    }

    fn completed(&mut self, mut request: Request, client: ClientId, delivery: Delivery) {
        let host = request.process.host;
        let news = News { born: request.has_created, limited: request.has_limited, ..News::default() };
        if let Some(pending) = self.pending(&request, client, news) {
            request.heard.clone_from(&pending.heard);
            self.oracle.completed(pending);
        }
        if let Some(process) = self.process(request.process) {
            request.is_trusted = hears_all(process, request.passed_over);
        }
        self.count_clocks(&request);
        self.count_held(&request);
        self.kernel.trace.event(
            self.kernel.now,
            "completed",
            &[client as u64, host as u64],
            request.session.id().as_bytes(),
        );
        match delivery {
            Delivery::Await(acknowledgement) if !acknowledgement.is_complete() => {
                let until = self.kernel.now + self.scenario.ack_timeout;
                let task = Task::WaitedEnough(client, request.number);
                self.kernel.agenda.put(until, Event::Task(request.process, task));
                request.stage = Stage::Waiting(acknowledgement);
                self.workload.requests.insert(client, request);
            }
            _ => self.answer(request, client),
        }
    }

    /// Looks which requests of a process have all their acknowledgements.
    pub(crate) fn confirmed(&mut self, id: ProcessId) {
        let is_confirmed = |request: &Request| {
            let Stage::Waiting(acknowledgement) = &request.stage else { return false };
            request.process == id && acknowledgement.is_complete()
        };
        let requests = &self.workload.requests;
        let confirmed: Vec<ClientId> =
            requests.iter().filter(|(_, request)| is_confirmed(request)).map(|(client, _)| *client).collect();
        for client in confirmed {
            if let Some(request) = self.workload.requests.remove(&client) {
                self.answer(request, client);
            }
        }
    }

    /// A request has waited for its peers for as long as it may.
    pub(crate) fn waited_enough(&mut self, id: ProcessId, client: ClientId, number: u32) {
        let is_meant = |request: &Request| request.process == id && request.number == number;
        if self.workload.requests.get(&client).is_some_and(is_meant)
            && let Some(mut request) = self.workload.requests.remove(&client)
        {
            request.is_trusted = false;
            self.answer(request, client);
        }
    }

    /// The answer goes to the client.
    fn answer(&mut self, request: Request, client: ClientId) {
        let Some(process) = self.process(request.process) else { return };
        let view = process.node.view();
        let still_hears =
            |id: &ProcessId| self.process(*id).is_none_or(|other| view.peers.iter().any(|peer| is_peer(peer, other)));
        let is_trusted = request.is_trusted
            && hears_all(process, request.passed_over)
            && request.heard.iter().filter(|id| **id != request.process).all(still_hears);
        if self.scenario.is_synchronous && is_trusted {
            let who = (client, request.number);
            let hosts = &self.hosts;
            self.oracle.answered(who, request.process, &request.writes, &request.heard, |id| asked(hosts, id));
        }
        self.kernel.trace.tell(self.kernel.now, || {
            format!(
                "client {client}: host {} answers, {} writes, trusted {is_trusted}",
                request.process.host,
                request.writes.len()
            )
        });
        self.oracle.session_mut(request.key).touched = self.kernel.now;
        let id = request.session.id();
        // Some clients come back with the cookie of a session that they have ended.
        // Some lose theirs.
        let keeps = if request.has_ended { self.kernel.random.bool() } else { self.kernel.random.u32(0..30) > 0 };
        self.workload.set_cookie(client, keeps.then_some(id));
        let state = &mut self.workload.clients[client];
        state.asking = None;
        state.last = Some(request.process.host);
        let pause = self.scenario.think_max.as_micros() as u64;
        let pause = Duration::from_micros(self.kernel.random.u64(0..=pause));
        self.kernel.agenda.put(self.kernel.now + pause, Event::Ask(client));
    }

    // ---- what took effect ----

    fn count_clocks(&mut self, request: &Request) {
        if request.writes.is_empty() {
            return;
        }
        let host = request.process.host;
        if std::mem::take(&mut self.hosts[host].has_jumped) {
            self.kernel.counts.add(FaultKind::ClockJump);
        }
        let before = self.oracle.session_mut(request.key).written_on.replace(host);
        let skew = |host: usize| self.kernel.clocks[host].skew_ms;
        if before.is_some_and(|before| skew(before).abs_diff(skew(host)) > 1_000) {
            self.kernel.counts.add(FaultKind::Skew);
        }
    }

    fn count_held(&mut self, request: &Request) {
        let takes = |id: &ProcessId| {
            self.process(*id).is_some_and(|process| process.asked.is_some() && !process.context.is_ready())
        };
        if !request.writes.is_empty() && request.heard.iter().any(takes) {
            self.kernel.counts.add(FaultKind::Held);
        }
    }
}

/// Messages that full lanes of a process have refused.
/// How often a peer's lane was full, or requests stopped to wait for a peer.
fn passed_over(process: &crate::process::Process) -> u64 {
    let count = |peer: &Arc<Peer>| peer.counters.overflowed.get() + peer.counters.stalled.get();
    process.node.view().peers.iter().map(count).sum()
}

/// Whether the requests of a process wait for all its peers, and have done so since no more than so many were passed over.
fn hears_all(process: &crate::process::Process, before: u64) -> bool {
    passed_over(process) == before && process.node.view().peers.iter().all(|peer| process.node.waits_for(peer))
}

fn random_id(random: &mut fastrand::Rng) -> [u8; 16] {
    random.u128(..).to_be_bytes()
}
