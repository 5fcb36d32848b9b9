//! `--interceptors` and `--encrypt`, as written.

use std::fmt;
use std::str::FromStr;

use outlive_net::{fragmentation, gzip, throughput};

/// One entry of `--interceptors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InterceptorOption {
    /// With Tomcat's `compressionMinSize`.
    Gzip(usize),
    /// With Tomcat's `maxSize`.
    Fragment(usize),
    Order,
    /// Where messages are encrypted, for those who want to say so.
    Encrypt,
    /// With Tomcat's `interval`.
    Throughput(u64),
    DomainFilter,
}

impl FromStr for InterceptorOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = match text.split_once('=') {
            Some((name, number)) => (name, Some(number)),
            None => (text, None),
        };
        let number =
            number.map(|number| number.parse().map_err(|_| format!("\"{number}\" is no number"))).transpose()?;
        match (name, number) {
            ("gzip", size) => Ok(Self::Gzip(size.unwrap_or(gzip::COMPRESSION_MIN_SIZE_DEFAULT))),
            ("fragment", Some(0)) => Err("a piece has at least 1 byte".to_owned()),
            ("fragment", size) => Ok(Self::Fragment(size.unwrap_or(fragmentation::MAX_SIZE_DEFAULT))),
            ("throughput", interval) => {
                Ok(Self::Throughput(interval.map_or(throughput::INTERVAL_DEFAULT, |interval| interval as u64)))
            }
            ("order", None) => Ok(Self::Order),
            ("encrypt", None) => Ok(Self::Encrypt),
            ("domain-filter", None) => Ok(Self::DomainFilter),
            ("order" | "encrypt" | "domain-filter", Some(_)) => Err(format!("{name} takes no number")),
            _ => Err(format!(
                "there is no interceptor \"{name}\"; there are gzip, fragment, order, encrypt, throughput and domain-filter"
            )),
        }
    }
}

/// A key as written. It is never shown, not even in the sentence that refuses it.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
