//! What files and flags mean: names looked up, defaults filled in, what is unsafe refused. Flags go before files.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;

use outlive_config::model::{self, Cluster};
use outlive_config::{Configuration, Notice};
use outlive_net::ContextConfig;

use super::store::StoreSettings;
use crate::cli::{HostPort, LogFormat, Secret, ServeArguments};
use crate::drain::{DrainFlags, Seconds};
use crate::exit::Exit;

mod cluster;
mod connectors;
mod contexts;
mod described;
mod files;
mod front;
mod hosts;
mod interceptors;
mod keeping;
mod said;
mod unheeded;
mod valves;

pub(super) use cluster::{ClusterSettings, MembershipSettings};
pub(super) use connectors::{ConnectorSettings, Speaks};
pub(super) use contexts::ContextSettings;
pub(crate) use described::described_store;
pub(super) use hosts::Hosts;
pub(super) use keeping::{Keeping, Place};
use said::Said;
pub(super) use valves::Draining;

/// A node's settings, checked.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(super) name: String,
    /// Where requests come in; none: nothing is served.
    pub(super) connectors: Vec<ConnectorSettings>,
    pub(super) health: Option<SocketAddr>,
    /// The port that takes the word to stop.
    pub(super) shutdown: Option<ShutdownSettings>,
    pub(super) hosts: Hosts,
    /// The applications whose sessions are served or kept.
    pub(super) contexts: Vec<ContextSettings>,
    /// How every other context of the cluster is kept, if it is.
    pub(super) keeper: Option<Keeping>,
    /// `None`: the node is in no cluster.
    pub(super) cluster: Option<ClusterSettings>,
    pub(super) exit_with_stdin: bool,
    pub(super) drain: DrainFlags,
    pub(super) log_format: LogFormat,
    /// What is to be said about the files, once each.
    pub(super) notices: Vec<Notice>,
}

/// The port that takes the word to stop. Source: Server attributes `address`, `port`, `shutdown`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShutdownSettings {
    pub(super) address: SocketAddr,
    pub(super) word: String,
}

impl Settings {
    /// Reads the files that flags name, looks up the hosts that both name, and checks that nothing leaves the machine unencrypted that was
    /// not allowed to.
    ///
    /// # Errors
    /// What is at fault and why, in one paragraph: exit code 2 where flags or files themselves are wrong, 1 where a host is not found.
    pub(crate) fn resolve(flags: ServeArguments) -> Result<Self, Exit> {
        match files::read(&flags.files)? {
            Some(read) => {
                let mut settings = Self::of(flags, read.configuration, Said::in_file(&read.file), &read.base)?;
                settings.notices.splice(0..0, read.notices);
                Ok(settings)
            }
            None => {
                let configuration = by_flags(&flags);
                Self::of(flags, configuration, Said::by_flags(), Path::new(""))
            }
        }
    }

    /// What is to be said about the files, once each.
    pub(crate) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The form of the log.
    pub(crate) fn log_format(&self) -> LogFormat {
        self.log_format
    }

    fn of(flags: ServeArguments, configuration: Configuration, said: Said, base: &Path) -> Result<Self, Exit> {
        let manager = flags.manager.as_deref().unwrap_or("delta");
        let store = StoreSettings::resolve(manager, &flags.store)?;
        // Flags about stores go before the managers that files name.
        let by_flags = !said.is_file() || flags.manager.is_some() || flags.store.store.is_some();
        if !store.has_cluster() && (!flags.r#static.is_empty() || !flags.interceptors.is_empty()) {
            return Err(Exit::usage(format!(
                "--static and --interceptors mean nothing with --manager {manager}, which has no cluster"
            )));
        }
        connectors::check_flags(&flags.ajp)?;
        let mut notices = unheeded::of(&configuration);
        let contexts =
            contexts::resolve(&flags, &configuration, by_flags.then_some(&store), base, &said, &mut notices)?;
        let model_cluster = configuration.cluster.as_ref().filter(|_| store.has_cluster());
        // Whoever names one application means no others.
        let names_none = flags.app.is_none() && flags.context.is_empty() && configuration.applications.is_empty();
        let keeps_all = names_none && model_cluster.is_some();
        let is_in_cluster = keeps_all || contexts.iter().any(|context| context.keeping.is_clustered);
        let cluster = model_cluster.filter(|_| is_in_cluster);
        let cluster =
            cluster.map(|cluster| ClusterSettings::resolve(&flags, &configuration, cluster, &said)).transpose()?;
        let serves = contexts.iter().any(|context| context.is_served);
        let connectors = match serves {
            true => connectors::resolve(&flags, &configuration.connectors, configuration.server.port_offset, &said)?,
            false => Vec::new(),
        };
        let health = match (&flags.health, &configuration.node.health) {
            (Some(health), _) => Some(look_up("--health", health)?),
            (None, Some(health)) => {
                let health = HostPort { host: health.host.clone(), port: health.port };
                Some(look_up(&said.at(false, "--health", &configuration.node.origin, "health", "health"), &health)?)
            }
            (None, None) => None,
        };
        let hosts = Hosts::of(&configuration, &mut notices);
        let keeper = keeps_all.then(|| match by_flags {
            true => store.keeping(""),
            false => Keeping::in_memory(ContextConfig::default()),
        });
        Ok(Self {
            name: flags.name.or(configuration.engine.jvm_route.clone()).unwrap_or_default(),
            connectors,
            health,
            shutdown: shutdown(&configuration.server, &said)?,
            hosts,
            contexts,
            keeper,
            cluster,
            exit_with_stdin: flags.exit_with_stdin,
            drain: drain(flags.drain, &configuration.node),
            log_format: flags.log_format.unwrap_or(match configuration.node.log_format {
                Some(model::LogFormat::Json) => LogFormat::Json,
                Some(model::LogFormat::Text) | None => LogFormat::Text,
            }),
            notices,
        })
    }
}

/// What a node is without files: Tomcat's defaults, but for what only a Tomcat's own server.xml has.
fn by_flags(flags: &ServeArguments) -> Configuration {
    let is_clustered = flags.manager.as_deref().is_none_or(|manager| manager == "delta");
    Configuration {
        server: model::Server { port: None, ..model::Server::default() },
        cluster: is_clustered.then(Cluster::default),
        ..Configuration::default()
    }
}

fn shutdown(server: &model::Server, said: &Said) -> Result<Option<ShutdownSettings>, Exit> {
    let Some(port) = server.port else { return Ok(None) };
    let said = |key| said.at(false, "", &server.origin, key, &format!("Server {key}"));
    let port = port.checked_add(server.port_offset).ok_or_else(|| {
        let said = said("port");
        Exit::usage(format!("{said}: {port} with portOffset {} is no port (0 to 65535)", server.port_offset))
    })?;
    let address = look_up(&said("address"), &HostPort { host: server.address.clone(), port })?;
    Ok(Some(ShutdownSettings { address, word: server.shutdown.clone() }))
}

fn drain(flags: DrainFlags, node: &model::Node) -> DrainFlags {
    DrainFlags {
        drain_delay: flags.drain_delay.or(node.drain_delay.map(Seconds)),
        drain_limit: flags.drain_limit.or(Some(Seconds(node.drain_limit))),
        control_token: flags.control_token.or(node.control_token.as_ref().map(|token| Secret::new(token.reveal()))),
    }
}

/// The first address of a host. Asks the system's resolver, so it may take seconds; it runs before anything is started.
pub(crate) fn look_up(said: &str, target: &HostPort) -> Result<SocketAddr, Exit> {
    let addresses = (target.host.as_str(), target.port).to_socket_addrs();
    let found = addresses.ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| Exit::failure(format!("{said} {target}: no address is known for \"{}\"", target.host)))
}

#[cfg(test)]
mod tests;
