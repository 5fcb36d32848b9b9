//! The session app: one small web application that every server of a comparison serves alike, so that a client can tell them apart by
//! `node` only.
//!
//! Every route takes `GET` and answers JSON. A route that writes makes the session where there is none.
//!
//! | route | what |
//! |---|---|
//! | `/session[?create=true]` | the whole session |
//! | `/set?name=&type=&value=`, `/remove?name=` | one attribute |
//! | `/counter`, `/read` | adds one to `counter`; reads it |
//! | `/fill?name=&bytes=` | an attribute of that many bytes |
//! | `/mutate?name=&value=` | appends to a list attribute, and writes it back |
//! | `/login?user=&password=`, `/logout`, `/changeid` | the user and the id |
//! | `/maxinactive?seconds=`, `/invalidate` | the session's end |
//! | `/health` | `200` with the numbers of members and sessions; `503` while the node leaves |
//!
//! Where the reference loses a value that was changed in place, this one does not: a value here is written back by setting it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, StatusCode};
use outlive_net::Sessions;
use outlive_tower::Session;
use tower_service::Service;

use crate::drain::Departure;
use crate::reply::{self, Reply};

pub(crate) mod json;
mod json_value;
mod query;
mod routes;
mod users;
mod values;

/// The app of one context, behind a `SessionLayer`.
#[derive(Debug, Clone)]
pub(crate) struct SessionApp {
    context: Arc<AppContext>,
}

/// What all requests share.
#[derive(Debug)]
struct AppContext {
    sessions: Sessions,
    departure: Arc<Departure>,
    /// `{"node":"…"`, as every answer begins.
    head: String,
}

impl SessionApp {
    /// `departure`: what its health tells beside the sessions.
    pub(crate) fn new(node: &str, sessions: Sessions, departure: Arc<Departure>) -> Self {
        let head = json::Json::node(node);
        Self { context: Arc::new(AppContext { sessions, departure, head }) }
    }
}

impl<B> Service<Request<B>> for SessionApp {
    type Response = Reply;
    type Error = Infallible;
    type Future = Ready<Result<Reply, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let session = request.extensions_mut().remove::<Session>();
        let answer = match (reply::not_reading(&request), session) {
            (Some(refusal), _) => refusal,
            (None, Some(session)) => {
                let encoding = request.extensions().get().copied().unwrap_or_default();
                routes::answer(&self.context, request.uri(), encoding, &session)
            }
            (None, None) => {
                reply::json(StatusCode::INTERNAL_SERVER_ERROR, r#"{"error":"no session layer"}"#.to_owned())
            }
        };
        ready(Ok(answer))
    }
}
