//! Regular expressions that a whole text must match, as Tomcat's configuration means all of its own (`Matcher.matches`): filters of URIs, of
//! attributes' names and classes, of what a front may say.
//!
//! The language is that of the crate `regex`: Java's without look-around and back references, and so without input that makes it slow.
//!
//! ```
//! let pictures = outlive_pattern::Pattern::new(r".*\.gif|.*\.png").unwrap();
//! assert!(pictures.matches("/shop/a.gif"));
//! assert!(!pictures.matches("/shop/a.gif?size=1"));
//! ```

use regex::{Regex, RegexBuilder};

/// How much memory one compiled expression may take, in bytes: a short text can ask for any amount.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A regular expression that a whole text must match.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// A text that is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{pattern}\" is no regular expression: {reason}")]
pub struct BadPattern {
    pattern: String,
    reason: String,
}

impl Pattern {
    /// # Errors
    /// [`BadPattern`], with what is wrong in one line.
    pub fn new(pattern: &str) -> Result<Self, BadPattern> {
        let compile = |text: &str| RegexBuilder::new(text).size_limit(COMPILED_BYTES_MAX).build();
        // Alone first: what is wrong in it must not become right, or be told, with what is put around it.
        let regex = compile(pattern).and_then(|_| compile(&format!(r"\A(?:{pattern})\z")));
        regex.map(|regex| Pattern { text: pattern.to_owned(), regex }).map_err(|error| {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
            BadPattern { pattern: pattern.to_owned(), reason }
        })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether nothing was written, which Tomcat takes for no expression at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl BadPattern {
    /// What is wrong, in one line.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_matches_or_nothing_does() {
        let pattern = Pattern::new("shib-.*|AJP_X").unwrap();
        for (text, is) in [("shib-user", true), ("AJP_X", true), ("AJP_XY", false), ("x-shib-user", false), ("", false)]
        {
            assert_eq!(pattern.matches(text), is, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        let error = Pattern::new("a(b").unwrap_err();
        assert_eq!(error.to_string(), "\"a(b\" is no regular expression: unclosed group");
        for text in ["(", ")(", "a)|(b", "a{2", "(?=x)", r"(a)\1", "*", "a{1000}{1000}{1000}"] {
            let error = Pattern::new(text).unwrap_err();
            assert!(!error.reason().is_empty() && !error.reason().contains('\n'), "{text}: {error}");
        }
    }
}
