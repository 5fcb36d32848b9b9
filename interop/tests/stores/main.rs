//! Nodes over stores: without a cluster, and after a cluster has lost all its nodes at once.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::runner::{self, Test};
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, TomcatNode, nine_steps, poll};
use serde_json::{Value, json};

/// What a change may take to the store: the second that is promised, and what a busy machine needs.
const SAVED_WITHIN: Duration = Duration::from_secs(3);

/// How long a node may take to learn something by itself.
const EVENTUALLY: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    runner::main(&[
        Test::new("nine_steps_over_files_without_a_cluster", nine_steps_over_files).with_outlive(),
        Test::new("a_total_loss_costs_the_last_moment_at_most", total_loss).with_outlive(),
        Test::new("nothing_is_resurrected_by_a_restart_of_everything", resurrections).with_outlive(),
        Test::new("a_keeper_gives_tomcats_what_its_store_has", keeper_and_tomcat).with_outlive().with_tomcat(),
        Test::new("a_file_of_sessions_outlives_its_node", sessions_file).with_outlive(),
    ])
}

/// The store of a test, where all its nodes have the same folder.
fn files(scene: &Scene) -> String {
    format!("file:{}", scene.folder().join("store").display())
}

fn nine_steps_over_files(scene: &Scene) -> Result<()> {
    let url = files(scene);
    let arguments = ["--manager", "persistent", "--persistent-valve", "--store", &url];
    let node = |name, number| -> Result<OutliveNode<'_>> {
        Ok(OutliveNode::new(scene, NodeSpec::new(name, number))?.with_arguments(&arguments))
    };
    let (mut a, mut b) = (node("node-a", 1)?, node("node-b", 2)?);
    nine_steps::play_over_a_store(&mut a, &mut b)
}

/// A cluster of so many nodes over one store, not started.
fn cluster(scene: &Scene, size: usize) -> Result<Vec<OutliveNode<'_>>> {
    let url = files(scene);
    let node = |number| {
        let spec = NodeSpec::new(&format!("node-{number}"), number);
        Ok(OutliveNode::new(scene, spec)?.with_arguments(&["--store", &url]))
    };
    (1..=size).map(node).collect()
}

fn start_all(nodes: &mut [OutliveNode<'_>]) -> Result<()> {
    nodes.iter_mut().try_for_each(Server::launch)?;
    nodes.iter_mut().try_for_each(Server::healthy)?;
    let others = nodes.len() as u64 - 1;
    for node in nodes.iter() {
        poll::until_equal("members", EVENTUALLY, &others, || Ok(node.health()?.members))?;
    }
    Ok(())
}

fn login(client: &mut Client, node: &OutliveNode<'_>) -> Result<Value> {
    client.get(node.http(), "login", &[("user", "alice"), ("password", "wonderland")])
}

/// Three nodes are killed at once, while clients write. Behind their restart every session and user is there, and each counter is at least
/// what it was a moment before the end.
fn total_loss(scene: &Scene) -> Result<()> {
    let mut nodes = cluster(scene, 3)?;
    start_all(&mut nodes)?;
    let mut clients = Vec::new();
    for number in 0..30 {
        let mut client = Client::new();
        client.get(
            nodes[number % 3].http(),
            "set",
            &[("name", "n"), ("type", "int"), ("value", &number.to_string())],
        )?;
        login(&mut client, &nodes[number % 3])?;
        clients.push(client);
    }
    // What each counter was, and when that was answered.
    let mut answers: Vec<Vec<(Instant, u64)>> = vec![Vec::new(); clients.len()];
    let end = Instant::now() + 2 * SAVED_WITHIN;
    while Instant::now() < end {
        for (number, client) in clients.iter_mut().enumerate() {
            let answer = client.get(nodes[number % 3].http(), "counter", &[])?;
            answers[number].push((Instant::now(), answer["counter"].as_u64().context("a counter")?));
        }
        thread::sleep(Duration::from_millis(20));
    }
    let killed = Instant::now();
    nodes.iter_mut().try_for_each(Server::kill)?;

    start_all(&mut nodes)?;
    for node in &nodes {
        poll::until_equal("sessions", EVENTUALLY, &30, || Ok(node.health()?.sessions))?;
    }
    for (number, client) in clients.iter_mut().enumerate() {
        // At another node than before.
        let session = client.get(nodes[(number + 1) % 3].http(), "session", &[])?;
        ensure!(
            session["user"] == "alice" && session["attributes"]["n"] == json!(number),
            "session {number}: {session}"
        );
        let saved = session["attributes"]["counter"].as_u64().unwrap_or_default();
        let promised = answers[number].iter().filter(|(at, _)| *at + SAVED_WITHIN < killed).map(|(_, count)| *count);
        let promised = promised.max().context("answers before the end")?;
        ensure!(
            saved >= promised,
            "the counter of session {number} is {saved}, and was {promised} long before the end"
        );
    }
    Ok(())
}

/// What was invalidated, logged out, renamed or has expired stays so when all nodes are killed and started again.
fn resurrections(scene: &Scene) -> Result<()> {
    let mut nodes = cluster(scene, 2)?;
    start_all(&mut nodes)?;
    let [a, b] = [nodes[0].http(), nodes[1].http()];
    let make = |value: &str| -> Result<Client> {
        let mut client = Client::new();
        client.get(a, "set", &[("name", "value"), ("value", value)])?;
        login(&mut client, &nodes[0])?;
        Ok(client)
    };
    let [mut ended, mut out, mut moved, mut expires] = [make("ended")?, make("out")?, make("moved")?, make("expires")?];
    // So that the store has all of them.
    poll::time_passes(Instant::now() + SAVED_WITHIN);
    let old = |client: &Client| client.cookie().map(str::to_owned).context("a cookie");
    let old_ids = [old(&ended)?, old(&moved)?, old(&expires)?];
    // Some at the node that made them, some at the other one.
    ended.get(b, "invalidate", &[])?;
    out.get(b, "logout", &[])?;
    moved.get(a, "changeid", &[])?;
    expires.get(b, "maxinactive", &[("seconds", "1")])?;
    poll::until_equal("sessions", EVENTUALLY, &2, || Ok(nodes[0].health()?.sessions))?;
    poll::time_passes(Instant::now() + SAVED_WITHIN);
    nodes.iter_mut().try_for_each(Server::kill)?;

    start_all(&mut nodes)?;
    for node in &nodes {
        poll::until_equal("sessions", EVENTUALLY, &2, || Ok(node.health()?.sessions))?;
        for id in &old_ids {
            let answer = Client::of_cookie(id).get(node.http(), "session", &[])?;
            ensure!(answer["id"].is_null(), "an old id is served: {answer}");
        }
    }
    let answer = out.get(a, "session", &[])?;
    ensure!(answer["user"].is_null() && answer["attributes"]["value"] == "out", "logged out: {answer}");
    let answer = moved.get(a, "session", &[])?;
    ensure!(answer["user"] == "alice" && answer["attributes"]["value"] == "moved", "under its new id: {answer}");
    Ok(())
}

/// A keeper and a Tomcat are killed at once. The keeper, which is told no application's name, has the sessions in its store, and the Tomcat
/// has them when it is up again.
fn keeper_and_tomcat(scene: &Scene) -> Result<()> {
    let url = files(scene);
    let mut keeper = OutliveNode::new(scene, NodeSpec::new("keeper", 1))?.with_arguments(&["--store", &url]).keeper();
    let mut tomcat = TomcatNode::new(scene, NodeSpec::new("tomcat", 2))?;
    keeper.start()?;
    tomcat.start()?;
    poll::until_equal("members", EVENTUALLY, &1, || Ok(tomcat.health()?.members))?;
    let mut client = Client::new();
    client.get(tomcat.http(), "set", &[("name", "value"), ("value", "kept")])?;
    client.get(tomcat.http(), "login", &[("user", "alice"), ("password", "wonderland")])?;
    poll::until_equal("sessions of the keeper", EVENTUALLY, &1, || Ok(keeper.health()?.sessions))?;
    poll::time_passes(Instant::now() + SAVED_WITHIN);
    tomcat.kill()?;
    keeper.kill()?;

    keeper.start()?;
    tomcat.start()?;
    poll::until("the session at the Tomcat", EVENTUALLY, || {
        let session = client.get(tomcat.http(), "session", &[])?;
        ensure!(session["user"] == "alice" && session["attributes"]["value"] == "kept", "{session}");
        Ok(())
    })
}

/// Tomcat's StandardManager with a path: sessions live through an orderly restart.
fn sessions_file(scene: &Scene) -> Result<()> {
    let file = scene.folder().join("SESSIONS.ser");
    let path = file.to_str().context("a path in UTF-8")?;
    let arguments = ["--manager", "standard", "--sessions-file", path];
    let mut node = OutliveNode::new(scene, NodeSpec::new("node", 1))?.with_arguments(&arguments);
    node.start()?;
    let mut client = Client::new();
    client.get(node.http(), "counter", &[])?;
    login(&mut client, &node)?;
    node.stop()?;
    ensure!(file.exists(), "no file is written");
    node.start()?;
    ensure!(!file.exists(), "the file is taken once");
    let session = client.get(node.http(), "session", &[])?;
    ensure!(session["user"] == "alice" && session["attributes"]["counter"] == 1, "{session}");
    Ok(())
}
