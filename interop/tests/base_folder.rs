//! One base folder starts a Tomcat or a node of Outlive: the same files, the same sessions.
//!
//! Needs root on Linux; see `outlive_interop::runner` for its variables.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::nine_steps::{self, Settle, play};
use outlive_interop::runner::{self, Test};
use outlive_interop::{
    Client, ClusterAt, Interceptor, Manager, NodeSpec, OutliveNode, Scene, Server, TomcatNode, poll,
};
use serde_json::Value;

/// The key of the nodes that encrypt.
const KEY: &str = "000102030405060708090a0b0c0d0e0f";

fn main() -> ExitCode {
    runner::main(&[
        with_tomcat("tomcat_and_outlive_multicast", |scene| tomcat_first(scene, pair())),
        with_tomcat("tomcat_and_outlive_multicast_in_the_host", |scene| tomcat_first(scene, in_host(pair()))),
        with_tomcat("tomcat_and_outlive_static", |scene| tomcat_first(scene, static_members())),
        with_tomcat("tomcat_and_outlive_static_in_the_host", |scene| tomcat_first(scene, in_host(static_members()))),
        with_tomcat("outlive_and_tomcat_multicast", |scene| outlive_first(scene, pair())),
        with_tomcat("outlive_and_tomcat_static_in_the_host", |scene| outlive_first(scene, in_host(static_members()))),
        with_tomcat("tomcat_and_outlive_static_service", |scene| tomcat_first(scene, static_service())),
        // The base folder has the web application that a Tomcat would serve.
        with_tomcat("two_outlives_static_service_in_the_host", two_of_a_service),
        with_tomcat("two_outlives_and_a_tomcat_of_a_static_service_come_and_go", static_service_of_three),
        with_tomcat("tomcat_and_outlive_encrypted_and_in_order", |scene| tomcat_first(scene, intercepted())),
        with_tomcat("a_file_of_sessions_goes_from_a_tomcat_to_outlive_and_back", sessions_file),
        Test::new("example_in_memory", example_in_memory).with_outlive(),
        Test::new("example_shared_files", example_shared_files).with_outlive(),
        Test::new("example_shared_database", example_shared_database).with_outlive(),
        Test::new("the_word_on_the_servers_port_ends_a_node", shutdown_port).with_outlive(),
        Test::new("hosts_have_applications_of_their_own_on_every_connector", hosts).with_outlive(),
    ])
}

fn with_tomcat(name: &'static str, run: fn(&Scene) -> Result<()>) -> Test {
    Test::new(name, run).with_outlive().with_tomcat()
}

fn pair() -> (NodeSpec, NodeSpec) {
    (NodeSpec::new("node-a", 1), NodeSpec::new("node-b", 2))
}

fn in_host((a, b): (NodeSpec, NodeSpec)) -> (NodeSpec, NodeSpec) {
    (a.cluster_at(ClusterAt::Host), b.cluster_at(ClusterAt::Host))
}

fn static_members() -> (NodeSpec, NodeSpec) {
    let (a, b) = pair();
    (a.static_members(&[2]), b.static_members(&[1]))
}

fn static_service() -> (NodeSpec, NodeSpec) {
    let (a, b) = pair();
    (a.static_service(&[2]), b.static_service(&[1]))
}

fn intercepted() -> (NodeSpec, NodeSpec) {
    let (a, b) = pair();
    let stack = [Interceptor::Gzip, Interceptor::Order, Interceptor::Encrypt("AES/GCM/NoPadding", KEY)];
    (a.interceptors(&stack), b.interceptors(&stack))
}

fn outlive(scene: &Scene, spec: NodeSpec) -> Result<OutliveNode<'_>> {
    OutliveNode::new(scene, spec)?.with_base()
}

fn tomcat_first(scene: &Scene, (a, b): (NodeSpec, NodeSpec)) -> Result<()> {
    play(&mut TomcatNode::new(scene, a)?, &mut outlive(scene, b)?, Settle::AtOnce)
}

fn outlive_first(scene: &Scene, (a, b): (NodeSpec, NodeSpec)) -> Result<()> {
    play(&mut outlive(scene, a)?, &mut TomcatNode::new(scene, b)?, Settle::AtOnce)
}

/// A Tomcat as B would not do here: it takes a member that starts again within `expirationTime` for the one that it has lost, until its
/// next heartbeat.
fn two_of_a_service(scene: &Scene) -> Result<()> {
    let (a, b) = in_host(static_service());
    play(&mut outlive(scene, a)?, &mut outlive(scene, b)?, Settle::AtOnce)
}

/// Members of a StaticMembershipService that stop, die and start again; each kind is seen by the other.
fn static_service_of_three(scene: &Scene) -> Result<()> {
    let spec = |name: &str, number, others: &[usize]| NodeSpec::new(name, number).static_service(others);
    let mut a = TomcatNode::new(scene, spec("node-a", 1, &[2, 3]))?;
    let mut b = outlive(scene, spec("node-b", 2, &[1, 3]))?;
    let mut c = outlive(scene, spec("node-c", 3, &[1, 2]))?;
    a.start()?;
    b.start()?;
    c.start()?;
    see(&[&a, &b, &c], 2)?;
    let mut client = Client::new();
    client.get(a.http(), "login", &[("user", "alice"), ("password", "wonderland")])?;
    counts_as_alice(&mut client, &c, 1)?;

    c.stop()?;
    see(&[&a, &b], 1)?;
    b.kill()?;
    see(&[&a], 0)?;
    b.start()?;
    c.start()?;
    see(&[&a, &b, &c], 2)?;
    counts_as_alice(&mut client, &b, 2)?;

    a.kill()?;
    see(&[&b, &c], 1)?;
    a.start()?;
    see(&[&a, &b, &c], 2)?;
    counts_as_alice(&mut client, &a, 3)
}

fn counts_as_alice(client: &mut Client, node: &dyn Server, count: i32) -> Result<()> {
    let answer = client.get(node.http(), "counter", &[])?;
    ensure!(answer["counter"] == count, "{answer}");
    let session = client.get(node.http(), "session", &[])?;
    ensure!(session["user"] == "alice", "{session}");
    Ok(())
}

/// Waits until each node sees so many others.
fn see(nodes: &[&dyn Server], others: u64) -> Result<()> {
    for node in nodes {
        let what = format!("{} sees {others} others", node.name());
        poll::until_equal(&what, Duration::from_secs(30), &others, || Ok(node.health()?.members))?;
    }
    Ok(())
}

/// StandardManager with a `pathname`: whichever of the two is started on the folder next has the sessions of the one before.
fn sessions_file(scene: &Scene) -> Result<()> {
    let spec = NodeSpec::new("node", 1).manager(Manager::Standard("SESSIONS.ser".into()), true);
    let mut tomcat = TomcatNode::new(scene, spec.clone())?;
    let base = tomcat.base().to_owned();
    let file = base.join("work/Catalina/localhost/app/SESSIONS.ser");
    let mut outlive = OutliveNode::new(scene, spec)?.on_base(&base);
    let mut client = Client::new();
    tomcat.start()?;
    client.get(tomcat.http(), "set", &[("name", "n"), ("type", "int"), ("value", "7")])?;
    let first = client.get(tomcat.http(), "login", &[("user", "alice"), ("password", "wonderland")])?;
    tomcat.stop()?;
    ensure!(file.exists(), "the Tomcat has written no {}", file.display());

    outlive.start()?;
    ensure!(!file.exists(), "the file is taken once");
    same(&client.get(outlive.http(), "session", &[])?, &first)?;
    let counter = client.get(outlive.http(), "counter", &[])?;
    ensure!(counter["counter"] == 1, "{counter}");
    outlive.stop()?;
    ensure!(file.exists(), "Outlive has written no {}", file.display());

    tomcat.start()?;
    let back = client.get(tomcat.http(), "session", &[])?;
    ensure!(back["attributes"]["counter"] == 1 && back["attributes"]["n"] == 7, "{back}");
    same(&back, &first)
}

fn same(got: &Value, want: &Value) -> Result<()> {
    for key in ["id", "created", "user"] {
        ensure!(got[key] == want[key], "{key} is {}, not {}", got[key], want[key]);
    }
    Ok(())
}

// ---- examples/configuration ----

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/configuration").join(name)
}

/// Two nodes of one example, with what the example leaves to `-D`.
fn nodes<'scene>(
    scene: &'scene Scene,
    name: &str,
    definitions: &[&str],
) -> Result<(OutliveNode<'scene>, OutliveNode<'scene>)> {
    let node = |spec: NodeSpec| -> Result<OutliveNode<'_>> {
        let own = [format!("node={}", spec.name), format!("address={}", spec.host)];
        let mut arguments = Vec::new();
        for definition in own.iter().map(String::as_str).chain(definitions.iter().copied()) {
            arguments.extend(["-D", definition]);
        }
        Ok(OutliveNode::new(scene, spec)?.on_base(&example(name)).with_arguments(&arguments))
    };
    let (a, b) = pair();
    Ok((node(a)?, node(b)?))
}

fn example_in_memory(scene: &Scene) -> Result<()> {
    let (mut a, mut b) = nodes(scene, "in-memory", &[])?;
    play(&mut a, &mut b, Settle::Soon)
}

fn example_shared_files(scene: &Scene) -> Result<()> {
    let sessions = format!("sessions={}", scene.folder().join("sessions").display());
    let (mut a, mut b) = nodes(scene, "shared-files", &[&sessions])?;
    nine_steps::play_over_a_store(&mut a, &mut b, &|_, _| Ok(()))
}

/// SQLite in place of a server: the same statements, in a file that both nodes have.
fn example_shared_database(scene: &Scene) -> Result<()> {
    let database = format!("database=jdbc:sqlite:{}", scene.folder().join("sessions.db").display());
    let (mut a, mut b) = nodes(scene, "shared-database", &[&database])?;
    nine_steps::play_over_a_store(&mut a, &mut b, &|_, _| Ok(()))
}

/// `<Server port="…" shutdown="…">`, as `catalina.sh stop` uses it.
fn shutdown_port(scene: &Scene) -> Result<()> {
    let base = scene.folder().join("base");
    copy(&example("in-memory"), &base)?;
    let server = base.join("conf/server.xml");
    let text = fs::read_to_string(&server)?;
    ensure!(text.contains("<Server port=\"-1\">"), "the example's Server is another: {text}");
    fs::write(&server, text.replace("<Server port=\"-1\">", "<Server port=\"8005\" shutdown=\"enough\">"))?;
    let (a, _) = pair();
    let address = format!("address={}", a.host);
    let mut node = OutliveNode::new(scene, a)?.on_base(&base).with_arguments(&["-D", "node=node-a", "-D", &address]);
    node.start()?;
    for (word, ends) in [("SHUTDOWN", false), ("enough", true)] {
        let mut port = std::net::TcpStream::connect("127.0.0.1:8005").context("the Server's port")?;
        std::io::Write::write_all(&mut port, format!("{word}\n").as_bytes())?;
        drop(port);
        if !ends {
            node.still_runs()?;
        }
    }
    node.ended()
}

/// Two hosts, one with another name, each with an application at /app; two connectors, each for both.
fn hosts(scene: &Scene) -> Result<()> {
    let base = scene.folder().join("base");
    copy(&example("in-memory"), &base)?;
    copy(&base.join("webapps"), &base.join("shop"))?;
    let server = base.join("conf/server.xml");
    let text = fs::read_to_string(&server)?;
    let connector = r#"<Connector port="8080" address="${address:-127.0.0.1}"/>"#;
    let more = format!(r#"{connector}<Connector port="8090" address="${{address}}" maxKeepAliveRequests="1"/>"#);
    let host = r#"<Host name="localhost" appBase="webapps"/>"#;
    let hosts = format!(r#"{host}<Host name="shop.example" appBase="shop"><Alias>www.shop.example</Alias></Host>"#);
    ensure!(text.contains(connector) && text.contains(host), "the example is another: {text}");
    fs::write(&server, text.replace(connector, &more).replace(host, &hosts))?;
    let (a, _) = pair();
    let address = a.host;
    let mut node = OutliveNode::new(scene, a)?.on_base(&base).with_arguments(&[
        "-D",
        "node=node-a",
        "-D",
        &format!("address={address}"),
    ]);
    node.start()?;
    let count = |port: u16, host: &str, cookie: &str| -> Result<(Value, String)> {
        let mut stream = std::net::TcpStream::connect((address, port))?;
        let head = format!(
            "GET /app/counter HTTP/1.1\r\nHost: {host}\r\nCookie: JSESSIONID={cookie}\r\nConnection: close\r\n\r\n"
        );
        std::io::Write::write_all(&mut stream, head.as_bytes())?;
        let answer = std::io::read_to_string(&mut stream)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
        let id = head.split("JSESSIONID=").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or(cookie);
        Ok((serde_json::from_str::<Value>(body)?["counter"].clone(), id.to_owned()))
    };
    let (first, id) = count(8080, "localhost", "none")?;
    ensure!(first == 1, "{first}");
    for (port, host, counter) in [(8090, "unknown.example", 2), (8080, "shop.example", 1), (8080, "localhost:8080", 3)]
    {
        let (got, _) = count(port, host, &id)?;
        ensure!(got == counter, "{host} at {port} counts {got}, not {counter}");
    }
    let (_, of_shop) = count(8080, "shop.example", "none")?;
    let (second, _) = count(8090, "WWW.shop.example:80", &of_shop)?;
    ensure!(second == 2, "an alias counts {second}");
    node.stop()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
