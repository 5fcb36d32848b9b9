//! What a client and a handler see of the layer, over a real node on loopback.

use std::net::SocketAddr;

use http::HeaderValue;
use outlive_tower::{Error, Session, SessionLayer, TrustedProxies};

use crate::support::{alone, ask, ask_layer, request};

/// Sets `name` and answers nothing.
fn set(name: &'static str, value: i32) -> impl FnOnce(Session) -> String + Clone {
    move |session| {
        session.set(name, value).unwrap();
        String::new()
    }
}

/// Answers with `name`, or "none".
fn get(name: &'static str) -> impl FnOnce(Session) -> String + Clone {
    move |session| session.get::<i32>(name).unwrap().map_or("none".to_owned(), |value| value.to_string())
}

#[tokio::test]
async fn reading_makes_no_session_and_writing_does() {
    let sessions = alone().await;
    let read = ask(&sessions, None, |session| {
        let nothing = session.get::<i32>("n").unwrap().is_none() && !session.remove("n");
        session.set("n", None::<i32>).unwrap();
        session.logout();
        session.invalidate();
        format!("{nothing} {} {:?} {:?}", session.exists(), session.id(), session.user())
    });
    let read = read.await;
    assert_eq!((read.text.as_str(), read.set_cookie()), ("true false None None", None));
    assert_eq!(sessions.len(), 0);

    let made = ask(&sessions, None, set("n", 7)).await;
    let id = made.id().unwrap();
    assert_eq!(made.set_cookie(), Some(&*format!("JSESSIONID={id}; Path=/app; HttpOnly; SameSite=Lax")));
    assert_eq!(made.headers["cache-control"], "no-store");
    let (base, route) = id.split_once('.').unwrap();
    assert!(
        route == "n1"
            && base.len() == 32
            && base.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()),
        "{id}"
    );

    let again = ask(&sessions, Some(id), get("n")).await;
    assert_eq!((again.text.as_str(), again.set_cookie()), ("7", None));
    assert_eq!(again.headers.get("cache-control"), None, "an answer without a cookie is the application's own matter");
}

#[tokio::test]
async fn an_application_that_says_how_to_cache_is_not_overruled() {
    let layer = SessionLayer::new(alone().await);
    let response = crate::support::head(&layer, request(None), async |session| {
        session.create().unwrap();
        let mut response = http::Response::new(axum::body::Body::empty());
        response.headers_mut().insert("cache-control", HeaderValue::from_static("private"));
        response
    });
    let headers = response.await.headers().clone();
    assert!(headers.contains_key("set-cookie"));
    assert_eq!(headers.get_all("cache-control").iter().collect::<Vec<_>>(), ["private"]);
}

#[tokio::test]
async fn an_id_that_no_session_has_is_never_adopted() {
    let sessions = alone().await;
    for planted in ["0123456789ABCDEF0123456789ABCDEF.n1", "x", ".", "../../etc/passwd", "%00"] {
        let made = ask(&sessions, Some(planted), set("n", 1)).await;
        let id = made.id().unwrap();
        assert!(!id.starts_with(planted) && id.len() == 35, "{planted}: {id}");
    }
}

#[tokio::test]
async fn of_several_cookies_the_first_that_names_a_session_counts() {
    let sessions = alone().await;
    let (one, two) = (ask(&sessions, None, set("n", 1)).await, ask(&sessions, None, set("n", 2)).await);
    let (one, two) = (one.id().unwrap(), two.id().unwrap());
    let both = format!("dead.n1; JSESSIONID={two}; JSESSIONID={one}");
    assert_eq!(ask(&sessions, Some(&both), get("n")).await.text, "2");
}

#[tokio::test]
async fn a_login_gives_a_new_id_and_the_old_one_is_dead() {
    let sessions = alone().await;
    let anonymous = ask(&sessions, None, set("n", 1)).await;
    let old = anonymous.id().unwrap();
    let login = ask(&sessions, Some(old), |session| {
        session.login("alice", ["user", "admin"]).unwrap();
        session.id().unwrap()
    });
    let login = login.await;
    let id = login.id().unwrap();
    assert!(id == login.text && id != old, "the cookie carries the new id");

    let user = |session: Session| format!("{:?}", session.user().map(|user| (user.name, user.roles)));
    assert_eq!(ask(&sessions, Some(id), user).await.text, r#"Some(("alice", ["admin", "user"]))"#);
    assert_eq!(ask(&sessions, Some(id), get("n")).await.text, "1");
    assert_eq!(ask(&sessions, Some(old), user).await.text, "None");

    let out = ask(&sessions, Some(id), move |session| {
        session.logout();
        user(session)
    });
    assert_eq!(out.await.text, "None");
    assert_eq!(ask(&sessions, Some(id), get("n")).await.text, "1", "a logout keeps the session");
}

#[tokio::test]
async fn a_login_without_a_session_makes_one() {
    let sessions = alone().await;
    let login = ask(&sessions, None, |session| {
        session.login("bob", ["user"]).unwrap();
        format!("{} {}", session.is_new(), session.user().unwrap().name)
    });
    let login = login.await;
    assert!(login.text == "true bob" && login.id().is_some(), "{login:?}");
}

#[tokio::test]
async fn what_is_ended_is_gone_and_sets_no_cookie_unless_made_anew() {
    let sessions = alone().await;
    let made = ask(&sessions, None, set("n", 1)).await;
    let old = made.id().unwrap();
    let ended = ask(&sessions, Some(old), |session| {
        session.change_id().unwrap(); // would send a cookie
        session.invalidate();
        format!("{} {:?}", session.exists(), session.get::<i32>("n").unwrap())
    });
    let ended = ended.await;
    assert_eq!((ended.text.as_str(), ended.set_cookie()), ("false None", None));
    assert_eq!(sessions.len(), 0);

    let made = ask(&sessions, None, set("n", 1)).await;
    let old = made.id().unwrap();
    let anew = ask(&sessions, Some(old), |session| {
        session.invalidate();
        session.set("m", 2).unwrap();
        format!("{:?}", session.get::<i32>("n").unwrap())
    });
    let anew = anew.await;
    assert_eq!(anew.text, "None");
    assert!(anew.id().is_some_and(|id| id != old), "{anew:?}");
    assert_eq!(sessions.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_stays() {
    let sessions = alone().await;
    let told = ask(&sessions, None, |session| {
        session.set("name", "Ada").unwrap();
        let error = session.get::<i32>("name").unwrap_err();
        assert!(matches!(&error, Error::Read { name, wanted: "i32", .. } if name == "name"), "{error:?}");
        let refused = session.update("name", |n: &mut i32| *n += 1).unwrap_err();
        assert!(matches!(refused, Error::Read { .. }), "{refused:?}");
        assert_eq!(session.get::<String>("name").unwrap().as_deref(), Some("Ada"));
        error.to_string()
    });
    let text = told.await.text;
    assert!(
        text.starts_with("the session attribute \"name\" is a java.lang.String and cannot be read as i32: "),
        "{text}"
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_told_and_changes_nothing() {
    let sessions = alone().await;
    let told = ask(&sessions, None, |session| {
        session.set("n", 1).unwrap();
        let error = session.set("n", u64::MAX).unwrap_err();
        assert!(matches!(&error, Error::Write { name, given: "u64", .. } if name == "n"), "{error:?}");
        assert_eq!(session.get::<i32>("n").unwrap(), Some(1));
        error.to_string()
    });
    let text = told.await.text;
    assert!(text.starts_with("the session attribute \"n\" cannot be set to a u64: "), "{text}");
}

#[tokio::test]
async fn values_are_updated_in_place_and_removed_by_none() {
    let sessions = alone().await;
    let made = ask(&sessions, None, |session| {
        let length = |list: &mut Vec<String>| {
            list.push("x".to_owned());
            list.len()
        };
        format!("{} {}", session.update("l", length).unwrap(), session.update("l", length).unwrap())
    });
    let made = made.await;
    assert_eq!(made.text, "1 2");
    let removed = ask(&sessions, made.id(), |session| {
        let names = |session: &Session| session.attributes().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let before = names(&session);
        session.set("l", None::<Vec<String>>).unwrap();
        format!("{before:?} {:?}", names(&session))
    });
    assert_eq!(removed.await.text, r#"["l"] []"#);
}

#[tokio::test]
async fn times_are_told() {
    let sessions = alone().await;
    let made = ask(&sessions, None, |session| {
        session.set_max_inactive(60).unwrap();
        assert!(session.is_new() && session.created() == session.last_accessed());
        format!("{:?}", session.created().unwrap())
    });
    let made = made.await;
    let later = ask(&sessions, made.id(), |session| {
        assert!(!session.is_new() && session.max_inactive() == Some(60));
        assert!(session.last_accessed() >= session.created());
        format!("{:?}", session.created().unwrap())
    });
    assert_eq!(later.await.text, made.text);
}

#[tokio::test]
async fn the_cookie_is_secure_where_a_listed_proxy_says_so() {
    let sessions = alone().await;
    let proxies: TrustedProxies = "10.0.0.0/8".parse().unwrap();
    let layer = SessionLayer::new(sessions.clone()).trusted_proxies(proxies).cookie_path("/");
    for (peer, expected) in
        [("10.1.1.1:1", "; Path=/; Secure; HttpOnly; SameSite=Lax"), ("11.1.1.1:1", "; Path=/; HttpOnly; SameSite=Lax")]
    {
        let mut request = request(None);
        request.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
        request.extensions_mut().insert(peer.parse::<SocketAddr>().unwrap());
        let answer = ask_layer(&layer, request, set("n", 1)).await;
        let line = answer.set_cookie().unwrap();
        assert!(line.ends_with(expected), "{peer}: {line}");
    }
    let answer = ask_layer(&SessionLayer::new(sessions).always_secure(), request(None), set("n", 1)).await;
    assert!(answer.set_cookie().unwrap().contains("; Secure"));
}

#[tokio::test]
async fn a_session_shows_no_id_in_a_log() {
    let sessions = alone().await;
    let told = ask(&sessions, None, |session| {
        session.create().unwrap();
        format!("{session:?}")
    });
    assert_eq!(told.await.text, "Session { exists: true, is_new: true, .. }");
}

#[tokio::test]
async fn a_handler_without_the_layer_is_told_so() {
    use tower::ServiceExt;
    let app: axum::Router = axum::Router::new().route("/", axum::routing::get(async |_: Session| "never"));
    let response = app.oneshot(request(None)).await.unwrap();
    assert_eq!(response.status(), http::StatusCode::INTERNAL_SERVER_ERROR);
}
