//! The members of a cluster as the platform names them: the pods that Kubernetes runs, or the addresses that a name of DNS has.
//!
//! A [`Provider`] is asked again and again; each time it gives all members that there are now, this node among them. Every node takes
//! messages at the same port, so an address and an identity make a member. Identities are those that a Tomcat computes:
//!
//! | provider | members | identity: the MD5 of |
//! |---|---|---|
//! | `kubernetes` | running pods of the namespace with the labels | the pod's uid |
//! | `dns` | addresses of the name | the address as text |
//!
//! What it does not do: it watches nothing (a poll each heartbeat is what Tomcats do), decides nothing about who is alive, and believes
//! whatever the API server or the resolver says.
//!
//! Source: Tomcat `CloudMembershipProvider`, `KubernetesMembershipProvider`, `DNSMembershipProvider`.

mod address;
mod dns;
mod environment;
mod error;
mod identity;
mod kubernetes;
mod pods;
mod provider;
mod tls;
mod token;

pub use dns::Dns;
pub use environment::Environment;
pub use error::CloudError;
pub use kubernetes::Kubernetes;
pub use provider::{CloudMember, Provider};
