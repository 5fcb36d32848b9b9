//! Which attributes leave a node.

use outlive_serial::Value;
use outlive_session::{SessionState, StateStamps};
use regex::Regex;

use crate::log;

/// A regular expression that a whole text must match.
///
/// The syntax is the `regex` crate's: as Java's, without look-around and back references, and so without input that makes it slow.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// A text that is no regular expression.
#[derive(Clone, Debug, thiserror::Error)]
#[error("\"{pattern}\" is no regular expression: {reason}")]
pub struct BadPattern {
    pattern: String,
    reason: String,
}

impl Pattern {
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

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

/// Which attributes of a context's sessions are replicated and stored: those whose name and whose class match. The others stay in this
/// node's memory, and are not taken from states and stores either.
///
/// Source: Tomcat `ManagerBase.willAttributeDistribute`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributeFilter {
    /// Tomcat's `sessionAttributeNameFilter`; `None`: any name.
    pub names: Option<Pattern>,
    /// Tomcat's `sessionAttributeValueClassNameFilter`: the Java class of the value itself, not of what is in it. `None`: any class.
    pub classes: Option<Pattern>,
    /// Whether each attribute that stays is told of in the log at WARN, in place of DEBUG (`warnOnSessionAttributeFilterFailure`).
    pub warns: bool,
}

impl AttributeFilter {
    /// Whether an attribute leaves this node. One that does not is told of, by its name and class.
    pub fn admits(&self, name: &str, value: &Value) -> bool {
        let by_name = self.names.as_ref().is_none_or(|names| names.matches(name));
        let by_class = || self.classes.as_ref().is_none_or(|classes| classes.matches(&value.class_name()));
        if by_name && by_class() {
            return true;
        }
        let class = value.class_name();
        if self.warns {
            tracing::warn!(target: log::MANAGER, attribute = name, %class, "an attribute stays on this node: a filter does not match it");
        } else {
            tracing::debug!(target: log::MANAGER, attribute = name, %class, "an attribute stays on this node: a filter does not match it");
        }
        false
    }

    /// Takes out of a session that was read what must not come in, with its stamps.
    pub(crate) fn clean(&self, state: &mut SessionState, stamps: Option<&mut StateStamps>) {
        if self.names.is_none() && self.classes.is_none() {
            return;
        }
        let admitted: Vec<bool> = state.attributes.iter().map(|(name, value)| self.admits(name, value)).collect();
        if let Some(stamps) = stamps {
            stamps.retain(&admitted);
        }
        let mut each = admitted.iter();
        state.attributes.retain(|_| each.next() == Some(&true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_name_and_the_values_own_class_must_match() {
        let filter = AttributeFilter {
            names: Some(Pattern::new("cart|user.*").unwrap()),
            classes: Some(Pattern::new(r"java\.lang\..*").unwrap()),
            warns: false,
        };
        for (name, value, leaves) in [
            ("cart", Value::integer(1), true),
            ("cartons", Value::integer(1), false),
            ("userName", Value::string("x"), true),
            ("user", Value::bytes(b"x"), false),
        ] {
            assert_eq!(filter.admits(name, &value), leaves, "{name}");
        }
        assert!(AttributeFilter::default().admits("anything", &Value::bytes(b"x")));
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_said_in_one_line() {
        let error = Pattern::new("a(b").unwrap_err().to_string();
        assert_eq!(error, "\"a(b\" is no regular expression: unclosed group");
        Pattern::new("a)|(b").unwrap_err();
    }
}
