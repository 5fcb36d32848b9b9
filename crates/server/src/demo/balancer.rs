//! The demo's sticky balancer: a request goes to the node that its session cookie names, and to the other one when that is down.
//!
//! Small and honest rather than fast: production wants HAProxy, nginx, or httpd.

use std::convert::Infallible;
use std::net::SocketAddr;
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
use super::nodes::{Nodes, Which};
use super::page;
use crate::reply;

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
    nodes: Arc<Nodes>,
    address: SocketAddr,
    client: Client<HttpConnector, RequestBody>,
    /// Whose turn it is with requests that have no session.
    turn: AtomicUsize,
}

impl Balancer {
    /// `address`: where the page is; only pages from there may press its buttons.
    pub(super) fn new(nodes: Arc<Nodes>, address: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { shared: Arc::new(Shared { nodes, address, client, turn: AtomicUsize::new(0) }) }
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
        let whole = match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, "/") => page::index(),
            (&Method::GET | &Method::HEAD, "/nodes") => page::nodes(&self.nodes).await,
            (&Method::POST, path) if path.starts_with("/nodes/") => self.button(request.headers(), path).await,
            (_, path) if path == "/app" || path.starts_with("/app/") => return self.forward(request).await,
            _ => reply::not_found(),
        };
        whole.map(Either::Right)
    }

    /// Kills or starts a node, for a page of this balancer alone: any other site could make a browser post here.
    async fn button(&self, headers: &HeaderMap, path: &str) -> reply::Reply {
        if !from_own_page(headers, self.address) {
            return reply::json(
                StatusCode::FORBIDDEN,
                r#"{"error":"only this page's own buttons may do that"}"#.to_owned(),
            );
        }
        let done = match path {
            "/nodes/A/kill" => self.kill(Which::A).await,
            "/nodes/B/kill" => self.kill(Which::B).await,
            "/nodes/A/start" => self.nodes.node(Which::A).start().await,
            "/nodes/B/start" => self.nodes.node(Which::B).start().await,
            _ => return reply::not_found(),
        };
        if let Err(sentence) = done {
            tracing::error!("{sentence}");
        }
        page::back_to_nodes()
    }

    async fn kill(&self, which: Which) -> Result<(), String> {
        self.nodes.node(which).kill().await;
        Ok(())
    }

    /// The nodes in the order in which they are asked.
    fn order(&self, headers: &HeaderMap) -> [&NodeProcess; 2] {
        let [a, b] = self.nodes.all();
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
    reply::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"no node answers"}"#.to_owned()).map(Either::Right)
}

/// The route behind the id in the session cookie.
fn route(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut values = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().strip_prefix("JSESSIONID="));
    values.find_map(|id| id.split_once('.')).map(|(_, route)| route.trim_end_matches('"'))
}

/// Whether a browser says that its page is ours, under a name that is this machine's (so no foreign name that resolves to it).
fn from_own_page(headers: &HeaderMap, address: SocketAddr) -> bool {
    let own = [format!("http://{address}"), format!("http://localhost:{}", address.port())];
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    origin.is_some_and(|origin| own.iter().any(|own| own == origin))
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
    fn only_the_own_page_presses_buttons() {
        let address = "127.0.0.1:8080".parse().unwrap();
        let from = |origin| from_own_page(&headers(&[("origin", origin)]), address);
        assert!(from("http://127.0.0.1:8080") && from("http://localhost:8080"));
        for origin in ["http://127.0.0.1:8081", "https://127.0.0.1:8080", "http://evil.example:8080", "null", ""] {
            assert!(!from(origin), "{origin}");
        }
        assert!(!from_own_page(&HeaderMap::new(), address));
    }

    #[test]
    fn what_is_for_one_hop_goes_no_further() {
        let mut headers =
            headers(&[("connection", "close, x-hop"), ("x-hop", "1"), ("te", "trailers"), ("accept", "*/*")]);
        for_the_next_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }
}
