//! Tomcat's own `FileStore`, driven by a Java program in Tomcat's classes: no server, no requests, one thread.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::Step;

/// Saves and loads sessions of the same content; prints `step wall-ns cpu-ns` for each step.
const PROGRAM: &str = include_str!("tomcat/StoreBench.java");

/// Measures it over so many sessions.
///
/// # Errors
/// There is no Tomcat, or it did not do its work.
pub(super) fn measure(folder: &Path, sessions: usize) -> Result<Vec<Step>> {
    std::fs::create_dir_all(folder)?;
    let program = folder.join("StoreBench.java");
    std::fs::write(&program, PROGRAM)?;
    let output = Command::new("java")
        .args(["-XX:+UseSerialGC", "-cp", "/usr/share/tomcat10/lib/*:/usr/share/tomcat10/bin/tomcat-juli.jar"])
        .arg(&program)
        .arg(folder.join("sessions"))
        .arg(sessions.to_string())
        .output()
        .context("java")?;
    ensure!(output.status.success(), "Tomcat's store: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let line = |name: &'static str, line: &str| -> Option<Step> {
        let mut words = line.split(' ').skip(1).map(|number| number.parse().map(Duration::from_nanos));
        Some(Step { name, sessions, wall: words.next()?.ok()?, cpu: words.next()?.ok()? })
    };
    let steps =
        ["save", "save again", "load"].into_iter().zip(text.lines()).filter_map(|(name, text)| line(name, text));
    let steps: Vec<Step> = steps.collect();
    ensure!(steps.len() == 3, "Tomcat's store says {text:?}");
    Ok(steps)
}
