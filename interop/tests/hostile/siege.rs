//! A cluster of two under load, and all attacks on its first node, one after the other.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::process::Process;
use outlive_interop::spec::{ADDRESSES, GROUP};
use outlive_interop::{Membership, NodeSpec, OutliveNode, Scene, Server, TomcatNode, poll};

use crate::attacks::{ATTACKS, Attack, Held, Target};
use crate::load::{Figures, Load};

/// What a node's memory may grow by.
const GROWTH_LIMIT: u64 = 64 << 20;
/// Rounds of the load that each attack must see.
const ROUNDS: usize = 10;
/// Files that may be open beside those of before: connections of the load and of the other node come and go.
const FILES_SPARE: usize = 12;
/// How long something may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long a Tomcat is watched under each attack.
const WATCH: Duration = Duration::from_secs(2);

/// What was seen of one attack.
struct Seen {
    peak: u64,
    resident: u64,
    files: usize,
    load: Figures,
}

fn print_head(what: &str, before: u64, files: usize) {
    println!("{what}: {} MiB and {files} open files before", before >> 20);
    println!(
        "  {:44} {:>8} {:>8} {:>6} {:>7} {:>7} {:>9}",
        "attack", "peak MiB", "then MiB", "files", "rounds", "failed", "slowest"
    );
}

fn print(attack: &Attack, seen: &Seen) {
    let Seen { peak, resident, files, load } = seen;
    println!(
        "  {:44} {:>8} {:>8} {:>6} {:>7} {:>7} {:>6} ms",
        attack.name,
        peak >> 20,
        resident >> 20,
        files,
        load.rounds,
        load.failures.len(),
        load.slowest.as_millis()
    );
}

/// What the process and the load have seen while the attack was held.
fn look(process: &Process, load: &Load) -> Result<Seen> {
    Ok(Seen {
        peak: process.peak_bytes()?,
        resident: process.resident_bytes()?,
        files: process.open_files()?,
        load: load.figures(),
    })
}

/// Two nodes that see each other.
fn start(nodes: [&mut dyn Server; 2]) -> Result<()> {
    let [first, second] = nodes;
    first.launch()?;
    second.launch()?;
    for node in [first, second] {
        node.healthy()?;
        poll::until_equal("members", PATIENCE, &1, || Ok(node.health()?.members))?;
    }
    Ok(())
}

pub(crate) fn outlive(scene: &Scene) -> Result<()> {
    let mut attacked = OutliveNode::new(scene, NodeSpec::new("attacked", 1))?;
    let mut other = OutliveNode::new(scene, NodeSpec::new("other", 2))?;
    start([&mut attacked, &mut other])?;
    let load = Load::start(attacked.http(), other.http());
    rounds(&load, 2 * ROUNDS)?;
    let target = Target { receiver: attacked.spec().receiver().into(), group: GROUP };
    let (before, files) = (attacked.process()?.resident_bytes()?, attacked.process()?.open_files()?);
    print_head("Outlive", before, files);
    for attack in &ATTACKS {
        attacked.process()?.forget_peak()?;
        load.count_anew();
        let held = (attack.begin)(target).with_context(|| attack.name)?;
        let seen = endures(attack, target, &attacked, &load, files, held).with_context(|| attack.name)?;
        print(attack, &seen);
        ensure!(
            seen.peak <= before + GROWTH_LIMIT,
            "{}: the memory grew from {before} to {} bytes",
            attack.name,
            seen.peak
        );
        ensure!(seen.load.failures.is_empty(), "{}: {:#?}", attack.name, seen.load.failures);
        for node in [&mut attacked, &mut other] {
            node.still_runs()?;
            poll::until_equal("members after the attack", PATIENCE, &1, || Ok(node.health()?.members))?;
            ensure!(!node.process()?.output()?.contains("panicked"), "{} panicked", node.name());
        }
    }
    Ok(())
}

/// Waits, while the attack is held, for rounds of the load and for what the node is to close; then, when it is over, for the rest.
fn endures(
    attack: &Attack,
    target: Target,
    node: &OutliveNode<'_>,
    load: &Load,
    files: usize,
    held: Held,
) -> Result<Seen> {
    if attack.members > 0 {
        poll::until_equal("members under attack", PATIENCE, &(1 + attack.members), || Ok(node.health()?.members))?;
    }
    let more = attack.then.map(|then| then(target)).transpose()?;
    rounds(load, load.figures().rounds + ROUNDS)?;
    let process = node.process()?;
    let held_files = process.open_files()?;
    let let_go = || {
        poll::until("the connections are closed", PATIENCE, || {
            let open = process.open_files()?;
            ensure!(
                open <= files + FILES_SPARE,
                "{open} files are open, of {held_files} under attack, and {files} before"
            );
            Ok(())
        })
    };
    if attack.members == 0 {
        let_go()?;
    }
    let seen = Seen { files: held_files, ..look(process, load)? };
    drop((held, more));
    let_go()?;
    Ok(seen)
}

/// Waits until the load has done so many rounds since it was last counted anew.
fn rounds(load: &Load, wanted: usize) -> Result<()> {
    poll::until("rounds of the load", PATIENCE, || {
        let Figures { rounds, failures, .. } = load.figures();
        ensure!(rounds >= wanted, "{rounds} of {wanted}, and {failures:#?}");
        Ok(())
    })
}

/// Both Tomcats have one address and a group of their own, so that they see no Outlive.
fn tomcat_spec(name: &str, number: u16) -> NodeSpec {
    NodeSpec {
        host: ADDRESSES[3],
        http_port: 8080 + number,
        receiver_port: 4000 + number,
        membership: Membership::Multicast(SocketAddrV4::new(Ipv4Addr::new(228, 0, 0, 9), 45569)),
        ..NodeSpec::new(name, 4)
    }
}

pub(crate) fn tomcat(scene: &Scene) -> Result<()> {
    let mut attacked = TomcatNode::new(scene, tomcat_spec("attacked", 0))?;
    let mut other = TomcatNode::new(scene, tomcat_spec("other", 1))?;
    start([&mut attacked, &mut other])?;
    let load = Load::start(attacked.http(), other.http());
    rounds(&load, 2 * ROUNDS)?;
    let Membership::Multicast(group) = attacked.spec().membership else { unreachable!("they meet by multicast") };
    let target = Target { receiver: attacked.spec().receiver().into(), group };
    let (before, files) = (attacked.process()?.resident_bytes()?, attacked.process()?.open_files()?);
    print_head("Tomcat, heap 256 MiB", before, files);
    for attack in ATTACKS.iter().filter(|attack| attack.for_tomcat) {
        attacked.process()?.forget_peak()?;
        load.count_anew();
        let result = (attack.begin)(target);
        // Nobody knows what it will do: it is watched for a while.
        poll::time_passes(Instant::now() + WATCH);
        print(attack, &look(attacked.process()?, &load)?);
        if let Err(error) = result {
            println!("    the attack stopped: {error:#}");
        }
        if let Some(failure) = load.figures().failures.first() {
            println!("    {failure}");
        }
        let log = attacked.process()?.output()?;
        if let Some(line) = log.lines().rev().find(|line| line.contains("OutOfMemoryError")) {
            println!("    {line}");
        }
    }
    Ok(())
}
