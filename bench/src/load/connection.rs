//! One keep-alive connection: a request out, an answer in, no more than that costs.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use httparse::Status;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Answers of the session app with a large attribute or two fit in; more is refused.
const ANSWER_MAX: usize = 1 << 20;
/// Header lines of an answer, at most.
const HEADERS_MAX: usize = 32;

/// A connection to a node, with room for one answer.
#[derive(Debug)]
pub(super) struct Connection {
    node: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer with status 200.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl Answer<'_> {
    /// The body.
    pub(super) fn body(&self) -> &[u8] {
        self.body
    }

    /// The cookie that it sets, `NAME=VALUE`.
    pub(super) fn cookie(&self) -> Option<&str> {
        let lines = std::str::from_utf8(self.head).ok()?.split("\r\n");
        let mut values = lines.filter_map(|line| line.split_once(':'));
        let (_, value) = values.find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))?;
        value.trim().split(';').next()
    }
}

impl Connection {
    /// Connects.
    pub(super) async fn open(node: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(node).await?;
        stream.set_nodelay(true)?;
        Ok(Self { node, stream, buffer: Vec::with_capacity(16 << 10) })
    }

    /// The other end.
    pub(super) fn node(&self) -> SocketAddr {
        self.node
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// The connection breaks; the answer is no 200, is too long, or does not say how long it is.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await.context("the connection broke")?;
        self.buffer.clear();
        let (head, length) = loop {
            let read = self.stream.read_buf(&mut self.buffer).await.context("the connection broke")?;
            ensure!(read > 0, "{} closed the connection after {} bytes of an answer", self.node, self.buffer.len());
            if let Some(found) = head_and_length(&self.buffer).with_context(|| shown(request, &self.buffer))? {
                break found;
            }
        };
        ensure!(head + length <= ANSWER_MAX, "an answer of {length} bytes");
        while self.buffer.len() < head + length {
            let read = self.stream.read_buf(&mut self.buffer).await.context("the connection broke")?;
            ensure!(read > 0, "{} closed the connection within a body", self.node);
        }
        ensure!(self.buffer.len() == head + length, "{} sent more than one answer", self.node);
        let (head, body) = self.buffer.split_at(head);
        Ok(Answer { head, body })
    }
}

/// Lengths of head and body, as soon as the head is whole.
fn head_and_length(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let Status::Complete(head) = response.parse(bytes)? else {
        ensure!(bytes.len() < ANSWER_MAX, "a head without an end");
        return Ok(None);
    };
    if response.code != Some(200) {
        bail!("status {}", response.code.unwrap_or_default());
    }
    let mut lengths = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().context("an answer without content-length")?;
    let length = std::str::from_utf8(length.value)?.trim().parse().context("content-length")?;
    Ok(Some((head, length)))
}

/// Request and answer, for an error.
fn shown(request: &[u8], answer: &[u8]) -> String {
    let line = String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
    format!("{line}: {}", String::from_utf8_lossy(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let answer = b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(head_and_length(&answer[..20]).unwrap(), None);
        assert_eq!(head_and_length(answer).unwrap(), Some((answer.len() - 2, 2)));
    }

    #[test]
    fn what_is_no_200_is_an_error() {
        let refused = head_and_length(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").unwrap_err();
        assert_eq!(refused.to_string(), "status 503");
    }

    #[test]
    fn the_cookie_is_found_in_any_case() {
        let head = b"HTTP/1.1 200 OK\r\nset-Cookie: JSESSIONID=A.b; Path=/app; HttpOnly\r\n\r\n";
        assert_eq!(Answer { head, body: &[] }.cookie(), Some("JSESSIONID=A.b"));
    }
}
