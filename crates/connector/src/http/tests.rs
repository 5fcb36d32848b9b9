mod refusals;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

use super::*;

const LOOPBACK: &str = "127.0.0.1:0";
const LIMIT: Duration = Duration::from_secs(10);

fn bound() -> HttpServer {
    HttpServer::bind(LOOPBACK.parse().unwrap()).unwrap()
}

/// Answers with the other end's address, for `/slow` once a permit is given.
fn app(begun: Arc<Notify>, permits: Arc<Semaphore>) -> impl HttpService {
    tower::service_fn(move |request: Request<Incoming>| {
        let (begun, permits) = (begun.clone(), permits.clone());
        async move {
            if request.uri().path() == "/slow" {
                begun.notify_one();
                permits.acquire().await.unwrap().forget();
            }
            let peer = request.extensions().get::<SocketAddr>().unwrap().to_string();
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(peer))))
        }
    })
}

fn plain_app() -> impl HttpService {
    app(Arc::default(), Arc::new(Semaphore::new(0)))
}

async fn ask(stream: &mut TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
}

/// Reads until the other end closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    tokio::time::timeout(LIMIT, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_port_in_use_is_seen_when_binding() {
    let listening = bound().serve(plain_app(), HttpSettings::default()).unwrap();
    let error = HttpServer::bind(listening.address()).unwrap_err();
    assert!(matches!(error, BindError::InUse(address) if address == listening.address()), "{error}");
    assert_eq!(error.to_string(), format!("{} is in use by another process", listening.address()));
}

#[tokio::test]
async fn of_two_that_are_bound_the_second_to_listen_sees_the_conflict() {
    let (first, second) = (bound(), bound());
    let second = match HttpServer::bind(first.address()) {
        Ok(same) => same, // where the system lets two bind, as long as none listens
        Err(_) => return drop(second),
    };
    let _running = first.serve(plain_app(), HttpSettings::default()).unwrap();
    assert!(matches!(second.serve(plain_app(), HttpSettings::default()), Err(BindError::InUse(_))));
}

#[tokio::test]
async fn an_address_of_another_machine_is_named() {
    let error = HttpServer::bind("192.0.2.77:0".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "192.0.2.77:0 cannot be bound: this machine has no address 192.0.2.77");
}

#[tokio::test]
async fn a_client_is_refused_until_the_server_serves() {
    let server = bound();
    let address = server.address();
    let error = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);

    let running = server.serve(plain_app(), HttpSettings::default()).unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    ask(&mut client, "/").await;
    let answer = answered(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    running.stop(LIMIT).await;
    assert_eq!(rest(&mut client).await, "", "an idle connection is closed");
    assert!(TcpStream::connect(address).await.is_err(), "it still listens");
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_end() {
    let (begun, permits) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let running = bound().serve(app(begun.clone(), permits.clone()), HttpSettings::default()).unwrap();
    let mut client = TcpStream::connect(running.address()).await.unwrap();
    ask(&mut client, "/slow").await;
    begun.notified().await;
    let stopped = tokio::spawn(running.stop(LIMIT));
    permits.add_permits(1);
    let answer = rest(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    stopped.await.unwrap();
}

#[tokio::test]
async fn what_does_not_end_is_cut_at_the_limit() {
    let begun = Arc::new(Notify::new());
    let running = bound().serve(app(begun.clone(), Arc::new(Semaphore::new(0))), HttpSettings::default()).unwrap();
    let mut client = TcpStream::connect(running.address()).await.unwrap();
    ask(&mut client, "/slow").await;
    begun.notified().await;
    running.stop(Duration::from_millis(20)).await;
    assert_eq!(rest(&mut client).await, "");
}

/// What a client reads until the answer's last byte: the address that the app tells.
async fn answered(client: &mut TcpStream) -> String {
    let own = client.local_addr().unwrap().to_string();
    let mut answer = String::new();
    while !answer.ends_with(&own) {
        let mut bytes = [0; 1024];
        let read = client.read(&mut bytes).await.unwrap();
        assert_ne!(read, 0, "closed after {answer:?}");
        answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    answer
}

#[tokio::test]
async fn a_server_that_will_end_closes_connections_behind_their_answers() {
    let running = bound().serve(plain_app(), HttpSettings::default()).unwrap();
    let mut kept = TcpStream::connect(running.address()).await.unwrap();
    ask(&mut kept, "/").await;
    assert!(!answered(&mut kept).await.to_lowercase().contains("connection: close"));
    running.close_behind_answers();
    ask(&mut kept, "/").await;
    let answer = rest(&mut kept).await;
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    let mut late = TcpStream::connect(running.address()).await.unwrap();
    ask(&mut late, "/").await;
    assert!(rest(&mut late).await.to_lowercase().contains("connection: close"), "it still takes connections");
    running.stop(LIMIT).await;
}

#[tokio::test]
async fn who_is_connected_when_it_stops_gets_an_answer() {
    let running = bound().serve(plain_app(), HttpSettings::default()).unwrap();
    // On this one thread the server has no turn between the connect and the stop.
    let mut waiting = std::net::TcpStream::connect(running.address()).unwrap();
    std::io::Write::write_all(&mut waiting, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    running.stop(LIMIT).await;
    waiting.set_nonblocking(true).unwrap();
    let answer = rest(&mut TcpStream::from_std(waiting).unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn a_connection_too_many_waits_for_its_turn() {
    let settings = HttpSettings { connections_max: 1, ..HttpSettings::default() };
    let running = bound().serve(plain_app(), settings).unwrap();
    let mut first = TcpStream::connect(running.address()).await.unwrap();
    ask(&mut first, "/").await;
    answered(&mut first).await;
    let mut second = TcpStream::connect(running.address()).await.unwrap();
    ask(&mut second, "/").await;
    let early = tokio::time::timeout(Duration::from_millis(50), second.readable()).await;
    assert!(early.is_err(), "two are served at a time");
    drop(first);
    answered(&mut second).await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let running = bound().serve(plain_app(), HttpSettings { headers_max: 4, ..HttpSettings::default() }).unwrap();
    for (lines, status) in [("X: 1\r\n".repeat(2), "200"), ("X: 1\r\n".repeat(3), "431")] {
        let mut client = TcpStream::connect(running.address()).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        let answer = rest(&mut client).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
    }
    let mut client = TcpStream::connect(running.address()).await.unwrap();
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(256 << 10));
    // The server may close before it has read all.
    let _ = client.write_all(long.as_bytes()).await;
    let mut start = [0; 12];
    client.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 431");
}

/// Source: Tomcat `maxHttpHeaderSize`: the request's line counts, and the connection ends with the answer.
#[tokio::test]
async fn a_limit_of_a_head_may_be_lower_than_that_of_the_http_library() {
    let settings = HttpSettings { head_bytes_max: 1024, ..HttpSettings::default() };
    let running = bound().serve(plain_app(), settings).unwrap();
    let head = |path: &str, bytes: usize| {
        let plain = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n");
        plain.replace("X: ", &format!("X: {}", "x".repeat(bytes - plain.len())))
    };
    for (head, status) in [
        (head("/", 1024), "200"),
        (head("/", 1025), "431"),
        (head("/", 4000), "431"),
        (head(&format!("/{}", "a".repeat(1000)), 1100), "431"),
        (head("http://x/", 1024), "200"),
    ] {
        let mut client = TcpStream::connect(running.address()).await.unwrap();
        client.write_all(head.as_bytes()).await.unwrap();
        let answer = match status {
            "431" => rest(&mut client).await.to_lowercase(),
            _ => answered(&mut client).await,
        };
        assert!(answer.to_lowercase().starts_with(&format!("http/1.1 {status} ")), "{status}: {answer}");
        assert!(status == "200" || answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    let settings = HttpSettings { header_read_timeout: Some(Duration::from_millis(50)), ..HttpSettings::default() };
    let running = bound().serve(plain_app(), settings).unwrap();
    let mut client = TcpStream::connect(running.address()).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
    assert!(!rest(&mut client).await.starts_with("HTTP/1.1 200"));
}

/// Source: Tomcat `keepAliveTimeout`, which is no `connectionTimeout`.
#[tokio::test]
async fn a_connection_is_kept_for_so_long_and_no_longer() {
    let settings = HttpSettings { keep_alive_timeout: Some(Duration::from_millis(50)), ..HttpSettings::default() };
    let running = bound().serve(plain_app(), settings).unwrap();
    let mut client = TcpStream::connect(running.address()).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), client.readable()).await;
    assert!(early.is_err(), "no request has come yet: that is another limit");
    ask(&mut client, "/").await;
    answered(&mut client).await;
    assert_eq!(rest(&mut client).await, "", "it is closed without a word");
}

/// Source: Tomcat `maxKeepAliveRequests`.
#[tokio::test]
async fn a_connection_has_as_many_requests_as_it_may() {
    let settings = HttpSettings { keep_alive_requests_max: Some(2), ..HttpSettings::default() };
    let running = bound().serve(plain_app(), settings).unwrap();
    let mut client = TcpStream::connect(running.address()).await.unwrap();
    ask(&mut client, "/").await;
    assert!(!answered(&mut client).await.to_lowercase().contains("connection: close"));
    ask(&mut client, "/").await;
    assert!(rest(&mut client).await.to_lowercase().contains("connection: close"));
}
