//! Keepalived on two hosts, with the files of `examples/keepalived` as they are: the virtual address moves, and nobody must log in again.
//!
//! Ten moves in all. `with_balancers`: each host has a node and an HAProxy, and the address is where a balancer works. `without_balancers`:
//! each host has a node alone, and the address is where a node is ready. Times and failed requests are printed, not judged. Needs root on
//! Linux; see `outlive_interop::runner`.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::host::Bridge;
use outlive_interop::runner::{self, Test};
use outlive_interop::{Balancer, Client, Host, Interceptor, Keepalived, NodeSpec, OutliveNode, Scene, Server, poll};

/// The test's own address, from which the clients ask.
const CLIENTS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 200);
/// Name, address and node of each host.
const HOSTS: [(&str, Ipv4Addr, &str); 2] =
    [("one", Ipv4Addr::new(10, 0, 0, 1), "a"), ("two", Ipv4Addr::new(10, 0, 0, 2), "b")];
/// The network is real, if small, so the nodes encrypt what they say.
const ENCRYPT: Interceptor = Interceptor::Encrypt("AES/GCM/NoPadding", "00112233445566778899aabbccddeeff");
/// Clients that log in at the beginning. One more does after each fault. None of them ever logs in again.
const USERS: usize = 3;
/// Requests in a row of each of them between two moves.
const REQUESTS: usize = 5;
/// How long the address may take to move; Keepalived needs some seconds.
const MOVE_LIMIT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let test = |name, run| Test::new(name, run).with_outlive().with_programs(&["haproxy", "keepalived"]);
    runner::main(&[test("with_balancers", with_balancers), test("without_balancers", without_balancers)])
}

/// What breaks on the host that has the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// `kill -9` of the balancer.
    Balancer,
    /// `kill -9` of the node.
    Node,
    /// The cable is pulled.
    Link,
}

fn with_balancers(scene: &Scene) -> Result<()> {
    let hosts = Hosts::new(scene)?;
    let mut site = Site::new(scene, &hosts, 80, "keepalived.conf")?;
    let mut users = site.users()?;
    for fault in [Fault::Balancer, Fault::Link, Fault::Balancer, Fault::Link, Fault::Balancer] {
        site.moves(fault, &mut users)?;
    }
    site.stays_where_it_is(&mut users)
}

fn without_balancers(scene: &Scene) -> Result<()> {
    let hosts = Hosts::new(scene)?;
    let mut site = Site::new(scene, &hosts, 8080, "keepalived-nodes.conf")?;
    let mut users = site.users()?;
    for fault in [Fault::Node, Fault::Link, Fault::Node, Fault::Link, Fault::Node] {
        site.moves(fault, &mut users)?;
    }
    Ok(())
}

/// Two hosts on a bridge.
struct Hosts {
    hosts: [Host; 2],
    _bridge: Bridge,
}

impl Hosts {
    fn new(scene: &Scene) -> Result<Self> {
        let bridge = Bridge::new(CLIENTS)?;
        let host = |number: usize| Host::new(scene, &bridge, HOSTS[number].0, HOSTS[number].1);
        Ok(Self { hosts: [host(0)?, host(1)?], _bridge: bridge })
    }
}

/// What runs on one host.
struct Place<'scene> {
    host: &'scene Host,
    // The order of the fields is that in which they end: Keepalived first, so that it has nothing to complain of.
    keepalived: Keepalived<'scene>,
    balancer: Option<Balancer<'scene>>,
    node: OutliveNode<'scene>,
}

/// The two hosts, and where clients ask.
struct Site<'scene> {
    places: [Place<'scene>; 2],
    address: SocketAddr,
}

impl<'scene> Site<'scene> {
    /// Everything started; with balancers where the port is another one than the nodes'.
    fn new(scene: &'scene Scene, hosts: &'scene Hosts, port: u16, configuration: &str) -> Result<Self> {
        let nodes = HOSTS.map(|(_, address, _)| SocketAddr::from((address, 8080)));
        let place = |number: usize| {
            let host = &hosts.hosts[number];
            let spec = NodeSpec::new(HOSTS[number].2, 1).ports(8080, 4000, 9000).interceptors(&[ENCRYPT]);
            anyhow::Ok(Place {
                host,
                keepalived: Keepalived::new(scene, host, configuration)?,
                balancer: (port != 8080).then(|| Balancer::haproxy_on(scene, host, port, nodes)),
                node: OutliveNode::new(scene, spec)?.on(host),
            })
        };
        let mut site = Self { places: [place(0)?, place(1)?], address: (Keepalived::ADDRESS, port).into() };
        for place in &mut site.places {
            place.node.launch()?;
        }
        for place in &mut site.places {
            place.node.healthy()?;
            if let Some(balancer) = &mut place.balancer {
                balancer.launch()?;
            }
        }
        site.nodes_see_each_other()?;
        for place in &mut site.places {
            place.keepalived.start()?;
        }
        Ok(site)
    }

    /// Clients that have logged in at the address.
    fn users(&self) -> Result<Vec<User>> {
        poll::until("somebody answers at the address", MOVE_LIMIT, || Client::new().get(self.address, "health", &[]))?;
        let mut users = (0..USERS).map(|number| User::log_in(number, self.address)).collect::<Result<Vec<_>>>()?;
        users.iter_mut().try_for_each(|user| user.counts(self.address))?;
        Ok(users)
    }

    /// Breaks what has the address, and expects the other host to take it, with all sessions. Then mends it.
    /// What is written meanwhile, sessions that begin meanwhile too, must be at both hosts before the next move: nobody writes it again.
    fn moves(&mut self, fault: Fault, users: &mut Vec<User>) -> Result<()> {
        let from = self.holder()?;
        let to = 1 - from;
        let fit = self.places[from].keepalived.times_fit()?;
        self.places[from].breaks(fault)?;

        let start = Instant::now();
        let mut failed = 0;
        poll::until("an answer behind the fault", MOVE_LIMIT, || {
            let asked = users[0].keeps_its_session(self.address);
            failed += usize::from(asked.is_err());
            asked
        })?;
        let time = start.elapsed();
        ensure!(self.holder()? == to, "the address is where it was, and {fault:?} failed there");
        println!("    {fault:?} of host {}: answers after {time:.1?}, {failed} requests failed", HOSTS[from].0);
        for user in users.iter_mut() {
            user.keeps_its_session(self.address).with_context(|| format!("after {fault:?} of {}", HOSTS[from].0))?;
            user.counts(self.address)?;
        }
        let mut new = User::log_in(users.len(), self.address)?;
        new.counts(self.address)?;
        users.push(new);

        self.places[from].mends(fault)?;
        self.places[from].keepalived.fit_again(fit)?;
        self.nodes_see_each_other()?;
        self.nodes_hold(users.len())?;
        ensure!(self.holder()? == to, "the address went back by itself");
        Ok(())
    }

    /// Kills the node of the host that has the address: its balancer goes to the other node, at once and without an error.
    fn stays_where_it_is(&mut self, users: &mut [User]) -> Result<()> {
        let holder = self.holder()?;
        self.places[holder].breaks(Fault::Node)?;
        for user in users.iter_mut() {
            user.keeps_its_session(self.address).context("the node beside the balancer was killed")?;
            user.counts(self.address)?;
        }
        self.places[holder].mends(Fault::Node)?;
        self.nodes_see_each_other()?;
        ensure!(self.holder()? == holder, "the address moved, and its balancer worked");
        println!("    Node of host {}: the address stays, no request failed", HOSTS[holder].0);
        users.iter_mut().try_for_each(|user| user.counts(self.address))
    }

    /// Which host has the address. Both or none: it is moving.
    fn holder(&self) -> Result<usize> {
        poll::until("one host has the address", MOVE_LIMIT, || {
            let [one, two] = [0, 1].map(|number: usize| self.places[number].host.has(Keepalived::ADDRESS));
            match (one?, two?) {
                (true, false) => Ok(0),
                (false, true) => Ok(1),
                (one, two) => anyhow::bail!("host one has it: {one}, host two: {two}"),
            }
        })
    }

    fn nodes_hold(&self, sessions: usize) -> Result<()> {
        for place in &self.places {
            let what = format!("sessions that {} holds", place.node.name());
            poll::until_equal(&what, MOVE_LIMIT, &(sessions as u64), || Ok(place.node.health()?.sessions))?;
        }
        Ok(())
    }

    fn nodes_see_each_other(&self) -> Result<()> {
        for place in &self.places {
            let what = format!("members that {} sees", place.node.name());
            poll::until_equal(&what, MOVE_LIMIT, &1, || Ok(place.node.health()?.members))?;
        }
        Ok(())
    }
}

impl Place<'_> {
    fn breaks(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Balancer => self.balancer.as_mut().context("no balancer here")?.kill(),
            Fault::Node => self.node.kill(),
            Fault::Link => self.host.unplug(),
        }
    }

    fn mends(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Balancer => self.balancer.as_mut().context("no balancer here")?.launch(),
            Fault::Node => self.node.start(),
            Fault::Link => self.host.plug(),
        }
    }
}

/// A client that has logged in once.
struct User {
    client: Client,
    mark: String,
    base: String,
    counted: u64,
}

impl User {
    fn log_in(number: usize, address: SocketAddr) -> Result<Self> {
        let mut client = Client::new();
        client.get(address, "login", &[("user", "alice"), ("password", "wonderland")])?;
        let mark = format!("client {number}");
        client.get(address, "set", &[("name", "mark"), ("value", &mark)])?;
        let base = base(&client)?;
        Ok(Self { client, mark, base, counted: 0 })
    }

    /// Several requests in a row, none of which may fail, and all of which count.
    fn counts(&mut self, address: SocketAddr) -> Result<()> {
        for _ in 0..REQUESTS {
            let answer = self.client.get(address, "counter", &[])?;
            self.counted += 1;
            ensure!(answer["counter"] == self.counted, "{} has counted {}: {answer}", self.mark, self.counted);
        }
        Ok(())
    }

    /// One request, which finds the session as it was and the user logged in.
    fn keeps_its_session(&mut self, address: SocketAddr) -> Result<()> {
        let session = self.client.get(address, "session", &[])?;
        let attributes = &session["attributes"];
        ensure!(
            session["user"] == "alice"
                && attributes["mark"] == self.mark.as_str()
                && attributes["counter"] == self.counted,
            "{} has counted {}, and its session is {session}",
            self.mark,
            self.counted
        );
        ensure!(base(&self.client)? == self.base, "{} has another session: {session}", self.mark);
        Ok(())
    }
}

/// The id without the route.
fn base(client: &Client) -> Result<String> {
    let id = client.cookie().context("no cookie")?;
    Ok(id.split_once('.').map_or(id, |(base, _)| base).to_owned())
}
