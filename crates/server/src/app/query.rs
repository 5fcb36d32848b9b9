//! The parameters of a request.

use std::borrow::Cow;

use super::routes::Refusal;

/// A query string, decoded when asked: requests have few parameters, and most none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    pub(super) fn new(query: Option<&'a str>) -> Self {
        Self(query.unwrap_or_default())
    }

    /// The first value of that name.
    pub(super) fn optional(self, name: &str) -> Option<Cow<'a, str>> {
        form_urlencoded::parse(self.0.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value)
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

/// # Errors
/// `400` with Java's words.
pub(super) fn parse_number<T: std::str::FromStr>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| Refusal::bad(format!("For input string: \"{text}\"")))
}
