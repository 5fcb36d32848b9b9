//! `--script`: the nine steps, played by themselves.

use std::sync::Arc;

use super::nodes::Nodes;
use super::play::{self, Event};
use super::say;
use super::steps::STEPS;
use crate::exit::Exit;

/// Plays all steps, prints PASS or FAIL for each and the count.
///
/// # Errors
/// A step failed; which and why is printed.
pub(super) async fn run(nodes: Arc<Nodes>) -> Result<(), Exit> {
    if let Some(reason) = nodes.without_multicast() {
        eprintln!("outlive: multicast does not work on loopback ({reason}): the nodes are told each other's addresses");
    }
    let mut failed = 0;
    let tell = |event| {
        let Event::Ended(step, _, result) = event else { return };
        let (number, title) = (step + 1, STEPS[step].title);
        match result {
            Ok(()) => say(&format!("PASS {number} {title}")),
            Err(error) => {
                failed += 1;
                say(&format!("FAIL {number} {title}: {error:#}"));
            }
        }
    };
    play::play(nodes, tell).await.map_err(|error| Exit::failure(format!("the story cannot begin: {error:#}")))?;
    say(&format!("{} passed, {failed} failed", STEPS.len() - failed));
    if failed == 0 { Ok(()) } else { Err(Exit::told()) }
}
