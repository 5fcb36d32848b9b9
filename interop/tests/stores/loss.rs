//! A cluster that loses all its nodes at once.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::database::PASSWORD;
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, SharedStore, StoreKind, TomcatNode, poll};
use serde_json::json;

use crate::cluster::{EVENTUALLY, Kept, all_hold, base_of, cluster, login, start_all};

/// What a change may take to the store: the second that is promised, and what a busy machine needs.
const SAVED_WITHIN: Duration = Duration::from_secs(3);

/// Three nodes are killed at once, while clients write. Behind their restart every session and user is there, and each counter is at least
/// what it was a moment before the end.
pub(crate) fn costs_the_last_moment(scene: &Scene, kind: StoreKind) -> Result<()> {
    let store = SharedStore::new(scene, kind)?;
    let mut nodes = cluster(scene, store.url(), 3)?;
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
    all_hold(&nodes, 30)?;
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
pub(crate) fn resurrects_nothing(scene: &Scene, kind: StoreKind) -> Result<()> {
    let store = SharedStore::new(scene, kind)?;
    let mut nodes = cluster(scene, store.url(), 2)?;
    start_all(&mut nodes)?;
    let [a, b] = [nodes[0].http(), nodes[1].http()];
    let make = |value: &str| -> Result<Client> {
        let mut client = Client::new();
        client.get(a, "set", &[("name", "value"), ("value", value)])?;
        login(&mut client, &nodes[0])?;
        Ok(client)
    };
    let [mut ended, mut out, mut moved, mut expires] = [make("ended")?, make("out")?, make("moved")?, make("expires")?];
    let kept = |what: &str, is_so: &dyn Fn(&Kept) -> bool| {
        poll::until(what, EVENTUALLY, || {
            let kept = Kept::of(scene, store.url())?;
            ensure!(is_so(&kept), "the store has {kept:?}");
            Ok(())
        })
    };
    let bases = [base_of(&ended)?, base_of(&out)?, base_of(&moved)?, base_of(&expires)?];
    kept("the store has all", &|kept| bases.iter().all(|base| kept.user(base).as_deref() == Some("alice")))?;
    let whole_id = |client: &Client| client.cookie().map(str::to_owned).context("a cookie");
    let old_ids = [whole_id(&ended)?, whole_id(&moved)?, whole_id(&expires)?];
    // Some at the node that made them, some at the other one.
    ended.get(b, "invalidate", &[])?;
    out.get(b, "logout", &[])?;
    moved.get(a, "changeid", &[])?;
    expires.get(b, "maxinactive", &[("seconds", "1")])?;
    all_hold(&nodes, 2)?;
    let new_base = base_of(&moved)?;
    kept("the store has what has become of them", &|kept| {
        kept.len() == 2
            && kept.has(&bases[1])
            && kept.user(&bases[1]).is_none()
            && kept.text(&new_base, "value").as_deref() == Some("moved")
    })?;
    nodes.iter_mut().try_for_each(Server::kill)?;

    start_all(&mut nodes)?;
    all_hold(&nodes, 2)?;
    for node in &nodes {
        for id in &old_ids {
            let answer = Client::of_cookie(id).get(node.http(), "session", &[])?;
            ensure!(answer["id"].is_null(), "an old id is served: {answer}");
        }
    }
    let answer = out.get(a, "session", &[])?;
    ensure!(answer["user"].is_null() && answer["attributes"]["value"] == "out", "logged out: {answer}");
    let answer = moved.get(a, "session", &[])?;
    ensure!(answer["user"] == "alice" && answer["attributes"]["value"] == "moved", "under its new id: {answer}");
    ensure!(!scene.logs()?.contains(PASSWORD), "the password stands in a log");
    Ok(())
}

/// A keeper and a Tomcat are killed at once. The keeper, which is told no application's name, has the sessions in its store, and the Tomcat
/// has them when it is up again.
pub(crate) fn keeper_and_tomcat(scene: &Scene) -> Result<()> {
    let store = SharedStore::new(scene, StoreKind::Files)?;
    let mut keeper = OutliveNode::new(scene, NodeSpec::new("keeper", 1))?.with_store(store.url()).keeper();
    let mut tomcat = TomcatNode::new(scene, NodeSpec::new("tomcat", 2))?;
    keeper.start()?;
    tomcat.start()?;
    poll::until_equal("members", EVENTUALLY, &1, || Ok(tomcat.health()?.members))?;
    let mut client = Client::new();
    client.get(tomcat.http(), "set", &[("name", "value"), ("value", "kept")])?;
    login(&mut client, &tomcat)?;
    let base = base_of(&client)?;
    poll::until("the store has the session", EVENTUALLY, || {
        let kept = Kept::of(scene, store.url())?;
        ensure!(kept.user(&base).as_deref() == Some("alice") && kept.text(&base, "value").is_some(), "{kept:?}");
        Ok(())
    })?;
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
pub(crate) fn sessions_file(scene: &Scene) -> Result<()> {
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
