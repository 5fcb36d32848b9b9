//! Which attributes of a front's own invention reach the application.

use regex::Regex;

/// A regular expression that the whole name of an attribute must match, beside the names that the protocol itself knows.
///
/// Source: Connector attribute `allowedRequestAttributesPattern`. The syntax is the `regex` crate's: as Java's, without look-around and
/// back references, and so without input that makes it slow.
#[derive(Debug, Clone)]
pub struct AllowedAttributes(Regex);

/// A pattern that is no regular expression.
#[derive(Debug, Clone, thiserror::Error)]
#[error("\"{pattern}\" is no regular expression: {reason}")]
pub struct BadPattern {
    pattern: String,
    reason: String,
}

impl AllowedAttributes {
    /// # Errors
    /// [`BadPattern`], with what is wrong in one line.
    pub fn new(pattern: &str) -> Result<Self, BadPattern> {
        let bad = |error: regex::Error| {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
            BadPattern { pattern: pattern.to_owned(), reason }
        };
        // Alone first: what is wrong in it must not become right, or be told, with what is put around it.
        Regex::new(pattern).and_then(|_| Regex::new(&format!(r"\A(?:{pattern})\z"))).map(Self).map_err(bad)
    }

    pub(super) fn allows(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_name_must_match() {
        let allowed = AllowedAttributes::new("shib-.*|AJP_X").unwrap();
        for (name, is) in [("shib-user", true), ("AJP_X", true), ("AJP_XY", false), ("x-shib-user", false), ("", false)]
        {
            assert_eq!(allowed.allows(name), is, "{name}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_said_in_one_line() {
        let error = AllowedAttributes::new("a(b").unwrap_err().to_string();
        assert_eq!(error, "\"a(b\" is no regular expression: unclosed group");
        AllowedAttributes::new("a)|(b").unwrap_err();
    }
}
