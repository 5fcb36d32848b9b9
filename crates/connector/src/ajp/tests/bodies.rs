//! Bodies, both ways.

use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::Frame;
use tokio::sync::mpsc;

use super::*;

/// Collects the body part by part, and tells each one's length when it is told to go on.
fn reader(go_on: Arc<Notify>, lengths: mpsc::UnboundedSender<Result<usize, BodyError>>) -> Running {
    serve(AjpSettings::default(), move |mut request| {
        let (go_on, lengths) = (go_on.clone(), lengths.clone());
        async move {
            loop {
                go_on.notified().await;
                match request.body_mut().frame().await {
                    None => return reply("all"),
                    Some(frame) => {
                        let _ = lengths.send(frame.map(|frame| frame.into_data().unwrap().len()));
                    }
                }
            }
        }
    })
}

#[tokio::test]
async fn a_body_is_asked_for_when_the_service_reads_and_not_before() {
    let go_on = Arc::new(Notify::new());
    let (lengths, mut read) = mpsc::unbounded_channel();
    let server = reader(go_on.clone(), lengths);
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    for length in [3, 4] {
        go_on.notify_one();
        assert_eq!(front.next().await, Some(Answer::GetBody(8186)));
        front.send(&part(&vec![7; length])).await;
        assert_eq!(read.recv().await, Some(Ok(length)));
    }
    assert!(Answer::decode(&mut front.received).unwrap().is_none(), "nobody reads, so nothing is asked for");
    go_on.notify_one();
    assert_eq!(front.next().await, Some(Answer::GetBody(8186)));
    front.send(&part(b"")).await;
    let (status, body, others) = front.answer().await;
    assert_eq!((status, &body[..], others), (200, &b"all"[..], vec![END]));
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error_of_the_service() {
    let go_on = Arc::new(Notify::new());
    let (lengths, mut read) = mpsc::unbounded_channel();
    let server = reader(go_on.clone(), lengths);
    let mut front = Front::connect(&server).await;
    front.request(&with_length(5)).await;
    front.send(&part(b"ab")).await;
    go_on.notify_one();
    assert_eq!(read.recv().await, Some(Ok(2)));
    go_on.notify_one();
    assert_eq!(front.next().await, Some(Answer::GetBody(8186)));
    front.send(&part(b"")).await;
    assert_eq!(read.recv().await, Some(Err(BodyError::Incomplete { missing: 3 })));
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_harm_the_next_request() {
    let server = ok();
    let mut front = Front::connect(&server).await;
    for _ in 0..3 {
        front.request(&with_length(5)).await;
        front.send(&part(b"abcde")).await;
        let (status, _, others) = front.answer().await;
        assert_eq!((status, others), (200, vec![END]));
    }
}

#[tokio::test]
async fn bodies_are_echoed_part_by_part() {
    let server = serve(AjpSettings::default(), |request| async move {
        Response::new(request.into_body().map_err(|error| unreachable!("{error}")).boxed())
    });
    let mut front = Front::connect(&server).await;
    let sent: Vec<u8> = (0..100_000).map(|i| (i % 251) as u8).collect();
    front.request(&with_length(sent.len())).await;
    let mut parts = sent.chunks(8186);
    front.send(&part(parts.next().unwrap())).await;
    let mut echoed = Vec::new();
    loop {
        match front.next().await.unwrap() {
            Answer::GetBody(8186) => front.send(&part(parts.next().unwrap())).await,
            Answer::Body(part) => echoed.extend_from_slice(&part),
            Answer::End { reuse } => break assert!(reuse),
            Answer::Head { status, headers, .. } => {
                assert_eq!(status, 200);
                assert_eq!(headers, [(Bytes::from("Content-Length"), Bytes::from("100000"))]);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(echoed == sent && parts.next().is_none());
}

/// An answer of one part, after which the service has nothing for now.
fn stalls(flush: bool) -> Running {
    let settings = AjpSettings { flush, ..AjpSettings::default() };
    serve(settings, |_| async {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(Ok(Bytes::from("first"))).await.unwrap();
        tokio::spawn(async move {
            let _sender = sender;
            pending::<()>().await;
        });
        Response::new(Sent(receiver).boxed())
    })
}

/// The frames that are sent, as a body.
struct Sent<E>(mpsc::Receiver<Result<Bytes, E>>);

impl<E> http_body::Body for Sent<E> {
    type Data = Bytes;
    type Error = E;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        self.0.poll_recv(cx).map(|data| data.map(|data| data.map(Frame::data)))
    }
}

#[tokio::test]
async fn what_is_there_of_an_answer_is_flushed() {
    let server = stalls(true);
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    assert!(matches!(front.next().await, Some(Answer::Head { status: 200, .. })));
    assert_eq!(front.next().await, Some(Answer::Body(Bytes::from("first"))));
    assert_eq!(front.next().await, Some(Answer::Body(Bytes::new())));
}

#[tokio::test]
async fn without_flushing_it_is_not() {
    let server = stalls(false);
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    assert!(matches!(front.next().await, Some(Answer::Head { .. })));
    assert_eq!(front.next().await, Some(Answer::Body(Bytes::from("first"))));
    // The end comes by the front's hand, as the answer never does.
    front.stream.shutdown().await.unwrap();
    assert_eq!(front.next().await, None);
}

#[tokio::test]
async fn a_head_that_does_not_fit_becomes_500() {
    let server = serve(AjpSettings::default(), |_| async {
        let mut reply = reply("never seen");
        reply.headers_mut().insert("x-long", "x".repeat(9000).parse().unwrap());
        reply
    });
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    let (status, body, others) = front.answer().await;
    assert_eq!((status, &body[..], others), (500, &b"Internal Server Error\n"[..], vec![END_AND_CLOSE]));
}

#[tokio::test]
async fn headers_of_the_connection_stay_here() {
    let server = serve(AjpSettings::default(), |_| async {
        let mut reply = reply("x");
        for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
            reply.headers_mut().insert(name, "x".parse().unwrap());
        }
        reply
    });
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    let Some(Answer::Head { headers, .. }) = front.next().await else { panic!("no head") };
    assert_eq!(headers, [(Bytes::from("Content-Length"), Bytes::from("1"))]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_cut() {
    let service = tower::service_fn(|_: Request<RequestBody>| async {
        let (sender, receiver) = mpsc::channel(2);
        sender.send(Ok(Bytes::from("half"))).await.unwrap();
        sender.send(Err(std::io::Error::other("gone"))).await.unwrap();
        Ok::<_, Infallible>(Response::new(Sent(receiver)))
    });
    let server = bound().serve(service, AjpSettings::default()).unwrap();
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    let mut seen = Vec::new();
    while let Some(answer) = front.next().await {
        seen.push(answer);
    }
    assert!(!seen.iter().any(|answer| matches!(answer, Answer::End { .. })), "{seen:?}");
}
