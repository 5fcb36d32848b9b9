//! A store that nodes share: a Redis in memory, which writes nothing to disk.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use outlive_interop::process::Process;
use outlive_interop::{Scene, poll};

use crate::cpu;

/// Redis's own.
const PORT: u16 = 6379;
/// How long it may take to listen.
const LISTEN_LIMIT: Duration = Duration::from_secs(10);

/// A running store. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Store(Process);

impl Store {
    /// Whether this machine has one.
    pub(crate) fn is_installed() -> bool {
        Command::new("redis-server").arg("--version").output().is_ok_and(|answer| answer.status.success())
    }

    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn start(scene: &Scene) -> Result<Self> {
        let mut command = Command::new("redis-server");
        command.args(["--port", &PORT.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(scene.folder());
        let process = Process::spawn(&mut command, scene.log_file("redis"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
        poll::until("the store listens", LISTEN_LIMIT, || Ok(TcpStream::connect(address)?))?;
        Ok(Self(process))
    }

    /// Where it is reached.
    pub(crate) fn url() -> String {
        format!("redis://127.0.0.1:{PORT}")
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        PORT
    }

    /// Processor time so far.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn used(&self) -> Result<Duration> {
        cpu::time_of(&self.0)
    }

    /// Memory that it holds, in bytes.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        self.0.resident_bytes()
    }
}
