//! What was expected, and what was found.

use std::fmt::Write;

/// How many of the bytes found are told.
pub(crate) const SHOWN: usize = 8;

/// The sentence about bytes that are not what had to come `at` a place.
pub(crate) fn expected(expected: &str, bytes: &[u8], at: usize) -> String {
    format!("expected {expected}, found {}", found(bytes, at))
}

fn found(bytes: &[u8], at: usize) -> String {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return "the end of the bytes".into();
    }
    let mut text = String::new();
    for byte in &rest[..rest.len().min(SHOWN)] {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
    }
    if rest.len() > SHOWN {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_few_bytes_are_told() {
        assert_eq!(super::expected("x", &[1, 2], 1), "expected x, found 02");
        assert_eq!(super::expected("x", &[255; 20], 0), "expected x, found ffffffffffffffff…");
        assert_eq!(super::expected("x", &[1], 1), "expected x, found the end of the bytes");
    }
}
