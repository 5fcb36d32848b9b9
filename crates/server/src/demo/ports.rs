//! Ports of the demo's own, and whether multicast works between them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::exit::Exit;

/// Below the ports that Linux and others give to outgoing connections, so that no such connection takes the port of a node that is down.
const FIRST: u16 = 20_000;
const LAST: u16 = 31_999;

/// How many ports are looked at before giving up.
const TRIES: usize = 100;

/// The demo's group: another than Tomcat's, so that it meets no real cluster even where one uses the same port.
pub(super) const GROUP: Ipv4Addr = Ipv4Addr::new(228, 0, 0, 5);

/// How long a datagram may take to come back.
const ECHO_LIMIT: Duration = Duration::from_millis(500);

pub(super) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A loopback address whose TCP port nobody uses now.
pub(super) fn free_tcp() -> Result<SocketAddr, Exit> {
    free(|address| TcpListener::bind(address).map(drop)).map(loopback)
}

/// A port that no UDP socket uses now, for the group.
pub(super) fn free_udp() -> Result<u16, Exit> {
    free(|address| UdpSocket::bind(address).map(drop))
}

fn free(is_free: impl Fn(SocketAddr) -> io::Result<()>) -> Result<u16, Exit> {
    let none = || Exit::failure(format!("no free port was found on 127.0.0.1 between {FIRST} and {LAST}"));
    (0..TRIES).filter_map(|_| random_port()).find(|port| is_free(loopback(*port)).is_ok()).ok_or_else(none)
}

fn random_port() -> Option<u16> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).ok()?;
    Some(FIRST + u16::from_ne_bytes(bytes) % (LAST - FIRST + 1))
}

/// Sends one datagram to the group on loopback and waits for it to come back.
///
/// # Errors
/// What the system refuses, or a timeout where the datagram is lost. Blocks up to half a second.
pub(super) fn multicast_works(port: u16) -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    let group = SocketAddr::from((GROUP, port));
    socket.bind(&SockAddr::from(group))?;
    socket.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST)?;
    socket.set_multicast_if_v4(&Ipv4Addr::LOCALHOST)?;
    socket.set_multicast_loop_v4(true)?;
    socket.set_read_timeout(Some(ECHO_LIMIT))?;
    let socket = UdpSocket::from(socket);
    let sent = b"outlive demo: does multicast work here?";
    socket.send_to(sent, group)?;
    let mut received = [0; 64];
    let (length, _) = socket.recv_from(&mut received)?;
    if received.get(..length) == Some(sent) {
        Ok(())
    } else {
        Err(io::Error::other("another program uses the same group and port"))
    }
}
