//! When the other node has what a request changed: two real nodes on loopback.

use std::future::{Ready, pending, ready};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::Response;
use http_body_util::BodyExt;
use outlive_net::Sessions;
use outlive_tower::{Error, Session, SessionLayer};

use crate::support::{ask, eventually, head, pair, request};

async fn value(sessions: &Sessions, id: &str) -> Option<i32> {
    let answer = ask(sessions, Some(id), |session| format!("{:?}", session.get::<i32>("n").unwrap())).await;
    answer.text.strip_prefix("Some(").and_then(|text| text.trim_end_matches(')').parse().ok())
}

/// A session on the first node with `n` = 0; its id.
async fn session(one: &Sessions) -> String {
    let made = ask(one, None, |session| {
        session.set("n", 0).unwrap();
        String::new()
    });
    made.await.id().unwrap().to_owned()
}

/// Where a handler puts its session for the test to take.
type Place = Arc<Mutex<Option<Session>>>;

/// A handler that hands its session out, and where to.
fn kept() -> (Place, impl FnOnce(Session) -> Ready<Response<Body>> + Clone) {
    let place = Place::default();
    let put = place.clone();
    let handler = move |session| {
        *put.lock().unwrap() = Some(session);
        ready(Response::new(Body::from("streamed")))
    };
    (place, handler)
}

#[tokio::test]
async fn the_other_node_has_it_when_the_response_is_there() {
    let (one, two) = pair().await;
    let mut id = session(&one).await;
    // To and fro: each time the node that is asked takes the session over and tells the client.
    for n in 1..=50 {
        let (here, there, name) = if n % 2 == 1 { (&two, &one, "n2") } else { (&one, &two, "n1") };
        let counted = ask(here, Some(&id), |session| {
            session
                .update("n", |n: &mut i32| {
                    *n += 1;
                    *n
                })
                .unwrap()
                .to_string()
        });
        let counted = counted.await;
        assert_eq!(counted.text, n.to_string());
        assert!(counted.id().unwrap().ends_with(name), "{n}: {:?}", counted.set_cookie());
        id = counted.id().unwrap().to_owned();
        assert_eq!(there.find(&id).unwrap().get("n"), here.find(&id).unwrap().get("n"), "{n}");
    }
}

#[tokio::test]
async fn an_end_is_everywhere_when_the_response_is_there() {
    let (one, two) = pair().await;
    for _ in 0..20 {
        let id = session(&one).await;
        assert!(two.find(&id).is_some());
        ask(&one, Some(&id), |session| {
            session.invalidate();
            String::new()
        })
        .await;
        assert!(two.find(&id).is_none());
    }
    assert_eq!((one.len(), two.len()), (0, 0));
}

#[tokio::test]
async fn what_needs_a_cookie_is_refused_behind_the_head() {
    let (one, _two) = pair().await;
    let id = session(&one).await;
    let layer = SessionLayer::new(one.clone());
    let (place, handler) = kept();

    let _response = head(&layer, request(None), handler.clone()).await;
    let late = place.lock().unwrap().take().unwrap();
    for refused in [late.create(), late.set("n", 1), late.set_max_inactive(1), late.login("alice", ["user"])] {
        assert!(matches!(refused, Err(Error::ResponseStarted { .. })), "{refused:?}");
    }
    assert!(matches!(late.change_id(), Err(Error::ResponseStarted { .. })));
    assert!(!late.exists());

    let _response = head(&layer, request(Some(&id)), handler).await;
    let late = place.lock().unwrap().take().unwrap();
    for refused in [late.change_id(), late.login("alice", ["user"])] {
        assert!(matches!(refused, Err(Error::ResponseStarted { .. })), "{refused:?}");
    }
    assert_eq!((late.id(), late.user()), (Some(id), None), "nothing has changed");
}

#[tokio::test]
async fn a_change_behind_the_head_is_sent_when_the_last_handle_is_dropped() {
    let (one, two) = pair().await;
    let id = session(&one).await;
    let (place, handler) = kept();
    let response = head(&SessionLayer::new(one), request(Some(&id)), handler).await;
    let late = place.lock().unwrap().take().unwrap();
    late.set("n", 8).unwrap();
    drop(late);
    eventually("the other node has it, while the body is still open", || async { value(&two, &id).await == Some(8) })
        .await;
    drop(response);
}

#[tokio::test]
async fn a_change_behind_the_head_is_sent_when_the_body_ends() {
    let (one, two) = pair().await;
    let id = session(&one).await;
    let (place, handler) = kept();
    let response = head(&SessionLayer::new(one), request(Some(&id)), handler).await;
    let late = place.lock().unwrap().take().unwrap();
    late.set("n", 9).unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "streamed");
    eventually("the other node has it, while a handle is still held", || async { value(&two, &id).await == Some(9) })
        .await;
    late.set("n", 10).unwrap();
    drop(late);
    eventually("and what came after the body, with the handle", || async { value(&two, &id).await == Some(10) }).await;
}

#[tokio::test]
async fn a_handler_that_is_cancelled_or_panics_has_done_what_it_did() {
    let (one, two) = pair().await;
    let id = session(&one).await;
    let layer = SessionLayer::new(one);

    let (begun, begin) = tokio::sync::oneshot::channel();
    let begun = Arc::new(Mutex::new(Some(begun)));
    let cancelled = tokio::spawn({
        let (layer, request) = (layer.clone(), request(Some(&id)));
        async move {
            let handler = async move |session: Session| {
                session.set("n", 3).unwrap();
                begun.lock().unwrap().take().unwrap().send(()).unwrap();
                pending().await
            };
            head(&layer, request, handler).await;
        }
    });
    begin.await.unwrap();
    cancelled.abort();
    eventually("the cancelled request's change is there", || async { value(&two, &id).await == Some(3) }).await;

    let panicked = tokio::spawn({
        let (layer, request) = (layer.clone(), request(Some(&id)));
        async move {
            let handler = async |session: Session| {
                session.set("n", 4).unwrap();
                panic!("of the test")
            };
            head(&layer, request, handler).await;
        }
    });
    assert!(panicked.await.unwrap_err().is_panic());
    eventually("the panicked request's change is there", || async { value(&two, &id).await == Some(4) }).await;
}
