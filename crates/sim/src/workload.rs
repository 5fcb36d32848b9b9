//! The clients: what they ask for, where, and what they remember.
//!
//! A request is several steps of its node (find, one for each change, complete, the wait for acknowledgements), and anything
//! may happen in between. A client asks one thing after the other; of those that share a cookie, two may ask at once.
//! A request that a balancer gives to a second node while the first still works on it is not played.

use std::collections::BTreeMap;

use crate::event::{ClientId, ProcessId};
use crate::request::Request;
use crate::scenario::Scenario;

/// A browser.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// How many requests it has made.
    pub number: u32,
    /// Who works on its request, from when it was sent.
    pub asking: Option<ProcessId>,
    /// The last host that answered.
    pub last: Option<usize>,
}

/// All clients, and their requests under way.
#[derive(Debug)]
pub struct Workload {
    /// The clients.
    pub clients: Vec<Client>,
    /// Cookies; those of clients that share one stand at the first of the two.
    cookies: Vec<Option<String>>,
    sharing: usize,
    /// Requests by client.
    pub requests: BTreeMap<ClientId, Request>,
    /// No new request is made.
    pub has_stopped: bool,
}

impl Workload {
    /// Clients that have not begun.
    pub fn new(scenario: &Scenario) -> Self {
        Workload {
            clients: vec![Client::default(); scenario.clients],
            cookies: vec![None; scenario.clients],
            sharing: scenario.sharing.min(scenario.clients),
            requests: BTreeMap::new(),
            has_stopped: false,
        }
    }

    /// Whether a client shares its cookie with another.
    pub fn is_sharing(&self, client: ClientId) -> bool {
        (client | 1) < self.sharing
    }

    fn jar(&self, client: ClientId) -> usize {
        if self.is_sharing(client) { client & !1 } else { client }
    }

    /// The cookie that a client has.
    pub fn cookie(&self, client: ClientId) -> Option<&str> {
        self.cookies[self.jar(client)].as_deref()
    }

    /// Gives a client a cookie, or takes it.
    pub fn set_cookie(&mut self, client: ClientId, cookie: Option<String>) {
        let jar = self.jar(client);
        self.cookies[jar] = cookie;
    }

    /// Whether a process works on a request.
    pub fn serves(&self, process: ProcessId) -> bool {
        self.requests.values().any(|request| request.process == process)
    }

    /// Whether no request is under way, and none will be.
    pub fn is_resting(&self) -> bool {
        self.has_stopped && self.clients.iter().all(|client| client.asking.is_none())
    }
}
