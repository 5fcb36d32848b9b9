//! What the health tells of each other member.

use outlive_net::{Losses, MemberSummary};

use crate::app::json::Json;

/// Appends `,"peers":[…]`, the oldest member first: where each takes messages, what kind of node it is, how many milliseconds its clock is
/// ahead (null: it has sent nothing lately), what it has lost on its way here, and where it tells its own health, if that is known.
pub(super) fn tell(json: &mut Json, members: &[MemberSummary]) {
    json.raw(",\"peers\":[");
    for (number, member) in members.iter().enumerate() {
        if number > 0 {
            json.raw(",");
        }
        json.raw("{\"receiver\":").quoted(&member.address.to_string());
        json.raw(",\"kind\":").quoted(&member.kind.to_string());
        json.raw(",\"clockAheadMs\":");
        match member.clock_ahead_ms {
            Some(ahead) => json.display(ahead),
            None => json.raw("null"),
        };
        let Losses { orphaned, stale, tied, unreadable, missing } = member.losses;
        json.raw(",\"lost\":{\"orphaned\":").display(orphaned).raw(",\"stale\":").display(stale);
        json.raw(",\"tied\":").display(tied).raw(",\"unreadable\":").display(unreadable);
        json.raw(",\"missing\":").display(missing).raw("}");
        if let Some(health) = member.health {
            json.raw(",\"health\":").quoted(&health.to_string());
        }
        json.raw("}");
    }
    json.raw("]");
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlive_net::PeerKind;

    #[test]
    fn each_member_is_an_object() {
        let member = MemberSummary {
            address: ([10, 0, 0, 1], 4000).into(),
            kind: PeerKind::Tomcat,
            health: None,
            stalled: false,
            queued_bytes: 0,
            clock_ahead_ms: Some(-2500),
            losses: Losses { stale: 3, ..Losses::default() },
        };
        let silent = MemberSummary {
            clock_ahead_ms: None,
            losses: Losses::default(),
            health: Some(([10, 0, 0, 1], 9000).into()),
            ..member.clone()
        };
        let mut json = Json::health(&Json::node("n"), 2, 0);
        tell(&mut json, &[member, silent]);
        let lost = r#""lost":{"orphaned":0,"stale":3,"tied":0,"unreadable":0,"missing":0}"#;
        let head = r#"{"node":"n","members":2,"sessions":0,"peers":[{"receiver":"10.0.0.1:4000","kind":"Tomcat""#;
        let text = json.end();
        assert!(text.starts_with(&format!(r#"{head},"clockAheadMs":-2500,{lost}}},{{"#)), "{text}");
        assert!(
            text.contains(r#""clockAheadMs":null"#) && text.ends_with(r#"},"health":"10.0.0.1:9000"}]}"#),
            "{text}"
        );
    }
}
