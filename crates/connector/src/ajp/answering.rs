//! One request with its service: from the future of the response to the last part of its body.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body::Body;
use outlive_ajp::{Connection, SendError};

use super::body::RequestBody;
use crate::service::HttpService;

/// Headers of one connection, which is not the client's.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// A request that is answered.
pub(super) struct Answering<S: HttpService<RequestBody>> {
    is_head: bool,
    state: State<S>,
    /// Whether there is something of the body that the front was not told to hand on.
    unflushed: bool,
}

enum State<S: HttpService<RequestBody>> {
    Started(Pin<Box<S::Started>>),
    Body(Pin<Box<S::Body>>),
}

/// What an answer came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There will be more.
    More,
    /// The connection has got all of it.
    Finished,
    /// It cannot be ended well.
    Broken,
}

impl<S: HttpService<RequestBody>> Answering<S> {
    pub(super) fn start(service: &S, request: Request<RequestBody>) -> Self {
        let is_head = request.method() == Method::HEAD;
        Self { is_head, state: State::Started(Box::pin(service.start(request))), unflushed: false }
    }

    /// Does the next step of the answer. Cancel safe: what is done is in the connection.
    pub(super) async fn step(&mut self, connection: &mut Connection, flush: bool) -> Step {
        poll_fn(|cx| self.poll_step(cx, connection, flush)).await
    }

    fn poll_step(&mut self, cx: &mut Context<'_>, connection: &mut Connection, flush: bool) -> Poll<Step> {
        match &mut self.state {
            State::Started(started) => match ready!(started.as_mut().poll(cx)) {
                Ok(response) => Poll::Ready(self.head(response, connection)),
                Err(error) => {
                    tracing::debug!(error = %error.into(), "the service failed");
                    Poll::Ready(Step::Broken)
                }
            },
            State::Body(body) => {
                let Poll::Ready(frame) = body.as_mut().poll_frame(cx) else {
                    // Nothing more for now: what is there may interest the client. Written, the connection comes back here.
                    if std::mem::take(&mut self.unflushed) && flush && connection.flush().is_ok() {
                        return Poll::Ready(Step::More);
                    }
                    return Poll::Pending;
                };
                match frame {
                    None => Poll::Ready(finished(connection)),
                    Some(Err(error)) => {
                        tracing::debug!(error = %error.into(), "the body of an answer broke off");
                        Poll::Ready(Step::Broken)
                    }
                    Some(Ok(frame)) => {
                        // A trailer has no place in AJP.
                        if let Ok(mut data) = frame.into_data() {
                            while data.has_remaining() {
                                let part = data.chunk();
                                let length = part.len();
                                if connection.send_body(part).is_err() {
                                    return Poll::Ready(Step::Broken);
                                }
                                data.advance(length);
                                self.unflushed = true;
                            }
                        }
                        Poll::Ready(if body.is_end_stream() { finished(connection) } else { Step::More })
                    }
                }
            }
        }
    }

    fn head(&mut self, response: Response<S::Body>, connection: &mut Connection) -> Step {
        let (mut parts, body) = response.into_parts();
        for name in HOP_BY_HOP {
            parts.headers.remove(name);
        }
        let status = parts.status;
        let has_body = !(status.is_informational() || matches!(status.as_u16(), 204 | 205 | 304));
        if has_body {
            add_length(&mut parts.headers, &body, self.is_head);
        }
        let reason = status.canonical_reason().unwrap_or(status.as_str());
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
        match connection.send_head(status.as_u16(), reason, headers) {
            Ok(true) if !body.is_end_stream() => {
                self.state = State::Body(Box::pin(body));
                Step::More
            }
            Ok(_) => finished(connection),
            Err(error @ SendError::HeadTooLong { .. }) => {
                tracing::error!(%error, "the answer is 500 in its place");
                connection.refuse(500);
                Step::Finished
            }
            Err(_) => Step::Broken,
        }
    }
}

/// The length of a body that knows it, as HTTP's own server adds it.
fn add_length<B: Body>(headers: &mut HeaderMap, body: &B, is_head: bool) {
    if let Some(length) = body.size_hint().exact()
        && !headers.contains_key(header::CONTENT_LENGTH)
        // The answer to HEAD has none, and GET's may have one.
        && !(is_head && length == 0)
    {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}

fn finished(connection: &mut Connection) -> Step {
    if connection.finish().is_ok() { Step::Finished } else { Step::Broken }
}

impl<S: HttpService<RequestBody>> std::fmt::Debug for Answering<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = if matches!(self.state, State::Started(_)) { "started" } else { "body" };
        f.debug_struct("Answering").field("state", &state).finish_non_exhaustive()
    }
}
