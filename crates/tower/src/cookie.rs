//! The session cookie: which ids a request names, and the `Set-Cookie` that tells a client a new one.
//!
//! Source: Tomcat `CoyoteAdapter.parseSessionCookiesId` (several cookies), `Rfc6265CookieProcessor.generateHeader` (order of the
//! attributes); `SameSite=Lax` is ours (Tomcat sends none unless configured).

use http::{HeaderMap, HeaderValue, header};

/// The cookie's name, as every servlet container and load balancer knows it.
pub const NAME: &str = "JSESSIONID";

/// How many cookies of that name are looked at: more than any browser sends, few enough that a hostile header costs little.
const CANDIDATES_MAX: usize = 16;

/// The values of all session cookies of a request, in the order in which they stand, quotes taken off.
///
/// Browsers send the cookie with the longest path first; one of another application with the same name may stand before or behind it,
/// so the caller takes the first that names a session.
pub fn candidates(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(value_of)
        .take(CANDIDATES_MAX)
}

/// The value if `pair` is a session cookie with one.
fn value_of(pair: &str) -> Option<&str> {
    let value = pair.trim().strip_prefix(NAME)?.trim_start().strip_prefix('=')?.trim();
    let value = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value);
    (!value.is_empty()).then_some(value)
}

/// The header's value: `JSESSIONID=<id>; Path=<path>[; Secure]; HttpOnly; SameSite=Lax`.
///
/// No `Domain` (the host alone gets it back) and no `Max-Age` (it ends with the browser; the session ends by its own idle time).
/// `None` where the id holds bytes that no header may: it came from a peer, and ours never do.
pub fn set_cookie(id: &str, path: &str, secure: bool) -> Option<HeaderValue> {
    if !id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'"' | b'\\')) {
        return None;
    }
    let secure = if secure { "; Secure" } else { "" };
    let mut line = String::with_capacity(NAME.len() + id.len() + path.len() + 48);
    for part in [NAME, "=", id, "; Path=", path, secure, "; HttpOnly; SameSite=Lax"] {
        line.push_str(part);
    }
    HeaderValue::try_from(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], expected: &[&str]) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        assert_eq!(candidates(&headers).collect::<Vec<_>>(), expected, "{lines:?}");
    }

    #[test]
    fn every_session_cookie_is_a_candidate_in_order() {
        check(&[], &[]);
        check(&["JSESSIONID=AB.n1"], &["AB.n1"]);
        check(&["a=b; JSESSIONID=AB.n1;c=d"], &["AB.n1"]);
        check(&["JSESSIONID=A;JSESSIONID=B", "x=y; JSESSIONID=C"], &["A", "B", "C"]);
        check(&["JSESSIONID=\"AB.n1\""], &["AB.n1"]);
        check(&["  JSESSIONID = AB "], &["AB"]);
    }

    #[test]
    fn other_cookies_are_not() {
        check(&["JSESSIONIDSSO=A; XJSESSIONID=B; jsessionid=C"], &[]);
        check(&["JSESSIONID; JSESSIONID=; JSESSIONID=\"\"; =A; ;;"], &[]);
    }

    #[test]
    fn a_flood_of_cookies_is_cut() {
        let line = vec!["JSESSIONID=A"; 1000].join(";");
        check(&[&line], &["A"; CANDIDATES_MAX]);
    }

    #[test]
    fn a_cookie_has_its_attributes_in_tomcats_order() {
        let line = |id, path, secure| set_cookie(id, path, secure).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(
            line("AB.n1", "/app", false).as_deref(),
            Some("JSESSIONID=AB.n1; Path=/app; HttpOnly; SameSite=Lax")
        );
        assert_eq!(line("AB", "/", true).as_deref(), Some("JSESSIONID=AB; Path=/; Secure; HttpOnly; SameSite=Lax"));
    }

    #[test]
    fn an_id_that_would_break_out_of_the_header_is_not_sent() {
        for id in ["A;Path=/", "A\r\nX: y", "A B", "A\"", "Ä"] {
            assert_eq!(set_cookie(id, "/", false), None, "{id:?}");
        }
    }
}
