//! Nodes that tell who they are, and a client that reads what stands on the wire.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use outlive_balance::{Balancer, Settings, Source};
use outlive_connector::http::{HttpServer, HttpSettings, Running};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What a node's requests share.
#[derive(Debug)]
pub(crate) struct Ways {
    name: &'static str,
    /// The status of its health.
    pub(crate) health: AtomicU16,
    /// Requests that were done.
    pub(crate) done: AtomicUsize,
    /// What its health says of others.
    pub(crate) others: Mutex<Vec<SocketAddr>>,
    /// What `/wait` waits for.
    pub(crate) permits: Semaphore,
}

/// A node that runs.
pub(crate) struct Node {
    pub(crate) ways: Arc<Ways>,
    pub(crate) address: SocketAddr,
    running: Option<Running>,
}

type Answer = Response<Either<Incoming, Full<Bytes>>>;

impl Node {
    pub(crate) fn start(name: &'static str) -> Self {
        Self::start_at(name, "127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn start_at(name: &'static str, address: SocketAddr) -> Self {
        let ways = Arc::new(Ways {
            name,
            health: AtomicU16::new(200),
            done: AtomicUsize::new(0),
            others: Mutex::default(),
            permits: Semaphore::new(0),
        });
        let server = HttpServer::bind(address).unwrap();
        let (address, shared) = (server.address(), ways.clone());
        let service = tower::service_fn(move |request: Request<Incoming>| {
            let ways = shared.clone();
            let answer: Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>> =
                Box::pin(async move { Ok(answer(&ways, address, request).await) });
            answer
        });
        let running = Some(server.serve(service, HttpSettings::default()).unwrap());
        Self { ways, address, running }
    }

    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().stop(Duration::ZERO).await;
    }
}

async fn answer(ways: &Ways, address: SocketAddr, mut request: Request<Incoming>) -> Answer {
    let told = |status, text: String| {
        let mut answer = Response::new(Either::Right(Full::new(Bytes::from(text))));
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        answer
    };
    match request.uri().path() {
        "/health" | "/" => {
            let health = ways.health.load(Ordering::Relaxed);
            let state = if health == 200 { "ready" } else { "leaving" };
            let peer = |health: &SocketAddr| json!({"kind": "Outlive", "health": health.to_string()});
            let peers: Vec<Value> = ways.others.lock().unwrap().iter().map(peer).collect();
            let http = address.to_string();
            told(health, json!({"node": ways.name, "state": state, "http": http, "peers": peers}).to_string())
        }
        "/echo" => Response::new(Either::Left(request.into_body())),
        "/upgrade" => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let (mut read, mut write) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
                let _ = tokio::io::copy(&mut read, &mut write).await;
                let _ = write.shutdown().await;
            });
            let mut answer = told(101, String::new());
            answer.headers_mut().insert(header::UPGRADE, "echo".parse().unwrap());
            answer.headers_mut().insert(header::CONNECTION, "upgrade".parse().unwrap());
            answer
        }
        "/wait" => {
            ways.done.fetch_add(1, Ordering::Relaxed);
            ways.permits.acquire().await.unwrap().forget();
            told(200, ways.name.to_owned())
        }
        _ => {
            let headers = text(request.headers());
            let body = request.into_body().collect().await.map_or(0, |body| body.to_bytes().len());
            ways.done.fetch_add(1, Ordering::Relaxed);
            told(200, json!({"node": ways.name, "bytes": body, "headers": headers}).to_string())
        }
    }
}

fn text(headers: &HeaderMap) -> Value {
    headers.iter().map(|(name, value)| (name.to_string(), Value::from(value.to_str().unwrap()))).collect()
}

/// Times that a test need not wait long for.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.check_interval = Duration::from_millis(60);
    settings
}

pub(crate) fn listed(nodes: &[&Node]) -> Source {
    let place = |node: &&Node| (node.ways.name.to_owned(), node.address.ip().to_string(), node.address.port());
    Source::Listed { nodes: nodes.iter().map(place).collect(), check: "/health".to_owned() }
}

pub(crate) fn cluster(nodes: &[&Node]) -> Source {
    let place = |node: &&Node| (node.address.ip().to_string(), node.address.port());
    Source::Cluster { addresses: nodes.iter().map(place).collect() }
}

/// A balancer with a server in front.
pub(crate) struct Front {
    pub(crate) balancer: Balancer,
    pub(crate) address: SocketAddr,
}

impl Front {
    pub(crate) async fn start(source: Source, settings: Settings) -> Self {
        let balancer = Balancer::start(source, settings).await;
        let server = HttpServer::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = server.address();
        server.serve(balancer.clone(), HttpSettings::default()).unwrap();
        Self { balancer, address }
    }

    /// Waits until the balancer knows a node in this state.
    pub(crate) async fn until(&self, name: &str, state: &str) {
        self.until_state(name, Some(state)).await;
    }

    /// Waits until the balancer knows no such node.
    pub(crate) async fn until_gone(&self, name: &str) {
        self.until_state(name, None).await;
    }

    async fn until_state(&self, name: &str, state: Option<&str>) {
        self.until_status(&format!("{name} is {state:?}"), |status| {
            let found = status["nodes"].as_array().unwrap().iter().find(|node| node["name"] == name);
            found.and_then(|node| node["state"].as_str()) == state
        })
        .await;
    }

    /// Waits until its first node has that many requests.
    pub(crate) async fn until_under_way(&self, count: u64) {
        self.until_status(&format!("{count} under way"), |status| status["nodes"][0]["under_way"] == count).await;
    }

    /// Nothing tells of a change, so it is looked for.
    async fn until_status(&self, what: &str, is_so: impl Fn(&Value) -> bool) {
        let look = async {
            while !is_so(&self.balancer.status()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let told = tokio::time::timeout(PATIENCE, look).await;
        assert!(told.is_ok(), "never {what}: {}", self.balancer.status());
    }

    pub(crate) async fn get(&self, session: &str) -> (u16, Value) {
        self.ask(&format!("GET /who HTTP/1.1\r\nCookie: JSESSIONID={session}\r\n"), "").await
    }

    /// One request on a connection of its own; `head`: its lines.
    pub(crate) async fn ask(&self, head: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{head}Host: shop.example\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_else(|_| body.into()))
    }
}

/// Reads until what was read ends with `end`.
pub(crate) async fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(read, 0, "closed behind {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}
