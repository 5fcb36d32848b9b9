//! What a text must be.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a text must be beyond a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Anything.
    Any,
    /// The scheme of a URL.
    Scheme,
    /// The name or the address of a host; nothing is looked up.
    Host,
    /// The same, or the bytes of an address in braces, or nothing.
    HostOrBytes,
    /// The name of a cookie.
    CookieName,
    /// The domain of a cookie.
    CookieDomain,
    /// The path of a cookie, or another of its values.
    CookieValue,
}

impl Form {
    /// Whether a text is so.
    ///
    /// # Errors
    /// What is allowed, to be read behind "must be".
    pub fn check(self, text: &str) -> Result<(), String> {
        if self.allows(text) { Ok(()) } else { Err(self.allowed().to_owned()) }
    }

    fn allows(self, text: &str) -> bool {
        match self {
            Form::Any => true,
            Form::Scheme => is_scheme(text),
            Form::Host => is_host(text),
            Form::HostOrBytes => text.is_empty() || text.starts_with('{') || is_host(text),
            Form::CookieName => is_token(text),
            Form::CookieDomain => is_cookie_domain(text),
            Form::CookieValue => text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b';'),
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Form::Any => "a text",
            Form::Scheme => "a scheme: http or https",
            Form::Host => "an address, or a host's name of letters, digits, '-', '_' and dots",
            Form::HostOrBytes => {
                "an address, a host's name of letters, digits, '-', '_' and dots, or bytes such as {127,0,0,1}"
            }
            Form::CookieName => {
                "a cookie's name (a token of RFC 6265): letters, digits and !#$%&'*+-.^_`|~, no blanks, no separators"
            }
            Form::CookieDomain => {
                "a cookie's domain: letters, digits, '-' and dots, with a letter or a digit at both ends of each part"
            }
            Form::CookieValue => "printable ASCII without semicolons",
        }
    }
}

/// Source: RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// An address, or what could be a name: whether there is such a host, only a resolver knows.
pub(crate) fn is_host(text: &str) -> bool {
    // An address of IPv6 may name its interface.
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    if address.parse::<Ipv6Addr>().is_ok() {
        return zone.is_none_or(|zone| !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    if text.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    // Four numbers are an address or nothing.
    let is_numbers = name.split('.').count() == 4 && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    name.len() <= 253 && name.split('.').all(is_label) && (!is_numbers || name.parse::<Ipv4Addr>().is_ok())
}

/// Source: Servlet API `Cookie`, whose names are tokens for every CookieProcessor.
pub(crate) fn is_token(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// Source: Tomcat `Rfc6265CookieProcessor.validateDomain`.
fn is_cookie_domain(text: &str) -> bool {
    let is_part = |part: &str| {
        let inner = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inner && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
    };
    text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(form.check(text), Ok(()), "{text:?}");
        }
        for text in bad {
            assert!(form.check(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn texts_have_forms() {
        check(Form::Any, &["", "x y"], &[]);
        check(Form::Scheme, &["http", "https", "coap+tcp"], &["", "h t", "1a", "http:"]);
        check(
            Form::Host,
            &["127.0.0.1", "::1", "fe80::1%eth0", "localhost", "auto", "a.example", "a.example.", "node_1", "127.1"],
            &[
                "",
                "x y",
                "not an address",
                "1.2.3.999",
                "a..b",
                ".",
                "a:80",
                "fe80::1%",
                "ümläut",
                "http://a",
                &"a".repeat(64),
            ],
        );
        check(Form::HostOrBytes, &["", "{127,0,0,1}", "a"], &["x y"]);
        check(Form::CookieName, &["JSESSIONID", "SID!", "a.b"], &["", "a b", "a b;c", "a=b", "a,b", "ä", "a\tb"]);
        check(
            Form::CookieDomain,
            &["a.example", "A-1.b"],
            &["", "a;b", ".a", "a.", "a..b", "-a", "a-.b", "a_b", "a b"],
        );
        check(Form::CookieValue, &["", "/", "/a b"], &["/x;y", "/\u{e9}", "/\n"]);
    }
}
