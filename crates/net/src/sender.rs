//! Emptying one peer's lane: one task and one connection a peer.
//!
//! What is said on the connection, and how long for an answer is waited, [`Correspondence`] decides.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use outlive_node::{Correspondence, Node, Peer, Silence, log};
use outlive_tribes_proto::time::Monotonic;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::clock::Clock;

/// Connects from this node's own address: its receiver's. A host may have several, and a member's connection is known by the host
/// that the member names.
async fn connect(own: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    let can_come_from = own.is_ipv4() == to.is_ipv4() && own.is_loopback() == to.ip().is_loopback();
    if can_come_from && !own.is_unspecified() {
        // Where it is none of this machine's after all, any of them will do.
        let _ = socket.bind((own, 0).into());
    }
    socket.connect(to).await
}

/// What empties the lane of one peer.
pub(crate) struct Sender {
    pub(crate) node: Arc<Node>,
    pub(crate) peer: Arc<Peer>,
    pub(crate) clock: Clock,
    pub(crate) ack_timeout: Duration,
    pub(crate) connect_timeout: Duration,
}

impl Sender {
    /// Sends until the lane is closed, which the node does when the member leaves.
    pub(crate) async fn run(self) {
        let peer = &self.peer;
        let mut correspondence = Correspondence::new(Arc::clone(&self.node), Arc::clone(peer), self.ack_timeout);
        while correspondence.wants_connection() || poll_fn(|cx| peer.lane().poll_ready(cx, true)).await {
            if peer.lane().is_closed() {
                break;
            }
            let address = peer.id().address();
            correspondence.connecting(self.clock.now().monotonic);
            let ended = match timeout(self.connect_timeout, connect(self.node.host(), address)).await {
                Ok(Ok(stream)) => self.converse(stream, &mut correspondence).await,
                Ok(Err(error)) => Err(error),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            if peer.lane().is_closed() {
                break;
            }
            if let Err(error) = ended {
                tracing::debug!(target: log::SENDER, peer = %address, %error, unacknowledged = correspondence.given(), "connection lost");
            }
            let pause = correspondence.disconnected(self.clock.now());
            tokio::time::sleep(pause).await;
        }
    }

    /// Works on one connection until it ends, or the lane is closed (`Ok`).
    async fn converse(&self, mut stream: TcpStream, correspondence: &mut Correspondence) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut reading, mut writing) = stream.split();
        let mut received = BytesMut::new();
        let mut batch = BytesMut::new();
        correspondence.connected(self.clock.now().monotonic);
        loop {
            correspondence.fill(self.clock.now(), &mut batch, |_| {});
            let deadline = correspondence.deadline();
            tokio::select! {
                written = writing.write_buf(&mut batch), if batch.has_remaining() => {
                    correspondence.written(self.clock.now().monotonic, written?);
                }
                open = poll_fn(|cx| correspondence.poll_lane(cx)) => {
                    if !open {
                        return Ok(());
                    }
                    // Requests that are ready to run put their messages into the same write. An idle node loses one look
                    // at its sockets by it, a busy one saves a write, and its peer a read and an acknowledgement.
                    tokio::task::yield_now().await;
                }
                read = reading.read_buf(&mut received) => {
                    if read? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    correspondence.received(self.clock.now(), &mut received).map_err(io::Error::other)?;
                }
                () = self.sleep_until(deadline), if deadline.is_some() => {
                    if correspondence.silent(self.clock.now()) == Silence::Hopeless {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
            }
        }
    }

    async fn sleep_until(&self, deadline: Option<Monotonic>) {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(self.clock.instant(deadline)).await,
            None => std::future::pending().await,
        }
    }
}
