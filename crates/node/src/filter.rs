//! Which attributes leave a node.

use outlive_pattern::Pattern;
use outlive_serial::Value;
use outlive_session::{SessionState, StateStamps};

use crate::log;

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
}
