//! What `outlive inspect` tells of each scenario: no byte is passed over, and put together it is what the Tomcats held at the end.

use std::collections::BTreeMap;
use std::convert::Infallible;

use outlive_inspect::{Inspector, Settings};
use serde_json::{Map, Value as Json, json};

use crate::scenario::{Scenario, scenarios};

/// The lines of one input, with the offsets of their ends.
fn lines(bytes: &[u8], place: &str) -> Vec<(usize, Json)> {
    let mut lines = Vec::new();
    let mut end = 0;
    let mut keep = |record: outlive_inspect::Record| {
        assert!(!record.is_error(), "{place}: {record:?}");
        assert_eq!(record.offset, end, "{place}: a gap");
        end += record.length;
        lines.push((end as usize, serde_json::to_value(record).unwrap()));
        Ok::<_, Infallible>(())
    };
    let mut inspector = Inspector::new(Settings::default());
    inspector.push(bytes, &mut keep).unwrap();
    inspector.finish(&mut keep).unwrap();
    assert_eq!(end, bytes.len() as u64, "{place}: all of it");
    lines
}

/// All messages of a scenario's connections, in the order in which they passed.
fn messages(scenario: &Scenario) -> Vec<Json> {
    let mut messages = Vec::new();
    for stream in scenario.streams() {
        for (end, line) in lines(&stream.bytes, &stream.file) {
            if line["kind"] == "message" {
                let sender = &scenario.facts["nodes"][&stream.sender];
                assert_eq!(line["from"]["host"], sender["address"], "{}", stream.file);
                assert_eq!(line["from"]["port"], sender["port"], "{}", stream.file);
                assert_eq!(line["layers"], Json::Null, "{}", stream.file);
                messages.push((stream.passed_at(end), line));
            }
        }
    }
    messages.sort_by_key(|(ms, _)| *ms);
    messages.into_iter().map(|(_, line)| line).collect()
}

/// Sessions by their ids without routes, put together from lines.
#[derive(Default)]
struct Sessions(BTreeMap<String, Map<String, Json>>);

fn base(id: &Json) -> String {
    id.as_str().unwrap().split('.').next().unwrap().to_owned()
}

impl Sessions {
    fn hear(&mut self, body: &Json) {
        let id = &body["session"];
        match body["event"].as_str().unwrap() {
            "created" => {
                let made = json!({"created": body["time"], "maxInactive": 1800, "user": null, "attributes": {}});
                self.0.entry(base(id)).or_insert(made.as_object().unwrap().clone());
            }
            "expired" => _ = self.0.remove(&base(id)),
            "all-sessions" => {
                for session in body["sessions"].as_array().unwrap() {
                    self.0.insert(base(&session["id"]), session.as_object().unwrap().clone());
                }
            }
            "change-id" => {
                let session = self.0.remove(&base(id)).unwrap();
                self.0.insert(base(&body["newId"]), session);
            }
            "delta" => {
                let session = self.0.get_mut(&base(id)).unwrap_or_else(|| panic!("unknown: {body}"));
                for action in body["actions"].as_array().unwrap() {
                    apply(session, action);
                }
            }
            "accessed" | "get-all-sessions" | "transfer-complete" => {}
            other => panic!("{other}"),
        }
    }
}

fn apply(session: &mut Map<String, Json>, action: &Json) {
    let (name, value) = (action["name"].as_str().unwrap(), &action["value"]);
    match (action["type"].as_str().unwrap(), action["action"].as_str().unwrap()) {
        ("attribute", "set") => session["attributes"][name] = value.clone(),
        ("attribute", "remove") => _ = session["attributes"].as_object_mut().unwrap().remove(name),
        ("principal", _) => _ = session.insert("user".into(), value["user"].clone()),
        ("max-inactive", "set") => _ = session.insert("maxInactive".into(), value.clone()),
        ("new", "set") => assert!(value.is_boolean()),
        ("auth-type", _) => assert!(value.is_string() || value.is_null()),
        other => panic!("{other:?}"),
    }
}

/// Whether a value is what a node said of it. A node names the class of what it does not show.
fn is_told(value: &Json, told: &Json) -> bool {
    match (told["fill"].as_u64(), told["class"].as_str()) {
        (Some(length), _) => *value == json!((0..length).map(|i| format!("{:02x}", i % 251)).collect::<String>()),
        (_, Some(class)) => value["class"] == *class && (value["fields"].is_object() || value["elements"].is_array()),
        _ => value == told,
    }
}

#[test]
fn lines_put_together_are_what_the_tomcats_held() {
    let mut compared = 0;
    for scenario in scenarios() {
        let mut sessions = Sessions::default();
        for message in messages(&scenario) {
            if message["body"]["type"] == "session" {
                assert_eq!(message["body"]["context"], scenario.facts["context"], "{}", scenario.name);
                sessions.hear(&message["body"]);
            }
        }
        for (node, held) in scenario.facts["at_the_end"].as_object().unwrap() {
            if scenario.name.starts_with("mutate") && node == "a" {
                // It alone has the value that was changed in place: no message ever said so.
                continue;
            }
            assert_eq!(held["health"]["sessions"], sessions.0.len(), "{} at {node}", scenario.name);
            for (client, told) in held["sessions"].as_object().into_iter().flatten() {
                let place = format!("{}, {client} at {node}", scenario.name);
                if told["id"].is_null() {
                    continue;
                }
                let session = sessions.0.get(&base(&told["id"])).unwrap_or_else(|| panic!("{place}: {told}"));
                for field in ["created", "maxInactive", "user"] {
                    assert_eq!(session[field], told[field], "{place}: {field}");
                }
                let (got, told) = (session["attributes"].as_object().unwrap(), told["attributes"].as_object().unwrap());
                assert_eq!(got.keys().collect::<Vec<_>>(), told.keys().collect::<Vec<_>>(), "{place}");
                for (name, told) in told {
                    assert!(is_told(&got[name], told), "{place}: {name} is {}, not {told}", got[name]);
                }
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 80);
}

#[test]
fn each_datagram_is_a_member() {
    let mut seen = 0;
    for scenario in scenarios() {
        for (place, bytes) in scenario.datagrams() {
            let lines = lines(&bytes, &place);
            let [(_, line)] = &lines[..] else { panic!("{place}: {lines:?}") };
            let nodes = scenario.facts["nodes"].as_object().unwrap();
            assert!(nodes.values().any(|node| node["address"] == line["host"] && node["port"] == line["port"]));
            let option = |name: &str| {
                let options = scenario.facts["options"].as_array().unwrap();
                let at = options.iter().position(|option| option == name)?;
                options[at + 1].as_str()
            };
            assert_eq!(line["domain"], option("--domain").unwrap_or_default(), "{place}");
            let payload = option("--payload").unwrap_or_default();
            let hex: String = payload.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(line["payload"], hex, "{place}");
            assert!(["", "BABY-ALEX"].contains(&line["command"].as_str().unwrap()), "{place}");
            seen += 1;
        }
    }
    assert_eq!(seen, 175);
}
