//! The nine-step scenario of Tomcat's cluster documentation, between any two nodes that serve the session app.
//!
//! | step | what happens | what must hold |
//! |---|---|---|
//! | 1 | A starts | it holds no session |
//! | 2 | B starts | each sees the other |
//! | 3 | A makes session S1, a user logs in | a new id, all attributes there |
//! | 4 | A is killed | it answers no more |
//! | 5 | B is asked for S1 | same attributes, same user, same times |
//! | 6 | A starts again | it holds S1 as soon as it is healthy |
//! | 7 | A invalidates S1 | neither node has it |
//! | 8 | B makes S2 | A has it |
//! | 9 | S2 is left alone for longer than it may live | neither node has it |
//!
//! Source: Tomcat, "Clustering/Session Replication How-To", section "How it Works".

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::poll;
use crate::{Client, Server};

/// How long a node may take to learn of a member, or to drop what has ended: what it does by itself.
const EVENTUALLY: Duration = Duration::from_secs(10);

/// The idle time that S2 is given in step 9, in seconds.
const IDLE_SECONDS: u64 = 2;

/// How long replication may take after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// No time: the answer says that the others have it (options 6). Each question is asked once.
    AtOnce,
    /// The node answers before it has sent (options 8).
    Soon,
}

impl Settle {
    /// What an answered request may still need before its node is killed. Nobody can be asked whether it was needed: asking B for the
    /// session would move it to B.
    const ALLOWANCE: Duration = Duration::from_millis(200);
    /// How long a question about a replicated change is repeated.
    const LIMIT: Duration = Duration::from_secs(2);

    fn limit(self) -> Duration {
        match self {
            Self::AtOnce => Duration::ZERO,
            Self::Soon => Self::LIMIT,
        }
    }

    /// Lets replication happen where there is nothing to observe it by.
    fn pass(self) {
        if self == Self::Soon {
            poll::time_passes(Instant::now() + Self::ALLOWANCE);
        }
    }
}

/// Plays all nine steps. Neither node may run beforehand; both are killed at the end.
///
/// # Errors
/// The first step that fails, with its number and what was found.
pub fn play(a: &mut dyn Server, b: &mut dyn Server, settle: Settle) -> Result<()> {
    let mut story = Story { a, b, settle, first: Value::Null, s1: Client::new(), s2: Client::new() };
    story.a_starts().context("step 1, A starts")?;
    story.b_starts().context("step 2, B starts and each sees the other")?;
    story.a_makes_s1().context("step 3, A makes S1 and a user logs in")?;
    story.a_is_killed().context("step 4, A is killed")?;
    story.b_has_s1().context("step 5, B answers with S1 as A left it")?;
    story.a_returns().context("step 6, A starts again and has the state")?;
    story.a_invalidates_s1().context("step 7, A invalidates S1 and B drops it")?;
    story.b_makes_s2().context("step 8, B makes S2 and A has it")?;
    story.s2_expires().context("step 9, S2 expires on both")?;
    story.a.kill()?;
    story.b.kill()
}

struct Story<'a> {
    a: &'a mut dyn Server,
    b: &'a mut dyn Server,
    settle: Settle,
    /// S1 as A showed it last.
    first: Value,
    s1: Client,
    s2: Client,
}

impl Story<'_> {
    fn a_starts(&mut self) -> Result<()> {
        self.a.start()?;
        holds(self.a, 0)
    }

    fn b_starts(&mut self) -> Result<()> {
        self.b.start()?;
        for node in [&*self.a, &*self.b] {
            poll::until_equal(&format!("members that {} sees", node.name()), EVENTUALLY, &1, || {
                Ok(node.health()?.members)
            })?;
        }
        Ok(())
    }

    fn a_makes_s1(&mut self) -> Result<()> {
        let a = self.a.http();
        for (name, kind, value) in [
            ("name", "string", "grüße, \"S1\""),
            ("n", "int", "-7"),
            ("l", "list", "x,y,z"),
            ("m", "map", "k=v"),
            ("d", "date", "1700000000123"),
        ] {
            self.s1.get(a, "set", &[("name", name), ("type", kind), ("value", value)])?;
        }
        self.s1.get(a, "fill", &[("name", "bytes"), ("bytes", "300")])?;
        for _ in 0..3 {
            self.s1.get(a, "counter", &[])?;
        }
        let before = self.s1.cookie().map(str::to_owned);
        self.first = self.s1.get(a, "login", &[("user", "alice"), ("password", "wonderland")])?;
        ensure!(
            self.s1.cookie().map(bare) != before.as_deref().map(bare),
            "the login did not change the session id {before:?}"
        );
        let pattern: String = (0..300_u32).map(|i| format!("{:02x}", i % 251)).collect();
        equal("user", &self.first["user"], &json!("alice"))?;
        let expected = json!({
            "bytes": pattern, "counter": 3, "d": 1_700_000_000_123_i64, "l": ["x", "y", "z"], "m": {"k": "v"}, "n": -7,
            "name": "grüße, \"S1\"",
        });
        equal("attributes", &self.first["attributes"], &expected)
    }

    fn a_is_killed(&mut self) -> Result<()> {
        self.settle.pass();
        self.a.kill()?;
        ensure!(self.a.health().is_err(), "A still answers");
        Ok(())
    }

    fn b_has_s1(&mut self) -> Result<()> {
        let b = self.b.http();
        same_session(&self.s1.get(b, "session", &[])?, &self.first)?;
        equal("counter", &self.s1.get(b, "counter", &[])?["counter"], &json!(4))?;
        self.first["attributes"]["counter"] = json!(4);
        self.settle.pass();
        Ok(())
    }

    fn a_returns(&mut self) -> Result<()> {
        self.a.start()?;
        holds(self.a, 1)?;
        same_session(&self.s1.get(self.a.http(), "session", &[])?, &self.first)?;
        self.settle.pass();
        Ok(())
    }

    fn a_invalidates_s1(&mut self) -> Result<()> {
        equal("the id at A", &self.s1.get(self.a.http(), "invalidate", &[])?["id"], &Value::Null)?;
        let (b, s1) = (self.b.http(), &mut self.s1);
        poll::until_equal("the id at B", self.settle.limit(), &Value::Null, || {
            Ok(s1.get(b, "session", &[])?["id"].take())
        })?;
        self.both_hold_none()
    }

    fn b_makes_s2(&mut self) -> Result<()> {
        let made = self.s2.get(self.b.http(), "set", &[("name", "from"), ("value", "B")])?;
        let (a, s2) = (self.a.http(), &mut self.s2);
        poll::until("S2 at A", self.settle.limit(), || {
            let got = s2.get(a, "session", &[])?;
            equal("id", &bare_id(&got), &bare_id(&made))?;
            equal("attributes", &got["attributes"], &json!({"from": "B"}))
        })
    }

    /// The clock is the event here. S2 may not be asked for while it runs, which would keep it alive; the number of sessions may.
    fn s2_expires(&mut self) -> Result<()> {
        let answer = self.s2.get(self.a.http(), "maxinactive", &[("seconds", &IDLE_SECONDS.to_string())])?;
        let idle_since = Instant::now();
        equal("maxInactive", &answer["maxInactive"], &json!(IDLE_SECONDS))?;
        self.settle.pass();
        holds(self.a, 1)?;
        holds(self.b, 1)?;
        // From then on a node must say that it is over, whether or not it has dropped it by itself.
        poll::time_passes(idle_since + Duration::from_secs(2 * IDLE_SECONDS));
        equal("the id at A", &self.s2.get(self.a.http(), "session", &[])?["id"], &Value::Null)?;
        let (b, s2) = (self.b.http(), &mut self.s2);
        poll::until_equal("the id at B", self.settle.limit(), &Value::Null, || {
            Ok(s2.get(b, "session", &[])?["id"].take())
        })?;
        self.both_hold_none()
    }

    fn both_hold_none(&mut self) -> Result<()> {
        for node in [&*self.b, &*self.a] {
            poll::until_equal(&format!("sessions of {}", node.name()), EVENTUALLY, &0, || Ok(node.health()?.sessions))?;
        }
        Ok(())
    }
}

/// The node holds that many sessions, now.
fn holds(node: &dyn Server, sessions: u64) -> Result<()> {
    let health = node.health()?;
    ensure!(health.sessions == sessions, "{} holds {} sessions, not {sessions}", node.name(), health.sessions);
    Ok(())
}

/// `got` is the session `want`, perhaps with another node's route behind its id.
fn same_session(got: &Value, want: &Value) -> Result<()> {
    for field in ["created", "maxInactive", "user", "attributes"] {
        equal(field, &got[field], &want[field])?;
    }
    equal("new", &got["new"], &json!(false))?;
    equal("id", &bare_id(got), &bare_id(want))
}

fn equal(what: &str, got: &Value, want: &Value) -> Result<()> {
    if got == want {
        return Ok(());
    }
    let (Some(got), Some(want)) = (got.as_object(), want.as_object()) else {
        bail!("{what} is {got}, not {want}");
    };
    let names = want.keys().chain(got.keys().filter(|&name| !want.contains_key(name)));
    let differ: Vec<String> = names
        .filter(|&name| got.get(name) != want.get(name))
        .map(|name| format!("{name} is {:?}, not {:?}", got.get(name), want.get(name)))
        .collect();
    bail!("{what}: {}", differ.join("; "))
}

/// A session id without the route of the node that serves it.
fn bare(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}

fn bare_id(session: &Value) -> Value {
    session["id"].as_str().map_or(Value::Null, |id| json!(bare(id)))
}
