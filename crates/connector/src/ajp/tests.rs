use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use outlive_ajp::answer::Answer;
use outlive_ajp::{Attribute, ForwardRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::*;

mod bodies;
mod life;

const LIMIT: Duration = Duration::from_secs(10);
const CPING: &[u8] = b"\x12\x34\0\x01\x0a";
const END: Answer = Answer::End { reuse: true };
const END_AND_CLOSE: Answer = Answer::End { reuse: false };

type Reply = Response<BoxBody<Bytes, Infallible>>;

fn reply(body: impl Into<Bytes>) -> Reply {
    Response::new(Full::new(body.into()).boxed())
}

/// Serves `answer` on loopback.
fn serve<F, A>(settings: AjpSettings, answer: F) -> Running
where
    F: Fn(Request<RequestBody>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Reply> + Send + 'static,
{
    let service = tower::service_fn(move |request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    bound().serve(service, settings).unwrap()
}

fn bound() -> AjpServer {
    AjpServer::bind("127.0.0.1:0".parse().unwrap()).unwrap()
}

fn ok() -> Running {
    serve(AjpSettings::default(), |_| async { reply("ok") })
}

/// A front's connection.
struct Front {
    stream: TcpStream,
    received: BytesMut,
}

impl Front {
    async fn connect(server: &Running) -> Self {
        Self { stream: TcpStream::connect(server.address()).await.unwrap(), received: BytesMut::new() }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn request(&mut self, request: &ForwardRequest) {
        self.send(&request.encode(PacketSize::default()).unwrap()).await;
    }

    /// The next packet; none where the connection is closed.
    async fn next(&mut self) -> Option<Answer> {
        loop {
            if let Some(answer) = Answer::decode(&mut self.received).unwrap() {
                return Some(answer);
            }
            let read = tokio::time::timeout(LIMIT, self.stream.read_buf(&mut self.received)).await.unwrap();
            if !matches!(read, Ok(1..)) {
                assert!(self.received.is_empty(), "closed within a packet");
                return None;
            }
        }
    }

    /// All packets up to the end of an answer: its status, its body, the rest.
    async fn answer(&mut self) -> (u16, Vec<u8>, Vec<Answer>) {
        let (mut status, mut body, mut others) = (0, Vec::new(), Vec::new());
        loop {
            match self.next().await.expect("an answer") {
                Answer::Head { status: said, .. } => status = said,
                Answer::Body(part) if !part.is_empty() => body.extend_from_slice(&part),
                end @ Answer::End { .. } => {
                    others.push(end);
                    return (status, body, others);
                }
                other => others.push(other),
            }
        }
    }
}

fn get(uri: &'static str) -> ForwardRequest {
    ForwardRequest {
        method: Bytes::from("GET"),
        protocol: Bytes::from("HTTP/1.1"),
        uri: Bytes::from(uri),
        remote_address: Some(Bytes::from("192.0.2.7")),
        remote_host: None,
        server_name: None,
        server_port: 80,
        is_ssl: false,
        headers: vec![(Bytes::from("host"), Bytes::from("www.example"))],
        attributes: Vec::new(),
    }
}

fn with_length(length: usize) -> ForwardRequest {
    let mut request = get("/");
    request.headers.push((Bytes::from("content-length"), Bytes::from(length.to_string())));
    request
}

fn part(data: &[u8]) -> Vec<u8> {
    let length = |more: usize| ((data.len() + more) as u16).to_be_bytes();
    [&[0x12, 0x34][..], &length(2), &length(0), data].concat()
}

#[tokio::test]
async fn an_address_of_the_network_without_a_secret_is_not_served() {
    let server = AjpServer::bind("0.0.0.0:0".parse().unwrap()).unwrap();
    let address = server.address();
    let service = tower::service_fn(|_: Request<RequestBody>| async { Ok::<_, Infallible>(reply("")) });
    let error = server.serve(service, AjpSettings::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{address} is an address of the network, and without a secret anyone there could be any user")
    );
}

#[tokio::test]
async fn a_front_is_refused_until_the_server_serves() {
    let server = bound();
    let error = TcpStream::connect(server.address()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn requests_and_cpings_share_a_connection() {
    let server = ok();
    let mut front = Front::connect(&server).await;
    for _ in 0..3 {
        front.send(CPING).await;
        assert_eq!(front.next().await, Some(Answer::Pong));
        front.request(&get("/")).await;
        let Some(Answer::Head { status: 200, reason, headers }) = front.next().await else { panic!("no head") };
        assert_eq!(reason, "OK");
        assert_eq!(headers, [(Bytes::from("Content-Length"), Bytes::from("2"))]);
        assert_eq!(front.next().await, Some(Answer::Body(Bytes::from("ok"))));
        assert_eq!(front.next().await, Some(END));
    }
}

#[tokio::test]
async fn a_head_request_has_the_length_and_no_body() {
    let server = ok();
    let mut front = Front::connect(&server).await;
    front.request(&ForwardRequest { method: Bytes::from("HEAD"), ..get("/") }).await;
    let Some(Answer::Head { headers, .. }) = front.next().await else { panic!("no head") };
    assert_eq!(headers, [(Bytes::from("Content-Length"), Bytes::from("2"))]);
    assert_eq!(front.next().await, Some(END));
}

#[tokio::test]
async fn a_service_sees_what_the_front_says() {
    let server = serve(AjpSettings::default(), |request| async move {
        let client = request.extensions().get::<std::net::SocketAddr>().unwrap();
        let forwarded = request.extensions().get::<Forwarded>().unwrap();
        reply(format!("{client} {} {:?}", request.uri(), forwarded.activation))
    });
    let mut front = Front::connect(&server).await;
    let attributes = vec![Attribute::Named { name: Bytes::from("JK_LB_ACTIVATION"), value: Bytes::from("DIS") }];
    front.request(&ForwardRequest { is_ssl: true, attributes, ..get("/x") }).await;
    let (_, body, _) = front.answer().await;
    assert_eq!(body, b"192.0.2.7:0 https://www.example/x Some(Disabled)");
}

#[tokio::test]
async fn a_rejected_request_is_answered_and_the_connection_closed() {
    let server = ok();
    let unknown = vec![Attribute::Named { name: Bytes::from("x"), value: Bytes::new() }];
    for (request, status) in [(ForwardRequest { attributes: unknown, ..get("/") }, 403), (get("no path"), 400)] {
        let mut front = Front::connect(&server).await;
        front.request(&request).await;
        let (found, _, others) = front.answer().await;
        assert_eq!((found, others), (status, vec![END_AND_CLOSE]));
        assert_eq!(front.next().await, None);
    }
}
