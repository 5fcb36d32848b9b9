//! An Apache Tomcat node: the distribution's own jars, a `CATALINA_BASE` of its own, the session app of `interop/java`.

pub(crate) mod base;
mod server_xml;
mod version;
mod web_app;
mod xml;

pub use version::TomcatVersion;
pub use web_app::build_web_app;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::node_process::NodeProcess;
use crate::process::Process;
use crate::scene::Scene;
use crate::server::Server;
use crate::spec::NodeSpec;

/// Exit status of a JVM that SIGTERM ended in good order.
const ENDED_BY_TERM: i32 = 128 + 15;

/// One small heap, one collector thread, no optimizing compiler: several of them share a small machine.
const SMALL_JVM: &[&str] = &["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
/// What a server is run with: room for sessions, and all of the compiler.
const LARGE_JVM: &[&str] = &["-Xmx2g", "-XX:+UseSerialGC"];

/// A part of the one warning that a Tomcat gives on a machine that is slow, whoever its peers are.
pub const OF_A_SLOW_MACHINE: &str = "Creation of SecureRandom instance";

/// A node made by Apache Tomcat.
#[derive(Debug)]
pub struct TomcatNode<'scene> {
    spec: NodeSpec,
    scene: &'scene Scene,
    version: TomcatVersion,
    base: PathBuf,
    jvm: &'static [&'static str],
    process: NodeProcess,
}

impl<'scene> TomcatNode<'scene> {
    /// A node that is not started yet. Its `CATALINA_BASE` is written now.
    ///
    /// # Errors
    /// Where the scene has no web application, or the folder cannot be written.
    pub fn new(scene: &'scene Scene, spec: NodeSpec) -> Result<Self> {
        Self::of_version(scene, spec, TomcatVersion::V10)
    }

    /// As [`TomcatNode::new`], with another Tomcat.
    ///
    /// # Errors
    /// As there.
    pub fn of_version(scene: &'scene Scene, spec: NodeSpec, version: TomcatVersion) -> Result<Self> {
        let base = scene.folder().join(format!("tomcat-{}", spec.name));
        let web_app = scene.web_app(version)?;
        base::write(&base, &spec, version, web_app).with_context(|| format!("cannot write {}", base.display()))?;
        let process = NodeProcess::new(&spec.name);
        Ok(Self { spec, scene, version, base, jvm: SMALL_JVM, process })
    }

    /// With a finer log than INFO for these loggers: `("org.apache.catalina.tribes.MESSAGES", "FINEST")`.
    ///
    /// # Errors
    /// Where the configuration cannot be written.
    pub fn with_log_levels(self, levels: &[(&str, &str)]) -> Result<Self> {
        let mut file = OpenOptions::new().append(true).open(self.base.join("conf/logging.properties"))?;
        writeln!(file, "java.util.logging.ConsoleHandler.level = ALL")?;
        for (logger, level) in levels {
            writeln!(file, "{logger}.level = {level}")?;
        }
        Ok(self)
    }

    /// With a JVM as servers have it, for measurements: 2 GiB of heap at most, and the optimizing compiler.
    #[must_use]
    pub fn with_large_jvm(mut self) -> Self {
        self.jvm = LARGE_JVM;
        self
    }

    /// Its `CATALINA_BASE`.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// `java … Bootstrap start`, as `catalina.sh` puts it together.
    fn command(&self) -> Command {
        let base = self.base.display();
        let mut java = Command::new("java");
        java.args(self.jvm).arg("-Djava.net.preferIPv4Stack=true");
        for package in ["java.lang", "java.io", "java.util", "java.util.concurrent"] {
            java.arg(format!("--add-opens=java.base/{package}=ALL-UNNAMED"));
        }
        java.arg("--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED")
            .arg(format!("-Djava.util.logging.config.file={base}/conf/logging.properties"))
            .arg("-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager")
            .arg(format!("-Dcatalina.home={}", self.version.home().unwrap_or(&self.base).display()))
            .arg(format!("-Dcatalina.base={base}"))
            .arg(format!("-Djava.io.tmpdir={base}/temp"))
            .args(["-classpath", &self.version.boot_class_path()])
            .args(["org.apache.catalina.startup.Bootstrap", "start"])
            .current_dir(&self.base);
        java
    }
}

impl Server for TomcatNode<'_> {
    fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    fn process(&self) -> Result<&Process> {
        self.process.get()
    }

    fn launch(&mut self) -> Result<()> {
        let mut command = self.command();
        self.process.launch(&mut command, self.scene.log_file(&self.spec.name))
    }

    fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    fn stop(&mut self) -> Result<()> {
        let status = self.process.stop()?;
        ensure!(status.code() == Some(ENDED_BY_TERM), "{} ended with {status} after SIGTERM", self.spec.name);
        Ok(())
    }

    fn still_runs(&mut self) -> Result<()> {
        self.process.still_runs()
    }
}
