//! A process that is killed while it writes.

use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::Scene;
use outlive_serial::{Limits, Value};
use outlive_session::{SessionCell, SessionId, StoredSession};
use outlive_store::{FileStore, Save, Saved, SessionHead, SessionRecord, Store};
use outlive_tribes_proto::time::{Now, UnixMillis};

use crate::block_on;

/// Set for the process that is to be killed: the folder that it writes to.
const FOLDER: &str = "OUTLIVE_TEST_WRITES_TO";
/// Sessions that it writes in turn.
const SESSIONS: u64 = 3;
/// How often it is killed.
const KILLS: u64 = 60;

/// The folder, if this process is the writer.
pub(crate) fn writer_folder() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}

/// Writes sessions, and says after each that it is kept.
pub(crate) fn write_until_killed(folder: &Path) -> ExitCode {
    let write = || -> Result<()> {
        let store = FileStore::new(folder);
        block_on(store.init())??;
        let first = newest(&store)?.values().max().map_or(0, |newest| newest + 1);
        for round in first.. {
            let saved = block_on(store.save(&session(round)?))??;
            ensure!(matches!(saved, Saved::Kept(_)), "{saved:?}");
            println!("{round}");
            std::io::stdout().flush()?;
        }
        Ok(())
    };
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Session number `round` modulo [`SESSIONS`]: each byte and the length follow from the round.
fn session(round: u64) -> Result<Save> {
    let now = Now { wall: UnixMillis(i64::try_from(round)?), ..Now::default() };
    let id = SessionId::parse(&format!("S{}.n{}", round % SESSIONS, round % 2))?;
    let mut cell = SessionCell::create(now, id, 60);
    cell.set_attribute("bytes", Value::bytes(&bytes_of(round)))?;
    cell.set_attribute("round", Value::long(i64::try_from(round)?))?;
    let stored = cell.stored(now);
    let head = SessionHead {
        id: cell.id().clone(),
        is_valid: true,
        max_inactive_seconds: 60,
        last_accessed: stored.state.last_accessed,
    };
    Ok(Save { record: SessionRecord { head, data: stored.encode().into(), version: None }, force: true })
}

fn bytes_of(round: u64) -> Vec<u8> {
    // Large, so that a save takes a while, and all alike, so that the next one takes as long.
    vec![round as u8; 2_000_000 + usize::try_from(round % 7).unwrap_or(0)]
}

/// The round that each session was last kept in; all of them are whole.
fn newest(store: &FileStore) -> Result<HashMap<u64, u64>> {
    let mut newest = HashMap::new();
    for head in block_on(store.heads(None, 100))?? {
        let record = block_on(store.load(&head.id))??.context("a session that is listed is not there")?;
        let state = StoredSession::decode(&record.data, &Limits::default())?.state;
        let value = |wanted: &str| state.attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let round: u64 = value("round").context("no round")?.to_serde()?;
        ensure!(value("bytes") == Some(&Value::bytes(&bytes_of(round))), "round {round} has the bytes of another one");
        ensure!(newest.insert(round % SESSIONS, round).is_none(), "two sessions of one base");
    }
    Ok(newest)
}

pub(crate) fn files_are_whole(scene: &Scene) -> Result<()> {
    let folder = scene.folder().join("sessions");
    for kill in 0..KILLS {
        let mut writer = Command::new(env::current_exe()?).env(FOLDER, &folder).stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(writer.stdout.take().context("no output")?);
        let mut line = String::new();
        let mut kept: u64 = 0;
        let mut took = Duration::ZERO;
        for _ in 0..3 {
            let begin = Instant::now();
            line.clear();
            ensure!(said.read_line(&mut line)? > 0, "the writer has ended by itself");
            kept = line.trim().parse()?;
            took = begin.elapsed();
        }
        // At another moment of the next save each time.
        let begin = Instant::now();
        let moment = took.mul_f64(kill as f64 / KILLS as f64);
        while begin.elapsed() < moment {
            std::hint::spin_loop();
        }
        writer.kill()?;
        writer.wait()?;
        // What it has said before it died.
        for line in said.lines() {
            kept = line?.parse().unwrap_or(kept);
        }
        // Each file by itself: the store would pass over a torn one beside the whole one of another route.
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "session") {
                let read = StoredSession::decode(&std::fs::read(&path)?, &Limits::default());
                ensure!(read.is_ok(), "kill {kill}: a torn file: {read:?}");
            }
        }
        let store = FileStore::new(&folder);
        block_on(store.init())??;
        let newest = newest(&store)?;
        for round in kept.saturating_sub(SESSIONS - 1)..=kept {
            let found = newest.get(&(round % SESSIONS)).copied();
            ensure!(
                found.is_some_and(|found| found >= round),
                "kill {kill}: round {round} was kept, {found:?} is there"
            );
        }
        ensure!(store.broken() == 0, "kill {kill}: {} files were torn", store.broken());
        let left = std::fs::read_dir(folder.join(".outlive/writing"))?.count();
        ensure!(left == 0, "kill {kill}: {left} files were left");
    }
    Ok(())
}
