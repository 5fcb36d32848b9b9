//! An Outlive node that keeps the sessions of real Tomcats, told neither the names nor the classes of their applications.
//!
//! Needs root on Linux; see `outlive_interop::runner` for its variables.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::runner::{self, Test};
use outlive_interop::tomcat::OF_A_SLOW_MACHINE;
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, TomcatNode, poll};
use serde_json::Value;

/// What a node does by itself: learns of a member, finds that one is gone.
const EVENTUALLY: Duration = Duration::from_secs(15);

/// Clients that each Tomcat application serves.
const CLIENTS: usize = 6;

/// Every type of the session app's contract, and a class of the application's own.
const VALUES: [(&str, &str); 10] = [
    ("string", "gr\u{fc}\u{df}e"),
    ("int", "-7"),
    ("long", "5000000000"),
    ("double", "2.5"),
    ("boolean", "true"),
    ("bytes", "00ff10"),
    ("date", "1700000000123"),
    ("list", "a,b,a"),
    ("map", "k=v,l=w"),
    ("cart", "alice"),
];

fn main() -> ExitCode {
    runner::main(&[
        Test::new("all_tomcats_are_killed_at_once_and_start_again", all_killed).with_outlive().with_tomcat(),
        Test::new("a_keeper_that_was_there_first_hears_of_each_application", there_first).with_outlive().with_tomcat(),
        Test::new("two_tomcats_tell_every_application_and_two_keepers_agree", two_keepers).with_outlive().with_tomcat(),
    ])
}

fn tomcat<'scene>(scene: &'scene Scene, name: &str, number: usize) -> Result<TomcatNode<'scene>> {
    TomcatNode::new(scene, NodeSpec::new(name, number).more_apps(&["/shop"]))
}

fn keeper(scene: &Scene, number: usize) -> Result<OutliveNode<'_>> {
    Ok(OutliveNode::new(scene, NodeSpec::new(&format!("keeper-{number}"), number))?.keeper())
}

/// A client with a session that holds a user and a value of each type; what the node says of it; and the cart in words.
struct Shopper {
    client: Client,
    session: Value,
    cart: Value,
}

impl Shopper {
    fn new(mut client: Client, node: &dyn Server) -> Result<Self> {
        for (kind, value) in VALUES {
            client.get(node.http(), "set", &[("name", kind), ("type", kind), ("value", value)])?;
        }
        client.get(node.http(), "login", &[("user", "alice"), ("password", "wonderland")])?;
        let session = client.get(node.http(), "session", &[])?;
        let cart = client.get(node.http(), "text", &[("name", "cart")])?["text"].clone();
        ensure!(cart.is_string(), "no cart in {session}");
        Ok(Self { client, session, cart })
    }

    /// The same session at another node, or at the same one after its restart.
    fn finds_all(&mut self, node: &dyn Server) -> Result<()> {
        let found = self.client.get(node.http(), "session", &[])?;
        let base = |session: &Value| session["id"].as_str().unwrap_or_default().split('.').next().map(str::to_owned);
        ensure!(base(&found) == base(&self.session), "another session: {found} for {}", self.session);
        for field in ["user", "created", "maxInactive", "attributes"] {
            ensure!(found[field] == self.session[field], "{field} at {}: {found}, not {}", node.name(), self.session);
        }
        let cart = &self.client.get(node.http(), "text", &[("name", "cart")])?["text"];
        ensure!(*cart == self.cart, "the cart at {}: {cart}, not {}", node.name(), self.cart);
        Ok(())
    }
}

/// Sessions of both applications, some made at one node and some at the other.
fn shoppers(nodes: [&dyn Server; 2]) -> Result<Vec<Shopper>> {
    let clients = (0..CLIENTS).map(|_| Client::new()).chain((0..CLIENTS).map(|_| Client::of_app("/shop")));
    clients.enumerate().map(|(number, client)| Shopper::new(client, nodes[number % 2])).collect()
}

fn holds(keeper: &dyn Server, sessions: usize) -> Result<()> {
    let sessions = sessions as u64;
    poll::until_equal("sessions of the keeper", EVENTUALLY, &sessions, || Ok(keeper.health()?.sessions))
}

fn sees(node: &dyn Server, members: u64) -> Result<()> {
    poll::until_equal("members", EVENTUALLY, &members, || Ok(node.health()?.members))
}

/// What a Tomcat logs when all is well: nothing above INFO.
fn complains_of_nothing(tomcat: &TomcatNode<'_>) -> Result<()> {
    let output = tomcat.process()?.output()?;
    let is_bad = |line: &&str| line.contains(" WARNING ") || line.contains(" SEVERE ");
    let bad = output.lines().filter(|line| !line.contains(OF_A_SLOW_MACHINE)).find(is_bad);
    ensure!(bad.is_none(), "{} says: {}", tomcat.name(), bad.unwrap_or_default());
    Ok(())
}

/// The keeper comes last, so all that it holds of the past it was told for its one question without a name.
fn all_killed(scene: &Scene) -> Result<()> {
    let (mut a, mut b, mut keeper) = (tomcat(scene, "tomcat-a", 1)?, tomcat(scene, "tomcat-b", 2)?, keeper(scene, 3)?);
    a.start()?;
    b.start()?;
    sees(&a, 1)?;
    let mut shoppers = shoppers([&a, &b])?;
    keeper.start()?;
    ensure!(keeper.health()?.sessions == shoppers.len() as u64, "ready with {:?}", keeper.health()?);
    let said = keeper.process()?.output()?;
    for name in ["localhost#/app", "localhost#/shop"] {
        ensure!(said.contains(name), "the keeper does not know {name}:\n{said}");
    }
    // What changes from now on reaches it as it happens: half of the sessions move and change.
    for (number, shopper) in shoppers.iter_mut().enumerate().filter(|(number, _)| number % 2 == 0) {
        let node: &dyn Server = if number % 4 == 0 { &a } else { &b };
        shopper.client.get(node.http(), "set", &[("name", "late"), ("type", "cart"), ("value", "bob")])?;
        shopper.session = shopper.client.get(node.http(), "session", &[])?;
    }
    complains_of_nothing(&a)?;
    complains_of_nothing(&b)?;

    a.kill()?;
    b.kill()?;
    sees(&keeper, 0)?;
    a.launch()?;
    b.launch()?;
    a.healthy()?;
    b.healthy()?;
    for (number, shopper) in shoppers.iter_mut().enumerate() {
        let nodes: [&dyn Server; 2] = if number % 2 == 0 { [&a, &b] } else { [&b, &a] };
        for node in nodes {
            shopper.finds_all(node).with_context(|| format!("client {number}"))?;
        }
    }
    complains_of_nothing(&a)?;
    complains_of_nothing(&b)
}

/// Nobody has an application yet when the keeper starts; it hears of each by the question of a Tomcat that starts.
fn there_first(scene: &Scene) -> Result<()> {
    let (mut a, mut b, mut keeper) = (tomcat(scene, "tomcat-a", 1)?, tomcat(scene, "tomcat-b", 2)?, keeper(scene, 3)?);
    keeper.start()?;
    a.start()?;
    sees(&a, 1)?;
    let mut shoppers = shoppers([&a, &a])?;
    holds(&keeper, shoppers.len())?;
    a.kill()?;
    sees(&keeper, 0)?;
    b.start()?;
    for shopper in &mut shoppers {
        shopper.finds_all(&b)?;
    }
    complains_of_nothing(&b)
}

/// A second keeper asks the Tomcats and the first keeper alike. Then there are only keepers, and one of them ends.
fn two_keepers(scene: &Scene) -> Result<()> {
    let (mut a, mut first, mut second) = (tomcat(scene, "tomcat-a", 1)?, keeper(scene, 3)?, keeper(scene, 4)?);
    a.start()?;
    let mut shoppers = shoppers([&a, &a])?;
    first.start()?;
    second.start()?;
    ensure!(second.health()?.sessions == shoppers.len() as u64, "ready with {:?}", second.health()?);
    a.kill()?;
    sees(&second, 1)?;
    first.stop()?;
    sees(&second, 0)?;
    a.start()?;
    for shopper in &mut shoppers {
        shopper.finds_all(&a)?;
    }
    complains_of_nothing(&a)
}
