//! Real databases for a test: each a process of the rig's own, in a folder of the scene, on an address of the sandbox.
//!
//! They refuse to run as root, so they run as a user of the system that has no rights.

mod mariadb;
mod postgres;
mod redis;

pub use mariadb::MariaDb;
pub use postgres::Postgres;
pub use redis::{Redis, RedisMode};

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use crate::poll;
use crate::process::Process;
use crate::scene::Scene;

/// The password of every database of the rig; it must never be seen in a log.
pub const PASSWORD: &str = "k4tz3n:kl0/@ppe";
/// The same within a URL.
pub const PASSWORD_ENCODED: &str = "k4tz3n%3Akl0%2F%40ppe";

/// How long a database may take to start, or to come up after a crash.
const START_LIMIT: Duration = Duration::from_secs(60);
/// `nobody` and `nogroup` on every Debian.
const NOBODY: u32 = 65534;

/// A database that can be started, killed, and stopped for a while.
pub trait Database: std::fmt::Debug {
    /// Starts it and waits until it takes connections.
    ///
    /// # Errors
    /// Where it runs already, or does not come up.
    fn start(&mut self) -> Result<()>;

    /// SIGKILL to all its processes: the crash.
    ///
    /// # Errors
    /// Where it does not run.
    fn kill(&mut self) -> Result<()>;

    /// SIGSTOP to all its processes: it keeps its connections and answers nothing.
    ///
    /// # Errors
    /// Where it does not run.
    fn pause(&self) -> Result<()>;

    /// SIGCONT.
    ///
    /// # Errors
    /// Where it does not run.
    fn resume(&self) -> Result<()>;

    /// `--store` for it.
    fn url(&self) -> String;

    /// The process ids of the server and of all that it has started.
    ///
    /// # Errors
    /// Where it does not run.
    fn processes(&self) -> Result<Vec<u32>>;
}

/// What all of them share: a folder, an address, and, while it runs, a process.
#[derive(Debug)]
struct Engine<'scene> {
    name: &'static str,
    scene: &'scene Scene,
    folder: PathBuf,
    /// What it writes when it takes connections.
    ready: &'static str,
    process: Option<Process>,
}

impl<'scene> Engine<'scene> {
    fn new(scene: &'scene Scene, name: &'static str, folder: PathBuf, ready: &'static str) -> Result<Self> {
        // The scene's own folder is closed to all others.
        fs::set_permissions(scene.folder(), Permissions::from_mode(0o711))?;
        let engine = Self { name, scene, folder, ready, process: None };
        fs::create_dir_all(&engine.folder)?;
        engine.own(&engine.folder)?;
        Ok(engine)
    }

    /// Makes the user that it runs as the owner of a file or a folder, and closes it to all others.
    fn own(&self, path: &Path) -> Result<()> {
        if is_root()? {
            chown(path, Some(NOBODY), Some(NOBODY))?;
        }
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
        Ok(())
    }

    /// A command as the user that has no rights.
    fn command(&self, program: impl AsRef<Path>) -> Result<Command> {
        let mut command = if is_root()? {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(program.as_ref());
            command
        } else {
            Command::new(program.as_ref())
        };
        command
            .current_dir(&self.folder)
            .env("HOME", &self.folder)
            .env("TMPDIR", &self.folder)
            .env("LC_ALL", "C.UTF-8");
        Ok(command)
    }

    /// Runs a program to its end.
    fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Result<()> {
        let program = program.as_ref();
        let done = self.command(program)?.args(arguments).output()?;
        let told = || [String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)].join("\n");
        ensure!(done.status.success(), "{}: {}: {}", program.display(), done.status, told());
        Ok(())
    }

    /// Starts the server and waits until it takes connections. One that finds what a killed one has left is started again.
    fn start(&mut self, command: impl Fn(&Self) -> Result<Command>) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.name);
        let process = poll::until(&format!("{} takes connections", self.name), START_LIMIT, || {
            let mut process = Process::spawn(&mut command(self)?, self.scene.log_file(self.name))?;
            poll::until("a connection", START_LIMIT, || match process.ended()? {
                Some(status) => Ok(Some(status)),
                None if process.output()?.contains(self.ready) => Ok(None),
                None => Err(anyhow!("it has not said {:?}", self.ready)),
            })?
            .map_or_else(|| Ok(process), |status| Err(anyhow!("it ended: {status}")))
        })?;
        self.process = Some(process);
        Ok(())
    }

    fn process(&self) -> Result<&Process> {
        self.process.as_ref().with_context(|| format!("{} does not run", self.name))
    }

    fn kill(&mut self) -> Result<()> {
        self.signal("KILL")?;
        self.process.take().context("it ran")?.kill()
    }

    /// The process and all below it.
    fn family(&self) -> Result<Vec<u32>> {
        let mut family = vec![self.process()?.id()];
        while let Some(child) = children()?.into_iter().find(|(id, of)| family.contains(of) && !family.contains(id)) {
            family.push(child.0);
        }
        Ok(family)
    }

    /// To the process and to all below it.
    fn signal(&self, name: &str) -> Result<()> {
        let root = self.process()?.id();
        for id in self.family()? {
            let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &id.to_string()]).output()?;
            // A child may be gone with its parent.
            ensure!(sent.status.success() || id != root, "SIG{name} to {}: {}", self.name, sent.status);
        }
        Ok(())
    }
}

/// Each process of the sandbox and its parent.
fn children() -> Result<Vec<(u32, u32)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that has ended meanwhile.
        let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        // The name, in brackets, may hold anything; behind it stand the state and the parent.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        found.extend(parent.map(|parent| (id, parent)));
    }
    Ok(found)
}

fn is_root() -> Result<bool> {
    let id = Command::new("id").arg("-u").output().context("id")?;
    Ok(id.stdout.trim_ascii() == b"0")
}

/// Whether the program can be started here, or lies in one of these folders; with its path.
fn program(name: &str, folders: &[&str]) -> Result<PathBuf> {
    let found = folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    found.with_context(|| format!("no {name} here: it is in none of {}", folders.join(", ")))
}
