//! The demo's two nodes.

use tokio::task::spawn_blocking;

use super::node::NodeProcess;
use super::ports;
use crate::exit::Exit;

/// A response waits until the other node has what it tells: then no answer is lost with its node.
const OPTIONS: &str = "6";

/// Nodes A and B, ready to be started.
#[derive(Debug)]
pub(super) struct Nodes {
    a: NodeProcess,
    b: NodeProcess,
    without_multicast: Option<String>,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    A,
    B,
}

impl Nodes {
    /// Finds free ports, and looks whether the nodes can meet by multicast; else they are told each other's addresses.
    ///
    /// # Errors
    /// There are no free ports.
    pub(super) async fn prepare() -> Result<Self, Exit> {
        let group_port = ports::free_udp()?;
        let echo = spawn_blocking(move || ports::multicast_works(group_port)).await;
        let without_multicast = match echo {
            Ok(echo) => echo.err().map(|error| error.to_string()),
            Err(_) => Some("it cannot be tried".to_owned()),
        };
        let (receiver_a, receiver_b) = (ports::free_tcp()?, ports::free_tcp()?);
        let arguments = |other: std::net::SocketAddr| {
            let membership = match without_multicast {
                None => ["--mcast".to_owned(), format!("{}:{group_port}", ports::GROUP)],
                Some(_) => ["--static".to_owned(), other.to_string()],
            };
            let rest = ["--bind", "127.0.0.1", "--options", OPTIONS, "--app", "/app=session"].map(str::to_owned);
            membership.into_iter().chain(rest).collect::<Vec<_>>()
        };
        Ok(Self {
            a: NodeProcess::new("A", ports::free_tcp()?, receiver_a, arguments(receiver_b)),
            b: NodeProcess::new("B", ports::free_tcp()?, receiver_b, arguments(receiver_a)),
            without_multicast,
        })
    }

    pub(super) fn node(&self, which: Which) -> &NodeProcess {
        match which {
            Which::A => &self.a,
            Which::B => &self.b,
        }
    }

    pub(super) fn all(&self) -> [&NodeProcess; 2] {
        [&self.a, &self.b]
    }

    /// Why the nodes do not meet by multicast, if they do not.
    pub(super) fn without_multicast(&self) -> Option<&str> {
        self.without_multicast.as_deref()
    }

    /// Lets both leave.
    pub(super) async fn stop(&self) {
        tokio::join!(self.a.stop(), self.b.stop());
    }
}
