//! A client that comes to a Tomcat as soon as Outlive has answered it, with options 8.
//!
//! What the Tomcat says at that moment is its own: it may not have heard of the change yet. But it must hear of it, although it has
//! given the session an id by then that the change does not name.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::nine_steps::Loss;
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, TomcatNode, poll};
use serde_json::{Value, json};

use crate::{judge, specs};

/// Changes, and as many ends, each of a session of its own.
const CLIENTS: usize = 30;

/// Large, so that a Tomcat is not done with it when the client comes.
const BYTES: usize = 100_000;

/// How long something may take that comes by itself.
const LIMIT: Duration = Duration::from_secs(5);

/// One client after the other changes its session at Outlive and looks for the change at the Tomcat.
pub(crate) fn changes(scene: &Scene) -> Result<()> {
    let (mut ours, mut tomcat) = pair(scene)?;
    let mut losses = Vec::new();
    let mut met = 0;
    for number in 0..CLIENTS {
        let mut client = settled(&ours, &tomcat)?;
        let pattern = client.get(ours.http(), "fill", &[("name", "late"), ("bytes", &BYTES.to_string())])?;
        ensure!(pattern["bytes"] == json!(BYTES), "{pattern}");
        let first = client.get(tomcat.http(), "session", &[])?;
        ensure!(first["attributes"]["early"] == json!("x"), "the Tomcat did not know the session: {first}");
        met += usize::from(first["attributes"]["late"].is_null());
        let there = poll::until("the change at the Tomcat", LIMIT, || {
            let late = client.get(tomcat.http(), "session", &[])?["attributes"]["late"].take();
            ensure!(
                late.as_str().is_some_and(|hex| hex.len() == 2 * BYTES),
                "attribute late of client {number} is {late}"
            );
            Ok(())
        });
        losses.extend(there.err().map(|error| loss(&ours, &tomcat, format!("{error:#}"))));
        // And what the Tomcat changes then is not undone.
        client.get(tomcat.http(), "set", &[("name", "late"), ("value", "newer")])?;
        let back = poll::until_equal("the Tomcat's change at Outlive", LIMIT, &json!("newer"), || {
            Ok(Client::clone(&client).get(ours.http(), "session", &[])?["attributes"]["late"].take())
        });
        back.with_context(|| format!("client {number}"))?;
    }
    println!("    {met} of {CLIENTS} clients were at the Tomcat before what they had changed");
    ours.stop()?;
    tomcat.kill()?;
    judge(scene, "node-a", &losses)
}

/// One client after the other ends its session at Outlive, and a second window of it asks the Tomcat for it.
pub(crate) fn ends(scene: &Scene) -> Result<()> {
    let (mut ours, mut tomcat) = pair(scene)?;
    let mut losses = Vec::new();
    let mut met = 0;
    for number in 0..CLIENTS {
        let mut client = settled(&ours, &tomcat)?;
        let mut window = Client::clone(&client);
        let ended = client.get(ours.http(), "invalidate", &[])?;
        ensure!(ended["id"].is_null(), "{ended}");
        // A Tomcat whose session ends while it is asked for says 500.
        let first = window.fetch(tomcat.http(), "/app/session")?;
        met += usize::from(first.status != 200 || !first.body.contains("\"id\":null"));
        let gone = poll::until_equal("the session at the Tomcat", LIMIT, &Value::Null, || {
            Ok(window.get(tomcat.http(), "session", &[])?["id"].take())
        });
        losses.extend(gone.err().map(|error| loss(&ours, &tomcat, format!("the end of client {number}: {error:#}"))));
        let revived = window.get(ours.http(), "session", &[])?;
        ensure!(revived["id"].is_null(), "revived at Outlive: {revived}");
    }
    println!("    {met} of {CLIENTS} clients were at the Tomcat before the end of their session");
    ours.stop()?;
    tomcat.kill()?;
    judge(scene, "node-a", &losses)
}

fn pair(scene: &Scene) -> Result<(OutliveNode<'_>, TomcatNode<'_>)> {
    let (a, b): (NodeSpec, NodeSpec) = specs();
    let (mut ours, mut tomcat) = (OutliveNode::new(scene, a)?, TomcatNode::new(scene, b)?.with_large_jvm());
    ours.start()?;
    tomcat.start()?;
    poll::until_equal("members of the Tomcat", LIMIT, &1, || Ok(tomcat.health()?.members))?;
    poll::until_equal("members of Outlive", LIMIT, &1, || Ok(ours.health()?.members))?;
    Ok((ours, tomcat))
}

fn holds(node: &dyn Server, sessions: u64) -> Result<()> {
    poll::until_equal(&format!("sessions of {}", node.name()), LIMIT, &sessions, || Ok(node.health()?.sessions))
}

/// A client with a session that both nodes hold, with its attribute `early`.
fn settled(ours: &OutliveNode<'_>, tomcat: &TomcatNode<'_>) -> Result<Client> {
    // A session that ends while a Tomcat gives it another id stays in that one's list for ever, ended.
    let others = tomcat.health()?.sessions;
    let mut client = Client::new();
    client.get(ours.http(), "set", &[("name", "early"), ("value", "x")])?;
    // The event is another session, made behind it and ended: a Tomcat is given one message at a time.
    let mut marker = Client::new();
    marker.get(ours.http(), "session", &[("create", "true")])?;
    holds(tomcat, others + 2)?;
    marker.get(ours.http(), "invalidate", &[])?;
    holds(tomcat, others + 1)?;
    Ok(client)
}

fn loss(from: &dyn Server, to: &dyn Server, what: String) -> Loss {
    Loss { step: 1, from: from.name().to_owned(), to: to.name().to_owned(), what }
}
