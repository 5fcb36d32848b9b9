//! In which order, and how fast, the store learns what has happened.
//!
//! ```text
//! notes ──► an entry for each session, by the time it is due ──► at most RUNNING_MAX operations at once, one a session
//!                         ▲                                            │
//!                         └── the store fails: all wait, one tries ◄───┘   100 ms, 200 ms, … 5 s
//! ```
//!
//! It holds ids and never what is in a session: that is taken when its turn comes, and is the newest then. So what waits for a store
//! that is down has a bound: the sessions in memory, and [`BURIALS_MAX`] graves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use outlive_session::{BaseId, SessionId};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

use super::note::{Burial, Note};

/// Operations under way at once.
pub const RUNNING_MAX: usize = 8;

/// Graves that wait for a store that is down. Past that the new ones are counted and given up: their sessions stay in the store until
/// their idle time is over.
pub const BURIALS_MAX: usize = 100_000;

/// After the first failure the store is left alone for so long, and twice as long after each further one.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// Never longer than this, so that what waits is saved soon after the store is back.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// When the node stops nobody waits for so long.
const PAUSE_MAX_AT_STOP: Duration = Duration::from_millis(500);

/// One operation of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Save the session as it is now.
    Save(BaseId),
    /// Put a grave in its place.
    Bury(Burial),
    /// Drop it, unless it was accessed since.
    Forget {
        /// Which.
        id: SessionId,
        /// The last access that is known here.
        last_accessed: UnixMillis,
    },
}

impl Task {
    /// What it is about.
    pub fn base(&self) -> BaseId {
        match self {
            Task::Save(base) => base.clone(),
            Task::Bury(burial) => burial.id.base(),
            Task::Forget { id, .. } => id.base(),
        }
    }
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The store was not asked, because there was nothing to do.
    Needless,
    /// The store failed. The same is tried until it works.
    Failed,
    /// The store works, and will never take this: it is given up.
    GivenUp,
}

/// What an outcome tells about the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It works no more.
    Down,
    /// It works again, after so long.
    Up(Duration),
}

#[derive(Debug, Default)]
struct Entry {
    save: bool,
    bury: Option<Burial>,
    forget: Option<(SessionId, UnixMillis)>,
    due: Monotonic,
    running: bool,
    /// How often it has failed in a row.
    failures: u32,
    /// The save waits for a grave at another id: this one's old one.
    behind_grave: bool,
}

impl Entry {
    fn wants(&self) -> bool {
        self.save || self.bury.is_some() || self.forget.is_some()
    }
}

#[derive(Debug)]
struct Down {
    since: Monotonic,
    retry_at: Monotonic,
    pause: Duration,
}

/// What the store is still to learn. See the [module](self).
#[derive(Debug, Default)]
pub struct Schedule {
    entries: BTreeMap<BaseId, Entry>,
    due: BTreeSet<(Monotonic, BaseId)>,
    running: usize,
    burials: usize,
    lost_burials: u64,
    down: Option<Down>,
    stopping: bool,
}

impl Schedule {
    /// Sessions of which the store is still to learn something.
    pub fn pending(&self) -> usize {
        self.entries.len()
    }

    /// Graves that were given up, see [`BURIALS_MAX`].
    pub fn lost_burials(&self) -> u64 {
        self.lost_burials
    }

    /// Whether the store works, as far as is known.
    pub fn is_up(&self) -> bool {
        self.down.is_none()
    }

    /// From now on nothing waits for its time.
    pub fn stop(&mut self, now: Monotonic) {
        self.stopping = true;
        if let Some(down) = &mut self.down {
            down.retry_at = down.retry_at.min(now);
        }
    }

    /// Takes a note.
    pub fn note(&mut self, now: Monotonic, note: Note) {
        let base = note.base();
        match note {
            Note::Save { due, .. } => {
                let entry = self.entries.entry(base.clone()).or_default();
                // Behind a grave nothing can be saved any more.
                if entry.bury.is_none() {
                    let due = if entry.save { entry.due.min(due) } else { due };
                    entry.save = true;
                    self.set_due(base, due);
                }
            }
            Note::Forget { id, last_accessed } => {
                let entry = self.entries.entry(base.clone()).or_default();
                if entry.bury.is_none() {
                    (entry.save, entry.forget) = (false, Some((id, last_accessed)));
                    self.set_due(base, now);
                }
            }
            Note::Bury(burial) => {
                if self.burials >= BURIALS_MAX {
                    self.lost_burials += 1;
                    self.drop_if_idle(&base);
                    return;
                }
                let moved_to = burial.moved_to.as_ref().map(SessionId::base);
                let entry = self.entries.entry(base.clone()).or_default();
                (entry.save, entry.forget) = (false, None);
                // The first grave stays, as it does in the table.
                let is_first = entry.bury.is_none();
                if is_first {
                    entry.bury = Some(burial);
                    self.burials += 1;
                }
                self.set_due(base, now);
                if let Some(new) = moved_to {
                    let entry = self.entries.entry(new.clone()).or_default();
                    (entry.save, entry.behind_grave) = (true, is_first);
                    self.set_due(new, now);
                }
            }
        }
    }

    /// The next operation, if one may begin now. Its end is told with [`done`](Self::done).
    pub fn next(&mut self, now: Monotonic) -> Option<Task> {
        let running_max = match &self.down {
            Some(down) if now < down.retry_at => return None,
            // One finds out for all.
            Some(_) => 1,
            None => RUNNING_MAX,
        };
        if self.running >= running_max {
            return None;
        }
        let (due, base) = self.due.first()?;
        if *due > now && !self.stopping {
            return None;
        }
        let base = base.clone();
        self.due.pop_first();
        let entry = self.entries.get_mut(&base)?;
        entry.running = true;
        self.running += 1;
        Some(if let Some(burial) = &entry.bury {
            Task::Bury(burial.clone())
        } else if let Some((id, last_accessed)) = entry.forget.clone() {
            Task::Forget { id, last_accessed }
        } else {
            // What is noted from here on is another save.
            entry.save = false;
            Task::Save(base)
        })
    }

    /// An operation has ended; what that tells about the store.
    pub fn done(&mut self, now: Monotonic, task: &Task, outcome: Outcome) -> Option<Turn> {
        let base = task.base();
        self.running = self.running.saturating_sub(1);
        let turn = match outcome {
            Outcome::Failed => self.failed(now),
            Outcome::Needless => None,
            Outcome::Done | Outcome::GivenUp => {
                self.down.take().map(|down| Turn::Up(now.0.saturating_sub(down.since.0)))
            }
        };
        let entry = self.entries.entry(base.clone()).or_default();
        entry.running = false;
        let mut unlocked = None;
        entry.failures = if outcome == Outcome::Failed { entry.failures.saturating_add(1) } else { 0 };
        if outcome == Outcome::Failed {
            if matches!(task, Task::Save(_)) && entry.bury.is_none() && entry.forget.is_none() {
                entry.save = true;
            }
            // Of a store that takes all but one session, that one must not ask again and again.
            let pause = PAUSE_MIN.saturating_mul(1 << entry.failures.min(6));
            entry.due = now + pause.min(PAUSE_MAX);
        } else {
            match task {
                Task::Save(_) => {}
                Task::Forget { .. } => entry.forget = None,
                Task::Bury(_) => {
                    if let Some(burial) = entry.bury.take() {
                        self.burials -= 1;
                        unlocked = burial.moved_to;
                    }
                }
            }
        }
        let due = entry.due.max(now);
        self.set_due(base, due);
        if let Some(id) = unlocked {
            let base = id.base();
            if let Some(entry) = self.entries.get_mut(&base) {
                entry.behind_grave = false;
                self.set_due(base, now);
            }
        }
        turn
    }

    fn failed(&mut self, now: Monotonic) -> Option<Turn> {
        let pause_max = if self.stopping { PAUSE_MAX_AT_STOP } else { PAUSE_MAX };
        match &mut self.down {
            Some(down) => {
                // Those that were under way when the first failed say nothing new.
                if now >= down.retry_at {
                    down.pause = (down.pause * 2).min(pause_max);
                    down.retry_at = now + down.pause;
                }
                None
            }
            none => {
                *none = Some(Down { since: now, retry_at: now + PAUSE_MIN, pause: PAUSE_MIN });
                Some(Turn::Down)
            }
        }
    }

    /// When to call [`next`](Self::next) again at the latest, if no operation ends and nothing is noted before.
    pub fn deadline(&self, now: Monotonic) -> Option<Monotonic> {
        let (due, _) = self.due.first()?;
        let due = if self.stopping { now } else { *due };
        match &self.down {
            Some(_) if self.running > 0 => None,
            Some(down) => Some(due.max(down.retry_at)),
            None if self.running >= RUNNING_MAX => None,
            None => Some(due),
        }
    }

    /// Puts a session where its time says, unless it is under way or waits for a grave.
    fn set_due(&mut self, base: BaseId, due: Monotonic) {
        let Some(entry) = self.entries.get_mut(&base) else { return };
        let place = (entry.due, base.clone());
        self.due.remove(&place);
        entry.due = due;
        if !entry.wants() {
            self.drop_if_idle(&base);
        } else if !entry.running && (entry.bury.is_some() || !entry.behind_grave) {
            self.due.insert((due, base));
        }
    }

    fn drop_if_idle(&mut self, base: &BaseId) {
        if self.entries.get(base).is_some_and(|entry| !entry.wants() && !entry.running) {
            self.entries.remove(base);
        }
    }
}

/// Until when the grave of a session is kept that may be idle for so long: longer than any node may still hold a copy of it, which is
/// twice its idle time, and a day more for nodes that were cut off. A session that never expires leaves its grave for a month.
pub(crate) fn keep_until(now: Now, max_inactive_seconds: i32) -> UnixMillis {
    const DAY: i64 = 24 * 3600 * 1000;
    let idle_max = i64::from(max_inactive_seconds) * 1000;
    UnixMillis(now.wall.0.saturating_add(if idle_max > 0 { DAY + 2 * idle_max } else { 30 * DAY }))
}

#[cfg(test)]
mod tests;
