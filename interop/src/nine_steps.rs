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
//! [`play`] stops at the first step that fails. [`census`] is for nodes whose messages may be lost or overtake each other: it goes on
//! with what there is, and names what did not arrive.
//!
//! Source: Tomcat, "Clustering/Session Replication How-To", section "How it Works".

mod loss;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

pub use loss::Loss;

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
    /// What a Tomcat's message may be later than one that it sent after it: its threads overtake each other. Nobody can be asked whether
    /// that was needed: asking B for a session moves it to B, where a Tomcat then refuses what is still on its way under the id before.
    const ALLOWANCE: Duration = Duration::from_millis(200);
    /// How long a question about a replicated change is repeated.
    const LIMIT: Duration = Duration::from_secs(2);

    fn limit(self) -> Duration {
        match self {
            Self::AtOnce => Duration::ZERO,
            Self::Soon => Self::LIMIT,
        }
    }

    /// Lets what `from` has answered come to `to`, where each holds one session. The event is another session, made behind it, that
    /// comes and goes.
    fn pass(self, from: &dyn Server, to: &dyn Server) -> Result<()> {
        if self == Self::AtOnce {
            return Ok(());
        }
        let holds = |sessions| {
            let what = format!("sessions of {}, behind what {} has sent", to.name(), from.name());
            poll::until_equal(&what, EVENTUALLY, &sessions, || Ok(to.health()?.sessions))
        };
        let mut marker = Client::new();
        marker.get(from.http(), "session", &[("create", "true")])?;
        holds(2)?;
        marker.get(from.http(), "invalidate", &[])?;
        holds(1)?;
        poll::time_passes(Instant::now() + Self::ALLOWANCE);
        Ok(())
    }
}

/// Plays all nine steps. Neither node may run beforehand; both are killed at the end.
///
/// # Errors
/// The first step that fails, with its number and what was found.
pub fn play(a: &mut dyn Server, b: &mut dyn Server, settle: Settle) -> Result<()> {
    Story::new(a, b, settle).play()
}

/// Plays all nine steps with asynchronous messages, and goes on with what has arrived. Gives what has not.
///
/// # Errors
/// What is no loss: a node that does not start, see the other or answer; a value that nobody has set.
pub fn census(a: &mut dyn Server, b: &mut dyn Server) -> Result<Vec<Loss>> {
    let mut story = Story { losses: Some(Vec::new()), ..Story::new(a, b, Settle::Soon) };
    story.play()?;
    Ok(story.losses.unwrap_or_default())
}

/// From whom to whom a change goes.
#[derive(Debug, Clone, Copy)]
enum Way {
    AToB,
    BToA,
}

/// Waits until the store has a session as the node has answered it.
type Kept<'a> = &'a dyn Fn(&dyn Server, &Value) -> Result<()>;

/// Plays all nine steps with two nodes that share a store and are no cluster: they count neither members nor each other's sessions, so
/// only what the client sees is asked.
///
/// `kept` waits until the store has a session as a node has just answered it, where that node saves behind its answers.
///
/// # Errors
/// The first step that fails, with its number and what was found.
pub fn play_over_a_store(a: &mut dyn Server, b: &mut dyn Server, kept: Kept<'_>) -> Result<()> {
    Story { store: Some(kept), ..Story::new(a, b, Settle::AtOnce) }.play()
}

struct Story<'a> {
    a: &'a mut dyn Server,
    b: &'a mut dyn Server,
    settle: Settle,
    /// S1 as A showed it last.
    first: Value,
    s1: Client,
    s2: Client,
    /// What did not arrive, where that is to be counted; none: it is an error.
    losses: Option<Vec<Loss>>,
    /// What the nodes share, where they are no cluster: then no node knows the other, or holds what it has.
    store: Option<Kept<'a>>,
}

impl<'a> Story<'a> {
    fn new(a: &'a mut dyn Server, b: &'a mut dyn Server, settle: Settle) -> Self {
        Self { a, b, settle, first: Value::Null, s1: Client::new(), s2: Client::new(), losses: None, store: None }
    }

    fn play(&mut self) -> Result<()> {
        self.a_starts().context("step 1, A starts")?;
        self.b_starts().context("step 2, B starts and each sees the other")?;
        self.a_makes_s1().context("step 3, A makes S1 and a user logs in")?;
        self.a_is_killed().context("step 4, A is killed")?;
        self.b_has_s1().context("step 5, B answers with S1 as A left it")?;
        self.a_returns().context("step 6, A starts again and has the state")?;
        self.a_invalidates_s1().context("step 7, A invalidates S1 and B drops it")?;
        self.b_makes_s2().context("step 8, B makes S2 and A has it")?;
        self.s2_expires().context("step 9, S2 expires on both")?;
        self.a.kill()?;
        self.b.kill()
    }

    /// Whether all has arrived. What has not is an error, or counted and gone on without.
    fn arrived(&mut self, step: u8, way: Way, missing: Vec<String>) -> Result<bool> {
        let (from, to) = match way {
            Way::AToB => (self.a.name(), self.b.name()),
            Way::BToA => (self.b.name(), self.a.name()),
        };
        let Some(losses) = &mut self.losses else {
            ensure!(missing.is_empty(), "{}", missing.join("; "));
            return Ok(true);
        };
        let all = missing.is_empty();
        losses.extend(missing.into_iter().map(|what| Loss { step, from: from.to_owned(), to: to.to_owned(), what }));
        Ok(all)
    }

    fn a_starts(&mut self) -> Result<()> {
        self.a.start()?;
        self.holds(&*self.a, 0)
    }

    fn b_starts(&mut self) -> Result<()> {
        self.b.start()?;
        if self.store.is_some() {
            return Ok(());
        }
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
        self.settle.pass(self.a, self.b)?;
        self.kept(&*self.a, &self.first)?;
        self.a.kill()?;
        ensure!(self.a.health().is_err(), "A still answers");
        Ok(())
    }

    fn b_has_s1(&mut self) -> Result<()> {
        let b = self.b.http();
        let got = self.s1.get(b, "session", &[])?;
        let all = self.arrived(5, Way::AToB, differences(&got, &self.first))?;
        let counter = self.s1.get(b, "counter", &[])?["counter"].take();
        if all {
            equal("counter", &counter, &json!(4))?;
            self.first["attributes"]["counter"] = json!(4);
        } else {
            self.first = self.s1.get(b, "session", &[])?;
        }
        self.kept(&*self.b, &self.first)
    }

    fn a_returns(&mut self) -> Result<()> {
        self.a.start()?;
        self.holds(&*self.a, 1)?;
        let got = self.s1.get(self.a.http(), "session", &[])?;
        self.arrived(6, Way::BToA, differences(&got, &self.first))?;
        self.settle.pass(self.a, self.b)
    }

    fn a_invalidates_s1(&mut self) -> Result<()> {
        equal("the id at A", &self.s1.get(self.a.http(), "invalidate", &[])?["id"], &Value::Null)?;
        if self.settle == Settle::Soon {
            let gone = poll::until_equal("sessions of B", EVENTUALLY, &0, || Ok(self.b.health()?.sessions));
            self.arrived(7, Way::AToB, named("the end of S1", gone))?;
        }
        self.b_drops(7, Client::clone(&self.s1), "the end of S1")
    }

    /// Waits until B says that it does not have the client's session. Where the word of A has not come to it, B is told.
    fn b_drops(&mut self, step: u8, mut client: Client, what: &str) -> Result<()> {
        let b = self.b.http();
        let gone = poll::until_equal("the id at B", self.settle.limit(), &Value::Null, || {
            Ok(client.get(b, "session", &[])?["id"].take())
        });
        if !self.arrived(step, Way::AToB, named(what, gone))? {
            client.get(b, "invalidate", &[])?;
        }
        self.both_hold_none()
    }

    fn b_makes_s2(&mut self) -> Result<()> {
        let made = self.s2.get(self.b.http(), "set", &[("name", "from"), ("value", "B")])?;
        self.settle.pass(self.b, self.a)?;
        self.kept(&*self.b, &made)?;
        let (a, s2) = (self.a.http(), &mut self.s2);
        let there = poll::until("S2 at A", self.settle.limit(), || {
            let got = s2.get(a, "session", &[])?;
            equal("id", &bare_id(&got), &bare_id(&made))?;
            equal("attributes", &got["attributes"], &json!({"from": "B"}))
        });
        self.arrived(8, Way::BToA, named("S2", there)).map(drop)
    }

    /// The clock is the event here. S2 may not be asked for while it runs, which would keep it alive; the number of sessions may.
    fn s2_expires(&mut self) -> Result<()> {
        let answer = self.s2.get(self.a.http(), "maxinactive", &[("seconds", &IDLE_SECONDS.to_string())])?;
        let idle_since = Instant::now();
        equal("maxInactive", &answer["maxInactive"], &json!(IDLE_SECONDS))?;
        self.settle.pass(self.a, self.b)?;
        self.holds(&*self.a, 1)?;
        self.holds(&*self.b, 1)?;
        // From then on a node must say that it is over, whether or not it has dropped it by itself.
        poll::time_passes(idle_since + Duration::from_secs(2 * IDLE_SECONDS));
        equal("the id at A", &self.s2.get(self.a.http(), "session", &[])?["id"], &Value::Null)?;
        self.b_drops(9, Client::clone(&self.s2), "the end of S2")
    }

    fn kept(&self, node: &dyn Server, session: &Value) -> Result<()> {
        self.store.map_or(Ok(()), |kept| kept(node, session))
    }

    /// The node holds that many sessions, now.
    fn holds(&self, node: &dyn Server, sessions: u64) -> Result<()> {
        if self.store.is_none() {
            let health = node.health()?;
            ensure!(health.sessions == sessions, "{} holds {} sessions, not {sessions}", node.name(), health.sessions);
        }
        Ok(())
    }

    fn both_hold_none(&mut self) -> Result<()> {
        if self.store.is_some() {
            return Ok(());
        }
        for node in [&*self.b, &*self.a] {
            poll::until_equal(&format!("sessions of {}", node.name()), EVENTUALLY, &0, || Ok(node.health()?.sessions))?;
        }
        Ok(())
    }
}

/// Where `got` is not the session `want`, which may have another node's route behind its id: field by field, attribute by attribute.
fn differences(got: &Value, want: &Value) -> Vec<String> {
    if bare_id(got) != bare_id(want) {
        return vec![format!("the session: its id is {}, not {}", bare_id(got), bare_id(want))];
    }
    let fields = ["created", "maxInactive", "user"].map(|field| (field.to_owned(), &got[field], &want[field]));
    let attributes = |session: &Value| session["attributes"].as_object().cloned().unwrap_or_default();
    let (has, wants) = (attributes(got), attributes(want));
    let names = wants.keys().chain(has.keys().filter(|&name| !wants.contains_key(name)));
    let attributes = names.map(|name| {
        (format!("attribute {name}"), has.get(name).unwrap_or(&Value::Null), wants.get(name).unwrap_or(&Value::Null))
    });
    let not_new = [("new".to_owned(), &got["new"], &Value::Bool(false))];
    fields
        .into_iter()
        .chain(attributes)
        .chain(not_new)
        .filter(|(_, got, want)| got != want)
        .map(|(what, got, want)| format!("{what} is {got}, not {want}"))
        .collect()
}

/// What an error is a loss of.
fn named(what: &str, result: Result<()>) -> Vec<String> {
    result.err().map(|error| format!("{what}: {error:#}")).into_iter().collect()
}

fn equal(what: &str, got: &Value, want: &Value) -> Result<()> {
    ensure!(got == want, "{what} is {got}, not {want}");
    Ok(())
}

/// A session id without the route of the node that serves it.
fn bare(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}

fn bare_id(session: &Value) -> Value {
    session["id"].as_str().map_or(Value::Null, |id| json!(bare(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_one_by_one() {
        let want = json!({"id": "A.b", "new": true, "created": 1, "maxInactive": 9, "user": "alice", "attributes": {"n": 1, "m": 2}});
        let got = json!({"id": "A.c", "new": false, "created": 1, "maxInactive": 9, "user": null, "attributes": {"m": 2, "x": 3}});
        assert_eq!(
            differences(&got, &want),
            [r#"user is null, not "alice""#, "attribute n is null, not 1", "attribute x is 3, not null"]
        );
        assert_eq!(differences(&json!({"id": null}), &want), [r#"the session: its id is null, not "A""#]);
    }
}
