//! The option bits of a message.

use alloc::string::{String, ToString};
use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// How a message is sent: bits that travel with it, also those that only its sender reacts to.
///
/// ```
/// use outlive_tribes_proto::wire::send_options::SendOptions;
///
/// let options: SendOptions = "sync_ack, use_ack".parse()?;
/// assert_eq!(options, SendOptions(6));
/// assert!(options.contains(SendOptions::USE_ACK));
/// # Ok::<(), outlive_tribes_proto::wire::send_options::UnknownOption>(())
/// ```
///
/// Source: Tomcat `Channel.SEND_OPTIONS_*`, `Channel.parseSendOptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SendOptions(pub u32);

impl SendOptions {
    /// Fire and forget.
    pub const NONE: SendOptions = SendOptions(0);
    /// The message is raw bytes for a `ByteMessage`, not a Java object stream.
    pub const BYTE_MESSAGE: SendOptions = SendOptions(0x1);
    /// The sender waits for an ack: sent on arrival, unless `SYNCHRONIZED_ACK` is set too.
    pub const USE_ACK: SendOptions = SendOptions(0x2);
    /// With `USE_ACK`: the ack is sent after processing. Alone it has no effect at all.
    pub const SYNCHRONIZED_ACK: SendOptions = SendOptions(0x4);
    /// The sender queues the message; nothing to the receiver.
    pub const ASYNCHRONOUS: SendOptions = SendOptions(0x8);
    /// Nothing in Tomcat 10.1 reacts to it.
    pub const SECURE: SendOptions = SendOptions(0x10);
    /// Sent to the member's UDP port.
    pub const UDP: SendOptions = SendOptions(0x20);
    /// Sent as one multicast datagram.
    pub const MULTICAST: SendOptions = SendOptions(0x40);

    const NAMES: [(&'static str, SendOptions); 9] = [
        ("asynchronous", SendOptions::ASYNCHRONOUS),
        ("async", SendOptions::ASYNCHRONOUS),
        ("byte_message", SendOptions::BYTE_MESSAGE),
        ("byte", SendOptions::BYTE_MESSAGE),
        ("multicast", SendOptions::MULTICAST),
        ("secure", SendOptions::SECURE),
        ("synchronized_ack", SendOptions::SYNCHRONIZED_ACK),
        ("udp", SendOptions::UDP),
        ("use_ack", SendOptions::USE_ACK),
    ];

    /// Whether all bits of `other` are set; true for [`NONE`](Self::NONE).
    pub const fn contains(self, other: SendOptions) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    pub const fn intersects(self, other: SendOptions) -> bool {
        self.0 & other.0 != 0
    }

    /// These bits without those of `other`.
    #[must_use]
    pub const fn without(self, other: SendOptions) -> SendOptions {
        SendOptions(self.0 & !other.0)
    }

    /// When the receiver of such a message answers.
    pub const fn ack(self) -> Ack {
        if !self.contains(SendOptions::USE_ACK) {
            Ack::Never
        } else if self.contains(SendOptions::SYNCHRONIZED_ACK) {
            Ack::Processed
        } else {
            Ack::Arrived
        }
    }
}

/// When a receiver answers a message with an ack frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// Not at all.
    Never,
    /// Before processing it; always positive.
    Arrived,
    /// After processing it; negative if that failed.
    Processed,
}

impl BitOr for SendOptions {
    type Output = SendOptions;

    fn bitor(self, other: SendOptions) -> SendOptions {
        SendOptions(self.0 | other.0)
    }
}

impl BitOrAssign for SendOptions {
    fn bitor_assign(&mut self, other: SendOptions) {
        self.0 |= other.0;
    }
}

impl fmt::Display for SendOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A word that names no send option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no send option; the names are asynchronous (async), byte_message (byte), multicast, secure, synchronized_ack (sync), udp, use_ack, or one number"
)]
pub struct UnknownOption(pub String);

impl core::str::FromStr for SendOptions {
    type Err = UnknownOption;

    /// A number, or names with commas between them; case and spaces do not matter.
    fn from_str(text: &str) -> Result<SendOptions, UnknownOption> {
        if let Ok(number) = text.trim().parse() {
            return Ok(SendOptions(number));
        }
        let mut options = SendOptions::NONE;
        for word in text.split(',') {
            let name = word.trim().to_ascii_lowercase();
            let name = match name.as_str() {
                "sync" | "sync_ack" => "synchronized_ack",
                other => other,
            };
            let known = SendOptions::NAMES.iter().find(|(known, _)| *known == name);
            options |= known.ok_or_else(|| UnknownOption(word.trim().to_string()))?.1;
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        assert_eq!("6".parse(), Ok(SendOptions(6)));
        assert_eq!(" 8 ".parse(), Ok(SendOptions::ASYNCHRONOUS));
        assert_eq!("sync_ack,async".parse(), Ok(SendOptions(12)));
        assert_eq!("Use_Ack, synchronized_ack".parse(), Ok(SendOptions(6)));
        assert_eq!("byte".parse(), Ok(SendOptions(1)));
        assert_eq!("use_ack,,".parse::<SendOptions>(), Err(UnknownOption("".into())));
        assert_eq!("fast".parse::<SendOptions>(), Err(UnknownOption("fast".into())));
        assert_eq!("-1".parse::<SendOptions>(), Err(UnknownOption("-1".into())));
    }

    #[test]
    fn synchronized_alone_asks_for_nothing() {
        assert_eq!(SendOptions(4).ack(), Ack::Never);
        assert_eq!(SendOptions(8).ack(), Ack::Never);
        assert_eq!(SendOptions(2).ack(), Ack::Arrived);
        assert_eq!(SendOptions(14).ack(), Ack::Processed);
    }
}
