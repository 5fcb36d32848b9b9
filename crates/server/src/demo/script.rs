//! `--script`: the nine steps, played by themselves.

use std::sync::Arc;

use super::nodes::Nodes;
use super::say;
use super::steps::{STEPS, Story};
use crate::exit::Exit;

/// Plays all steps, prints PASS or FAIL for each and the count. A failed step does not keep the next from being tried.
///
/// # Errors
/// A step failed; which and why is printed.
pub(super) async fn play(nodes: Arc<Nodes>) -> Result<(), Exit> {
    if let Some(reason) = nodes.without_multicast() {
        eprintln!("outlive: multicast does not work on loopback ({reason}): the nodes are told each other's addresses");
    }
    let mut story = Story::new(nodes);
    let mut failed = 0;
    for (number, step) in (1..).zip(&STEPS) {
        match (step.play)(&mut story).await {
            Ok(()) => say(&format!("PASS {number} {}", step.title)),
            Err(error) => {
                failed += 1;
                say(&format!("FAIL {number} {}: {error:#}", step.title));
            }
        }
    }
    say(&format!("{} passed, {failed} failed", STEPS.len() - failed));
    if failed == 0 { Ok(()) } else { Err(Exit::told()) }
}
