//! The configuration files that flags name.

use std::path::PathBuf;

use outlive_config::{Configuration, Definitions, Notice, Source};

use crate::cli::{Definition, FileArguments};
use crate::exit::Exit;

/// What was read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) configuration: Configuration,
    pub(super) notices: Vec<Notice>,
    /// The file that is named where something in it cannot be followed.
    pub(super) file: PathBuf,
    /// What relative paths are relative to.
    pub(super) base: PathBuf,
}

/// Reads what `--base` or `--config` names; nothing without them.
///
/// # Errors
/// Exit code 2: everything that is wrong with the files, each with its place.
pub(super) fn read(flags: &FileArguments) -> Result<Option<Read>, Exit> {
    let (source, file) = match (&flags.base, &flags.config) {
        (Some(base), _) => (Source::Base(base.clone()), base.join("conf/server.xml")),
        (None, Some(file)) => (Source::File(file.clone()), file.clone()),
        (None, None) if flags.define.is_empty() => return Ok(None),
        (None, None) => {
            return Err(Exit::usage("-D says something of files, and neither --base nor --config names any"));
        }
    };
    let defined = flags.define.iter().map(|Definition { name, value }| (name.clone(), value.clone()));
    let loaded = outlive_config::load(&source, &Definitions::of_process(defined))
        .map_err(|error| Exit::usage(error.to_string()))?;
    Ok(Some(Read { configuration: loaded.configuration, notices: loaded.notices, file, base: loaded.base }))
}
