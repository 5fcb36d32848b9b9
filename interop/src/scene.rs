//! The place of one test: a folder for what its nodes write, gone afterwards, and the logs to show where it fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::tomcat::TomcatVersion;

/// How much of each log a failed test shows.
const TAIL_LINES: usize = 60;

/// The programs that nodes are started from, made before the first test.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    /// The binary `outlive`.
    pub outlive: Option<PathBuf>,
    /// The session app as an exploded web application, for Tomcat.
    pub web_app: Option<PathBuf>,
    /// The same for the older Tomcat.
    pub web_app_9: Option<PathBuf>,
}

/// One test's folder and programs.
#[derive(Debug)]
pub struct Scene {
    folder: TempDir,
    programs: Programs,
    logs: AtomicUsize,
}

impl Scene {
    /// An empty scene.
    ///
    /// # Errors
    /// Where no temporary folder can be made.
    pub fn new(programs: Programs) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("outlive-rig-").tempdir().context("no temporary folder")?;
        Ok(Self { folder, programs, logs: AtomicUsize::new(0) })
    }

    /// The folder, empty at the start of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The binary `outlive`.
    ///
    /// # Errors
    /// Where the test was not listed as one that needs it.
    pub fn outlive(&self) -> Result<&Path> {
        self.programs.outlive.as_deref().context("this test did not say that it needs Outlive")
    }

    /// The web application for that Tomcat.
    ///
    /// # Errors
    /// Where the test was not listed as one that needs it.
    pub fn web_app(&self, version: TomcatVersion) -> Result<&Path> {
        let web_app = match version {
            TomcatVersion::V10 => &self.programs.web_app,
            TomcatVersion::V9 => &self.programs.web_app_9,
        };
        web_app.as_deref().with_context(|| format!("this test did not say that it needs Tomcat {version:?}"))
    }

    /// A file for a process's output; numbered, so that each start of a node has its own, in order.
    pub fn log_file(&self, name: &str) -> PathBuf {
        let number = self.logs.fetch_add(1, Ordering::Relaxed) + 1;
        self.folder.path().join(format!("{number:02}-{name}.log"))
    }

    /// All that the scene's nodes have written so far, one after the other.
    ///
    /// # Errors
    /// Where a log cannot be read.
    pub fn logs(&self) -> Result<String> {
        let mut all = String::new();
        for path in self.log_paths() {
            all.push_str(&String::from_utf8_lossy(&fs::read(path)?));
        }
        Ok(all)
    }

    /// The logs, in the order in which their nodes were started.
    fn log_paths(&self) -> Vec<PathBuf> {
        let mut logs: Vec<PathBuf> = fs::read_dir(self.folder.path())
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
        logs.sort();
        logs
    }

    /// The end of each log, under its name.
    pub fn log_tails(&self) -> String {
        let mut out = String::new();
        for path in self.log_paths() {
            let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let from = lines.len().saturating_sub(TAIL_LINES);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            out.push_str(&format!("---- {name}: the last {} of {} lines\n", lines.len() - from, lines.len()));
            for line in &lines[from..] {
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }
}
