//! Nodes over one store, and what that has of their sessions.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, poll};
use outlive_serial::{Limits, Value};
use outlive_session::{Principal, StoredSession};
use serde_json::Value as Json;

/// How long a node may take to learn something by itself, and a store to have it.
pub(crate) const EVENTUALLY: Duration = Duration::from_secs(20);

/// A cluster of so many nodes over one store, not started.
pub(crate) fn cluster<'scene>(scene: &'scene Scene, url: &str, size: usize) -> Result<Vec<OutliveNode<'scene>>> {
    let node = |number| {
        let spec = NodeSpec::new(&format!("node-{number}"), number);
        Ok(OutliveNode::new(scene, spec)?.with_store(url))
    };
    (1..=size).map(node).collect()
}

/// Starts them all at once, and waits until each sees the others.
pub(crate) fn start_all(nodes: &mut [OutliveNode<'_>]) -> Result<()> {
    nodes.iter_mut().try_for_each(Server::launch)?;
    nodes.iter_mut().try_for_each(Server::healthy)?;
    let others = nodes.len() as u64 - 1;
    for node in nodes.iter() {
        poll::until_equal("members", EVENTUALLY, &others, || Ok(node.health()?.members))?;
    }
    Ok(())
}

/// Waits until each of them counts so many sessions.
pub(crate) fn all_hold(nodes: &[OutliveNode<'_>], sessions: u64) -> Result<()> {
    let holds = |node: &OutliveNode<'_>| {
        let what = format!("sessions of {}", node.name());
        poll::until_equal(&what, EVENTUALLY, &sessions, || Ok(node.health()?.sessions))
    };
    nodes.iter().try_for_each(holds)
}

/// Logs alice in.
pub(crate) fn login(client: &mut Client, node: &dyn Server) -> Result<Json> {
    client.get(node.http(), "login", &[("user", "alice"), ("password", "wonderland")])
}

/// The id that a client has, without a route.
pub(crate) fn base_of(client: &Client) -> Result<String> {
    let id = client.cookie().context("a client without a session")?;
    Ok(id.split('.').next().unwrap_or(id).to_owned())
}

/// What a store has, by the sessions' ids without their routes.
#[derive(Debug, PartialEq)]
pub(crate) struct Kept(BTreeMap<String, StoredSession>);

impl Kept {
    /// As `outlive store export` tells it.
    pub(crate) fn of(scene: &Scene, url: &str) -> Result<Self> {
        let mut export = Command::new(scene.outlive()?);
        let done = export.args(["store", "export"]).env("OUTLIVE_STORE", url).output()?;
        let told = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "outlive store export: {told}");
        ensure!(told.contains(", 0 left out"), "not every session can be read: {told}");
        let mut kept = BTreeMap::new();
        for line in String::from_utf8(done.stdout)?.lines() {
            let line: Json = serde_json::from_str(line)?;
            let data = STANDARD.decode(line["data"].as_str().context("a line without data")?)?;
            let session = StoredSession::decode(&data, &Limits::default())?;
            let base = session.state.id.split('.').next().unwrap_or_default().to_owned();
            ensure!(kept.insert(base, session).is_none(), "two sessions of one id");
        }
        Ok(Self(kept))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn has(&self, base: &str) -> bool {
        self.0.contains_key(base)
    }

    /// The name of the user who is logged in.
    pub(crate) fn user(&self, base: &str) -> Option<String> {
        let principal = Principal::from_value(self.0.get(base)?.state.principal.clone()?);
        principal.user().map(|user| user.name.clone())
    }

    /// A number in a session.
    pub(crate) fn number(&self, base: &str, name: &str) -> Option<i32> {
        let attributes = &self.0.get(base)?.state.attributes;
        let (_, value) = attributes.iter().find(|(known, _)| &**known == name)?;
        value.to_serde().ok()
    }

    /// A text in a session.
    pub(crate) fn text(&self, base: &str, name: &str) -> Option<String> {
        let attributes = &self.0.get(base)?.state.attributes;
        attributes.iter().find(|(known, _)| &**known == name).and_then(|(_, value): &(_, Value)| value.to_serde().ok())
    }
}
