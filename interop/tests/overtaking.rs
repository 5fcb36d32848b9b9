//! The nine steps with asynchronous messages (options 8) on both sides, where a Tomcat's sender threads may overtake each other.
//!
//! What does not arrive is named, one by one. A loss on the way from Outlive to a Tomcat is a failure. One on the way from a Tomcat is
//! the Tomcat's own only where the order in which its messages came shows it; otherwise it is a failure, too.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use outlive_interop::nine_steps::{Loss, census};
use outlive_interop::runner::{self, Test};
use outlive_interop::{NodeSpec, OutliveNode, Scene, TomcatNode};

/// What a Tomcat logs of each message about a session that it receives, and of those that it has no use for.
const TOMCAT_LEVELS: &[(&str, &str)] = &[("org.apache.catalina.ha.session", "FINE")];

fn main() -> ExitCode {
    runner::main(&[
        Test::new("outlive_to_tomcat_loses_nothing", outlive_is_a).with_outlive().with_tomcat().repeated_from(1),
        Test::new("tomcat_to_outlive_loses_what_tomcat_lost", tomcat_is_a)
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
    let losses =
        census(&mut OutliveNode::new(scene, a)?, &mut TomcatNode::new(scene, b)?.with_log_levels(TOMCAT_LEVELS)?)?;
    judge("node-a", &losses)
}

fn tomcat_is_a(scene: &Scene) -> Result<()> {
    let (a, b) = specs();
    let losses =
        census(&mut TomcatNode::new(scene, a)?.with_log_levels(TOMCAT_LEVELS)?, &mut OutliveNode::new(scene, b)?)?;
    judge("node-b", &losses)
}

fn both_tomcat(scene: &Scene) -> Result<()> {
    let (a, b) = specs();
    let mut a = TomcatNode::new(scene, a)?.with_log_levels(TOMCAT_LEVELS)?;
    let mut b = TomcatNode::new(scene, b)?.with_log_levels(TOMCAT_LEVELS)?;
    let losses = census(&mut a, &mut b)?;
    for loss in &losses {
        println!("    {loss}");
    }
    println!("    {} lost; at the receivers:", losses.len());
    Ok(())
}

/// Names the losses. Those of what `ours` has sent are a failure.
fn judge(ours: &str, losses: &[Loss]) -> Result<()> {
    for loss in losses {
        println!("    {loss}");
    }
    let by_us = losses.iter().filter(|loss| loss.from == ours).count();
    ensure!(by_us == 0, "{by_us} changes that {ours} has sent did not arrive");
    Ok(())
}
