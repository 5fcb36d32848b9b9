//! Members by a name that has all their addresses, as a headless service has.

use std::net::IpAddr;

use crate::address::java_text;
use crate::environment::Environment;
use crate::error::CloudError;
use crate::identity::unique_id;
use crate::provider::CloudMember;

/// Asks the system's resolver.
#[derive(Debug)]
pub struct Dns {
    name: String,
}

impl Dns {
    /// The addresses of `name`; without one, of the service that `DNS_MEMBERSHIP_SERVICE_NAME` or the namespace names.
    pub(crate) fn new(name: Option<&str>, environment: &Environment) -> Self {
        let from_environment = || {
            let service = environment.first(&["DNS_MEMBERSHIP_SERVICE_NAME"]);
            service.unwrap_or_else(|| environment.namespace()).to_owned()
        };
        Self { name: name.map_or_else(from_environment, str::to_owned) }
    }

    pub(crate) async fn members(&self) -> Result<Vec<CloudMember>, CloudError> {
        let looked_up = tokio::net::lookup_host((self.name.as_str(), 0)).await;
        let addresses = looked_up.map_err(|error| CloudError::Lookup { name: self.name.clone(), error })?;
        let mut members: Vec<CloudMember> = addresses.map(|address| member(address.ip())).collect();
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }
}

fn member(address: IpAddr) -> CloudMember {
    let address = address.to_canonical();
    CloudMember { address, unique_id: unique_id(&java_text(address)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_flags_or_the_environments() {
        let of = |name, pairs: &[(&str, &str)]| {
            let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Dns::new(name, &environment).name
        };
        assert_eq!(of(Some("nodes"), &[("DNS_MEMBERSHIP_SERVICE_NAME", "other")]), "nodes");
        assert_eq!(of(None, &[("DNS_MEMBERSHIP_SERVICE_NAME", "other"), ("KUBERNETES_NAMESPACE", "ns")]), "other");
        assert_eq!(of(None, &[("KUBERNETES_NAMESPACE", "ns")]), "ns");
        assert_eq!(of(None, &[]), "tomcat");
    }

    #[tokio::test]
    async fn each_address_is_a_member() {
        let dns = Dns::new(Some("localhost"), &Environment::default());
        let members = dns.members().await.unwrap();
        let found = members.iter().find(|member| member.address == IpAddr::from([127, 0, 0, 1])).unwrap();
        assert_eq!(found.unique_id, unique_id("127.0.0.1"));
        let nowhere = Dns::new(Some("no.such.host.invalid"), &Environment::default());
        assert!(
            nowhere.members().await.unwrap_err().to_string().starts_with("no.such.host.invalid cannot be looked up")
        );
    }
}
