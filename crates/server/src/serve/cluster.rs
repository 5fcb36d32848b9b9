//! A node's settings as clusters: the one that holds its sessions, and none for those that nobody else has.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use outlive_net::{Cluster, ClusterConfig, JoinError, Membership, Sessions, StoreSource};

use super::settings::{ClusterSettings, ContextSettings, Keeping, MembershipSettings, Place, Settings};
use crate::exit::Exit;
use crate::membership::Platform;

/// The clusters of a node: where an application's sessions are held.
#[derive(Debug, Clone)]
pub(super) struct Clusters {
    /// The one with other nodes; `None`: the node is in none.
    shared: Option<Cluster>,
    /// For applications whose sessions no other node holds; `None`: there are none such.
    own: Option<Cluster>,
}

impl Clusters {
    /// Joins. Returns at once, or as soon as the platform names this node; the state comes later. The platform goes on to be asked as long
    /// as the runtime runs. `health`: where this node's health answers.
    ///
    /// # Errors
    /// An address or port that cannot be had, multicast that is not permitted, in one sentence.
    pub(super) async fn join(settings: &Settings, health: Option<SocketAddr>) -> Result<Self, Exit> {
        let shared = match &settings.cluster {
            Some(cluster) => Some(join(settings, cluster, health).await?),
            None => None,
        };
        let is_alone = settings.contexts.iter().any(|context| !context.keeping.is_clustered);
        let own = match is_alone || shared.is_none() {
            true => Some(joined(alone(settings), "").await?),
            false => None,
        };
        Ok(Self { shared, own })
    }

    /// The one that the node is known by: that with other nodes, if there is one.
    pub(super) fn first(&self) -> &Cluster {
        self.shared.as_ref().or(self.own.as_ref()).expect("a node without a cluster has one of its own")
    }

    /// The other one, if there are two.
    pub(super) fn second(&self) -> Option<&Cluster> {
        self.own.as_ref().filter(|_| self.shared.is_some())
    }

    /// Takes part in an application.
    pub(super) fn open(&self, keeping: &Keeping) -> Sessions {
        let cluster = match keeping.is_clustered {
            true => self.first(),
            false => self.own.as_ref().unwrap_or_else(|| self.first()),
        };
        cluster.open(keeping.context.clone())
    }
}

async fn join(settings: &Settings, cluster: &ClusterSettings, health: Option<SocketAddr>) -> Result<Cluster, Exit> {
    let config = |membership| {
        let config = ClusterConfig { name: settings.name.clone(), membership, health, ..cluster.config.clone() };
        ClusterConfig { store: stores(settings, &config, true), ..config }
    };
    match &cluster.membership {
        MembershipSettings::Known(membership) => joined(config(membership.clone()), &cluster.receiver_said).await,
        MembershipSettings::Platform { name, receiver } => {
            let mut platform = Platform::new(name, *receiver)?;
            let cluster = joined(config(platform.found().await), &cluster.receiver_said).await?;
            tokio::spawn(platform.follow(cluster.clone()));
            Ok(cluster)
        }
    }
}

/// No cluster: contexts that no other node has a part in.
fn alone(settings: &Settings) -> ClusterConfig {
    let config =
        ClusterConfig { name: settings.name.clone(), membership: Membership::None, ..ClusterConfig::default() };
    ClusterConfig { store: stores(settings, &config, false), ..config }
}

async fn joined(config: ClusterConfig, receiver_said: &str) -> Result<Cluster, Exit> {
    Cluster::join(config).await.map_err(|error| Exit::failure(told(&error, receiver_said)))
}

/// What gives each of the contexts its store.
fn stores(settings: &Settings, config: &ClusterConfig, is_clustered: bool) -> Option<StoreSource> {
    let kept = |context: &&ContextSettings| context.keeping.is_clustered == is_clustered;
    let place = |context: &ContextSettings| {
        let name = config.wire_name(&context.keeping.context);
        context.keeping.place.clone().map(|place| (name, place))
    };
    let places: BTreeMap<String, Place> = settings.contexts.iter().filter(kept).filter_map(place).collect();
    let of_others = settings.keeper.as_ref().filter(|_| is_clustered).and_then(|keeper| keeper.place.clone());
    if places.is_empty() && of_others.is_none() {
        return None;
    }
    let all = Arc::new((places, of_others));
    Some(StoreSource::new(move |context| {
        let (places, of_others) = &*all;
        let place = places.get(context.name).or(of_others.as_ref());
        place.map(|place| place.store(context.path)).ok_or_else(|| {
            outlive_net::store::StoreError::new(outlive_net::store::StoreFault::Unavailable, "no place is configured")
        })
    }))
}

/// The error in an operator's words, with what can be done about it where that is not plain.
fn told(error: &JoinError, receiver_said: &str) -> String {
    match error {
        JoinError::Receiver { address, error } => match error.kind() {
            ErrorKind::AddrInUse => format!("{receiver_said}: {address} is in use by another process"),
            ErrorKind::AddrNotAvailable => format!("{receiver_said}: this machine has no address {}", address.ip()),
            ErrorKind::PermissionDenied => format!("{receiver_said}: no permission for port {}", address.port()),
            _ => format!("{receiver_said}: {address} cannot be bound: {error}"),
        },
        JoinError::Multicast { .. } => {
            format!("{error}; where multicast is not possible, name the other nodes with --static")
        }
        other => other.to_string(),
    }
}
