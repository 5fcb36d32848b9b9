//! Three nodes and the clients that move between them.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::{NodeSpec, Scene, Server, poll};

use crate::kind::Kind;
use crate::shopper::{KINDS, Shopper};

/// Clients at work.
const CLIENTS: usize = 12;
/// One request in so many goes to the node of the client's last one.
const STAYS: u32 = 2;
/// How long nodes may take to see each other.
const SEEN_LIMIT: Duration = Duration::from_secs(10);

/// What is left of three nodes and their requests: what each Tomcat has logged.
#[derive(Debug)]
pub(crate) struct Played {
    /// By the node's name, with the messages from members that were Outlive nodes.
    pub(crate) tomcats: BTreeMap<String, Logged>,
    sessions: usize,
    kinds: [Kind; 3],
}

/// One Tomcat's log.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) text: String,
    /// Cluster messages from Outlive nodes that it received.
    pub(crate) from_outlive: usize,
}

impl Display for Played {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: all nodes agree on {} sessions", self.kinds, self.sessions)?;
        self.tomcats.iter().try_for_each(|(name, logged)| {
            write!(out, "; {name} (Tomcat) took {} messages of Outlive", logged.from_outlive)
        })
    }
}

/// Starts the three in their order, serves the requests, and compares what the nodes hold. So many clients, each with its own session, ask at
/// once; each of them asks again when it has its answer.
pub(crate) fn play(scene: &Scene, kinds: [Kind; 3], requests: usize, seed: usize, at_once: usize) -> Result<Played> {
    let specs = [NodeSpec::new("node-a", 1), NodeSpec::new("node-b", 2), NodeSpec::new("node-c", 3)];
    let mut nodes = Vec::new();
    for (kind, spec) in kinds.into_iter().zip(&specs) {
        let mut node = kind.node(scene, spec.clone())?;
        node.start()?;
        nodes.push(node);
    }
    for node in &nodes {
        poll::until_equal(&format!("members that {} sees", node.name()), SEEN_LIMIT, &2, || {
            Ok(node.health()?.members)
        })?;
    }
    let mut shoppers: Vec<(Shopper, usize)> = (0..CLIENTS).map(|client| (Shopper::default(), client % 3)).collect();
    thread::scope(|scope| {
        let ask = |(group, shoppers)| {
            let nodes = &nodes;
            scope.spawn(move || serve(nodes, shoppers, requests / at_once, Chance((seed + group) as u64)))
        };
        let groups: Vec<_> = shoppers.chunks_mut(CLIENTS / at_once).enumerate().map(ask).collect();
        groups.into_iter().try_for_each(|group| group.join().expect("a client's thread does not panic"))
    })?;
    let sessions = shoppers.iter().filter(|(shopper, _)| shopper.has_session()).count();
    for node in &nodes {
        let health = node.health()?;
        ensure!(
            health.sessions as usize == sessions,
            "{} holds {} sessions, not {sessions}",
            node.name(),
            health.sessions
        );
    }
    for (shopper, place) in &mut shoppers {
        for step in 1..=3 {
            let node = &*nodes[(*place + step) % 3];
            shopper.look(node).with_context(|| format!("at the end, at {}", node.name()))?;
        }
    }
    let mut tomcats = BTreeMap::new();
    for (kind, node) in kinds.into_iter().zip(&nodes) {
        if kind == Kind::Tomcat {
            let text = fs::read_to_string(node.process()?.log())?;
            let ours = kinds.iter().zip(&specs).filter(|(kind, _)| **kind == Kind::Outlive);
            let from_outlive = ours.map(|(_, spec)| received_from(&text, spec)).sum();
            tomcats.insert(node.name().to_owned(), Logged { text, from_outlive });
        }
    }
    for node in &mut nodes {
        node.kill()?;
    }
    Ok(Played { tomcats, sessions, kinds })
}

/// Requests of these clients, one after the other.
fn serve(
    nodes: &[Box<dyn Server + Sync + '_>],
    shoppers: &mut [(Shopper, usize)],
    requests: usize,
    mut chance: Chance,
) -> Result<()> {
    for request in 0..requests {
        let client = chance.below(shoppers.len() as u32) as usize;
        let (shopper, place) = &mut shoppers[client];
        if chance.below(STAYS) > 0 {
            *place = chance.below(3) as usize;
        }
        let kind = chance.below(KINDS);
        let node = &*nodes[*place];
        shopper.ask(node, kind).with_context(|| format!("request {request}, at {}", node.name()))?;
    }
    Ok(())
}

/// How many messages of that node a Tomcat has logged.
fn received_from(log: &str, spec: &NodeSpec) -> usize {
    let octets = spec.host.octets().map(|octet| octet.to_string()).join(", ");
    let from = format!("from tcp://{{{octets}}}:{}", spec.receiver_port);
    log.lines().filter(|line| line.contains("GroupChannel - Received msg") && line.contains(&from)).count()
}

/// Numbers that look like chance and are the same for the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % u64::from(limit)) as u32
    }
}
