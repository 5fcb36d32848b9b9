//! The nine steps with asynchronous messages (options 8) on both sides, where a Tomcat's sender threads may overtake each other.
//!
//! What does not arrive is named, one by one. A loss on the way from Outlive to a Tomcat is a failure. One on the way from a Tomcat is
//! the Tomcat's own where Outlive has counted what came too late or could not be told apart; otherwise it is a failure, too.

mod at_once;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use outlive_interop::nine_steps::{Loss, census};
use outlive_interop::runner::{self, Test};
use outlive_interop::{NodeSpec, OutliveNode, Scene, TomcatNode};

/// How an Outlive node begins the line about what it saw a peer lose.
const COUNTED: &str = "what this member has lost on its way here";

fn main() -> ExitCode {
    runner::main(&[
        Test::new("outlive_to_tomcat_loses_nothing", outlive_is_a).with_outlive().with_tomcat().repeated_from(1),
        Test::new("tomcat_to_outlive_loses_what_tomcat_lost", tomcat_is_a)
            .with_outlive()
            .with_tomcat()
            .repeated_from(1),
        Test::new("a_change_reaches_a_tomcat_that_its_client_has_reached_before", at_once::changes)
            .with_outlive()
            .with_tomcat()
            .repeated_from(1),
        Test::new("an_end_reaches_a_tomcat_that_its_client_has_reached_before", at_once::ends)
            .with_outlive()
            .with_tomcat()
            .repeated_from(1),
        // For comparison: what two Tomcats lose. It proves that a loss is seen, and named.
        Test::new("two_tomcats", both_tomcat).with_tomcat().repeated_from(1).by_name(),
    ])
}

fn specs() -> (NodeSpec, NodeSpec) {
    (NodeSpec::new("node-a", 1).send_options(8), NodeSpec::new("node-b", 2).send_options(8))
}

fn outlive_is_a(scene: &Scene) -> Result<()> {
    let (a, b) = specs();
    let losses = census(&mut OutliveNode::new(scene, a)?, &mut TomcatNode::new(scene, b)?.with_large_jvm())?;
    judge(scene, "node-a", &losses)
}

fn tomcat_is_a(scene: &Scene) -> Result<()> {
    let (a, b) = specs();
    let losses = census(&mut TomcatNode::new(scene, a)?.with_large_jvm(), &mut OutliveNode::new(scene, b)?)?;
    judge(scene, "node-b", &losses)
}

fn both_tomcat(scene: &Scene) -> Result<()> {
    let (a, b) = specs();
    name(&census(&mut TomcatNode::new(scene, a)?.with_large_jvm(), &mut TomcatNode::new(scene, b)?.with_large_jvm())?);
    Ok(())
}

fn name(losses: &[Loss]) {
    println!("    {} lost", losses.len());
    losses.iter().for_each(|loss| println!("    {loss}"));
}

/// Names the losses, and fails for each that no one but `ours` can have lost.
fn judge(scene: &Scene, ours: &str, losses: &[Loss]) -> Result<()> {
    name(losses);
    let by_us = losses.iter().filter(|loss| loss.from == ours).count();
    ensure!(by_us == 0, "{by_us} changes that {ours} has sent did not arrive");
    let counted = scene.logs()?.lines().any(|line| line.contains(COUNTED));
    ensure!(losses.is_empty() || counted, "{ours} lacks {} changes, and has counted none as lost", losses.len());
    Ok(())
}
