//! How the bytes of a URL are read.

use crate::setting::{Kind, Rule, Value, Written};

/// What percent codes of a path and of a query are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriEncoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Each a character of ISO-8859-1.
    Latin1,
}

impl UriEncoding {
    const fn word(self) -> &'static str {
        match self {
            UriEncoding::Utf8 => "UTF-8",
            UriEncoding::Latin1 => "ISO-8859-1",
        }
    }
}

impl Value for UriEncoding {
    const KIND: Kind = Kind::Choice(&[UriEncoding::Utf8.word(), UriEncoding::Latin1.word()]);

    /// Java has more than one name for an encoding. US-ASCII, whose upper half means nothing, is taken for the larger one.
    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(text));
        if is(&["UTF-8", "UTF8"]) {
            Ok(UriEncoding::Utf8)
        } else if is(&["ISO-8859-1", "ISO8859_1", "latin1", "US-ASCII"]) {
            Ok(UriEncoding::Latin1)
        } else {
            Err("an encoding that there is here: UTF-8 or ISO-8859-1".to_owned())
        }
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(self.word().to_owned()))
    }
}
