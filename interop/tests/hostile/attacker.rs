//! The attacker's host, its connections and its frames.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::time::Duration;

use bytes::Bytes;
use outlive_interop::spec::ADDRESSES;
use outlive_tribes_proto::interceptor::tcp_failure_detector::PROBE;
use outlive_tribes_proto::time::UnixMillis;
use outlive_tribes_proto::wire::channel_data::{ChannelData, encode_head};
use outlive_tribes_proto::wire::send_options::SendOptions;
use outlive_tribes_proto::{Member, MemberId, UniqueId};
use socket2::{Domain, Socket, Type};

/// Where the attacks come from: no node of the cluster is there.
pub(crate) const HOST: Ipv4Addr = ADDRESSES[2];

/// How long one write may hang: a node may stop to read, and the attack goes on elsewhere.
const WRITE_LIMIT: Duration = Duration::from_secs(1);

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A connection from the attacker's host.
pub(crate) fn connect(target: SocketAddr) -> io::Result<TcpStream> {
    socket(None)?.connected(target)
}

/// One that takes hardly any answers before it has to read them.
pub(crate) fn connect_deaf(target: SocketAddr) -> io::Result<TcpStream> {
    socket(Some(4 << 10))?.connected(target)
}

trait Connected {
    fn connected(self, target: SocketAddr) -> io::Result<TcpStream>;
}

impl Connected for Socket {
    fn connected(self, target: SocketAddr) -> io::Result<TcpStream> {
        self.connect_timeout(&target.into(), CONNECT_LIMIT)?;
        self.set_write_timeout(Some(WRITE_LIMIT))?;
        Ok(self.into())
    }
}

fn socket(receive_buffer: Option<usize>) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind(&SocketAddr::from((HOST, 0)).into())?;
    Ok(socket)
}

/// Announces members of the attacker's host to the group, one for each port.
pub(crate) fn announce(group: SocketAddrV4, ports: impl Iterator<Item = u16>, alive_ms: i64) -> io::Result<()> {
    let socket = UdpSocket::bind((HOST, 0))?;
    for port in ports {
        socket.send_to(&Member { alive_ms, ..member(port) }.encode(), group)?;
    }
    Ok(())
}

/// A member of the attacker's host, the same each time it is asked for.
fn member(port: u16) -> Member {
    let mut unique = [9; 16];
    unique[..2].copy_from_slice(&port.to_be_bytes());
    Member::new(MemberId { host: HOST.into(), port, unique_id: UniqueId(unique) })
}

/// A well-formed frame that asks for an acknowledgement: a probe, which every node swallows.
pub(crate) fn acknowledged_frame() -> Bytes {
    let data = ChannelData {
        options: SendOptions::BYTE_MESSAGE | SendOptions::USE_ACK | SendOptions::SYNCHRONIZED_ACK,
        timestamp: UnixMillis(0),
        id: UniqueId([5; 16]),
        source_record: member(4000).encode(),
        message: Bytes::from_static(&PROBE),
    };
    data.encode().expect("a short frame")
}

/// The start of a frame of a member that [`announce`] has announced, around a message of so many bytes.
pub(crate) fn members_frame_head(port: u16, message: usize) -> Bytes {
    let record = member(port).encode();
    encode_head(SendOptions::USE_ACK, UnixMillis(0), UniqueId([6; 16]), &record, message).expect("a short record")
}

/// The start of a frame that says how long it will be.
pub(crate) fn frame_head(length: u32) -> Vec<u8> {
    [b"FLT2002", &length.to_be_bytes()[..]].concat()
}

/// Writes until all of it is written, or the other side has had enough. Whether all of it was written.
pub(crate) fn pour(stream: &mut TcpStream, bytes: &[u8], times: usize) -> bool {
    (0..times).all(|_| stream.write_all(bytes).is_ok())
}
