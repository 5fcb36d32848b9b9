//! What a hostile host does to a node's receiver.

use std::net::{SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;
use outlive_interop::poll;

use crate::attacker::{
    HOST, acknowledged_frame, announce, connect, connect_deaf, frame_head, members_frame_head, pour,
};

/// Against whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) receiver: SocketAddr,
    pub(crate) group: SocketAddrV4,
}

/// One kind of attack.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// Begins it; it lasts as long as what this gives.
    pub(crate) begin: fn(Target) -> Result<Held>,
    /// What it does when its members are seen.
    pub(crate) then: Option<fn(Target) -> Result<Held>>,
    /// Members that it announces and the node takes for such: it is under way when they are seen. Where there are none, the node is
    /// to close all of the attacker's connections by itself, while the attacker holds them.
    pub(crate) members: u64,
    /// Whether a Tomcat gets it, too: it may take a second for some fifty connections, so not all do.
    pub(crate) for_tomcat: bool,
}

/// In turn. Those after which a Tomcat takes no connection any more stand at the end.
pub(crate) const ATTACKS: [Attack; 9] = [
    Attack::new("garbage on 500 connections", garbage).not_for_tomcat(),
    Attack::new("1,500 connections, idle or one byte", idle),
    Attack::new("acknowledgements unread", unread_acknowledgements),
    Attack::new("4,000 datagrams, half of them members", datagrams).not_for_tomcat(),
    Attack::new("lengths of 2 GiB and below 0", huge_lengths),
    Attack::new("400 half frames of 60 MiB, 1 MiB sent", half_frames),
    Attack::new("2,000 half frames of 250 KiB, 200 KiB sent", small_half_frames).not_for_tomcat(),
    Attack::new("300 members that acknowledge nothing", deaf_members).of_members(64).not_for_tomcat(),
    Attack::new("their half frames of 60 MiB, 1 MiB sent", deaf_members)
        .of_members(64)
        .then(members_half_frames)
        .not_for_tomcat(),
];

impl Attack {
    const fn new(name: &'static str, begin: fn(Target) -> Result<Held>) -> Self {
        Self { name, begin, then: None, members: 0, for_tomcat: true }
    }

    const fn of_members(mut self, members: u64) -> Self {
        self.members = members;
        self
    }

    const fn then(mut self, then: fn(Target) -> Result<Held>) -> Self {
        self.then = Some(then);
        self
    }

    const fn not_for_tomcat(mut self) -> Self {
        self.for_tomcat = false;
        self
    }
}

/// What an attack keeps open.
#[derive(Default)]
pub(crate) struct Held {
    _streams: Vec<TcpStream>,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Held {
    fn of(streams: Vec<TcpStream>) -> Self {
        Self { _streams: streams, over: Arc::default(), threads: Vec::new() }
    }

    /// Does something again and again while the attack lasts.
    fn repeat(mut self, pause: Duration, mut act: impl FnMut() + Send + 'static) -> Self {
        let over = Arc::clone(&self.over);
        self.threads.push(thread::spawn(move || {
            while !over.load(Ordering::Acquire) {
                act();
                poll::time_passes(Instant::now() + pause);
            }
        }));
        self
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
    }
}

fn garbage(target: Target) -> Result<Held> {
    let bytes: Vec<u8> = (0..64_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut streams = Vec::new();
    for number in 0..500 {
        let mut stream = connect(target.receiver)?;
        // Half of it behind a header that is right: a Tomcat looks for that anywhere.
        if number % 2 == 0 {
            pour(&mut stream, b"FLT2002\x80", 1);
        }
        pour(&mut stream, &bytes, 1);
        streams.push(stream);
    }
    Ok(Held::of(streams))
}

fn huge_lengths(target: Target) -> Result<Held> {
    let bytes = vec![0; 64 << 10];
    let mut streams = Vec::new();
    for length in [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7f00_0000].into_iter().cycle().take(64) {
        let mut stream = connect(target.receiver)?;
        if pour(&mut stream, &frame_head(length), 1) {
            pour(&mut stream, &bytes, 32);
        }
        streams.push(stream);
    }
    Ok(Held::of(streams))
}

fn half_frames(target: Target) -> Result<Held> {
    begun_frames(target, 400, 60 << 20, 1 << 20)
}

/// Small enough for a host that is no member.
fn small_half_frames(target: Target) -> Result<Held> {
    begun_frames(target, 2_000, 250 << 10, 200 << 10)
}

fn begun_frames(target: Target, connections: usize, length: u32, sent: usize) -> Result<Held> {
    let bytes = vec![0; 8 << 10];
    let mut streams = Vec::new();
    for _ in 0..connections {
        let mut stream = connect(target.receiver)?;
        if pour(&mut stream, &frame_head(length), 1) {
            pour(&mut stream, &bytes, sent / bytes.len());
        }
        streams.push(stream);
    }
    Ok(Held::of(streams))
}

/// Every other one has begun a frame, and sends one byte more each half second as long as that is taken.
fn idle(target: Target) -> Result<Held> {
    let (mut silent, mut trickling) = (Vec::new(), Vec::new());
    for number in 0..1_500 {
        let mut stream = connect(target.receiver)?;
        if number % 2 == 0 {
            silent.push(stream);
        } else if pour(&mut stream, b"F", 1) {
            trickling.push(stream);
        }
    }
    let mut rest = b"LT2002\0\0\xff\xff".iter();
    Ok(Held::of(silent).repeat(Duration::from_millis(500), move || {
        let byte = *rest.next().unwrap_or(&0);
        trickling.retain_mut(|stream| pour(stream, &[byte], 1));
    }))
}

/// Frames that ask for acknowledgements, as many as are taken, up to 64 MiB on each of two connections; no answer is ever read.
fn unread_acknowledgements(target: Target) -> Result<Held> {
    let frames = acknowledged_frame().repeat(256);
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = connect_deaf(target.receiver)?;
        pour(&mut stream, &frames, (64 << 20) / frames.len());
        streams.push(stream);
    }
    Ok(Held::of(streams))
}

/// Garbage, and members at addresses where nobody is.
fn datagrams(target: Target) -> Result<Held> {
    let socket = std::net::UdpSocket::bind((HOST, 0))?;
    for number in 0..2_000_u32 {
        socket.send_to(&number.to_be_bytes().repeat(64), target.group)?;
        announce(target.group, [10_000 + number as u16].into_iter(), 5)?;
    }
    Ok(Held::default())
}

/// Ports that are announced as members. A node takes the first 64 of one host.
const DEAF: std::ops::Range<u16> = 5_000..5_300;

/// Those that came to be members begin frames.
fn members_half_frames(target: Target) -> Result<Held> {
    let bytes = vec![0; 64 << 10];
    let mut streams = Vec::new();
    for port in DEAF.take(64).cycle().take(240) {
        let mut stream = connect(target.receiver)?;
        if pour(&mut stream, &members_frame_head(port, 60 << 20), 1) {
            pour(&mut stream, &bytes, 16);
        }
        streams.push(stream);
    }
    Ok(Held::of(streams))
}

/// Ports that take every connection and read nothing, announced as members each half second. They say that they are the oldest.
fn deaf_members(target: Target) -> Result<Held> {
    let listeners = DEAF.map(|port| TcpListener::bind((HOST, port))).collect::<std::io::Result<Vec<_>>>()?;
    let mut alive_ms = 1_000_000_000;
    Ok(Held::default().repeat(Duration::from_millis(500), move || {
        alive_ms += 500;
        let ports = listeners.iter().filter_map(|listener| Some(listener.local_addr().ok()?.port()));
        // A datagram that was not sent is one beat less.
        let _ = announce(target.group, ports, alive_ms);
    }))
}
