//! A client that knows what its session must hold, and says so with each answer.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use outlive_interop::{Client, Server};
use serde_json::{Value, json};

/// The session as it must be.
#[derive(Debug, Clone)]
struct Known {
    /// The id without its route.
    base: String,
    /// `None` before an answer has told it.
    created: Option<Value>,
    max_inactive: i64,
    user: Option<&'static str>,
    attributes: BTreeMap<String, Value>,
}

/// A client with what it knows of its session.
#[derive(Debug, Default)]
pub(crate) struct Shopper {
    client: Client,
    known: Option<Known>,
    /// Values are made of this, so that no two are alike.
    turn: u32,
}

/// How a session lives on where nobody has said otherwise: half an hour.
const MAX_INACTIVE: i64 = 1800;

/// A moment in milliseconds since 1970.
const DAY: u64 = 1_700_000_000_000;

/// The users of the session app.
const USERS: [(&str, &str); 2] = [("alice", "wonderland"), ("bob", "builder")];

/// How many kinds of requests there are.
pub(crate) const KINDS: u32 = 24;

impl Shopper {
    /// Whether there must be a session.
    pub(crate) fn has_session(&self) -> bool {
        self.known.is_some()
    }

    /// Sends a request of this kind (less than [`KINDS`]) and looks at the answer.
    pub(crate) fn ask(&mut self, node: &dyn Server, kind: u32) -> Result<()> {
        self.turn += 1;
        let turn = self.turn;
        match kind {
            0 => self.set(
                node,
                "string",
                &format!("grüße {turn} & \"more\" 😀"),
                json!(format!("grüße {turn} & \"more\" 😀")),
            ),
            1 => self.set(node, "int", &format!("-{turn}"), json!(-i64::from(turn))),
            2 => self.set(node, "long", &(i64::MAX - i64::from(turn)).to_string(), json!(i64::MAX - i64::from(turn))),
            3 => self.set(node, "double", &format!("{turn}.25"), json!(f64::from(turn) + 0.25)),
            4 => self.set(
                node,
                "boolean",
                if turn.is_multiple_of(2) { "true" } else { "false" },
                json!(turn.is_multiple_of(2)),
            ),
            5 => self.set(node, "bytes", &format!("00ff{turn:08x}"), json!(format!("00ff{turn:08x}"))),
            6 => self.set(node, "date", &(DAY + u64::from(turn)).to_string(), json!(DAY + u64::from(turn))),
            7 => self.set(node, "list", &format!("x,{turn},z"), json!(["x", turn.to_string(), "z"])),
            8 => self.set(node, "map", &format!("k={turn},l=ü"), json!({"k": turn.to_string(), "l": "ü"})),
            9 => self.remove(node),
            10..=12 => self.count(node),
            13 => self.read(node),
            14 => self.fill(node, turn % 5 * 700),
            15 => self.mutate(node),
            16 => self.login(node, USERS[turn as usize % 2]),
            17 => self.login_fails(node),
            18 => self.logout(node),
            19 => self.change_id(node),
            20 => self.max_inactive(node),
            21 => self.invalidate(node),
            22 => self.look(node),
            _ => self.bad_request(node),
        }
        .with_context(|| format!("request of kind {kind} at {}", node.name()))
    }

    /// The session is as it must be, at this node.
    pub(crate) fn look(&mut self, node: &dyn Server) -> Result<()> {
        let answer = self.client.get(node.http(), "session", &[])?;
        self.check(node, &answer)
    }

    fn set(&mut self, node: &dyn Server, kind: &str, text: &str, value: Value) -> Result<()> {
        let answer = self.client.get(node.http(), "set", &[("name", kind), ("type", kind), ("value", text)])?;
        self.known(&answer)?.attributes.insert(kind.to_owned(), value);
        self.check(node, &answer)
    }

    fn remove(&mut self, node: &dyn Server) -> Result<()> {
        let name = self.known.as_ref().and_then(|known| known.attributes.keys().next().cloned());
        let name = name.unwrap_or_else(|| "nothing".to_owned());
        let answer = self.client.get(node.http(), "remove", &[("name", &name)])?;
        self.known(&answer)?.attributes.remove(&name);
        self.check(node, &answer)
    }

    fn count(&mut self, node: &dyn Server) -> Result<()> {
        let answer = self.client.get(node.http(), "counter", &[])?;
        let known = self.known(&answer)?;
        let next = json!(known.attributes.get("counter").and_then(Value::as_i64).unwrap_or(0) + 1);
        known.attributes.insert("counter".to_owned(), next.clone());
        ensure!(answer["counter"] == next, "the counter is {}, not {next}", answer["counter"]);
        self.check_id(node, &answer)
    }

    fn read(&mut self, node: &dyn Server) -> Result<()> {
        let answer = self.client.get(node.http(), "read", &[])?;
        let counter = self.known.as_ref().and_then(|known| known.attributes.get("counter")).unwrap_or(&Value::Null);
        ensure!(answer["counter"] == *counter, "the counter is {}, not {counter}", answer["counter"]);
        self.check_id(node, &answer)
    }

    fn fill(&mut self, node: &dyn Server, bytes: u32) -> Result<()> {
        let answer = self.client.get(node.http(), "fill", &[("name", "fill"), ("bytes", &bytes.to_string())])?;
        let pattern: String = (0..bytes).map(|i| format!("{:02x}", i % 251)).collect();
        self.known(&answer)?.attributes.insert("fill".to_owned(), json!(pattern));
        ensure!(answer["bytes"] == bytes, "{} bytes, not {bytes}", answer["bytes"]);
        self.check_id(node, &answer)
    }

    /// A change in place, which no Tomcat replicates, then the whole list again, at the same node.
    fn mutate(&mut self, node: &dyn Server) -> Result<()> {
        self.set(node, "list", "a,b", json!(["a", "b"]))?;
        let answer = self.client.get(node.http(), "mutate", &[("name", "list"), ("value", "c")])?;
        self.known(&answer)?.attributes.insert("list".to_owned(), json!(["a", "b", "c"]));
        self.check(node, &answer)?;
        self.set(node, "list", "a,b,c", json!(["a", "b", "c"]))
    }

    fn login(&mut self, node: &dyn Server, (user, password): (&'static str, &str)) -> Result<()> {
        let before = self.known.as_ref().map(|known| known.base.clone());
        let answer = self.client.get(node.http(), "login", &[("user", user), ("password", password)])?;
        self.renamed(before, &answer)?.user = Some(user);
        self.check(node, &answer)
    }

    /// It drops the user who was logged in.
    fn login_fails(&mut self, node: &dyn Server) -> Result<()> {
        let answer = self.client.fetch(node.http(), "/app/login?user=alice&password=builder")?;
        ensure!(answer.status == 401, "status {} for a wrong password", answer.status);
        if let Some(known) = &mut self.known {
            known.user = None;
        }
        self.look(node)
    }

    fn logout(&mut self, node: &dyn Server) -> Result<()> {
        let answer = self.client.get(node.http(), "logout", &[])?;
        self.known(&answer)?.user = None;
        self.check(node, &answer)
    }

    fn change_id(&mut self, node: &dyn Server) -> Result<()> {
        let before = self.known.as_ref().map(|known| known.base.clone());
        let answer = self.client.get(node.http(), "changeid", &[])?;
        self.renamed(before, &answer)?;
        self.check(node, &answer)
    }

    fn max_inactive(&mut self, node: &dyn Server) -> Result<()> {
        let seconds = 600 + i64::from(self.turn);
        let answer = self.client.get(node.http(), "maxinactive", &[("seconds", &seconds.to_string())])?;
        self.known(&answer)?.max_inactive = seconds;
        self.check(node, &answer)
    }

    fn invalidate(&mut self, node: &dyn Server) -> Result<()> {
        let answer = self.client.get(node.http(), "invalidate", &[])?;
        self.known = None;
        self.check_id(node, &answer)
    }

    /// It makes a session where there was none: the number is looked at only then.
    fn bad_request(&mut self, node: &dyn Server) -> Result<()> {
        let answer = self.client.fetch(node.http(), "/app/maxinactive?seconds=many")?;
        ensure!(answer.status == 400, "status {} for a number that is none", answer.status);
        let answer = self.client.get(node.http(), "session", &[])?;
        self.known(&answer)?;
        self.check(node, &answer)
    }

    /// What is known of the session that an answer of a writing route is about; a new one where there was none.
    fn known(&mut self, answer: &Value) -> Result<&mut Known> {
        let base = base_of(answer).context("an answer without a session")?;
        Ok(self.known.get_or_insert_with(|| Known {
            base,
            created: None,
            max_inactive: MAX_INACTIVE,
            user: None,
            attributes: BTreeMap::new(),
        }))
    }

    /// As [`Self::known`], where the id must have changed.
    fn renamed(&mut self, before: Option<String>, answer: &Value) -> Result<&mut Known> {
        let base = base_of(answer);
        ensure!(base != before, "the id has not changed: {before:?}");
        let known = self.known(answer)?;
        known.base = base.unwrap_or_default();
        Ok(known)
    }

    /// The whole session in an answer is what it must be.
    fn check(&mut self, node: &dyn Server, answer: &Value) -> Result<()> {
        self.check_id(node, answer)?;
        let Some(known) = &mut self.known else { return Ok(()) };
        let created = known.created.get_or_insert_with(|| answer["created"].clone());
        let want = json!({
            "created": created,
            "maxInactive": known.max_inactive,
            "user": known.user,
            "attributes": known.attributes,
        });
        for (field, want) in want.as_object().into_iter().flatten() {
            ensure!(answer[field] == *want, "{field} is {}, not {want}", answer[field]);
        }
        Ok(())
    }

    /// The answer is about the client's session, and this node serves it now.
    fn check_id(&self, node: &dyn Server, answer: &Value) -> Result<()> {
        let want = self.known.as_ref().map(|known| format!("{}.{}", known.base, node.name()));
        ensure!(answer["id"].as_str() == want.as_deref(), "the id is {}, not {want:?}", answer["id"]);
        Ok(())
    }
}

fn base_of(answer: &Value) -> Option<String> {
    Some(answer["id"].as_str()?.split('.').next()?.to_owned())
}
