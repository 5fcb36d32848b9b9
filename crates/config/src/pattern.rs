//! Regular expressions that a whole text must match.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// How much memory one compiled expression may take, in bytes.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A regular expression of a configuration: it matches a text as a whole, as Java's `Matcher.matches` does.
///
/// Its language is that of the crate `regex`: Java's without look-around and back-references, which is what makes its time linear.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// # Errors
    /// What the expression's fault is, in one line.
    pub fn new(text: &str) -> Result<Self, String> {
        // Alone first: `)(` must not become one by what is put around it.
        let compile = |text: &str| RegexBuilder::new(text).size_limit(COMPILED_BYTES_MAX).build();
        compile(text)
            .and_then(|_| compile(&format!(r"\A(?:{text})\z")))
            .map(|regex| Self { text: text.to_owned(), regex })
            .map_err(|error| {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim().trim_start_matches("error: ").to_owned()
            })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_matches_or_nothing_does() {
        let pattern = Pattern::new(r".*\.gif|.*\.js").unwrap();
        assert!(pattern.matches("/a/b.gif") && pattern.matches("/c.js"));
        assert!(!pattern.matches("/a/b.gif?x") && !pattern.matches("/c.jsp"));
    }

    #[test]
    fn what_is_no_expression_is_told_in_a_line() {
        for text in ["(", ")(", "a{2", "(?=x)", r"(a)\1", "*", "a{1000}{1000}{1000}"] {
            let fault = Pattern::new(text).unwrap_err();
            assert!(!fault.is_empty() && !fault.contains('\n'), "{text}: {fault}");
        }
    }
}
