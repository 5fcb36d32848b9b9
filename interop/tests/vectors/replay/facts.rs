//! What the clients of a scenario were told, and whether a listener holds the same.

use std::collections::BTreeMap;

use outlive_serial::Value;
use serde_json::{Map, Value as Json, json};

use super::listener::Listener;

/// What is known of the sessions by the answers so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    running: Vec<String>,
    clients: BTreeMap<String, Known>,
}

/// One client's session.
#[derive(Debug, Clone)]
struct Known {
    /// The whole id; `None`: it was ended.
    id: Option<String>,
    /// Whether another Tomcat was there to be told that id. A state that is merged later does not change a route.
    id_was_told: bool,
    /// The id that the client sent last, to see that an ended session is gone.
    cookie: String,
    /// `created`, `maxInactive`, `user`, as far as an answer has said them.
    fields: Map<String, Json>,
    attributes: Map<String, Json>,
}

impl Facts {
    /// How many Tomcats run.
    pub(super) fn nodes_running(&self) -> usize {
        self.running.len()
    }

    /// One step of the scenario.
    pub(super) fn add(&mut self, event: &Json) {
        let words: Vec<&str> = event["step"].as_str().unwrap().splitn(3, ' ').collect();
        match words[..] {
            ["start", node] => self.running.push(node.to_owned()),
            ["kill" | "term", node] => self.running.retain(|running| running != node),
            ["wait", _] => {}
            [_node, client, path] => self.answered(client, path, event),
            _ => panic!("what is {}?", event["step"]),
        }
    }

    fn answered(&mut self, client: &str, path: &str, event: &Json) {
        let answer = &event["answer"];
        let (route, query) = path.split_once('?').unwrap_or((path, ""));
        let parameter = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_else(|| panic!("no {name} in {path}")).to_owned()
        };
        let cookie = event["cookie"].as_str().unwrap_or_default().to_owned();
        if answer["error"].is_string() {
            // A login that fails has ended the one before.
            if let Some(known) = self.clients.get_mut(client) {
                known.fields.insert("user".into(), Json::Null);
            }
            return;
        }
        let id = answer["id"].as_str().map(str::to_owned);
        let none =
            Known { id: None, id_was_told: false, cookie: String::new(), fields: Map::new(), attributes: Map::new() };
        let known = self.clients.entry(client.to_owned()).or_insert(none);
        known.cookie = cookie;
        if known.id != id {
            known.id = id;
            known.id_was_told = self.running.len() > 1;
        }
        match route {
            "counter" => {
                known.attributes.insert("counter".into(), answer["counter"].clone());
            }
            "fill" => {
                known.attributes.insert(parameter("name"), json!({"fill": answer["bytes"]}));
            }
            "java" => {
                let class = json!({"class": answer["class"]});
                match parameter("kind").as_str() {
                    "shared" => {
                        known.attributes.insert(parameter("name") + "1", class.clone());
                        known.attributes.insert(parameter("name") + "2", class);
                    }
                    _ => {
                        known.attributes.insert(parameter("name"), class);
                    }
                }
            }
            // A value that is changed in place is not told to anybody.
            "mutate" | "read" | "invalidate" => {}
            _ => {
                for field in ["created", "maxInactive", "user"] {
                    known.fields.insert(field.into(), answer[field].clone());
                }
                known.attributes = answer["attributes"].as_object().cloned().unwrap_or_default();
            }
        }
    }

    /// Compares all sessions with what the listener holds, and gives their number.
    pub(super) fn compare(&self, listener: &Listener, when: &str) -> usize {
        for (client, known) in &self.clients {
            let place = format!("{when}: session of {client}");
            match &known.id {
                Some(id) => {
                    let Some(session) = listener.session(bare(id)) else { panic!("{place}: it is not there: {id}") };
                    if known.id_was_told {
                        assert_eq!(session.id(), *id, "{place}");
                    }
                    holds(&session, &known.fields, &known.attributes, &place);
                }
                None => assert!(listener.session(bare(&known.cookie)).is_none(), "{place}: it is still there"),
            }
        }
        self.clients.len()
    }

    /// Compares what one Tomcat held at the end, and gives the number of sessions. A Tomcat that was asked later shows its own route.
    pub(super) fn compare_end(&self, listener: &Listener, held: &Json, when: &str) -> usize {
        assert_eq!(held["health"]["sessions"], json!(listener.len()), "{when}: number of sessions");
        let Some(sessions) = held["sessions"].as_object() else { return 0 };
        for (client, told) in sessions {
            let place = format!("{when}: session of {client}");
            let Some(id) = told["id"].as_str() else {
                let known = &self.clients[client];
                let last = known.id.as_deref().unwrap_or(&known.cookie);
                assert!(listener.session(bare(last)).is_none(), "{place}: it is still there");
                continue;
            };
            let Some(session) = listener.session(bare(id)) else { panic!("{place}: it is not there: {id}") };
            let fields = ["created", "maxInactive", "user"].map(|field| (field.to_owned(), told[field].clone()));
            holds(&session, &fields.into_iter().collect(), told["attributes"].as_object().unwrap(), &place);
        }
        sessions.len()
    }
}

fn holds(session: &outlive_node::SessionRef, fields: &Map<String, Json>, attributes: &Map<String, Json>, place: &str) {
    for (field, want) in fields {
        let got = match field.as_str() {
            "created" => json!(session.created().0),
            "maxInactive" => json!(session.max_inactive()),
            _ => json!(session.user().map(|user| user.name)),
        };
        assert_eq!(got, *want, "{place}: {field}");
    }
    let held: BTreeMap<String, Value> = session.attributes().into_iter().collect();
    let (got, want): (Vec<_>, Vec<_>) = (held.keys().collect(), attributes.keys().collect());
    assert_eq!(got, want, "{place}: names of the attributes");
    for (name, want) in attributes {
        let value = &held[name];
        if let Some(class) = want["class"].as_str() {
            // Java writes the date classes through one stand-in.
            let written = if class.starts_with("java.time.") { "java.time.Ser" } else { class };
            assert_eq!(value.class_name(), written, "{place}: class of {name}");
        } else if let Some(length) = want["fill"].as_u64() {
            let pattern: String = (0..length).map(|i| format!("{:02x}", i % 251)).collect();
            assert_eq!(shown(value), pattern, "{place}: {name}");
        } else {
            assert_eq!(shown(value), *want, "{place}: {name}");
        }
    }
}

/// A value as the session app shows it.
fn shown(value: &Value) -> Json {
    serde_json::to_value(value.view()).unwrap()
}

fn bare(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}
