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
            let mut counted = [0; 3];
            if let Some(output) = child.stdout.take() {
                counted = count(BufReader::new(output), std::io::stdout().lock())?;
            }
            let [passed, failed, skipped] = counted;
            report.passed += passed;
            report.failed += failed;
            report.skipped += skipped;
            let status = child.wait()?;
            if status.success() {
                return Ok(());
            }
            // It did not get as far as to count, for instance as it did not compile.
            report.failed += usize::from(failed == 0);
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

/// Shows the output of tests line by line, and sums up what their summary lines say.
fn count(output: impl BufRead, mut screen: impl Write) -> Result<[usize; 3]> {
    let mut sums = [0; 3];
    for line in output.split(b'\n') {
        let mut line = line?;
        if let Some(counts) = counts(&String::from_utf8_lossy(&line)) {
            for (sum, number) in sums.iter_mut().zip(counts) {
                *sum += number;
            }
        }
        line.push(b'\n');
        screen.write_all(&line)?;
        screen.flush()?;
    }
    Ok(sums)
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
    fn summaries_are_summed_and_all_is_shown() {
        let output = "running\ntest result: ok. 2 passed; 0 failed; 1 ignored\ntest result: FAILED. 1 passed; 1 failed; 0 ignored\n";
        let mut screen = Vec::new();
        assert_eq!(count(output.as_bytes(), &mut screen).unwrap(), [3, 1, 1]);
        assert_eq!(screen, output.as_bytes());
    }

    #[test]
    fn a_command_that_fails_without_a_summary_counts_as_one() {
        let mut report = Report::new();
        assert!(report.tests("a broken run", Command::new("sh").args(["-c", "exit 1"])).is_err());
        assert_eq!((report.passed, report.failed), (0, 1));
    }
}
