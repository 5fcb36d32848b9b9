//! What an operator asks of a node, at the address of its health.
//!
//! | request | answer |
//! |---|---|
//! | `POST /control/drain` | the node leaves; answered when it has handed over what it holds: `{"node","complete","reason"}` |
//! | `GET /control/restart-check` | `{"node","restart","reason",…}` with the facts |
//!
//! Errors are `{"error":"…"}`, as everywhere. [`guard`] says who may ask.

use std::net::SocketAddr;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use outlive_connector::http::LocalAddress;
use outlive_net::Cluster;
use serde_json::{Value, json};

use super::departure::Departure;
use super::guard::{self, Ends, Refused};
use crate::cli::Secret;
use crate::reply::{self, Reply};
use crate::restart_check;

/// Where control requests begin.
const ROOT: &str = "/control/";

/// Answers an operator's requests.
#[derive(Debug)]
pub(crate) struct Control {
    node: String,
    token: Option<Secret>,
    departure: Arc<Departure>,
}

impl Control {
    pub(crate) fn new(node: &str, token: Option<Secret>, departure: Arc<Departure>) -> Self {
        Self { node: node.to_owned(), token, departure }
    }

    /// Whether a path belongs to it.
    pub(crate) fn takes(path: &str) -> bool {
        path.starts_with(ROOT)
    }

    /// Answers; `cluster`: as soon as there is one.
    pub(crate) async fn answer(&self, request: &Parts, cluster: Option<&Cluster>) -> Reply {
        let ends = Ends {
            peer: request.extensions.get::<SocketAddr>().copied(),
            local: request.extensions.get::<LocalAddress>().map(|local| local.0),
        };
        if let Err(Refused { status, sentence }) = guard::check(ends, &request.headers, self.token.as_ref()) {
            return refusal(status, sentence);
        }
        let Some(cluster) = cluster else {
            return refusal(StatusCode::SERVICE_UNAVAILABLE, "the node has not joined its cluster yet");
        };
        match (request.uri.path(), &request.method) {
            ("/control/drain", &Method::POST) => {
                self.departure.ask("outlive drain");
                let report = self.departure.ended().await;
                told(&json!({"node": self.node, "complete": report.complete, "reason": report.sentence}))
            }
            ("/control/drain", _) => only("POST"),
            ("/control/restart-check", &Method::GET) => told(&restart_check::facts(&self.node, cluster)),
            ("/control/restart-check", _) => only("GET"),
            _ => reply::not_found(),
        }
    }
}

fn told(value: &Value) -> Reply {
    reply::json(StatusCode::OK, value.to_string())
}

fn only(method: &'static str) -> Reply {
    let mut reply = refusal(StatusCode::METHOD_NOT_ALLOWED, "not with this method");
    reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static(method));
    reply
}

fn refusal(status: StatusCode, sentence: &str) -> Reply {
    reply::json(status, json!({"error": sentence}).to_string())
}
