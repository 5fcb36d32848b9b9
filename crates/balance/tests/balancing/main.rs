//! The balancer between a client on a socket and nodes on sockets.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

mod support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use outlive_balance::Source;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use support::{Front, Node, PATIENCE, cluster, listed, read_to, settings};

#[tokio::test]
async fn a_session_goes_to_its_node_and_to_another_one_when_that_is_gone() {
    let (a, mut b) = (Node::start("a"), Node::start("b"));
    let front = Front::start(listed(&[&a, &b]), settings()).await;
    for _ in 0..4 {
        assert_eq!(front.get("AB.b").await.1["node"], "b");
    }
    let parameter = front.ask("GET /who;jsessionid=AB.b HTTP/1.1\r\n", "").await;
    assert_eq!(parameter.1["node"], "b");
    b.stop().await;
    assert_eq!(front.get("AB.b").await.1["node"], "a", "asked again elsewhere, whether a check has seen it or not");
    front.until("b", "down").await;
    let b = Node::start_at("b", b.address);
    front.until("b", "up").await;
    assert_eq!(front.get("AB.b").await.1["node"], "b");
    drop((a, b));
}

#[tokio::test]
async fn new_clients_take_turns() {
    let (a, b) = (Node::start("a"), Node::start("b"));
    let front = Front::start(listed(&[&a, &b]), settings()).await;
    for _ in 0..6 {
        front.get("new").await;
    }
    assert_eq!((a.ways.done.load(Ordering::Relaxed), b.ways.done.load(Ordering::Relaxed)), (3, 3));
}

/// One node is told; the others are found through it, and through each other when it is gone.
#[tokio::test]
async fn the_members_of_a_cluster_are_found_and_forgotten() {
    let (mut a, b, mut c) = (Node::start("a"), Node::start("b"), Node::start("c"));
    let tells = |node: &Node, others: &[&Node]| {
        *node.ways.others.lock().unwrap() = others.iter().map(|node| node.address).collect();
    };
    tells(&a, &[&b]);
    tells(&b, &[&a, &c]);
    let front = Front::start(cluster(&[&a]), settings()).await;
    for name in ["a", "b", "c"] {
        front.until(name, "up").await;
    }
    assert_eq!(front.get("AB.c").await.1["node"], "c");
    a.stop().await;
    front.until("a", "down").await;
    c.stop().await;
    front.until("c", "down").await;
    tells(&b, &[]);
    front.until_gone("c").await;
    // The one that was told is asked in any case, and what it tells counts again.
    let (d, a) = (Node::start("d"), Node::start_at("a", a.address));
    tells(&a, &[&d]);
    front.until("d", "up").await;
    drop((a, b, d));
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_elsewhere_with_its_body() {
    let (a, mut b) = (Node::start("a"), Node::start("b"));
    let mut slow = settings();
    slow.check_interval = PATIENCE; // so that the request finds out first
    let front = Front::start(listed(&[&a, &b]), slow).await;
    b.stop().await;
    let (status, answer) =
        front.ask("POST /buy HTTP/1.1\r\nCookie: JSESSIONID=AB.b\r\nContent-Length: 5\r\n", "12345").await;
    assert_eq!((status, &answer["node"], &answer["bytes"]), (200, &"a".into(), &5.into()));
}

/// Two nodes that are restarted one after the other, quicker than a check comes round.
#[tokio::test]
async fn a_node_that_is_back_serves_before_a_check_has_found_it() {
    let (mut a, mut b) = (Node::start("a"), Node::start("b"));
    a.stop().await;
    let mut slow = settings();
    slow.check_interval = PATIENCE;
    let front = Front::start(listed(&[&a, &b]), slow).await;
    front.until("a", "down").await;
    let _back = Node::start_at("a", a.address);
    b.stop().await;
    let (status, answer) = front.get("AB.b").await;
    assert_eq!((status, &answer["node"]), (200, &"a".into()));
}

/// A node that takes a request and closes without an answer: it may have done what was asked.
#[tokio::test]
async fn only_what_reads_is_asked_twice() {
    let a = Node::start("a");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let broken = listener.local_addr().unwrap();
    let taken = tokio::spawn(async move {
        let mut taken = Vec::new();
        while taken.len() < 2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
            if text.contains("/health") {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            } else {
                taken.push(text);
            }
        }
        taken
    });
    let Source::Listed { mut nodes, check } = listed(&[&a]) else { unreachable!("made as one") };
    nodes.push(("broken".to_owned(), broken.ip().to_string(), broken.port()));
    let front = Front::start(Source::Listed { nodes, check }, settings()).await;
    let (status, _) =
        front.ask("POST /buy HTTP/1.1\r\nCookie: JSESSIONID=AB.broken\r\nContent-Length: 2\r\n", "12").await;
    assert_eq!((status, a.ways.done.load(Ordering::Relaxed)), (502, 0), "not done twice");
    assert_eq!(front.get("AB.broken").await.1["node"], "a");
    assert!(taken.await.unwrap()[0].starts_with("POST /buy"));
}

#[tokio::test]
async fn a_node_that_leaves_gets_no_new_clients_and_keeps_its_sessions() {
    let (a, mut b) = (Node::start("a"), Node::start("b"));
    let front = Front::start(listed(&[&a, &b]), settings()).await;
    b.ways.health.store(503, Ordering::Relaxed);
    front.until("b", "leaving").await;
    for _ in 0..4 {
        assert_eq!(front.get("new").await.1["node"], "a");
        assert_eq!(front.get("AB.b").await.1["node"], "b");
    }
    b.stop().await;
    assert_eq!(front.get("AB.b").await.1["node"], "a");
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let a = Node::start("a");
    let front = Front::start(listed(&[&a]), settings()).await;
    let mut stream = TcpStream::connect(front.address).await.unwrap();
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        .await
        .unwrap();
    read_to(&mut stream, "5\r\nfirst\r\n").await; // back before the second part is sent
    stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await.unwrap();
    read_to(&mut stream, "6\r\nsecond\r\n0\r\n\r\n").await;
}

/// What is not read at one end is not taken at the other: else a slow client makes the balancer hold the whole answer.
#[tokio::test]
async fn a_slow_end_holds_the_other_one_back() {
    let a = Node::start("a");
    let front = Front::start(listed(&[&a]), settings()).await;
    let mut stream = TcpStream::connect(front.address).await.unwrap();
    let total = 256 << 20;
    stream
        .write_all(format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {total}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let part = vec![b'x'; 1 << 20];
    let mut sent = 0;
    // The client reads nothing of the echo, so all buffers on the way fill, and then nothing goes on.
    while sent < total && tokio::time::timeout(Duration::from_millis(500), stream.write_all(&part)).await.is_ok() {
        sent += part.len();
    }
    assert!(sent < 64 << 20, "{sent} bytes were taken in");
}

#[tokio::test]
async fn an_upgraded_connection_passes_through() {
    let a = Node::start("a");
    let front = Front::start(listed(&[&a]), settings()).await;
    let mut stream = TcpStream::connect(front.address).await.unwrap();
    stream
        .write_all(b"GET /upgrade HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        .await
        .unwrap();
    let head = read_to(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.to_lowercase().contains("upgrade: echo"), "{head}");
    stream.write_all(b"no HTTP any more").await.unwrap();
    read_to(&mut stream, "no HTTP any more").await;
    assert_eq!(front.balancer.status()["tunnels"], 1);
    front.balancer.end_tunnels(Duration::ZERO).await;
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0, "cut at the end");
    assert_eq!(front.balancer.status()["nodes"][0]["under_way"], 0);
}

#[tokio::test]
async fn a_node_learns_who_the_client_is_and_nothing_between_neighbours() {
    let a = Node::start("a");
    let front = Front::start(listed(&[&a]), settings()).await;
    let lines = "GET /who HTTP/1.1\r\nX-Forwarded-For: 10.9.9.9\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nConnection: x-hop\r\nX-Kept: 1\r\n";
    let (_, answer) = front.ask(lines, "").await;
    let header = |name: &str| answer["headers"][name].as_str().map(str::to_owned);
    assert_eq!(header("x-forwarded-for").as_deref(), Some("127.0.0.1"));
    assert_eq!(header("x-forwarded-proto").as_deref(), Some("http"));
    assert_eq!(header("x-forwarded-host").as_deref(), Some("shop.example"));
    assert_eq!(header("host").as_deref(), Some("shop.example"));
    assert_eq!((header("x-kept").as_deref(), header("x-hop"), header("keep-alive")), (Some("1"), None, None));
}

#[tokio::test]
async fn a_node_that_takes_too_long_is_given_up_and_not_repeated() {
    let (a, b) = (Node::start("a"), Node::start("b"));
    let mut short = settings();
    short.answer_timeout = Duration::from_millis(50);
    let front = Front::start(listed(&[&a, &b]), short).await;
    assert_eq!(front.ask("GET /wait HTTP/1.1\r\n", "").await.0, 504);
    assert_eq!(a.ways.done.load(Ordering::Relaxed) + b.ways.done.load(Ordering::Relaxed), 1);
}

/// The clock for the answer runs when the node has the request, however long the client takes to send it.
#[tokio::test]
async fn an_upload_may_take_longer_than_an_answer() {
    let a = Node::start("a");
    let mut short = settings();
    short.answer_timeout = Duration::from_millis(200);
    let front = Front::start(listed(&[&a]), short).await;
    let mut stream = TcpStream::connect(front.address).await.unwrap();
    stream.write_all(b"POST /who HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345").await.unwrap();
    front.until_under_way(1).await;
    // Each tells that the time is over that an answer may take.
    for _ in 0..2 {
        assert_eq!(front.ask("GET /wait HTTP/1.1\r\n", "").await.0, 504);
    }
    stream.write_all(b"67890").await.unwrap();
    let answer = read_to(&mut stream, "}").await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"bytes\":10"), "{answer}");
    assert_eq!(front.ask("POST /wait HTTP/1.1\r\nContent-Length: 2\r\n", "12").await.0, 504, "it has all of it");
}

/// A node that does not take the body of a request is late, too.
#[tokio::test]
async fn a_node_that_does_not_read_is_given_up() {
    let a = Node::start("a");
    let mut short = settings();
    short.answer_timeout = Duration::from_millis(300);
    let front = Front::start(listed(&[&a]), short).await;
    let (mut read, mut write) = TcpStream::connect(front.address).await.unwrap().into_split();
    write.write_all(b"POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n").await.unwrap();
    let flood = tokio::spawn(async move { while write.write_all(&[b'x'; 1 << 16]).await.is_ok() {} });
    let mut start = [0; 12];
    tokio::time::timeout(PATIENCE, read.read_exact(&mut start)).await.unwrap().unwrap();
    assert_eq!(&start, b"HTTP/1.1 504");
    flood.abort();
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_is_passed_on() {
    let a = Node::start("a");
    let front = Front::start(listed(&[&a]), settings()).await;
    let mut stream = TcpStream::connect(front.address).await.unwrap();
    stream.write_all(b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf").await.unwrap();
    let answer = read_to(&mut stream, "}").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// Whose fault it is: the node was only waiting.
#[tokio::test]
async fn a_client_that_sends_no_more_is_told_so_and_the_node_is_not_blamed() {
    let a = Node::start("a");
    let mut short = settings();
    short.idle_timeout = Duration::from_millis(50);
    let front = Front::start(listed(&[&a]), short).await;
    let (status, _) = front.ask("POST /who HTTP/1.1\r\nContent-Length: 10\r\n", "half").await;
    assert_eq!(status, 408);
    let mut gone = TcpStream::connect(front.address).await.unwrap();
    gone.write_all(b"POST /who HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
    front.until_under_way(1).await;
    drop(gone);
    front.until_under_way(0).await;
    let node = &front.balancer.status()["nodes"][0];
    assert_eq!((&node["failures"], &node["state"]), (&0.into(), &"up".into()));
}

#[tokio::test]
async fn without_a_node_the_answer_says_when_to_come_again() {
    let mut a = Node::start("a");
    let front = Front::start(listed(&[&a]), settings()).await;
    a.stop().await;
    front.until("a", "down").await;
    let (status, answer) = front.get("AB.a").await;
    assert_eq!((status, &answer["error"]), (503, &"no node answers".into()));
}

/// The nodes' health tells their names and where they serve; a name may stand for several addresses.
#[tokio::test]
async fn nodes_are_found_by_their_health() {
    let (a, b) = (Node::start("a"), Node::start("b"));
    let addresses = [&a, &b].map(|node| ("localhost".to_owned(), node.address.port())).to_vec();
    let front = Front::start(Source::Health { addresses }, settings()).await;
    front.until("a", "up").await;
    front.until("b", "up").await;
    assert_eq!(front.get("AB.b").await.1["node"], "b");
    assert_eq!(front.balancer.status()["nodes"].as_array().unwrap().len(), 2, "{}", front.balancer.status());
}
