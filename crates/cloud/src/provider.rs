//! Either of the providers.

use std::net::IpAddr;

use crate::dns::Dns;
use crate::environment::Environment;
use crate::error::CloudError;
use crate::kubernetes::Kubernetes;

/// One member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CloudMember {
    /// Its address; the port is that of all nodes.
    pub address: IpAddr,
    /// Its identity.
    pub unique_id: [u8; 16],
}

/// Where members are asked for.
#[derive(Debug)]
pub enum Provider {
    /// The API server of Kubernetes.
    Kubernetes(Box<Kubernetes>),
    /// A resolver.
    Dns(Dns),
}

impl Provider {
    /// The one that the environment of a pod describes.
    ///
    /// # Errors
    /// A variable is missing or makes no sense, or a certificate cannot be read.
    pub fn kubernetes(environment: &Environment) -> Result<Self, CloudError> {
        Kubernetes::of(environment).map(|kubernetes| Self::Kubernetes(Box::new(kubernetes)))
    }

    /// The addresses of a name; without one, of the service that the environment names.
    pub fn dns(name: Option<&str>, environment: &Environment) -> Self {
        Self::Dns(Dns::new(name, environment))
    }

    /// All members now, in no order; this node is one of them. Not cancel safe where it matters: a call that is dropped is asked anew.
    ///
    /// # Errors
    /// They cannot be had now; the next call may be better.
    pub async fn members(&mut self) -> Result<Vec<CloudMember>, CloudError> {
        match self {
            Self::Kubernetes(kubernetes) => kubernetes.members().await,
            Self::Dns(dns) => dns.members().await,
        }
    }
}
