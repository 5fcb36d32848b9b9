//! A disk that is full, and one that cannot be written to.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use outlive_interop::Scene;
use outlive_serial::Value;
use outlive_session::{SessionCell, SessionId};
use outlive_store::{FileStore, Grave, Save, Saved, SessionHead, SessionRecord, Store, StoreError, StoreFault};
use outlive_tribes_proto::time::{Now, UnixMillis};

use crate::block_on;

/// A file system that is gone at the end of the test.
struct Mounted(PathBuf);

impl Mounted {
    fn new(arguments: &[&str], at: &Path) -> Result<Self> {
        std::fs::create_dir_all(at)?;
        run(Command::new("mount").args(arguments).arg(at))?;
        Ok(Mounted(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // The sandbox takes it along where this fails.
        let _ = run(Command::new("umount").arg(&self.0));
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A session with so many bytes in it.
fn session(id: &str, bytes: usize) -> Result<Save> {
    let mut cell = SessionCell::create(Now::default(), SessionId::parse(id)?, 1800);
    cell.set_attribute("bytes", Value::bytes(&vec![7; bytes]))?;
    let stored = cell.stored(Now::default());
    let head = SessionHead {
        id: cell.id().clone(),
        is_valid: true,
        max_inactive_seconds: cell.max_inactive(),
        last_accessed: stored.state.last_accessed,
    };
    let record = SessionRecord { head, data: stored.encode().into(), version: None };
    Ok(Save { record, force: false })
}

fn save(store: &FileStore, save: &Save) -> Result<Result<Saved, StoreError>> {
    block_on(store.save(save))
}

fn fault<T>(result: Result<T, StoreError>) -> Result<StoreFault> {
    match result {
        Ok(_) => bail!("that worked"),
        Err(error) => {
            println!("  {error}");
            Ok(error.fault())
        }
    }
}

pub(crate) fn full(scene: &Scene) -> Result<()> {
    let disk = Mounted::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], &scene.folder().join("small"))?;
    let store = FileStore::new(disk.0.join("sessions"));
    block_on(store.init())??;
    let small = session("SMALL.n", 1000)?;
    save(&store, &small)??;
    let mut kept = Vec::new();
    let refused = loop {
        let next = session(&format!("S{}.n", kept.len()), 100_000)?;
        match save(&store, &next)? {
            Ok(Saved::Kept(_)) => kept.push(next.record.head.id),
            Ok(other) => bail!("{other:?}"),
            Err(error) => break error,
        }
        ensure!(kept.len() < 20, "the disk is never full");
    };
    println!("  {refused}");
    ensure!(refused.fault() == StoreFault::Full && refused.is_transient() && kept.len() > 5, "{refused}");
    // What is there stays as it was, also under a version that does not fit; nothing half written is left.
    ensure!(fault(save(&store, &session("SMALL.n", 500_000)?)?)? == StoreFault::Full);
    let loaded = block_on(store.load(&small.record.head.id))??.context("the session is gone")?;
    ensure!(loaded.data == small.record.data, "the session is another one");
    ensure!(std::fs::read_dir(disk.0.join("sessions/.outlive/writing"))?.count() == 0, "half a file is left");
    ensure!(block_on(store.heads(None, 100))??.len() == kept.len() + 1);
    // Down to the last byte. What is over can still be ended: it makes room for its grave.
    let rest = std::fs::write(disk.0.join("rest"), vec![0; 2 << 20]);
    ensure!(rest.is_err(), "there was room for more than the disk has");
    ensure!(fault(block_on(store.check())?)? == StoreFault::Full);
    let grave = Grave { moved_to: None, keep_until: UnixMillis(1) };
    block_on(store.bury(&kept[0], &grave))??;
    ensure!(block_on(store.load(&kept[0]))??.is_none());
    ensure!(block_on(store.forget(&kept[1], UnixMillis(i64::MAX)))??, "nothing can be deleted");
    // With room again all goes on.
    ensure!(matches!(save(&store, &session("S-new.n", 100_000)?)??, Saved::Kept(_)));
    block_on(store.check())??;
    Ok(())
}

pub(crate) fn read_only(scene: &Scene) -> Result<()> {
    let real = scene.folder().join("sessions");
    let writable = FileStore::new(&real);
    block_on(writable.init())??;
    let kept = session("A.n", 1000)?;
    save(&writable, &kept)??;
    let at = scene.folder().join("read-only");
    let mounted = Mounted::new(&["--bind", &real.display().to_string()], &at)?;
    run(Command::new("mount").args(["-o", "remount,bind,ro"]).arg(&at))?;
    let store = FileStore::new(&mounted.0);
    block_on(store.init())??;
    ensure!(fault(block_on(store.check())?)? == StoreFault::Denied);
    let loaded = block_on(store.load(&kept.record.head.id))??.context("the session is gone")?;
    ensure!(loaded.data == kept.record.data);
    ensure!(block_on(store.heads(None, 10))??.len() == 1);
    ensure!(fault(save(&store, &session("A.n", 10)?)?)? == StoreFault::Denied);
    ensure!(fault(save(&store, &session("B.n", 10)?)?)? == StoreFault::Denied);
    let grave = Grave { moved_to: None, keep_until: UnixMillis(1) };
    ensure!(fault(block_on(store.bury(&kept.record.head.id, &grave))?)? == StoreFault::Denied);
    ensure!(fault(block_on(store.forget(&kept.record.head.id, UnixMillis(i64::MAX)))?)? == StoreFault::Denied);
    ensure!(block_on(store.load(&kept.record.head.id))??.is_some_and(|found| found.data == kept.record.data));
    let empty = FileStore::new(mounted.0.join("new"));
    ensure!(fault(block_on(empty.init())?)? == StoreFault::Denied);
    Ok(())
}
