//! What no application sees.

use http::header;

use super::*;

/// Serves with the given limit, and answers with the request's host and the length of its body.
fn echo(head_bytes_max: usize) -> Running {
    let service = tower::service_fn(|request: Request<Incoming>| async move {
        let host = request.headers().get(header::HOST).map_or("none", |host| host.to_str().unwrap()).to_owned();
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(host))))
    });
    let settings = HttpSettings { head_bytes_max, ..HttpSettings::default() };
    bound().serve(service, settings).unwrap()
}

/// The status and the body of what is answered to these bytes, after which the connection ends.
async fn said(server: &Running, request: &str) -> (u16, String) {
    let mut client = TcpStream::connect(server.address()).await.unwrap();
    // Who has read enough of a long head may have closed.
    let _ = client.write_all(request.as_bytes()).await;
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(LIMIT, client.read_to_end(&mut bytes)).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn a_request_has_one_host() {
    let server = echo(64 << 10);
    let with = |lines: &str| format!("GET / HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    for (lines, status) in [
        ("Host: a\r\n", 200),
        ("Host:\r\n", 200),
        ("Host: [::1]:80\r\n", 200),
        ("", 400),
        ("Host: a\r\nHost: a\r\n", 400),
        ("Host: a b\r\n", 400),
        ("Host: a:b\r\n", 400),
        ("Host: a:99999\r\n", 400),
        ("Host: u@a\r\n", 400),
    ] {
        assert_eq!(said(&server, &with(lines)).await.0, status, "{lines:?}");
    }
    assert_eq!(said(&server, "GET / HTTP/1.0\r\n\r\n").await, (200, "none".to_owned()));
    let absolute = |uri: &str| format!("GET {uri} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(said(&server, &absolute("http://other:81/x")).await, (200, "other:81".to_owned()));
    assert_eq!(said(&server, &absolute("http://u@other/x")).await.0, 400);
}

#[tokio::test]
async fn what_this_server_does_not_do_is_said() {
    let server = echo(64 << 10);
    assert_eq!(said(&server, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n").await.0, 501);
    let coded = |coding: &str| format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n");
    for (coding, status) in [("chunked", 200), ("Chunked", 200), ("gzip, chunked", 501), ("chunked, chunked", 501)] {
        let request = format!("{}Connection: close\r\n\r\n0\r\n\r\n", coded(coding));
        assert_eq!(said(&server, &request).await.0, status, "{coding}");
    }
    let twice = format!("{}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", coded("gzip"));
    assert_eq!(said(&server, &twice).await.0, 501);
}

#[tokio::test]
async fn a_head_is_as_long_as_is_said_and_no_longer() {
    for max in [512, 8192, 65536] {
        let server = echo(max);
        let head = |length: usize| {
            let rest = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: \r\n\r\n".len();
            format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: {}\r\n\r\n", "y".repeat(length - rest))
        };
        assert_eq!(said(&server, &head(max)).await.0, 200, "{max}");
        assert_eq!(said(&server, &head(max + 1)).await.0, 431, "{max}");
        assert_eq!(said(&server, &head(max * 3 / 2)).await.0, 431, "{max}");
    }
}
