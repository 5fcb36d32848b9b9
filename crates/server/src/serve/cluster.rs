//! A node's settings as a cluster's configuration.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use outlive_net::{Cluster, ClusterConfig, JoinError, Membership, ReceiverAddress};

use super::settings::{self, Receiver, Settings};
use crate::cli::ClusterAt;
use crate::exit::Exit;
use crate::membership::Platform;

/// How many ports Tomcat's receiver tries, its own first (`autoBind`).
const RECEIVER_TRIES: u16 = 100;

/// Joins the cluster. Returns at once, or as soon as the platform names this node; the state comes later. The platform goes on to be asked
/// as long as the runtime runs. `health`: where this node's health answers.
///
/// # Errors
/// An address or port that cannot be had, multicast that is not permitted, in one sentence.
pub(super) async fn join(settings: &Settings, health: Option<SocketAddr>) -> Result<Cluster, Exit> {
    let joined = |membership| joined(settings, health, membership);
    if !settings.store.has_cluster() {
        return joined(Membership::None).await;
    }
    match &settings.membership {
        settings::Membership::Static { members } => joined(Membership::Static(members.clone())).await,
        settings::Membership::Multicast { group, bind } => joined(multicast(*group, *bind)?).await,
        settings::Membership::Platform { name, receiver } => {
            let mut platform = Platform::new(name, *receiver)?;
            let cluster = joined(platform.found().await).await?;
            tokio::spawn(platform.follow(cluster.clone()));
            Ok(cluster)
        }
    }
}

async fn joined(settings: &Settings, health: Option<SocketAddr>, membership: Membership) -> Result<Cluster, Exit> {
    Cluster::join(config(settings, health, membership)).await.map_err(|error| Exit::failure(told(&error)))
}

fn config(settings: &Settings, health: Option<SocketAddr>, membership: Membership) -> ClusterConfig {
    settings.limits.limit(ClusterConfig {
        name: settings.name.clone(),
        receiver: match settings.receiver {
            Receiver::Auto { port } => ReceiverAddress::Auto { port, tries: RECEIVER_TRIES },
            Receiver::At(address) => ReceiverAddress::At(address),
        },
        membership,
        store: settings.store.source(),
        domain: settings.domain.clone(),
        payload: settings.payload.clone(),
        health,
        cluster_at: match settings.cluster_at {
            ClusterAt::Engine => outlive_net::ClusterAt::Engine,
            ClusterAt::Host => outlive_net::ClusterAt::Host,
        },
        options: settings.options,
        interceptors: settings.interceptors.clone(),
        allow_plaintext: settings.allow_plaintext,
        ..ClusterConfig::default()
    })
}

fn multicast(group: SocketAddr, bind: Option<IpAddr>) -> Result<Membership, Exit> {
    let v4 = |flag: &str, address: IpAddr| match address {
        IpAddr::V4(address) => Ok(address),
        IpAddr::V6(address) => Err(Exit::usage(format!(
            "{flag} {address}: multicast needs IPv4 so far; give an IPv4 address, or the members with --static"
        ))),
    };
    let bind = bind.map(|bind| v4("--bind", bind)).transpose()?;
    Ok(Membership::Multicast { group: v4("--mcast", group.ip())?, port: group.port(), bind })
}

/// The error in an operator's words, with what can be done about it where that is not plain.
fn told(error: &JoinError) -> String {
    match error {
        JoinError::Receiver { address, error } => match error.kind() {
            ErrorKind::AddrInUse => format!("--receiver: {address} is in use by another process"),
            ErrorKind::AddrNotAvailable => format!("--receiver: this machine has no address {}", address.ip()),
            ErrorKind::PermissionDenied => format!("--receiver: no permission for port {}", address.port()),
            _ => format!("--receiver: {address} cannot be bound: {error}"),
        },
        JoinError::Multicast { .. } => {
            format!("{error}; where multicast is not possible, name the other nodes with --static")
        }
        other => other.to_string(),
    }
}
