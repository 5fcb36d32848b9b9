//! `--membership`: the nodes as the platform names them, asked for again and again.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use outlive_cloud::{CloudError, CloudMember, Environment, Provider};
use outlive_net::{Cluster, Membership};

use crate::exit::Exit;

/// Between two questions: well below the 5 s for which nodes keep the messages of one that they do not know yet, so that the first question
/// of a node that starts is answered by those who learn of it a moment later.
const INTERVAL: Duration = Duration::from_secs(2);

/// Flags of `outlive serve`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct MembershipFlags {
    /// In place of multicast: the nodes as the platform names them. "kubernetes": the pods of a namespace; "dns:NAME": the addresses of a name
    ///
    /// Tomcat's CloudMembershipService, with its variables in the environment: KUBERNETES_NAMESPACE, KUBERNETES_LABELS (app=outlive),
    /// KUBERNETES_SERVICE_HOST and _PORT, SA_TOKEN_FILE, KUBERNETES_CA_CERTIFICATE_FILE, KUBERNETES_CLIENT_CERTIFICATE_FILE and _KEY_FILE;
    /// for "dns" without a name DNS_MEMBERSHIP_SERVICE_NAME. Every node has the same receiver port; --receiver names this node's address.
    #[arg(long, value_name = "P", conflicts_with_all = ["mcast", "bind", "static"])]
    pub(crate) membership: Option<PlatformName>,
}

/// Who names the members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlatformName {
    Kubernetes,
    /// `None`: the environment says which name.
    Dns(Option<String>),
}

impl FromStr for PlatformName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "kubernetes" => Ok(Self::Kubernetes),
            None if text == "dns" => Ok(Self::Dns(None)),
            Some(("dns", name)) if !name.is_empty() => Ok(Self::Dns(Some(name.to_owned()))),
            _ => Err(format!("\"{text}\" is no membership: kubernetes, dns, or dns:NAME")),
        }
    }
}

/// A platform that is asked who is there.
#[derive(Debug)]
pub(crate) struct Platform {
    provider: Provider,
    receiver: SocketAddr,
}

impl Platform {
    /// # Errors
    /// The environment does not say where to ask, or certificates cannot be read.
    pub(crate) fn new(name: &PlatformName, receiver: SocketAddr) -> Result<Self, Exit> {
        let environment = Environment::of_process();
        let provider = match name {
            PlatformName::Kubernetes => Provider::kubernetes(&environment)
                .map_err(|error| Exit::failure(format!("--membership kubernetes: {error}")))?,
            PlatformName::Dns(name) => Provider::dns(name.as_deref(), &environment),
        };
        Ok(Self { provider, receiver })
    }

    /// Asks until this node itself is among the members, since that tells what it is named by. Cancel safe.
    pub(crate) async fn found(&mut self) -> Membership {
        loop {
            match self.own().await {
                Ok(membership) => return membership,
                Err(error) => tracing::warn!("waits for the platform: {error}"),
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    async fn own(&mut self) -> Result<Membership, CloudError> {
        let members = self.provider.members().await?;
        let own = self.receiver.ip().to_canonical();
        let found = members.iter().find(|member| member.address == own).ok_or(CloudError::NotAmong(own))?;
        Ok(Membership::Platform { unique_id: found.unique_id, members: self.named(&members) })
    }

    /// Tells the cluster who is there, for as long as it is not dropped. What was known stays while the platform does not answer.
    pub(crate) async fn follow(mut self, cluster: Cluster) {
        let mut answers = true;
        loop {
            tokio::time::sleep(INTERVAL).await;
            match self.provider.members().await {
                Ok(members) => {
                    cluster.set_members(&self.named(&members));
                    answers = true;
                }
                Err(error) => {
                    if std::mem::replace(&mut answers, false) {
                        tracing::warn!("the members stay as they are: {error}");
                    }
                }
            }
        }
    }

    /// The members' receivers, each with what it is named by.
    fn named(&self, members: &[CloudMember]) -> Vec<(SocketAddr, [u8; 16])> {
        members.iter().map(|member| (SocketAddr::new(member.address, self.receiver.port()), member.unique_id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_named() {
        let of = |text: &str| text.parse::<PlatformName>().ok();
        assert_eq!(of("kubernetes"), Some(PlatformName::Kubernetes));
        assert_eq!(of("dns"), Some(PlatformName::Dns(None)));
        assert_eq!(of("dns:nodes.svc"), Some(PlatformName::Dns(Some("nodes.svc".to_owned()))));
        for none in ["", "dns:", "kubernetes:x", "consul"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
