//! What a setting is called where it was given, for sentences about it.

use std::path::{Path, PathBuf};

use outlive_config::Origin;

/// Where settings come from that no flag gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::serve) struct Said {
    file: Option<PathBuf>,
}

impl Said {
    /// By flags alone.
    pub(super) fn by_flags() -> Self {
        Self::default()
    }

    /// In this file, where no flag goes before it.
    pub(super) fn in_file(file: &Path) -> Self {
        Self { file: Some(file.to_owned()) }
    }

    pub(super) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// The flag where it is `given`, or where there is no file; else the file and its element.
    pub(super) fn of(&self, given: bool, flag: &str, element: &str) -> String {
        match &self.file {
            Some(file) if !given => format!("{}: {element}", file.display()),
            _ => flag.to_owned(),
        }
    }

    /// The same with the place of the setting of this key, where the file says it or has its element.
    pub(super) fn at(&self, given: bool, flag: &str, origin: &Origin, key: &str, element: &str) -> String {
        match origin.said(key) {
            Some(said) if !given => said,
            _ => self.of(given, flag, element),
        }
    }
}
