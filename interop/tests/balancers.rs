//! HAProxy, nginx and Apache httpd with the configurations of `examples/balancers`, as they are, in front of two nodes.
//!
//! Sticky by the node's name behind the id, and when the node that serves is killed, each client's next request, sent once, finds session
//! and user at the other node. The killed node comes back and is as good as before; then the other one is killed while all clients ask.
//! Needs root on Linux; see `outlive_interop::runner`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::BalancerKind::{self, HaProxy, HttpdAjp, HttpdJk, HttpdProxy, Nginx};
use outlive_interop::balancer::node_behind;
use outlive_interop::runner::{self, Test};
use outlive_interop::{Balancer, Client, OutliveNode, Scene, Server, TomcatNode, poll};

/// Clients that keep a session all the time.
const CLIENTS: usize = 6;
/// Requests in a row of each client, all of which must be served by its node.
const REQUESTS: usize = 20;
/// Requests of all clients together before a node is killed under load, and after.
const LOAD: usize = 300;
/// What a node does by itself: learns of a member.
const EVENTUALLY: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    let test = |name, program, run| Test::new(name, run).with_programs(program);
    let ours = |name, program, run| test(name, program, run).with_outlive();
    let mixed = |name, program, run| ours(name, program, run).with_tomcat();
    runner::main(&[
        ours("haproxy_and_two_outlive", &["haproxy"], |scene| two_outlive(scene, HaProxy)),
        ours("nginx_and_two_outlive", &["nginx"], |scene| two_outlive(scene, Nginx)),
        ours("httpd_and_two_outlive", &["apache2"], |scene| two_outlive(scene, HttpdProxy)),
        mixed("haproxy_outlive_and_tomcat", &["haproxy"], |scene| outlive_and_tomcat(scene, HaProxy)),
        mixed("nginx_outlive_and_tomcat", &["nginx"], |scene| outlive_and_tomcat(scene, Nginx)),
        mixed("httpd_outlive_and_tomcat", &["apache2"], |scene| outlive_and_tomcat(scene, HttpdProxy)),
        ours("httpd_ajp_and_two_outlive", &["apache2"], |scene| two_outlive(scene, HttpdAjp)),
        ours("mod_jk_and_two_outlive", &["apache2"], |scene| two_outlive(scene, HttpdJk)),
        mixed("httpd_ajp_outlive_and_tomcat", &["apache2"], |scene| outlive_and_tomcat(scene, HttpdAjp)),
        mixed("mod_jk_outlive_and_tomcat", &["apache2"], |scene| outlive_and_tomcat(scene, HttpdJk)),
        // What these configurations do without us.
        test("httpd_ajp_and_two_tomcat", &["apache2"], |scene| two_tomcat(scene, HttpdAjp)).with_tomcat().by_name(),
        test("mod_jk_and_two_tomcat", &["apache2"], |scene| two_tomcat(scene, HttpdJk)).with_tomcat().by_name(),
    ])
}

fn two_outlive(scene: &Scene, kind: BalancerKind) -> Result<()> {
    let mut a = OutliveNode::new(scene, node_behind(kind, "a", 1))?;
    play(&mut Balancer::new(scene, kind)?, &mut a, &mut OutliveNode::new(scene, node_behind(kind, "b", 2))?)
}

fn outlive_and_tomcat(scene: &Scene, kind: BalancerKind) -> Result<()> {
    let mut a = OutliveNode::new(scene, node_behind(kind, "a", 1))?;
    play(&mut Balancer::new(scene, kind)?, &mut a, &mut TomcatNode::new(scene, node_behind(kind, "b", 2))?)
}

fn two_tomcat(scene: &Scene, kind: BalancerKind) -> Result<()> {
    let mut a = TomcatNode::new(scene, node_behind(kind, "a", 1))?;
    play(&mut Balancer::new(scene, kind)?, &mut a, &mut TomcatNode::new(scene, node_behind(kind, "b", 2))?)
}

/// The whole story: both nodes die, one after the other.
fn play(balancer: &mut Balancer<'_>, a: &mut dyn Server, b: &mut dyn Server) -> Result<()> {
    // One after the other: two Tomcats that start together wait for each other's state, for a minute.
    a.start()?;
    b.start()?;
    see_each_other(a, b)?;
    balancer.start(&["a", "b"])?;

    let mut users = (0..CLIENTS).map(User::log_in).collect::<Result<Vec<_>>>()?;
    for node in ["a", "b"] {
        ensure!(users.iter().any(|user| user.node == node), "none of {CLIENTS} new clients was sent to {node}");
    }
    users.iter_mut().try_for_each(User::stays)?;

    a.kill()?;
    users.iter_mut().try_for_each(|user| user.goes_on_at("b")).context("when a was killed")?;

    a.start()?;
    see_each_other(a, b)?;
    balancer.reaches("a")?;
    users.iter_mut().try_for_each(User::stays).context("when a had come back")?;
    let mut newcomer = newcomer_of("a")?;
    newcomer.stays().context("a new client of a, which came back")?;
    users.push(newcomer);

    let (asked, failed) = killed_under_load(b, &mut users)?;
    println!("    b is killed under load: {} of {asked} requests failed", failed.len());
    if balancer.kind().repeats_requests_under_way() {
        ensure!(failed.is_empty(), "when b was killed under load: {}", failed[0]);
    }
    users.iter_mut().try_for_each(|user| user.goes_on_at("a")).context("when b was killed under load")
}

/// Kills a node while each client asks, one request after the other, only reading. How many requests there were, and the errors.
fn killed_under_load(node: &mut dyn Server, users: &mut [User]) -> Result<(usize, Vec<String>)> {
    let (asked, stop) = (&AtomicUsize::new(0), &AtomicBool::new(false));
    let more = |wanted: usize| {
        let until = asked.load(Ordering::Relaxed) + wanted;
        poll::until("requests", EVENTUALLY, || {
            ensure!(asked.load(Ordering::Relaxed) >= until, "they stay away");
            Ok(())
        })
    };
    thread::scope(|scope| {
        let mut clients = Vec::new();
        for user in users {
            clients.push(scope.spawn(move || user.reads(asked, stop)));
        }
        let killed = more(LOAD).and_then(|()| node.kill()).and_then(|()| more(LOAD));
        stop.store(true, Ordering::Relaxed);
        let failed =
            clients.into_iter().flat_map(|client| client.join().unwrap_or_else(|_| vec!["it panicked".into()]));
        let failed = failed.collect();
        killed.map(|()| (asked.load(Ordering::Relaxed), failed))
    })
}

fn see_each_other(a: &dyn Server, b: &dyn Server) -> Result<()> {
    for node in [a, b] {
        let what = format!("members that {} sees", node.name());
        poll::until_equal(&what, EVENTUALLY, &1, || Ok(node.health()?.members))?;
    }
    Ok(())
}

/// A client that the balancer sends to that node. Others that come first end their sessions.
fn newcomer_of(node: &str) -> Result<User> {
    poll::until(&format!("a new client of {node}"), EVENTUALLY, || {
        let mut user = User::log_in(CLIENTS)?;
        if user.node != node {
            user.client.get(Balancer::ADDRESS, "invalidate", &[])?;
        }
        ensure!(user.node == node, "it is one of {}", user.node);
        Ok(user)
    })
}

/// A client with a session that holds a user, a name and a counter.
struct User {
    client: Client,
    /// What only this client's session holds.
    mark: String,
    /// The node that serves it.
    node: String,
    /// What its next count must give.
    next: u64,
}

impl User {
    fn log_in(number: usize) -> Result<Self> {
        let mut client = Client::new();
        client.get(Balancer::ADDRESS, "login", &[("user", "alice"), ("password", "wonderland")])?;
        let mark = format!("client {number}");
        let session = client.get(Balancer::ADDRESS, "set", &[("name", "mark"), ("value", &mark)])?;
        let node = session["node"].as_str().context("no node in the session")?.to_owned();
        let user = Self { client, mark, node, next: 1 };
        user.cookie_names_its_node()?;
        Ok(user)
    }

    /// Each of many requests is served by the same node, which counts them all.
    fn stays(&mut self) -> Result<()> {
        for _ in 0..REQUESTS {
            let answer = self.client.get(Balancer::ADDRESS, "counter", &[])?;
            ensure!(
                answer["node"] == self.node.as_str() && answer["counter"] == self.next,
                "{}, of {}, counts {}: {answer}",
                self.mark,
                self.node,
                self.next
            );
            self.next += 1;
        }
        self.cookie_names_its_node()
    }

    /// Asks until it is told to stop, and gives the errors.
    fn reads(&mut self, asked: &AtomicUsize, stop: &AtomicBool) -> Vec<String> {
        let mut failed = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            failed.extend(self.client.get(Balancer::ADDRESS, "read", &[]).err().map(|error| format!("{error:#}")));
            asked.fetch_add(1, Ordering::Relaxed);
        }
        failed
    }

    /// The next request, sent once, is answered by that node, with the session as it was; then the client stays there.
    fn goes_on_at(&mut self, node: &str) -> Result<()> {
        let base = self.base()?.to_owned();
        let session = self.client.get(Balancer::ADDRESS, "session", &[])?;
        let attributes = &session["attributes"];
        ensure!(
            session["node"] == node
                && session["user"] == "alice"
                && attributes["mark"] == self.mark.as_str()
                && attributes["counter"] == self.next - 1,
            "{}, of {}, expected its session at {node}, with {} requests counted: {session}",
            self.mark,
            self.node,
            self.next - 1
        );
        ensure!(self.base()? == base, "{} has another session", self.mark);
        node.clone_into(&mut self.node);
        self.stays()
    }

    /// The id without the route.
    fn base(&self) -> Result<&str> {
        let cookie = self.client.cookie().context("no cookie")?;
        Ok(cookie.split_once('.').context("an id without a route")?.0)
    }

    fn cookie_names_its_node(&self) -> Result<()> {
        let cookie = self.client.cookie().context("no cookie")?;
        let route = cookie.split_once('.').map(|(_, route)| route);
        ensure!(route == Some(&self.node), "{} is served by {}, and its cookie names {route:?}", self.mark, self.node);
        Ok(())
    }
}
