//! Sessions out of a store, as lines.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use outlive_store::StoreFault;

use super::Opened;
use super::line::Line;
use super::progress::Progress;
use crate::exit::Exit;

/// The sessions without their values.
pub(super) async fn list(opened: Opened, with_ids: bool) -> Result<(), Exit> {
    let mut lines = Lines { output: BufWriter::new(Box::new(io::stdout())), is_closed: false };
    let mut last = None;
    while !lines.is_closed {
        let heads = opened.page(last.as_ref()).await?;
        for head in &heads {
            lines.write(&Line::of_head(head, with_ids))?;
        }
        match heads.into_iter().next_back() {
            Some(head) => last = Some(head),
            None => break,
        }
    }
    lines.end()
}

/// The sessions with their values. Those that cannot be read are told and left out.
pub(super) async fn export(opened: Opened, file: &Path) -> Result<(), Exit> {
    let output: Box<dyn Write + Send> = if file == Path::new("-") {
        Box::new(io::stdout())
    } else {
        Box::new(File::create(file).map_err(|error| Exit::failure(format!("{}: {error}", file.display())))?)
    };
    let mut lines = Lines { output: BufWriter::new(output), is_closed: false };
    let (mut progress, mut left_out, mut last) = (Progress::new("exported"), 0_u64, None);
    while !lines.is_closed {
        let heads = opened.page(last.as_ref()).await?;
        for head in &heads {
            match opened.store.load(&head.id).await {
                Ok(Some(record)) => {
                    lines.write(&Line::of_record(&record))?;
                    progress.step();
                }
                // It ended meanwhile.
                Ok(None) => {}
                Err(error) if matches!(error.fault(), StoreFault::Corrupt | StoreFault::TooLarge) => {
                    left_out += 1;
                    tracing::warn!("left out: {error}");
                }
                Err(error) => return Err(opened.told(error)),
            }
        }
        match heads.into_iter().next_back() {
            Some(head) => last = Some(head),
            None => break,
        }
    }
    lines.end()?;
    let exported = progress.end();
    eprintln!("{exported} sessions exported, {left_out} left out: {}", opened.store.describe());
    Ok(())
}

/// The output. A reader that goes away is no error.
struct Lines {
    output: BufWriter<Box<dyn Write + Send>>,
    is_closed: bool,
}

impl Lines {
    fn write(&mut self, line: &Line) -> Result<(), Exit> {
        let written = serde_json::to_writer(&mut self.output, line).map_err(io::Error::from);
        let written = written.and_then(|()| self.output.write_all(b"\n"));
        self.checked(written)
    }

    fn end(&mut self) -> Result<(), Exit> {
        let flushed = self.output.flush();
        self.checked(flushed)
    }

    fn checked(&mut self, written: io::Result<()>) -> Result<(), Exit> {
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            Err(error) => Err(Exit::failure(format!("the output cannot be written: {error}"))),
        }
    }
}
