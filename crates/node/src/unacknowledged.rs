//! What peers were told of one session and have not acknowledged.

use outlive_sync::Acknowledgement;
use outlive_tribes_proto::time::UnixMillis;

/// What the answers of one session's requests wait for, and from when on that says of changes.
#[derive(Debug)]
pub(crate) struct Unacknowledged {
    waiting: Option<Acknowledgement>,
    /// The time in the stamps of the first changes that are waited for; `i64::MAX`: none are.
    changes_from: i64,
}

impl Default for Unacknowledged {
    fn default() -> Self {
        Unacknowledged { waiting: None, changes_from: i64::MAX }
    }
}

impl Unacknowledged {
    /// Forgets what is acknowledged.
    pub(crate) fn settle(&mut self) {
        if self.waiting.as_ref().is_none_or(Acknowledgement::is_complete) {
            *self = Self::default();
        }
    }

    /// For one more message that changes nothing that has a stamp: a new id, the end.
    pub(crate) fn one_more(&mut self) -> &mut Option<Acknowledgement> {
        self.settle();
        &mut self.waiting
    }

    /// What a request has told is waited for by `waiting`, beside what was told before: another request may have sent what this one has
    /// changed. `changes_from`: the time in the stamps of its own changes, if there are any.
    pub(crate) fn add(
        &mut self,
        waiting: Option<Acknowledgement>,
        changes_from: Option<i64>,
    ) -> Option<Acknowledgement> {
        self.settle();
        // A lane keeps its order, so whoever confirms a later message has confirmed the earlier ones.
        if waiting.is_some() {
            self.waiting = waiting;
        }
        self.changes_from = self.changes_from.min(changes_from.unwrap_or(i64::MAX));
        self.waiting.clone()
    }

    /// From which time on stamps are of changes that some peer, of those that requests wait for, has not acknowledged; `None`: there are
    /// none.
    pub(crate) fn changes_from(&self) -> Option<UnixMillis> {
        let waits = self.waiting.as_ref().is_some_and(|waiting| !waiting.is_complete());
        (waits && self.changes_from < i64::MAX).then_some(UnixMillis(self.changes_from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_count_until_all_is_acknowledged() {
        let mut unacknowledged = Unacknowledged::default();
        let (first, second) = (Acknowledgement::new(), Acknowledgement::new());
        let (one, two) = (first.expect(), second.expect());
        unacknowledged.add(Some(first), Some(5));
        unacknowledged.add(Some(second), Some(7));
        assert_eq!(unacknowledged.changes_from(), Some(UnixMillis(5)));
        drop(one);
        assert_eq!(
            unacknowledged.changes_from(),
            Some(UnixMillis(5)),
            "whoever confirms the second has confirmed both"
        );
        drop(two);
        assert_eq!(unacknowledged.changes_from(), None);
    }

    #[test]
    fn a_new_id_brings_no_acknowledged_change_back() {
        let mut unacknowledged = Unacknowledged::default();
        let change = Acknowledgement::new();
        drop(change.expect());
        unacknowledged.add(Some(change), Some(5));
        let renamed = unacknowledged.one_more().get_or_insert_default().expect();
        assert_eq!(unacknowledged.changes_from(), None);
        let waits = unacknowledged.add(None, None);
        assert!(waits.is_some_and(|waiting| !waiting.is_complete()), "its answer waits for the new id all the same");
        drop(renamed);
    }
}
