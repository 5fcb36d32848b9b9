//! Files of Java properties: `conf/catalina.properties`.

use std::collections::BTreeMap;

/// The names and values of such a file; a later one of a name counts.
///
/// A line that ends in an odd number of `\` goes on in the next one, whose blanks at the start do not count; `#` and `!` begin a comment;
/// a name ends at the first `=`, `:` or blank; `\t \n \r \f \uXXXX` mean what they do in Java.
pub(crate) fn properties(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches(BLANKS);
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let mut whole = line.to_owned();
        while goes_on(&whole) {
            whole.pop();
            match lines.next() {
                Some(next) => whole.push_str(next.trim_start_matches(BLANKS)),
                None => break,
            }
        }
        let (name, value) = split(&whole);
        found.insert(unescaped(name), unescaped(value));
    }
    found
}

const BLANKS: [char; 3] = [' ', '\t', '\x0c'];

fn goes_on(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|character| {
        let ends = !escaped && (BLANKS.contains(&character) || character == '=' || character == ':');
        escaped = character == '\\' && !escaped;
        ends
    });
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(BLANKS);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (name, rest.trim_start_matches(BLANKS))
}

fn unescaped(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        match rest.next() {
            Some('t') => result.push('\t'),
            Some('n') => result.push('\n'),
            Some('r') => result.push('\r'),
            Some('f') => result.push('\x0c'),
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                result.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => result.push(other),
            None => {}
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_java_reads_them() {
        let text =
            "# no = comment\n  a = 1 \nb:2\nc 3\nlong=x,\\\n   y,\\\n  z\nk\\=ey=v\\u0041\\t.\n!x\nempty=\nlast=\\";
        let expected =
            [("a", "1 "), ("b", "2"), ("c", "3"), ("empty", ""), ("k=ey", "vA\t."), ("last", ""), ("long", "x,y,z")];
        let found = properties(text);
        assert_eq!(found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), expected);
    }
}
