//! Connections: their time-outs, their number, their end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[tokio::test]
async fn a_silent_front_is_closed_in_time() {
    let settings = AjpSettings { read_timeout: Duration::from_millis(50), ..AjpSettings::default() };
    let go_on = Arc::new(Notify::new());
    let server = serve(settings, move |mut request| {
        let go_on = go_on.clone();
        async move {
            let _ = request.body_mut().frame().await;
            go_on.notified().await;
            reply("")
        }
    });
    // Half a packet; the announced part of a body; one that was asked for.
    for (request, bytes) in [(None, &CPING[..3]), (Some(with_length(5)), b""), (Some(get("/")), b"")] {
        let mut front = Front::connect(&server).await;
        if let Some(request) = request {
            front.request(&request).await;
        }
        front.send(bytes).await;
        while front.next().await.is_some() {}
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_where_the_settings_say_so() {
    let settings = AjpSettings { idle_timeout: Some(Duration::from_millis(50)), ..AjpSettings::default() };
    let server = serve(settings, |_| async { reply("") });
    let mut front = Front::connect(&server).await;
    front.send(CPING).await;
    assert_eq!(front.next().await, Some(Answer::Pong));
    assert_eq!(front.next().await, None);
}

#[tokio::test]
async fn hostile_packets_close_their_connection_alone() {
    let server = ok();
    let mut good = Front::connect(&server).await;
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x12\x34\0\0", b"\x12\x34\0\x01\x07", b"AB\0\x01\x09"] {
        let mut bad = Front::connect(&server).await;
        bad.send(bytes).await;
        assert_eq!(bad.next().await, None, "{bytes:?}");
        good.request(&get("/")).await;
        assert_eq!(good.answer().await.0, 200);
    }
}

/// Tells when it is dropped.
struct Guard(Arc<Notify>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_front_that_goes_away_ends_its_request() {
    let (begun, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let notes = (begun.clone(), dropped.clone());
    let server = serve(AjpSettings::default(), move |_| {
        let (begun, guard) = (notes.0.clone(), Guard(notes.1.clone()));
        async move {
            let _guard = guard;
            begun.notify_one();
            pending().await
        }
    });
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    begun.notified().await;
    drop(front);
    tokio::time::timeout(LIMIT, dropped.notified()).await.unwrap();
}

#[tokio::test]
async fn connections_past_the_cap_wait() {
    let settings = AjpSettings { max_connections: 1, ..AjpSettings::default() };
    let order = Arc::new(Mutex::new(Vec::new()));
    let (begun, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let notes = (order.clone(), begun.clone(), go_on.clone());
    let server = serve(settings, move |_| {
        let (order, begun, go_on) = notes.clone();
        async move {
            let number = begun.fetch_add(1, Ordering::SeqCst);
            order.lock().unwrap().push((number, "begins"));
            go_on.notified().await;
            order.lock().unwrap().push((number, "ends"));
            reply("")
        }
    });
    let (mut first, mut second) = (Front::connect(&server).await, Front::connect(&server).await);
    second.request(&get("/")).await;
    first.request(&get("/")).await;
    go_on.notify_one();
    assert_eq!(first.answer().await.0, 200);
    drop(first);
    go_on.notify_one();
    assert_eq!(second.answer().await.0, 200);
    assert_eq!(*order.lock().unwrap(), [(0, "begins"), (0, "ends"), (1, "begins"), (1, "ends")]);
}

#[tokio::test]
async fn a_server_that_will_end_closes_behind_its_answers() {
    let server = ok();
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    assert_eq!(front.answer().await.2, [END]);
    server.close_behind_answers();
    // It is still there for a front, and for one request.
    front.send(CPING).await;
    assert_eq!(front.next().await, Some(Answer::Pong));
    front.request(&get("/")).await;
    let (status, _, others) = front.answer().await;
    assert_eq!((status, others), (200, vec![END_AND_CLOSE]));
    assert_eq!(front.next().await, None);
}

#[tokio::test]
async fn at_the_end_requests_under_way_are_answered_and_idle_connections_closed() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let notes = (begun.clone(), go_on.clone());
    let server = serve(AjpSettings::default(), move |_| {
        let (begun, go_on) = notes.clone();
        async move {
            begun.notify_one();
            go_on.notified().await;
            reply("late")
        }
    });
    let (mut idle, mut busy) = (Front::connect(&server).await, Front::connect(&server).await);
    idle.send(CPING).await;
    assert_eq!(idle.next().await, Some(Answer::Pong));
    busy.request(&get("/")).await;
    begun.notified().await;
    let stopping = tokio::spawn(server.stop(LIMIT));
    assert_eq!(idle.next().await, None);
    go_on.notify_one();
    let (status, body, others) = busy.answer().await;
    assert_eq!((status, &body[..], others), (200, &b"late"[..], vec![END_AND_CLOSE]));
    assert_eq!(busy.next().await, None);
    stopping.await.unwrap();
}

#[tokio::test]
async fn what_does_not_end_is_cut() {
    let begun = Arc::new(Notify::new());
    let note = begun.clone();
    let server = serve(AjpSettings::default(), move |_| {
        note.notify_one();
        pending()
    });
    let mut front = Front::connect(&server).await;
    front.request(&get("/")).await;
    begun.notified().await;
    server.stop(Duration::ZERO).await;
    assert_eq!(front.next().await, None);
}
