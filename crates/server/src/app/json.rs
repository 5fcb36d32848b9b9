//! The app's JSON, written straight into one string: the order of members and the escapes are part of the contract.

use std::fmt::Write;

/// Builds one answer.
#[derive(Debug)]
pub(crate) struct Json(String);

impl Json {
    /// How every answer of a node begins, to be copied: `{"node":"…"`.
    pub(crate) fn node(name: &str) -> String {
        let mut json = Json(String::new());
        json.raw("{\"node\":");
        json.optional(Some(name).filter(|name| !name.is_empty()));
        json.0
    }

    /// The answer of `/health`, not closed yet, behind its begin.
    pub(crate) fn health(head: &str, members: usize, sessions: usize) -> Self {
        let mut json = Json::begin(head);
        json.raw(",\"members\":").display(members).raw(",\"sessions\":").display(sessions);
        json
    }

    /// `{"error":"…"}`.
    pub(super) fn error(message: &str) -> String {
        let mut json = Json("{\"error\":".to_owned());
        json.quoted(message);
        json.end()
    }

    pub(super) fn begin(head: &str) -> Self {
        let mut text = String::with_capacity(head.len() + 96);
        text.push_str(head);
        Json(text)
    }

    /// What was written so far.
    pub(super) fn text(self) -> String {
        self.0
    }

    /// Closes the object.
    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    pub(crate) fn display(&mut self, value: impl std::fmt::Display) -> &mut Self {
        let _ = write!(self.0, "{value}"); // a String takes everything
        self
    }

    pub(super) fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.quoted(text),
            None => self.raw("null"),
        }
    }

    /// A JSON string; what is no ASCII stays as it is.
    pub(crate) fn quoted(&mut self, text: &str) -> &mut Self {
        self.0.push('"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            self.0.push_str(&rest[..at]);
            match rest.as_bytes()[at] {
                byte @ (b'"' | b'\\') => {
                    self.0.push('\\');
                    self.0.push(byte.into());
                }
                control => {
                    let _ = write!(self.0, "\\u{control:04x}");
                }
            }
            rest = &rest[at + 1..];
        }
        self.0.push_str(rest);
        self.0.push('"');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_the_contract_says() {
        let mut json = Json(String::new());
        json.quoted("grüße, \"S1\"\\ \n\u{1}\u{7f}");
        assert_eq!(json.0, "\"grüße, \\\"S1\\\"\\\\ \\u000a\\u0001\u{7f}\"");
    }

    #[test]
    fn health_has_its_members_in_order() {
        let health = |node, members, sessions| Json::health(&Json::node(node), members, sessions).end();
        assert_eq!(health("n1", 1, 20), r#"{"node":"n1","members":1,"sessions":20}"#);
        assert_eq!(health("", 0, 0), r#"{"node":null,"members":0,"sessions":0}"#);
    }
}
