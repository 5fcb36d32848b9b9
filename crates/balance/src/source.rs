//! Where the balancer learns which nodes there are.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;

/// Where the nodes are. Names of hosts are looked up before each round of checks.
#[derive(Debug, Clone)]
pub enum Source {
    /// Nodes by name, with the host and port at which each serves; its health is asked there, with this path.
    Listed {
        /// Name, host and port.
        nodes: Vec<(String, String, u16)>,
        /// The path of the checks.
        check: String,
    },
    /// The addresses of nodes' health (`outlive serve --health`): each tells the node's name and where it serves. A name with many
    /// addresses, as the headless service of Kubernetes has, stands for as many nodes, which may come and go.
    Health {
        /// Host and port.
        addresses: Vec<(String, u16)>,
    },
    /// The cluster's own membership: the health of some nodes, which tell where that of all others is, and so on.
    Cluster {
        /// Host and port of the nodes that are asked in any case.
        addresses: Vec<(String, u16)>,
    },
}

/// A place that is asked for the health of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    /// The node's name, where it serves at this very address; else its health tells both.
    pub(crate) name: Option<String>,
}

/// What a round of look-ups gave.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) found: BTreeSet<Place>,
    /// Whether every name was looked up: only then is what is missing gone.
    pub(crate) complete: bool,
}

impl Source {
    /// Whether nodes that others tell of are taken, too.
    pub(crate) fn follows_members(&self) -> bool {
        matches!(self, Source::Cluster { .. })
    }

    /// All places now.
    pub(crate) async fn places(&self) -> Places {
        let mut places = Places { complete: true, ..Places::default() };
        match self {
            Source::Listed { nodes, check } => {
                for (name, host, port) in nodes {
                    let place = |address| Place { address, path: check.clone(), name: Some(name.clone()) };
                    // One node, so one of its addresses.
                    let first = looked_up(host, *port)
                        .await
                        .map(|addresses| addresses.into_iter().take(1).map(place).collect());
                    places.add(host, first);
                }
            }
            Source::Health { addresses } | Source::Cluster { addresses } => {
                for (host, port) in addresses {
                    let addresses = looked_up(host, *port).await;
                    let all = addresses.map(|addresses| addresses.into_iter().map(Place::of_health).collect());
                    places.add(host, all);
                }
            }
        }
        places
    }
}

impl Place {
    /// Where a node tells its health, its name and where it serves.
    pub(crate) fn of_health(address: SocketAddr) -> Self {
        Place { address, path: "/".to_owned(), name: None }
    }
}

impl Places {
    fn add(&mut self, host: &str, looked_up: io::Result<Vec<Place>>) {
        match looked_up {
            Ok(places) => self.found.extend(places),
            Err(error) => {
                tracing::warn!(host, %error, "a host cannot be looked up");
                self.complete = false;
            }
        }
    }
}

async fn looked_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}
