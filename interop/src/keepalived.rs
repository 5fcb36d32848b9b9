//! Keepalived on a host, with a configuration of `examples/keepalived`, as it is and where it would be: in `/etc/keepalived`.

use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::balancer::examples;
use crate::host::Host;
use crate::node_process::NodeProcess;
use crate::poll;
use crate::scene::Scene;

/// How long Keepalived may take to get into a state: it waits for three advertisements and for scripts.
const STATE_LIMIT: Duration = Duration::from_secs(30);

/// The script sees `/etc/keepalived` as the folder that it is told, and so does what it starts; nobody else does.
const IN_ETC: &str = "mount --bind \"$1\" /etc/keepalived && shift && exec \"$@\"";

/// Keepalived's process on a host. It ends in order when it is dropped, so that its child does, too.
#[derive(Debug)]
pub struct Keepalived<'scene> {
    scene: &'scene Scene,
    name: String,
    command: Command,
    process: NodeProcess,
}

impl<'scene> Keepalived<'scene> {
    /// The address that moves in the configurations.
    pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);

    /// Keepalived with this configuration, not started yet.
    ///
    /// # Errors
    /// Where the configuration cannot be copied.
    pub fn new(scene: &'scene Scene, host: &Host, configuration: &str) -> Result<Self> {
        let name = format!("keepalived-{}", host.name());
        let folder = scene.open_folder(&name)?;
        // Copied, as it must be root's, and be writable by nobody else.
        for (file, mode) in [(configuration, 0o644), ("check-outlive", 0o755)] {
            let copy = folder.join(file);
            fs::copy(examples().join("keepalived").join(file), &copy).with_context(|| format!("cannot copy {file}"))?;
            fs::set_permissions(copy, Permissions::from_mode(mode))?;
        }
        let mut inside = Command::new("unshare");
        inside.args(["--mount", "sh", "-c", IN_ETC, "sh"]).arg(&folder);
        inside.args(["keepalived", "--dont-fork", "--log-console", "--log-detail", "--vrrp"]);
        inside.arg("--use-file").arg(format!("/etc/keepalived/{configuration}"));
        inside.arg("--pid").arg(folder.join("pid")).arg("--vrrp_pid").arg(folder.join("vrrp-pid"));
        Ok(Self { scene, command: host.command(inside), process: NodeProcess::new(&name), name })
    }

    /// Starts it, and waits until it takes part.
    ///
    /// # Errors
    /// Where it ends, or is in no state.
    pub fn start(&mut self) -> Result<()> {
        self.process.launch(&mut self.command, self.scene.log_file(&self.name))?;
        self.fit_again(0)
    }

    /// How often it has become fit to take the address, so far.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn times_fit(&self) -> Result<usize> {
        Ok(self.process.get()?.output()?.matches("Entering BACKUP STATE").count())
    }

    /// Waits until it has become fit more often than that.
    ///
    /// # Errors
    /// Where it ends, or is not within 30 s.
    pub fn fit_again(&mut self, before: usize) -> Result<()> {
        poll::until(&format!("{} is fit to take the address", self.name), STATE_LIMIT, || {
            self.process.still_runs()?;
            ensure!(self.times_fit()? > before, "it is not");
            Ok(())
        })
    }
}

impl Drop for Keepalived<'_> {
    fn drop(&mut self) {
        // An error says that it was never started, or has ended already.
        let _ = self.process.stop();
    }
}
