//! The session app's answers, letter by letter.

use crate::support::{Answer, Node, ask, ask_with_body};

/// A body with what differs from run to run replaced: ids by `ID`, times by `0`.
fn plain(answer: &Answer) -> String {
    let mut text = answer.body.clone();
    for (key, end, by) in [("\"id\":\"", '.', "ID"), ("\"created\":", ',', "0"), ("\"lastAccessed\":", ',', "0")] {
        if let Some((before, rest)) = text.split_once(key) {
            let tail = rest.find(end).map_or("", |at| &rest[at..]);
            text = format!("{before}{key}{by}{tail}");
        }
    }
    text
}

/// Asks in turn with one cookie, each line a path and the answer.
fn talk(node: &Node, lines: &[(&str, u16, &str)]) {
    let mut cookie: Option<String> = None;
    for (path, status, body) in lines {
        let answer = node.get(&format!("/app{path}"), cookie.as_deref());
        assert_eq!((answer.status, plain(&answer).as_str()), (*status, *body), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        cookie = answer.cookie().map(str::to_owned).or(cookie);
    }
}

const EMPTY: &str = r#"{"node":"n1","id":null}"#;

#[test]
fn reading_makes_no_session() {
    let node = Node::start("n1");
    talk(
        &node,
        &[
            ("/session", 200, EMPTY),
            ("/session?create=yes", 200, EMPTY),
            ("/read", 200, r#"{"node":"n1","id":null,"counter":null}"#),
            ("/invalidate", 200, EMPTY),
            ("/login?user=alice&password=wrong", 401, r#"{"error":"login failed"}"#),
            ("/set?name=x&type=int&value=one", 400, r#"{"error":"For input string: \"one\""}"#),
            ("/nothing", 404, r#"{"error":"no such route"}"#),
            ("", 404, r#"{"error":"no such route"}"#),
            ("/health", 200, r#"{"node":"n1","members":0,"sessions":0}"#),
        ],
    );
}

#[test]
fn a_form_is_as_good_as_a_query() {
    let node = Node::start("n1");
    let form = |path: &str, more: &str, body: &str| {
        let head = format!("Host: n1\r\nContent-Type: application/x-www-form-urlencoded{more}");
        ask_with_body(node.http, "POST", path, &head, body)
    };
    let made = form("/app/set?name=a", "", "name=b&value=gr%C3%BC+1");
    assert!(made.body.ends_with(r#""user":null,"attributes":{"a":"grü 1"}}"#), "{}", made.body);
    let made = form("/app/set", "; charset=ISO-8859-1", "name=b&type=list&value=gr%FC,x");
    assert!(made.body.ends_with(r#""attributes":{"b":["grü","x"]}}"#), "{}", made.body);
    let made = form("/app/login", "", "user=alice&password=wonderland");
    assert!(made.body.contains(r#""user":"alice""#), "{}", made.body);
    // What is no form, or too long for one, has no parameters.
    let other = ask_with_body(node.http, "POST", "/app/set?name=a", "Host: n1\r\nContent-Type: text/plain", "value=1");
    assert_eq!((other.status, other.body.as_str()), (400, r#"{"error":"no parameter value"}"#));
    let long = format!("value={}", "x".repeat(2 << 20));
    assert_eq!(form("/app/set?name=a", "", &long).status, 400);
    assert_eq!(form("/app/session?create=true", "", &long).status, 200);
}

#[test]
fn a_path_means_what_it_means_in_a_tomcat() {
    let node = Node::start("n1");
    for path in [
        "/app/session;jsessionid=0AFF.n1",
        "/app;v=1/session",
        "/app/%73ession",
        "//app/session",
        "/app/./session",
        "/x/../app/session",
    ] {
        let answer = node.get(path, None);
        assert_eq!((answer.status, answer.body.as_str()), (200, EMPTY), "{path}");
    }
    for path in ["/../app/session", "/app/%2e%2e/../x", "/app%2Fsession", "/app/%5Csession", "/app/%", "/app/%zz"] {
        assert_eq!(node.get(path, None).status, 400, "{path}");
    }
    assert_eq!(node.get("/app/../session", None).status, 404);
}

#[test]
fn a_session_is_shown_with_all_it_holds() {
    let node = Node::start("n1");
    let object = |new: bool, idle: i32, user: &str, attributes: &str| {
        format!(
            r#"{{"node":"n1","id":"ID.n1","new":{new},"created":0,"lastAccessed":0,"maxInactive":{idle},"user":{user},"attributes":{{{attributes}}}}}"#
        )
    };
    let all = r#""b":"00ff","d":1700000000123,"f":-7.5,"l":["x","y"],"m":{"k":"v"},"name":"grüße, \"S1\"","t":true"#;
    let list = r#""l":["x","y"]"#;
    talk(
        &node,
        &[
            ("/session?create=true", 200, &object(true, 1800, "null", "")),
            ("/set?name=t&type=boolean&value=true", 200, &object(false, 1800, "null", r#""t":true"#)),
            ("/set?name=l&type=list&value=x,y", 200, &object(false, 1800, "null", &format!(r#"{list},"t":true"#))),
            (
                "/set?name=m&type=map&value=k%3Dv",
                200,
                &object(false, 1800, "null", &format!(r#"{list},"m":{{"k":"v"}},"t":true"#)),
            ),
            ("/remove?name=m", 200, &object(false, 1800, "null", &format!(r#"{list},"t":true"#))),
            ("/mutate?name=l&value=z", 200, &object(false, 1800, "null", r#""l":["x","y","z"],"t":true"#)),
            ("/mutate?name=t&value=z", 400, r#"{"error":"java.lang.Boolean is no list"}"#),
            ("/mutate?name=none&value=z", 400, r#"{"error":"no such list"}"#),
            ("/set?name=l&type=list&value=x,y", 200, &object(false, 1800, "null", &format!(r#"{list},"t":true"#))),
            (
                "/set?name=m&type=map&value=k%3Dv",
                200,
                &object(false, 1800, "null", &format!(r#"{list},"m":{{"k":"v"}},"t":true"#)),
            ),
            ("/fill?name=b&bytes=2", 200, r#"{"node":"n1","id":"ID.n1","bytes":2}"#),
            (
                "/set?name=b&type=bytes&value=00ff",
                200,
                &object(false, 1800, "null", &format!(r#""b":"00ff",{list},"m":{{"k":"v"}},"t":true"#)),
            ),
            (
                "/set?name=d&type=date&value=1700000000123",
                200,
                &object(
                    false,
                    1800,
                    "null",
                    &format!(r#""b":"00ff","d":1700000000123,{list},"m":{{"k":"v"}},"t":true"#),
                ),
            ),
            (
                "/set?name=f&type=double&value=-7.5",
                200,
                &object(
                    false,
                    1800,
                    "null",
                    &format!(r#""b":"00ff","d":1700000000123,"f":-7.5,{list},"m":{{"k":"v"}},"t":true"#),
                ),
            ),
            ("/set?name=name&value=gr%C3%BC%C3%9Fe,+%22S1%22", 200, &object(false, 1800, "null", all)),
            ("/login?user=alice&password=wonderland", 200, &object(false, 1800, "\"alice\"", all)),
            ("/maxinactive?seconds=60", 200, &object(false, 60, "\"alice\"", all)),
            ("/changeid", 200, &object(false, 60, "\"alice\"", all)),
            ("/login?user=bob&password=wrong", 401, r#"{"error":"login failed"}"#),
            ("/session", 200, &object(false, 60, "null", all)),
            ("/login?user=bob", 400, r#"{"error":"no parameter password"}"#),
            ("/logout", 200, &object(false, 60, "null", all)),
            ("/invalidate", 200, EMPTY),
            ("/session", 200, EMPTY),
        ],
    );
}

#[test]
fn the_counter_counts() {
    let node = Node::start("n1");
    talk(
        &node,
        &[
            ("/counter", 200, r#"{"node":"n1","id":"ID.n1","counter":1}"#),
            ("/counter", 200, r#"{"node":"n1","id":"ID.n1","counter":2}"#),
            ("/read", 200, r#"{"node":"n1","id":"ID.n1","counter":2}"#),
        ],
    );
    let full = node.get("/app/set?name=counter&type=int&value=2147483647", None);
    let cookie = full.cookie().map(str::to_owned);
    assert!(
        node.get("/app/counter", cookie.as_deref()).body.ends_with("\"counter\":-2147483648}"),
        "as an int does in Java"
    );
    node.get("/app/set?name=counter&value=x", cookie.as_deref());
    assert_eq!(node.get("/app/counter", cookie.as_deref()).status, 400);
}

#[test]
fn bad_parameters_are_refused() {
    let node = Node::start("n1");
    for path in [
        "/set",
        "/set?name=x",
        "/set?value=x",
        "/set?name=x&type=float&value=1",
        "/set?name=x&type=bytes&value=0",
        "/remove",
        "/fill?name=x&bytes=-1",
        "/fill?name=x&bytes=2000000000",
        "/fill?name=x&bytes=many",
        "/mutate?name=x",
        "/login",
        "/maxinactive?seconds=soon",
    ] {
        let answer = node.get(&format!("/app{path}"), None);
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert!(answer.body.starts_with("{\"error\":\""), "{path}: {answer:?}");
    }
}

#[test]
fn other_methods_are_refused() {
    let node = Node::start("n1");
    let head = ask(node.http, "HEAD", "/app/health", None).unwrap();
    assert_eq!((head.status, head.header("content-length"), head.body.as_str()), (200, Some("38"), ""));
    let put = ask(node.http, "PUT", "/app/counter", None).unwrap();
    assert_eq!((put.status, put.header("allow")), (405, Some("GET, HEAD, POST")));
    assert_eq!(node.get("/other", None).status, 404);
    assert_eq!(node.get("/application/health", None).status, 404);
}
