//! The session app through httpd.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::{Ajp, Client, NodeSpec, OutliveNode, Scene, Server, TomcatNode, poll};
use serde_json::{Value, json};

use crate::fronts::{FRONT, MODULES, Member, Module};

const SMALL: Ajp = Ajp { port: 8009, secret: Some(SECRET_WORD), packet_size: 8192 };
const LARGE: Ajp = Ajp { packet_size: 65536, ..SMALL };
const SECRET_WORD: &str = "s3cret-of-the-rig";
/// How long nodes may take to see each other.
const MEET_LIMIT: Duration = Duration::from_secs(20);

fn member<'a>(node: &'a dyn Server) -> Result<Member<'a>> {
    let packet_size = node.spec().ajp.context("a node with AJP")?.packet_size;
    let address = node.spec().ajp_address().context("a node with AJP")?;
    Ok(Member { route: node.name(), address, secret: SECRET_WORD, packet_size, activation: "A" })
}

pub(crate) fn behind_mod_jk(scene: &Scene) -> Result<()> {
    two_outlives(scene, Module::Jk, SMALL)
}

pub(crate) fn behind_mod_proxy(scene: &Scene) -> Result<()> {
    two_outlives(scene, Module::Proxy, LARGE)
}

fn two_outlives(scene: &Scene, module: Module, ajp: Ajp) -> Result<()> {
    let mut a = OutliveNode::new(scene, NodeSpec::new("node-a", 1).with_ajp(ajp))?;
    let mut b = OutliveNode::new(scene, NodeSpec::new("node-b", 2).with_ajp(ajp))?;
    story(scene, module, &mut a, &mut b)
}

pub(crate) fn beside_a_tomcat(scene: &Scene) -> Result<()> {
    for module in MODULES {
        let mut a = OutliveNode::new(scene, NodeSpec::new("node-a", 1).with_ajp(SMALL))?;
        let mut b = TomcatNode::new(scene, NodeSpec::new("node-b", 2).with_ajp(SMALL))?;
        story(scene, module, &mut a, &mut b).with_context(|| format!("{module:?}"))?;
    }
    Ok(())
}

/// A user logs in and stays on one node; that is killed, and the next request finds the session and the user on the other.
fn story(scene: &Scene, module: Module, a: &mut dyn Server, b: &mut dyn Server) -> Result<()> {
    a.start()?;
    b.start()?;
    for node in [&*a, &*b] {
        poll::until_equal("members", MEET_LIMIT, &1, || Ok(node.health()?.members))?;
    }
    let httpd = module.start(scene, &[member(a)?, member(b)?])?;
    let front = httpd.address();

    let mut homes: Vec<String> = Vec::new();
    for _ in 0..8 {
        homes.push(node_of(&Client::new().get(front, "counter", &[])?));
    }
    ensure!(homes.iter().any(|home| *home != homes[0]), "eight new clients, all on {}", homes[0]);

    let mut client = Client::new();
    let home = routes(&mut client, front)?;
    let lives = if home == a.name() { b.name() } else { a.name() }.to_owned();
    if home == a.name() {
        a.kill()?
    } else {
        b.kill()?
    }
    let after = client.get(front, "session", &[]).context("the first request after kill -9")?;
    ensure!(node_of(&after) == lives, "{after} after {home} was killed");
    ensure!(after["user"] == "alice", "the user is {} after the kill", after["user"]);
    ensure!(after["attributes"]["counter"] == 5, "the counter is {} after the kill", after["attributes"]["counter"]);
    let cookie = client.cookie().unwrap_or_default();
    ensure!(cookie.ends_with(&format!(".{lives}")), "the cookie does not name {lives}");
    for counter in 6..10 {
        let answer = client.get(front, "counter", &[])?;
        ensure!(answer["counter"] == counter && node_of(&answer) == lives, "{answer}");
    }
    httpd.stop()?;
    // For a story with another module and the same nodes; the one that was killed has ended already.
    let _ = [a.kill(), b.kill()];
    Ok(())
}

/// The routes of the session app through httpd, all on one node. Gives it; the session has a counter of 5 and alice.
fn routes(client: &mut Client, front: SocketAddr) -> Result<String> {
    let mut get = |route: &str, query: &[(&str, &str)]| client.get(front, route, query);
    let first = get("counter", &[])?;
    let home = node_of(&first);
    let anonymous = first["id"].clone();
    for counter in 2..6 {
        let answer = get("counter", &[])?;
        ensure!(answer["counter"] == counter && node_of(&answer) == home, "{answer} of {home}");
    }
    get("set", &[("name", "greeting"), ("value", "grüße & ?;/%")])?;
    get("set", &[("name", "l"), ("type", "list"), ("value", "x,y")])?;
    get("mutate", &[("name", "l"), ("value", "z")])?;
    get("set", &[("name", "gone"), ("value", "1")])?;
    get("remove", &[("name", "gone")])?;
    let login = get("login", &[("user", "alice"), ("password", "wonderland")])?;
    ensure!(login["user"] == "alice" && login["id"] != anonymous, "{login}");
    get("changeid", &[])?;
    get("maxinactive", &[("seconds", "600")])?;
    let session = get("session", &[])?;
    let expected = json!({"counter": 5, "greeting": "grüße & ?;/%", "l": ["x", "y", "z"]});
    ensure!(session["attributes"] == expected, "{session}");
    ensure!(session["maxInactive"] == 600 && node_of(&session) == home, "{session}");

    // 512 KiB, which the answer writes with two letters each: 1 MiB, in many packets.
    get("fill", &[("name", "large"), ("bytes", "524288")])?;
    let pattern: String = (0..524_288_u32).map(|i| format!("{:02x}", i % 251)).collect();
    let session = get("session", &[])?;
    ensure!(session["attributes"]["large"] == pattern.as_str(), "an attribute of 512 KiB came back changed");
    get("remove", &[("name", "large")])?;

    let posted = client.post(front, "/app/set?name=form", &[("value", "grüße & ="), ("name", "another")])?;
    ensure!(posted.status == 200, "{} for a form: {}", posted.status, posted.body);
    let attributes = &serde_json::from_str::<Value>(&posted.body)?["attributes"];
    ensure!(attributes["form"] == "grüße & =" && attributes["another"] == Value::Null, "{attributes}");
    client.get(front, "remove", &[("name", "form")])?;

    let missing = client.fetch(front, "/app/nothing")?;
    ensure!(missing.status == 404, "{} for a route that is not there", missing.status);
    let mut other = Client::new();
    other.get(front, "counter", &[])?;
    let ended = other.get(front, "invalidate", &[])?;
    ensure!(ended["id"] == Value::Null, "{ended}");
    Ok(home)
}

fn node_of(answer: &Value) -> String {
    answer["node"].as_str().unwrap_or_default().to_owned()
}

/// mod_jk tells that a node is disabled: a client whose session has ended is sent away, one with a session stays.
pub(crate) fn a_node_that_is_emptied(scene: &Scene) -> Result<()> {
    let mut node = OutliveNode::new(scene, NodeSpec::new("node-a", 1).with_ajp(SMALL))?;
    node.start()?;
    let mut client = Client::new();
    client.get(node.http(), "counter", &[])?;
    let httpd = Module::Jk.start(scene, &[Member { activation: "D", ..member(&node)? }])?;
    let stays = client.get(httpd.address(), "counter", &[])?;
    ensure!(stays["counter"] == 2, "a client with a session: {stays}");
    let mut late = Client::of_cookie("00112233445566778899AABBCCDDEEFF.node-a");
    let away = late.fetch(httpd.address(), "/app/counter?x=1")?;
    ensure!(away.status == 307, "status {} for a client without one", away.status);
    let target = away.header("location").next().unwrap_or_default();
    ensure!(target.ends_with("/app/counter?x=1"), "it is sent to {target:?}");
    let cookie = away.header("set-cookie").next().unwrap_or_default();
    ensure!(cookie.starts_with("JSESSIONID=; Max-Age=0;") && cookie.contains("Path=/app;"), "its cookie: {cookie:?}");
    let in_path = "/app/counter;jsessionid=00112233445566778899AABBCCDDEEFF.node-a?x=1";
    let away = Client::new().fetch(httpd.address(), in_path)?;
    let target = away.header("location").next().unwrap_or_default();
    ensure!(away.status == 307 && target.ends_with("/app/counter?x=1"), "status {}, to {target:?}", away.status);
    httpd.stop()
}

/// With another word than the node's, a front gets 403 for every request, and the application sees none.
pub(crate) fn a_wrong_secret(scene: &Scene) -> Result<()> {
    let mut node = OutliveNode::new(scene, NodeSpec::new("node-a", 1).with_ajp(SMALL))?;
    node.start()?;
    for module in MODULES {
        let wrong = Member { secret: "another", ..member(&node)? };
        let httpd = module.start(scene, &[wrong])?;
        for _ in 0..3 {
            let answer = Client::new().fetch(httpd.address(), "/app/counter")?;
            ensure!(answer.status == 403, "{module:?}: status {} with a wrong secret", answer.status);
            ensure!(answer.header("set-cookie").next().is_none(), "{module:?}: a cookie");
        }
        httpd.stop()?;
    }
    let health = node.health()?;
    ensure!(health.sessions == 0, "{} sessions were made without the secret", health.sessions);
    let log = node.process()?.output()?;
    let lines = log.lines().filter(|line| line.contains("a request without the right secret")).count();
    ensure!(lines == 6, "{lines} lines about six refused requests");
    ensure!(!log.contains(SECRET_WORD) && !log.contains("another"), "a secret is in the log");
    let httpd = Module::Jk.start(scene, &[member(&node)?])?;
    ensure!(
        FRONT.parse() == Ok(httpd.address()) && Client::new().get(httpd.address(), "counter", &[])?["counter"] == 1
    );
    httpd.stop()
}
