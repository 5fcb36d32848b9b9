//! A cluster as an application names it.

use std::net::SocketAddr;

use outlive_net::{ContextConfig, JoinError, MemberSummary, Sessions};

use crate::Config;

/// This process as a node of its cluster. Cheap to clone; the node ends when the last clone and the last [`Sessions`] are dropped.
#[derive(Debug, Clone)]
pub struct Cluster(outlive_net::Cluster);

/// A context path that no servlet container would have. Nothing was opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no context path: \"/shop\", or \"\" for the root")]
pub struct BadPath(pub String);

impl Cluster {
    /// Opens the receiver and begins to look for members, in a tokio runtime. Returns at once.
    ///
    /// # Errors
    /// [`JoinError`]: an address cannot be had, or messages would leave this machine unencrypted. Nothing is left open.
    pub async fn join(config: Config) -> Result<Self, JoinError> {
        outlive_net::Cluster::join(config).await.map(Self)
    }

    /// The sessions of the web application at `path`, as soon as this node holds what the cluster has of them: at once where no other
    /// member is found, and after a minute in any case. A session idle for 30 minutes expires.
    ///
    /// Cancel safe: the context stays open, and a second call waits on.
    ///
    /// # Errors
    /// [`BadPath`].
    pub async fn sessions(&self, path: &str) -> Result<Sessions, BadPath> {
        let sessions = self.open(ContextConfig { path: path.to_owned(), ..ContextConfig::default() })?;
        sessions.ready().await;
        Ok(sessions)
    }

    /// As [`sessions`](Self::sessions), with settings, and without waiting: `Sessions::ready` waits.
    ///
    /// # Errors
    /// [`BadPath`].
    pub fn open(&self, context: ContextConfig) -> Result<Sessions, BadPath> {
        let path = &context.path;
        if !path.is_empty() && (!path.starts_with('/') || path.ends_with('/')) {
            return Err(BadPath(context.path));
        }
        Ok(self.0.open(context))
    }

    /// This node's name, which its session ids end with; may be empty.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Where this node takes messages of the others.
    pub fn receiver(&self) -> SocketAddr {
        self.0.receiver()
    }

    /// The other members, oldest first.
    pub fn members(&self) -> Vec<MemberSummary> {
        self.0.members()
    }

    /// Leaves in order: waits until all is sent (10 s at most), then tells the others. Call it when no request is served any more.
    pub async fn leave(&self) {
        self.0.leave().await;
    }
}
