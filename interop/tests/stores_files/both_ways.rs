//! Tomcat's files read here, ours read by a Tomcat.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use outlive_interop::{Manager, NodeSpec, Scene, Server, TomcatNode};
use outlive_serial::{Limits, Value};
use outlive_session::{SessionCell, StoredSession};
use outlive_store::{FileStore, Save, Saved, SessionHead, SessionRecord, SessionsFile, Store};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

use crate::block_on;
use crate::shopper::Shopper;

/// Clients, each with a session.
const CLIENTS: usize = 4;

pub(crate) fn files(scene: &Scene) -> Result<()> {
    through_files(scene, false)
}

pub(crate) fn files_with_users(scene: &Scene) -> Result<()> {
    through_files(scene, true)
}

pub(crate) fn sessions_ser(scene: &Scene) -> Result<()> {
    through_sessions_ser(scene, false)
}

pub(crate) fn sessions_ser_with_users(scene: &Scene) -> Result<()> {
    through_sessions_ser(scene, true)
}

fn now() -> Result<Now> {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Now { monotonic: Monotonic(Duration::from_secs(1 << 32)), wall: UnixMillis(i64::try_from(wall.as_millis())?) })
}

/// What a node does with a session out of a store: it takes it over, changes something and gives it back.
fn served_here(stored: StoredSession, route: &str, with_user: bool) -> Result<StoredSession> {
    let (mut cell, unreadable) = SessionCell::from_stored(now()?, stored)?;
    ensure!(unreadable.is_empty(), "{unreadable:?}");
    cell.access(now()?);
    let id = cell.id().with_route(route);
    cell.change_id(now()?, "app", id);
    cell.set_attribute("ours", Value::string("from outlive"))?;
    let stored = cell.stored(now()?);
    Ok(if with_user { stored } else { stored.without_authentication() })
}

fn complains_of_nothing(tomcat: &TomcatNode<'_>) -> Result<()> {
    let output = tomcat.process()?.output()?;
    let bad = output.lines().find(|line| line.contains(" WARNING ") || line.contains(" SEVERE "));
    ensure!(bad.is_none(), "{} says: {}", tomcat.name(), bad.unwrap_or_default());
    Ok(())
}

/// Tomcat a writes files at its end; they are read here, changed and given another route; Tomcat b serves them and writes them again.
fn through_files(scene: &Scene, with_users: bool) -> Result<()> {
    let folder = scene.folder().join("sessions");
    let spec = |name, number| NodeSpec::new(name, number).manager(Manager::Files(folder.clone()), with_users);
    let mut a = TomcatNode::new(scene, spec("tomcat-a", 1))?;
    a.start()?;
    let mut shoppers = (0..CLIENTS).map(|_| Shopper::new(&a)).collect::<Result<Vec<_>>>()?;
    a.stop()?;

    let store = FileStore::new(&folder);
    block_on(store.init())??;
    ensure!(block_on(store.heads(None, 100))??.len() == CLIENTS, "not every session was kept");
    for shopper in &mut shoppers {
        let record = loaded(&store, shopper)?;
        let stored = StoredSession::decode(&record.data, &Limits::default())?;
        shopper.is(&stored, with_users)?;
        ensure!(stored.encode() == record.data, "Tomcat writes other bytes than we do");
        let ours = served_here(stored, "tomcat-b", with_users)?;
        shopper.goes_on(&outlive_session::SessionId::parse(&ours.state.id)?, "ours", "from outlive", with_users);
        keep(&store, &ours)?;
    }
    ensure!(session_files(&folder)? == CLIENTS, "a file of another route is left");

    let mut b = TomcatNode::new(scene, spec("tomcat-b", 2))?;
    b.start()?;
    for (number, shopper) in shoppers.iter_mut().enumerate() {
        shopper.finds_all(&b).with_context(|| format!("client {number}"))?;
        shopper.sets(&b, "theirs", "from tomcat")?;
    }
    complains_of_nothing(&b)?;
    b.stop()?;
    for shopper in &shoppers {
        let stored = StoredSession::decode(&loaded(&store, shopper)?.data, &Limits::default())?;
        let has = |name: &str| stored.state.attributes.iter().any(|(known, _)| known == name);
        ensure!(has("ours") && has("theirs") && has("cart"), "{:?}", stored.state.attributes);
    }
    ensure!(store.broken() == 0, "{} files were set aside", store.broken());
    Ok(())
}

fn loaded(store: &FileStore, shopper: &Shopper) -> Result<SessionRecord> {
    block_on(store.load(&shopper.id()?))??.context("a session that was kept is not there")
}

fn keep(store: &FileStore, session: &StoredSession) -> Result<()> {
    let state = &session.state;
    let head = SessionHead {
        id: outlive_session::SessionId::parse(&state.id)?,
        is_valid: state.is_valid,
        max_inactive_seconds: state.max_inactive,
        last_accessed: state.last_accessed,
    };
    let record = SessionRecord { head, data: session.encode().into(), version: None };
    let saved = block_on(store.save(&Save { record, force: false }))??;
    ensure!(matches!(saved, Saved::Kept(_)), "{saved:?}");
    Ok(())
}

fn session_files(folder: &Path) -> Result<usize> {
    let names = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    Ok(names.iter().filter(|entry| entry.file_name().to_string_lossy().ends_with(".session")).count())
}

/// The same with the one file of a StandardManager.
fn through_sessions_ser(scene: &Scene, with_users: bool) -> Result<()> {
    let path = scene.folder().join("work/SESSIONS.ser");
    std::fs::create_dir_all(scene.folder().join("work"))?;
    let spec = |name, number| NodeSpec::new(name, number).manager(Manager::Standard(path.clone()), with_users);
    let mut a = TomcatNode::new(scene, spec("tomcat-a", 1))?;
    a.start()?;
    let mut shoppers = (0..CLIENTS).map(|_| Shopper::new(&a)).collect::<Result<Vec<_>>>()?;
    a.stop()?;

    let file = SessionsFile::new(&path);
    let loaded = block_on(file.load())??;
    ensure!(loaded.fault.is_none() && loaded.sessions.len() == CLIENTS, "{:?}", loaded.fault);
    let mut ours = Vec::new();
    for stored in &loaded.sessions {
        let id = outlive_session::SessionId::parse(&stored.state.id)?;
        let shopper = shoppers.iter_mut().find(|shopper| shopper.id().is_ok_and(|known| known == id));
        let shopper = shopper.context("a session of nobody")?;
        shopper.is(stored, with_users)?;
        let session = served_here(stored.clone(), "tomcat-b", with_users)?;
        shopper.goes_on(&id.with_route("tomcat-b"), "ours", "from outlive", with_users);
        ours.push(session);
    }
    block_on(file.taken(&loaded))??;
    ensure!(!path.exists(), "the file would be loaded again");
    block_on(file.save(ours))??;

    let mut b = TomcatNode::new(scene, spec("tomcat-b", 2))?;
    b.start()?;
    ensure!(!path.exists(), "Tomcat has not read the file");
    for (number, shopper) in shoppers.iter_mut().enumerate() {
        shopper.finds_all(&b).with_context(|| format!("client {number}"))?;
    }
    complains_of_nothing(&b)?;
    b.stop()?;
    ensure!(block_on(file.load())??.sessions.len() == CLIENTS, "Tomcat has not written the file again");
    Ok(())
}
