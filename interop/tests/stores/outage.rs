//! A database that dies in the middle of writes, hangs, and refuses: requests go on, and nothing is lost.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::database::{PASSWORD, PASSWORD_ENCODED};
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, SharedStore, StoreKind, poll};

use crate::cluster::{EVENTUALLY, Kept, all_hold, base_of, cluster, login, start_all};

/// Clients, each at one of two nodes.
const CLIENTS: usize = 10;
/// How long a request may take while the database is down or hangs: what a busy machine needs, and far less than any limit of a store.
const PROMPT: Duration = Duration::from_secs(1);
/// For how long the database does what it does.
const A_WHILE: Duration = Duration::from_secs(2);

/// A client who counts.
struct Visitor {
    client: Client,
    count: i32,
}

impl Visitor {
    fn counts(&mut self, node: &dyn Server) -> Result<()> {
        let start = Instant::now();
        let answer = self.client.get(node.http(), "counter", &[])?;
        ensure!(start.elapsed() < PROMPT, "a request took {:?}", start.elapsed());
        self.count += 1;
        ensure!(answer["counter"] == self.count, "{answer}, not {}", self.count);
        Ok(())
    }
}

/// Everybody counts for a while.
fn requests(nodes: &[OutliveNode<'_>], visitors: &mut [Visitor]) -> Result<()> {
    let end = Instant::now() + A_WHILE;
    while Instant::now() < end {
        for (number, visitor) in visitors.iter_mut().enumerate() {
            visitor.counts(&nodes[number % nodes.len()])?;
        }
    }
    Ok(())
}

/// How often a node has said something.
fn said(node: &OutliveNode<'_>, words: &str) -> Result<usize> {
    Ok(node.process()?.output()?.matches(words).count())
}

fn says(node: &OutliveNode<'_>, words: &str) -> Result<()> {
    poll::until(&format!("{} says that {words}", node.name()), EVENTUALLY, || {
        ensure!(said(node, words)? > 0, "not yet");
        Ok(())
    })
}

const FAILS: &str = "the store fails";
const WORKS_AGAIN: &str = "the store works again";

pub(crate) fn fails_no_request(scene: &Scene, kind: StoreKind) -> Result<()> {
    let mut store = SharedStore::new(scene, kind)?;
    let mut nodes = cluster(scene, store.url(), 2)?;
    start_all(&mut nodes)?;
    let mut visitors: Vec<Visitor> = (0..CLIENTS).map(|_| Visitor { client: Client::new(), count: 0 }).collect();
    let mut ends = Client::new();
    login(&mut ends, &nodes[0])?;
    let ended = base_of(&ends)?;
    requests(&nodes, &mut visitors)?;
    poll::until("the store has the session that will end", EVENTUALLY, || {
        ensure!(Kept::of(scene, store.url())?.has(&ended), "not yet");
        Ok(())
    })?;

    // In the middle of writes: each node saves its five sessions once a second.
    store.server()?.kill()?;
    requests(&nodes, &mut visitors)?;
    // What the database does not hear of now.
    ends.get(nodes[1].http(), "invalidate", &[])?;
    visitors.push(Visitor { client: Client::new(), count: 0 });
    visitors[0].client.get(nodes[0].http(), "changeid", &[])?;
    login(&mut visitors[1].client, &nodes[1])?;
    requests(&nodes, &mut visitors)?;
    nodes.iter().try_for_each(|node| says(node, FAILS))?;
    for node in &nodes {
        ensure!(said(node, FAILS)? == 1, "{} says more than once that the store fails", node.name());
    }
    store.server()?.start()?;
    nodes.iter().try_for_each(|node| says(node, WORKS_AGAIN))?;

    store.server()?.pause()?;
    let meanwhile = requests(&nodes, &mut visitors);
    store.server()?.resume()?;
    meanwhile.context("while the database hangs")?;

    poll::until("the store has all that it missed", EVENTUALLY, || {
        let kept = Kept::of(scene, store.url())?;
        ensure!(kept.len() == visitors.len() && !kept.has(&ended), "{} sessions are kept", kept.len());
        for visitor in &visitors {
            let number = kept.number(&base_of(&visitor.client)?, "counter");
            ensure!(number == Some(visitor.count), "{number:?} is kept, not {}", visitor.count);
        }
        Ok(())
    })?;
    nodes.iter_mut().try_for_each(Server::kill)?;
    start_all(&mut nodes)?;
    all_hold(&nodes, visitors.len() as u64)?;
    for (number, visitor) in visitors.iter_mut().enumerate() {
        // At the other node.
        visitor.counts(&nodes[(number + 1) % 2])?;
    }
    let session = visitors[1].client.get(nodes[1].http(), "session", &[])?;
    ensure!(session["user"] == "alice", "the login is lost: {session}");
    let answer = ends.get(nodes[0].http(), "session", &[])?;
    ensure!(answer["id"].is_null(), "what was ended while the database was down is served: {answer}");
    ensure!(!scene.logs()?.contains(PASSWORD), "the password stands in a log");
    Ok(())
}

/// A node with a wrong password says so in one message, without the password, and serves.
pub(crate) fn wrong_password(scene: &Scene, kind: StoreKind) -> Result<()> {
    let store = SharedStore::new(scene, kind)?;
    let wrong = store.url().replace(PASSWORD_ENCODED, "k4tz3n-wrong");
    ensure!(wrong != store.url(), "the URL has no password");
    let mut node = OutliveNode::new(scene, NodeSpec::new("node", 1))?.with_store(&wrong);
    let start = Instant::now();
    node.start()?;
    println!("    it serves after {:?}", start.elapsed());
    ensure!(start.elapsed() < Duration::from_secs(10), "it serves only after {:?}", start.elapsed());
    let mut visitor = Visitor { client: Client::new(), count: 0 };
    requests(std::slice::from_ref(&node), std::slice::from_mut(&mut visitor))?;
    let output = node.process()?.output()?;
    let told: Vec<&str> = output.lines().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).collect();
    println!("    {}", told.join("\n    "));
    ensure!(told.len() == 1 && told[0].contains(FAILS), "not one message: {told:#?}");
    ensure!(!output.contains("k4tz3n"), "the password stands in the log");
    node.kill()
}
