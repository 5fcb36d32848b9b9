//! What a request's path means: without parameters and percent codes, and without detours.
//!
//! ```text
//! /app/x/..//./%73ession;jsessionid=0A.n1  ─► parameters dropped ─► percent codes read ─► normalised ─►  /app/session
//! ```
//!
//! What could mean one thing to a proxy and another one here is refused: a `/` in percent codes, a backslash, a way out at the top.
//!
//! Source: Tomcat `CoyoteAdapter.postParseRequest`, `normalize`, with the defaults of `encodedSolidusHandling`,
//! `encodedReverseSolidusHandling` and `allowBackslash`.

use std::borrow::Cow;

use http::Uri;
use outlive_connector::UriEncoding;

/// The path of a request as applications see it: in the extensions of each request where it is another one than its URL's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestPath(pub(crate) String);

/// A path that no application sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// It does not begin with a slash.
    NotRooted,
    /// A percent sign without two digits behind it.
    PercentCode,
    /// A slash in percent codes, a backslash, or the null character.
    Character,
    /// More `..` than there are parts before them.
    OutAtTheTop,
}

impl BadPath {
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::NotRooted => "the path does not begin with a slash",
            Self::PercentCode => "a percent code in the path is none",
            Self::Character => "the path has a slash in percent codes, a backslash or a null character",
            Self::OutAtTheTop => "the path leads out at the top",
        }
    }
}

/// The path that a URL means; borrowed where the URL says it so already.
///
/// # Errors
/// [`BadPath`]: to be answered `400`.
pub(crate) fn canonical(uri: &Uri, encoding: UriEncoding) -> Result<Cow<'_, str>, BadPath> {
    let path = uri.path();
    let has_detours = path.contains(['%', ';', '\\']) || path.contains("//") || path.contains("/.");
    // "*" is no path: it stands for the server itself.
    if !has_detours && (path.starts_with('/') || path == "*") {
        return Ok(Cow::Borrowed(path));
    }
    let decoded = decoded(path.as_bytes())?;
    let normal = normal(&decoded)?;
    Ok(Cow::Owned(match encoding {
        UriEncoding::Utf8 => String::from_utf8_lossy(&normal).into_owned(),
        UriEncoding::Latin1 => normal.iter().copied().map(char::from).collect(),
    }))
}

/// Without the parameters of each part, percent codes read.
fn decoded(path: &[u8]) -> Result<Vec<u8>, BadPath> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut in_parameters = false;
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'/' => in_parameters = false,
            b';' => in_parameters = true,
            _ => {}
        }
        if in_parameters {
            continue;
        }
        let byte = match byte {
            b'%' => match hex(bytes.next()).zip(hex(bytes.next())) {
                Some((high, low)) => Some(high << 4 | low).filter(|byte| *byte != b'/').ok_or(BadPath::Character)?,
                None => return Err(BadPath::PercentCode),
            },
            byte => byte,
        };
        if matches!(byte, 0 | b'\\') {
            return Err(BadPath::Character);
        }
        decoded.push(byte);
    }
    Ok(decoded)
}

fn hex(digit: Option<u8>) -> Option<u8> {
    char::from(digit?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Without empty parts, `.` and `..`.
fn normal(path: &[u8]) -> Result<Vec<u8>, BadPath> {
    let path = path.strip_prefix(b"/").ok_or(BadPath::NotRooted)?;
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut ends_with_slash = false;
    for part in path.split(|byte| *byte == b'/') {
        ends_with_slash = matches!(part, b"" | b"." | b"..");
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop().ok_or(BadPath::OutAtTheTop)?),
            part => parts.push(part),
        }
    }
    let mut normal = Vec::with_capacity(path.len() + 1);
    for part in &parts {
        normal.push(b'/');
        normal.extend_from_slice(part);
    }
    if ends_with_slash {
        normal.push(b'/');
    }
    Ok(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Result<String, BadPath> {
        canonical(&path.parse().unwrap(), UriEncoding::Utf8).map(Cow::into_owned)
    }

    #[test]
    fn one_path_has_many_spellings() {
        for path in [
            "/app/session",
            "/app/session;jsessionid=0AFF.n1",
            "/app;v=1/session;a=b;c?x=;y",
            "/app/%73ession",
            "//app/session",
            "/app/./session",
            "/app/x/../session",
            "/x/..;p=1/app//./session",
            "/app/%2e/x/%2E%2e/session",
            "http://shop.example/app/session",
        ] {
            assert_eq!(of(path).as_deref(), Ok("/app/session"), "{path}");
        }
        for (path, means) in [
            ("/", "/"),
            ("*", "*"),
            ("/;jsessionid=1", "/"),
            ("/app/", "/app/"),
            ("/app/.", "/app/"),
            ("/app/x/..", "/app/"),
            ("/app/..", "/"),
            ("/app/.x/..y/...", "/app/.x/..y/..."),
            ("/app/a%3Bb%25", "/app/a;b%"),
            ("/gr%C3%BC", "/gr\u{fc}"),
        ] {
            assert_eq!(of(path).as_deref(), Ok(means), "{path}");
        }
    }

    #[test]
    fn what_two_could_read_differently_is_refused() {
        for (path, fault) in [
            ("/..", BadPath::OutAtTheTop),
            ("/app/../../x", BadPath::OutAtTheTop),
            ("//../x", BadPath::OutAtTheTop),
            ("/%2e%2e/x", BadPath::OutAtTheTop),
            ("/..;/x", BadPath::OutAtTheTop),
            ("/app%2Fsession", BadPath::Character),
            ("/app%2fsession", BadPath::Character),
            ("/app%5Csession", BadPath::Character),
            ("/app\\session", BadPath::Character),
            ("/app%00", BadPath::Character),
            ("/app/%", BadPath::PercentCode),
            ("/app/%7", BadPath::PercentCode),
            ("/app/%zz", BadPath::PercentCode),
            ("/app/%+1", BadPath::PercentCode),
        ] {
            assert_eq!(of(path), Err(fault), "{path}");
        }
    }

    #[test]
    fn codes_are_characters_in_the_connectors_encoding() {
        let uri = "/gr%FC".parse().unwrap();
        assert_eq!(canonical(&uri, UriEncoding::Latin1).unwrap(), "/gr\u{fc}");
        assert_eq!(canonical(&uri, UriEncoding::Utf8).unwrap(), "/gr\u{fffd}");
    }
}
