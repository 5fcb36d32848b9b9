//! `outlive inspect`: bytes of a file or of the standard input in, lines out.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use outlive_inspect::{Format, Inspector, Record, Settings};

use crate::cli::{FormatName, InspectArguments};
use crate::exit::Exit;

/// How much is read at a time.
const CHUNK: usize = 1 << 16;

/// Decodes the input to its end.
///
/// # Errors
/// Exit code 1: the input cannot be read, or a line said that something in it is wrong. A reader of the output that goes away is none.
pub(crate) fn run(arguments: InspectArguments) -> Result<(), Exit> {
    let name = arguments.file.display().to_string();
    let unreadable = |error: io::Error| Exit::failure(format!("{name} cannot be read: {error}"));
    let mut input: Box<dyn Read> = if arguments.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&arguments.file).map_err(unreadable)?)
    };
    let mut inspector = Inspector::new(settings(arguments));
    let mut lines = Lines { output: BufWriter::with_capacity(CHUNK, io::stdout().lock()), errors: false };
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match input.read(&mut chunk) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other.map_err(unreadable)?,
        };
        let written = match read {
            0 => inspector.finish(&mut |record| lines.write(&record)),
            _ => inspector.push(&chunk[..read], &mut |record| lines.write(&record)),
        };
        // What is known is shown before more is waited for.
        match written.and_then(|()| lines.output.flush()) {
            Ok(()) if read > 0 && !inspector.is_over() => {}
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            Err(error) => return Err(Exit::failure(format!("the output cannot be written: {error}"))),
        }
    }
    if lines.errors { Err(Exit::told()) } else { Ok(()) }
}

fn settings(arguments: InspectArguments) -> Settings {
    let format = arguments.format.map(|format| match format {
        FormatName::Tcp => Format::Tcp,
        FormatName::Datagrams => Format::Datagrams,
        FormatName::Session => Format::Session,
        FormatName::Sessions => Format::Sessions,
    });
    Settings { format, interceptors: arguments.interceptors, key: arguments.encrypt }
}

/// The output.
struct Lines<W: Write> {
    output: W,
    /// Whether a line said that something is wrong.
    errors: bool,
}

impl<W: Write> Lines<W> {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        self.errors |= record.is_error();
        serde_json::to_writer(&mut self.output, record)?;
        self.output.write_all(b"\n")
    }
}
