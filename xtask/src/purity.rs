//! The crates that decide do no I/O: proven here rather than promised.
//!
//! Three of them are `no_std`, and the compiler itself refuses a clock, a socket or a thread there as long as `std` is not let in by
//! hand. For all of them, nothing below may bring what they must not use: neither a crate that talks to the system nor a path of `std`
//! that does.

mod source;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::{cargo, root};

/// A crate that must stay pure.
struct Pure {
    folder: &'static str,
    no_std: bool,
}

const PURE: [Pure; 6] = [
    Pure { folder: "ajp", no_std: true },
    Pure { folder: "pattern", no_std: false },
    Pure { folder: "serial", no_std: true },
    Pure { folder: "tribes-proto", no_std: true },
    Pure { folder: "session", no_std: true },
    Pure { folder: "node", no_std: false },
];

/// Crates that bring I/O, a clock or randomness. The system's own interfaces come first: whoever does I/O without `std` needs one of them.
const FORBIDDEN_CRATES: [&str; 24] = [
    "libc",
    "rustix",
    "linux-raw-sys",
    "nix",
    "windows-sys",
    "tokio",
    "mio",
    "socket2",
    "async-io",
    "smol",
    "hyper",
    "axum",
    "rand",
    "rand_core",
    "getrandom",
    "fastrand",
    "uuid",
    "chrono",
    "time",
    "jiff",
    "quanta",
    "web-time",
    "tracing-subscriber",
    "ahash",
];

/// What `std` gives that needs the system, or differs from run to run.
const FORBIDDEN_PATHS: [&str; 7] = [
    "std::fs",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
    "std::collections::HashMap",
    "std::collections::HashSet",
];

/// The same, by names that are looked for wherever they come from: a group of imports hides the path.
const FORBIDDEN_WORDS: [&str; 6] = ["Instant", "SystemTime", "TcpStream", "TcpListener", "UdpSocket", "RandomState"];

pub(crate) fn check() -> Result<()> {
    let mut faults = Vec::new();
    for pure in &PURE {
        let package = format!("outlive-{}", pure.folder);
        let dependencies = dependencies(&package)?;
        for found in FORBIDDEN_CRATES.iter().filter(|&&name| dependencies.contains(name)) {
            faults.push(format!(
                "{package} depends on {found}: cargo tree --package {package} --edges normal --invert {found}"
            ));
        }
        let sources = source::files(&root().join("crates").join(pure.folder).join("src"))?;
        ensure!(!sources.is_empty(), "{package} has no sources");
        for (path, text) in &sources {
            faults.extend(faults_of(pure, path, text));
        }
        println!("{package}: {} dependencies, {} source files", dependencies.len(), sources.len());
    }
    if faults.is_empty() {
        return Ok(());
    }
    for fault in &faults {
        println!("{fault}");
    }
    bail!("{} faults, the first: {}", faults.len(), faults[0])
}

fn faults_of(pure: &Pure, path: &Path, text: &str) -> Vec<String> {
    let place = path.strip_prefix(root()).map_or_else(|_| path.to_owned(), Path::to_owned);
    let mut faults = Vec::new();
    let is_root = path.ends_with(PathBuf::from(pure.folder).join("src/lib.rs"));
    let without_std = ["#![no_std]", "#![cfg_attr(not(test), no_std)]"];
    if pure.no_std && is_root && !text.lines().any(|line| without_std.contains(&line)) {
        faults.push(format!("{}: `#![no_std]` is missing", place.display()));
    }
    for (number, line) in source::outside_of_tests(text) {
        if pure.no_std && (line.contains("extern crate std") || line.contains("std::") && !line.contains("no_std::")) {
            faults.push(format!("{}:{number}: std in a crate without it: {}", place.display(), line.trim()));
        } else if let Some(found) = forbidden_in(line).filter(|_| !pure.no_std) {
            faults.push(format!("{}:{number}: {found} in a crate without I/O, clock and randomness", place.display()));
        }
    }
    faults
}

fn forbidden_in(line: &str) -> Option<&'static str> {
    let code = line.split("//").next().unwrap_or(line);
    let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    let path = FORBIDDEN_PATHS.into_iter().find(|path| code.contains(path));
    path.or_else(|| words.find_map(|word| FORBIDDEN_WORDS.into_iter().find(|&forbidden| forbidden == word)))
}

/// The names of all that a package depends on, tests and build scripts aside.
fn dependencies(package: &str) -> Result<BTreeSet<String>> {
    let tree = cargo()
        .args([
            "tree",
            "--locked",
            "--package",
            package,
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .output()?;
    ensure!(tree.status.success(), "cargo tree: {}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8_lossy(&tree.stdout);
    let names =
        text.lines().filter_map(|line| line.split(' ').next()).filter(|&name| !name.is_empty() && name != package);
    Ok(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(no_std: bool, text: &str) -> Vec<String> {
        faults_of(&Pure { folder: "x", no_std }, &root().join("crates/x/src/lib.rs"), text)
    }

    #[test]
    fn std_is_found_where_it_must_not_be() {
        assert_eq!(check(true, "use core::fmt;\n"), ["crates/x/src/lib.rs: `#![no_std]` is missing"]);
        let text = "#![no_std]\nuse std::fmt; // why\n// std::io is not used\n#[cfg(test)]\nmod tests {\n    use std::io;\n}\n";
        assert_eq!(check(true, text), ["crates/x/src/lib.rs:2: std in a crate without it: use std::fmt; // why"]);
    }

    #[test]
    fn with_std_only_what_needs_the_system_is_a_fault() {
        let text = "use std::sync::Arc;\nuse std::time::{Duration, Instant}; // Instant\n";
        assert_eq!(check(false, text), ["crates/x/src/lib.rs:2: Instant in a crate without I/O, clock and randomness"]);
    }
}
