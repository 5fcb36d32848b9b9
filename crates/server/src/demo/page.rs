//! The demo's page: its files, which lie in this program, and the headers that keep it to itself.
//!
//! | route | what |
//! |---|---|
//! | `GET /` | the page |
//! | `GET /demo/…` | its style, its scripts, its icon |
//! | `GET /state` | the nodes and the play as JSON, asked for again and again by the page |
//! | `POST /nodes/A/kill`, `…/start`, `B` likewise | the buttons |
//! | `POST /play` | plays the nine steps |
//!
//! A POST answers JSON, or leads back to the page where a form without script sent it.

use std::fmt::Write;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

use super::nodes::{Nodes, Which};
use super::origin;
use super::stage::{Busy, Stage};
use super::steps::STEPS;
use crate::reply::{self, Reply};

const INDEX: &str = include_str!("page/index.html");

/// One node's card.
const NODE: &str = include_str!("page/node.html");

/// What stands in the page where the nodes and the steps belong.
const NODES_MARK: &str = "<!-- the nodes -->";
const STEPS_MARK: &str = "<!-- the steps -->";

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Path, type, text.
const FILES: [(&str, &str, &str); 7] = [
    ("/demo/demo.css", "text/css; charset=utf-8", include_str!("page/demo.css")),
    ("/demo/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("/demo/main.js", JAVASCRIPT, include_str!("page/main.js")),
    ("/demo/session.js", JAVASCRIPT, include_str!("page/session.js")),
    ("/demo/nodes.js", JAVASCRIPT, include_str!("page/nodes.js")),
    ("/demo/steps.js", JAVASCRIPT, include_str!("page/steps.js")),
    ("/demo/dom.js", JAVASCRIPT, include_str!("page/dom.js")),
];

/// Nothing from elsewhere, nothing inline, in nobody's frame. `same-origin` and not `no-referrer`: with that, a form's POST would come from the
/// origin "null".
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The page, one of its files, or the state; `None` where there is no such path.
pub(super) async fn get(stage: &Stage, path: &str) -> Option<Reply> {
    let reply = match path {
        "/" => reply::with_type(StatusCode::OK, "text/html; charset=utf-8", index()),
        "/state" => reply::json(StatusCode::OK, stage.state().await.to_string()),
        _ => {
            let (_, content_type, text) = FILES.iter().find(|(file, _, _)| *file == path)?;
            reply::with_type(StatusCode::OK, content_type, (*text).to_owned())
        }
    };
    Some(guarded(reply))
}

/// Presses a button; `None` where there is no such one.
pub(super) async fn post(stage: &Stage, headers: &HeaderMap, path: &str) -> Option<Reply> {
    let button = match path {
        "/nodes/A/kill" => Button::Kill(Which::A),
        "/nodes/B/kill" => Button::Kill(Which::B),
        "/nodes/A/start" => Button::Start(Which::A),
        "/nodes/B/start" => Button::Start(Which::B),
        "/play" => Button::Play,
        _ => return None,
    };
    if !origin::from_own_page(headers) {
        return Some(guarded(refusal(StatusCode::FORBIDDEN, "only this page's own buttons may do that")));
    }
    let reply = match button.press(stage).await {
        Ok(Ok(())) if takes_a_page(headers) => back_to_the_page(),
        Ok(Ok(())) => reply::json(StatusCode::OK, json!({"done": true}).to_string()),
        Ok(Err(sentence)) => {
            tracing::error!("{sentence}");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, &sentence)
        }
        Err(busy) => refusal(StatusCode::CONFLICT, busy.sentence()),
    };
    Some(guarded(reply))
}

enum Button {
    Kill(Which),
    Start(Which),
    Play,
}

impl Button {
    async fn press(self, stage: &Stage) -> Result<Result<(), String>, Busy> {
        match self {
            Self::Kill(which) => stage.kill(which).await.map(Ok),
            Self::Start(which) => stage.start(which).await,
            Self::Play => stage.play().map(Ok),
        }
    }
}

/// An error as the nodes tell theirs.
pub(super) fn refusal(status: StatusCode, sentence: &str) -> Reply {
    reply::json(status, Value::from_iter([("error", sentence)]).to_string())
}

fn index() -> String {
    let mut steps = String::new();
    for step in &STEPS {
        let _ = write!(steps, "<li><span class=\"title\">{}</span></li>", step.title); // a String takes everything
    }
    let node = |name, id| NODE.replace("{name}", name).replace("{id}", id);
    INDEX.replace(NODES_MARK, &(node("A", "a") + &node("B", "b"))).replace(STEPS_MARK, &steps)
}

fn guarded(mut reply: Reply) -> Reply {
    for (name, value) in HEADERS {
        reply.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    reply
}

/// A browser that follows a form rather than a script.
fn takes_a_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

fn back_to_the_page() -> Reply {
    let mut reply = Response::new(Full::new(Bytes::new()));
    *reply.status_mut() = StatusCode::SEE_OTHER;
    reply.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
    reply
}

/// What the terminal shows when all is up.
pub(super) fn to_try(nodes: &Nodes, page: SocketAddr) -> String {
    let [a, b] = nodes.all().map(|node| node.http());
    format!(
        "
  the page      http://{page}/       a sticky balancer, with buttons that kill and start the nodes
  node A        http://{a}/app/session
  node B        http://{b}/app/session

To try: open the page, count, sign in, kill the node that serves you, and count on; or let it play the nine steps. Or here:

  curl -c jar -b jar http://{page}/app/counter
  curl -c jar -b jar 'http://{page}/app/login?user=alice&password=wonderland'
  curl -c jar -b jar http://{page}/app/session        after its node was killed: the same session, the same user

The nine steps, played and checked in the terminal: outlive demo --script.   Ctrl-C ends everything."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_and_node_stands_in_the_page() {
        let page = index();
        assert!(page.contains("/nodes/A/kill\"") && page.contains("id=\"node-b\"") && !page.contains('{'));
        assert!(STEPS.iter().all(|step| page.contains(step.title)));
        assert!(!page.contains(STEPS_MARK) && !page.contains(NODES_MARK));
    }

    #[test]
    fn every_file_is_used_and_no_other_is_named() {
        let texts = || FILES.iter().map(|(_, _, text)| *text).chain([INDEX, NODE]);
        for (path, _, _) in FILES {
            let name = path.trim_start_matches("/demo/");
            assert!(texts().any(|text| text.contains(&format!("{name}\""))), "nobody uses {path}");
        }
        let named = texts().flat_map(|text| text.split("\"/demo/").skip(1).filter_map(|rest| rest.split('"').next()));
        for name in named {
            assert!(FILES.iter().any(|(path, _, _)| path.ends_with(&format!("/{name}"))), "{name}");
        }
        assert!(!texts().any(|text| text.contains("https://")), "something from elsewhere");
    }
}
