//! Playing the nine steps, for the terminal and for the page alike.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::nodes::Nodes;
use super::steps::{STEPS, Story};

/// What is told of a play while it goes on. Steps are counted from 0.
#[derive(Debug)]
pub(super) enum Event {
    /// A step begins.
    Begins(usize),
    /// It is done, after this time, and holds or does not.
    Ended(usize, Duration, anyhow::Result<()>),
}

/// Plays all steps in their order. A failed step does not keep the next from being tried.
///
/// # Errors
/// The nodes could not be brought to where the story begins; no step was tried.
pub(super) async fn play(nodes: Arc<Nodes>, mut tell: impl FnMut(Event)) -> anyhow::Result<()> {
    let mut story = Story::new(nodes);
    story.prepare().await?;
    for (number, step) in STEPS.iter().enumerate() {
        tell(Event::Begins(number));
        let start = Instant::now();
        let result = (step.play)(&mut story).await;
        tell(Event::Ended(number, start.elapsed(), result));
    }
    Ok(())
}
