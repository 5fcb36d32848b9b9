//! One request's way to a node and its answer's way back.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use crate::body::{AnswerBody, Paced, RequestBody};
use crate::headers::{for_the_next_hop, wants_upgrade};
use crate::lending::{Lender, Turn};
use crate::node::{Node, UnderWay};
use crate::pool::Pool;
use crate::route::routes;
use crate::settings::Settings;
use crate::tunnel::Tunnels;

/// What forwarding needs.
#[derive(Debug)]
pub(crate) struct Forwarder {
    pub(crate) pool: Arc<Pool>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) tunnels: Tunnels,
}

/// Why a node gave no answer.
enum Failure {
    /// Nothing was sent: no connection could be made.
    NotConnected(String),
    /// The connection broke; the node may have done what was asked.
    Broken(String),
    /// It took too long.
    Late,
    /// It is the client's: the rest of the body has not come. So with this answer, and the node has done nothing wrong.
    Client(StatusCode, &'static str),
}

impl Forwarder {
    /// Sends a request to the node that its session belongs to, or to another one, and gives the answer.
    pub(crate) async fn forward(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        let (mut head, body) = request.into_parts();
        let order = {
            let Settings { cookie, path_parameter, .. } = &*self.settings;
            self.pool.attempts(routes(&head.uri, &head.headers, cookie, path_parameter))
        };
        let body = Lender::new(body);
        let upgrade = head.extensions.remove::<OnUpgrade>().filter(|_| wants_upgrade(&head.headers));
        let peer = head.extensions.remove::<SocketAddr>();
        for_the_next_hop(&mut head.headers, upgrade.is_some());
        self.settings.trusted.tell(&mut head.headers, peer);
        let only_reads = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let repeatable = only_reads && body.is_empty() && upgrade.is_none();

        for node in &order {
            let under_way = node.begin();
            let failure = match self.ask(node, &head, &body).await {
                Ok(answer) => return self.answered(answer, upgrade, under_way),
                Err(failure) => failure,
            };
            if let Failure::Client(status, sentence) = failure {
                tracing::debug!(node = node.name(), sentence, "a request came in part");
                return refusal(status, sentence);
            }
            let (may_repeat, reason) = match &failure {
                Failure::NotConnected(reason) => (body.is_empty() || body.is_whole(), reason.as_str()),
                Failure::Broken(reason) => (repeatable, reason.as_str()),
                Failure::Late | Failure::Client(..) => (false, "it has not answered"),
            };
            tracing::debug!(node = node.name(), reason, may_repeat, "a node gave no answer");
            node.failed(matches!(failure, Failure::NotConnected(_)));
            if !may_repeat {
                return match failure {
                    Failure::Late => refusal(StatusCode::GATEWAY_TIMEOUT, "the node has not answered"),
                    _ => refusal(StatusCode::BAD_GATEWAY, "the node's connection broke"),
                };
            }
        }
        let mut answer = refusal(StatusCode::SERVICE_UNAVAILABLE, "no node answers");
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        answer
    }

    async fn ask(&self, node: &Node, head: &Parts, body: &Lender) -> Result<Response<Incoming>, Failure> {
        let request = self.request_to(node, head, body).map_err(|error| Failure::NotConnected(error.to_string()))?;
        let answer = tokio::select! {
            answer = node.send(request) => answer,
            () = body.overdue(self.settings.answer_timeout) => return Err(Failure::Late),
        };
        answer.map_err(|error| match body.turn() {
            Turn::ClientStill => Failure::Client(StatusCode::REQUEST_TIMEOUT, "the rest of the request has not come"),
            Turn::ClientGone => Failure::Client(StatusCode::BAD_REQUEST, "the request ended within its body"),
            Turn::Node(_) | Turn::Client if error.is_connect() => Failure::NotConnected(chain(&error)),
            Turn::Node(_) | Turn::Client => Failure::Broken(chain(&error)),
        })
    }

    fn request_to(&self, node: &Node, head: &Parts, body: &Lender) -> Result<Request<RequestBody>, http::Error> {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let uri = Uri::builder().scheme("http").authority(node.address().to_string()).path_and_query(target).build()?;
        let mut request = Request::new(body.lend(self.settings.idle_timeout));
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_11;
        request.headers_mut().clone_from(&head.headers);
        Ok(request)
    }

    fn answered(
        &self,
        mut answer: Response<Incoming>,
        client: Option<OnUpgrade>,
        under_way: UnderWay,
    ) -> Response<AnswerBody> {
        let changes_over = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
        let mut under_way = Some(under_way);
        if changes_over {
            let Some(client) = client else {
                return refusal(StatusCode::BAD_GATEWAY, "the node changes the protocol, and nobody has asked for it");
            };
            let node = hyper::upgrade::on(&mut answer);
            if let Some(under_way) = under_way.take() {
                self.tunnels.open(client, node, self.settings.tunnel_timeout, under_way);
            }
        }
        for_the_next_hop(answer.headers_mut(), changes_over);
        answer.map(|body| Either::Left(Paced::new(body, self.settings.idle_timeout, under_way)))
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

/// A few words of the balancer itself, in the form of the nodes' own.
fn refusal(status: StatusCode, sentence: &'static str) -> Response<AnswerBody> {
    let body = serde_json::json!({ "error": sentence }).to_string();
    let mut answer = Response::new(Either::Right(Full::new(Bytes::from(body))));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
