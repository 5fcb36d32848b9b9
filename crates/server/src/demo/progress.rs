//! How far a play of the nine steps is.

use std::time::Duration;

use serde_json::{Value, json};

use super::play::Event;
use super::steps::STEPS;

/// The last play that was begun, if any.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// How many plays were begun.
    number: u64,
    steps: [StepProgress; STEPS.len()],
    /// Why no step was tried.
    trouble: Option<String>,
}

#[derive(Debug, Default)]
enum StepProgress {
    #[default]
    Waiting,
    Running,
    Passed(Duration),
    Failed(Duration, String),
}

impl Progress {
    pub(super) fn begin(&mut self) {
        *self = Self { number: self.number + 1, ..Self::default() };
    }

    pub(super) fn note(&mut self, event: Event) {
        let (number, step) = match event {
            Event::Begins(number) => (number, StepProgress::Running),
            Event::Ended(number, took, Ok(())) => (number, StepProgress::Passed(took)),
            Event::Ended(number, took, Err(error)) => (number, StepProgress::Failed(took, format!("{error:#}"))),
        };
        self.steps[number] = step;
    }

    pub(super) fn end(&mut self, played: anyhow::Result<()>) {
        self.trouble = played.err().map(|error| format!("{error:#}"));
    }

    /// `{"number","on","trouble","steps":[{"title","state","ms","error"}…]}`. `on`: the play goes on. A step that runs though no play goes on
    /// was broken off, which is a failure.
    pub(super) fn json(&self, on: bool) -> Value {
        let steps = STEPS.iter().zip(&self.steps).map(|(step, progress)| {
            let (state, took, error) = match progress {
                StepProgress::Waiting => ("waiting", None, None),
                StepProgress::Running if on => ("running", None, None),
                StepProgress::Running => ("failed", None, Some("it was broken off")),
                StepProgress::Passed(took) => ("passed", Some(took), None),
                StepProgress::Failed(took, error) => ("failed", Some(took), Some(error.as_str())),
            };
            json!({"title": step.title, "state": state, "ms": took.map(|took| took.as_millis() as u64), "error": error})
        });
        json!({"number": self.number, "on": on, "trouble": self.trouble, "steps": steps.collect::<Vec<_>>()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_and_what_was_broken_off_is_one() {
        let mut progress = Progress::default();
        progress.begin();
        progress.note(Event::Begins(0));
        progress.note(Event::Ended(0, Duration::from_millis(20), Ok(())));
        progress.note(Event::Ended(1, Duration::from_millis(3), Err(anyhow::anyhow!("A's sessions: 1, not 0"))));
        progress.note(Event::Begins(2));
        let steps = |on| progress.json(on)["steps"].as_array().unwrap()[..4].to_vec();
        let states = |on| steps(on).iter().map(|step| step["state"].clone()).collect::<Vec<_>>();
        assert_eq!(states(true), ["passed", "failed", "running", "waiting"]);
        assert_eq!(states(false), ["passed", "failed", "failed", "waiting"]);
        assert_eq!(steps(true)[1]["error"], "A's sessions: 1, not 0");
        assert_eq!((&steps(true)[0]["ms"], &steps(true)[2]["ms"]), (&json!(20), &Value::Null));
        progress.begin();
        assert_eq!(progress.json(true)["number"], 2);
        assert!(progress.json(true)["steps"].as_array().unwrap().iter().all(|step| step["state"] == "waiting"));
    }
}
