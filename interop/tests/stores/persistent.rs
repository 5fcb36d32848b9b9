//! Tomcat's PersistentManager in a node without a cluster: sessions move out of the memory, are copied, come back, end.

use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, SharedStore, StoreKind, poll};

use crate::cluster::{EVENTUALLY, Kept, base_of, login};

fn node<'scene>(scene: &'scene Scene, store: &SharedStore<'_>, settings: &[&str]) -> Result<OutliveNode<'scene>> {
    let node = OutliveNode::new(scene, NodeSpec::new("node", 1))?.with_store(store.url());
    Ok(node.with_arguments(&["--manager", "persistent", "--swap-interval", "1"]).with_arguments(settings))
}

/// A session with a user in it.
fn visitor(node: &OutliveNode<'_>) -> Result<Client> {
    let mut client = Client::new();
    client.get(node.http(), "counter", &[])?;
    login(&mut client, node)?;
    Ok(client)
}

fn in_memory(node: &OutliveNode<'_>, sessions: u64) -> Result<()> {
    poll::until_equal("sessions in memory", EVENTUALLY, &sessions, || Ok(node.health()?.sessions))
}

fn is_whole(client: &mut Client, node: &OutliveNode<'_>) -> Result<()> {
    let session = client.get(node.http(), "session", &[])?;
    ensure!(session["user"] == "alice" && session["attributes"]["counter"] == 1, "{session}");
    Ok(())
}

/// `maxIdleSwap`: it moves to the store. Eight requests at once find it there, each with the user, and none makes a session of its own.
pub(crate) fn swaps(scene: &Scene) -> Result<()> {
    let store = SharedStore::new(scene, StoreKind::Files)?;
    let mut node = node(scene, &store, &["--max-idle-swap", "1"])?;
    node.start()?;
    let client = visitor(&node)?;
    in_memory(&node, 0)?;
    ensure!(Kept::of(scene, store.url())?.has(&base_of(&client)?), "it is nowhere");
    let requests: Vec<_> = (0..8)
        .map(|_| {
            let (mut client, http) = (client.clone(), node.http());
            thread::spawn(move || client.get(http, "session", &[]))
        })
        .collect();
    for request in requests {
        let session = request.join().map_err(|_| anyhow!("a request panicked"))??;
        ensure!(session["user"] == "alice" && session["attributes"]["counter"] == 1, "{session}");
    }
    ensure!(node.health()?.sessions == 1, "not one session");
    in_memory(&node, 0)?;
    node.kill()
}

/// `minIdleSwap` with `maxActiveSessions`: above nine tenths of what may be the idlest move, and one more than may be is not made.
pub(crate) fn makes_room(scene: &Scene) -> Result<()> {
    let store = SharedStore::new(scene, StoreKind::Sqlite)?;
    let mut node = node(scene, &store, &["--max-active-sessions", "10", "--min-idle-swap", "2"])?;
    node.start()?;
    let mut clients = (0..10).map(|_| visitor(&node)).collect::<Result<Vec<_>>>()?;
    let refused = Client::new().fetch(node.http(), "/app/counter")?;
    ensure!(refused.status == 503, "one more than may be: {}", refused.status);
    in_memory(&node, 9)?;
    visitor(&node)?;
    clients.iter_mut().try_for_each(|client| is_whole(client, &node))?;
    node.kill()
}

/// `maxIdleBackup`: a copy, with which a crash costs nothing that was long enough ago.
pub(crate) fn copies(scene: &Scene) -> Result<()> {
    let store = SharedStore::new(scene, StoreKind::Sqlite)?;
    let mut node = node(scene, &store, &["--max-idle-backup", "1"])?;
    node.start()?;
    let mut client = visitor(&node)?;
    let base = base_of(&client)?;
    poll::until("a copy", EVENTUALLY, || {
        let user = Kept::of(scene, store.url())?.user(&base);
        ensure!(user.as_deref() == Some("alice"), "the store has {user:?}");
        Ok(())
    })?;
    ensure!(node.health()?.sessions == 1, "it has left the memory");
    node.kill()?;
    node.start()?;
    is_whole(&mut client, &node)?;
    node.kill()
}

/// `saveOnRestart`: an orderly end saves all; without it, all end, also what was copied before.
pub(crate) fn restarts(scene: &Scene) -> Result<()> {
    let store = SharedStore::new(scene, StoreKind::Files)?;
    let mut saves = node(scene, &store, &[])?;
    saves.start()?;
    let mut client = visitor(&saves)?;
    saves.stop()?;
    saves.start()?;
    ensure!(saves.health()?.sessions == 0, "it was loaded before anybody asked");
    is_whole(&mut client, &saves).context("after an orderly restart")?;
    saves.stop()?;

    let mut ends = node(scene, &store, &["--no-save-on-restart"])?;
    ends.start()?;
    is_whole(&mut client, &ends).context("in the next node")?;
    ends.stop()?;
    ends.start()?;
    let answer = client.get(ends.http(), "session", &[])?;
    ensure!(answer["id"].is_null(), "it did not end with its node: {answer}");
    ends.kill()
}
