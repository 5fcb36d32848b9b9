//! Tomcat's own stores, driven by a Java program in Tomcat's classes: no server, no requests, as many threads as ours has operations at
//! once.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::database::PASSWORD;
use outlive_interop::{Scene, StoreKind};

use super::engine::AT_ONCE;
use super::place::Place;
use super::runtime;
use super::step::Step;

/// Saves and loads sessions of the same content. Prints `step wall-ns cpu-ns` behind each step, and waits for a line before each, so that
/// what the database's server uses can be told apart.
const PROGRAM: &str = include_str!("tomcat/StoreBench.java");

const CLASS_PATH: &str = "/usr/share/tomcat10/lib/*:/usr/share/tomcat10/bin/tomcat-juli.jar:/usr/share/java/postgresql.jar:\
                          /usr/share/java/mariadb-java-client.jar";

/// Whether Tomcat has such a store. A driver that is missing here is said.
pub(super) fn has_store(kind: StoreKind) -> bool {
    let (driver, package) = match kind {
        StoreKind::Files => return true,
        StoreKind::Sqlite | StoreKind::Redis => return false,
        StoreKind::Postgres => ("/usr/share/java/postgresql.jar", "libpostgresql-jdbc-java"),
        StoreKind::MariaDb => ("/usr/share/java/mariadb-java-client.jar", "libmariadb-java"),
    };
    let is_there = std::path::Path::new(driver).exists();
    if !is_there {
        eprintln!("left out: {}, for its driver is not there (package {package})", name(kind));
    }
    is_there
}

/// What it is called in the report.
pub(super) fn name(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::Postgres => "Tomcat's DataSourceStore, PostgreSQL",
        StoreKind::MariaDb => "Tomcat's DataSourceStore, MariaDB",
        _ => "Tomcat's FileStore",
    }
}

/// Measures it over so many sessions.
///
/// # Errors
/// It did not do its work.
pub(super) fn measure(scene: &Scene, place: &mut Place<'_>, sessions: usize) -> Result<Vec<Step>> {
    let program = scene.folder().join("StoreBench.java");
    std::fs::write(&program, PROGRAM)?;
    let arguments = match place.kind {
        StoreKind::Postgres => vec!["jdbc:postgresql://127.0.0.1:5432/postgres".to_owned(), PASSWORD.to_owned()],
        StoreKind::MariaDb => vec!["jdbc:mariadb://127.0.0.1:3306/shop".to_owned(), PASSWORD.to_owned()],
        _ => vec![scene.folder().join("tomcat-sessions").display().to_string()],
    };
    if arguments.len() > 1 {
        let runtime = runtime()?;
        let _within = runtime.enter();
        // Tomcat makes no table.
        runtime.block_on(place.open()?.init())?;
    }
    let mut java = java::Program::start(
        Command::new("java")
            .args(["-XX:+UseSerialGC", "-cp", CLASS_PATH])
            .arg(&program)
            .args([sessions.to_string(), AT_ONCE.to_string()])
            .args(&arguments),
    )?;
    let mut steps = Vec::new();
    for name in ["save", "save again", "load"] {
        let server = place.server_time()?;
        let (wall, cpu) = java.step()?;
        let server = place.server_time()?.zip(server).map(|(now, before)| now.saturating_sub(before));
        steps.push(Step { name, sessions, wall, cpu, server });
    }
    java.end()?;
    Ok(steps)
}

/// The program as a child that does one step a line.
mod java {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Child, ChildStdin, ChildStdout, Stdio};

    use super::{Command, Context, Duration, Result, ensure};

    pub(super) struct Program {
        child: Child,
        asks: ChildStdin,
        answers: BufReader<ChildStdout>,
    }

    impl Program {
        pub(super) fn start(command: &mut Command) -> Result<Self> {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("java")?;
            let asks = child.stdin.take().context("no input")?;
            let answers = BufReader::new(child.stdout.take().context("no output")?);
            Ok(Program { child, asks, answers })
        }

        /// One step: its time, and the processor time of the program.
        pub(super) fn step(&mut self) -> Result<(Duration, Duration)> {
            writeln!(self.asks)?;
            let mut line = String::new();
            self.answers.read_line(&mut line)?;
            let mut numbers = line.split_whitespace().map(|number| number.parse().map(Duration::from_nanos));
            let mut next = || numbers.next().with_context(|| format!("Tomcat's store says {line:?}"));
            Ok((next()??, next()??))
        }

        pub(super) fn end(mut self) -> Result<()> {
            drop(self.asks);
            let status = self.child.wait()?;
            ensure!(status.success(), "Tomcat's store: {status}");
            Ok(())
        }
    }
}
