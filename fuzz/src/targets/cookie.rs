//! What a client says: the `Cookie` header, and the session ids in it.
//!
//! - A header gives a few candidates at most, each a part of it without separators.
//! - An id that is taken has only harmless bytes, is the text that it was made of, and consists of its base and its route;
//!   the `Set-Cookie` of it is one header, and read as a cookie gives the id back.
//! - An id never shows in a log.

use http::{HeaderMap, HeaderValue, header};
use outlive_session::SessionId;
use outlive_tower::{NAME, SessionCookie};

use crate::vectors::Vectors;

/// The target. Lines are headers.
pub fn run(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(header::COOKIE, value);
        }
    }
    let cookie = SessionCookie::default();
    let found: Vec<&str> = cookie.candidates(&headers).collect();
    assert!(found.len() <= 16, "{} candidates", found.len());
    for candidate in found {
        assert!(!candidate.is_empty() && !candidate.contains(';'), "{candidate:?}");
        check_text(candidate);
    }
    if let Ok(text) = str::from_utf8(data) {
        check_text(text);
    }
}

fn check_text(text: &str) {
    if let Some(header) = SessionCookie::default().set(text, "/app", true) {
        let line = header.to_str().expect("a header of letters");
        assert_eq!(line, format!("{NAME}={text}; Path=/app; Secure; HttpOnly; SameSite=Lax"));
        assert_eq!(line.matches(';').count(), 4, "nothing of the id is an attribute");
    }
    if let Ok(id) = SessionId::parse(text) {
        check_id(text, &id);
    }
}

fn check_id(text: &str, id: &SessionId) {
    assert_eq!(id.as_str(), text);
    assert!(text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)));
    let base = id.base().to_string();
    assert!(!base.is_empty() && !base.contains('.'));
    let dot = if text.contains('.') { "." } else { "" };
    assert_eq!(format!("{base}{dot}{}", id.route()), text, "base and route");
    assert_eq!(id.with_route("other").base(), id.base());
    assert_eq!(id.with_route(""), SessionId::parse(&base).expect("the base of an id is an id"));

    let shown = format!("{id:?}");
    assert!(shown.starts_with("session-") && shown.len() == 16, "{shown}");

    let ours = SessionCookie::default();
    let header = ours.set(text, "/", false).expect("an id fits into a header");
    let (cookie, _) = header.to_str().expect("a header of letters").split_once(';').expect("attributes");
    let mut headers = HeaderMap::new();
    headers.append(header::COOKIE, HeaderValue::from_str(cookie).expect("a cookie is a header"));
    assert_eq!(ours.candidates(&headers).collect::<Vec<_>>(), [text], "a client gives back what it was given");
}

pub(crate) fn seeds(_: &Vectors) -> Vec<Vec<u8>> {
    let seeds: [&[u8]; 7] = [
        b"JSESSIONID=DF96E14F62181242742B5603CD1AEEC1.node-a",
        b"theme=dark; JSESSIONID=\"0A1B2C3D4E5F60718293A4B5C6D7E8F9\";lang=de",
        b"JSESSIONID=A;JSESSIONID=B\nx=y; JSESSIONID=C.n1.n2\n",
        b"  JSESSIONID = a-b_c.d ; JSESSIONIDSSO=x; JSESSIONID=; JSESSIONID",
        b"349531B22C5C936D9B3A10FBEC02B24E.node-a",
        b"349531b22c5c936d9b3a10fbec02b24e",
        b"JSESSIONID=1;JSESSIONID=2;JSESSIONID=3;JSESSIONID=4;JSESSIONID=5;JSESSIONID=6;JSESSIONID=7;JSESSIONID=8;JSESSIONID=9;\
          JSESSIONID=10;JSESSIONID=11;JSESSIONID=12;JSESSIONID=13;JSESSIONID=14;JSESSIONID=15;JSESSIONID=16;JSESSIONID=17",
    ];
    seeds.map(<[u8]>::to_vec).to_vec()
}
