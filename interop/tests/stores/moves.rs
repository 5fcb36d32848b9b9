//! `outlive store`: sessions move from one kind of store into the next.

use std::fs::File;
use std::process::{Command, Output};

use anyhow::{Result, ensure};
use outlive_interop::StoreKind::{Files, MariaDb, Postgres, Redis, Sqlite};
use outlive_interop::database::PASSWORD;
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, SharedStore, poll};

use crate::cluster::{EVENTUALLY, Kept, all_hold, login};

/// More than a page of the export.
const SESSIONS: usize = 600;

/// Runs `outlive store` to its end, which must be a good one.
fn store(scene: &Scene, url: &str, arguments: &[&str], input: Option<File>) -> Result<Output> {
    let mut command = Command::new(scene.outlive()?);
    command.arg("store").args(arguments).env("OUTLIVE_STORE", url);
    if let Some(input) = input {
        command.stdin(input);
    }
    let done = command.output()?;
    let told = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success() && !told.contains(PASSWORD), "outlive store {}: {told}", arguments.join(" "));
    Ok(done)
}

pub(crate) fn through_every_store(scene: &Scene) -> Result<()> {
    let first = SharedStore::new(scene, Files)?;
    let mut node = OutliveNode::new(scene, NodeSpec::new("node-a", 1))?.with_store(first.url());
    node.start()?;
    let mut clients = Vec::new();
    for number in 0..SESSIONS {
        let mut client = Client::new();
        client.get(node.http(), "set", &[("name", "n"), ("value", &number.to_string())])?;
        clients.push(client);
    }
    login(&mut clients[0], &node)?;
    poll::until_equal("sessions in the store", EVENTUALLY, &SESSIONS, || Ok(Kept::of(scene, first.url())?.len()))?;
    // Its last changes, too.
    node.stop()?;

    let all = Kept::of(scene, first.url())?;
    let mut places = vec![first];
    for kind in [Sqlite, Postgres, MariaDb, Redis] {
        let next = SharedStore::new(scene, kind)?;
        store(scene, next.url(), &["init"], None)?;
        let file = scene.folder().join(format!("{}.jsonl", kind.name()));
        let path = file.to_string_lossy().into_owned();
        store(scene, places[places.len() - 1].url(), &["export", &path], None)?;
        store(scene, next.url(), &["import"], Some(File::open(&file)?))?;
        let listed = store(scene, next.url(), &["list"], None)?;
        ensure!(listed.stdout.split(|byte| *byte == b'\n').count() == SESSIONS + 1, "{} lists others", kind.name());
        ensure!(Kept::of(scene, next.url())? == all, "{} has others", kind.name());
        places.push(next);
    }
    // The one that came through all of them.
    let mut node = OutliveNode::new(scene, NodeSpec::new("node-b", 2))?.with_store(places[places.len() - 1].url());
    node.start()?;
    all_hold(std::slice::from_ref(&node), SESSIONS as u64)?;
    for (number, client) in clients.iter_mut().enumerate().step_by(50) {
        let session = client.get(node.http(), "session", &[])?;
        ensure!(session["attributes"]["n"] == number.to_string().as_str(), "session {number}: {session}");
        ensure!((session["user"] == "alice") == (number == 0), "session {number}: {session}");
    }
    node.kill()
}
