//! The sessions of a load, and their requests as bytes.

use std::net::SocketAddr;

use super::CONNECTIONS;

/// Session cookies, dealt out to the connections in turn.
#[derive(Debug)]
pub(crate) struct Jar {
    /// The cookies of each connection; `None`: requests without a cookie.
    shares: Vec<Vec<Option<String>>>,
}

impl Jar {
    /// The cookies of each connection.
    pub(super) fn new(shares: Vec<Vec<String>>) -> Self {
        Self { shares: shares.into_iter().map(|share| share.into_iter().map(Some).collect()).collect() }
    }

    /// No sessions: every connection asks without a cookie.
    pub(crate) fn empty() -> Self {
        Self { shares: vec![vec![None]; CONNECTIONS] }
    }

    /// The place in the order of all sessions of the one that is `place` in its connection's share.
    pub(super) const fn index(connection: usize, place: usize) -> usize {
        place * CONNECTIONS + connection
    }

    /// Requests for `path` of each connection.
    pub(super) fn requests(&self, node: SocketAddr, path: &str) -> Vec<Vec<Vec<u8>>> {
        let of_share =
            |share: &Vec<Option<String>>| share.iter().map(|cookie| request(node, path, cookie.as_deref())).collect();
        self.shares.iter().map(of_share).collect()
    }
}

/// A GET of the session app as a browser sends it, without what no server here looks at.
pub(super) fn request(node: SocketAddr, path: &str, cookie: Option<&str>) -> Vec<u8> {
    let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
    format!("GET /app/{path} HTTP/1.1\r\nHost: {node}\r\n{cookie}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_dealt_out_in_turn() {
        let cookies = |connection: usize| {
            (0..10)
                .map(move |place| Jar::index(connection, place))
                .filter(|index| *index < 20)
                .map(|index| index.to_string())
        };
        let jar = Jar::new((0..CONNECTIONS).map(|connection| cookies(connection).collect()).collect());
        let sizes: Vec<usize> = jar.shares.iter().map(Vec::len).collect();
        assert_eq!((sizes[0], sizes[3], sizes[4], sizes[15]), (2, 2, 1, 1));
        assert_eq!(jar.shares[3], [Some("3".to_owned()), Some("19".to_owned())]);
    }

    #[test]
    fn a_request_is_what_a_server_takes() {
        let node = SocketAddr::from(([10, 77, 0, 1], 8080));
        let bytes = request(node, "counter", Some("JSESSIONID=A.b"));
        assert_eq!(bytes, b"GET /app/counter HTTP/1.1\r\nHost: 10.77.0.1:8080\r\nCookie: JSESSIONID=A.b\r\n\r\n");
    }
}
