//! Hosts of a network: namespaces that are joined by a bridge, which stands in the namespace of the test with the clients.
//!
//! ```text
//!  the test: clients at 10.0.0.200
//!      │
//!  ════╧═══════╤════════════════╤════  bridge br0
//!             eth0             eth0
//!        host 10.0.0.1    host 10.0.0.2
//! ```
//!
//! No route leads out. Multicast goes to all. A namespace lives as long as a process in it that does nothing; nothing is written to
//! `/run/netns`, where it would outlive the test.

use std::fs;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::poll;
use crate::process::Process;
use crate::scene::Scene;

/// The interface of each host.
const INTERFACE: &str = "eth0";
/// How long a namespace may take to be there.
const MADE_LIMIT: Duration = Duration::from_secs(10);

/// The bridge, with an address for the clients of the test. Dropping it takes it down.
#[derive(Debug)]
pub struct Bridge(());

impl Bridge {
    const NAME: &str = "br0";

    /// A bridge, and the address that the test itself has on it.
    ///
    /// # Errors
    /// Where the system refuses, or there is one already.
    pub fn new(clients: Ipv4Addr) -> Result<Self> {
        ip(&["link", "add", Self::NAME, "type", "bridge", "mcast_snooping", "0"])?;
        let bridge = Self(());
        ip(&["address", "add", &format!("{clients}/24"), "dev", Self::NAME])?;
        ip(&["link", "set", Self::NAME, "up"])?;
        Ok(bridge)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // Left behind, it makes the next test fail, which says more than a word here.
        let _ = ip(&["link", "delete", Self::NAME]);
    }
}

/// One host on the bridge. Dropping it ends the namespace, once what was started there has ended, too.
#[derive(Debug)]
pub struct Host {
    name: String,
    address: Ipv4Addr,
    /// The process that keeps the namespace.
    keeper: Process,
}

impl Host {
    /// A host with that address, its cable plugged in.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn new(scene: &Scene, _bridge: &Bridge, name: &str, address: Ipv4Addr) -> Result<Self> {
        let log = scene.log_file(&format!("host-{name}"));
        let keeper = Process::spawn(Command::new("unshare").args(["--net", "sleep", "infinity"]), log)?;
        let ours = fs::read_link("/proc/self/ns/net")?;
        let theirs = format!("/proc/{}/ns/net", keeper.id());
        poll::until("a network namespace", MADE_LIMIT, || {
            ensure!(fs::read_link(&theirs)? != ours, "it is the test's own");
            Ok(())
        })?;
        let host = Self { name: name.to_owned(), address, keeper };
        let (cable, id) = (host.cable(), host.keeper.id().to_string());
        ip(&["link", "add", &cable, "type", "veth", "peer", "name", INTERFACE, "netns", &id])?;
        ip(&["link", "set", &cable, "master", Bridge::NAME])?;
        host.plug()?;
        host.ip(&["link", "set", "lo", "up"])?;
        host.ip(&["address", "add", &format!("{address}/24"), "dev", INTERFACE])?;
        host.ip(&["link", "set", INTERFACE, "up"])?;
        host.ip(&["route", "add", "224.0.0.0/4", "dev", INTERFACE])?;
        Ok(host)
    }

    /// What the host is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its own address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The same command on this host; it keeps its process id.
    pub fn command(&self, inner: Command) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.keeper.id()));
        command.arg("--").arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(folder) = inner.get_current_dir() {
            command.current_dir(folder);
        }
        command
    }

    /// Whether the host's interface has that address now.
    ///
    /// # Errors
    /// Where it cannot be asked.
    pub fn has(&self, address: Ipv4Addr) -> Result<bool> {
        let mut ip = Command::new("ip");
        ip.args(["-oneline", "-4", "address", "show", "dev", INTERFACE]);
        let shown = self.command(ip).output()?;
        ensure!(shown.status.success(), "ip address show on {}: {}", self.name, shown.status);
        Ok(String::from_utf8_lossy(&shown.stdout).contains(&format!(" {address}/")))
    }

    /// Pulls the cable: the interface of the host loses its carrier.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn unplug(&self) -> Result<()> {
        ip(&["link", "set", &self.cable(), "down"])
    }

    /// Plugs the cable in.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn plug(&self) -> Result<()> {
        ip(&["link", "set", &self.cable(), "up"])
    }

    /// The other end of the host's interface, at the bridge.
    fn cable(&self) -> String {
        format!("to-{}", self.name)
    }

    fn ip(&self, arguments: &[&str]) -> Result<()> {
        let mut inner = Command::new("ip");
        inner.args(arguments);
        run(self.command(inner)).with_context(|| format!("on {}: ip {}", self.name, arguments.join(" ")))
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("ip");
    command.args(arguments);
    run(command).with_context(|| format!("ip {}", arguments.join(" ")))
}

fn run(mut command: Command) -> Result<()> {
    let ran = command.output()?;
    ensure!(ran.status.success(), "{}: {}", ran.status, String::from_utf8_lossy(&ran.stderr).trim());
    Ok(())
}
