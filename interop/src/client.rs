//! A browser with one cookie, as small as the tests need it: HTTP/1.1 over a blocking socket, one connection a request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long one read or write may take: longer than any limit inside a server, so that its own error is seen.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// The session cookie of the session app.
const COOKIE: &str = "JSESSIONID";

/// An answer: status and body as they came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header lines, without the status line.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The values of one header, by its name in any case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// A client of the session app. It keeps the session cookie that the last answer set, whichever node gave it.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The application's path; none: `/app`.
    app: Option<&'static str>,
    cookie: Option<String>,
}

impl Client {
    /// A client without a cookie.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client of the session app at another path than `/app`.
    pub fn of_app(path: &'static str) -> Self {
        Self { app: Some(path), cookie: None }
    }

    /// A client that has this session id, with or without a route.
    pub fn of_cookie(id: &str) -> Self {
        let mut client = Self::new();
        client.cookie = Some(id.to_owned());
        client
    }

    /// The session id that the client would send next, with its route.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Forgets the session, as a closed browser does.
    pub fn forget(&mut self) {
        self.cookie = None;
    }

    /// Asks a route of the session app (`"counter"`, `"set"`) with query parameters, and gives the JSON of the answer.
    ///
    /// # Errors
    /// No connection, no answer in time, a status other than 200, a body that is no JSON.
    pub fn get(&mut self, node: SocketAddr, route: &str, query: &[(&str, &str)]) -> Result<Value> {
        let mut path = format!("{}/{route}", self.app.unwrap_or("/app"));
        for (number, (name, value)) in query.iter().enumerate() {
            path.push(if number == 0 { '?' } else { '&' });
            path.push_str(&percent_encoded(name));
            path.push('=');
            path.push_str(&percent_encoded(value));
        }
        let answer = self.fetch(node, &path).with_context(|| format!("GET http://{node}{path}"))?;
        ensure!(answer.status == 200, "GET http://{node}{path}: status {}: {}", answer.status, answer.body);
        serde_json::from_str(&answer.body)
            .with_context(|| format!("GET http://{node}{path}: {:?} is no JSON", answer.body))
    }

    /// Asks for any path, and gives the answer whatever its status. A cookie that the answer sets is kept.
    ///
    /// # Errors
    /// No connection, no answer in time, an answer that is no HTTP/1.1.
    pub fn fetch(&mut self, node: SocketAddr, path: &str) -> Result<Answer> {
        self.send(node, "GET", path, "", "")
    }

    /// Posts a form, and gives the answer as [`fetch`](Self::fetch) does.
    ///
    /// # Errors
    /// As there.
    pub fn post(&mut self, node: SocketAddr, path: &str, form: &[(&str, &str)]) -> Result<Answer> {
        let pairs = form.iter().map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let length = body.len();
        let lines = format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n");
        self.send(node, "POST", path, &lines, &body)
    }

    fn send(&mut self, node: SocketAddr, method: &str, path: &str, lines: &str, body: &str) -> Result<Answer> {
        let mut stream = TcpStream::connect_timeout(&node, CONNECT_LIMIT)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        stream.set_write_timeout(Some(ANSWER_LIMIT))?;
        stream.set_nodelay(true)?;
        let cookie = self.cookie.as_ref().map(|id| format!("Cookie: {COOKIE}={id}\r\n")).unwrap_or_default();
        stream.write_all(
            format!("{method} {path} HTTP/1.1\r\nHost: {node}\r\n{cookie}{lines}Connection: close\r\n\r\n{body}")
                .as_bytes(),
        )?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let answer = parsed(&bytes)?;
        for set in answer.header("set-cookie") {
            if let Some(id) = set.split(';').next().and_then(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('=')) {
                self.cookie = Some(id.to_owned());
            }
        }
        Ok(answer)
    }
}

/// Takes an answer apart that ended with its connection.
fn parsed(bytes: &[u8]) -> Result<Answer> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        bail!("the connection closed after {} bytes, before the end of an answer's head", bytes.len());
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = &bytes[end + 4..];
    let mut lines = head.split("\r\n").map(str::to_owned);
    let status_line = lines.next().unwrap_or_default();
    let status = status_line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .with_context(|| format!("{status_line:?} is no status line"))?;
    let mut answer = Answer { status, headers: lines.collect(), body: String::new() };
    let chunked = answer.header("transfer-encoding").next().is_some();
    if let Some(length) = answer.header("content-length").next() {
        let length: usize = length.parse().with_context(|| format!("content-length {length:?}"))?;
        ensure!(length == body.len(), "the body has {} bytes of {length}", body.len());
    }
    let body = if chunked { joined(body)? } else { body.to_vec() };
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Ok(answer)
}

/// The body whose chunks these are: a balancer may send one so that came whole to it.
fn joined(mut chunks: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n").context("a chunk without a length")?;
        let length = String::from_utf8_lossy(&chunks[..end]).into_owned();
        let length =
            usize::from_str_radix(&length, 16).with_context(|| format!("the length of a chunk: {length:?}"))?;
        chunks = &chunks[end + 2..];
        let chunk = chunks.get(..length).context("a chunk that was cut")?;
        body.extend_from_slice(chunk);
        chunks = chunks[length..].strip_prefix(b"\r\n").context("a chunk without an end")?;
        if length == 0 {
            return Ok(body);
        }
    }
}

/// A query parameter's name or value with every byte escaped that is neither a letter, a digit nor one of `-._~`.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let answer =
            parsed(b"HTTP/1.1 401 \r\nContent-Length: 2\r\nSET-cookie: JSESSIONID=A.b; Path=/app\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (401, "{}"));
        assert_eq!(answer.header("Set-Cookie").collect::<Vec<_>>(), ["JSESSIONID=A.b; Path=/app"]);
    }

    #[test]
    fn a_body_that_was_cut_is_an_error() {
        let cut = parsed(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}").unwrap_err();
        assert_eq!(cut.to_string(), "the body has 2 bytes of 3");
    }

    #[test]
    fn chunks_are_joined() {
        let answer =
            |body: &str| parsed(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").as_bytes());
        assert_eq!(answer("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n").unwrap().body, "abc0123456789");
        for cut in ["", "3\r\nab", "3\r\nabc\r\n", "3\r\nabc\r\n0\r\n"] {
            assert!(answer(cut).is_err(), "{cut:?}");
        }
    }

    #[test]
    fn parameters_are_escaped() {
        assert_eq!(percent_encoded("grüße, \"S1\""), "gr%C3%BC%C3%9Fe%2C%20%22S1%22");
    }
}
