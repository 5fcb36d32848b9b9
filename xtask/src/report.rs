//! What a run prints: a heading for each step with the time it took, and the sums at the end.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The sums over all steps so far.
#[derive(Debug)]
pub(crate) struct Report {
    start: Instant,
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), passed: 0, failed: 0, skipped: 0 }
    }

    /// A step that holds or does not: it counts as one.
    pub(crate) fn check(&mut self, heading: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
        self.step(heading, |report| match check() {
            Ok(()) => {
                report.passed += 1;
                Ok(())
            }
            Err(error) => {
                report.failed += 1;
                Err(error)
            }
        })
    }

    /// A step that is a command without tests: it counts as one.
    pub(crate) fn command(&mut self, heading: &str, command: &mut Command) -> Result<()> {
        self.check(heading, || {
            let status = command.status().with_context(|| shown(command))?;
            if status.success() { Ok(()) } else { bail!("{}: {status}", shown(command)) }
        })
    }

    /// A step that is a command with tests in it: each of them counts, as its summary lines say.
    pub(crate) fn tests(&mut self, heading: &str, command: &mut Command) -> Result<()> {
        self.step(heading, |report| {
            let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| shown(command))?;
            let failed_before = report.failed;
            if let Some(output) = child.stdout.take() {
                let mut screen = std::io::stdout().lock();
                for line in BufReader::new(output).split(b'\n') {
                    let mut line = line?;
                    if let Some([passed, failed, skipped]) = counts(&String::from_utf8_lossy(&line)) {
                        report.passed += passed;
                        report.failed += failed;
                        report.skipped += skipped;
                    }
                    line.push(b'\n');
                    screen.write_all(&line)?;
                    screen.flush()?;
                }
            }
            let status = child.wait()?;
            if status.success() {
                return Ok(());
            }
            // It did not get as far as to count, for instance as it did not compile.
            if report.failed == failed_before {
                report.failed += 1;
            }
            bail!("{}: {status}", shown(command))
        })
    }

    fn step(&mut self, heading: &str, run: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        println!("\n==== {heading}");
        let start = Instant::now();
        let result = run(self);
        println!("==== {heading}: {} ({})", if result.is_ok() { "ok" } else { "FAILED" }, seconds(start.elapsed()));
        result.with_context(|| heading.to_owned())
    }

    /// The last lines of a run.
    pub(crate) fn close(&self, result: &Result<()>) {
        println!();
        if let Err(error) = result {
            println!("FAILED at {error:#}");
        }
        if self.skipped > 0 {
            println!("SKIPPED or ignored: {} tests, see above", self.skipped);
        }
        println!("all steps: {}", seconds(self.start.elapsed()));
        println!("{} passed, {} failed", self.passed, self.failed);
    }
}

/// `[passed, failed, ignored]` of a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn counts(line: &str) -> Option<[usize; 3]> {
    let (_, parts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| parts.split("; ").find_map(|part| part.strip_suffix(word)?.trim_end().parse().ok());
    Some([number("passed")?, number("failed")?, number("ignored")?])
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut text = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_lines_are_counted() {
        let line = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 5 filtered out; finished in 0.01s";
        assert_eq!(counts(line), Some([3, 1, 2]));
        assert_eq!(counts("3 passed, 1 failed"), None);
    }

    #[test]
    fn a_command_that_fails_is_counted_once() {
        let mut report = Report::new();
        let script = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured'; exit 1";
        assert!(report.tests("a broken run", Command::new("sh").args(["-c", script])).is_err());
        assert_eq!((report.passed, report.failed), (2, 1));
    }
}
