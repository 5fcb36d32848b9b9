//! What stands in the place of a session that is no more.

use outlive_session::SessionId;
use outlive_tribes_proto::time::UnixMillis;

/// Says that a base is not to be used again, so that no late write revives a session and no old id finds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grave {
    /// The id that the session has now, if it got another one; `None`: it has ended.
    pub moved_to: Option<SessionId>,
    /// Until when this must be kept: longer than any node may still hold the session in memory.
    pub keep_until: UnixMillis,
}
