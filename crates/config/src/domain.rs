//! The domain of a member.

use std::fmt;
use std::str::FromStr;

/// The largest domain in bytes: a member record, which carries it in every heartbeat, must fit into a datagram.
const BYTES_MAX: usize = 1024;

/// A member's domain: bytes on the wire, written as a text or as `{1,-2,3}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Domain(pub Vec<u8>);

impl Domain {
    /// The domain as a text, where it is one.
    pub fn text(&self) -> String {
        self.0.iter().map(|byte| char::from(*byte)).collect()
    }
}

impl FromStr for Domain {
    type Err = String;

    /// A text's characters are bytes (ISO-8859-1); `{…}` lists signed bytes.
    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = if text.starts_with('{') {
            signed_bytes(text)?
        } else {
            let byte = |character: char| u8::try_from(character).map_err(|_| "a text of ISO-8859-1".to_owned());
            text.chars().map(byte).collect::<Result<_, _>>()?
        };
        if bytes.len() > BYTES_MAX {
            return Err(format!("at most {BYTES_MAX} bytes"));
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        if self.0.iter().all(plain) && self.0.first() != Some(&b'{') {
            return f.write_str(&self.text());
        }
        f.write_str(&signed_text(&self.0))
    }
}

/// `{1,-2,3}`: each −128 to 127, without blanks.
///
/// Source: Tomcat `Arrays.fromString`, which takes no 216 though the documentation writes one.
pub(crate) fn signed_bytes(text: &str) -> Result<Vec<u8>, String> {
    let form = || "bytes from -128 to 127 with commas between braces, without blanks, such as {1,-2,3}".to_owned();
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(form)?;
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    inner.split(',').map(|byte| byte.parse::<i8>().map(i8::cast_unsigned).map_err(|_| form())).collect()
}

pub(crate) fn signed_text(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| byte.cast_signed().to_string()).collect();
    format!("{{{}}}", bytes.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_bytes_come_back() {
        for (text, bytes, shown) in [
            ("east", &b"east"[..], "east"),
            ("{1,-2,127}", &[1, 254, 127], "{1,-2,127}"),
            ("{}", &[], ""),
            ("\u{e9}", &[0xe9], "{-23}"),
            ("{101}", b"e", "e"),
        ] {
            let domain: Domain = text.parse().unwrap();
            assert_eq!((domain.0.as_slice(), domain.to_string().as_str()), (bytes, shown));
            assert_eq!(shown.parse::<Domain>().unwrap(), domain);
        }
        for text in ["{216}", "{1, 2}", "{1", "{,}", "\u{20ac}"] {
            text.parse::<Domain>().unwrap_err();
        }
    }
}
