//! Files, read whole and no larger than they may be.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use crate::problem::{Fault, Place};
use crate::raw::FILE_BYTES_MAX;

/// A file's text, and its path for messages. `None`: it is not there.
///
/// # Errors
/// It cannot be read, is too large, or is no UTF-8.
pub(crate) fn read_file(path: &Path) -> Result<Option<(Arc<str>, String)>, Fault> {
    let Some(bytes) = read_bytes(path)? else { return Ok(None) };
    let name: Arc<str> = path.to_string_lossy().into();
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        let place = Place { file: name.clone(), line: u32::try_from(line + 1).unwrap_or(u32::MAX), column: 1 };
        Fault { place: Some(place), text: "this line is no UTF-8".to_owned() }
    })?;
    Ok(Some((name, text)))
}

/// The text of a file of Java properties, whose bytes are characters (ISO-8859-1). `None`: it is not there.
///
/// # Errors
/// It cannot be read, or is too large.
pub(crate) fn read_properties_file(path: &Path) -> Result<Option<String>, Fault> {
    let read = read_bytes(path)?;
    Ok(read.map(|bytes| bytes.into_iter().map(char::from).collect()))
}

fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, Fault> {
    let fault = |text: String| Fault { place: None, text: format!("{} {text}", path.display()) };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(fault(format!("cannot be opened: {error}"))),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| fault(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(fault(format!("is larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    Ok(Some(bytes))
}
