//! Three nodes are restarted one after the other while clients work, behind each balancer: no request fails, and nothing is lost.
//!
//! A node is restarted as an operator does it: once `outlive restart-check` says yes, by SIGTERM or `outlive drain`, which are to do the
//! same; and started again when it has ended. Needs root on Linux; see `outlive_interop::runner`.

mod front;
mod load;

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use outlive_interop::BalancerKind::{HaProxy, Nginx};
use outlive_interop::balancer::node_behind;
use outlive_interop::runner::{self, Test};
use outlive_interop::{OutliveNode, Scene, Server};

use front::Front;
use load::Load;

/// The nodes' names; the one in the middle is told to leave by a command, the others by a signal.
const NAMES: [&str; 3] = ["a", "b", "c"];

fn main() -> ExitCode {
    let test = |name, programs, run| Test::new(name, run).with_programs(programs).with_outlive();
    runner::main(&[
        test("behind_outlive_balance", &[], |scene| rolling(scene, Front::own)),
        test("behind_haproxy", &["haproxy"], |scene| rolling(scene, |scene| Front::of(scene, HaProxy))),
        test("behind_nginx", &["nginx"], |scene| rolling(scene, |scene| Front::of(scene, Nginx))),
    ])
}

fn rolling<'scene>(scene: &'scene Scene, front: fn(&'scene Scene) -> Result<Front<'scene>>) -> Result<()> {
    let mut nodes = Vec::new();
    for (number, name) in (1..).zip(NAMES) {
        // Two seconds are enough for a balancer that looks each half a second; nginx looks at nothing, and needs none.
        let node = OutliveNode::new(scene, node_behind(HaProxy, name, number))?.with_arguments(&["--drain-delay", "2"]);
        nodes.push(node);
    }
    nodes.iter_mut().try_for_each(Server::launch)?;
    nodes.iter_mut().try_for_each(Server::healthy)?;
    let front = front(scene)?;
    let load = Load::start(front.address())?;
    let restarted = nodes.iter_mut().try_for_each(|node| {
        load.has_gone_on()?;
        restarted(scene, node)
    });
    let gone_on = restarted.and_then(|()| load.has_gone_on());
    // What a client has found is why it did not go on.
    let totals = load.end()?;
    gone_on?;
    println!("    {totals}");
    for node in &nodes {
        let held = node.health()?.sessions;
        ensure!(held == totals.sessions, "{} holds {held} sessions of {}", node.name(), totals.sessions);
    }
    ensure!(totals.moves >= NAMES.len(), "the clients moved {} times, and each node was restarted", totals.moves);
    Ok(())
}

fn restarted(scene: &Scene, node: &mut OutliveNode<'_>) -> Result<()> {
    let health = node.health_address().to_string();
    outlive(scene, &["restart-check", &health, "--wait", "20"])?;
    if node.name() == NAMES[1] {
        outlive(scene, &["drain", &health])?;
        node.ended()?;
    } else {
        node.stop()?;
    }
    node.start()
}

/// Runs a command of the program, which must end with exit code 0.
fn outlive(scene: &Scene, arguments: &[&str]) -> Result<()> {
    let output = Command::new(scene.outlive()?).args(arguments).output()?;
    let told = [&output.stdout[..], &output.stderr].concat();
    ensure!(
        output.status.success(),
        "outlive {}: {}: {}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&told)
    );
    Ok(())
}
