//! The parameters of a request.

use std::borrow::Cow;

use outlive_connector::UriEncoding;
use percent_encoding::percent_decode_str;

use super::routes::Refusal;

/// A query string, decoded when asked: requests have few parameters, and most none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a> {
    text: &'a str,
    encoding: UriEncoding,
}

impl<'a> Query<'a> {
    pub(super) fn new(query: Option<&'a str>, encoding: UriEncoding) -> Self {
        Self { text: query.unwrap_or_default(), encoding }
    }

    /// The first value of that name.
    pub(super) fn optional(self, name: &str) -> Option<Cow<'a, str>> {
        match self.encoding {
            UriEncoding::Utf8 => {
                form_urlencoded::parse(self.text.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value)
            }
            UriEncoding::Latin1 => {
                let mut pairs = self.text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
                pairs.find(|(key, _)| latin1(key) == name).map(|(_, value)| Cow::Owned(latin1(value)))
            }
        }
    }

    /// # Errors
    /// `400` where there is none.
    pub(super) fn text(self, name: &str) -> Result<Cow<'a, str>, Refusal> {
        self.optional(name).ok_or_else(|| Refusal::bad(format!("no parameter {name}")))
    }

    /// # Errors
    /// `400` where there is none or it is not a number of that type.
    pub(super) fn number<T: std::str::FromStr>(self, name: &str) -> Result<T, Refusal> {
        parse_number(&self.text(name)?)
    }
}

/// A part of a query whose percent codes are characters.
fn latin1(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).map(char::from).collect()
}

/// # Errors
/// `400` with Java's words.
pub(super) fn parse_number<T: std::str::FromStr>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| Refusal::bad(format!("For input string: \"{text}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_codes_are_read_in_the_connectors_encoding() {
        let value = |encoding| {
            Query::new(Some("x=1&n%E4me=gr%FC%C3%9F+e&y"), encoding).optional("n\u{e4}me").map(Cow::into_owned)
        };
        assert_eq!(value(UriEncoding::Latin1).as_deref(), Some("gr\u{fc}\u{c3}\u{9f} e"));
        assert_eq!(value(UriEncoding::Utf8), None);
        let utf8 = Query::new(Some("n=gr%C3%BC"), UriEncoding::Utf8).optional("n").map(Cow::into_owned);
        assert_eq!(utf8.as_deref(), Some("gr\u{fc}"));
    }
}
