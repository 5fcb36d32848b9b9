//! The nine steps between two real processes, one of which is killed: every pairing that a release must pass.
//!
//! Needs root on Linux; see `outlive_interop::runner` for its variables.

use std::process::ExitCode;

use anyhow::Result;
use outlive_interop::nine_steps::{Settle, play};
use outlive_interop::runner::{self, Test};
use outlive_interop::{ClusterAt, NodeSpec, OutliveNode, Scene, TomcatNode};

fn main() -> ExitCode {
    runner::main(&[
        Test::new("outlive_and_outlive_multicast_sync", multicast_sync).with_outlive().repeated(),
        Test::new("outlive_and_outlive_multicast_async", multicast_async).with_outlive().repeated(),
        Test::new("outlive_and_outlive_static_sync", static_sync).with_outlive().repeated(),
        Test::new("outlive_and_outlive_static_async", static_async).with_outlive().repeated(),
        Test::new("tomcat_and_outlive_multicast_sync", tomcat_is_a).with_outlive().with_tomcat().repeated(),
        Test::new("outlive_and_tomcat_multicast_sync", tomcat_is_b).with_outlive().with_tomcat().repeated(),
        Test::new("tomcat_and_outlive_static_sync", tomcat_is_a_static).with_outlive().with_tomcat().by_name(),
        Test::new("outlive_and_tomcat_static_sync", tomcat_is_b_static).with_outlive().with_tomcat().by_name(),
        Test::new("tomcat_and_outlive_in_the_host", tomcat_is_a_in_host).with_outlive().with_tomcat().by_name(),
        // These prove the rig rather than Outlive.
        Test::new("tomcat_and_tomcat_multicast_sync", both_tomcat).with_tomcat().by_name(),
        Test::new("tomcat_and_tomcat_static_sync", both_tomcat_static).with_tomcat().by_name(),
    ])
}

fn a() -> NodeSpec {
    NodeSpec::new("node-a", 1)
}

fn b() -> NodeSpec {
    NodeSpec::new("node-b", 2)
}

fn outlives(scene: &Scene, a: NodeSpec, b: NodeSpec, settle: Settle) -> Result<()> {
    play(&mut OutliveNode::new(scene, a)?, &mut OutliveNode::new(scene, b)?, settle)
}

fn multicast_sync(scene: &Scene) -> Result<()> {
    outlives(scene, a(), b(), Settle::AtOnce)
}

fn multicast_async(scene: &Scene) -> Result<()> {
    outlives(scene, a().send_options(8), b().send_options(8), Settle::Soon)
}

fn static_sync(scene: &Scene) -> Result<()> {
    outlives(scene, a().static_members(&[2]), b().static_members(&[1]), Settle::AtOnce)
}

fn static_async(scene: &Scene) -> Result<()> {
    outlives(scene, a().static_members(&[2]).send_options(8), b().static_members(&[1]).send_options(8), Settle::Soon)
}

fn tomcat_is_a(scene: &Scene) -> Result<()> {
    play(&mut TomcatNode::new(scene, a())?, &mut OutliveNode::new(scene, b())?, Settle::AtOnce)
}

fn tomcat_is_b(scene: &Scene) -> Result<()> {
    play(&mut OutliveNode::new(scene, a())?, &mut TomcatNode::new(scene, b())?, Settle::AtOnce)
}

fn tomcat_is_a_static(scene: &Scene) -> Result<()> {
    let (a, b) = (a().static_members(&[2]), b().static_members(&[1]));
    play(&mut TomcatNode::new(scene, a)?, &mut OutliveNode::new(scene, b)?, Settle::AtOnce)
}

fn tomcat_is_b_static(scene: &Scene) -> Result<()> {
    let (a, b) = (a().static_members(&[2]), b().static_members(&[1]));
    play(&mut OutliveNode::new(scene, a)?, &mut TomcatNode::new(scene, b)?, Settle::AtOnce)
}

fn tomcat_is_a_in_host(scene: &Scene) -> Result<()> {
    let (a, b) = (a().cluster_at(ClusterAt::Host), b().cluster_at(ClusterAt::Host));
    play(&mut TomcatNode::new(scene, a)?, &mut OutliveNode::new(scene, b)?, Settle::AtOnce)
}

fn both_tomcat(scene: &Scene) -> Result<()> {
    play(&mut TomcatNode::new(scene, a())?, &mut TomcatNode::new(scene, b())?, Settle::AtOnce)
}

fn both_tomcat_static(scene: &Scene) -> Result<()> {
    let (a, b) = (a().static_members(&[2]), b().static_members(&[1]));
    play(&mut TomcatNode::new(scene, a)?, &mut TomcatNode::new(scene, b)?, Settle::AtOnce)
}
