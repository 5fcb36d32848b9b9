//! Bare connections to a node's AJP port: hostile bytes, CPING, the node's end.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use hyper::body::Bytes;
use outlive_ajp::answer::Answer;
use outlive_ajp::{Attribute, ForwardRequest, PacketSize};
use outlive_interop::{Ajp, Client, NodeSpec, OutliveNode, Scene, Server, poll};

const SECRET: &str = "s3cret";
const AJP: Ajp = Ajp { port: 8009, secret: Some(SECRET), packet_size: 8192 };
/// How long the node may take to answer, or to close.
const LIMIT: Duration = Duration::from_secs(10);
const CPING: &[u8] = b"\x12\x34\0\x01\x0a";
const CPONG: &[u8] = b"AB\0\x01\x09";
/// What the node's memory may grow by while it is attacked: buffers, and what its allocator keeps.
const GROWTH_LIMIT: u64 = 16 << 20;

fn request(headers: &[(&'static str, &str)], secret: &'static str) -> Bytes {
    let header = |(name, value): &(&'static str, &str)| (Bytes::from(*name), Bytes::copy_from_slice(value.as_bytes()));
    let request = ForwardRequest {
        method: Bytes::from("GET"),
        protocol: Bytes::from("HTTP/1.1"),
        uri: Bytes::from("/app/counter"),
        remote_address: Some(Bytes::from("192.0.2.7")),
        remote_host: None,
        server_name: Some(Bytes::from("front")),
        server_port: 80,
        is_ssl: true,
        headers: headers.iter().map(header).collect(),
        attributes: vec![Attribute::Secret(Bytes::from(secret))],
    };
    request.encode(PacketSize::default()).expect("a small request")
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    Ok(stream)
}

/// All that comes until the node closes the connection.
fn rest(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(reset) if reset.kind() == ErrorKind::ConnectionReset => Ok(bytes),
        Err(error) => Err(error).context("the connection is not closed"),
    }
}

/// The packets in what came.
fn answers(bytes: &[u8]) -> Result<Vec<Answer>> {
    let (mut received, mut answers) = (bytes.into(), Vec::new());
    while let Some(answer) = Answer::decode(&mut received)? {
        answers.push(answer);
    }
    ensure!(received.is_empty(), "{} bytes behind the last packet", received.len());
    Ok(answers)
}

fn status(answers: &[Answer]) -> Option<u16> {
    answers.iter().find_map(|answer| if let Answer::Head { status, .. } = answer { Some(*status) } else { None })
}

fn exact(stream: &mut TcpStream, expected: &[u8]) -> Result<()> {
    let mut got = vec![0; expected.len()];
    stream.read_exact(&mut got)?;
    ensure!(got == expected, "{got:02x?} came, not {expected:02x?}");
    Ok(())
}

/// Reads one answer to its end.
fn one_answer(stream: &mut TcpStream) -> Result<Vec<Answer>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer)?;
        ensure!(read > 0, "closed after {} bytes of an answer", bytes.len());
        bytes.extend_from_slice(&buffer[..read]);
        if let Ok(answers) = answers(&bytes)
            && matches!(answers.last(), Some(Answer::End { .. }))
        {
            return Ok(answers);
        }
    }
}

pub(crate) fn hostile_packets(scene: &Scene) -> Result<()> {
    let mut node = OutliveNode::new(scene, NodeSpec::new("node-a", 1).with_ajp(AJP))?;
    node.start()?;
    let address = node.spec().ajp_address().context("an AJP port")?;
    let mut good = connect(address)?;
    let right = request(&[("host", "www.example")], SECRET);
    let payload = |bytes: &[u8]| [&[0x12, 0x34, 0, bytes.len() as u8], bytes].concat();
    let with_length = |value| request(&[("host", "a"), ("content-length", value)], SECRET).to_vec();
    let body = |bytes: &[u8]| [&with_length("5")[..], bytes].concat();
    // The bytes, and the status of the answer in front of the end; none: it is closed without a word.
    let cases: [(&str, Vec<u8>, Option<u16>); 16] = [
        ("another protocol", b"GET / HTTP/1.1\r\n\r\n".to_vec(), None),
        ("what a back says", CPONG.to_vec(), None),
        ("an empty packet", payload(b""), None),
        ("SHUTDOWN", payload(b"\x07"), None),
        ("the login PING", payload(b"\x08"), None),
        ("an unknown type", payload(b"\x63"), None),
        ("a length of 65535", b"\x12\x34\xff\xff".to_vec(), Some(400)),
        ("a length past the packet size", b"\x12\x34\x1f\xfd".to_vec(), Some(400)),
        ("a request that breaks off", payload(b"\x02\x02\0\x08HTT"), Some(400)),
        ("an unknown method", payload(b"\x02\x63\0\0\0\0\0\0"), Some(400)),
        ("a string of 65534 bytes", payload(b"\x02\x02\xff\xfeHTTP/1.1\0"), Some(400)),
        ("no secret", request(&[("host", "a")], "").to_vec(), Some(403)),
        ("a Content-Length that is no number", with_length("1x"), Some(400)),
        ("a Host that is none", request(&[("host", "a b")], SECRET).to_vec(), Some(400)),
        ("a body with a wrong length", body(b"\x12\x34\0\x04\0\x09ab"), None),
        ("a request where a body must be", body(&right), None),
    ];
    let before = node.process()?.resident_bytes()?;
    for (what, bytes, expected) in &cases {
        for cut in [false, true] {
            let mut attack = connect(address)?;
            attack.write_all(bytes)?;
            if cut {
                attack.shutdown(Shutdown::Write)?;
            }
            let got = rest(&mut attack).with_context(|| (*what).to_owned())?;
            // A GET whose body goes wrong may be answered before: the session app reads none.
            let got = answers(&got).with_context(|| (*what).to_owned())?;
            if !what.contains("body") {
                ensure!(status(&got) == *expected, "{what}: {:?}, not {expected:?}", status(&got));
                ensure!(expected.is_none() || got.last() == Some(&Answer::End { reuse: false }), "{what}: {got:?}");
            }
            ensure!(!got.contains(&Answer::End { reuse: true }), "{what}: the connection is kept");
        }
    }
    // Silent connections, which promise packets: they hold nothing and block nobody.
    let mut silent = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(address)?;
        stream.write_all(b"\x12\x34\x1f\xf0\x02")?;
        silent.push(stream);
    }
    good.write_all(&right)?;
    let answer = one_answer(&mut good)?;
    ensure!(status(&answer) == Some(200) && answer.last() == Some(&Answer::End { reuse: true }), "{answer:?}");
    let after = node.process()?.resident_bytes()?;
    ensure!(after <= before + GROWTH_LIMIT, "the node's memory grew from {before} to {after} bytes");
    drop(silent);
    ensure!(Client::new().get(node.http(), "counter", &[])?["counter"] == 1, "HTTP beside it");
    let log = node.process()?.output()?;
    ensure!(!log.contains("panicked") && !log.contains(SECRET), "a panic, or the secret, is in the log");
    node.stop()
}

/// CPING is answered without a secret, before and between requests, and not any more when the node ends; the cookie is `Secure`.
pub(crate) fn cping_and_the_end(scene: &Scene) -> Result<()> {
    let mut node = OutliveNode::new(scene, NodeSpec::new("node-a", 1).with_ajp(AJP))?;
    node.launch()?;
    node.healthy()?;
    let address = node.spec().ajp_address().context("an AJP port")?;
    let mut front = connect(address)?;
    for _ in 0..3 {
        front.write_all(CPING)?;
        exact(&mut front, CPONG)?;
        front.write_all(&request(&[("host", "www.example")], SECRET))?;
        let answer = one_answer(&mut front)?;
        let Some(Answer::Head { status: 200, headers, .. }) = answer.first() else { bail!("{answer:?}") };
        let cookie = headers.iter().find(|(name, _)| name == "Set-Cookie").context("no cookie")?;
        let cookie = String::from_utf8_lossy(&cookie.1).into_owned();
        ensure!(cookie.contains("; Secure"), "the client came by TLS, and its cookie is {cookie}");
    }
    let idle = connect(address)?;
    node.stop()?;
    for mut stream in [front, idle] {
        // A reset is as good an end.
        let _ = stream.write_all(CPING);
        ensure!(rest(&mut stream)?.is_empty(), "a node that has ended answers CPING");
    }
    poll::until("the port is closed", LIMIT, || TcpStream::connect(address).err().map(drop).context("it still listens"))
}
