//! Packages without their services.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::{Context, Result};

/// What Debian's packages ask before they start a service; 101 forbids it. Source: invoke-rc.d(8).
const POLICY: &str = "/usr/sbin/policy-rc.d";
const FORBID: &str = "#!/bin/sh\n# While `cargo xtask verify` installs packages. Left behind where that was killed: remove it.\nexit 101\n";

/// For as long as it lives, packages that are installed start no service of the system. Where the system has a policy of its own,
/// as most containers do, that one holds.
pub(super) struct NoServices {
    made: bool,
}

impl NoServices {
    pub(super) fn new() -> Result<Self> {
        match OpenOptions::new().write(true).create_new(true).mode(0o755).open(POLICY) {
            Ok(mut file) => {
                let made = Self { made: true };
                file.write_all(FORBID.as_bytes()).with_context(|| format!("cannot write {POLICY}"))?;
                Ok(made)
            }
            Err(there) if there.kind() == ErrorKind::AlreadyExists => Ok(Self { made: false }),
            Err(refused) => Err(refused).with_context(|| format!("cannot make {POLICY}")),
        }
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.made {
            // It says itself what to do with it.
            let _ = fs::remove_file(POLICY);
        }
    }
}
