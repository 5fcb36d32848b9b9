//! What a layer can be told.

use std::sync::Arc;

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header};
use outlive_net::store::{MemoryStore, Store};
use outlive_net::{Pattern, Sessions, StoreSource};
use outlive_tower::{Replication, Session, SessionCookie, SessionLayer, Tracking};
use tokio::sync::Notify;

use crate::stored::node;
use crate::support::{alone, ask, ask_layer, head, pair, request};

fn at(path: &str, cookie: Option<&str>) -> Request<Body> {
    let mut request = request(cookie);
    *request.uri_mut() = path.parse().unwrap();
    request
}

fn count(session: Session) -> String {
    let next = session.get("n").unwrap().unwrap_or(0) + 1;
    session.set("n", next).unwrap();
    next.to_string()
}

/// Source: Tomcat `SessionConfig`: a configured name serves both the cookie and the path.
#[tokio::test]
async fn a_cookie_has_the_name_and_the_attributes_that_are_said() {
    let cookie =
        SessionCookie { name: "SID".to_owned(), max_age: Some(0), same_site: None, ..SessionCookie::default() };
    let layer = SessionLayer::new(alone().await).cookie(cookie);
    let made = ask_layer(&layer, request(None), count).await;
    let line = made.set_cookie().unwrap();
    let id = line.strip_prefix("SID=").unwrap().split(';').next().unwrap();
    assert!(line.ends_with("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:10 GMT; Path=/app; HttpOnly"), "{line}");
    let mut again = request(None);
    again.headers_mut().insert(header::COOKIE, HeaderValue::from_str(&format!("JSESSIONID=x; SID={id}")).unwrap());
    assert_eq!(ask_layer(&layer, again, count).await.text, "2");
}

/// Source: Tomcat `CoyoteAdapter`: the path is read first, and a cookie of that name goes before it.
#[tokio::test]
async fn an_id_in_the_path_names_a_session_where_urls_do() {
    let sessions = alone().await;
    let urls = SessionLayer::new(sessions.clone()).tracking(Tracking { cookies: false, urls: true });
    let made = ask_layer(&urls, request(None), |session| {
        count(session.clone());
        session.encode_url("/app/next?x=1").into_owned()
    });
    let made = made.await;
    assert_eq!(made.set_cookie(), None, "cookies are not set");
    assert!(made.text.starts_with("/app/next;jsessionid=") && made.text.ends_with("?x=1"), "{}", made.text);
    assert_eq!(ask_layer(&urls, at(&made.text, None), count).await.text, "2");
    let id = made.text.split('=').nth(1).unwrap().trim_end_matches("?x").to_owned();
    assert_eq!(ask_layer(&urls, at("/app", Some(&id)), count).await.text, "1", "cookies are not read");

    let both = SessionLayer::new(sessions.clone()).tracking(Tracking { cookies: true, urls: true });
    let path = format!("/app/a;jsessionid={id}/b;x=y");
    let seen = ask_layer(&both, at(&path, None), |session| session.exists().to_string()).await;
    assert_eq!(seen.text, "true");
    let other = ask_layer(&both, at(&path, Some("0000")), |session| session.exists().to_string()).await;
    assert_eq!(other.text, "false", "the cookie goes before the path");
    let cookies = SessionLayer::new(sessions);
    let ignored = ask_layer(&cookies, at(&path, None), |session| session.exists().to_string()).await;
    assert_eq!(ignored.text, "false", "by itself a layer takes no ids from paths");
}

/// Source: Tomcat `ReplicationValve`.
#[tokio::test]
async fn requests_that_match_the_filter_tell_nobody() {
    let (one, two) = pair().await;
    let but_pictures = Replication::Except(Pattern::new(r"/app/.*\.gif").unwrap());
    let layer = SessionLayer::new(one.clone()).replication(but_pictures);
    let id = ask_layer(&layer, at("/app", None), count).await.id().unwrap().to_owned();
    let value = |sessions: &Sessions| sessions.all()[0].get("n").map(|value| value.to_serde::<i32>().unwrap());
    assert_eq!(value(&two), Some(1));
    assert_eq!(ask_layer(&layer, at("/app/a%2egif", Some(&id)), count).await.text, "2");
    assert_eq!(value(&two), Some(1), "the decoded path matches");
    ask_layer(&layer, at("/app/a.gif?x", Some(&id)), count).await;
    ask_layer(&layer, at("/app/page", Some(&id)), |session| session.exists().to_string()).await;
    assert_eq!(value(&two), Some(3), "what was pending goes with the next request");

    let nothing = SessionLayer::new(one.clone()).replication(Replication::Nothing);
    ask_layer(&nothing, at("/app", Some(&id)), count).await;
    assert_eq!(value(&two), Some(3));
}

/// Source: Tomcat without a `JvmRouteBinderValve`.
#[tokio::test]
async fn a_route_stays_where_it_is_not_taken_over() {
    let (one, two) = pair().await;
    let id = ask(&one, None, count).await.id().unwrap().to_owned();
    let layer = SessionLayer::new(two).keep_routes();
    let answer = ask_layer(&layer, request(Some(&id)), count).await;
    assert_eq!((answer.text.as_str(), answer.set_cookie()), ("2", None));
}

/// Source: PersistentValve `semaphoreBlockOnAcquire="false"` and `filter`.
#[tokio::test]
async fn a_busy_session_is_refused_and_onlookers_wait_for_nobody() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let sessions = node("n1", StoreSource::new(move |_| Ok(Arc::clone(&store)))).await;
    let layer = SessionLayer::new(sessions).refuse_busy().onlookers(Pattern::new(r".*\.gif").unwrap());
    let id = ask_layer(&layer, request(None), count).await.id().unwrap().to_owned();
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (layer, id, entered, leave) = (layer.clone(), id.clone(), entered.clone(), leave.clone());
        tokio::spawn(async move {
            head(&layer, request(Some(&id)), async move |_: Session| {
                entered.notify_one();
                leave.notified().await;
                Response::new(Body::empty())
            })
            .await
        })
    };
    entered.notified().await;
    let refused = head(&layer, request(Some(&id)), async |_: Session| panic!("it is not called")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let picture = ask_layer(&layer, at("/app/a.gif", Some(&id)), |session| session.exists().to_string()).await;
    assert_eq!(picture.text, "true");
    leave.notify_one();
    assert_eq!(slow.await.unwrap().status(), StatusCode::OK);
    assert_eq!(ask_layer(&layer, request(Some(&id)), count).await.text, "2");
}
