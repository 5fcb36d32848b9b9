//! The demo's page as a server of HTTP: whom it answers, and what it lets happen at one time. What it looks like is tested in a browser, in
//! `interop/tests/demo_page`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use crate::support::{Answer, ask_with, eventually, get, outlive};

/// A running demo: ended as by Ctrl-C.
struct Demo {
    process: Child,
    page: SocketAddr,
}

impl Demo {
    fn start() -> Self {
        let mut process = outlive("demo").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut urls = lines.filter_map(|line| Some(line.trim_start().strip_prefix("the page ")?.trim().to_owned()));
        let url = urls.next().unwrap();
        let page = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap();
        Self { process, page }
    }

    fn press(&self, path: &str, lines: &str) -> Answer {
        ask_with(self.page, "POST", path, lines).unwrap()
    }

    /// As the page's own scripts do.
    fn press_own(&self, path: &str) -> Answer {
        let page = self.page;
        self.press(path, &format!("Host: {page}\r\nOrigin: http://{page}\r\nAccept: application/json\r\n"))
    }

    fn state(&self) -> String {
        get(self.page, "/state", None).unwrap().body
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill(); // the nodes end with it
        let _ = self.process.wait();
    }
}

#[test]
fn only_the_own_page_presses_and_only_own_names_are_answered() {
    let demo = Demo::start();
    let page = demo.page;
    for (lines, status) in [
        (format!("Host: {page}\r\n"), 403),
        (format!("Host: {page}\r\nOrigin: null\r\n"), 403),
        (format!("Host: {page}\r\nOrigin: http://evil.example\r\n"), 403),
        (format!("Host: {page}\r\nOrigin: http://localhost:{}\r\n", page.port()), 403),
        (format!("Host: evil.example:{0}\r\nOrigin: http://evil.example:{0}\r\n", page.port()), 421),
    ] {
        for path in ["/nodes/A/kill", "/nodes/B/kill", "/play"] {
            let answer = demo.press(path, &lines);
            assert_eq!(answer.status, status, "{path} {lines}: {answer:?}");
        }
    }
    let state = demo.state();
    assert!(state.matches("\"state\":\"up\"").count() == 2 && state.contains("\"number\":0"), "{state}");
    for path in ["/", "/state", "/app/session"] {
        assert_eq!(ask_with(page, "GET", path, "Host: evil.example\r\n").unwrap().status, 421, "{path}");
    }
    assert_eq!(demo.press_own("/nodes/C/kill").status, 404);
    let index = get(page, "/", None).unwrap();
    let policy = index.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(index.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(index.header("referrer-policy"), Some("same-origin"));
    assert_eq!(demo.press_own("/nodes/A/kill").status, 200);
    assert!(demo.state().contains("\"state\":\"down\""), "{}", demo.state());
}

#[test]
fn a_play_has_the_nodes_for_itself_and_is_stopped_with_the_demo() {
    let mut demo = Demo::start();
    let made = get(demo.page, "/app/counter", None).unwrap();
    let session = made.cookie().map(str::to_owned);
    assert_eq!(demo.press_own("/play").status, 200);
    for path in ["/play", "/nodes/A/kill", "/nodes/B/start"] {
        let answer = demo.press_own(path);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (409, r#"{"error":"the nine steps are being played"}"#),
            "{path}"
        );
    }
    let refused = get(demo.page, "/app/counter", session.as_deref()).unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")), "{refused:?}");
    let read = get(demo.page, "/app/read", session.as_deref()).unwrap();
    assert!(read.status == 200 && read.body.contains("\"counter\":1"), "{read:?}");
    eventually("the first step", || demo.state().contains("\"passed\""));

    let id = demo.process.id();
    let sent = std::process::Command::new("/bin/sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap();
    assert!(sent.success());
    assert_eq!(demo.process.wait().unwrap().code(), Some(0));
}
