//! Hostile bytes at a live node, and mistakes on its command line.
//!
//! The node closes the connection with one line in its log, takes no memory for what it was only promised, and goes on serving and
//! replicating. A mistake of the operator is one sentence and an exit code.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use outlive_interop::runner::{self, Test};
use outlive_interop::spec::GROUP;
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, poll};
use socket2::{Domain, Socket, Type};

/// How long a node may take to answer bad bytes with the end of the connection.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// How long `outlive` may take to refuse to start.
const REFUSE_LIMIT: Duration = Duration::from_secs(10);
/// What the node's memory may grow by while it is attacked: buffers, and what its allocator keeps.
const GROWTH_LIMIT: u64 = 12 << 20;

fn main() -> ExitCode {
    runner::main(&[
        Test::new("hostile_frames_end_their_connection", hostile_frames).with_outlive(),
        Test::new("promised_bytes_cost_nothing", promised_bytes).with_outlive(),
        Test::new("many_connections_do_no_harm", many_connections).with_outlive(),
        Test::new("hostile_datagrams_are_ignored", hostile_datagrams).with_outlive(),
        Test::new("mistakes_on_the_command_line", command_line).with_outlive(),
    ])
}

/// Two nodes that see each other; the first is the one under attack.
struct Cluster<'scene> {
    attacked: OutliveNode<'scene>,
    other: OutliveNode<'scene>,
}

impl<'scene> Cluster<'scene> {
    fn start(scene: &'scene Scene) -> Result<Self> {
        let mut attacked = OutliveNode::new(scene, NodeSpec::new("attacked", 1))?;
        let mut other = OutliveNode::new(scene, NodeSpec::new("other", 2))?;
        attacked.start()?;
        other.start()?;
        for node in [&attacked, &other] {
            poll::until_equal("members", Duration::from_secs(10), &1, || Ok(node.health()?.members))?;
        }
        Ok(Self { attacked, other })
    }

    /// Both nodes still see each other, and what a client does at one is there at the other.
    fn works(&mut self) -> Result<()> {
        self.attacked.still_runs()?;
        self.other.still_runs()?;
        for (here, there) in [(&self.attacked, &self.other), (&self.other, &self.attacked)] {
            let mut client = Client::new();
            client.get(here.http(), "counter", &[])?;
            let answer = client.get(there.http(), "counter", &[])?;
            ensure!(answer["counter"] == 2, "a session of {} at {}: {answer}", here.name(), there.name());
        }
        let log = self.attacked.process()?.output()?;
        ensure!(!log.contains("panicked"), "the attacked node panicked");
        Ok(())
    }

    /// The lines of the attacked node's log that name a peer.
    fn lines_about(&self, peer: SocketAddr) -> Result<Vec<String>> {
        let (log, name) = (self.attacked.process()?.output()?, peer.to_string());
        Ok(log.lines().filter(|line| line.contains(&name)).map(str::to_owned).collect())
    }
}

/// A frame around `body`.
fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a test's frame is short");
    [b"FLT2002", &length.to_be_bytes()[..], body, b"TLF2003"].concat()
}

/// The start of a frame that says how long it will be.
fn frame_head(length: u32) -> Vec<u8> {
    [b"FLT2002", &length.to_be_bytes()[..]].concat()
}

fn hostile_frames(scene: &Scene) -> Result<()> {
    let mut cluster = Cluster::start(scene)?;
    let receiver: SocketAddr = cluster.attacked.spec().receiver().into();
    let mut wrong_trailer = frame(b"not looked at before the trailer");
    let at_trailer = wrong_trailer.len() - 7;
    wrong_trailer[at_trailer] = b'X';
    let wrong_trailer_at = format!("byte {at_trailer} of the connection: expected");
    let garbage: Vec<u8> = (0..10_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    // The bytes, whether their sender then stops to send, and the place and reason that the log must give.
    let cases: [(&str, Vec<u8>, bool, &str); 9] = [
        ("garbage", garbage.clone(), false, "byte 0 of the connection: expected"),
        ("another protocol", b"GET / HTTP/1.1\r\n\r\n".to_vec(), false, "byte 0 of the connection: expected"),
        ("a wrong byte in the header", b"FLT2001\0\0\0\x03".to_vec(), false, "byte 6 of the connection: expected"),
        ("a length of zero", frame(b""), false, "byte 7 of the connection: expected"),
        ("a length of 2 GiB", frame_head(0x7fff_ffff), false, "byte 7 of the connection: expected"),
        ("a negative length", frame_head(0x8000_0000), false, "byte 7 of the connection: expected"),
        ("a wrong trailer", wrong_trailer, false, &wrong_trailer_at),
        (
            "a frame that ends early",
            [&frame_head(100)[..], b"short"].concat(),
            true,
            "within a frame, after 16 of its bytes",
        ),
        ("a whole frame of garbage", frame(&garbage), false, "at byte"),
    ];
    for (what, bytes, ends, reason) in cases {
        let mut attack = TcpStream::connect(receiver)?;
        let peer = attack.local_addr()?;
        attack.write_all(&bytes)?;
        if ends {
            attack.shutdown(std::net::Shutdown::Write)?;
        }
        is_closed(&mut attack).with_context(|| what.to_owned())?;
        let line = poll::until(&format!("a log line about {what}"), CLOSE_LIMIT, || {
            let mut lines = cluster.lines_about(peer)?;
            ensure!(lines.len() == 1, "{} lines name {peer}: {lines:?}", lines.len());
            lines.pop().context("no line")
        })?;
        ensure!(line.contains(reason), "{what}: the line does not say {reason:?}: {line}");
    }
    cluster.works()
}

/// Connections that promise much and stay silent: none may take the memory that it promised.
fn promised_bytes(scene: &Scene) -> Result<()> {
    let mut cluster = Cluster::start(scene)?;
    cluster.works()?;
    let receiver: SocketAddr = cluster.attacked.spec().receiver().into();
    let before = cluster.attacked.process()?.resident_bytes()?;
    let mut attacks = Vec::new();
    for _ in 0..64 {
        let mut attack = TcpStream::connect(receiver)?;
        // Within the limit of a frame, so that the node waits for the rest.
        attack.write_all(&frame_head(60 << 20))?;
        attack.write_all(&[0; 1024])?;
        attacks.push(attack);
    }
    for _ in 0..64 {
        let mut attack = TcpStream::connect(receiver)?;
        attack.write_all(&frame_head(i32::MAX as u32))?;
        is_closed(&mut attack)?;
    }
    // Served while the silent ones are still open: they block nobody.
    cluster.works()?;
    let after = cluster.attacked.process()?.resident_bytes()?;
    ensure!(
        after <= before + GROWTH_LIMIT,
        "128 connections sent some 65 KiB and promised 132 GiB; the node's memory grew from {before} to {after} bytes"
    );
    Ok(())
}

/// A connection from a host that has no node: whoever has most connections pays for them, and no node is to.
fn connect_from_elsewhere(receiver: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::new(10, 77, 0, 3), 0)).into())?;
    socket.connect_timeout(&receiver.into(), CLOSE_LIMIT)?;
    Ok(socket.into())
}

fn many_connections(scene: &Scene) -> Result<()> {
    let mut cluster = Cluster::start(scene)?;
    let receiver: SocketAddr = cluster.attacked.spec().receiver().into();
    let before = cluster.attacked.process()?.resident_bytes()?;
    let mut open = Vec::new();
    for _ in 0..400 {
        // A node may refuse or close what it finds too many; it may not stop serving.
        match connect_from_elsewhere(receiver) {
            Ok(stream) => open.push(stream),
            Err(refused) if refused.kind() == ErrorKind::ConnectionRefused => break,
            Err(error) => return Err(error.into()),
        }
    }
    cluster.works()?;
    let after = cluster.attacked.process()?.resident_bytes()?;
    ensure!(after <= before + GROWTH_LIMIT, "{} idle connections: from {before} to {after} bytes", open.len());
    drop(open);
    cluster.works()
}

fn hostile_datagrams(scene: &Scene) -> Result<()> {
    let mut cluster = Cluster::start(scene)?;
    let socket = UdpSocket::bind((Ipv4Addr::new(10, 77, 0, 3), 0))?;
    let record = |length: u32| [b"TRIBES-B\x01\0", &length.to_be_bytes()[..], &[0xff; 40], b"TRIBES-E\x01\0"].concat();
    let datagrams: [Vec<u8>; 6] = [
        vec![0],
        b"TRIBES-B\x01\0".to_vec(),
        record(57),
        record(0x7fff_ffff),
        record(0xffff_ffff),
        (0..1400_u32).map(|i| (i * 7 % 256) as u8).collect(),
    ];
    for _ in 0..50 {
        for datagram in &datagrams {
            socket.send_to(datagram, GROUP)?;
        }
    }
    cluster.works()?;
    let health = cluster.attacked.health()?;
    ensure!(health.members == 1, "the node sees {} members", health.members);
    Ok(())
}

fn command_line(scene: &Scene) -> Result<()> {
    let taken = TcpListener::bind("10.77.0.1:8080")?;
    let address = taken.local_addr()?.to_string();
    let taken_receiver = TcpListener::bind("10.77.0.1:4000")?;
    let receiver = taken_receiver.local_addr()?.to_string();
    // Arguments, the exit code (1: the world is not as it should be, 2: the command line is not), a word that the sentence must have.
    let cases: [(&[&str], i32, &str); 12] = [
        (&["serve", "--http", &address], 1, &address),
        (&["serve", "--receiver", &receiver, "--http", "10.77.0.2:8080"], 1, &receiver),
        (&["serve", "--http", "192.0.2.1:8080"], 1, "192.0.2.1:8080"),
        (&["serve", "--receiver", "192.0.2.1:4000", "--http", "10.77.0.2:8080"], 1, "192.0.2.1"),
        (&["serve", "--bind", "192.0.2.1", "--http", "10.77.0.2:8080"], 1, "192.0.2.1"),
        (&["serve", "--http", "no-address"], 2, "no-address"),
        (&["serve", "--mcast", "10.77.0.1:45564"], 2, "10.77.0.1"),
        (&["serve", "--options", "many"], 2, "many"),
        (&["serve", "--no-such-flag"], 2, "--no-such-flag"),
        (&["no-such-command"], 2, "no-such-command"),
        (&["serve", "--interceptors", "gzip,gzip"], 2, "GzipInterceptor"),
        (&["serve", "--manager", "backup"], 2, "backup"),
    ];
    for (arguments, code, word) in cases {
        // Where the address were right, the node might start on it.
        let allowed = if arguments[0] == "serve" { &["--allow-plaintext"][..] } else { &[] };
        let arguments = &[arguments, allowed].concat();
        refused(scene, arguments, code, word).with_context(|| format!("outlive {}", arguments.join(" ")))?;
    }
    Ok(())
}

/// `outlive` with these arguments ends by itself with that exit code and one line that has the word.
fn refused(scene: &Scene, arguments: &[&str], code: i32, word: &str) -> Result<()> {
    let mut child = Command::new(scene.outlive()?)
        .args(arguments)
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let ended = poll::until("its end", REFUSE_LIMIT, || child.try_wait()?.context("it still runs"));
    let status = match ended {
        Ok(status) => status,
        Err(error) => {
            child.kill()?;
            child.wait()?;
            return Err(error);
        }
    };
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    ensure!(lines.len() == 1, "{} lines instead of one sentence:\n{text}", lines.len());
    ensure!(lines[0].contains(word), "the sentence does not name {word:?}: {text}");
    ensure!(!text.contains("panicked"), "a panic: {text}");
    ensure!(status.code() == Some(code), "{status} instead of exit code {code}: {text}");
    Ok(())
}

/// Waits until the other side has closed the connection.
fn is_closed(stream: &mut TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    let start = Instant::now();
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if start.elapsed() > CLOSE_LIMIT {
                    bail!("the connection is still open after {CLOSE_LIMIT:?}");
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}
