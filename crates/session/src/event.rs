//! What a session message says, by Tomcat's numbers.

/// The kind of a [`SessionMessage`](crate::SessionMessage).
///
/// Source: Tomcat `SessionMessage.EVT_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEvent {
    /// A session was made; the message's timestamp is its creation time.
    Created,
    /// A session ended: invalidated, or idle too long.
    Expired,
    /// A session was read.
    Accessed,
    /// The sender asks for all sessions of the context.
    GetAll,
    /// Sessions, whole: an answer to [`GetAll`](SessionEvent::GetAll), or one block of it.
    AllData,
    /// What a request changed.
    Delta,
    /// The answer to [`GetAll`](SessionEvent::GetAll) is complete.
    TransferComplete,
    /// The session has a new id.
    ChangeId,
    /// The one asked has no such context.
    NoContextManager,
    /// A number that Tomcat 10.1 does not use.
    Other(i32),
}

impl SessionEvent {
    /// Tomcat's number.
    pub const fn number(self) -> i32 {
        match self {
            SessionEvent::Created => 1,
            SessionEvent::Expired => 2,
            SessionEvent::Accessed => 3,
            SessionEvent::GetAll => 4,
            SessionEvent::AllData => 12,
            SessionEvent::Delta => 13,
            SessionEvent::TransferComplete => 14,
            SessionEvent::ChangeId => 15,
            SessionEvent::NoContextManager => 16,
            SessionEvent::Other(number) => number,
        }
    }
}

impl From<i32> for SessionEvent {
    fn from(number: i32) -> Self {
        match number {
            1 => SessionEvent::Created,
            2 => SessionEvent::Expired,
            3 => SessionEvent::Accessed,
            4 => SessionEvent::GetAll,
            12 => SessionEvent::AllData,
            13 => SessionEvent::Delta,
            14 => SessionEvent::TransferComplete,
            15 => SessionEvent::ChangeId,
            16 => SessionEvent::NoContextManager,
            other => SessionEvent::Other(other),
        }
    }
}
