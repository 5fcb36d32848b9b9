//! Session ids: the base that names a session, and the route behind it.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt;

/// The longest id taken from a client, a peer or a store, in bytes. Tomcat's own are 33 and the length of the route.
pub const ID_BYTES_MAX: usize = 255;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// A whole session id as it stands in cookies and messages: `BASE` or `BASE.route`.
///
/// Only `[A-Za-z0-9._-]` is allowed, so an id is safe in a cookie, a file name and a log line's hash. The base is what
/// stands before the first dot.
///
/// Its `Debug` form hides the id: whoever reads a log must not be able to take over a session.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(Box<str>);

/// Why a text is no session id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdFault {
    /// Nothing stands before the first dot.
    #[error("a session id without a base")]
    Empty,
    /// Longer than [`ID_BYTES_MAX`].
    #[error("a session id of more than {ID_BYTES_MAX} bytes")]
    TooLong,
    /// A byte outside `[A-Za-z0-9._-]`.
    #[error("a session id with the byte 0x{0:02x}")]
    Byte(u8),
}

impl SessionId {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`IdFault`] if it is empty, too long, or has a byte that no id has.
    pub fn parse(text: &str) -> Result<Self, IdFault> {
        if text.len() > ID_BYTES_MAX {
            return Err(IdFault::TooLong);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() | matches!(byte, b'.' | b'_' | b'-');
        // Without a way out in the middle, so that many bytes are looked at in one step.
        let all = text.bytes().fold(true, |all, byte| all & allowed(byte));
        if let Some(byte) = text.bytes().find(|byte| !all && !allowed(*byte)) {
            return Err(IdFault::Byte(byte));
        }
        if text.is_empty() || text.starts_with('.') {
            return Err(IdFault::Empty);
        }
        Ok(SessionId(text.into()))
    }

    /// A new id from random bytes (Tomcat's own take 16), in Tomcat's form: two upper-case hex digits for each and, where there is one, `.`
    /// and the route. No more bytes than make an id of [`ID_BYTES_MAX`] are used.
    pub fn generate(random: impl AsRef<[u8]>, route: &str) -> Self {
        let after = if route.is_empty() { String::new() } else { format!(".{route}") };
        let room = ID_BYTES_MAX.saturating_sub(after.len()) / 2;
        let random = random.as_ref();
        Self::of_parts(&random[..random.len().min(room)], &after)
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The base's bytes, if it is 32 upper-case hex digits.
    pub(crate) fn hex_base(&self) -> Option<[u8; 16]> {
        match self.base() {
            BaseId::Binary(bytes) => Some(bytes),
            BaseId::Text(_) => None,
        }
    }

    /// What stands behind the base, with its dot.
    pub(crate) fn after_base(&self) -> &str {
        &self.0[self.base_str().len()..]
    }

    /// The id of a base and what stands behind it, both parts of an id that was checked.
    pub(crate) fn of_parts(base: &[u8], after: &str) -> Self {
        let mut text = String::with_capacity(base.len() * 2 + after.len());
        for byte in base {
            text.extend([byte >> 4, byte & 0xf].map(|digit| char::from(HEX[usize::from(digit)])));
        }
        text.push_str(after);
        SessionId(text.into())
    }

    fn base_str(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(base, _)| base)
    }

    /// What names the session on every node.
    pub fn base(&self) -> BaseId {
        #[cfg(feature = "planted")]
        if crate::planted::is_planted(crate::planted::Planted::SuffixInKey) {
            return BaseId::of(&self.0);
        }
        BaseId::of(self.base_str())
    }

    /// What stands behind the first dot: the node (`jvmRoute`) that serves the session. Empty without a dot.
    pub fn route(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, route)| route)
    }

    /// The same base with another route.
    pub fn with_route(&self, route: &str) -> Self {
        let base = self.base_str();
        SessionId(if route.is_empty() { base.to_owned() } else { format!("{base}.{route}") }.into())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.base(), f)
    }
}

/// What names a session on every node: its id without the route. The key of every table.
///
/// Keyed by the base, one cookie shown to two nodes is one session; keyed by the whole id, as in Tomcat, two requests
/// at once to two nodes each make a session of their own.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BaseId {
    /// 32 upper-case hex digits, as Tomcat and we generate them, held as what they mean.
    Binary([u8; 16]),
    /// Any other text.
    Text(Box<str>),
}

impl BaseId {
    fn of(text: &str) -> Self {
        Self::binary(text.as_bytes()).unwrap_or_else(|| BaseId::Text(text.into()))
    }

    fn binary(digits: &[u8]) -> Option<Self> {
        if digits.len() != 32 {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = upper_hex(pair[0])? << 4 | upper_hex(pair[1])?;
        }
        Some(BaseId::Binary(bytes))
    }
}

/// The digit's value; lower case is another text, not another spelling.
fn upper_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

impl fmt::Display for BaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BaseId::Binary(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
            BaseId::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for BaseId {
    /// Eight digits of a hash: enough to follow one session through a log, of no use to whoever steals the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // FNV-1a over the base, so that all nodes print the same word for one session.
        let hash = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0xcbf2_9ce4_8422_2325_u64, |h, byte| (h ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
        };
        let hash = match self {
            BaseId::Binary(bytes) => hash(bytes),
            BaseId::Text(text) => hash(text.as_bytes()),
        };
        write!(f, "session-{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
    }
}

/// The text of an id where one is written into a message.
impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&SessionId> for String {
    fn from(id: &SessionId) -> String {
        id.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_base_is_what_stands_before_the_first_dot() {
        let id = SessionId::parse("DF96E14F62181242742B5603CD1AEEC1.node-a.x").unwrap();
        assert_eq!(id.base().to_string(), "DF96E14F62181242742B5603CD1AEEC1");
        assert_eq!(id.route(), "node-a.x");
        assert_eq!(id.with_route("b").as_str(), "DF96E14F62181242742B5603CD1AEEC1.b");
        assert_eq!(id.with_route("").base(), id.base());
    }

    #[test]
    fn another_spelling_is_another_session() {
        let [upper, lower] = ["DF96E14F62181242742B5603CD1AEEC1", "df96e14f62181242742b5603cd1aeec1"]
            .map(|text| SessionId::parse(text).unwrap().base());
        assert_ne!(upper, lower);
        assert_eq!(lower.to_string(), "df96e14f62181242742b5603cd1aeec1");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        assert_eq!(SessionId::parse(""), Err(IdFault::Empty));
        assert_eq!(SessionId::parse(".node"), Err(IdFault::Empty));
        assert_eq!(SessionId::parse("../../etc"), Err(IdFault::Byte(b'/')));
        assert_eq!(SessionId::parse("a b"), Err(IdFault::Byte(b' ')));
        assert_eq!(SessionId::parse(&"A".repeat(256)), Err(IdFault::TooLong));
    }

    #[test]
    fn a_generated_id_has_tomcats_form() {
        let id = SessionId::generate([0xab; 16], "node1");
        assert_eq!(id.as_str(), "ABABABABABABABABABABABABABABABAB.node1");
        assert_eq!(SessionId::parse(id.as_str()), Ok(id.clone()));
        assert_eq!(SessionId::generate([0xab; 3], "").as_str(), "ABABAB");
        let longest = SessionId::generate([0xab; 500], "node1");
        assert_eq!((longest.as_str().len(), longest.route()), (254, "node1"));
    }

    #[test]
    fn debug_hides_the_id() {
        let id = SessionId::generate([0x5a; 16], "node1");
        let shown = format!("{id:?} {:?}", id.base());
        assert!(!shown.contains("5A5A"), "{shown}");
    }
}
