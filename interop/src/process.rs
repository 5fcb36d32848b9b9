//! A child process whose output goes to a file, and which does not outlive its handle.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::poll;

/// How long a process may take to end after SIGTERM.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A running process. Dropping it kills it and waits for its end.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with both its outputs in the file `log`.
    ///
    /// # Errors
    /// Where the program cannot be started or the file cannot be made.
    pub fn spawn(command: &mut Command, log: PathBuf) -> Result<Self> {
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        Ok(Self { child, log })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The file with its output.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its output so far.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn output(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.log)?).into_owned())
    }

    /// How it ended, where it has.
    ///
    /// # Errors
    /// Where the system cannot tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// An error where it has ended: for those who wait for something that it shall do.
    ///
    /// # Errors
    /// Where it has ended, with its status and the last line of its output.
    pub fn still_runs(&mut self) -> Result<()> {
        if let Some(status) = self.ended()? {
            let output = self.output()?;
            bail!("the process ended ({status}): {}", output.lines().last().unwrap_or("it printed nothing"));
        }
        Ok(())
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Errors
    /// Where it has not ended within 30 s; then it is killed.
    pub fn stop(self) -> Result<ExitStatus> {
        self.signal("TERM")?;
        self.wait().context("after SIGTERM")
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// Where it has not ended within 30 s; then it is killed.
    pub fn wait(mut self) -> Result<ExitStatus> {
        let child = &mut self.child;
        poll::until("the end", STOP_LIMIT, || child.try_wait()?.context("it still runs"))
    }

    /// Sends a signal by its name, through the shell's own `kill`: the standard library knows SIGKILL alone.
    ///
    /// # Errors
    /// Where the process is gone.
    pub fn signal(&self, name: &str) -> Result<()> {
        let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &self.id().to_string()]).status()?;
        ensure!(sent.success(), "SIG{name} to process {}: {sent}", self.id());
        Ok(())
    }

    /// The memory that the process holds now, in bytes: `VmRSS` of its status.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn resident_bytes(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    /// The most memory that it has held since [`forget_peak`](Self::forget_peak), in bytes: `VmHWM` of its status.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn peak_bytes(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    /// Begins to look for the peak anew.
    ///
    /// # Errors
    /// Where it has ended, or the system does not allow it.
    pub fn forget_peak(&self) -> Result<()> {
        // 5: proc(5), clear_refs.
        fs::write(format!("/proc/{}/clear_refs", self.id()), "5").context("clear_refs")
    }

    /// How many file descriptors it has open.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn open_files(&self) -> Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.id()))?.count())
    }

    fn memory(&self, field: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).with_context(|| format!("no {field}"))?;
        let kibibytes: u64 =
            line.trim().trim_end_matches(" kB").parse().with_context(|| format!("{field} {line:?}"))?;
        Ok(kibibytes * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
