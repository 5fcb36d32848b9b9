//! The word by which the API server knows this pod: it is replaced in its file every hour or so.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::CloudError;

/// No token is longer.
const TOKEN_BYTES_MAX: u64 = 64 << 10;

/// A token and the file that it comes from. Never shown.
pub(crate) struct Token {
    path: PathBuf,
    read: Option<(SystemTime, String)>,
}

impl Token {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), read: None }
    }

    /// The token; read anew where its file has changed.
    pub(crate) fn current(&mut self) -> Result<&str, CloudError> {
        let fault = |error| CloudError::File { path: self.path.clone(), error };
        // The file is a link that is turned to another one: its target's time is what changes.
        let facts = fs::metadata(&self.path).map_err(fault)?;
        let changed = facts.modified().map_err(fault)?;
        if self.read.as_ref().is_none_or(|(before, _)| *before != changed) {
            if facts.len() > TOKEN_BYTES_MAX {
                return Err(CloudError::Pem { path: self.path.clone(), wanted: "token, but far more than one" });
            }
            let text = fs::read_to_string(&self.path).map_err(fault)?;
            self.read = Some((changed, text.trim().to_owned()));
        }
        Ok(self.read.as_ref().map_or("", |(_, token)| token))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("path", &self.path).finish_non_exhaustive()
    }
}
