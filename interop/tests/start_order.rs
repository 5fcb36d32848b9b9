//! How nodes start and end: together, with a port that is taken, before they hold the state, in good order.

use std::net::TcpStream;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::runner::{self, Test};
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, TomcatNode, poll};

/// What a node on an idle machine needs from its start to its first answer: it listens for members for a second, the rest is room for
/// a busy machine. Far below the 60 s that a node would wait for a state that never comes.
const START_LIMIT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    runner::main(&[
        Test::new("nodes_started_together_do_not_wait_for_each_other", together).with_outlive(),
        Test::new("health_says_503_until_the_state_is_held", health_before_state).with_outlive(),
        Test::new("a_node_that_ends_in_order_says_so", orderly_end).with_outlive(),
        Test::new("a_tomcat_hears_the_orderly_end", orderly_end_beside_tomcat).with_outlive().with_tomcat(),
        Test::new("the_orderly_end_of_a_tomcat_is_heard", orderly_end_of_tomcat).with_outlive().with_tomcat(),
    ])
}

fn together(scene: &Scene) -> Result<()> {
    let mut nodes = [
        OutliveNode::new(scene, NodeSpec::new("node-a", 1))?,
        OutliveNode::new(scene, NodeSpec::new("node-b", 2))?,
        OutliveNode::new(scene, NodeSpec::new("node-c", 3))?,
    ];
    let start = Instant::now();
    for node in &mut nodes {
        node.launch()?;
    }
    for node in &mut nodes {
        node.healthy()?;
    }
    let time = start.elapsed();
    ensure!(time < START_LIMIT, "three nodes needed {time:?}");
    for node in &nodes {
        poll::until_equal("members", START_LIMIT, &2, || Ok(node.health()?.members))?;
    }
    Ok(())
}

/// The first answers of `--health` are 503, and the session app's port takes no connection meanwhile. Then both say 200.
fn health_before_state(scene: &Scene) -> Result<()> {
    let mut first = OutliveNode::new(scene, NodeSpec::new("node-a", 1))?;
    first.start()?;
    Client::new().get(first.http(), "set", &[("name", "from"), ("value", "before")])?;

    let mut node = OutliveNode::new(scene, NodeSpec::new("node-b", 2))?;
    node.launch()?;
    let (health, http) = (node.health_address(), node.http());
    let ask = || Client::new().fetch(health, "/app/health");
    let answer = poll::until("the first answer of --health", START_LIMIT, ask)?;
    ensure!(answer.status == 503, "the first answer of --health is {}: {}", answer.status, answer.body);
    // Where this connects, the state has come in between: then --health says so.
    if TcpStream::connect(http).is_ok() {
        ensure!(ask()?.status == 200, "{http} takes connections before the node holds the state");
    }
    poll::until("200 of --health", START_LIMIT, || {
        let status = ask()?.status;
        ensure!(status == 200, "status {status}");
        Ok(())
    })?;
    node.healthy()?;
    let sessions = node.health()?.sessions;
    ensure!(sessions == 1, "the node answers and holds {sessions} sessions");
    Ok(())
}

fn orderly_end(scene: &Scene) -> Result<()> {
    let mut staying = OutliveNode::new(scene, NodeSpec::new("staying", 1))?;
    let mut leaving = OutliveNode::new(scene, NodeSpec::new("leaving", 2))?;
    leaves(&mut staying, &mut leaving)
}

fn orderly_end_beside_tomcat(scene: &Scene) -> Result<()> {
    let mut staying = TomcatNode::new(scene, NodeSpec::new("staying", 1))?;
    let mut leaving = OutliveNode::new(scene, NodeSpec::new("leaving", 2))?;
    leaves(&mut staying, &mut leaving)
}

fn orderly_end_of_tomcat(scene: &Scene) -> Result<()> {
    let mut staying = OutliveNode::new(scene, NodeSpec::new("staying", 1))?;
    let mut leaving = TomcatNode::new(scene, NodeSpec::new("leaving", 2))?;
    leaves(&mut staying, &mut leaving)
}

/// What was answered before the end is at the other node, and the member is gone sooner than silence would tell (3 s).
fn leaves(staying: &mut dyn Server, leaving: &mut dyn Server) -> Result<()> {
    staying.start()?;
    leaving.start()?;
    for node in [&*staying, &*leaving] {
        poll::until_equal("members", START_LIMIT, &1, || Ok(node.health()?.members))?;
    }
    let mut client = Client::new();
    client.get(leaving.http(), "counter", &[])?;
    client.get(leaving.http(), "counter", &[])?;
    leaving.stop()?;
    poll::until_equal("members after the end", Duration::from_secs(2), &0, || Ok(staying.health()?.members))?;
    let answer = client.get(staying.http(), "read", &[]).context("at the node that stayed")?;
    ensure!(answer["counter"] == 2, "the counter of the node that ended: {answer}");
    Ok(())
}
