//! The socket of the multicast group.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket as StdUdpSocket};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// Joins `group` on the interface that has the address `interface`.
///
/// Bound to the group itself, so that datagrams for the same port on other addresses are not seen; several nodes of one
/// host share the port. Datagrams leave from the group's port, as Tomcat's do, go through `ttl` routers, and are heard by this host
/// where it says so.
pub(crate) fn join(
    group: SocketAddrV4,
    interface: Ipv4Addr,
    ttl: Option<u8>,
    heard_here: bool,
) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // Else Linux delivers what any process on this host has joined.
    socket.set_multicast_all_v4(false)?;
    socket.bind(&SocketAddr::V4(group).into())?;
    socket.join_multicast_v4(group.ip(), &interface)?;
    socket.set_multicast_if_v4(&interface)?;
    socket.set_multicast_loop_v4(heard_here)?;
    if let Some(ttl) = ttl {
        socket.set_multicast_ttl_v4(ttl.into())?;
    }
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

/// The address of the interface that datagrams to `group` leave by. Sends nothing.
pub(crate) fn outgoing_address(group: SocketAddrV4) -> io::Result<Ipv4Addr> {
    let socket = StdUdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect(group)?;
    match socket.local_addr()?.ip() {
        IpAddr::V4(address) => Ok(address),
        IpAddr::V6(_) => Err(io::ErrorKind::AddrNotAvailable.into()),
    }
}
