//! The `main` of a process test: a list of named tests, run one after the other in a [`sandbox`].
//!
//! Understands what `cargo test` hands over: filters, `--exact`, `--list`, `--ignored`, `--include-ignored`; the rest has no meaning
//! here and is passed over. Prints a line for each test and, at the end, `N passed, N failed` and the line that libtest prints.
//!
//! | variable | meaning |
//! |---|---|
//! | `OUTLIVE_BIN` | the binary to test; without it, `outlive-server` is built with the release profile |
//! | `OUTLIVE_RUNS` | how often a test marked [`Test::repeated`] runs (2; some say 1) |
//! | `CI` | `true`: what would be skipped is a failure |

use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};

use crate::sandbox;
use crate::scene::{Programs, Scene};
use crate::shared_store::StoreKind;
use crate::tomcat::{self, TomcatVersion};

/// The web application's folder, told to the program inside the sandbox.
const WEB_APP: &str = "OUTLIVE_RIG_WEB_APP";
/// The same for the older Tomcat.
const WEB_APP_9: &str = "OUTLIVE_RIG_WEB_APP_9";
/// The binary's path.
const BINARY: &str = "OUTLIVE_BIN";

/// One named test.
#[derive(Debug, Clone)]
pub struct Test {
    name: &'static str,
    run: fn(&Scene) -> Result<()>,
    outlive: bool,
    tomcat: bool,
    browser: bool,
    tomcat9: bool,
    /// Stores whose servers it starts.
    stores: Vec<StoreKind>,
    /// Other programs that it starts.
    programs: &'static [&'static str],
    /// How often it runs unless it is told; none: once in any case.
    runs: Option<usize>,
    by_name: bool,
}

impl Test {
    /// A test that needs no program.
    pub fn new(name: &'static str, run: fn(&Scene) -> Result<()>) -> Self {
        Self {
            name,
            run,
            outlive: false,
            tomcat: false,
            browser: false,
            tomcat9: false,
            stores: Vec::new(),
            programs: &[],
            runs: None,
            by_name: false,
        }
    }

    /// It starts Outlive nodes.
    #[must_use]
    pub fn with_outlive(mut self) -> Self {
        self.outlive = true;
        self
    }

    /// It starts Tomcat nodes.
    #[must_use]
    pub fn with_tomcat(mut self) -> Self {
        self.tomcat = true;
        self
    }

    /// It starts Tomcat nodes of the older version, too.
    #[must_use]
    pub fn with_tomcat9(mut self) -> Self {
        self.tomcat9 = true;
        self
    }

    /// It drives Chromium.
    #[must_use]
    pub fn with_browser(mut self) -> Self {
        self.browser = true;
        self
    }

    /// It starts a PostgreSQL.
    #[must_use]
    pub fn with_postgres(self) -> Self {
        self.with_store(StoreKind::Postgres)
    }

    /// It starts a MariaDB.
    #[must_use]
    pub fn with_mariadb(self) -> Self {
        self.with_store(StoreKind::MariaDb)
    }

    /// It starts a Redis.
    #[must_use]
    pub fn with_redis(self) -> Self {
        self.with_store(StoreKind::Redis)
    }

    /// It starts the server of a store, where that has one.
    #[must_use]
    pub fn with_store(mut self, kind: StoreKind) -> Self {
        self.stores.push(kind);
        self
    }

    /// It starts these servers of Debian's, such as `haproxy`, as root: they change to users of their own.
    #[must_use]
    pub fn with_programs(mut self, programs: &'static [&'static str]) -> Self {
        self.programs = programs;
        self
    }

    /// It runs `OUTLIVE_RUNS` times, each time in a new scene, and passes where all runs do.
    #[must_use]
    pub fn repeated(self) -> Self {
        self.repeated_from(2)
    }

    /// As [`Test::repeated`], with another number of runs where the variable is not set.
    #[must_use]
    pub fn repeated_from(mut self, runs: usize) -> Self {
        self.runs = Some(runs);
        self
    }

    /// It runs only where a filter is part of its name, or with `--include-ignored`.
    #[must_use]
    pub fn by_name(mut self) -> Self {
        self.by_name = true;
        self
    }
}

/// What became of a test.
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// What the command line asks for.
#[derive(Debug, Default)]
struct Selection {
    filters: Vec<String>,
    exact: bool,
    list: bool,
    ignored: bool,
    include_ignored: bool,
}

impl Selection {
    fn of(arguments: impl Iterator<Item = String>) -> Self {
        let mut selection = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--exact" => selection.exact = true,
                "--list" => selection.list = true,
                "--ignored" => selection.ignored = true,
                "--include-ignored" => selection.include_ignored = true,
                flag if flag.starts_with('-') => {}
                _ => selection.filters.push(argument),
            }
        }
        selection
    }

    fn takes(&self, test: &Test) -> bool {
        let named =
            self.filters.iter().any(|filter| if self.exact { filter == test.name } else { test.name.contains(filter) });
        if self.ignored {
            return test.by_name && (named || self.filters.is_empty());
        }
        named || (self.filters.is_empty() && (!test.by_name || self.include_ignored))
    }
}

/// Runs the tests that the command line asks for. Call it from `main` and return its exit code.
pub fn main(tests: &[Test]) -> ExitCode {
    let selection = Selection::of(env::args().skip(1));
    let chosen: Vec<&Test> = tests.iter().filter(|test| selection.takes(test)).collect();
    if selection.list {
        for test in &chosen {
            println!("{}: test", test.name);
        }
        return ExitCode::SUCCESS;
    }
    if sandbox::is_inside() {
        return run_all(&chosen, tests.len() - chosen.len());
    }
    if chosen.is_empty() {
        return run_all(&chosen, tests.len());
    }
    let variables = match prepared(&chosen) {
        Ok(variables) => variables,
        Err(error) => {
            println!("cannot prepare the process tests: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let why = format!("no network namespace: {}", sandbox::enter(&variables));
    let start = Instant::now();
    let failed = chosen.iter().filter(|test| matches!(skipped(test, &why), Outcome::Failed)).count();
    summary(0, failed, chosen.len() - failed, tests.len() - chosen.len(), start);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How often a repeated test runs that would run `without` times.
fn runs(without: usize) -> usize {
    env::var("OUTLIVE_RUNS").ok().and_then(|number| number.parse().ok()).unwrap_or(without).max(1)
}

fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}

/// Makes what the tests need while there still is a network, and gives the variables that tell the program inside.
fn prepared(tests: &[&Test]) -> Result<Vec<(&'static str, String)>> {
    let mut variables = Vec::new();
    let program = env::current_exe()?;
    // target/debug/deps/PROGRAM
    let target = program.ancestors().nth(3).context("this program lies outside of a target folder")?;
    if tests.iter().any(|test| test.outlive) && env::var_os(BINARY).is_none() {
        variables.push((BINARY, build_outlive(target)?.display().to_string()));
    }
    if tests.iter().any(|test| test.tomcat) && TomcatVersion::V10.is_installed() {
        variables.push((WEB_APP, tomcat::build_web_app(target, TomcatVersion::V10)?.display().to_string()));
    }
    if tests.iter().any(|test| test.tomcat9) && TomcatVersion::V9.is_installed() {
        variables.push((WEB_APP_9, tomcat::build_web_app(target, TomcatVersion::V9)?.display().to_string()));
    }
    Ok(variables)
}

fn build_outlive(target: &Path) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--package", "outlive-server", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .context("cannot start cargo")?;
    ensure!(built.success(), "cargo build --release --package outlive-server: {built}");
    Ok(target.join("release/outlive"))
}

fn run_all(tests: &[&Test], filtered_out: usize) -> ExitCode {
    let start = Instant::now();
    println!("\nrunning {} tests", tests.len());
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for test in tests {
        match run_one(test) {
            Outcome::Passed => passed += 1,
            Outcome::Failed => failed += 1,
            Outcome::Skipped => skipped += 1,
        }
    }
    summary(passed, failed, skipped, filtered_out, start);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn summary(passed: usize, failed: usize, skipped: usize, filtered_out: usize, start: Instant) {
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\n{passed} passed, {failed} failed");
    println!(
        "test result: {verdict}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; {filtered_out} filtered out; \
         finished in {:.2}s",
        start.elapsed().as_secs_f64()
    );
}

fn skipped(test: &Test, why: &str) -> Outcome {
    println!("test {} ... SKIPPED", test.name);
    println!("    ************************************************************");
    println!("    * SKIPPED: {why}");
    println!("    ************************************************************");
    if is_ci() {
        println!("    CI=true: nothing may be skipped, so this is a failure");
        return Outcome::Failed;
    }
    Outcome::Skipped
}

fn run_one(test: &Test) -> Outcome {
    let told = |needed: bool, variable| needed.then(|| env::var_os(variable).map(PathBuf::from)).flatten();
    let programs = Programs {
        outlive: told(test.outlive, BINARY),
        web_app: told(test.tomcat, WEB_APP),
        web_app_9: told(test.tomcat9, WEB_APP_9),
    };
    if test.tomcat && programs.web_app.is_none() {
        return skipped(test, "no Tomcat here (packages tomcat10 and openjdk-17-jdk-headless)");
    }
    if test.tomcat9 && programs.web_app_9.is_none() {
        return skipped(test, "no Tomcat 9 here (packages libtomcat9-java and openjdk-17-jdk-headless)");
    }
    if test.browser && !has_browser() {
        return skipped(test, "no Chromium here (packages chromium and chromium-driver)");
    }
    if let Some(missing) = test.stores.iter().find(|store| !store.is_installed()) {
        let package = missing.package().unwrap_or_default();
        return skipped(test, &format!("no {} here (package {package})", missing.name()));
    }
    if let Some(missing) = test.programs.iter().find(|program| !answers(program, "-v")) {
        return skipped(test, &format!("no {missing} here"));
    }
    if !test.programs.is_empty() && !sandbox::has_all_users() {
        return skipped(test, "only root can start servers that change to users of their own");
    }
    let start = Instant::now();
    let runs = test.runs.map_or(1, runs);
    let mut good = 0;
    for run in 1..=runs {
        match scene_of(test, &programs) {
            Ok(()) => good += 1,
            Err((error, logs)) => println!("{}: run {run} of {runs}: {error:#}\n{logs}", test.name),
        }
    }
    let verdict = if good == runs { "ok" } else { "FAILED" };
    let counted = if test.runs.is_some() { format!("{good} of {runs} runs, ") } else { String::new() };
    println!("test {} ... {verdict} ({counted}{:.1} s)", test.name, start.elapsed().as_secs_f64());
    if good == runs { Outcome::Passed } else { Outcome::Failed }
}

fn has_browser() -> bool {
    answers("chromium", "--version") && answers("chromedriver", "--version")
}

fn answers(program: &str, question: &str) -> bool {
    Command::new(program).arg(question).output().is_ok_and(|answer| answer.status.success())
}

/// One run in a scene of its own. Its error comes with what the nodes wrote.
fn scene_of(test: &Test, programs: &Programs) -> Result<(), (anyhow::Error, String)> {
    let scene = Scene::new(programs.clone()).map_err(|error| (error, String::new()))?;
    let result = panic::catch_unwind(AssertUnwindSafe(|| (test.run)(&scene)));
    // The panic's own message has been printed where it happened.
    result.unwrap_or_else(|_| Err(anyhow!("it panicked"))).map_err(|error| (error, scene.log_tails()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Vec<&'static str> {
        let tests =
            [Test::new("one", |_| Ok(())), Test::new("one_more", |_| Ok(())), Test::new("rare", |_| Ok(())).by_name()];
        let selection = Selection::of(arguments.iter().map(|&argument| argument.to_owned()));
        tests.iter().filter(|test| selection.takes(test)).map(|test| test.name).collect()
    }

    #[test]
    fn filters_choose_tests() {
        assert_eq!(names(&[]), ["one", "one_more"]);
        assert_eq!(names(&["one"]), ["one", "one_more"]);
        assert_eq!(names(&["one", "--exact"]), ["one"]);
        assert_eq!(names(&["--nocapture", "rare"]), ["rare"]);
        assert_eq!(names(&["--ignored"]), ["rare"]);
        assert_eq!(names(&["--include-ignored"]), ["one", "one_more", "rare"]);
    }
}
