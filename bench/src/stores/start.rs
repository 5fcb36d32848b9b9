//! A node that starts and finds many sessions.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::{Client, Manager, NodeSpec, OutliveNode, Scene, Server, TomcatNode, poll};
use outlive_store::SessionsFile;

use super::engine;
use super::place::Place;
use super::runtime;
use crate::cpu;
use crate::measure::sessions::time_to_join;

/// How long it may take until all are in memory.
const LIMIT: Duration = Duration::from_secs(300);
/// What a node says then.
const ALL_TAKEN: &str = "has taken the sessions of the store";

/// One way to start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub(super) manager: &'static str,
    /// From the process's start to its first answer, with a session that was stored.
    pub(super) answer: Duration,
    /// From there until all are in memory; none: it takes each when it is asked for.
    pub(super) all: Option<Duration>,
    /// Processor time of the node until then.
    pub(super) cpu: Duration,
    pub(super) resident_bytes: u64,
}

/// A node of a cluster, which takes all into its memory; then one with Tomcat's PersistentManager.
///
/// # Errors
/// A node does not start, or a session is another one.
pub(super) fn outlive(scene: &Scene, place: &Place<'_>, sessions: usize) -> Result<Vec<Start>> {
    let node = |spec| -> Result<OutliveNode<'_>> { Ok(OutliveNode::new(scene, spec)?.with_store(place.shared.url())) };
    // With static members, so that it does not listen for heartbeats first.
    let mut delta = node(NodeSpec::new("node-a", 1).static_members(&[2]))?;
    let answer = time_to_join(&mut delta, sessions as u64)?;
    serves(&delta)?;
    let since = Instant::now();
    poll::until("all are in memory", LIMIT, || {
        ensure!(delta.process()?.output()?.contains(ALL_TAKEN), "not yet");
        Ok(())
    })?;
    let all = Some(since.elapsed());
    let behind = started("in memory on every node (delta)", answer, all, &delta)?;
    delta.kill()?;
    let mut persistent = node(NodeSpec::new("node-a", 1))?.with_arguments(&["--manager", "persistent"]);
    let answer = time_to_join(&mut persistent, 0)?;
    serves(&persistent)?;
    let on_demand = started("on demand (persistent)", answer, None, &persistent)?;
    persistent.kill()?;
    Ok(vec![behind, on_demand])
}

/// Tomcat's PersistentManager on the same files.
///
/// # Errors
/// It does not start, or a session is another one.
pub(super) fn tomcat_files(scene: &Scene, place: &Place<'_>) -> Result<Vec<Start>> {
    let folder = place.shared.app_folder().context("files without a folder")?;
    let spec = NodeSpec::new("node-a", 1).manager(Manager::Files(folder), false);
    let mut tomcat = TomcatNode::new(scene, spec)?.with_large_jvm();
    let answer = time_to_join(&mut tomcat, 0)?;
    serves(&tomcat)?;
    let start = started("on demand (PersistentManager)", answer, None, &tomcat)?;
    tomcat.kill()?;
    Ok(vec![start])
}

/// Tomcat's StandardManager with as many sessions in one file, which it reads before it serves.
///
/// # Errors
/// It does not start, or a session is another one.
pub(super) fn tomcat_sessions_ser(scene: &Scene, sessions: usize) -> Result<Vec<Start>> {
    let path = scene.folder().join("SESSIONS.ser");
    let all = (0..sessions).map(|number| engine::stored(number, 1)).collect::<Result<Vec<_>>>()?;
    runtime()?.block_on(SessionsFile::new(&path).save(all))?;
    let spec = NodeSpec::new("node-b", 2).manager(Manager::Standard(path), false);
    let mut tomcat = TomcatNode::new(scene, spec)?.with_large_jvm();
    let answer = time_to_join(&mut tomcat, sessions as u64)?;
    serves(&tomcat)?;
    let start = started("in memory (StandardManager)", answer, Some(Duration::ZERO), &tomcat)?;
    tomcat.kill()?;
    Ok(vec![start])
}

fn started(manager: &'static str, answer: Duration, all: Option<Duration>, node: &dyn Server) -> Result<Start> {
    let process = node.process()?;
    Ok(Start { manager, answer, all, cpu: cpu::time_of(process)?, resident_bytes: process.resident_bytes()? })
}

/// It has a session from the store.
fn serves(node: &dyn Server) -> Result<()> {
    let id = engine::id(77)?;
    let answer = Client::of_cookie(id.as_str()).get(node.http(), "session", &[])?;
    let text = answer["attributes"]["text"].as_str().unwrap_or_default();
    ensure!(text.len() == engine::TEXT, "{} does not serve a session of the store: {answer}", node.name());
    Ok(())
}
