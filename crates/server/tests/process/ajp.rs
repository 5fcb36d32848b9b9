//! A node behind a front that speaks AJP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use bytes::{Bytes, BytesMut};
use outlive_ajp::answer::Answer;
use outlive_ajp::{Attribute, ForwardRequest, PacketSize};

use crate::support::{Node, free};

/// A node with an AJP port, and one connection of a front to it.
struct Front {
    _node: Node,
    stream: TcpStream,
    received: BytesMut,
}

fn text(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

impl Front {
    fn start(flags: &str) -> Self {
        let ajp: SocketAddr = free();
        let node = Node::start_with("n1", &format!("--receiver {} --static {} --ajp {ajp} {flags}", free(), free()));
        Self { _node: node, stream: TcpStream::connect(ajp).unwrap(), received: BytesMut::new() }
    }

    fn packet(&mut self) -> Answer {
        loop {
            if let Some(answer) = Answer::decode(&mut self.received).unwrap() {
                return answer;
            }
            let mut bytes = [0; 4096];
            let read = self.stream.read(&mut bytes).unwrap();
            assert_ne!(read, 0, "closed within an answer");
            self.received.extend_from_slice(&bytes[..read]);
        }
    }

    /// One request, and its answer's status, cookie and body. A form goes with it where there is one.
    fn ask(
        &mut self,
        target: &str,
        headers: &[(&str, &str)],
        user: Option<&str>,
        form: Option<&str>,
    ) -> (u16, Option<String>, String) {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let length = form.map(|form| form.len().to_string());
        let of_form = length
            .as_deref()
            .map(|length| [("content-length", length), ("content-type", "application/x-www-form-urlencoded")]);
        let headers = [("host", "shop.example")].iter().chain(headers).chain(of_form.iter().flatten());
        let request = ForwardRequest {
            method: text(if form.is_some() { "POST" } else { "GET" }),
            protocol: text("HTTP/1.1"),
            uri: text(path),
            remote_address: Some(text("192.0.2.7")),
            remote_host: None,
            server_name: Some(text("front")),
            server_port: 80,
            is_ssl: false,
            headers: headers.map(|(name, value)| (text(name), text(value))).collect(),
            attributes: (query.map(|query| Attribute::QueryString(text(query))).into_iter())
                .chain(user.map(|user| Attribute::RemoteUser(text(user))))
                .collect(),
        };
        self.stream.write_all(&request.encode(PacketSize::default()).unwrap()).unwrap();
        if let Some(form) = form {
            let length = u16::try_from(form.len()).unwrap();
            let packet = [&[0x12, 0x34][..], &(length + 2).to_be_bytes(), &length.to_be_bytes(), form.as_bytes()];
            self.stream.write_all(&packet.concat()).unwrap();
        }
        let (mut status, mut cookie, mut body) = (0, None, Vec::new());
        loop {
            match self.packet() {
                Answer::Head { status: told, headers, .. } => {
                    let line = headers.iter().find(|(name, _)| name == "Set-Cookie");
                    let line = line.map(|(_, line)| String::from_utf8(line.to_vec()).unwrap());
                    cookie = line.map(|line| line.split(';').next().unwrap().to_owned());
                    status = told;
                }
                Answer::Body(part) => body.extend_from_slice(&part),
                Answer::End { .. } => return (status, cookie, String::from_utf8(body).unwrap()),
                Answer::GetBody(_) => self.stream.write_all(&[0x12, 0x34, 0, 0]).unwrap(),
                Answer::Pong => panic!("nobody has asked"),
            }
        }
    }
}

#[test]
fn a_form_has_parameters_as_a_query_has() {
    let mut front = Front::start("");
    let (status, _, body) = front.ask("/app/set?name=a", &[], None, Some("value=gr%C3%BC+1&name=b"));
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("\"attributes\":{\"a\":\"grü 1\"}"), "{body}");
    // The connection goes on behind it.
    assert_eq!(front.ask("/app/read", &[], None, None).0, 200);
}

/// What `getRemoteUser` is: the front's user where it counts, until the request itself says otherwise.
#[test]
fn the_fronts_user_is_the_requests_where_it_is_trusted() {
    let user = |body: &str| body.split("\"user\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let mut front = Front::start("--ajp-trust-user");
    let (_, cookie, body) = front.ask("/app/session?create=true", &[], Some("carol"), None);
    assert_eq!(user(&body), "\"carol\"");
    let cookie = cookie.unwrap();
    let with = [("cookie", cookie.as_str())];
    assert_eq!(user(&front.ask("/app/session", &with, None, None).2), "null", "it is not the session's");
    assert_eq!(user(&front.ask("/app/logout", &with, Some("carol"), None).2), "null");
    let login = "/app/login?user=alice&password=wonderland";
    let (_, cookie, body) = front.ask(login, &with, Some("carol"), None);
    assert_eq!(user(&body), "\"alice\"");
    let cookie = cookie.unwrap();
    let with = [("cookie", cookie.as_str())];
    assert_eq!(user(&front.ask("/app/session", &with, None, None).2), "\"alice\"");
    assert_eq!(user(&front.ask("/app/session", &with, Some("carol"), None).2), "\"carol\"");

    let mut careful = Front::start("");
    let body = careful.ask("/app/session?create=true", &[], Some("carol"), None).2;
    assert_eq!(user(&body), "null", "{body}");
}

#[test]
fn a_path_means_what_it_means_over_http() {
    let mut front = Front::start("");
    for path in ["/app/session;jsessionid=0AFF.n1", "//app/./%73ession", "/x/../app/session"] {
        assert_eq!(front.ask(path, &[], None, None).0, 200, "{path}");
    }
    for path in ["/../app/session", "/app%2Fsession", "/app/%"] {
        assert_eq!(front.ask(path, &[], None, None).0, 400, "{path}");
    }
}
