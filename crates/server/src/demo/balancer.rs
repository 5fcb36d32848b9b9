//! The demo's sticky balancer: a request goes to the node that its session cookie names, and to the other one when that is down.
//!
//! Small and honest rather than fast: production wants HAProxy, nginx, or httpd.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{Either, Empty, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

use super::node::NodeProcess;
use super::stage::{Busy, Stage};
use super::{origin, page};
use crate::reply::{self, Reply};

/// How long a node may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

type RequestBody = Either<Incoming, Empty<Bytes>>;
type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// The page, its buttons, and the way to the nodes.
#[derive(Debug, Clone)]
pub(super) struct Balancer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    stage: Stage,
    client: Client<HttpConnector, RequestBody>,
    /// Whose turn it is with requests that have no session.
    turn: AtomicUsize,
}

impl Balancer {
    pub(super) fn new(stage: Stage) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { shared: Arc::new(Shared { stage, client, turn: AtomicUsize::new(0) }) }
    }
}

impl Service<Request<Incoming>> for Balancer {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let shared = self.shared.clone();
        Box::pin(async move { Ok(shared.answer(request).await) })
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path();
        if !origin::is_own_host(request.headers()) {
            let sentence = "this demo answers to 127.0.0.1 and localhost alone";
            return page::refusal(StatusCode::MISDIRECTED_REQUEST, sentence).map(Either::Right);
        }
        if path == "/app" || path.starts_with("/app/") {
            if self.stage.is_playing() && !only_reads(request.uri()) {
                return rests().map(Either::Right);
            }
            return self.forward(request).await;
        }
        let reply = match *request.method() {
            Method::GET | Method::HEAD => page::get(&self.stage, path).await,
            Method::POST => page::post(&self.stage, request.headers(), path).await,
            _ => None,
        };
        reply.unwrap_or_else(reply::not_found).map(Either::Right)
    }

    /// The nodes in the order in which they are asked.
    fn order(&self, headers: &HeaderMap) -> [&NodeProcess; 2] {
        let [a, b] = self.stage.nodes().all();
        let first_is_b = match route(headers) {
            Some(route) if route == a.name() => false,
            Some(route) if route == b.name() => true,
            _ => self.turn.fetch_add(1, Ordering::Relaxed) % 2 == 1,
        };
        if first_is_b { [b, a] } else { [a, b] }
    }

    /// A request that only reads (by its method) is asked again at the other node when the first cannot answer it; one with a body is not, as
    /// the first may have done it.
    async fn forward(&self, request: Request<Incoming>) -> Answer {
        let (mut head, body) = request.into_parts();
        for_the_next_hop(&mut head.headers);
        head.headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
        let [first, second] = self.order(&head.headers);
        if !matches!(head.method, Method::GET | Method::HEAD) {
            return self.ask(first, head, Either::Left(body)).await.unwrap_or_else(unavailable);
        }
        match self.ask(first, head.clone(), Either::Right(Empty::new())).await {
            Ok(answer) => answer,
            Err(_) => self.ask(second, head, Either::Right(Empty::new())).await.unwrap_or_else(unavailable),
        }
    }

    async fn ask(&self, node: &NodeProcess, mut head: Parts, body: RequestBody) -> Result<Answer, String> {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        head.uri = Uri::builder()
            .scheme("http")
            .authority(node.http().to_string())
            .path_and_query(target)
            .build()
            .map_err(|error| error.to_string())?;
        let answer = self.client.request(Request::from_parts(head, body));
        match tokio::time::timeout(ANSWER_LIMIT, answer).await {
            Ok(Ok(mut answer)) => {
                for_the_next_hop(answer.headers_mut());
                Ok(answer.map(Either::Left))
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("node {} has not answered", node.name())),
        }
    }
}

fn unavailable(reason: String) -> Answer {
    tracing::debug!(reason, "no node answered");
    page::refusal(StatusCode::SERVICE_UNAVAILABLE, "no node answers").map(Either::Right)
}

/// The route behind the id in the session cookie.
fn route(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut values = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().strip_prefix("JSESSIONID="));
    values.find_map(|id| id.split_once('.')).map(|(_, route)| route.trim_end_matches('"'))
}

/// The routes of the session app that neither make a session nor change one.
fn only_reads(uri: &Uri) -> bool {
    match uri.path() {
        "/app/session" => uri.query().is_none(),
        "/app/read" | "/app/health" => true,
        _ => false,
    }
}

/// While the nine steps are played: they count sessions, so nobody else may make one.
fn rests() -> Reply {
    let mut reply = page::refusal(StatusCode::SERVICE_UNAVAILABLE, Busy::Playing.sentence());
    reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    reply
}

/// Takes out what is between two neighbours only (RFC 9110 §7.6.1), with what the `Connection` header names.
fn for_the_next_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_route_stands_behind_the_first_dot_of_the_session_cookie() {
        let of = |cookie| route(&headers(&[("cookie", cookie)])).map(str::to_owned);
        assert_eq!(of("x=1; JSESSIONID=AB.B").as_deref(), Some("B"));
        assert_eq!(of("JSESSIONID=AB; JSESSIONID=\"CD.A\"").as_deref(), Some("A"));
        assert_eq!(of("JSESSIONID=AB"), None);
        assert_eq!(of("OTHER=AB.B"), None);
    }

    #[test]
    fn what_only_reads_goes_on_while_the_steps_are_played() {
        for (target, reads) in [
            ("/app/session", true),
            ("/app/read", true),
            ("/app/health", true),
            ("/app/session?create=true", false),
            ("/app/counter", false),
            ("/app/set?name=n&value=v", false),
        ] {
            assert_eq!(only_reads(&Uri::from_static(target)), reads, "{target}");
        }
    }

    #[test]
    fn what_is_for_one_hop_goes_no_further() {
        let mut headers =
            headers(&[("connection", "close, x-hop"), ("x-hop", "1"), ("te", "trailers"), ("accept", "*/*")]);
        for_the_next_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }
}
