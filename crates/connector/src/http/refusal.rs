//! Requests that no application sees.
//!
//! The HTTP library has read them, and what it takes is more than one server behind another should: what the two could read differently is
//! refused here.
//!
//! Source: RFC 9112 §3.2, §6.1; Tomcat `Http11Processor.prepareRequest`.

use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, Version, header};

use crate::host;

/// Besides its name and its value, a header has a colon, a blank and its end.
const HEADER: usize = ": \r\n".len();

/// Besides the method and the URL, a head has these.
const REST: usize = "  HTTP/1.1\r\n\r\n".len();

/// What a request is to be answered that is refused.
pub(super) fn of<B>(request: &Request<B>, head_bytes_max: usize) -> Option<StatusCode> {
    if head_bytes(request) > head_bytes_max {
        Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    } else if *request.method() == Method::CONNECT || !is_readable(request.headers()) {
        Some(StatusCode::NOT_IMPLEMENTED)
    } else if !has_one_host(request) {
        Some(StatusCode::BAD_REQUEST)
    } else {
        None
    }
}

/// Where a request names its host in its URL, that is the one that counts, and the header is to say the same.
pub(super) fn settle_host<B>(request: &mut Request<B>) {
    let authority = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = authority {
        request.headers_mut().insert(header::HOST, host);
    }
}

fn head_bytes<B>(request: &Request<B>) -> usize {
    let uri: &Uri = request.uri();
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let origin =
        uri.authority().map_or(0, |host| host.as_str().len() + uri.scheme_str().map_or(0, |name| name.len() + 3));
    let line = request.method().as_str().len() + path + origin + REST;
    request.headers().iter().fold(line, |sum, (name, value)| sum + name.as_str().len() + value.len() + HEADER)
}

/// Whether the body comes in no coding but the one that ends it.
fn is_readable(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    codings.next().is_none_or(|only| only.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"))
        && codings.next().is_none()
}

fn has_one_host<B>(request: &Request<B>) -> bool {
    let is_host = |text: &[u8]| host::authority(text).is_some();
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let of_header = match (hosts.next(), hosts.next()) {
        (_, Some(_)) => false,
        // An empty one is what clients send that know no name.
        (Some(host), None) => host.is_empty() || is_host(host.as_bytes()),
        (None, None) => request.version() < Version::HTTP_11,
    };
    of_header && request.uri().authority().is_none_or(|host| is_host(host.as_str().as_bytes()))
}
