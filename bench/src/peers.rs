//! Other systems, where they are installed; those that are not are said to be missing, and left out.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use outlive_interop::scene::Programs;
use outlive_interop::tomcat::{self, TomcatVersion};

use crate::arguments::Peer;
use crate::system::{Parts, Sending, Store, System};

/// Builds what is not part of the workspace, while there still is a network to fetch it from.
///
/// # Errors
/// It does not build.
pub(crate) fn build(peers: &[Peer], folder: &Path) -> Result<()> {
    if !peers.contains(&Peer::Redis) || !Store::is_installed() {
        return Ok(());
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/tower-sessions/Cargo.toml");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--locked", "--release", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(folder.join("peers"))
        .status()
        .context("cannot start cargo")?;
    ensure!(built.success(), "bench/peers/tower-sessions: {built}");
    Ok(())
}

/// What there is to measure: ours, and those of the peers that are here.
///
/// # Errors
/// A peer is here and cannot be made ready.
pub(crate) fn gather(peers: &[Peer], outlive: PathBuf, target: &Path) -> Result<(Parts, Vec<System>)> {
    let programs = Programs { outlive: Some(outlive), ..Programs::default() };
    let mut parts = Parts { programs, tower_sessions: None };
    let mut systems =
        vec![System::Hyper, System::Outlive(Sending::Async), System::Outlive(Sending::Sync), System::Static];
    if peers.contains(&Peer::Tomcat) {
        if TomcatVersion::V10.is_installed() {
            parts.programs.web_app = Some(tomcat::build_web_app(target, TomcatVersion::V10)?);
            systems.extend([System::Tomcat(Sending::Async), System::Tomcat(Sending::Sync)]);
        } else {
            skipped("Tomcat", "tomcat10-common and openjdk-17-jdk-headless");
        }
    }
    if peers.contains(&Peer::Redis) {
        if Store::is_installed() {
            parts.tower_sessions = Some(target.join("bench/peers/release/outlive-bench-tower-sessions"));
            systems.push(System::TowerSessions);
        } else {
            skipped("tower-sessions over Redis", "redis-server");
        }
    }
    Ok((parts, systems))
}

/// Says that something is left out.
pub(crate) fn skipped(what: &str, packages: &str) {
    eprintln!("************************************************************");
    eprintln!("* SKIPPED: {what}: not here (Debian: {packages})");
    eprintln!("************************************************************");
}
