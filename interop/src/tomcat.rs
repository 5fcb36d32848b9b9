//! An Apache Tomcat node: the distribution's own jars, a `CATALINA_BASE` of its own, the session app of `interop/java`.

mod base;
mod server_xml;
mod web_app;
mod xml;

pub use web_app::{HOME, build_web_app, is_installed};

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::Process;
use crate::scene::Scene;
use crate::server::Server;
use crate::spec::NodeSpec;

/// Exit status of a JVM that SIGTERM ended in good order.
const ENDED_BY_TERM: i32 = 128 + 15;

/// A node made by Apache Tomcat.
#[derive(Debug)]
pub struct TomcatNode<'scene> {
    spec: NodeSpec,
    scene: &'scene Scene,
    base: PathBuf,
    process: Option<Process>,
}

impl<'scene> TomcatNode<'scene> {
    /// A node that is not started yet. Its `CATALINA_BASE` is written now.
    ///
    /// # Errors
    /// Where the scene has no web application, or the folder cannot be written.
    pub fn new(scene: &'scene Scene, spec: NodeSpec) -> Result<Self> {
        let base = scene.folder().join(format!("tomcat-{}", spec.name));
        base::write(&base, &spec, scene.web_app()?).with_context(|| format!("cannot write {}", base.display()))?;
        Ok(Self { spec, scene, base, process: None })
    }

    /// The running process.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn process(&self) -> Result<&Process> {
        self.process.as_ref().with_context(|| format!("{} does not run", self.spec.name))
    }

    fn taken(&mut self) -> Result<Process> {
        self.process.take().with_context(|| format!("{} does not run", self.spec.name))
    }

    /// `java … Bootstrap start`, as `catalina.sh` puts it together.
    fn command(&self) -> Command {
        let base = self.base.display();
        let mut java = Command::new("java");
        // One small heap, one collector thread, no optimizing compiler: several of them share a small machine.
        java.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true"]);
        for package in ["java.lang", "java.io", "java.util", "java.util.concurrent"] {
            java.arg(format!("--add-opens=java.base/{package}=ALL-UNNAMED"));
        }
        java.arg("--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED")
            .arg(format!("-Djava.util.logging.config.file={base}/conf/logging.properties"))
            .arg("-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager")
            .arg(format!("-Dcatalina.home={HOME}"))
            .arg(format!("-Dcatalina.base={base}"))
            .arg(format!("-Djava.io.tmpdir={base}/temp"))
            .args(["-classpath", &format!("{HOME}/bin/bootstrap.jar:{HOME}/bin/tomcat-juli.jar")])
            .args(["org.apache.catalina.startup.Bootstrap", "start"])
            .current_dir(&self.base);
        java
    }
}

impl Server for TomcatNode<'_> {
    fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    fn launch(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.spec.name);
        self.process = Some(Process::spawn(&mut self.command(), self.scene.log_file(&self.spec.name))?);
        Ok(())
    }

    fn kill(&mut self) -> Result<()> {
        self.taken()?.kill()
    }

    fn stop(&mut self) -> Result<()> {
        let name = self.spec.name.clone();
        let status = self.taken()?.stop()?;
        ensure!(status.code() == Some(ENDED_BY_TERM), "{name} ended with {status} after SIGTERM");
        Ok(())
    }

    fn still_runs(&mut self) -> Result<()> {
        let name = self.spec.name.clone();
        self.process.as_mut().with_context(|| format!("{name} does not run"))?.still_runs()
    }
}
