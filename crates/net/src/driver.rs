//! The task that performs what the node decides.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use outlive_node::{Effect, Node, log};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::persistence::Stores;
use crate::sender::Sender;

/// The largest datagram that Tribes reads.
const DATAGRAM_MAX: usize = 65_535;

/// How long the last message to the others may take.
const LAST_WORDS_MAX: Duration = Duration::from_secs(1);

/// Between two looks whether a repair has begun.
pub(crate) const REPAIR_PAUSE: Duration = Duration::from_millis(10);

/// The one task that does what the node asks for, waits for its deadline, and reads the group's datagrams.
pub(crate) struct Driver {
    pub(crate) node: Arc<Node>,
    pub(crate) clock: Clock,
    pub(crate) multicast: Option<(UdpSocket, SocketAddrV4)>,
    pub(crate) ack_timeout: Duration,
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) left: Option<oneshot::Sender<()>>,
    pub(crate) stores: Arc<Stores>,
    /// The receiver, and a sender for each peer; they end with the driver.
    pub(crate) tasks: JoinSet<()>,
}

impl Driver {
    /// Ends when the node was told to stop, or has stopped by itself after `released` told that nobody holds it any more.
    pub(crate) async fn run(mut self, released: oneshot::Receiver<Infallible>) {
        let mut released = Some(released);
        let mut datagram = vec![0; DATAGRAM_MAX];
        loop {
            while self.tasks.try_join_next().is_some() {}
            let deadline = self.clock.instant(self.node.deadline());
            let multicast = self.multicast.as_ref();
            tokio::select! {
                biased;
                effect = poll_fn(|cx| self.node.poll_effect(cx)) => {
                    if self.perform(effect).await {
                        return;
                    }
                }
                true = ended(&mut released) => {
                    let (node, clock, stores) = (Arc::clone(&self.node), self.clock, Arc::clone(&self.stores));
                    self.tasks.spawn(async move {
                        stores.stop(LAST_WORDS_MAX).await;
                        // Without an answer within this time there is nobody left to wait for it.
                        let _ = tokio::time::timeout(LAST_WORDS_MAX, all_sent(&node)).await;
                        node.stop(clock.now());
                    });
                }
                () = tokio::time::sleep_until(deadline) => self.node.deadline_reached(self.clock.now()),
                Some((length, from)) = receive(multicast, &mut datagram) => {
                    self.node.datagram(self.clock.now(), from, &datagram[..length]);
                }
            }
        }
    }

    /// Wakes whoever waits for members or for the state.
    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Whether that was the last one.
    async fn perform(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Multicast(bytes) => {
                if let Some((socket, group)) = &self.multicast
                    && let Err(error) = socket.send_to(&bytes, *group).await
                {
                    tracing::warn!(target: log::MEMBERSHIP, %group, %error, "cannot send a heartbeat");
                }
            }
            Effect::Probe { member, timeout, frame, reads } => {
                let (node, clock) = (Arc::clone(&self.node), self.clock);
                tokio::spawn(async move {
                    let alive = probe(member.address(), timeout, &frame, reads).await;
                    node.probe_finished(clock.now(), member, alive.is_ok());
                });
            }
            Effect::Joined(peer) => {
                tracing::info!(target: log::CLUSTER, member = %peer.id().address(), kind = %peer.kind(), "joined");
                let sender = Sender {
                    node: Arc::clone(&self.node),
                    peer,
                    clock: self.clock,
                    ack_timeout: self.ack_timeout,
                    connect_timeout: self.ack_timeout,
                };
                self.tasks.spawn(sender.run());
                self.changed();
            }
            Effect::Left(peer) => {
                tracing::info!(target: log::CLUSTER, member = %peer.id().address(), clock_ahead_ms = peer.clock_ahead_ms(), "left");
                self.changed();
            }
            Effect::Heard | Effect::Learnt | Effect::Ready => self.changed(),
            Effect::Opened(context) => drop(self.stores.of(&context)),
            Effect::DeadlineMoved => {}
            Effect::Stopped => {
                // Static members are told by a message, which lies in the lanes now.
                let last_words = tokio::time::timeout(LAST_WORDS_MAX, all_sent(&self.node)).await;
                if last_words.is_err() {
                    tracing::debug!(target: log::CLUSTER, "not every member could be told that this node leaves");
                }
                if let Some(left) = self.left.take() {
                    // Nobody waits if the node was dropped meanwhile.
                    let _ = left.send(());
                }
                return true;
            }
        }
        false
    }
}

/// Whether the other end is gone; tells it once.
async fn ended(held: &mut Option<oneshot::Receiver<Infallible>>) -> bool {
    let Some(waiting) = held else { return std::future::pending().await };
    // Nothing can be sent, so this is the end of the sender.
    let _ = waiting.await;
    *held = None;
    true
}

/// The next datagram; never without a socket, and after an error of it none until the next call.
async fn receive(multicast: Option<&(UdpSocket, SocketAddrV4)>, datagram: &mut [u8]) -> Option<(usize, SocketAddr)> {
    match multicast {
        Some((socket, _)) => socket.recv_from(datagram).await.ok(),
        None => std::future::pending().await,
    }
}

async fn probe(address: SocketAddr, limit: Duration, frame: &[u8], reads: Option<Duration>) -> io::Result<()> {
    let connected = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(frame).await?;
        io::Result::Ok(stream)
    };
    let mut stream = tokio::time::timeout(limit, connected).await??;
    if let Some(limit) = reads {
        tokio::time::timeout(limit, stream.read_u8()).await??;
    }
    Ok(())
}

/// Waits until every peer that acknowledges at all has acknowledged everything.
pub(crate) async fn all_sent(node: &Node) {
    let view = node.view();
    for peer in view.peers.iter().filter(|peer| !peer.is_stalled()) {
        loop {
            poll_fn(|cx| peer.lane().poll_idle(cx)).await;
            if !peer.is_behind() || peer.lane().is_closed() {
                break;
            }
            // The lane is empty, so its sender repairs what did not fit, as soon as it has a connection.
            tokio::time::sleep(REPAIR_PAUSE).await;
        }
    }
}
