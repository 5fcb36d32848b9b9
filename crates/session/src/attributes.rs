//! The attributes of one session: name to stamp and value, or stamp and "removed".

use alloc::boxed::Box;
use alloc::vec::Vec;

use outlive_serial::Value;

use crate::register::Register;
use crate::stamp::{Origin, Stamp};

/// How many removed names a session remembers. Past that the oldest is forgotten: then a late write by a peer could bring
/// that name back, as it would in Tomcat.
const REMOVED_MAX: usize = 64;

/// Up to so many names the list is never larger than what is in it.
const NAMES_FEW: usize = 8;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) name: Box<str>,
    /// `None`: removed.
    pub(crate) register: Register<Option<Value>>,
}

/// Sorted by name, so that two nodes with the same attributes list them alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Attributes {
    list: Vec<Attribute>,
    /// The largest time of any stamp that was ever here.
    latest: i64,
}

/// What became of an incoming change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Applied,
    /// The session has something newer.
    Stale,
}

impl Attributes {
    /// Attributes as [`list`](Self::list) and [`latest`](Self::latest) gave them.
    pub(crate) fn restored(list: Vec<Attribute>, latest: i64) -> Self {
        Attributes { list, latest }
    }

    /// All that is remembered, sorted by name; removed names too.
    pub(crate) fn list(&self) -> &[Attribute] {
        &self.list
    }

    /// Puts a new name where it belongs. Most sessions have a few names that come one by one: no room is taken in advance.
    fn insert(&mut self, at: usize, attribute: Attribute) {
        if self.list.len() < NAMES_FEW {
            self.list.reserve_exact(1);
        }
        self.list.insert(at, attribute);
    }

    /// Takes memory for so many names at once, where there are none yet.
    pub(crate) fn reserve(&mut self, names: usize) {
        if self.list.is_empty() {
            self.list.reserve_exact(names.min(NAMES_FEW));
        }
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.list.binary_search_by(|attribute| (*attribute.name).cmp(name))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.list[self.find(name).ok()?].register.value.as_ref()
    }

    /// When, and by whom, it was written last.
    pub(crate) fn stamp(&self, name: &str) -> Stamp {
        self.find(name).map_or_else(|_| Stamp::default(), |at| self.list[at].register.stamp)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.list.iter().filter_map(|attribute| Some((&*attribute.name, attribute.register.value.as_ref()?)))
    }

    /// Sets (`Some`) or removes (`None`) by the application. Returns the value before.
    pub(crate) fn set(&mut self, name: &str, value: Option<Value>) -> Option<Value> {
        let at = match self.find(name) {
            Ok(at) => at,
            Err(_) if value.is_none() => return None,
            Err(at) => {
                self.insert(at, Attribute { name: name.into(), register: Register::told(None, Stamp::default()) });
                at
            }
        };
        let register = &mut self.list[at].register;
        if register.value.is_none() && value.is_none() {
            return None;
        }
        let before = register.value.clone();
        register.set(value);
        before
    }

    /// Sets or removes by a peer, see [`Register::receive`].
    pub(crate) fn receive(
        &mut self,
        name: impl AsRef<str> + Into<Box<str>>,
        value: Option<Value>,
        overwrite: impl Fn(Stamp) -> Option<Stamp>,
    ) -> Incoming {
        let stamp = match self.find(name.as_ref()) {
            Ok(at) => {
                let register = &mut self.list[at].register;
                if register.receive(value, overwrite) == Incoming::Stale {
                    return Incoming::Stale;
                }
                register.stamp
            }
            Err(at) => {
                let Some(stamp) = overwrite(Stamp::default()) else { return Incoming::Stale };
                self.insert(at, Attribute { name: name.into(), register: Register::told(value, stamp) });
                stamp
            }
        };
        self.latest = self.latest.max(stamp.time);
        self.forget_oldest_removed();
        Incoming::Applied
    }

    /// Removes by a peer's whole session what that session no longer has, unless it was written here later.
    pub(crate) fn receive_absence(&mut self, present: impl Fn(&str) -> bool, origin: Origin) {
        for Attribute { name, register } in &mut self.list {
            if register.known().is_some() && !present(name) {
                register.receive(None, |known| origin.overwrite(known));
                self.latest = self.latest.max(register.stamp.time);
            }
        }
    }

    /// The largest time of any stamp that was ever here.
    pub(crate) fn latest(&self) -> i64 {
        self.latest
    }

    pub(crate) fn any_dirty(&self) -> bool {
        self.list.iter().any(|attribute| attribute.register.is_dirty())
    }

    /// Stamps what was changed here and hands it out, as it is to be sent.
    pub(crate) fn take_dirty(&mut self, stamp: Stamp, mut send: impl FnMut(&str, Option<&Value>)) {
        for Attribute { name, register } in &mut self.list {
            if let Some(value) = register.take_dirty(stamp) {
                send(name, value.as_ref());
            }
        }
        self.forget_oldest_removed();
    }

    /// Names with and without a value.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.list.len()
    }

    fn forget_oldest_removed(&mut self) {
        if self.list.len() <= REMOVED_MAX {
            return;
        }
        let is_removed = |register: &Register<Option<Value>>| register.value.is_none() && !register.is_dirty();
        let removed = || self.list.iter().map(|attribute| &attribute.register).filter(|register| is_removed(register));
        if removed().count() > REMOVED_MAX
            && let Some(oldest) = removed().map(|register| register.stamp).min()
        {
            self.list.retain(|Attribute { register, .. }| !is_removed(register) || register.stamp != oldest);
        }
    }
}
