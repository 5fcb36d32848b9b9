//! Taking the messages of the other members: one task a connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use outlive_node::{Link, Node, PeerFault, ReceiverLimits, Reply, Trust, log};
use outlive_tribes_proto::wire::frame::{ACK, FAIL_ACK};
use outlive_tribes_proto::wire::frame::{Frame, FrameReader};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::clock::Clock;
use crate::gate::{Gate, Pass};

/// Read at once at most from a member that acknowledges. A buffer grows beyond it only with bytes that have come.
const CHUNK: usize = 64 << 10;

/// Read at once at most from anybody else: there may be many of them.
const STRANGERS_CHUNK: usize = 4 << 10;

/// A peer reads its acknowledgements within this time, or its connection is closed.
const ACK_WRITE_MAX: Duration = Duration::from_secs(5);

/// After this time without a byte a peer's host is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Before the connection of an Outlive node is closed that is no member and said more than is kept of such.
const NO_MEMBER_PAUSE: Duration = Duration::from_secs(5);

/// After an accept that failed for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts until the task is aborted, and its connections with it. Each one is accepted at once, so that none waits behind
/// others that are idle; which of them stay, the limits say.
///
/// `changes` tells of everything that may have made a member of a stranger.
pub(crate) async fn accept(
    listener: TcpListener,
    node: Arc<Node>,
    clock: Clock,
    limits: ReceiverLimits,
    changes: watch::Receiver<u64>,
) {
    let gate = Gate::new(limits);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, from)) => gate.admit(stream, from, |mut stream, pass| {
                let (node, mut changes) = (Arc::clone(&node), changes.clone());
                connections.spawn(async move {
                    let served = serve(&mut stream, from, &node, clock, pass, &mut changes).await;
                    if let Err(Closed::Message(PeerFault::NoMember)) = served {
                        // It will say the same again, and until something changes that will be the end again.
                        let _ = tokio::time::timeout(NO_MEMBER_PAUSE, changes.changed()).await;
                    }
                    if let Err(fault) = served {
                        tracing::warn!(target: log::RECEIVER, peer = %from, "connection closed: {fault}");
                    }
                })
            }),
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
    #[error("a frame went on by {0} bytes in {1:?}")]
    TooSlow(usize, Duration),
    #[error("the connection ended within a frame, after {0} of its bytes")]
    Truncated(usize),
    #[error("acknowledgements are not read")]
    DeafPeer,
    #[error("{0}")]
    Io(#[from] io::Error),
}

async fn serve(
    stream: &mut TcpStream,
    from: SocketAddr,
    node: &Node,
    clock: Clock,
    mut pass: Pass,
    changes: &mut watch::Receiver<u64>,
) -> Result<(), Closed> {
    stream.set_nodelay(true)?;
    SockRef::from(&*stream)
        .set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 6))?;
    let mut link = Link::new(from);
    let mut frames = FrameReader::new();
    let mut received = BytesMut::new();
    let mut acks = Vec::new();
    // When the frame that is not whole was last seen to go on, and how much there was of it; between frames, the silence's begin.
    let (mut since, mut there) = (Instant::now(), 0);
    loop {
        let time = match received.len() {
            0 => pass.limits().stranger_patience,
            _ => pass.limits().frame_time(pass.trust()),
        };
        let chunk = if pass.trust() == Trust::Confirmed { CHUNK } else { STRANGERS_CHUNK };
        let was_empty = received.is_empty();
        let read = async {
            // Nothing is set aside for what has not come.
            stream.readable().await?;
            received.reserve(chunk.saturating_sub(received.len()).max(chunk / 4));
            stream.read_buf(&mut received).await
        };
        let read = tokio::select! {
            read = timeout_at(since + time, read) => Some(read),
            // What is withheld may be due now.
            Ok(()) = changes.changed(), if !acks.is_empty() => None,
        };
        match read {
            Some(Ok(Ok(0))) if was_empty => return Ok(()),
            Some(Ok(Ok(0))) => return Err(Closed::Truncated(received.len())),
            Some(Ok(Ok(_))) | None => {}
            // Between frames that is how many a peer goes.
            Some(Ok(Err(error))) if was_empty && error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
            Some(Ok(Err(error))) => return Err(error.into()),
            Some(Err(_)) if !was_empty => return Err(Closed::TooSlow(received.len() - there, since.elapsed())),
            Some(Err(_)) if node.is_strangers(&link) => {
                tracing::debug!(target: log::RECEIVER, peer = %from, "connection closed: no member's, and silent");
                return Ok(());
            }
            Some(Err(_)) => {
                since = Instant::now();
                continue;
            }
        }
        if was_empty || received.len() - there >= pass.limits().frame_progress_min {
            (since, there) = (Instant::now(), received.len());
        }
        let limit = node.frame_limit(from.ip());
        let awaits_state = limit > node.frame_bytes_max();
        frames.set_limit(match pass.trust() {
            Trust::Stranger if node.names_nobody(&received) => pass.limits().strangers_frame_max,
            Trust::Member if !awaits_state => pass.limits().unconfirmed_bytes_max.min(limit),
            _ => limit,
        });
        while let Some(frame) = frames.next(&mut received)? {
            (since, there) = (Instant::now(), received.len());
            if let Frame::Message(body) = frame {
                match node.frame_received(clock.now(), &mut link, body)? {
                    Reply::None => {}
                    Reply::Ack => acks.extend_from_slice(&ACK),
                    Reply::FailAck => acks.extend_from_slice(&FAIL_ACK),
                }
            }
        }
        if pass.trust() < Trust::Confirmed {
            pass.learn(node.trust(&link, &received));
        }
        if received.is_empty() {
            // Let go of a buffer that a large frame made large; values taken from it were copied.
            received = BytesMut::new();
        }
        // A member has a chunk for itself, without the account that all share; and a state that was asked for is no surprise.
        let (free, awaited) = match pass.trust() {
            Trust::Stranger => (0, false),
            trust => {
                let free = if trust == Trust::Confirmed { CHUNK } else { 0 };
                (free, awaits_state)
            }
        };
        pass.hold(if received.capacity() <= free || awaited { 0 } else { received.capacity() });
        if !acks.is_empty() && node.may_acknowledge(clock.now(), &mut link)? {
            let written = tokio::time::timeout(ACK_WRITE_MAX, stream.write_all(&acks)).await;
            written.map_err(|_| Closed::DeafPeer)??;
            acks.clear();
        }
    }
}
