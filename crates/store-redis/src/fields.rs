//! The fields of a session's hash.

use bytes::Bytes;
use outlive_session::SessionId;
use outlive_store::{SessionHead, SessionRecord, Version};
use outlive_tribes_proto::time::UnixMillis;

/// What `HMGET` gives: nil for a field that is not there.
pub(crate) type Fields = Vec<Option<Vec<u8>>>;

/// The fields of a head, in the order in which [`head`] takes them.
pub(crate) const HEAD: [&str; 4] = ["id", "valid", "max_inactive", "last_accessed"];

/// Whether there is no such hash.
pub(crate) fn are_absent(fields: &Fields) -> bool {
    fields.iter().all(Option::is_none)
}

/// `None`: these are no session's.
pub(crate) fn head(fields: &Fields) -> Option<SessionHead> {
    let text = |index: usize| str::from_utf8(fields.get(index)?.as_deref()?).ok();
    Some(SessionHead {
        id: SessionId::parse(text(0)?).ok()?,
        is_valid: text(1)? == "1",
        max_inactive_seconds: text(2)?.parse().ok()?,
        last_accessed: UnixMillis(text(3)?.parse().ok()?),
    })
}

/// The fields of a head, then version and data. `None`: these are no session's.
pub(crate) fn record(mut fields: Fields) -> Option<SessionRecord> {
    let head = head(&fields)?;
    let mut take = |index: usize| fields.get_mut(index)?.take().map(Bytes::from);
    let version = take(4)?;
    let data = take(5).filter(|data| !data.is_empty())?;
    Some(SessionRecord { head, data, version: Some(Version(version)) })
}
