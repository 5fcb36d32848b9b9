//! Taking the cluster's state when a node starts.
//!
//! ```text
//!            settled, members            complete, or nobody left to ask, or 60 s
//! Unsettled ─────────────────► Asking ───────────────────────────────────────────► Held
//!     │                        │    ▲
//!     │ settled, nobody        └────┘ the donor left, or has no such context: ask the next
//!     └────────────────────────────────────────────────────────────────────────► Held
//! ```
//!
//! The same steps serve a node that asks for all contexts at once, a keeper: there each member is asked in turn, and what it
//! has told is passed over for the next.
//!
//! What others send meanwhile is held and applied afterwards, in order. Questions by others are answered at once all the
//! while, even with nothing, so two nodes that start together never wait for each other.
//!
//! Source: Tomcat `DeltaManager.getAllClusterSessions`, which asks one member once, and waits for 60 s even if it dies.

use alloc::vec::Vec;
use core::time::Duration;

use outlive_tribes_proto::MemberId;
use outlive_tribes_proto::time::Monotonic;

/// How long a node waits for the state in all, as Tomcat's `stateTransferTimeout`.
pub const TRANSFER_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes of messages held back during a transfer; past that they are applied as they come.
pub const HELD_BYTES_MAX: usize = 256 << 20;

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Nothing now.
    Wait,
    /// Ask this member for all sessions.
    Donor(MemberId),
    /// The node holds what there is: apply what was held back.
    Complete(Reason),
}

/// Why a transfer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The donor has sent everything.
    Received,
    /// There is nobody to ask.
    Alone,
    /// Time is up; what has come is used.
    TimedOut,
}

#[derive(Clone, Debug)]
enum State {
    Unsettled,
    Asking { donor: MemberId, deadline: Option<Monotonic>, told: bool },
    Held,
}

/// One context's way to the cluster's state. `M`: a message that is held back.
#[derive(Clone, Debug)]
pub struct Transfer<M> {
    state: State,
    /// How long the state is waited for; `None`: as long as there is somebody to ask.
    timeout: Option<Duration>,
    asked: Vec<MemberId>,
    held: Vec<M>,
    held_bytes: usize,
}

impl<M> Default for Transfer<M> {
    fn default() -> Self {
        let timeout = Some(TRANSFER_TIMEOUT);
        Transfer { state: State::Unsettled, timeout, asked: Vec::new(), held: Vec::new(), held_bytes: 0 }
    }
}

impl<M> Transfer<M> {
    /// A transfer under way: this member is being asked already.
    pub fn asking(donor: MemberId, now: Monotonic) -> Self {
        let deadline = Some(Monotonic(now.0 + TRANSFER_TIMEOUT));
        Transfer { state: State::Asking { donor, deadline, told: false }, asked: [donor].into(), ..Self::default() }
    }

    /// A transfer that will not ask this member: it is known to have nothing.
    pub fn passing_over(member: MemberId) -> Self {
        Transfer { asked: [member].into(), ..Self::default() }
    }

    /// No transfer: there is no state to ask for.
    pub fn needless() -> Self {
        Transfer { state: State::Held, ..Self::default() }
    }

    /// With another time limit than [`TRANSFER_TIMEOUT`], counted from the first question. Zero: the state is asked for, and used as it
    /// comes, without any wait. `None`: waits as long as there is somebody to ask.
    ///
    /// Source: Tomcat DeltaManager `stateTransferTimeout`, whose 0 and −1 these are.
    #[must_use]
    pub fn within(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// Whether the state is held, so that messages are applied as they come.
    pub fn is_held(&self) -> bool {
        matches!(self.state, State::Held)
    }

    /// Looks at the members, oldest first, once the membership has settled, after each change of it, and at the
    /// [`deadline`](Self::deadline).
    pub fn advance(&mut self, now: Monotonic, members: &[MemberId]) -> Ask {
        let deadline = match &self.state {
            State::Held => return Ask::Wait,
            State::Asking { deadline, .. } if is_over(*deadline, now) => return self.complete(Reason::TimedOut),
            State::Asking { donor, .. } if members.contains(donor) => return Ask::Wait,
            State::Asking { deadline, .. } => {
                // It went before it had given all. Those that had nothing to give, because they were asking themselves,
                // may have it by now.
                self.asked.clear();
                *deadline
            }
            State::Unsettled => self.timeout.map(|timeout| Monotonic(now.0.saturating_add(timeout))),
        };
        self.next(deadline, members)
    }

    fn next(&mut self, deadline: Option<Monotonic>, members: &[MemberId]) -> Ask {
        match members.iter().find(|member| !self.asked.contains(member)) {
            None => self.complete(Reason::Alone),
            Some(donor) => {
                self.asked.push(*donor);
                self.state = State::Asking { donor: *donor, deadline, told: false };
                Ask::Donor(*donor)
            }
        }
    }

    /// A member says that it has sent all.
    pub fn completed_by(&mut self, member: &MemberId) -> Ask {
        match &self.state {
            State::Asking { donor, .. } if donor == member => self.complete(Reason::Received),
            _ => Ask::Wait,
        }
    }

    /// A member has sent sessions. Whether it is the one that is being asked.
    pub fn told_by(&mut self, member: &MemberId) -> bool {
        match &mut self.state {
            State::Asking { donor, told, .. } if donor == member => {
                *told = true;
                true
            }
            _ => false,
        }
    }

    /// Whether the one that is being asked has sent sessions.
    pub fn is_told(&self) -> bool {
        matches!(self.state, State::Asking { told: true, .. })
    }

    /// A Tomcat has acknowledged the question, which it does when it has answered: with sessions, then it is done even if
    /// its last word is lost; or with none, for while it starts itself it drops the question, and never says so.
    ///
    /// Source: Tomcat `DeltaManager.messageDataReceived` and `sendSessions`: sessions go out before the acknowledgement.
    pub fn answered_by(&mut self, member: &MemberId, now: Monotonic, members: &[MemberId]) -> Ask {
        match &self.state {
            State::Asking { told: true, .. } => self.completed_by(member),
            _ => self.refused_by(member, now, members),
        }
    }

    /// A member says that it has no such context, or has no more to tell: the next one is asked.
    pub fn refused_by(&mut self, member: &MemberId, now: Monotonic, members: &[MemberId]) -> Ask {
        match self.state {
            State::Asking { donor, deadline, .. } if donor == *member && !is_over(deadline, now) => {
                self.next(deadline, members)
            }
            State::Asking { donor, .. } if donor == *member => self.complete(Reason::TimedOut),
            _ => Ask::Wait,
        }
    }

    fn complete(&mut self, reason: Reason) -> Ask {
        self.state = State::Held;
        Ask::Complete(reason)
    }

    /// Holds a message of `bytes` bytes back.
    ///
    /// # Errors
    /// Gives it back if too much is held already: it is to be applied now.
    pub fn hold(&mut self, message: M, bytes: usize) -> Result<(), M> {
        if self.held_bytes.saturating_add(bytes) > HELD_BYTES_MAX {
            return Err(message);
        }
        self.held_bytes += bytes;
        self.held.push(message);
        Ok(())
    }

    /// What was held back, in order of arrival.
    pub fn take_held(&mut self) -> Vec<M> {
        self.held_bytes = 0;
        core::mem::take(&mut self.held)
    }

    /// The member that is being asked.
    pub fn donor(&self) -> Option<&MemberId> {
        match &self.state {
            State::Asking { donor, .. } => Some(donor),
            State::Unsettled | State::Held => None,
        }
    }

    /// When to [`advance`](Self::advance) again at the latest.
    pub fn deadline(&self) -> Option<Monotonic> {
        match &self.state {
            State::Asking { deadline, .. } => *deadline,
            State::Unsettled | State::Held => None,
        }
    }
}

fn is_over(deadline: Option<Monotonic>, now: Monotonic) -> bool {
    deadline.is_some_and(|deadline| now >= deadline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlive_tribes_proto::UniqueId;

    fn member(port: u16) -> MemberId {
        MemberId { host: [127, 0, 0, 1].into(), port, unique_id: UniqueId([port as u8; 16]) }
    }

    const fn at(seconds: u64) -> Monotonic {
        Monotonic(Duration::from_secs(seconds))
    }

    #[test]
    fn alone_there_is_nothing_to_wait_for() {
        let mut transfer = Transfer::<()>::default();
        assert_eq!(transfer.advance(at(0), &[]), Ask::Complete(Reason::Alone));
        assert!(transfer.is_held());
    }

    #[test]
    fn the_oldest_is_asked_and_its_word_counts() {
        let mut transfer = Transfer::<()>::default();
        let members = [member(1), member(2)];
        assert_eq!(transfer.advance(at(0), &members), Ask::Donor(member(1)));
        assert_eq!(transfer.advance(at(1), &members), Ask::Wait);
        assert_eq!(transfer.completed_by(&member(2)), Ask::Wait, "that one was not asked");
        assert_eq!(transfer.completed_by(&member(1)), Ask::Complete(Reason::Received));
        assert_eq!(transfer.completed_by(&member(1)), Ask::Wait);
    }

    #[test]
    fn if_the_donor_goes_the_next_is_asked() {
        let mut transfer = Transfer::<()>::default();
        transfer.advance(at(0), &[member(1), member(2)]);
        assert_eq!(transfer.advance(at(1), &[member(2)]), Ask::Donor(member(2)));
        assert_eq!(transfer.advance(at(2), &[]), Ask::Complete(Reason::Alone));
    }

    #[test]
    fn a_member_without_the_context_is_passed_over() {
        let mut transfer = Transfer::<()>::default();
        let members = [member(1), member(2)];
        transfer.advance(at(0), &members);
        assert_eq!(transfer.refused_by(&member(1), at(1), &members), Ask::Donor(member(2)));
        assert_eq!(transfer.refused_by(&member(2), at(1), &members), Ask::Complete(Reason::Alone));
    }

    /// Found by the simulator: the first was still asking itself, and had the state when the second died.
    #[test]
    fn when_a_donor_dies_those_that_had_nothing_are_asked_again() {
        let mut transfer = Transfer::<()>::default();
        let members = [member(1), member(2)];
        transfer.advance(at(0), &members);
        assert_eq!(transfer.refused_by(&member(1), at(1), &members), Ask::Donor(member(2)));
        assert_eq!(transfer.advance(at(2), &members[..1]), Ask::Donor(member(1)));
        assert_eq!(transfer.refused_by(&member(1), at(3), &members[..1]), Ask::Complete(Reason::Alone));
    }

    #[test]
    fn a_tomcat_that_acknowledges_has_answered_or_never_will() {
        let members = [member(1), member(2)];
        let mut transfer = Transfer::<()>::default();
        transfer.advance(at(0), &members);
        assert!(!transfer.told_by(&member(2)));
        assert_eq!(transfer.answered_by(&member(2), at(1), &members), Ask::Wait, "that one was not asked");
        assert_eq!(transfer.answered_by(&member(1), at(1), &members), Ask::Donor(member(2)), "it sent nothing");
        assert!(transfer.told_by(&member(2)));
        assert_eq!(transfer.answered_by(&member(2), at(1), &members), Ask::Complete(Reason::Received));
    }

    #[test]
    fn a_transfer_may_begin_with_a_donor_or_without_one() {
        let members = [member(1), member(2)];
        let mut asking = Transfer::<()>::asking(member(2), at(0));
        assert_eq!(asking.advance(at(1), &members), Ask::Wait);
        assert_eq!(asking.advance(at(2), &members[..1]), Ask::Donor(member(1)), "that one is gone: any other");
        let mut passing = Transfer::<()>::passing_over(member(1));
        assert_eq!(passing.advance(at(0), &members), Ask::Donor(member(2)));
        assert!(Transfer::<()>::needless().is_held());
    }

    #[test]
    fn after_a_minute_the_node_goes_on_with_what_it_has() {
        let mut transfer = Transfer::<()>::default();
        transfer.advance(at(10), &[member(1)]);
        assert_eq!(transfer.deadline(), Some(at(70)));
        assert_eq!(transfer.advance(at(70), &[member(1)]), Ask::Complete(Reason::TimedOut));
    }

    #[test]
    fn the_wait_may_be_none_or_without_end() {
        let mut none = Transfer::<()>::default().within(Some(Duration::ZERO));
        assert_eq!(none.advance(at(10), &[member(1)]), Ask::Donor(member(1)), "the state is asked for all the same");
        assert_eq!(none.advance(at(10), &[member(1)]), Ask::Complete(Reason::TimedOut));
        let mut endless = Transfer::<()>::default().within(None);
        endless.advance(at(10), &[member(1)]);
        assert_eq!(endless.deadline(), None);
        assert_eq!(endless.advance(at(1_000_000), &[member(1)]), Ask::Wait);
        assert_eq!(endless.advance(at(1_000_000), &[]), Ask::Complete(Reason::Alone));
    }

    #[test]
    fn what_is_held_comes_out_in_order_and_is_bounded() {
        let mut transfer = Transfer::default();
        assert_eq!(transfer.hold(1, 10), Ok(()));
        assert_eq!(transfer.hold(2, 10), Ok(()));
        assert_eq!(transfer.hold(3, HELD_BYTES_MAX), Err(3));
        assert_eq!(transfer.take_held(), [1, 2]);
    }
}
