//! `outlive drain`, `outlive restart-check`, and SIGTERM where somebody watches.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Stdio;

use crate::support::{Answer, Node, ask_with, eventually, free, get, outlive, output, signal};

/// Two nodes on a group of their own, each with its health at an address of its own.
struct Pair {
    a: (Node, SocketAddr),
    b: (Node, SocketAddr),
    group: String,
}

fn start(name: &str, group: &str, more: &str) -> (Node, SocketAddr) {
    let health = free();
    let line = format!("--health {health} --mcast {group} --bind 127.0.0.1 --receiver {} {more}", free());
    (Node::start_with(name, &line), health)
}

impl Pair {
    fn start(more: &str) -> Self {
        let group = format!("228.0.0.5:{}", free().port());
        let a = start("a", &group, more);
        let made = a.0.get("/app/counter", None);
        assert_eq!(made.status, 200);
        let b = start("b", &group, more);
        Self { a, b, group }
    }
}

/// Exit code and sentence.
fn run(line: &str) -> (Option<i32>, String) {
    let output = output(line);
    let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code(), told)
}

fn control(node: SocketAddr, method: &str, path: &str, more: &str) -> Answer {
    ask_with(node, method, &format!("/control/{path}"), &format!("Host: {node}\r\n{more}")).unwrap()
}

#[test]
fn restart_check_says_whether_and_why() {
    let group = format!("228.0.0.5:{}", free().port());
    let (a, health) = start("a", &group, "");
    let check = format!("restart-check {health} --wait 0");
    assert_eq!(run(&check), (Some(0), "yes: a: it holds no session\n".to_owned()));
    a.get("/app/counter", None);
    let (code, told) = run(&check);
    assert_eq!((code, told.contains("no: a: no other member is there")), (Some(1), true), "{told}");

    let (b, of_b) = start("b", &group, "");
    // B is a member before it holds the session, and says so when it does.
    let (code, told) = run(&format!("restart-check a --nodes a={health},b={of_b} --wait 30 --json"));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(r#""restart":true"#) && told.contains(r#""holds_state":true"#), "{told}");
    assert_eq!(b.get("/app/health", None).body, r#"{"node":"b","members":1,"sessions":1}"#);
    drop(b);

    assert_eq!(run("restart-check c --nodes b=127.0.0.1:1").0, Some(2));
    let (code, told) = run(&format!("restart-check {}", free()));
    assert_eq!((code, told.contains("outlive: the node at 127.0.0.1:")), (Some(3), true), "{told}");
}

#[test]
fn a_drained_node_has_handed_over_what_it_held() {
    let Pair { a: (a, health), b: (b, of_b), group } = Pair::start("");
    let cookie = a.get("/app/set?name=n&type=int&value=7", None).cookie().unwrap().to_owned();
    let (code, told) = run(&format!("drain {health}"));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("a leaves: every change of its 2 sessions is acknowledged by one other member"), "{told}");
    let (status, log) = a.ended();
    assert!(status.success() && log.contains("outlive drain"), "{log}");
    assert!(b.get("/app/session", Some(&cookie)).body.contains(r#""n":7"#));
    drop(group);

    let (code, told) = run(&format!("drain {of_b}"));
    assert_eq!(code, Some(1), "the last node's sessions end with it: {told}");
    assert!(told.contains("the sessions that this node holds (2) end with it"), "{told}");
    assert!(b.ended().0.success());
}

#[test]
fn whoever_watches_has_time_to_notice() {
    let Pair { a: (a, health), b: _b, .. } = Pair::start("--drain-delay 2");
    let http = a.http;
    signal(&a, "TERM");
    eventually("its health says 503", || {
        let answer = get(health, "/", None);
        answer.is_some_and(|answer| answer.status == 503 && answer.body.contains(r#""state":"leaving""#))
    });
    // It still serves, and keeps no connection.
    let served = get(http, "/app/counter", None).unwrap();
    assert_eq!((served.status, served.header("connection")), (200, Some("close")));
    assert_eq!(get(http, "/app/health", None).unwrap().status, 503);
    let (status, log) = a.ended();
    assert!(status.success() && log.ends_with("left the cluster\n"), "{log}");
}

/// At an address of the network the machine's own processes have that address themselves.
#[test]
fn who_asks_from_the_nodes_own_address_is_on_its_machine() {
    // Sends nothing: the system chooses an address. Without a network it has loopback alone, which is as good.
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        Ok(socket.local_addr()?.ip())
    });
    let health = SocketAddr::new(own.unwrap_or(Ipv4Addr::LOCALHOST.into()), free().port());
    let line = format!("--health {health} --receiver {} --static {}", free(), free());
    let node = Node::start_with("a", &line);
    let (code, told) = run(&format!("restart-check {health} --wait 5"));
    assert_eq!((code, told.as_str()), (Some(0), "yes: a: it holds no session\n"));
    let forwarded = control(health, "POST", "drain", "X-Forwarded-For: 10.0.0.1\r\n");
    assert_eq!(forwarded.status, 401, "a proxy on this machine speaks for others");
    assert_eq!(run(&format!("drain {health}")).0, Some(0));
    assert!(node.ended().0.success());
}

#[test]
fn only_an_operator_controls_a_node() {
    let token = "sesame-sesame";
    let health = free();
    let line = format!("serve --name n --receiver {} --static {} --health {health} --exit-with-stdin", free(), free());
    let mut process =
        outlive(&line).env("OUTLIVE_CONTROL_TOKEN", token).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    eventually("joined", || get(health, "/", None).is_some_and(|answer| answer.status == 200));
    assert_eq!(control(health, "GET", "restart-check", "").status, 200);
    assert_eq!(control(health, "GET", "restart-check", "Authorization: Bearer sesame\r\n").status, 401);
    let right = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(control(health, "GET", "restart-check", &format!("{right}X-Forwarded-For: 10.0.0.1\r\n")).status, 200);
    assert_eq!(control(health, "GET", "restart-check", "X-Forwarded-For: 10.0.0.1\r\n").status, 401);
    assert_eq!(control(health, "POST", "drain", &format!("Origin: http://{health}\r\n")).status, 403);
    let rebound = ask_with(health, "POST", "/control/drain", "Host: rebound.example\r\n").unwrap();
    assert_eq!(rebound.status, 421);
    assert_eq!(control(health, "GET", "drain", "").status, 405);
    assert_eq!(control(health, "POST", "restart-check", "").status, 405);
    assert_eq!(control(health, "GET", "nothing", "").status, 404);
    assert_eq!(get(health, "/", None).unwrap().status, 200, "none of this made it leave");
    drop(process.stdin.take());
    process.wait().unwrap();
}
