//! `outlive balance` in front of two nodes.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Answer, Node, eventually, free, get, outlive};

struct Balance {
    process: Child,
    address: SocketAddr,
    status: SocketAddr,
}

impl Balance {
    fn start(nodes: &str) -> Self {
        let (address, status) = (free(), free());
        let line =
            format!("balance --listen {address} --status {status} --check-interval 0.1 {nodes} --exit-with-stdin");
        let process = outlive(&line).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let balance = Self { process, address, status };
        eventually("the balancer answers", || get(status, "/", None).is_some());
        balance
    }

    fn get(&self, path: &str, cookie: &str) -> Answer {
        get(self.address, path, Some(cookie)).unwrap()
    }

    fn status(&self) -> Answer {
        get(self.status, "/", None).unwrap()
    }
}

impl Drop for Balance {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_session_outlives_its_node_behind_it() {
    let group = format!("228.0.0.5:{}", free().port());
    let node = |name| {
        let health = free();
        let flags = format!("--health {health} --receiver {} --mcast {group} --bind 127.0.0.1 --options 6", free());
        (Node::start_with(name, &flags), health)
    };
    let ((a, of_a), (b, of_b)) = (node("a"), node("b"));
    eventually("they have met", || a.get("/app/health", None).body.contains(r#""members":1"#));
    let balance = Balance::start(&format!("--members {of_a},{of_b}"));
    eventually("both are up", || balance.status().body.contains(r#""up":2"#));

    let made = get(balance.address, "/app/counter", None).unwrap();
    let cookie = made.cookie().unwrap().to_owned();
    let (_, route) = cookie.split_once('.').unwrap();
    for count in 2..5 {
        let answer = balance.get("/app/counter", &cookie).body;
        assert!(answer.contains(&format!(r#"{{"node":"{route}""#)), "{answer} of {cookie}");
        assert!(answer.contains(&format!(r#""counter":{count}"#)), "{answer}");
    }
    let (gone, left) = if route == "a" { (a, b) } else { (b, a) };
    drop(gone);
    let answer = balance.get("/app/counter", &cookie);
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains(r#""counter":5"#), "{}", answer.body);
    assert!(answer.cookie().is_some_and(|id| !id.ends_with(route)), "it has the new node's name");
    eventually("it is seen", || balance.status().body.contains(r#""up":1"#));
    drop(left);
    eventually("nobody is left", || balance.status().status == 503);
    assert_eq!(balance.get("/app/counter", &cookie).status, 503);
}

/// Whoever sends clients to it has time to go elsewhere.
#[test]
fn a_balancer_that_ends_says_so_first_and_serves_on() {
    let a = Node::start("a");
    let mut balance = Balance::start(&format!("--node a={} --drain-delay 2", a.http));
    let begin = Instant::now();
    let kill = format!("kill -TERM {}", balance.process.id());
    assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
    eventually("its status says 503", || balance.status().status == 503);
    assert!(balance.status().body.contains(r#""ending":true"#));
    while begin.elapsed() < Duration::from_secs(1) {
        let answer = get(balance.address, "/app/counter", None).unwrap();
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    }
    assert!(balance.process.wait().unwrap().success());
    assert!(begin.elapsed() >= Duration::from_secs(2));
}

#[test]
fn nodes_can_be_named() {
    let a = Node::start("a");
    let balance = Balance::start(&format!("--node a={} --node b={}", a.http, free()));
    assert_eq!(balance.status().status, 200, "the first round of checks is over before it listens");
    assert_eq!(get(balance.address, "/app/counter", None).unwrap().status, 200);
}
