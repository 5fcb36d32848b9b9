//! Lines into a store, as sessions.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use outlive_store::{Save, Saved, SessionRecord};
use tokio::task::JoinSet;

use super::Opened;
use super::line::{LINE_BYTES_MAX, Line};
use super::progress::Progress;
use crate::exit::Exit;

/// Sessions that are on their way at once.
const UNDER_WAY: usize = 8;

/// What became of a session.
enum Outcome {
    Imported,
    /// The store's own was accessed as late or later.
    Older,
    /// The store knows that it has ended.
    Ended,
}

/// Reads to the end, or to the first line or session that fails; what was told as imported is in the store.
pub(super) async fn import(opened: Opened, file: &Path) -> Result<(), Exit> {
    let name = if file == Path::new("-") { "the standard input".to_owned() } else { file.display().to_string() };
    let input: Box<dyn Read + Send> = if file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(|error| Exit::failure(format!("{name}: {error}")))?)
    };
    opened.store.init().await.map_err(|error| opened.told(error))?;
    let mut input = BufReader::new(input);
    let (mut progress, mut under_way) = (Progress::new("read"), JoinSet::new());
    let (mut imported, mut older, mut ended) = (0_u64, 0_u64, 0_u64);
    let mut count = |outcome| match outcome {
        Outcome::Imported => imported += 1,
        Outcome::Older => older += 1,
        Outcome::Ended => ended += 1,
    };
    for number in 1_u64.. {
        let record = next(&mut input).map_err(|why| Exit::failure(format!("{name}, line {number}: {why}")))?;
        let Some(record) = record else { break };
        if under_way.len() == UNDER_WAY {
            count(done(under_way.join_next().await)?);
        }
        under_way.spawn(keep(opened.clone(), record));
        progress.step();
    }
    while !under_way.is_empty() {
        count(done(under_way.join_next().await)?);
    }
    progress.end();
    eprintln!(
        "{imported} sessions imported, {older} older than those there, {ended} ended: {}",
        opened.store.describe()
    );
    Ok(())
}

/// The session of the next line; `None` at the end.
fn next(input: &mut impl BufRead) -> Result<Option<SessionRecord>, String> {
    let mut line = Vec::new();
    let read = input.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
    if read == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && read as u64 == LINE_BYTES_MAX {
        return Err(format!("it has more than {LINE_BYTES_MAX} bytes"));
    }
    // Its place is told, never what stands there.
    let line: Line = serde_json::from_slice(&line)
        .map_err(|error| format!("it is no line of an export, see column {}", error.column()))?;
    line.record().map(Some)
}

async fn keep(opened: Opened, record: SessionRecord) -> Result<Outcome, Exit> {
    let there = opened.store.load(&record.head.id).await.map_err(|error| opened.told(error))?;
    if there.as_ref().is_some_and(|there| there.head.last_accessed >= record.head.last_accessed) {
        return Ok(Outcome::Older);
    }
    let version = there.and_then(|there| there.version);
    let save = Save { record: SessionRecord { version, ..record }, force: false };
    match opened.store.save(&save).await.map_err(|error| opened.told(error))? {
        Saved::Kept(_) => Ok(Outcome::Imported),
        Saved::Buried(_) => Ok(Outcome::Ended),
        // Somebody uses it this very moment.
        Saved::Changed(_) => Ok(Outcome::Older),
    }
}

fn done(task: Option<Result<Result<Outcome, Exit>, tokio::task::JoinError>>) -> Result<Outcome, Exit> {
    match task {
        Some(Ok(outcome)) => outcome,
        Some(Err(error)) => Err(Exit::failure(format!("an import failed: {error}"))),
        None => Err(Exit::failure("an import was lost")),
    }
}
