//! The whole of it.

use std::path::PathBuf;

use super::{Application, Cluster, ClusterAt, Connector, Engine, Host, Node, Server, Service};

/// What a node is to be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Configuration {
    /// What a Tomcat has no word for.
    pub node: Node,
    /// The process.
    pub server: Server,
    /// A label.
    pub service: Service,
    /// Where requests come in. Their ports are as written, without [`Server::port_offset`].
    pub connectors: Vec<Connector>,
    /// What serves them.
    pub engine: Engine,
    /// Its hosts; none is the same as one called `localhost`.
    pub hosts: Vec<Host>,
    /// The cluster that the node is in. None: it is in none.
    pub cluster: Option<Cluster>,
    /// What is served, or kept for others.
    pub applications: Vec<Application>,
}

impl Configuration {
    /// The host of this name or alias, in any case; the engine's default host where none has it.
    pub fn host(&self, name: &str) -> Option<&Host> {
        let called = |wanted: &str| self.hosts.iter().find(|host| host.is_called(wanted));
        called(name).or_else(|| called(&self.engine.default_host))
    }

    /// The cluster that holds an application's sessions: one stands around it, and it is distributable with a manager for that.
    pub fn cluster_of(&self, application: &Application) -> Option<&Cluster> {
        let cluster = self.cluster_around(&application.host)?;
        (application.distributable && application.manager.is_of_a_cluster()).then_some(cluster)
    }

    /// The cluster that stands in the engine, or in the host of this name.
    pub fn cluster_around(&self, host: &str) -> Option<&Cluster> {
        self.cluster.as_ref().filter(|cluster| match cluster.at {
            ClusterAt::Engine => true,
            ClusterAt::Host => cluster.host.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(host)),
        })
    }

    /// What the channel of a cluster is called: `clusterName`, or else the engine or host that it stands in, and `-Channel`.
    pub fn channel_name(&self, cluster: &Cluster) -> String {
        let container = match (cluster.at, &cluster.host) {
            (ClusterAt::Host, Some(host)) => host,
            (ClusterAt::Host, None) => &self.engine.default_host,
            (ClusterAt::Engine, _) => &self.engine.name,
        };
        format!("{}-Channel", cluster.cluster_name.as_ref().unwrap_or(container))
    }

    /// An application's work folder, relative to the base folder: what names of files in its manager are relative to.
    pub fn work_folder(&self, application: &Application) -> PathBuf {
        if let Some(folder) = &application.work_dir {
            return folder.clone();
        }
        let host = self.hosts.iter().find(|host| host.name == application.host);
        let of_host = host.and_then(|host| host.work_dir.clone());
        let of_host = of_host.unwrap_or_else(|| ["work", &self.engine.name, &application.host].iter().collect());
        of_host.join(application.base_name())
    }
}
