//! Each of Tribes' interceptors, and stacks of them, between an Outlive and a real Tomcat that have the same: the nine steps.
//! And what must not work: another key, no key, another domain.
//!
//! Needs root on Linux; see `outlive_interop::runner` for its variables.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::nine_steps::{Settle, play};
use outlive_interop::runner::{self, Test};
use outlive_interop::spec::Interceptor::{self, DomainFilter, Encrypt, Fragment, Gzip, Order, Throughput};
use outlive_interop::{Client, Manager, NodeSpec, OutliveNode, Scene, Server, TomcatNode, poll};

/// Every message of the nine steps becomes several pieces, its largest attribute alone two.
const PIECES: Interceptor = Fragment(256);

const KEY_128: &str = "cafebabedeadbeefbeefcafecafebabe";
const KEY_192: &str = "000102030405060708090a0b0c0d0e0f1011121314151617";
const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const GCM: Interceptor = Encrypt("AES/GCM/NoPadding", KEY_128);
const CBC: Interceptor = Encrypt("AES/CBC/PKCS5Padding", KEY_256);
const CFB: Interceptor = Encrypt("AES/CFB/PKCS5Padding", KEY_192);
const OFB: Interceptor = Encrypt("AES/OFB/PKCS5Padding", KEY_128);

/// What a node of ours says of a message that was not encrypted with its key.
const REFUSAL: &str = "not encrypted with this node's key and algorithm";

/// How long a node may take to send to another what it sends by itself, and the other to say what it thinks of it.
const SOON: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let with_both = |name, run| Test::new(name, run).with_outlive().with_tomcat();
    runner::main(&[
        with_both("gzip", |scene| tomcat_is_a(scene, &[Gzip])),
        with_both("fragment", |scene| tomcat_is_b(scene, &[PIECES])),
        with_both("order", |scene| tomcat_is_a(scene, &[Order])),
        with_both("encrypt_gcm", |scene| tomcat_is_b(scene, &[GCM])),
        with_both("encrypt_cbc", |scene| tomcat_is_a(scene, &[CBC])),
        with_both("gzip_fragment_order", |scene| tomcat_is_b(scene, &[Gzip, PIECES, Order])),
        // Where a Tomcat damages what its second peer gets: there is none.
        with_both("gzip_order_fragment", |scene| tomcat_is_a(scene, &[Gzip, Order, PIECES])),
        with_both("order_encrypt", |scene| tomcat_is_b(scene, &[Order, GCM])),
        with_both("throughput_and_all_that_change_bytes", everything),
        with_both("static_members_with_ping_and_order", static_members),
        with_both("domain_filter", domain_filter),
        with_both("another_key_or_none", another_key_or_none),
        with_both("rpc_of_a_backup_manager", rpc),
        // The same with the places changed, and what else Tomcat takes.
        with_both("gzip_tomcat_is_b", |scene| tomcat_is_b(scene, &[Gzip])).by_name(),
        with_both("fragment_tomcat_is_a", |scene| tomcat_is_a(scene, &[PIECES])).by_name(),
        with_both("order_tomcat_is_b", |scene| tomcat_is_b(scene, &[Order])).by_name(),
        with_both("encrypt_gcm_tomcat_is_a", |scene| tomcat_is_a(scene, &[GCM])).by_name(),
        with_both("encrypt_cbc_tomcat_is_b", |scene| tomcat_is_b(scene, &[CBC])).by_name(),
        with_both("encrypt_cfb", |scene| tomcat_is_a(scene, &[CFB])).by_name(),
        with_both("encrypt_ofb", |scene| tomcat_is_b(scene, &[OFB])).by_name(),
        with_both("gzip_fragment_order_tomcat_is_a", |scene| tomcat_is_a(scene, &[Gzip, PIECES, Order])).by_name(),
        with_both("throughput_tomcat_is_b", |scene| tomcat_is_b(scene, &[Throughput(5), Gzip, GCM, PIECES, Order]))
            .by_name(),
        with_both("static_members_with_ping_tomcat_is_b", static_members_tomcat_is_b).by_name(),
        with_both("domain_filter_tomcat_is_b", domain_filter_tomcat_is_b).by_name(),
        with_both("fragment_encrypt", |scene| tomcat_is_a(scene, &[PIECES, GCM])).by_name(),
        with_both("gzip_order_fragment_tomcat_is_b", |scene| tomcat_is_b(scene, &[Gzip, Order, PIECES])).by_name(),
        with_both("order_encrypt_tomcat_is_a", |scene| tomcat_is_a(scene, &[Order, GCM])).by_name(),
        with_both("fragment_order_gzip", |scene| tomcat_is_a(scene, &[PIECES, Order, Gzip])).by_name(),
        with_both("encrypt_gzip", |scene| tomcat_is_b(scene, &[GCM, Gzip])).by_name(),
        Test::new("outlives", |scene| outlives(scene, &[Gzip, GCM, PIECES, Order])).with_outlive(),
        Test::new("outlives_with_order_above", |scene| outlives(scene, &[Order, PIECES, Gzip, GCM])).with_outlive(),
    ])
}

fn a(interceptors: &[Interceptor]) -> NodeSpec {
    NodeSpec::new("node-a", 1).interceptors(interceptors)
}

fn b(interceptors: &[Interceptor]) -> NodeSpec {
    NodeSpec::new("node-b", 2).interceptors(interceptors)
}

fn tomcat_is_a(scene: &Scene, stack: &[Interceptor]) -> Result<()> {
    play(&mut TomcatNode::new(scene, a(stack))?, &mut OutliveNode::new(scene, b(stack))?, Settle::AtOnce)
}

fn tomcat_is_b(scene: &Scene, stack: &[Interceptor]) -> Result<()> {
    play(&mut OutliveNode::new(scene, a(stack))?, &mut TomcatNode::new(scene, b(stack))?, Settle::AtOnce)
}

fn outlives(scene: &Scene, stack: &[Interceptor]) -> Result<()> {
    play(&mut OutliveNode::new(scene, a(stack))?, &mut OutliveNode::new(scene, b(stack))?, Settle::AtOnce)
}

fn everything(scene: &Scene) -> Result<()> {
    let stack = [Throughput(5), Gzip, GCM, PIECES, Order];
    tomcat_is_a(scene, &stack)?;
    let logs = scene.logs()?;
    ensure!(logs.contains("tribes::throughput"), "Outlive has not told what has passed");
    ensure!(logs.contains("ThroughputInterceptor Report"), "Tomcat has not told what has passed");
    Ok(())
}

/// With the order of Tomcat's documentation: ping, failure detector, dispatch, static members.
fn static_members(scene: &Scene) -> Result<()> {
    let (a, b) = (a(&[Order]).static_members(&[2]), b(&[Order]).static_members(&[1]));
    play(&mut TomcatNode::new(scene, a)?, &mut OutliveNode::new(scene, b)?, Settle::AtOnce)
}

fn static_members_tomcat_is_b(scene: &Scene) -> Result<()> {
    let (a, b) = (a(&[GCM]).static_members(&[2]), b(&[GCM]).static_members(&[1]));
    play(&mut OutliveNode::new(scene, a)?, &mut TomcatNode::new(scene, b)?, Settle::AtOnce)
}

fn domain_filter_tomcat_is_b(scene: &Scene) -> Result<()> {
    let (a, b) = (a(&[DomainFilter]).domain("here"), b(&[DomainFilter]).domain("here"));
    play(&mut OutliveNode::new(scene, a)?, &mut TomcatNode::new(scene, b)?, Settle::AtOnce)
}

/// A Tomcat whose maps look for others by RPC: each question is answered with "no such channel", so it does not wait for the time limit of
/// any, and it takes the answers for what they are.
fn rpc(scene: &Scene) -> Result<()> {
    let mut ours = OutliveNode::new(scene, a(&[]))?.with_log("info,tribes::messages=trace,tribes::group=debug");
    ours.start()?;
    let mut tomcat = TomcatNode::new(scene, b(&[]).manager(Manager::Backup, false))?;
    tomcat.start()?;
    poll::until("every question is answered", SOON, || {
        let log = ours.process()?.output()?;
        let objects = log.lines().filter(|line| line.contains("tribes::messages") && line.contains("event=\"object\""));
        let (asked, answered): (Vec<&str>, Vec<&str>) = objects.partition(|line| line.contains("step=\"received\""));
        let (asked, answered) = (asked.len(), answered.len());
        ensure!(asked > 0 && answered == asked, "{answered} of {asked} questions are answered");
        Ok(())
    })?;
    // It serves, alone as far as its map goes; and it has found nothing wrong with the answers.
    let mut client = Client::new();
    client.get(tomcat.http(), "set", &[("name", "n"), ("value", "1")])?;
    let log = tomcat.process()?.output()?;
    ensure!(!log.contains("SEVERE") && !log.contains("Exception"), "{log}");
    Ok(())
}

/// Two of one domain play; a third, of another domain, is nobody to them, nor are they to it.
fn domain_filter(scene: &Scene) -> Result<()> {
    let stack = [DomainFilter];
    let mut stranger = OutliveNode::new(scene, NodeSpec::new("node-c", 3).interceptors(&stack).domain("elsewhere"))?;
    stranger.start()?;
    let mut tomcat = TomcatNode::new(scene, a(&stack).domain("here"))?;
    play(&mut tomcat, &mut OutliveNode::new(scene, b(&stack).domain("here"))?, Settle::AtOnce)?;
    let health = stranger.health()?;
    ensure!((health.members, health.sessions) == (0, 0), "the node of another domain has seen {health:?}");
    let mut native = OutliveNode::new(scene, a(&[]).domain("elsewhere"))?;
    native.start()?;
    poll::until_equal("members in the other domain", SOON, &1, || Ok(stranger.health()?.members))
}

/// A Tomcat holds a session. A node with a key asks for it, and hears of its changes: it must say that it understands nothing, take
/// nothing, and be as little understood.
fn another_key_or_none(scene: &Scene) -> Result<()> {
    for theirs in [&[Encrypt("AES/GCM/NoPadding", KEY_192)][..], &[]] {
        let mut tomcat = TomcatNode::new(scene, a(theirs))?;
        tomcat.start()?;
        let mut client = Client::new();
        client.get(tomcat.http(), "counter", &[])?;
        let mut ours = OutliveNode::new(scene, b(&[GCM]))?;
        ours.launch()?;
        poll::until_equal("members that Tomcat sees", SOON, &1, || Ok(tomcat.health()?.members))?;
        poll::until(&format!("a message of Tomcat with {theirs:?} is refused"), SOON, || {
            client.get(tomcat.http(), "counter", &[])?;
            let log = ours.process()?.output()?;
            ensure!(log.lines().any(|line| line.contains("ERROR") && line.contains(REFUSAL)), "no line says so");
            Ok(())
        })?;
        let health = Client::new().fetch(ours.health_address(), "/")?;
        ensure!(health.body.contains("\"sessions\":0"), "{}", health.body);
        // What we send is not understood either: the question for the state was refused, or could not be read.
        let logs = scene.logs()?;
        let refused = ["Failed to decrypt message", "Unable to deserialize message"];
        ensure!(refused.iter().any(|line| logs.contains(line)), "Tomcat has not refused our question");
        ensure!(!logs.contains(KEY_128), "the key stands in a log");
        ours.kill()?;
        tomcat.kill().context("the end of a Tomcat")?;
    }
    Ok(())
}
