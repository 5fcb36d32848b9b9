//! The API server's list of pods.

use std::net::IpAddr;

use serde::Deserialize;

use crate::identity::unique_id;
use crate::provider::CloudMember;

#[derive(Debug, Deserialize)]
struct PodList {
    items: Vec<Pod>,
}

/// What matters of a pod; anything may be missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Pod {
    kind: Option<String>,
    metadata: Metadata,
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: Option<String>,
    uid: Option<String>,
    creation_timestamp: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    phase: Option<String>,
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
}

impl Pod {
    /// A pod counts when it runs and has a name, a beginning and an address.
    fn member(&self) -> Option<CloudMember> {
        let Metadata { name, uid, creation_timestamp } = &self.metadata;
        let is_pod = self.kind.as_deref().is_none_or(|kind| kind == "Pod");
        if !is_pod || self.status.phase.as_deref() != Some("Running") {
            return None;
        }
        let name = name.as_deref()?;
        creation_timestamp.as_ref()?;
        let address: IpAddr = self.status.pod_ip.as_deref()?.parse().ok()?;
        // Without a uid its name is all that tells it from others.
        Some(CloudMember { address: address.to_canonical(), unique_id: unique_id(uid.as_deref().unwrap_or(name)) })
    }
}

/// The members that a list names.
///
/// # Errors
/// It is no list of pods.
pub(crate) fn members(json: &[u8]) -> Result<Vec<CloudMember>, serde_json::Error> {
    Ok(serde_json::from_slice::<PodList>(json)?.items.iter().filter_map(Pod::member).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(change: impl Fn(&mut Value)) -> Value {
        let mut pod = json!({
            "metadata": {"name": "outlive-0", "uid": "u-0", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "status": {"phase": "Running", "podIP": "10.0.0.7"},
        });
        change(&mut pod);
        pod
    }

    fn addresses(pods: &[Value]) -> Vec<String> {
        let list = json!({"kind": "PodList", "items": pods}).to_string();
        members(list.as_bytes()).unwrap().iter().map(|member| member.address.to_string()).collect()
    }

    #[test]
    fn only_pods_that_run_count() {
        assert_eq!(addresses(&[pod(|_| ())]), ["10.0.0.7"]);
        assert_eq!(addresses(&[pod(|pod| pod["kind"] = "Pod".into())]), ["10.0.0.7"]);
        assert_eq!(addresses(&[pod(|pod| pod["status"]["podIP"] = "fd00::7".into())]), ["fd00::7"]);
        let faults: [fn(&mut Value); 6] = [
            |pod| pod["kind"] = "Service".into(),
            |pod| pod["status"]["phase"] = "Pending".into(),
            |pod| pod["status"]["podIP"] = Value::Null,
            |pod| pod["status"]["podIP"] = "nowhere".into(),
            |pod| pod["metadata"]["name"] = Value::Null,
            |pod| pod["metadata"]["creationTimestamp"] = Value::Null,
        ];
        for fault in faults {
            assert_eq!(addresses(&[pod(fault)]), Vec::<String>::new(), "{}", pod(fault));
        }
    }

    #[test]
    fn a_pod_is_known_by_its_uid() {
        let list = json!({"items": [pod(|_| ())]}).to_string();
        assert_eq!(members(list.as_bytes()).unwrap()[0].unique_id, unique_id("u-0"));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["", "{}", "[]", r#"{"items":7}"#] {
            assert!(members(text.as_bytes()).is_err(), "{text}");
        }
    }
}
