//! The session app: one small web application that every server of a comparison serves alike, so that a client can tell them apart by
//! `node` only.
//!
//! Every route takes `GET`, and `POST` with a form as well, and answers JSON. A route that writes makes the session where there is none.
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
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{Method, Request, StatusCode};
use http_body::Body;
use outlive_connector::ajp::Forwarded;
use outlive_net::Sessions;
use outlive_tower::Session;
use tower_service::Service;

use crate::drain::Departure;
use crate::reply::{self, Reply};

mod answer;
mod form;
pub(crate) mod json;
mod json_value;
mod query;
mod routes;
mod users;
mod values;

pub(crate) use answer::AppAnswer;
use form::Form;
use routes::Asked;

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

impl<B: Body<Data: Buf + Send, Error: Send> + Send + 'static> Service<Request<B>> for SessionApp {
    type Response = Reply;
    type Error = Infallible;
    type Future = AppAnswer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> AppAnswer {
        let (mut head, body) = request.into_parts();
        let Some(session) = head.extensions.remove::<Session>() else {
            let no_layer = r#"{"error":"no session layer"}"#.to_owned();
            return AppAnswer::ready(reply::json(StatusCode::INTERNAL_SERVER_ERROR, no_layer));
        };
        let user = head.extensions.get_mut::<Forwarded>().and_then(|forwarded| forwarded.remote_user.take());
        let asked = Asked { head, session, user };
        match asked.head.method {
            Method::GET | Method::HEAD => AppAnswer::ready(routes::answer(&self.context, &asked, &Form::default())),
            Method::POST => {
                let context = self.context.clone();
                AppAnswer::later(async move {
                    let form = Form::read(&asked.head, body).await;
                    routes::answer(&context, &asked, &form)
                })
            }
            _ => AppAnswer::ready(reply::not_allowed("GET, HEAD, POST")),
        }
    }
}
