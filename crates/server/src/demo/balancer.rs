//! What answers at the demo's address: the page and its buttons, and before the session app the balancer of `outlive balance`.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::Either;
use hyper::body::Incoming;
use outlive_balance::{AnswerBody, Settings, Source};
use tower_service::Service;

use super::node::NodeProcess;
use super::stage::{Busy, Stage};
use super::{origin, page};
use crate::reply::{self, Reply};

/// Nodes come and go by the press of a button here, and whoever pressed it looks at once.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// How long a node may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

type Answer = Response<AnswerBody>;

/// The page, its buttons, and the way to the nodes.
#[derive(Debug, Clone)]
pub(super) struct Balancer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    stage: Stage,
    nodes: outlive_balance::Balancer,
}

impl Balancer {
    pub(super) async fn start(stage: Stage) -> Self {
        let place = |node: &NodeProcess| (node.name().to_owned(), node.http().ip().to_string(), node.http().port());
        let source = Source::Listed { nodes: stage.nodes().all().map(place).to_vec(), check: "/app/health".to_owned() };
        let mut settings = Settings::default();
        settings.check_interval = CHECK_INTERVAL;
        settings.answer_timeout = ANSWER_LIMIT;
        let nodes = outlive_balance::Balancer::start(source, settings).await;
        Self { shared: Arc::new(Shared { stage, nodes }) }
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
            return self.nodes.forward(request).await;
        }
        let reply = match *request.method() {
            Method::GET | Method::HEAD => page::get(&self.stage, path).await,
            Method::POST => page::post(&self.stage, request.headers(), path).await,
            _ => None,
        };
        reply.unwrap_or_else(reply::not_found).map(Either::Right)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
