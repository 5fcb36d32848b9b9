//! Where a line of the log belongs: targets that mirror Tomcat's categories, and the lines about single messages.
//!
//! | target | Tomcat's category below `org.apache.catalina` |
//! |---|---|
//! | [`MESSAGES`] | `tribes.MESSAGES`: each message sent and received, at trace level |
//! | [`CHANNEL`] | `tribes.group.GroupChannel` |
//! | [`INTERCEPTORS`] | `tribes.group.interceptors` |
//! | [`MEMBERSHIP`] | `tribes.membership.McastService` |
//! | [`RECEIVER`] | `tribes.transport.nio.NioReceiver`, `NioReplicationTask` |
//! | [`SENDER`] | `tribes.transport.nio.ParallelNioSender` |
//! | [`CLUSTER`] | `ha.tcp.SimpleTcpCluster` |
//! | [`MANAGER`] | `ha.session.DeltaManager` |
//! | [`LISTENER`] | `ha.session.ClusterSessionListener` |
//! | [`STORE`] | `session.StoreBase`, `session.PersistentManager` |
//! | [`DELTA`] | `ha.session.DeltaRequest`, `DeltaSession` |
//!
//! A session stands in a line as a hash of its id, and no value ever does: whoever reads a log must not be able to take over a
//! session. A line that is not wanted costs one branch.

use std::net::SocketAddr;

use bytes::Bytes;
use outlive_serial::Limits;
use outlive_session::{BaseId, SessionEvent, SessionId, SessionMessage};
use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::interceptor::Message;
use outlive_tribes_proto::time::Now;
use outlive_tribes_proto::wire::send_options::SendOptions;

/// Each message sent and received.
pub const MESSAGES: &str = "tribes::messages";
/// Messages that are dropped before they are understood.
pub const CHANNEL: &str = "tribes::group::channel";
/// Who announces what.
pub const MEMBERSHIP: &str = "tribes::membership::mcast";
/// What interceptors refuse.
pub const INTERCEPTORS: &str = "tribes::group::interceptors";
/// Connections from peers.
pub const RECEIVER: &str = "tribes::transport::receiver";
/// Connections to peers.
pub const SENDER: &str = "tribes::transport::sender";
/// Members that come and go, and what is known of them.
pub const CLUSTER: &str = "ha::tcp::cluster";
/// The state of contexts: asked for, given, held.
pub const MANAGER: &str = "ha::session::manager";
/// Messages about contexts.
pub const LISTENER: &str = "ha::session::listener";
/// Where sessions are kept beside the memory.
pub const STORE: &str = "session::store";
/// What is in sessions and changes.
pub const DELTA: &str = "ha::session::delta";

/// A message goes to a peer: call it when it becomes frames. `options` are those of its frames, `body` is what can be read of it.
pub fn sent(peer: SocketAddr, id: UniqueId, body: &Bytes, options: SendOptions) {
    if tracing::enabled!(target: MESSAGES, tracing::Level::TRACE) {
        let What { event, context, session } = What::of(body, options);
        tracing::trace!(target: MESSAGES, step = "sent", %peer, %id, options = options.0, bytes = body.len(), event, context, session);
    }
}

/// A message has come from a member, or from one that may become a member.
pub(crate) fn received(now: Now, peer: SocketAddr, message: &Message) {
    if tracing::enabled!(target: MESSAGES, tracing::Level::TRACE) {
        let What { event, context, session } = What::of(&message.body, message.options);
        tracing::trace!(target: MESSAGES, step = "received", %peer, id = %message.id, options = message.options.0,
            bytes = message.body.len(), age_ms = now.wall.0.saturating_sub(message.timestamp.0), event, context, session);
    }
}

/// What a message is about.
#[derive(Debug, PartialEq, Eq)]
struct What {
    event: String,
    context: Option<String>,
    session: Option<String>,
}

impl What {
    fn of(body: &Bytes, options: SendOptions) -> What {
        let other = |event: &str| What { event: event.to_owned(), context: None, session: None };
        if options.contains(SendOptions::BYTE_MESSAGE) {
            return other("bytes");
        }
        let Ok(message) = SessionMessage::decode(body, &Limits::default()) else { return other("object") };
        let session = match message.event {
            SessionEvent::GetAll
            | SessionEvent::AllData
            | SessionEvent::TransferComplete
            | SessionEvent::NoContextManager => None,
            _ => Some(hashed(&message.session_id)),
        };
        What {
            event: format!("{:?}", message.event),
            // A peer's text: as a literal, so that it cannot look like another line.
            context: message.context.map(|name| name.escape_debug().to_string()),
            session,
        }
    }
}

/// A session as it stands in the log, by an id that a peer has written.
pub(crate) fn hashed(id: &str) -> String {
    let base: Option<BaseId> = SessionId::parse(id).ok().map(|id| id.base());
    base.map_or_else(|| "(no id)".to_owned(), |base| format!("{base:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlive_tribes_proto::time::UnixMillis;

    #[test]
    fn a_session_is_named_by_a_hash() {
        let id = SessionId::generate([0x5a; 16], "node1");
        let at = UnixMillis(1);
        let message = SessionMessage::of_session(SessionEvent::Created, "localhost#/app", &id, at, at);
        let what = What::of(&message.encode(), SendOptions::NONE);
        assert_eq!((what.event.as_str(), what.context.as_deref()), ("Created", Some("localhost#/app")));
        let session = what.session.unwrap();
        assert!(session.starts_with("session-") && !session.contains("5A5A"), "{session}");
    }

    #[test]
    fn a_word_in_the_place_of_an_id_is_no_session() {
        let message = SessionMessage::of_every_context(SessionEvent::GetAll, UnixMillis(1));
        let what = What::of(&message.encode(), SendOptions::NONE);
        assert_eq!(what, What { event: "GetAll".to_owned(), context: None, session: None });
        assert_eq!(What::of(&Bytes::from_static(b"x"), SendOptions::NONE).event, "object");
        assert_eq!(What::of(&Bytes::from_static(b"x"), SendOptions::BYTE_MESSAGE).event, "bytes");
    }
}
