//! A browser with one cookie.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::Empty;
use serde_json::Value;

use crate::exchange::exchange;

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Keeps the session cookie that the last answer set, whichever node gave it: a cookie goes to a host, not to a port.
#[derive(Debug, Default)]
pub(super) struct Browser {
    cookie: Option<String>,
}

impl Browser {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The session's id as the browser knows it.
    pub(super) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    pub(super) fn forget(&mut self) {
        self.cookie = None;
    }

    /// Asks over a connection of its own and reads JSON.
    ///
    /// # Errors
    /// No connection, no answer in time, a status other than 200, or no JSON.
    pub(super) async fn get(&mut self, node: SocketAddr, path_and_query: &str) -> anyhow::Result<Value> {
        let mut request = Request::get(path_and_query).header(header::HOST, node.to_string());
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("JSESSIONID={cookie}"));
        }
        let (head, body) = exchange(node, request.body(Empty::<Bytes>::new())?, ANSWER_LIMIT).await?;
        self.remember(&head.headers);
        anyhow::ensure!(
            head.status == StatusCode::OK,
            "{path_and_query}: {} {}",
            head.status,
            String::from_utf8_lossy(&body)
        );
        Ok(serde_json::from_slice(&body)?)
    }

    fn remember(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            if let Some(rest) = line.strip_prefix("JSESSIONID=") {
                self.cookie = rest.split(';').next().map(str::to_owned);
            }
        }
    }
}

/// A session's id without the route of the node that serves it.
pub(super) fn bare(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}

/// `path?name=value&…`, encoded.
pub(super) fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}
