//! Small answers, made of what is already in memory.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;

/// A response with its whole body.
pub(crate) type Reply = Response<Full<Bytes>>;

/// JSON that nobody may cache.
pub(crate) fn json(status: StatusCode, body: String) -> Reply {
    with_type(status, "application/json", body)
}

/// A text of the given type that nobody may cache.
pub(crate) fn with_type(status: StatusCode, content_type: &'static str, body: String) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// `405` where the request does not only read.
pub(crate) fn not_reading<B>(request: &Request<B>) -> Option<Reply> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    Some(not_allowed("GET, HEAD"))
}

/// `405`, with the methods that there are.
pub(crate) fn not_allowed(methods: &'static str) -> Reply {
    let mut reply = json(StatusCode::METHOD_NOT_ALLOWED, format!(r#"{{"error":"only {methods}"}}"#));
    reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    reply
}

/// `400`.
pub(crate) fn bad_request(sentence: &str) -> Reply {
    json(StatusCode::BAD_REQUEST, serde_json::json!({ "error": sentence }).to_string())
}

/// `404`.
pub(crate) fn not_found() -> Reply {
    json(StatusCode::NOT_FOUND, r#"{"error":"no such route"}"#.to_owned())
}
