//! A real node (or two) on loopback, and a service whose behaviour each test gives as a closure.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Request, Response, header};
use http_body_util::BodyExt;
use outlive_net::{Cluster, ClusterConfig, ContextConfig, Membership, ReceiverAddress, SendOptions, Sessions};
use outlive_tower::{Session, SessionBody, SessionLayer};
use tower::{Layer, ServiceExt};

/// How long something may take that a node learns by itself.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// The sessions of `/app` on a node alone, named `n1`.
pub(crate) async fn alone() -> Sessions {
    let receiver = ([127, 0, 0, 1], 0).into();
    let sessions = open(&join("n1", receiver, vec![]).await);
    sessions.ready().await;
    sessions
}

/// The sessions of `/app` on nodes `n1` and `n2` that see each other. A response waits until the other has what it tells.
pub(crate) async fn pair() -> (Sessions, Sessions) {
    let [first, second] = free_ports();
    let (one, two) = tokio::join!(join("n1", first, vec![second]), join("n2", second, vec![first]));
    let (one, two) = (open(&one), open(&two));
    eventually("each sees the other", || async { one.members() == 1 && two.members() == 1 }).await;
    tokio::join!(one.ready(), two.ready());
    (one, two)
}

fn free_ports() -> [std::net::SocketAddr; 2] {
    let taken = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    taken.map(|listener| listener.local_addr().unwrap())
}

async fn join(name: &str, receiver: std::net::SocketAddr, others: Vec<std::net::SocketAddr>) -> Cluster {
    let config = ClusterConfig {
        name: name.to_owned(),
        receiver: ReceiverAddress::At(receiver),
        membership: Membership::Static(others),
        options: SendOptions(6),
        ..ClusterConfig::default()
    };
    Cluster::join(config).await.unwrap()
}

fn open(cluster: &Cluster) -> Sessions {
    cluster.open(ContextConfig { path: "/app".to_owned(), ..ContextConfig::default() })
}

/// Asks until it is so; there is no event to wait for.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, so: impl Fn() -> F) {
    let end = tokio::time::Instant::now() + LIMIT;
    while !so().await {
        assert!(tokio::time::Instant::now() < end, "not within {LIMIT:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What a client sees.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The whole `Set-Cookie` line.
    pub(crate) fn set_cookie(&self) -> Option<&str> {
        self.headers.get(header::SET_COOKIE).map(|line| line.to_str().unwrap())
    }

    /// The session's id that the client got.
    pub(crate) fn id(&self) -> Option<&str> {
        self.set_cookie()?.strip_prefix("JSESSIONID=")?.split(';').next()
    }
}

pub(crate) fn request(cookie: Option<&str>) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    if let Some(id) = cookie {
        let line = format!("JSESSIONID={id}").parse().unwrap();
        request.headers_mut().insert(header::COOKIE, line);
    }
    request
}

/// The head of the response to a request that `handler` serves.
pub(crate) async fn head<F>(
    layer: &SessionLayer,
    request: Request<Body>,
    handler: impl FnOnce(Session) -> F + Clone + Send + 'static,
) -> Response<SessionBody<Body>>
where
    F: Future<Output = Response<Body>> + 'static,
{
    let service = tower::service_fn(move |request: Request<Body>| {
        let session = request.extensions().get::<Session>().unwrap().clone();
        let response = handler.clone()(session);
        async { Ok::<_, Infallible>(response.await) }
    });
    layer.layer(service).oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// The whole answer to a request with that cookie, served by what `handler` does with the session.
pub(crate) async fn ask(
    sessions: &Sessions,
    cookie: Option<&str>,
    handler: impl FnOnce(Session) -> String + Clone + Send + 'static,
) -> Answer {
    ask_layer(&SessionLayer::new(sessions.clone()), request(cookie), handler).await
}

pub(crate) async fn ask_layer(
    layer: &SessionLayer,
    request: Request<Body>,
    handler: impl FnOnce(Session) -> String + Clone + Send + 'static,
) -> Answer {
    let answer = move |session| std::future::ready(Response::new(Body::from(handler(session))));
    read(head(layer, request, answer).await).await
}

pub(crate) async fn read(response: Response<SessionBody<Body>>) -> Answer {
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { headers: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}
