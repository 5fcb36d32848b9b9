//! What the system says, as what is to be done about it.

use std::io;
use std::path::Path;

use crate::{StoreError, StoreFault};

/// Turns an error of the system into one of a store in `folder`; `doing` says what failed, without naming a session.
pub(crate) fn of(folder: &Path, doing: &str, error: io::Error) -> StoreError {
    let fault = fault_of(&error);
    StoreError::new(fault, format!("in {}: cannot {doing}: {error}", folder.display())).caused_by(error)
}

/// What is to be done about an error of the system.
pub(crate) fn fault_of(error: &io::Error) -> StoreFault {
    use io::ErrorKind::*;
    match error.kind() {
        StorageFull | QuotaExceeded => StoreFault::Full,
        PermissionDenied | ReadOnlyFilesystem => StoreFault::Denied,
        NotADirectory | IsADirectory | DirectoryNotEmpty | Unsupported => StoreFault::Schema,
        FileTooLarge => StoreFault::TooLarge,
        // Not found too: a folder that is not mounted yet, or was taken away.
        _ => StoreFault::Unavailable,
    }
}

/// Says "nothing" where something is not there.
pub(crate) fn optional<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
