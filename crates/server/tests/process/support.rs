//! A node as a process, and a client of a few lines.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a node may take for anything.
const LIMIT: Duration = Duration::from_secs(30);

/// `outlive` with a command line, spaces between the words.
pub(crate) fn outlive(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outlive"));
    command.args(line.split_whitespace()).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

pub(crate) fn output(line: &str) -> Output {
    outlive(line).output().unwrap()
}

/// An address that nobody uses now.
pub(crate) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A node of its own: killed at the end of its test.
pub(crate) struct Node {
    process: Child,
    pub(crate) http: SocketAddr,
}

impl Node {
    /// One that meets nobody. Waits until it is healthy.
    pub(crate) fn start(name: &str) -> Self {
        Self::start_with(name, &format!("--receiver {} --static {}", free(), free()))
    }

    /// With these flags beside the name and the address. Waits until it is healthy.
    pub(crate) fn start_with(name: &str, flags: &str) -> Self {
        Self::start_in(name, flags, &[])
    }

    /// The same in an environment that has these variables, too.
    pub(crate) fn start_in(name: &str, flags: &str, environment: &[(&'static str, String)]) -> Self {
        let http = free();
        Self::start_line(http, &format!("serve --name {name} --http {http} {flags}"), environment)
    }

    /// With a whole command line, which lets it serve at that address.
    pub(crate) fn start_line(http: SocketAddr, line: &str, environment: &[(&'static str, String)]) -> Self {
        let mut command = outlive(&format!("{line} --exit-with-stdin"));
        command.envs(environment.iter().cloned()).stdin(Stdio::piped()).stderr(Stdio::piped());
        let process = command.spawn().unwrap();
        let node = Self { process, http };
        eventually("healthy", || get(http, "/app/health", None).is_some_and(|answer| answer.status == 200));
        node
    }

    pub(crate) fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        get(self.http, path, cookie).unwrap_or_else(|| panic!("no answer to {path}"))
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn close_stdin(&mut self) {
        drop(self.process.stdin.take());
    }

    /// Waits for its end, and gives what it logged.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let mut log = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.process.wait().unwrap(), log)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a signal by its name.
pub(crate) fn signal(node: &Node, name: &str) {
    let sent = Command::new("/bin/sh").args(["-c", &format!("kill -{name} {}", node.id())]).status().unwrap();
    assert!(sent.success());
}

pub(crate) fn eventually(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !so() {
        assert!(Instant::now() < end, "not within {LIMIT:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// An answer, its head as text.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The session's id in `Set-Cookie`.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.header("set-cookie")?.strip_prefix("JSESSIONID=")?.split(';').next()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub(crate) fn get(node: SocketAddr, path: &str, cookie: Option<&str>) -> Option<Answer> {
    ask(node, "GET", path, cookie)
}

/// `None`: no connection, or it closed without an answer.
pub(crate) fn ask(node: SocketAddr, method: &str, path: &str, cookie: Option<&str>) -> Option<Answer> {
    let cookie = cookie.map_or(String::new(), |id| format!("Cookie: JSESSIONID={id}\r\n"));
    ask_with(node, method, path, &format!("Host: {node}\r\n{cookie}"))
}

/// With these lines as the request's head, each with its end.
pub(crate) fn ask_with(node: SocketAddr, method: &str, path: &str, lines: &str) -> Option<Answer> {
    say(node, &format!("{method} {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n"))
}

/// With a body; `lines`: the request's head, but for the last end.
pub(crate) fn ask_with_body(node: SocketAddr, method: &str, path: &str, lines: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\n{lines}\r\nContent-Length: {length}\r\nConnection: close");
    say(node, &format!("{head}\r\n\r\n{body}")).unwrap()
}

/// Says all of it, and reads the answer.
pub(crate) fn say(node: SocketAddr, request: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(node).ok()?;
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    // Who has answered already may take no more; what it has said is there.
    let written = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }).ok()?;
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
