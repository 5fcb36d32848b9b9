//! A disk without room: a small one in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use outlive_interop::Scene;
use outlive_interop::database::{Database, Postgres};
use outlive_store::{Save, Saved, Store, StoreFault};
use outlive_tribes_proto::time::UnixMillis;
use sqlx::{Connection, Executor, PgConnection};

use crate::promises::{self, id};

/// Sessions of a megabyte each; no disk of these tests holds so many.
const SESSIONS_MAX: i64 = 200;

/// A disk that is gone when this is.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn new(folder: PathBuf, size: &str) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&folder)
            .status()?;
        ensure!(mount.success(), "mount: {mount}");
        Ok(Self(folder))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a database may still be about to end. It goes with the sandbox in any case.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

pub(crate) fn sqlite(scene: &Scene) -> Result<()> {
    let disk = SmallDisk::new(scene.folder().join("disk"), "16m")?;
    fills_up(&disk, &format!("sqlite:{}/sessions.db", disk.path().display()))
}

/// Its tables alone lie on the small disk: without room for its journal it ends, and says so itself.
pub(crate) fn postgres(scene: &Scene) -> Result<()> {
    let disk = SmallDisk::new(scene.folder().join("disk"), "16m")?;
    let database = Postgres::new(scene)?;
    let tables = disk.path().join("tables");
    fs::create_dir(&tables)?;
    database.own(&tables)?;
    promises::runtime()?.block_on(async {
        let mut beside = PgConnection::connect(&database.url()).await?;
        beside.execute(&*format!("create tablespace small location '{}'", tables.display())).await?;
        beside.execute("alter role shop set default_tablespace = small").await?;
        anyhow::Ok(())
    })?;
    fills_up(&disk, &database.url())
}

/// Sessions are saved until there is no room. What was acknowledged before can be read, and what is given back can be used.
fn fills_up(disk: &SmallDisk, url: &str) -> Result<()> {
    // Room that an operator gives back: without any, nothing can even be dropped.
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![0; 8 << 20])?;
    let runtime = promises::runtime()?;
    let _within = runtime.enter();
    let store = crate::open(url, "/Catalina/localhost/app")?;
    promises::ready(&runtime, &*store)?;
    let full = runtime.block_on(fill(&*store))?;
    for number in 0..full {
        let loaded = runtime.block_on(store.load(&id(&format!("F{number}"))?))?;
        ensure!(loaded.is_some_and(|loaded| loaded.data == large(number)), "session {number} of {full} is not there");
    }
    fs::remove_file(&ballast)?;
    for number in 0..full.min(3) {
        runtime.block_on(store.forget(&id(&format!("F{number}"))?, UnixMillis(i64::MAX)))?;
    }
    let small = promises::save(&id("SMALL.n1")?, 1);
    ensure!(matches!(runtime.block_on(store.save(&small))?, Saved::Kept(_)), "not kept although there is room");
    Ok(())
}

/// How many sessions were kept until it was full.
async fn fill(store: &dyn Store) -> Result<i64> {
    for number in 0..SESSIONS_MAX {
        let mut save: Save = promises::save(&id(&format!("F{number}.n1"))?, number);
        save.record.data = large(number);
        match store.save(&save).await {
            Ok(Saved::Kept(_)) => {}
            Ok(other) => bail!("{other:?}"),
            Err(error) => {
                promises::told(&error, StoreFault::Full)?;
                ensure!(number > 0, "nothing was kept");
                return Ok(number);
            }
        }
    }
    Err(anyhow::anyhow!("it never was full")).context("the disk is too large")
}

/// A megabyte that no database makes smaller.
fn large(number: i64) -> Bytes {
    let mut state = number.cast_unsigned() + 1;
    let words = (0..1 << 17).flat_map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state ^ (state >> 33)).to_be_bytes()
    });
    words.collect()
}
