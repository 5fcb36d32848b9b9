//! A node's settings as a cluster's configuration.

use outlive_net::{Cluster, ClusterConfig};

use super::settings::Settings;
use crate::exit::Exit;

/// Joins the cluster.
///
/// # Errors
/// An address or port that cannot be had, multicast that is not permitted.
pub(super) async fn join(settings: &Settings) -> Result<Cluster, Exit> {
    let config = ClusterConfig { name: settings.name.clone(), ..ClusterConfig::default() };
    Cluster::join(config).await.map_err(|error| Exit::failure(error.to_string()))
}
