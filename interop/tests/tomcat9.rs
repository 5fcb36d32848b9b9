//! An older peer: Tomcat 9.0 in one cluster with Outlive, and with Outlive and Tomcat 10.1.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::nine_steps::{Settle, play};
use outlive_interop::runner::{self, Test};
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, TomcatNode, TomcatVersion, poll};
use serde_json::Value;

/// How long nodes may take to see each other.
const SEEN_LIMIT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let test = |name, run| Test::new(name, run).with_outlive().with_tomcat9().repeated_from(1);
    runner::main(&[
        test("tomcat9_and_outlive", tomcat9_is_a),
        test("outlive_and_tomcat9", tomcat9_is_b),
        test("all_three_share_a_session", all_three).with_tomcat(),
        // What the two Tomcats do without us.
        test("tomcat9_and_tomcat10", both_tomcat).with_tomcat().by_name(),
        test("tomcat10_and_tomcat9", both_tomcat_turned).with_tomcat().by_name(),
    ])
}

fn tomcat9(scene: &Scene, spec: NodeSpec) -> Result<TomcatNode<'_>> {
    TomcatNode::of_version(scene, spec, TomcatVersion::V9)
}

fn tomcat9_is_a(scene: &Scene) -> Result<()> {
    let mut a = tomcat9(scene, NodeSpec::new("node-a", 1))?;
    play(&mut a, &mut OutliveNode::new(scene, NodeSpec::new("node-b", 2))?, Settle::AtOnce)
}

fn tomcat9_is_b(scene: &Scene) -> Result<()> {
    let mut b = tomcat9(scene, NodeSpec::new("node-b", 2))?;
    play(&mut OutliveNode::new(scene, NodeSpec::new("node-a", 1))?, &mut b, Settle::AtOnce)
}

fn both_tomcat(scene: &Scene) -> Result<()> {
    let mut a = tomcat9(scene, NodeSpec::new("node-a", 1))?;
    play(&mut a, &mut TomcatNode::new(scene, NodeSpec::new("node-b", 2))?, Settle::AtOnce)
}

fn both_tomcat_turned(scene: &Scene) -> Result<()> {
    let mut b = tomcat9(scene, NodeSpec::new("node-b", 2))?;
    play(&mut TomcatNode::new(scene, NodeSpec::new("node-a", 1))?, &mut b, Settle::AtOnce)
}

/// A session that each node in turn writes to, and logs a user in.
fn all_three(scene: &Scene) -> Result<()> {
    let mut nodes: [Box<dyn Server + '_>; 3] = [
        Box::new(tomcat9(scene, NodeSpec::new("tomcat9", 1))?),
        Box::new(OutliveNode::new(scene, NodeSpec::new("outlive", 2))?),
        Box::new(TomcatNode::new(scene, NodeSpec::new("tomcat10", 3))?),
    ];
    for node in &mut nodes {
        node.start()?;
    }
    for (node, version) in [(&nodes[0], "9.0."), (&nodes[2], "10.1.")] {
        let log = node.process()?.output()?;
        ensure!(log.contains(&format!("Apache Tomcat/{version}")), "{} is no Tomcat {version}", node.name());
    }
    for node in &nodes {
        poll::until_equal("members", SEEN_LIMIT, &2, || Ok(node.health()?.members))?;
    }
    for (turn, writer) in nodes.iter().enumerate() {
        let mut client = Client::new();
        for (kind, value) in
            [("string", "ü"), ("long", "7"), ("date", "1700000000123"), ("list", "x,y"), ("map", "k=v")]
        {
            client.get(writer.http(), "set", &[("name", kind), ("type", kind), ("value", value)])?;
        }
        let written = client.get(writer.http(), "login", &[("user", "bob"), ("password", "builder")])?;
        for reader in nodes.iter().cycle().skip(turn + 1).take(3) {
            let read = client.get(reader.http(), "session", &[])?;
            for field in ["created", "maxInactive", "user", "attributes"] {
                same(field, &read, &written).with_context(|| format!("{} to {}", writer.name(), reader.name()))?;
            }
        }
    }
    nodes.iter_mut().try_for_each(|node| node.kill())
}

fn same(field: &str, read: &Value, written: &Value) -> Result<()> {
    ensure!(read[field] == written[field], "{field} is {}, not {}", read[field], written[field]);
    Ok(())
}
