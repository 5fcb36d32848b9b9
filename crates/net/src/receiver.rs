//! Taking the messages of the other members: one task a connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use outlive_node::{Link, Node, Reply, log};
use outlive_tribes_proto::wire::frame::{ACK, FAIL_ACK};
use outlive_tribes_proto::wire::frame::{Frame, FrameReader};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::clock::Clock;

/// Read at once at most. A buffer grows beyond it only with bytes that have come.
const CHUNK: usize = 64 << 10;

/// A frame that has begun goes on within this time, or its connection is closed.
const STALL_MAX: Duration = Duration::from_secs(30);

/// A peer reads its acknowledgements within this time, or its connection is closed.
const ACK_WRITE_MAX: Duration = Duration::from_secs(5);

/// After this time without a byte a peer's host is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// After an accept that failed for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts until the task is aborted, and its connections with it. At most `connections_max` are served at once; more wait in the kernel's queue.
pub(crate) async fn accept(listener: TcpListener, node: Arc<Node>, clock: Clock, connections_max: usize) {
    let permits = Arc::new(Semaphore::new(connections_max));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, from)) => {
                let node = Arc::clone(&node);
                connections.spawn(async move {
                    if let Err(fault) = serve(stream, from, &node, clock).await {
                        tracing::warn!(target: log::RECEIVER, peer = %from, "connection closed: {fault}");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(target: log::RECEIVER, %error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Why a connection was closed.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error("{0}")]
    Frame(#[from] outlive_tribes_proto::error::FrameFault),
    #[error("{0}")]
    Message(#[from] outlive_node::PeerFault),
    #[error("a frame of which {0} bytes came did not go on for {limit} s", limit = STALL_MAX.as_secs())]
    Stalled(usize),
    #[error("the connection ended within a frame, after {0} of its bytes")]
    Truncated(usize),
    #[error("acknowledgements are not read")]
    DeafPeer,
    #[error("{0}")]
    Io(#[from] io::Error),
}

async fn serve(mut stream: TcpStream, from: SocketAddr, node: &Node, clock: Clock) -> Result<(), Closed> {
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 6))?;
    let mut link = Link::new(from);
    let mut frames = FrameReader::new();
    let mut received = BytesMut::new();
    let mut acks = Vec::new();
    loop {
        received.reserve(CHUNK.saturating_sub(received.len()).max(CHUNK / 4));
        let read = if received.is_empty() {
            stream.read_buf(&mut received).await
        } else {
            let read = tokio::time::timeout(STALL_MAX, stream.read_buf(&mut received)).await;
            read.map_err(|_| Closed::Stalled(received.len()))?
        };
        match read {
            Ok(0) if received.is_empty() => return Ok(()),
            Ok(0) => return Err(Closed::Truncated(received.len())),
            Ok(_) => {}
            // Between frames that is how many a peer goes.
            Err(error) if received.is_empty() && error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        frames.set_limit(node.frame_limit(from.ip()));
        while let Some(frame) = frames.next(&mut received)? {
            if let Frame::Message(body) = frame {
                match node.frame_received(clock.now(), &mut link, body)? {
                    Reply::None => {}
                    Reply::Ack => acks.extend_from_slice(&ACK),
                    Reply::FailAck => acks.extend_from_slice(&FAIL_ACK),
                }
            }
        }
        if received.is_empty() {
            // Let go of a buffer that a large frame made large; values taken from it were copied.
            received = BytesMut::new();
        }
        if !acks.is_empty() {
            let written = tokio::time::timeout(ACK_WRITE_MAX, stream.write_all(&acks)).await;
            written.map_err(|_| Closed::DeafPeer)??;
            acks.clear();
        }
    }
}
