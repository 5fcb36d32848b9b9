//! What comes out: one record for each member, acknowledgement, message and session, and for what could not be read.
//!
//! The names and the order of the keys are what users and scripts rely on.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use outlive_serial::{JavaView, Value};
use outlive_session::{Principal, SessionState, StoredSession};
use outlive_tribes_proto::Member;
use serde::{Serialize, Serializer};

use crate::budget::Budget;

/// One line of output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    kind: &'static str,
    /// Of its first byte in the input.
    pub offset: u64,
    /// How many bytes of the input it takes.
    pub length: u64,
    /// What it is.
    #[serde(flatten)]
    pub content: Content,
}

/// What a record is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Content {
    /// A membership datagram.
    Member(MemberRecord),
    /// A positive acknowledgement.
    Ack {},
    /// A negative one.
    FailAck {},
    /// A message.
    Message(Box<MessageRecord>),
    /// A session out of a file.
    Session(SessionRecord),
    /// Bytes that could not be read.
    Error {
        /// What was expected and found.
        error: String,
    },
}

impl Record {
    pub(crate) fn new(offset: u64, length: u64, content: Content) -> Self {
        let kind = match content {
            Content::Member(_) => "member",
            Content::Ack {} => "ack",
            Content::FailAck {} => "fail-ack",
            Content::Message(_) => "message",
            Content::Session(_) => "session",
            Content::Error { .. } => "error",
        };
        Record { kind, offset, length, content }
    }

    pub(crate) fn error(offset: u64, length: u64, error: String) -> Self {
        Self::new(offset, length, Content::Error { error })
    }

    /// Its `kind`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Whether it says that something could not be read.
    pub fn is_error(&self) -> bool {
        matches!(self.content, Content::Error { .. })
    }
}

/// Bytes, shown in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex(pub Bytes);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Text as Tribes has it: one byte a character (ISO-8859-1), so that any bytes are some text.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// A member of the cluster, as it describes itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberRecord {
    /// Its address, as text.
    pub host: String,
    /// Its receiver.
    pub port: u16,
    /// −1: none.
    pub secure_port: i32,
    /// −1: none.
    pub udp_port: i32,
    /// Empty: no domain.
    pub domain: String,
    /// Names the incarnation.
    pub unique_id: String,
    /// Milliseconds since it started, by itself.
    pub alive: i64,
    /// Empty, or `BABY-ALEX`: it is leaving.
    pub command: String,
    /// Application data.
    pub payload: Hex,
}

impl From<&Member> for MemberRecord {
    fn from(member: &Member) -> Self {
        MemberRecord {
            host: member.id.host.to_string(),
            port: member.id.port,
            secure_port: member.secure_port,
            udp_port: member.udp_port,
            domain: latin1(&member.domain),
            unique_id: member.id.unique_id.to_string(),
            alive: member.alive_ms,
            command: latin1(&member.command),
            payload: Hex(Bytes::copy_from_slice(&member.payload)),
        }
    }
}

/// A message of the channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageRecord {
    /// The bits of its send options.
    pub options: u32,
    /// When it was made, by its sender's clock: ms since 1970.
    pub timestamp: i64,
    /// The same for all destinations, parts and repetitions.
    pub unique_id: String,
    /// Who sent it, by its own word.
    pub from: MemberRecord,
    /// What interceptors did to the bytes, the last one last. Left out where they did nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Body {
    /// Session replication.
    Session(SessionBody),
    /// A request or a reply.
    #[serde(rename_all = "camelCase")]
    Rpc {
        /// Who takes it at the other side.
        rpc_id: Hex,
        /// Names the call.
        uuid: Hex,
        /// Whether it is the answer.
        reply: bool,
        /// The message inside; `None` for Java's null.
        body: Option<Box<Body>>,
    },
    /// A replicated map.
    Map(MapBody),
    /// Anything that is no Java object.
    Bytes {
        /// The bytes.
        hex: Hex,
    },
    /// Any other Java object.
    Object {
        /// Its class; `null` for null.
        class: String,
        /// What it holds.
        value: Shown,
    },
}

/// A message of `DeltaManager`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionBody {
    /// What happened.
    pub event: Cow<'static, str>,
    /// The context's name on the wire; `None`: for every context.
    pub context: Option<String>,
    /// The session's id as sent; `None` where no one session is meant.
    pub session: Option<String>,
    /// ms since 1970; `None`: the sender set none.
    pub time: Option<i64>,
    /// Of a delta.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Action>>,
    /// Of a state transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<SessionRecord>>,
    /// Of a change of the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_id: Option<String>,
}

/// One change to a session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Action {
    /// What is changed.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Set or removed.
    pub action: Cow<'static, str>,
    /// The name it was written under.
    pub name: String,
    /// The new value; null where there is none.
    pub value: Shown,
}

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// Whatever Java object.
    View(JavaView),
    /// A principal of Tomcat's.
    User(UserRecord),
}

impl Shown {
    /// Null.
    pub const NULL: Shown = Shown::View(JavaView::Null);

    /// A principal where it is one, else what the object is.
    pub(crate) fn principal(value: &Value, budget: &mut Budget) -> Shown {
        match Principal::from_value(value.clone()).user() {
            Some(user) => Shown::User(UserRecord { user: user.name.clone(), roles: user.roles.clone() }),
            None => Shown::View(budget.show(value)),
        }
    }
}

/// A user and the roles it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserRecord {
    /// The name.
    pub user: String,
    /// Sorted.
    pub roles: Vec<String>,
}

/// A whole session.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRecord {
    /// The whole id.
    pub id: String,
    /// ms since 1970, as all times.
    pub created: i64,
    /// The end of the last request but one.
    pub last_accessed: i64,
    /// The last touch.
    pub this_accessed: i64,
    /// Seconds; zero and less: never expires.
    pub max_inactive: i32,
    /// Whether no client has joined it yet.
    pub new: bool,
    /// Whether it was alive when it was written.
    pub valid: bool,
    /// `None` in files, which have no version.
    pub version: Option<i64>,
    /// Who is logged in.
    pub user: Option<String>,
    /// The user's roles.
    pub roles: Vec<String>,
    /// How the user was authenticated; `None` in state transfers, which do not tell.
    pub auth_type: Option<String>,
    /// By name.
    pub attributes: BTreeMap<String, JavaView>,
}

impl SessionRecord {
    /// A session of a state transfer.
    pub(crate) fn of_state(state: SessionState, budget: &mut Budget) -> Self {
        let user = state.principal.map(Principal::from_value).and_then(|principal| principal.user().cloned());
        let (user, roles) = user.map_or((None, Vec::new()), |user| (Some(user.name), user.roles));
        SessionRecord {
            id: state.id,
            created: state.created.0,
            last_accessed: state.last_accessed.0,
            this_accessed: state.this_accessed.0,
            max_inactive: state.max_inactive,
            new: state.is_new,
            valid: state.is_valid,
            version: Some(state.version),
            user,
            roles,
            auth_type: None,
            attributes: state.attributes.into_iter().map(|(name, value)| (name, budget.show(&value))).collect(),
        }
    }

    /// A session out of a file.
    pub(crate) fn of_stored(stored: StoredSession, budget: &mut Budget) -> Self {
        let auth_type = stored.auth_type.and_then(|value| value.to_serde().ok());
        SessionRecord { version: None, auth_type, ..Self::of_state(stored.state, budget) }
    }
}

/// A message of a replicated map, such as `BackupManager`'s.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapBody {
    /// Which map.
    pub map: Option<String>,
    /// What it says.
    pub message: Cow<'static, str>,
    /// Of the entry; null where no one entry is meant.
    pub key: JavaView,
    /// The entry's value, or what changed in it.
    pub value: MapValue,
    /// The members that keep a backup.
    pub nodes: Option<Vec<MemberRecord>>,
    /// The member that serves the entry, or that sent the message.
    pub primary: Option<MemberRecord>,
}

/// The value in a message of a map.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MapValue {
    /// A whole session.
    Session(Box<SessionRecord>),
    /// What changed in a session.
    Delta {
        /// The changes.
        actions: Vec<Action>,
    },
    /// The entries of a map that another node asked for.
    Entries(Vec<Body>),
    /// Any other object, or null.
    View(JavaView),
}
