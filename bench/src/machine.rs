//! On what, and of what, a run was made.

use std::fs;
use std::process::Command;
use std::thread;

/// Facts for the head of a report, name and value.
#[derive(Debug)]
pub(crate) struct Machine(Vec<(&'static str, String)>);

impl Machine {
    /// Looks around. What cannot be found out is said to be unknown.
    pub(crate) fn look() -> Self {
        let cores = thread::available_parallelism().map_or_else(|_| unknown(), |cores| cores.to_string());
        let model = line_of("/proc/cpuinfo", "model name").unwrap_or_else(unknown);
        let memory = line_of("/proc/meminfo", "MemTotal").unwrap_or_else(unknown);
        Self(vec![
            ("date", answer("date", &["-u", "+%F"]).unwrap_or_else(unknown)),
            ("commit", commit().unwrap_or_else(unknown)),
            ("processors", format!("{cores} × {model}")),
            ("memory", memory),
            ("kernel", answer("uname", &["-sr"]).unwrap_or_else(unknown)),
            ("compiler", answer("rustc", &["--version"]).unwrap_or_else(unknown)),
        ])
    }

    /// A list of the facts.
    pub(crate) fn markdown(&self) -> String {
        self.0.iter().map(|(name, value)| format!("- {name}: {value}\n")).collect()
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// The commit, and whether the folder differs from it.
fn commit() -> Option<String> {
    let here = ["-C", env!("CARGO_MANIFEST_DIR")];
    let commit = answer("git", &[&here[..], &["rev-parse", "--short", "HEAD"]].concat())?;
    let changes = answer("git", &[&here[..], &["status", "--porcelain", "--untracked-files=no"]].concat())?;
    Some(if changes.is_empty() { commit } else { format!("{commit}, with changes") })
}

/// What a program prints, without the space around it.
fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The value of the first `NAME : VALUE` line of a file.
fn line_of(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
