//! The parameters of a request.

use std::borrow::Cow;

use outlive_connector::UriEncoding;
use percent_encoding::percent_decode;

use super::form::Form;
use super::routes::Refusal;

/// The parameters in a query and in a form, decoded when asked: requests have few, and most none. Of several values of one name the first
/// counts, and the query's are before the form's.
///
/// Source: `ServletRequest.getParameter`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a> {
    query: &'a str,
    encoding: UriEncoding,
    form: &'a Form,
}

impl<'a> Query<'a> {
    /// `encoding`: the query's.
    pub(super) fn new(query: Option<&'a str>, encoding: UriEncoding, form: &'a Form) -> Self {
        Self { query: query.unwrap_or_default(), encoding, form }
    }

    /// The first value of that name.
    pub(super) fn optional(self, name: &str) -> Option<Cow<'a, str>> {
        find(self.query.as_bytes(), self.encoding, name).or_else(|| find(&self.form.bytes, self.form.encoding, name))
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

fn find<'a>(text: &'a [u8], encoding: UriEncoding, name: &str) -> Option<Cow<'a, str>> {
    match encoding {
        UriEncoding::Utf8 => form_urlencoded::parse(text).find(|(key, _)| key == name).map(|(_, value)| value),
        UriEncoding::Latin1 => {
            let mut pairs = text.split(|byte| *byte == b'&').map(|pair| {
                let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                (&pair[..end], pair.get(end + 1..).unwrap_or_default())
            });
            pairs.find(|(key, _)| latin1(key) == name).map(|(_, value)| Cow::Owned(latin1(value)))
        }
    }
}

/// A part of a query whose percent codes are characters.
fn latin1(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).map(char::from).collect()
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
        let of = |query, encoding, name| {
            Query::new(Some(query), encoding, &Form::default()).optional(name).map(Cow::into_owned)
        };
        let value = |encoding| of("x=1&n%E4me=gr%FC%C3%9F+e&y", encoding, "n\u{e4}me");
        assert_eq!(value(UriEncoding::Latin1).as_deref(), Some("gr\u{fc}\u{c3}\u{9f} e"));
        assert_eq!(value(UriEncoding::Utf8), None);
        assert_eq!(of("n=gr%C3%BC", UriEncoding::Utf8, "n").as_deref(), Some("gr\u{fc}"));
        assert_eq!(of("n=1&y", UriEncoding::Latin1, "y").as_deref(), Some(""));
    }

    #[test]
    fn the_query_goes_before_the_form() {
        let form = Form { bytes: b"name=b&value=gr\xfc%DF&name=c".to_vec(), encoding: UriEncoding::Latin1 };
        let query = Query::new(Some("name=a"), UriEncoding::Utf8, &form);
        assert_eq!(query.optional("name").as_deref(), Some("a"));
        assert_eq!(query.optional("value").as_deref(), Some("gr\u{fc}\u{df}"));
        assert_eq!(Query::new(None, UriEncoding::Utf8, &form).optional("name").as_deref(), Some("b"));
    }
}
