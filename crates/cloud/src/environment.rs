//! The variables by which a pod learns of its platform.
//!
//! Several names may mean the same; the first that is set counts.
//!
//! Source: Tomcat `CloudMembershipProvider`, `KubernetesMembershipProvider`.

use std::collections::BTreeMap;

/// The namespace where none is named.
const NAMESPACE_DEFAULT: &str = "tomcat";

/// The variables of a process, or of a test.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// This process's.
    pub fn of_process() -> Self {
        // What is no text is none of ours.
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The first of these that is set.
    pub(crate) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.0.get(*name)).map(String::as_str)
    }

    /// The namespace of the cluster's pods.
    pub(crate) fn namespace(&self) -> &str {
        self.first(&["OPENSHIFT_KUBE_PING_NAMESPACE", "KUBERNETES_NAMESPACE"]).unwrap_or_else(|| {
            tracing::warn!("no namespace is named (KUBERNETES_NAMESPACE): \"{NAMESPACE_DEFAULT}\" is taken");
            NAMESPACE_DEFAULT
        })
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}
