//! Methods and headers that travel as a number.
//!
//! Source: Tomcat `org.apache.coyote.ajp.Constants`; mod_jk `jk_ajp_common`.

use bytes::Bytes;

/// The method's code where its name follows as an attribute.
pub(crate) const METHOD_IS_NAMED: u8 = 0xff;

/// The first byte of a header's code; no name in letters has a length that begins with it.
pub(crate) const HEADER_CODE: u8 = 0xa0;

/// Methods, the first with code 1.
const METHODS: [&str; 27] = [
    "OPTIONS",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "ACL",
    "REPORT",
    "VERSION-CONTROL",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "SEARCH",
    "MKWORKSPACE",
    "UPDATE",
    "LABEL",
    "MERGE",
    "BASELINE-CONTROL",
    "MKACTIVITY",
];

/// Headers of requests, the first with code `A001`.
const REQUEST_HEADERS: [&str; 14] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "connection",
    "content-type",
    "content-length",
    "cookie",
    "cookie2",
    "host",
    "pragma",
    "referer",
    "user-agent",
];

/// Headers of responses, the first with code `A001`.
const RESPONSE_HEADERS: [&str; 11] = [
    "Content-Type",
    "Content-Language",
    "Content-Length",
    "Date",
    "Last-Modified",
    "Location",
    "Set-Cookie",
    "Set-Cookie2",
    "Servlet-Engine",
    "Status",
    "WWW-Authenticate",
];

/// The method with that code.
pub fn method(code: u8) -> Option<Bytes> {
    named(&METHODS, code)
}

/// The code of a method, in capital letters as HTTP has it.
pub fn method_code(name: &[u8]) -> Option<u8> {
    code(&METHODS, |known| known.as_bytes() == name)
}

/// The header of a request with that code (the second byte of `A0xx`), in small letters.
pub fn request_header(code: u8) -> Option<Bytes> {
    named(&REQUEST_HEADERS, code)
}

/// The code of a request's header, in any case.
pub fn request_header_code(name: &[u8]) -> Option<u8> {
    code(&REQUEST_HEADERS, |known| known.as_bytes().eq_ignore_ascii_case(name))
}

/// The header of a response with that code.
pub fn response_header(code: u8) -> Option<Bytes> {
    named(&RESPONSE_HEADERS, code)
}

/// The code of a response's header, in any case.
pub fn response_header_code(name: &[u8]) -> Option<u8> {
    code(&RESPONSE_HEADERS, |known| known.as_bytes().eq_ignore_ascii_case(name))
}

fn named(list: &[&'static str], code: u8) -> Option<Bytes> {
    let name = list.get(usize::from(code).checked_sub(1)?)?;
    Some(Bytes::from_static(name.as_bytes()))
}

fn code(list: &[&str], is: impl Fn(&str) -> bool) -> Option<u8> {
    let place = list.iter().position(|known| is(known))?;
    u8::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_protocol() {
        for (code, name) in
            [(1, "OPTIONS"), (2, "GET"), (4, "POST"), (6, "DELETE"), (8, "PROPFIND"), (27, "MKACTIVITY")]
        {
            assert_eq!(method(code).unwrap(), name);
            assert_eq!(method_code(name.as_bytes()), Some(code));
        }
        assert_eq!((method(0), method(28), method_code(b"PATCH"), method_code(b"get")), (None, None, None, None));
        for (code, name) in [(1, "accept"), (8, "content-length"), (9, "cookie"), (11, "host"), (14, "user-agent")] {
            assert_eq!(request_header(code).unwrap(), name);
            assert_eq!(request_header_code(name.to_uppercase().as_bytes()), Some(code));
        }
        assert_eq!((request_header(0), request_header(15), request_header_code(b"x-id")), (None, None, None));
        for (code, name) in [(1, "Content-Type"), (7, "Set-Cookie"), (11, "WWW-Authenticate")] {
            assert_eq!(response_header(code).unwrap(), name);
            assert_eq!(response_header_code(name.to_lowercase().as_bytes()), Some(code));
        }
        assert_eq!((response_header(12), response_header_code(b"Server")), (None, None));
    }
}
