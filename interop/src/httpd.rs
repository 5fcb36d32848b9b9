//! A real Apache httpd in front of nodes: Debian's `apache2-bin`, with a configuration of the test's own and never the system's.
//!
//! ```no_run
//! use outlive_interop::{Httpd, Scene, httpd};
//!
//! # fn f(scene: &Scene) -> anyhow::Result<()> {
//! let proxied = httpd::modules(&["proxy", "proxy_http"]) + "ProxyPass \"/app\" \"http://10.77.0.1:8080/app\"\n";
//! let front = Httpd::start(scene, "httpd", "10.77.0.4:80".parse()?, &proxied)?;
//! # front.stop()
//! # }
//! ```

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::poll;
use crate::process::Process;
use crate::scene::Scene;

const MODULES: &str = "/usr/lib/apache2/modules";
const PROGRAM: &str = "apache2";
/// How long it may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(20);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// A running httpd. Dropped, it is told to end, with its children.
#[derive(Debug)]
pub struct Httpd {
    address: SocketAddr,
    process: Option<Process>,
}

/// The lines that load these modules (`"proxy"`, `"jk"`), in order.
pub fn modules(names: &[&str]) -> String {
    names.iter().map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n")).collect()
}

/// The folder of the httpd of that name, for the files that its configuration names. It is made here, and its children may read it.
///
/// # Errors
/// Where it cannot be made.
pub fn folder(scene: &Scene, name: &str) -> Result<PathBuf> {
    let folder = scene.folder().join(name);
    if folder.exists() { Ok(folder) } else { scene.open_folder(name) }
}

impl Httpd {
    /// Starts httpd with what every configuration needs (where it listens, its log, its processes) and `configuration` behind that, and
    /// waits until it listens.
    ///
    /// # Errors
    /// Where it ends instead, with its last line, or does not listen in time.
    pub fn start(scene: &Scene, name: &str, address: SocketAddr, configuration: &str) -> Result<Self> {
        let folder = folder(scene, name)?;
        let file = folder.join("httpd.conf");
        fs::write(&file, format!("{}{configuration}", preamble(&folder, address)))?;
        let mut command = Command::new(PROGRAM);
        command.args(["-DFOREGROUND", "-f"]).arg(&file).current_dir(&folder);
        let mut process = Process::spawn(&mut command, scene.log_file(name))?;
        poll::until("httpd listens", START_LIMIT, || {
            if let Err(ended) = process.still_runs() {
                return Ok(Err(ended));
            }
            Ok(Ok(TcpStream::connect_timeout(&address, CONNECT_LIMIT).map(drop)?))
        })?
        .with_context(|| format!("{name} with {}", file.display()))?;
        Ok(Self { address, process: Some(process) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// SIGTERM, and waits until it and its children are gone.
    ///
    /// # Errors
    /// Where it does not end.
    pub fn stop(mut self) -> Result<()> {
        let process = self.process.take().context("it runs until it is stopped")?;
        let status = process.stop()?;
        ensure!(status.success(), "httpd ended with {status} after SIGTERM");
        Ok(())
    }
}

impl Drop for Httpd {
    fn drop(&mut self) {
        // Killed, it would leave its children.
        if let Some(process) = self.process.take() {
            let _ = process.stop();
        }
    }
}

fn preamble(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "ServerName front\n\
         ServerRoot \"{folder}\"\n\
         PidFile \"{folder}/httpd.pid\"\n\
         DefaultRuntimeDir \"{folder}\"\n\
         ErrorLog /dev/stderr\n\
         Listen {address}\n\
         User www-data\n\
         Group www-data\n\
         StartServers 1\n\
         ServerLimit 2\n\
         MaxRequestWorkers 50\n\
         {}",
        modules(&["mpm_event", "authz_core"])
    )
}
