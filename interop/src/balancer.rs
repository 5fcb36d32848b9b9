//! A balancer of the world in front of nodes: its real program with a configuration of `examples/balancers`, as it is.
//!
//! The configurations have the nodes `a` at 127.0.0.1:8081 and `b` at 127.0.0.1:8082 (over AJP 8009 and 8010; [`node_behind`]), the
//! balancer at [`Balancer::ADDRESS`]. What a balancer writes goes to a folder of the scene.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::client::Client;
use crate::host::Host;
use crate::node_process::NodeProcess;
use crate::poll;
use crate::scene::Scene;
use crate::spec::NodeSpec;

/// How long a balancer may take to find its nodes, and one that came back.
const FOUND_LIMIT: Duration = Duration::from_secs(20);

/// Which program, and which way to the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalancerKind {
    /// HAProxy.
    HaProxy,
    /// nginx, as it is free.
    Nginx,
    /// Apache httpd with mod_proxy_balancer, over HTTP.
    HttpdProxy,
    /// The same over AJP.
    HttpdAjp,
    /// Apache httpd with mod_jk, over AJP.
    HttpdJk,
}

impl BalancerKind {
    /// The program, as it is called.
    pub fn program(self) -> &'static str {
        match self {
            Self::HaProxy => "haproxy",
            Self::Nginx => "nginx",
            Self::HttpdProxy | Self::HttpdAjp | Self::HttpdJk => "apache2",
        }
    }

    /// Whether a request that was under way in a node that died goes to another node. httpd repeats only what it could not hand over.
    pub fn repeats_requests_under_way(self) -> bool {
        matches!(self, Self::HaProxy | Self::Nginx)
    }

    /// The file of `examples/balancers`.
    fn configuration(self) -> PathBuf {
        let file = match self {
            Self::HaProxy => "haproxy.cfg",
            Self::Nginx => "nginx.conf",
            Self::HttpdProxy => "httpd-proxy.conf",
            Self::HttpdAjp => "httpd-ajp.conf",
            Self::HttpdJk => "httpd-jk.conf",
        };
        examples().join("balancers").join(file)
    }

    /// How its configuration says that it is started, with a folder to write into.
    fn command(self, folder: &Path) -> Command {
        self.command_with(&self.configuration(), folder)
    }

    fn command_with(self, file: &Path, folder: &Path) -> Command {
        let mut command = Command::new(self.program());
        match self {
            Self::HaProxy => command.arg("-db").arg("-f").arg(file),
            Self::Nginx => command.arg("-p").arg(folder).arg("-c").arg(file).args(["-g", "daemon off;"]),
            Self::HttpdProxy | Self::HttpdAjp | Self::HttpdJk => {
                command.env("WORKERS", file.with_file_name("workers.properties"));
                command.arg("-d").arg(folder).arg("-f").arg(file).arg("-DFOREGROUND")
            }
        };
        command
    }
}

/// The folder `examples` of the repository.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("examples")
}

/// The node `number` (from 1) as the configurations have it, over AJP where that balancer speaks it.
pub fn node_behind(kind: BalancerKind, name: &str, number: u16) -> NodeSpec {
    let spec = NodeSpec::new(name, 1).at(Ipv4Addr::LOCALHOST).ports(8080 + number, 4000 + number, 9000 + number);
    match kind {
        BalancerKind::HttpdAjp | BalancerKind::HttpdJk => spec.ajp(8008 + number),
        BalancerKind::HaProxy | BalancerKind::Nginx | BalancerKind::HttpdProxy => spec,
    }
}

/// A balancer's process. It ends in order when it is dropped, so that its workers do, too.
#[derive(Debug)]
pub struct Balancer<'scene> {
    scene: &'scene Scene,
    kind: BalancerKind,
    name: String,
    command: Command,
    process: NodeProcess,
}

impl<'scene> Balancer<'scene> {
    /// Where clients reach it.
    pub const ADDRESS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080));

    /// One that is not started yet.
    ///
    /// # Errors
    /// Where its folder cannot be made.
    pub fn new(scene: &'scene Scene, kind: BalancerKind) -> Result<Self> {
        let name = kind.program().to_owned();
        let folder = scene.open_folder(&name)?;
        Ok(Self { scene, kind, command: kind.command(&folder), process: NodeProcess::new(&name), name })
    }

    /// One that is not started yet, with the example as `edit` changes it: for what its comments say to add.
    ///
    /// # Errors
    /// Where its folder or file cannot be made, or `edit` finds something missing.
    pub fn edited(scene: &'scene Scene, kind: BalancerKind, edit: impl Fn(&str) -> Result<String>) -> Result<Self> {
        let name = kind.program().to_owned();
        let folder = scene.open_folder(&name)?;
        let example = kind.configuration();
        let text = fs::read_to_string(&example).with_context(|| format!("cannot read {}", example.display()))?;
        let file = folder.join("configuration");
        fs::write(&file, edit(&text).with_context(|| example.display().to_string())?)?;
        let command = kind.command_with(&file, &folder);
        Ok(Self { scene, kind, command, process: NodeProcess::new(&name), name })
    }

    /// An HAProxy on a host: it listens on all of the host's addresses, and its nodes are elsewhere. The example reads both from the
    /// environment.
    pub fn haproxy_on(scene: &'scene Scene, host: &Host, port: u16, nodes: [SocketAddr; 2]) -> Self {
        let name = format!("haproxy-{}", host.name());
        let mut command = host.command(BalancerKind::HaProxy.command(scene.folder()));
        command.env("LISTEN", format!(":{port}"));
        for (variable, node) in ["NODE_A", "NODE_B"].into_iter().zip(nodes) {
            command.env(variable, node.to_string());
        }
        Self { scene, kind: BalancerKind::HaProxy, command, process: NodeProcess::new(&name), name }
    }

    /// Which one it is.
    pub fn kind(&self) -> BalancerKind {
        self.kind
    }

    /// Starts it, and returns at once.
    ///
    /// # Errors
    /// Where it runs already or cannot be started.
    pub fn launch(&mut self) -> Result<()> {
        self.process.launch(&mut self.command, self.scene.log_file(&self.name))
    }

    /// Starts it, and waits until new clients are served by each of these nodes.
    ///
    /// # Errors
    /// Where it ends, or does not reach one of them.
    pub fn start(&mut self, nodes: &[&str]) -> Result<()> {
        self.launch()?;
        nodes.iter().try_for_each(|node| self.reaches(node))
    }

    /// Waits until a new client is served by that node.
    ///
    /// # Errors
    /// Where the balancer ends, or none is within 20 s.
    pub fn reaches(&mut self, node: &str) -> Result<()> {
        let what = format!("{} sends new clients to {node}", self.name);
        let process = &mut self.process;
        poll::until(&what, FOUND_LIMIT, || {
            process.still_runs()?;
            let answer = Client::new().get(Self::ADDRESS, "health", &[])?;
            ensure!(answer["node"] == node, "it is {}", answer["node"]);
            Ok(())
        })
    }

    /// SIGKILL, and waits until it is gone. Only for one without workers, which would outlive it.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }
}

impl Drop for Balancer<'_> {
    fn drop(&mut self) {
        // An error says that it was never started, or has ended already.
        let _ = self.process.stop();
    }
}

impl Scene {
    /// A new folder into which a server's workers may write under another user's name.
    pub(crate) fn open_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder().join(name);
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for path in [self.folder(), &folder] {
            fs::set_permissions(path, Permissions::from_mode(0o755))?;
        }
        Ok(folder)
    }
}
