//! Asking nodes for their health, in rounds: all at once, then a pause, or none where a request has found something wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::node::{Node, NodeState};
use crate::pool::Pool;
use crate::settings::Settings;
use crate::source::{Place, Source};

/// The largest answer to a check that is read.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Other nodes of which one may tell.
const MEMBERS_MAX: usize = 64;

/// However many requests fail, rounds are this far apart.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// What a check has found.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    state: NodeState,
    /// Nobody listens there: no second check is needed to be sure.
    refused: bool,
    /// Whether there was an answer that tells a state.
    answered: bool,
    /// What the node calls itself.
    name: Option<String>,
    /// Where it serves.
    http: Option<SocketAddr>,
    /// Where it says that the health of other nodes is told.
    others: Vec<SocketAddr>,
}

/// What is remembered of a place from one round to the next.
#[derive(Debug, Default)]
struct Memory {
    node: Option<Arc<Node>>,
    failures: u32,
    /// What it said of others, if its last check was answered.
    others: Option<Vec<SocketAddr>>,
}

/// The rounds of checks.
#[derive(Debug)]
pub(crate) struct Checks {
    pool: Arc<Pool>,
    settings: Arc<Settings>,
    source: Source,
    client: Client<HttpConnector, Empty<Bytes>>,
    places: BTreeMap<Place, Memory>,
}

impl Checks {
    pub(crate) fn new(pool: Arc<Pool>, settings: Arc<Settings>, source: Source) -> Self {
        // A connection for each check, so that it tells whether one can be made.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Self { pool, settings, source, client, places: BTreeMap::new() }
    }

    /// Goes on until it is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::time::sleep(PAUSE_MIN).await;
            let _ =
                tokio::time::timeout(self.settings.check_interval.saturating_sub(PAUSE_MIN), self.pool.doubted()).await;
            self.round().await;
        }
    }

    /// Looks for the nodes and checks each.
    pub(crate) async fn round(&mut self) {
        let mut places = self.source.places().await;
        if self.source.follows_members() {
            self.add_members(&mut places.found);
        }
        self.places.retain(|place, memory| {
            let is_gone = places.complete && !places.found.contains(place);
            if let Some(node) = memory.node.as_ref().filter(|_| is_gone) {
                self.pool.remove(node);
            }
            !is_gone
        });
        let mut checks = JoinSet::new();
        for place in places.found {
            if let Some(name) = &place.name {
                // It is used before its first check has ended.
                let memory = self.places.entry(place.clone()).or_default();
                memory.node.get_or_insert_with(|| self.pool.add(name, place.address, &self.settings));
            }
            let (client, limit) = (self.client.clone(), self.settings.check_timeout);
            checks.spawn(async move {
                let found = tokio::time::timeout(limit, ask(&client, &place)).await;
                (place, found.unwrap_or(NOTHING))
            });
        }
        while let Some(Ok((place, found))) = checks.join_next().await {
            self.learn(place, found);
        }
    }

    /// The nodes that the last round has found, and those of which they told. One that is silent, and that no other knows any more, is gone;
    /// where all are silent, nobody is.
    fn add_members(&self, found: &mut BTreeSet<Place>) {
        let told: Vec<_> =
            self.places.iter().filter_map(|(place, memory)| Some((place, memory.others.as_ref()?))).collect();
        if told.is_empty() {
            found.extend(self.places.keys().cloned());
        }
        for (place, others) in told {
            found.insert(place.clone());
            found.extend(others.iter().copied().map(Place::of_health));
        }
    }

    fn learn(&mut self, place: Place, found: Found) {
        let memory = self.places.entry(place.clone()).or_default();
        memory.others = found.answered.then_some(found.others);
        if place.name.is_none()
            && let Some(http) = found.http
        {
            let name = found.name.unwrap_or_else(|| http.to_string());
            let node = self.pool.add(&name, reachable(http, place.address.ip()), &self.settings);
            if let Some(before) = memory.node.replace(Arc::clone(&node))
                && !Arc::ptr_eq(&before, &node)
            {
                self.pool.remove(&before);
            }
        }
        memory.failures = if found.state == NodeState::Down { memory.failures.saturating_add(1) } else { 0 };
        let is_sure =
            found.refused || found.state != NodeState::Down || memory.failures >= self.settings.check_failures;
        if let Some(node) = memory.node.as_ref().filter(|_| is_sure) {
            node.set_state(found.state);
        }
    }
}

const NOTHING: Found =
    Found { state: NodeState::Down, refused: false, answered: false, name: None, http: None, others: Vec::new() };

async fn ask(client: &Client<HttpConnector, Empty<Bytes>>, place: &Place) -> Found {
    let uri = Uri::builder().scheme("http").authority(place.address.to_string()).path_and_query(place.path.as_str());
    let Ok(request) = uri.build().map(Request::get).and_then(|request| request.body(Empty::new())) else {
        return NOTHING; // a path that is none
    };
    let (head, body) = match client.request(request).await {
        Ok(answer) => answer.into_parts(),
        Err(error) => return Found { refused: error.is_connect(), ..NOTHING },
    };
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    told(head.status, &body.map(|body| body.to_bytes()).unwrap_or_default())
}

/// What an answer says. A node of ours tells more than its status.
fn told(status: StatusCode, body: &[u8]) -> Found {
    let facts: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |field| facts.get(field).and_then(Value::as_str);
    let state = match (status, text("state")) {
        (_, Some("starting")) => NodeState::Down,
        (StatusCode::SERVICE_UNAVAILABLE, _) => NodeState::Leaving,
        (status, _) if status.is_success() || status.is_redirection() => NodeState::Up,
        _ => NodeState::Down,
    };
    let http = text("http").and_then(|address| address.parse().ok());
    let others = facts.get("peers").and_then(Value::as_array).into_iter().flatten().take(MEMBERS_MAX);
    Found {
        state,
        refused: false,
        answered: text("state").is_some(),
        name: text("node").map(str::to_owned),
        http,
        others: others.filter_map(|peer| peer.get("health")?.as_str()?.parse().ok()).collect(),
    }
}

/// A node that serves at all of its addresses is reached where its health is.
fn reachable(http: SocketAddr, health: IpAddr) -> SocketAddr {
    if http.ip().is_unspecified() { SocketAddr::new(health, http.port()) } else { http }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: u16, body: &str) -> NodeState {
        told(StatusCode::from_u16(status).unwrap(), body.as_bytes()).state
    }

    #[test]
    fn an_answer_tells_the_state() {
        for (status, body, expected) in [
            (200, "", NodeState::Up),
            (302, "", NodeState::Up),
            (503, "", NodeState::Leaving),
            (503, r#"{"node":"a","state":"leaving"}"#, NodeState::Leaving),
            (503, r#"{"node":"a","state":"starting"}"#, NodeState::Down),
            (404, "", NodeState::Down),
            (500, "{", NodeState::Down),
        ] {
            assert_eq!(state(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_node_tells_its_name_and_where_it_serves() {
        let found = told(StatusCode::OK, br#"{"node":"a","state":"ready","http":"0.0.0.0:8080"}"#);
        assert_eq!(found.name.as_deref(), Some("a"));
        let at = reachable(found.http.unwrap(), "10.0.0.1".parse().unwrap());
        assert_eq!(at, "10.0.0.1:8080".parse().unwrap());
        let own = "10.0.0.9:8080".parse().unwrap();
        assert_eq!(reachable(own, "10.0.0.1".parse().unwrap()), own);
        assert_eq!(told(StatusCode::OK, br#"{"node":null,"http":"nowhere"}"#).http, None);
    }
}
