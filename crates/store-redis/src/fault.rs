//! What a server's error means, in a sentence. A server's own words never hold an id or a password: its codes and limits are repeated.

use outlive_store::{StoreError, StoreFault};
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// The error as a store tells it; `place` is what the server is called for people.
pub(crate) fn store_error(error: &RedisError, place: &str) -> StoreError {
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let code = error.code().unwrap_or_default().to_owned();
    let (fault, what) = match error.kind() {
        ErrorKind::AuthenticationFailed => (StoreFault::Denied, "refuses user or password".to_owned()),
        ErrorKind::Server(ServerErrorKind::NoPerm) => (StoreFault::Denied, format!("does not allow it{detail}")),
        ErrorKind::Server(ServerErrorKind::ReadOnly) => (StoreFault::Unavailable, "is a replica now".to_owned()),
        ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::CrossSlot) => {
            (StoreFault::Schema, "is part of a Cluster: redis+cluster: is for that".to_owned())
        }
        ErrorKind::MasterNameNotFoundBySentinel => {
            (StoreFault::Schema, "is not known to the Sentinels by that name".to_owned())
        }
        ErrorKind::InvalidClientConfig | ErrorKind::EmptySentinelList => {
            (StoreFault::Schema, "cannot be used with these settings".to_owned())
        }
        ErrorKind::UnexpectedReturnType => (StoreFault::Schema, "answers otherwise than it was asked".to_owned()),
        ErrorKind::Io if error.is_timeout() => (StoreFault::Unavailable, "did not answer in time".to_owned()),
        ErrorKind::Io => (StoreFault::Unavailable, format!("cannot be reached: {error}")),
        _ => of_code(&code, &detail),
    };
    StoreError::new(fault, format!("{place} {what}"))
}

/// Source: Redis, `server.c` (`createSharedObjects`); the codes begin a server's answer.
fn of_code(code: &str, detail: &str) -> (StoreFault, String) {
    match code {
        "NOAUTH" | "WRONGPASS" => (StoreFault::Denied, "refuses user or password".to_owned()),
        "NOPERM" => (StoreFault::Denied, format!("does not allow it{detail}")),
        // The same from within a script, as Redis 6 and 7 tell it.
        "ERR" if ["NOPERM", "can't run this command"].iter().any(|words| detail.contains(words)) => {
            (StoreFault::Denied, "does not allow this user what a store must do".to_owned())
        }
        "OOM" => (StoreFault::Full, format!("has no memory left{detail}")),
        // It cannot write its files.
        "MISCONF" => (StoreFault::Full, "takes no writes, because it cannot keep them on its disk".to_owned()),
        "WRONGTYPE" => (StoreFault::Corrupt, "has something else where a session should lie".to_owned()),
        _ => (StoreFault::Unavailable, format!("cannot do it now ({code})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_is_to_be_done() {
        for (code, fault) in [
            ("NOAUTH", StoreFault::Denied),
            ("OOM", StoreFault::Full),
            ("MISCONF", StoreFault::Full),
            ("WRONGTYPE", StoreFault::Corrupt),
            ("LOADING", StoreFault::Unavailable),
        ] {
            assert_eq!(of_code(code, "").0, fault, "{code}");
        }
    }
}
