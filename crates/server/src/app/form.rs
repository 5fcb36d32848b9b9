//! A form in the body of a request.

use std::pin::Pin;
use std::time::Duration;

use bytes::Buf;
use http::request::Parts;
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::BodyExt;
use outlive_connector::{FormLimit, UriEncoding};

/// How long the next part of a form is waited for: as long as a Tomcat's own server.xml waits for bytes (`connectionTimeout`).
const PAUSE_MAX: Duration = Duration::from_secs(20);

/// What a form says, not taken apart yet. The default says nothing.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) bytes: Vec<u8>,
    pub(super) encoding: UriEncoding,
}

impl Form {
    /// The form in a request's body. One that is too long, that is no form, or that does not come to its end says nothing: the request is
    /// served with the parameters of its query alone.
    ///
    /// Cancel safe in that nothing is left behind.
    ///
    /// Source: Tomcat `Request.parseParameters`. Without a charset it is UTF-8, as `request-character-encoding` of Tomcat's own web.xml has it.
    pub(super) async fn read<B: Body>(head: &Parts, body: B) -> Self {
        let Some(encoding) = encoding(&head.headers) else { return Self::default() };
        let max = head.extensions.get::<FormLimit>().copied().unwrap_or_default();
        match whole(Box::pin(body), max.bytes()).await {
            Some(bytes) => Self { bytes, encoding },
            None => Self::default(),
        }
    }
}

/// Of the form that the headers announce, if they do.
fn encoding(headers: &HeaderMap) -> Option<UriEncoding> {
    let mut parts = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return None;
    }
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    let is_latin = charset.is_some_and(|(_, name)| name.trim_matches('"').eq_ignore_ascii_case("ISO-8859-1"));
    Some(if is_latin { UriEncoding::Latin1 } else { UriEncoding::Utf8 })
}

async fn whole<B: Body>(mut body: Pin<Box<B>>, max: u64) -> Option<Vec<u8>> {
    if body.size_hint().lower() > max {
        return None;
    }
    let mut bytes = Vec::new();
    loop {
        let frame = match tokio::time::timeout(PAUSE_MAX, body.frame()).await.ok()? {
            Some(frame) => frame.ok()?,
            None => return Some(bytes),
        };
        let Ok(mut data) = frame.into_data() else { continue }; // a trailer
        if bytes.len() as u64 + data.remaining() as u64 > max {
            return None;
        }
        while data.has_remaining() {
            let part = data.chunk();
            let length = part.len();
            bytes.extend_from_slice(part);
            data.advance(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use http_body_util::Full;

    use super::*;

    async fn read(content_type: &str, body: &str) -> (String, UriEncoding) {
        let request = Request::builder().header(header::CONTENT_TYPE, content_type).extension(FormLimit::new(8));
        let (head, ()) = request.body(()).unwrap().into_parts();
        let form = Form::read(&head, Full::new(Bytes::copy_from_slice(body.as_bytes()))).await;
        (String::from_utf8(form.bytes).unwrap(), form.encoding)
    }

    #[tokio::test]
    async fn only_a_form_is_read_and_only_up_to_its_limit() {
        let kind = "application/x-www-form-urlencoded";
        assert_eq!(read(kind, "a=1&b=2").await, ("a=1&b=2".to_owned(), UriEncoding::Utf8));
        let latin = format!("{}; charset=\"iso-8859-1\"", kind.to_uppercase());
        assert_eq!(read(&latin, "a=1").await, ("a=1".to_owned(), UriEncoding::Latin1));
        assert_eq!(read("text/plain", "a=1").await.0, "");
        assert_eq!(read(kind, "a=345678").await.0, "a=345678");
        assert_eq!(read(kind, "a=3456789").await.0, "");
    }
}
