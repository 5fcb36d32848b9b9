//! What clients may expect: every session and every write, with how sure each is.
//!
//! The oracle sees what clients do and are told, and which processes each step reached. It never says "surely absent" of
//! something that was asked for: a write whose request was cut short may be there or not.
//!
//! | a write is | when |
//! |---|---|
//! | open | the handler has set it; its request is not completed |
//! | told | it lies in the lanes of all peers of the view |
//! | sure | the request was answered after all of them had confirmed (synchronous options), or all lanes of its node have been empty since |
//!
//! Some sessions cannot be promised to be equal everywhere, for nothing repairs them yet; they are counted, see [`Doubt`].

mod history;
mod write;

use std::collections::BTreeMap;

use crate::event::{ClientId, ProcessId};

pub use history::{DeadId, Doubt, History, SessionKey};
pub use write::{Write, WriteKey};

/// The register of the user who is logged in, beside those of the attributes.
pub const USER: &str = "(user)";

/// What one step of a request has put into the lanes and is not known to have arrived.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Whose lanes.
    pub process: ProcessId,
    /// Whose request, and its number.
    pub request: (ClientId, u32),
    /// The session.
    pub session: SessionKey,
    /// The id that it had then, without the route.
    pub base: String,
    /// The id that this step has made worthless, if it has.
    pub over: Option<String>,
    /// The writes in it.
    pub writes: Vec<WriteKey>,
    /// What else it says.
    pub news: News,
    /// The processes that it was sent to, and the one that sent it.
    pub heard: Vec<ProcessId>,
    /// Processes that ran, and that it was not sent to.
    pub missed: Vec<ProcessId>,
}

/// What a step says about a session beside writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// That it exists.
    pub born: bool,
    /// That it has another id.
    pub renamed: bool,
    /// That it has ended.
    pub ended: bool,
    /// That it expires soon.
    pub limited: bool,
}

/// All sessions and writes of a run.
#[derive(Debug, Default)]
pub struct Oracle {
    sessions: Vec<History>,
    writes: Vec<Write>,
    by_base: BTreeMap<String, SessionKey>,
    pending: Vec<Pending>,
    /// Sessions on their way as a whole.
    whole: Vec<(ProcessId, SessionKey)>,
}

/// The id without the route.
pub fn base(id: &str) -> &str {
    id.split_once('.').map_or(id, |(base, _)| base)
}

impl Oracle {
    /// A session was made.
    pub fn created(&mut self, id: &str) -> SessionKey {
        let key = self.sessions.len();
        self.sessions.push(History::new(base(id)));
        self.by_base.insert(base(id).to_owned(), key);
        key
    }

    /// The history of a session.
    pub fn session(&self, key: SessionKey) -> &History {
        &self.sessions[key]
    }

    /// The same, to be changed.
    pub fn session_mut(&mut self, key: SessionKey) -> &mut History {
        &mut self.sessions[key]
    }

    /// All histories.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionKey, &History)> {
        self.sessions.iter().enumerate()
    }

    /// The session that has, or had, this id.
    pub fn by_id(&self, id: &str) -> Option<SessionKey> {
        self.by_base.get(base(id)).copied()
    }

    /// A write.
    pub fn write(&self, key: WriteKey) -> &Write {
        &self.writes[key.0 as usize]
    }

    /// All writes, in order.
    pub fn all_writes(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter()
    }

    /// How many writes there were.
    pub fn writes(&self) -> usize {
        self.writes.len()
    }

    /// The number that the next write will have.
    pub fn next_write(&self) -> WriteKey {
        WriteKey(self.writes.len() as u32)
    }

    /// A handler on `process` has set or removed (`is_removal`) `name`, and was told the value `before`.
    pub fn wrote(
        &mut self,
        process: ProcessId,
        session: SessionKey,
        name: &str,
        before: Option<WriteKey>,
        is_removal: bool,
    ) -> WriteKey {
        let key = self.next_write();
        let register = self.sessions[session].register_mut(name);
        // Of a value that is not there nothing tells why; only the last removal on this very node is known to be before.
        let before = before.or(register.removed_on.remove(&process));
        if is_removal {
            register.removed_on.insert(process, key);
        }
        register.writes.push(key);
        self.sessions[session].open.push((process, key));
        self.writes.push(Write {
            session,
            name: name.to_owned(),
            before,
            is_removal,
            is_sure: false,
            heard: Vec::new(),
        });
        key
    }

    /// A session has another id now.
    pub fn renamed(&mut self, session: SessionKey, id: &str) {
        let history = &mut self.sessions[session];
        let old = std::mem::replace(&mut history.base, base(id).to_owned());
        history.dead.push(DeadId { base: old, heard: Vec::new(), is_sure: false });
        history.known_by.clear();
        self.by_base.insert(base(id).to_owned(), session);
    }

    /// A session has ended.
    pub fn ended(&mut self, session: SessionKey) {
        let history = &mut self.sessions[session];
        history.has_ended = true;
        let base = history.base.clone();
        history.dead.push(DeadId { base, heard: Vec::new(), is_sure: false });
    }

    /// A session is repaired after links were cut: what others told of it meanwhile may have waited for too long, and be lost.
    pub fn repaired_late(&mut self, id: &str) {
        if let Some(session) = self.by_id(id) {
            self.sessions[session].doubt(Doubt::Unheard);
        }
    }

    /// A request was completed: it has put all writes that were open on its process into the lanes.
    pub fn completed(&mut self, mut pending: Pending) {
        let history = &mut self.sessions[pending.session];
        let (told, open): (Vec<_>, Vec<_>) =
            history.open.drain(..).partition(|(process, _)| *process == pending.process);
        history.open = open;
        pending.writes.extend(told.into_iter().map(|(_, write)| write));
        self.told(pending);
    }

    /// A process sends a session whole, to a newcomer or to one that is behind in it.
    pub fn sent_whole(&mut self, process: ProcessId, id: &str) {
        if let Some(session) = self.by_id(id) {
            self.whole.push((process, session));
        }
    }

    /// A step has put something into the lanes.
    pub fn told(&mut self, pending: Pending) {
        if !pending.writes.is_empty() || pending.news != News::default() {
            self.pending.push(pending);
        }
    }

    /// Whether something of a process is not known to have arrived.
    pub fn is_pending(&self, process: ProcessId) -> bool {
        self.pending.iter().any(|pending| pending.process == process)
            || self.whole.iter().any(|(sender, _)| *sender == process)
    }

    /// All lanes of a process are empty: whatever it has told has arrived.
    pub fn arrived(&mut self, process: ProcessId, asked: impl Fn(ProcessId) -> bool) {
        self.whole.retain(|(sender, _)| *sender != process);
        let arrived = self.take_pending(|pending| pending.process == process);
        arrived.into_iter().for_each(|pending| self.settle(pending, &asked));
    }

    /// A request was answered after all peers had confirmed what it told: that, and whatever it wrote, is sure.
    pub fn answered(
        &mut self,
        request: (ClientId, u32),
        process: ProcessId,
        writes: &[WriteKey],
        heard: &[ProcessId],
        asked: impl Fn(ProcessId) -> bool,
    ) {
        let confirmed = self.take_pending(|pending| pending.request == request && pending.process == process);
        confirmed.into_iter().for_each(|pending| self.settle(pending, &asked));
        writes.iter().for_each(|write| self.make_sure(*write, heard));
    }

    fn take_pending(&mut self, which: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        let (taken, left) = self.pending.drain(..).partition(which);
        self.pending = left;
        taken
    }

    fn settle(&mut self, pending: Pending, asked: &impl Fn(ProcessId) -> bool) {
        pending.writes.iter().for_each(|write| self.make_sure(*write, &pending.heard));
        let history = &mut self.sessions[pending.session];
        // Whoever has not asked for the state yet will be given this with it.
        if pending.missed.iter().any(|process| asked(*process)) {
            history.doubt(Doubt::Unheard);
        }
        if pending.news.born {
            history.is_sure = true;
        }
        // A new id helps nobody who still waits for the creation.
        let waits = self.pending.iter().any(|other| other.session == pending.session);
        if (pending.news.born || pending.news.renamed) && pending.base == history.base && !waits {
            history.known_by.clone_from(&pending.heard);
        }
        if (pending.news.renamed || pending.news.ended)
            && let Some(dead) = history.dead.iter_mut().find(|dead| Some(&dead.base) == pending.over.as_ref())
        {
            dead.is_sure = true;
            dead.heard = pending.heard;
        }
        history.is_limited_surely |= pending.news.limited;
    }

    fn make_sure(&mut self, key: WriteKey, heard: &[ProcessId]) {
        let write = &mut self.writes[key.0 as usize];
        if std::mem::replace(&mut write.is_sure, true) {
            return;
        }
        write.heard = heard.to_vec();
        let (session, name) = (write.session, write.name.clone());
        let before: Vec<WriteKey> = self.before(key).collect();
        let surest = &mut self.sessions[session].register_mut(&name).surest;
        surest.retain(|known| !before.contains(known));
        surest.push(key);
    }

    /// The writes that a write has surely seen, the latest first.
    pub fn before(&self, key: WriteKey) -> impl Iterator<Item = WriteKey> + '_ {
        std::iter::successors(self.write(key).before, |key| self.write(*key).before)
    }

    /// A process is gone with what it had not told everybody: no two of the others need to know the same.
    pub fn crashed(&mut self, process: ProcessId) {
        self.whole.retain(|(sender, _)| *sender != process);
        for pending in self.take_pending(|pending| pending.process == process) {
            let news = pending.news;
            let doubt = if news.renamed || news.ended || news.limited { Doubt::Unsure } else { Doubt::Torn };
            self.sessions[pending.session].doubt(doubt);
        }
        self.sessions.iter_mut().for_each(|history| history.open.retain(|(open, _)| *open != process));
    }

    /// A process begins: what is on its way is not sent to it, and whom it asks for the state may not have it yet.
    pub fn started(&mut self, process: ProcessId) {
        self.pending.iter_mut().for_each(|pending| pending.missed.push(process));
    }

    /// A process goes on without having been given what others hold.
    pub fn started_alone(&mut self) {
        self.sessions.iter_mut().for_each(|history| history.doubt(Doubt::Unheard));
    }

    /// A process has dropped a living one from its view, with all that lay in its lane.
    pub fn dropped(&mut self, process: ProcessId) {
        for pending in self.pending.iter().filter(|pending| pending.process == process) {
            self.sessions[pending.session].doubt(Doubt::Unheard);
        }
    }
}
