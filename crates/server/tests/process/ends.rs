//! Beginning and end of a node.

use std::process::Stdio;

use crate::support::{Node, eventually, free, get, outlive, signal};

#[test]
fn a_signal_ends_it_in_order() {
    for name in ["TERM", "INT"] {
        let node = Node::start("n1");
        signal(&node, name);
        let (status, log) = node.ended();
        assert_eq!(status.code(), Some(0), "{name}: {log}");
        assert!(log.contains(name) && log.ends_with("left the cluster\n"), "{name}: {log}");
    }
}

/// Who has no cluster is told so, and of no receiver: none is opened.
#[test]
fn a_node_without_a_cluster_says_that_it_has_none() {
    let node = Node::start_with("n1", "--manager standard");
    signal(&node, "TERM");
    let (status, log) = node.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("this node is in no cluster") && log.ends_with("ended\n"), "{log}");
    for other in ["joined the cluster", "left the cluster", "the cluster's sessions", "receiver"] {
        assert!(!log.contains(other), "{other}: {log}");
    }
}

#[test]
fn it_ends_with_the_program_that_started_it() {
    let mut node = Node::start("n1");
    node.close_stdin();
    let (status, log) = node.ended();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn no_whole_id_is_logged() {
    let node = Node::start("n1");
    let made = node.get("/app/counter", None);
    let id = made.cookie().unwrap().split('.').next().unwrap().to_owned();
    node.get("/app/login?user=alice&password=wonderland", Some(&id));
    signal(&node, "TERM");
    let (_, log) = node.ended();
    assert!(!log.contains(&id), "{log}");
}

/// By multicast a node listens for others before it knows that it is alone: meanwhile it is not ready.
#[test]
fn before_it_holds_the_state_only_health_answers() {
    let (http, health) = (free(), free());
    let group = format!("228.0.0.5:{}", free().port());
    let line = format!(
        "serve --name n1 --http {http} --health {health} --receiver {} --mcast {group} --exit-with-stdin",
        free()
    );
    let mut process = outlive(&line).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let status = || get(health, "/", None).map(|answer| answer.status);
    eventually("health answers", || status().is_some());
    let early = (status(), get(http, "/app/health", None).map(|answer| answer.status));
    eventually("ready", || status() == Some(200));
    eventually("the application answers", || get(http, "/app/health", None).is_some());
    let body = get(health, "/", None).unwrap().body;
    drop(process.stdin.take());
    process.wait().unwrap();
    assert_eq!(early, (Some(503), None));
    assert_eq!(body, format!(r#"{{"node":"n1","members":0,"sessions":0,"state":"ready","http":"{http}","peers":[]}}"#));
}
