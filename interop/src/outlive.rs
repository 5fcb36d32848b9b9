//! An Outlive node: the binary `outlive serve` as a process.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::host::Host;
use crate::node_process::NodeProcess;
use crate::process::Process;
use crate::scene::Scene;
use crate::server::Server;
use crate::spec::{ClusterAt, Interceptor, Membership, NodeSpec};
use crate::tomcat::{TomcatVersion, base};

/// A node made by the binary of this workspace.
#[derive(Debug)]
pub struct OutliveNode<'scene> {
    spec: NodeSpec,
    scene: &'scene Scene,
    program: PathBuf,
    more: Vec<String>,
    store: Option<String>,
    /// `RUST_LOG`; none: what the program logs by itself.
    log: Option<&'static str>,
    keeps_all: bool,
    base: Option<PathBuf>,
    host: Option<&'scene Host>,
    process: NodeProcess,
}

impl<'scene> OutliveNode<'scene> {
    /// A node that is not started yet.
    ///
    /// # Errors
    /// Where the scene has no binary.
    pub fn new(scene: &'scene Scene, spec: NodeSpec) -> Result<Self> {
        let (program, process) = (scene.outlive()?.to_owned(), NodeProcess::new(&spec.name));
        Ok(Self {
            spec,
            scene,
            program,
            more: Vec::new(),
            store: None,
            log: None,
            keeps_all: false,
            base: None,
            host: None,
            process,
        })
    }

    /// With more arguments behind those that the description gives.
    #[must_use]
    pub fn with_arguments(mut self, more: &[&str]) -> Self {
        self.more.extend(more.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// With a place for its sessions. The URL may hold a password, so it goes through the environment, where no other user sees it.
    #[must_use]
    pub fn with_store(mut self, url: &str) -> Self {
        self.store = Some(url.to_owned());
        self
    }

    /// With this `RUST_LOG`.
    #[must_use]
    pub fn with_log(mut self, log: &'static str) -> Self {
        self.log = Some(log);
        self
    }

    /// On that host, at its address. Its session app answers at every address that comes to the host, its health to the host alone.
    #[must_use]
    pub fn on(mut self, host: &'scene Host) -> Self {
        self.spec.host = host.address();
        self.host = Some(host);
        self
    }

    /// From a base folder with the files that make a Tomcat of this description, in place of flags.
    ///
    /// # Errors
    /// Where the scene has no web application, or the folder cannot be written.
    pub fn with_base(self) -> Result<Self> {
        let base = self.scene.folder().join(format!("base-{}", self.spec.name));
        let version = TomcatVersion::V10;
        base::write(&base, &self.spec, version, self.scene.web_app(version)?)
            .with_context(|| format!("cannot write {}", base.display()))?;
        Ok(self.on_base(&base))
    }

    /// From a base folder that is there already.
    #[must_use]
    pub fn on_base(mut self, base: &Path) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// As a keeper: it serves no application and keeps the sessions of all. Its health is asked where others tell theirs early.
    #[must_use]
    pub fn keeper(mut self) -> Self {
        self.keeps_all = true;
        self
    }

    /// Where the node tells its health, also before it serves.
    pub fn health_address(&self) -> SocketAddr {
        let host = if self.host.is_some() { Ipv4Addr::LOCALHOST } else { self.spec.host };
        SocketAddrV4::new(host, self.spec.health_port).into()
    }

    /// Waits until the process has ended by itself, as a drained node does.
    ///
    /// # Errors
    /// Where it does not, or not in order.
    pub fn ended(&mut self) -> Result<()> {
        let status = self.process.wait()?;
        ensure!(status.success(), "{} ended with {status}", self.spec.name);
        Ok(())
    }

    /// The arguments of `outlive` that make this node.
    pub fn arguments(&self) -> Vec<String> {
        let spec = &self.spec;
        let mut arguments: Vec<String> = vec!["serve".into()];
        if let Some(base) = &self.base {
            // The sandbox's addresses look like those of a network, and nobody is on it.
            arguments.extend(["--base".to_owned(), base.display().to_string(), "--allow-plaintext".to_owned()]);
            arguments.extend(self.more.iter().cloned());
            return arguments;
        }
        let mut flag = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        flag("--name", spec.name.clone());
        flag("--health", self.health_address().to_string());
        if !self.keeps_all {
            let host = if self.host.is_some() { Ipv4Addr::UNSPECIFIED } else { spec.host };
            flag("--http", SocketAddrV4::new(host, spec.http_port).to_string());
            flag("--app", "/app=session".into());
            if let Some(ajp) = spec.ajp {
                flag("--ajp", SocketAddrV4::new(spec.host, ajp.port).to_string());
                flag("--ajp-packet-size", ajp.packet_size.to_string());
            }
        }
        flag("--receiver", spec.receiver().to_string());
        match &spec.membership {
            Membership::Multicast(group) => {
                flag("--mcast", group.to_string());
                flag("--bind", spec.host.to_string());
            }
            Membership::Static(members) | Membership::Service(members) => {
                let members: Vec<String> = members.iter().map(ToString::to_string).collect();
                flag("--static", members.join(","));
            }
        }
        flag("--options", spec.send_options.to_string());
        flag(
            "--cluster-at",
            match spec.cluster_at {
                ClusterAt::Engine => "Engine".into(),
                ClusterAt::Host => "Host".into(),
            },
        );
        if !spec.domain.is_empty() {
            flag("--domain", spec.domain.clone());
        }
        let names: Vec<String> = spec.interceptors.iter().map(interceptor_name).collect();
        if !names.is_empty() {
            flag("--interceptors", names.join(","));
        }
        match spec.interceptors.iter().find_map(encryption) {
            Some((algorithm, _)) => flag("--encrypt-algorithm", algorithm.to_owned()),
            // The sandbox's addresses look like those of a network, and nobody is on it.
            None => arguments.push("--allow-plaintext".into()),
        }
        arguments.extend(self.more.iter().cloned());
        arguments
    }
}

impl Server for OutliveNode<'_> {
    fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    fn process(&self) -> Result<&Process> {
        self.process.get()
    }

    fn http(&self) -> SocketAddr {
        if self.keeps_all { self.health_address() } else { self.spec.http() }
    }

    fn launch(&mut self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(self.arguments()).current_dir(self.scene.folder()).env("RUST_BACKTRACE", "0").env("NO_COLOR", "1");
        if let Some(url) = &self.store {
            command.env("OUTLIVE_STORE", url);
        }
        if let Some(log) = self.log {
            command.env("RUST_LOG", log);
        }
        if let Some((_, key)) = self.spec.interceptors.iter().find_map(encryption) {
            command.env("OUTLIVE_ENCRYPT", key);
        }
        if let Some(secret) = self.spec.ajp.and_then(|ajp| ajp.secret) {
            command.env("OUTLIVE_AJP_SECRET", secret);
        }
        if let Some(host) = self.host {
            command = host.command(command);
        }
        self.process.launch(&mut command, self.scene.log_file(&self.spec.name))
    }

    fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    fn stop(&mut self) -> Result<()> {
        let status = self.process.stop()?;
        ensure!(status.success(), "{} ended with {status} after SIGTERM", self.spec.name);
        Ok(())
    }

    fn still_runs(&mut self) -> Result<()> {
        self.process.still_runs()
    }
}

/// An interceptor as `--interceptors` names it.
fn interceptor_name(interceptor: &Interceptor) -> String {
    match interceptor {
        Interceptor::Gzip => "gzip".to_owned(),
        Interceptor::Fragment(size) => format!("fragment={size}"),
        Interceptor::Order => "order".to_owned(),
        Interceptor::Encrypt(..) => "encrypt".to_owned(),
        Interceptor::Throughput(interval) => format!("throughput={interval}"),
        Interceptor::DomainFilter => "domain-filter".to_owned(),
    }
}

/// Algorithm and key of the one that encrypts.
fn encryption(interceptor: &Interceptor) -> Option<(&'static str, &'static str)> {
    match interceptor {
        Interceptor::Encrypt(algorithm, key) => Some((algorithm, key)),
        _ => None,
    }
}
