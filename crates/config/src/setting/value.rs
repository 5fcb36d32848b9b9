//! How each type of value is read from what was written, and written again.

use std::path::PathBuf;
use std::time::Duration;

use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::interceptor::encrypt::Algorithm;
use outlive_tribes_proto::wire::send_options::SendOptions;

use super::{Kind, Rule, Unit};
use crate::domain::{Domain, signed_bytes, signed_text};
use crate::host_port::HostPort;
use crate::secret::Secret;
use outlive_pattern::Pattern;

/// A value as a file of ours has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(String),
    /// A text that is not shown.
    Secret(Secret),
}

/// A type that settings have.
pub trait Value: Sized {
    /// Its name among the types.
    const KIND: Kind;

    /// Reads what was written.
    ///
    /// # Errors
    /// What is allowed, to be read behind "must be". It does not repeat the value.
    fn read(text: &str, rule: &Rule) -> Result<Self, String>;

    /// What would be read as this value; `None` where there is none and nothing needs to be written.
    fn write(&self, rule: &Rule) -> Option<Written>;
}

impl Value for bool {
    const KIND: Kind = Kind::Boolean;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        match text {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err("true or false".to_owned()),
        }
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Boolean(*self))
    }
}

/// What a number must be, in words.
fn allowed(rule: &Rule) -> String {
    let number = if rule.fractions { "a number" } else { "a whole number" };
    let unit = match rule.unit {
        Unit::Plain => String::new(),
        unit => format!(" ({unit})"),
    };
    let none = match rule.none_below {
        Some(0) => ", or a negative one for none",
        Some(_) => ", or 0 or a negative one for none",
        None => "",
    };
    format!("{number} from {} to {}{unit}{none}", rule.min, rule.max)
}

fn number(text: &str, rule: &Rule) -> Result<i64, String> {
    let number = text.parse::<i64>().map_err(|_| allowed(rule))?;
    if (rule.min..=rule.max).contains(&number) { Ok(number) } else { Err(allowed(rule)) }
}

macro_rules! numbers {
    ($($number:ty)*) => { $(
        impl Value for $number {
            const KIND: Kind = Kind::Number;

            fn read(text: &str, rule: &Rule) -> Result<Self, String> {
                number(text, rule)?.try_into().map_err(|_| allowed(rule))
            }

            fn write(&self, _: &Rule) -> Option<Written> {
                // All of them come from a number of 63 bits.
                i64::try_from(*self).ok().map(Written::Integer)
            }
        }
    )* };
}

numbers! { u8 u16 u32 u64 usize i32 i64 }

impl Value for Duration {
    const KIND: Kind = Kind::Time;

    fn read(text: &str, rule: &Rule) -> Result<Self, String> {
        if rule.fractions && !text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.parse::<f64>().map_err(|_| allowed(rule))?;
            let possible = (rule.min as f64..=rule.max as f64).contains(&number);
            return if possible { Ok(Duration::from_secs_f64(number)) } else { Err(allowed(rule)) };
        }
        let number = u64::try_from(number(text, rule)?).map_err(|_| allowed(rule))?;
        Ok(match rule.unit {
            Unit::Milliseconds => Duration::from_millis(number),
            Unit::Minutes => Duration::from_secs(number.saturating_mul(60)),
            _ => Duration::from_secs(number),
        })
    }

    fn write(&self, rule: &Rule) -> Option<Written> {
        let number = match rule.unit {
            Unit::Milliseconds => i64::try_from(self.as_millis()),
            Unit::Minutes => i64::try_from(self.as_secs() / 60),
            _ if self.subsec_nanos() != 0 => return Some(Written::Float(self.as_secs_f64())),
            _ => i64::try_from(self.as_secs()),
        };
        number.ok().map(Written::Integer)
    }
}

impl Value for String {
    const KIND: Kind = Kind::Text;

    fn read(text: &str, rule: &Rule) -> Result<Self, String> {
        rule.form.check(text).map(|()| text.to_owned())
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(self.clone()))
    }
}

impl Value for PathBuf {
    const KIND: Kind = Kind::Path;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        if text.contains('\0') { Err("a path".to_owned()) } else { Ok(text.into()) }
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(self.to_string_lossy().into_owned()))
    }
}

impl Value for Pattern {
    const KIND: Kind = Kind::Pattern;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        Pattern::new(text).map_err(|fault| format!("a regular expression ({})", fault.reason()))
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(self.as_str().to_owned()))
    }
}

impl Value for Secret {
    const KIND: Kind = Kind::Secret;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        Ok(Secret::new(text))
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Secret(self.clone()))
    }
}

impl Value for SendOptions {
    const KIND: Kind = Kind::SendOptions;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        match text.parse::<SendOptions>() {
            Ok(options) if options.0 <= 127 => Ok(options),
            _ => Err("a sum of 1 to 127, or names with commas: byte_message, use_ack, synchronized_ack (sync), \
                      asynchronous (async), secure, udp, multicast"
                .to_owned()),
        }
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Integer(self.0.into()))
    }
}

impl Value for UniqueId {
    const KIND: Kind = Kind::UniqueId;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        let bytes = signed_bytes(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(UniqueId).ok_or_else(|| {
            "exactly 16 bytes from -128 to 127 with commas between braces, without blanks: {0,1,…,15}".to_owned()
        })
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(signed_text(&self.0)))
    }
}

impl Value for Domain {
    const KIND: Kind = Kind::Domain;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        text.parse()
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(self.to_string()))
    }
}

impl Value for HostPort {
    const KIND: Kind = Kind::HostPort;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        text.parse()
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(self.to_string()))
    }
}

impl Value for Algorithm {
    const KIND: Kind = Kind::Algorithm;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        text.parse().map_err(|_| "AES/GCM/NoPadding, or AES/CBC, AES/CFB or AES/OFB with PKCS5Padding".to_owned())
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(self.to_string()))
    }
}

impl<T: Value> Value for Option<T> {
    const KIND: Kind = T::KIND;

    /// None is an empty text, or a number below the first that is one.
    fn read(text: &str, rule: &Rule) -> Result<Self, String> {
        match (T::KIND, rule.none_below) {
            (Kind::Number | Kind::Time, Some(first)) if text.parse::<i64>().is_ok_and(|number| number < first) => {
                Ok(None)
            }
            (Kind::Number | Kind::Time, _) => T::read(text, rule).map(Some),
            _ if text.is_empty() => Ok(None),
            _ => T::read(text, rule).map(Some),
        }
    }

    fn write(&self, rule: &Rule) -> Option<Written> {
        match self {
            Some(value) => value.write(rule),
            None => rule.none_below.map(|_| Written::Integer(-1)),
        }
    }
}
