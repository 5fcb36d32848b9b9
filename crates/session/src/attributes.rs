//! The attributes of one session: name to stamp and value, or stamp and "removed".

use alloc::boxed::Box;
use alloc::vec::Vec;

use outlive_serial::Value;

use crate::stamp::{Origin, Stamp};

/// How many removed names a session remembers. Past that the oldest is forgotten: then a late write by a peer could bring
/// that name back, as it would in Tomcat.
const REMOVED_MAX: usize = 64;

/// Up to so many names the list is never larger than what is in it.
const NAMES_FEW: usize = 8;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) name: Box<str>,
    pub(crate) stamp: Stamp,
    /// Changed here and not yet sent; its stamp is given when it is.
    pub(crate) dirty: bool,
    /// `None`: removed.
    pub(crate) value: Option<Value>,
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

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.list.binary_search_by(|attribute| (*attribute.name).cmp(name))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.list[self.find(name).ok()?].value.as_ref()
    }

    /// When, and by whom, it was written last.
    pub(crate) fn stamp(&self, name: &str) -> Stamp {
        self.find(name).map_or_else(|_| Stamp::default(), |at| self.list[at].stamp)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.list.iter().filter_map(|attribute| Some((&*attribute.name, attribute.value.as_ref()?)))
    }

    /// Sets (`Some`) or removes (`None`) by the application. Returns the value before.
    pub(crate) fn set(&mut self, name: &str, value: Option<Value>) -> Option<Value> {
        match self.find(name) {
            Ok(at) => {
                let attribute = &mut self.list[at];
                if attribute.value.is_none() && value.is_none() {
                    return None;
                }
                attribute.dirty = true;
                core::mem::replace(&mut attribute.value, value)
            }
            Err(_) if value.is_none() => None,
            Err(at) => {
                self.insert(at, Attribute { name: name.into(), stamp: Stamp::default(), dirty: true, value });
                None
            }
        }
    }

    /// Sets or removes by a peer, with the stamp that `overwrite` gives in exchange for the one that stands here; `None` is
    /// too late. A change made here and not yet sent stays: it will be sent with a later stamp.
    pub(crate) fn receive(
        &mut self,
        name: &str,
        value: Option<Value>,
        overwrite: impl Fn(Stamp) -> Option<Stamp>,
    ) -> Incoming {
        match self.find(name) {
            Ok(at) => {
                let attribute = &mut self.list[at];
                let Some(stamp) = overwrite(attribute.stamp) else { return Incoming::Stale };
                attribute.stamp = stamp;
                self.latest = self.latest.max(stamp.time);
                if !attribute.dirty {
                    attribute.value = value;
                }
            }
            Err(at) => {
                let Some(stamp) = overwrite(Stamp::default()) else { return Incoming::Stale };
                self.latest = self.latest.max(stamp.time);
                self.insert(at, Attribute { name: name.into(), stamp, dirty: false, value });
            }
        }
        self.forget_oldest_removed();
        Incoming::Applied
    }

    /// Removes by a peer's whole session what that session no longer has, unless it was written here later.
    pub(crate) fn receive_absence(&mut self, present: impl Fn(&str) -> bool, origin: Origin) {
        for attribute in &mut self.list {
            if attribute.dirty || attribute.value.is_none() || present(&attribute.name) {
                continue;
            }
            if let Some(stamp) = origin.overwrite(attribute.stamp) {
                attribute.stamp = stamp;
                self.latest = self.latest.max(stamp.time);
                attribute.value = None;
            }
        }
    }

    /// The largest time of any stamp that was ever here.
    pub(crate) fn latest(&self) -> i64 {
        self.latest
    }

    pub(crate) fn any_dirty(&self) -> bool {
        self.list.iter().any(|attribute| attribute.dirty)
    }

    /// Stamps what was changed here and hands it out, as it is to be sent.
    pub(crate) fn take_dirty(&mut self, stamp: Stamp, mut send: impl FnMut(&str, Option<&Value>)) {
        for attribute in self.list.iter_mut().filter(|attribute| attribute.dirty) {
            attribute.dirty = false;
            attribute.stamp = stamp;
            send(&attribute.name, attribute.value.as_ref());
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
        let removed = |attribute: &&Attribute| attribute.value.is_none() && !attribute.dirty;
        if self.list.iter().filter(removed).count() > REMOVED_MAX
            && let Some(oldest) = self.list.iter().filter(removed).map(|attribute| attribute.stamp).min()
        {
            self.list.retain(|attribute| attribute.value.is_some() || attribute.dirty || attribute.stamp != oldest);
        }
    }
}
