//! What keeping sessions costs, for each kind of store: saving and loading, a start with many stored sessions, and requests with a store
//! behind them. Tomcat's own stores do the same work in the same run.
//!
//! | module | what |
//! |---|---|
//! | `place` | a store of the rig, opened as a node opens it, and the processor time of its server |
//! | `engine` | sessions are saved, saved again, loaded and listed from this process |
//! | `tomcat` | the same by Tomcat's `FileStore` and `DataSourceStore`, driven by a Java program in Tomcat's classes |
//! | `start` | nodes start with many stored sessions |
//! | `requests` | nodes serve, with a store and without |
//! | `step`, `report` | figures, and how they are shown |

mod engine;
mod place;
mod report;
mod requests;
mod start;
mod step;
mod tomcat;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use outlive_interop::scene::Programs;
use outlive_interop::tomcat::{TomcatVersion, build_web_app};
use outlive_interop::{Scene, StoreKind, sandbox};

use crate::machine::Machine;
use crate::{peers, run};
use place::Place;
use report::Report;

/// Which stores, and how much of what.
#[derive(Debug, Args)]
pub(crate) struct StoresArguments {
    /// Kinds of stores
    #[arg(long, value_name = "K,…", value_delimiter = ',', default_values_t = Kind::ALL)]
    kinds: Vec<Kind>,
    /// Sessions that are saved and loaded
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    sessions: usize,
    /// Sessions in the store at a start
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    start: usize,
    /// Length of one run of load, in seconds
    #[arg(long, value_name = "S", default_value_t = 4)]
    seconds: u64,
    /// Measures Tomcat beside, where it is installed
    #[arg(long)]
    tomcat: bool,
    /// Makes this run the one that is kept: bench/STORES.md
    #[arg(long)]
    keep: bool,
}

/// A kind of store, as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Files,
    Sqlite,
    Postgresql,
    Mariadb,
    Redis,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Files, Self::Sqlite, Self::Postgresql, Self::Mariadb, Self::Redis];

    fn store(self) -> StoreKind {
        match self {
            Self::Files => StoreKind::Files,
            Self::Sqlite => StoreKind::Sqlite,
            Self::Postgresql => StoreKind::Postgres,
            Self::Mariadb => StoreKind::MariaDb,
            Self::Redis => StoreKind::Redis,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The name that clap takes.
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// Enters a network namespace of its own, measures there, and prints the report.
///
/// # Errors
/// Something cannot be measured, or a session is lost or another one.
pub(crate) fn run(arguments: &StoresArguments) -> Result<()> {
    if !sandbox::is_inside() {
        bail!("no network namespace: {}", sandbox::enter(&[]));
    }
    let has_tomcat = arguments.tomcat && TomcatVersion::V10.is_installed();
    if arguments.tomcat && !has_tomcat {
        peers::skipped("Tomcat", "tomcat10-common and openjdk-17-jdk-headless");
    }
    let mut programs = Programs { outlive: Some(run::outlive()?), ..Programs::default() };
    if has_tomcat {
        programs.web_app = Some(build_web_app(&run::target()?, TomcatVersion::V10)?);
    }
    let mut report = Report::default();
    let kinds: Vec<StoreKind> =
        arguments.kinds.iter().map(|kind| kind.store()).filter(|kind| is_there(*kind)).collect();
    let time = Duration::from_secs(arguments.seconds);
    for &kind in &kinds {
        eprintln!("{}: saving, loading, a start", kind.name());
        with_scene(&programs, |scene| {
            let mut place = Place::new(scene, kind)?;
            report.engine(kind.name(), engine::measure(&mut place, arguments.sessions)?);
            engine::fill(&place, arguments.sessions, arguments.start)?;
            report.starts(kind.name(), start::outlive(scene, &place, arguments.start)?);
            if has_tomcat && kind == StoreKind::Files {
                report.starts("Tomcat, FileStore", start::tomcat_files(scene, &place)?);
                report.starts("Tomcat, SESSIONS.ser", start::tomcat_sessions_ser(scene, arguments.start)?);
            }
            Ok(())
        })?;
        if has_tomcat && tomcat::has_store(kind) {
            eprintln!("{}: Tomcat's store", kind.name());
            with_scene(&programs, |scene| {
                let mut place = Place::new(scene, kind)?;
                report.engine(tomcat::name(kind), tomcat::measure(scene, &mut place, arguments.sessions)?);
                Ok(())
            })?;
        }
    }
    for load in requests::loads(&kinds, has_tomcat) {
        eprintln!("requests: {}", load.name());
        with_scene(&programs, |scene| {
            report.load(load, load.measure(scene, time)?);
            Ok(())
        })?;
    }
    let text = report.markdown(&Machine::look());
    println!("{text}");
    let mut folders = vec![run::results_folder()?];
    if arguments.keep {
        folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).to_owned());
    }
    for folder in folders {
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("STORES.md"), &text)?;
    }
    Ok(())
}

/// What is not there is said to be missing, and left out.
fn is_there(kind: StoreKind) -> bool {
    if !kind.is_installed() {
        peers::skipped(kind.name(), kind.package().unwrap_or_default());
    }
    kind.is_installed()
}

/// Works in a scene of its own; an error shows what the programs wrote.
fn with_scene(programs: &Programs, work: impl FnOnce(&Scene) -> Result<()>) -> Result<()> {
    let scene = Scene::new(programs.clone())?;
    work(&scene).inspect_err(|_| eprintln!("{}", scene.log_tails()))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}
