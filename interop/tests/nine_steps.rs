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
        with_tomcat("tomcat_and_outlive_multicast_sync", tomcat_is_a),
        with_tomcat("tomcat_and_outlive_static_sync", tomcat_is_a_static),
        with_tomcat("tomcat_and_outlive_multicast_sync_in_the_host", tomcat_is_a_in_host),
        with_tomcat("tomcat_and_outlive_static_sync_in_the_host", tomcat_is_a_static_in_host),
        with_tomcat("outlive_and_tomcat_multicast_sync", tomcat_is_b),
        with_tomcat("outlive_and_tomcat_static_sync", tomcat_is_b_static),
        with_tomcat("outlive_and_tomcat_multicast_sync_in_the_host", tomcat_is_b_in_host),
        with_tomcat("outlive_and_tomcat_static_sync_in_the_host", tomcat_is_b_static_in_host),
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
    let (a, b) = static_members();
    outlives(scene, a, b, Settle::AtOnce)
}

fn static_async(scene: &Scene) -> Result<()> {
    let (a, b) = static_members();
    outlives(scene, a.send_options(8), b.send_options(8), Settle::Soon)
}

/// A pairing with a Tomcat: each is played once, or as often as `OUTLIVE_RUNS` says.
fn with_tomcat(name: &'static str, run: fn(&Scene) -> Result<()>) -> Test {
    Test::new(name, run).with_outlive().with_tomcat().repeated_from(1)
}

fn tomcat_first(scene: &Scene, a: NodeSpec, b: NodeSpec) -> Result<()> {
    play(&mut TomcatNode::new(scene, a)?, &mut OutliveNode::new(scene, b)?, Settle::AtOnce)
}

fn outlive_first(scene: &Scene, a: NodeSpec, b: NodeSpec) -> Result<()> {
    play(&mut OutliveNode::new(scene, a)?, &mut TomcatNode::new(scene, b)?, Settle::AtOnce)
}

/// Both with their cluster in the Host.
fn in_host((a, b): (NodeSpec, NodeSpec)) -> (NodeSpec, NodeSpec) {
    (a.cluster_at(ClusterAt::Host), b.cluster_at(ClusterAt::Host))
}

fn multicast() -> (NodeSpec, NodeSpec) {
    (a(), b())
}

fn static_members() -> (NodeSpec, NodeSpec) {
    (a().static_members(&[2]), b().static_members(&[1]))
}

fn tomcat_is_a(scene: &Scene) -> Result<()> {
    let (a, b) = multicast();
    tomcat_first(scene, a, b)
}

fn tomcat_is_a_static(scene: &Scene) -> Result<()> {
    let (a, b) = static_members();
    tomcat_first(scene, a, b)
}

fn tomcat_is_a_in_host(scene: &Scene) -> Result<()> {
    let (a, b) = in_host(multicast());
    tomcat_first(scene, a, b)
}

fn tomcat_is_a_static_in_host(scene: &Scene) -> Result<()> {
    let (a, b) = in_host(static_members());
    tomcat_first(scene, a, b)
}

fn tomcat_is_b(scene: &Scene) -> Result<()> {
    let (a, b) = multicast();
    outlive_first(scene, a, b)
}

fn tomcat_is_b_static(scene: &Scene) -> Result<()> {
    let (a, b) = static_members();
    outlive_first(scene, a, b)
}

fn tomcat_is_b_in_host(scene: &Scene) -> Result<()> {
    let (a, b) = in_host(multicast());
    outlive_first(scene, a, b)
}

fn tomcat_is_b_static_in_host(scene: &Scene) -> Result<()> {
    let (a, b) = in_host(static_members());
    outlive_first(scene, a, b)
}

fn both_tomcat(scene: &Scene) -> Result<()> {
    play(&mut TomcatNode::new(scene, a())?, &mut TomcatNode::new(scene, b())?, Settle::AtOnce)
}

fn both_tomcat_static(scene: &Scene) -> Result<()> {
    let (a, b) = static_members();
    play(&mut TomcatNode::new(scene, a)?, &mut TomcatNode::new(scene, b)?, Settle::AtOnce)
}
