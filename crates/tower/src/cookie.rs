//! The session cookie: which ids a request names, and the `Set-Cookie` that tells a client a new one.
//!
//! Source: Tomcat `CoyoteAdapter.parseSessionCookiesId` (several cookies), `Rfc6265CookieProcessor.generateHeader` (order of the
//! attributes), `ApplicationSessionCookieConfig.createSessionCookie` (what is configured where).

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, header};

/// The cookie's name, as every servlet container and load balancer knows it.
pub const NAME: &str = "JSESSIONID";

/// How many cookies of that name are looked at: more than any browser sends, few enough that a hostile header costs little.
const CANDIDATES_MAX: usize = 16;

/// What a browser is told to forget with: Tomcat's date, which is some seconds past what some take for "none".
const ANCIENT: &str = "Thu, 01 Jan 1970 00:00:10 GMT";

/// With which requests from other sites a browser sends a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// With all; the cookie must be [secure](SessionCookie::always_secure).
    None,
    /// With those that open a page.
    Lax,
    /// With none.
    Strict,
}

impl SameSite {
    const fn as_str(self) -> &'static str {
        match self {
            SameSite::None => "None",
            SameSite::Lax => "Lax",
            SameSite::Strict => "Strict",
        }
    }
}

/// The cookie's form. The default is `JSESSIONID=<id>; Path=<path of the context>[; Secure]; HttpOnly; SameSite=Lax`, of which
/// `SameSite=Lax` is ours: a Tomcat sends none unless it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCookie {
    /// `JSESSIONID`. Also the name of the parameter in paths, where it is not the default: that is `jsessionid`.
    pub name: String,
    /// The hosts that get it back; `None`: the one that has set it.
    pub domain: Option<String>,
    /// The paths that get it back; `None`: the context's, `/` for the root.
    pub path: Option<String>,
    /// Whether scripts in pages cannot see it.
    pub http_only: bool,
    /// Whether it is marked `Secure` even where the request's own scheme is not known to be encrypted.
    pub always_secure: bool,
    /// For how many seconds a browser keeps it; `None`: until the browser ends. The session ends by its own idle time.
    pub max_age: Option<u32>,
    /// Which requests from other sites bring it; `None`: as the browser likes.
    pub same_site: Option<SameSite>,
    /// Whether it is another one within each site that shows the page in a frame.
    pub partitioned: bool,
    /// Further attributes, as name and value; with an empty value the name alone is written.
    pub attributes: Vec<(String, String)>,
}

impl Default for SessionCookie {
    fn default() -> Self {
        Self {
            name: NAME.to_owned(),
            domain: None,
            path: None,
            http_only: true,
            always_secure: false,
            max_age: None,
            same_site: Some(SameSite::Lax),
            partitioned: false,
            attributes: Vec::new(),
        }
    }
}

impl SessionCookie {
    /// The values of all session cookies of a request, in the order in which they stand, quotes taken off.
    ///
    /// Browsers send the cookie with the longest path first; one of another application with the same name may stand before or behind it,
    /// so the caller takes the first that names a session.
    pub fn candidates<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| self.value_of(pair))
            .take(CANDIDATES_MAX)
    }

    /// The value if `pair` is a session cookie with one.
    fn value_of<'a>(&self, pair: &'a str) -> Option<&'a str> {
        let value = pair.trim().strip_prefix(&*self.name)?.trim_start().strip_prefix('=')?.trim();
        let value = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value);
        (!value.is_empty()).then_some(value)
    }

    /// The name of the parameter that carries an id in a path: `jsessionid`, or the cookie's own name where one is configured.
    pub fn path_parameter(&self) -> &str {
        if self.name == NAME { "jsessionid" } else { &self.name }
    }

    /// The header's value that tells an id. `context_path`: empty for the root. `secure`: whether the client's connection is encrypted.
    ///
    /// `None` where the id or what is configured holds bytes that no header may.
    pub fn set(&self, id: &str, context_path: &str, secure: bool) -> Option<HeaderValue> {
        let age = self.max_age.map(|seconds| (seconds, expires(seconds)));
        self.header(id, context_path, secure, age)
    }

    /// The header's value that has a browser forget the cookie, with the attributes with which it was set.
    pub fn removal(&self, context_path: &str, secure: bool) -> Option<HeaderValue> {
        self.header("", context_path, secure, Some((0, ANCIENT.to_owned())))
    }

    fn header(&self, id: &str, context_path: &str, secure: bool, age: Option<(u32, String)>) -> Option<HeaderValue> {
        // An id may come from a peer; ours have no such byte.
        if !id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'"' | b'\\')) {
            return None;
        }
        let path = self.path.as_deref().unwrap_or(if context_path.is_empty() { "/" } else { context_path });
        let configured = [&*self.name, path].into_iter().chain(self.domain.as_deref());
        let attributes = self.attributes.iter().flat_map(|(name, value)| [&**name, &**value]);
        if configured.chain(attributes).any(|text| text.contains(';')) {
            return None;
        }
        let mut line = String::with_capacity(self.name.len() + id.len() + path.len() + 64);
        let mut put = |parts: &[&str]| parts.iter().for_each(|part| line.push_str(part));
        put(&[&self.name, "=", id]);
        if let Some((seconds, expires)) = age {
            put(&["; Max-Age=", &seconds.to_string(), "; Expires=", &expires]);
        }
        if let Some(domain) = &self.domain {
            put(&["; Domain=", domain]);
        }
        put(&["; Path=", path]);
        if secure || self.always_secure {
            put(&["; Secure"]);
        }
        if self.http_only {
            put(&["; HttpOnly"]);
        }
        if let Some(same_site) = self.same_site {
            put(&["; SameSite=", same_site.as_str()]);
        }
        if self.partitioned {
            put(&["; Partitioned"]);
        }
        for (name, value) in &self.attributes {
            put(&["; ", name]);
            if !value.is_empty() {
                put(&["=", value]);
            }
        }
        HeaderValue::try_from(line).ok()
    }
}

/// When a cookie ends that lives for so long, as HTTP writes dates.
fn expires(seconds: u32) -> String {
    if seconds == 0 {
        return ANCIENT.to_owned();
    }
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], expected: &[&str]) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        let cookie = SessionCookie::default();
        assert_eq!(cookie.candidates(&headers).collect::<Vec<_>>(), expected, "{lines:?}");
    }

    fn text(value: Option<HeaderValue>) -> String {
        value.unwrap().to_str().unwrap().to_owned()
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
        let cookie = SessionCookie::default();
        assert_eq!(text(cookie.set("AB.n1", "/app", false)), "JSESSIONID=AB.n1; Path=/app; HttpOnly; SameSite=Lax");
        assert_eq!(text(cookie.set("AB", "", true)), "JSESSIONID=AB; Path=/; Secure; HttpOnly; SameSite=Lax");
        let all = SessionCookie {
            name: "SID".to_owned(),
            domain: Some("example.org".to_owned()),
            path: Some("/shop".to_owned()),
            http_only: false,
            always_secure: true,
            max_age: Some(0),
            same_site: Some(SameSite::None),
            partitioned: true,
            attributes: vec![("Priority".to_owned(), "High".to_owned()), ("Flag".to_owned(), String::new())],
        };
        let told = "SID=AB; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:10 GMT; Domain=example.org; Path=/shop; Secure; \
SameSite=None; Partitioned; Priority=High; Flag";
        assert_eq!(text(all.set("AB", "/app", false)), told);
        assert_eq!(text(all.removal("/app", false)), told.replace("SID=AB", "SID="));
        let kept = SessionCookie { max_age: Some(60), ..SessionCookie::default() };
        let line = text(kept.set("AB", "/app", false));
        assert!(line.starts_with("JSESSIONID=AB; Max-Age=60; Expires=") && line.contains(" GMT; Path=/app"), "{line}");
    }

    #[test]
    fn nothing_breaks_out_of_the_header() {
        let cookie = SessionCookie::default();
        for id in ["A;Path=/", "A\r\nX: y", "A B", "A\"", "Ä"] {
            assert_eq!(cookie.set(id, "", false), None, "{id:?}");
        }
        for path in ["/a;Domain=x", "/a\r\nX: y"] {
            let cookie = SessionCookie { path: Some(path.to_owned()), ..SessionCookie::default() };
            assert_eq!(cookie.set("AB", "", false), None, "{path:?}");
        }
    }
}
