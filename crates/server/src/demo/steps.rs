//! The nine steps: the story that a session survives its server, as data.
//!
//! | | step | what is checked |
//! |---|---|---|
//! | 1 | A starts | it is healthy and holds what B holds: nothing, where B is down |
//! | 2 | B starts | from nothing, with A's state; each sees the other |
//! | 3 | A makes session S1, a user logs in | values of each kind; the login changes the id |
//! | 4 | A is killed | SIGKILL; it answers no more |
//! | 5 | B serves S1 | the same attributes, the user is logged in, the counter goes on |
//! | 6 | A starts again | it took the state from B |
//! | 7 | A ends S1 | B has dropped it |
//! | 8 | B makes S2 | A has it |
//! | 9 | S2 expires | on both |
//!
//! Nothing waits between an answer and the next question: with options 6 an answer is given when the other node has what it tells.
//! Only what a node learns by itself (who is there, what has expired) is asked for again for a while.
//!
//! The story has sessions of its own, and those of others live through it: at each moment one node holds them all and is up. For that, no
//! step ends a node while the other one is down. Nobody may make a session meanwhile, as sessions are counted.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::browser::{Browser, bare, with_query};
use super::node::NodeState;
use super::nodes::{Nodes, Which};

/// How long a node may take to learn something by itself.
const LEARNING_LIMIT: Duration = Duration::from_secs(12);

/// How often it is asked meanwhile.
const ASK_EACH: Duration = Duration::from_millis(50);

/// One step: what it is called and what it does.
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) play: for<'a> fn(&'a mut Story) -> Play<'a>,
}

type Play<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;

/// The steps in their order; each builds on those before it.
pub(super) const STEPS: [Step; 9] = [
    Step { title: "A starts", play: |story| Box::pin(story.a_starts()) },
    Step { title: "B starts while A is up, and each sees the other", play: |story| Box::pin(story.b_starts()) },
    Step { title: "A creates session S1, and a user logs in", play: |story| Box::pin(story.s1_is_made()) },
    Step { title: "A is killed", play: |story| Box::pin(story.a_is_killed()) },
    Step {
        title: "B answers with S1: same attributes, user still logged in",
        play: |story| Box::pin(story.b_serves_s1()),
    },
    Step { title: "A starts again and gets the state", play: |story| Box::pin(story.a_starts_again()) },
    Step { title: "A invalidates S1, and B no longer has it", play: |story| Box::pin(story.s1_is_ended()) },
    Step { title: "B creates S2, and A has it", play: |story| Box::pin(story.s2_is_made()) },
    Step { title: "S2 expires from inactivity, and is gone on both", play: |story| Box::pin(story.s2_expires()) },
];

/// What the steps share.
pub(super) struct Story {
    nodes: Arc<Nodes>,
    s1: Browser,
    s2: Browser,
    /// S1 as the login's answer showed it.
    first: Value,
    /// How many sessions of others there are.
    others: u64,
}

impl Story {
    pub(super) fn new(nodes: Arc<Nodes>) -> Self {
        Self { nodes, s1: Browser::new(), s2: Browser::new(), first: Value::Null, others: 0 }
    }

    /// Brings the nodes to where the story begins: A is down, and if there are any sessions, B has them.
    ///
    /// # Errors
    /// B cannot take over what A holds; both are left as they are.
    pub(super) async fn prepare(&mut self) -> anyhow::Result<()> {
        let a = self.nodes.node(Which::A);
        match a.state().await {
            NodeState::Down => {}
            NodeState::Up(_) => {
                self.start(Which::B).await?;
                a.stop().await;
            }
            // It holds nothing yet, or answers nobody.
            NodeState::Starting | NodeState::Silent | NodeState::Ending => a.kill().await,
        }
        self.others = match self.nodes.node(Which::B).state().await {
            NodeState::Up(health) => health.sessions,
            _ => 0,
        };
        Ok(())
    }

    async fn a_starts(&mut self) -> anyhow::Result<()> {
        self.start(Which::A).await?;
        self.holds(Which::A, 0).await
    }

    async fn b_starts(&mut self) -> anyhow::Result<()> {
        self.is_up(Which::A).await?;
        self.nodes.node(Which::B).stop().await;
        self.start(Which::B).await?;
        for which in [Which::A, Which::B] {
            self.learns(which, "members", 1).await?;
        }
        Ok(())
    }

    async fn s1_is_made(&mut self) -> anyhow::Result<()> {
        let a = self.nodes.node(Which::A).http();
        let name = "grüße, \"S1\"";
        for (route, parameters) in [
            ("/app/set", &[("name", "name"), ("value", name)][..]),
            ("/app/set", &[("name", "n"), ("type", "int"), ("value", "-7")]),
            ("/app/set", &[("name", "l"), ("type", "list"), ("value", "x,y,z")]),
            ("/app/set", &[("name", "m"), ("type", "map"), ("value", "k=v")]),
            ("/app/set", &[("name", "d"), ("type", "date"), ("value", "1700000000123")]),
            ("/app/fill", &[("name", "bytes"), ("bytes", "300")]),
            ("/app/counter", &[]),
            ("/app/counter", &[]),
            ("/app/counter", &[]),
        ] {
            self.s1.get(a, &with_query(route, parameters)).await?;
        }
        let before = self.s1.cookie().map(|id| bare(id).to_owned());
        let login = with_query("/app/login", &[("user", "alice"), ("password", "wonderland")]);
        self.first = self.s1.get(a, &login).await?;
        ensure!(
            before.is_some() && self.s1.cookie().map(bare) != before.as_deref(),
            "the login did not change the session id"
        );
        equal("user", &self.first["user"], &json!("alice"))?;
        equal("counter", &self.first["attributes"]["counter"], &json!(3))?;
        equal("name", &self.first["attributes"]["name"], &json!(name))
    }

    async fn a_is_killed(&mut self) -> anyhow::Result<()> {
        self.is_up(Which::B).await?;
        let a = self.nodes.node(Which::A);
        a.kill().await;
        ensure!(Browser::new().get(a.http(), "/app/health").await.is_err(), "A still answers");
        Ok(())
    }

    async fn b_serves_s1(&mut self) -> anyhow::Result<()> {
        let b = self.nodes.node(Which::B).http();
        let session = self.s1.get(b, "/app/session").await?;
        self.is_s1(&session)?;
        let counted = self.s1.get(b, "/app/counter").await?;
        equal("counter", &counted["counter"], &json!(4))?;
        self.first["attributes"]["counter"] = json!(4);
        Ok(())
    }

    async fn a_starts_again(&mut self) -> anyhow::Result<()> {
        self.start(Which::A).await?;
        self.holds(Which::A, 1).await?;
        let session = self.s1.get(self.nodes.node(Which::A).http(), "/app/session").await?;
        self.is_s1(&session)
    }

    async fn s1_is_ended(&mut self) -> anyhow::Result<()> {
        let ended = self.s1.get(self.nodes.node(Which::A).http(), "/app/invalidate").await?;
        equal("id at A", &ended["id"], &Value::Null)?;
        let gone = self.s1.get(self.nodes.node(Which::B).http(), "/app/session").await?;
        equal("id at B", &gone["id"], &Value::Null)?;
        for which in [Which::B, Which::A] {
            self.learns(which, "sessions", self.others).await?;
        }
        Ok(())
    }

    async fn s2_is_made(&mut self) -> anyhow::Result<()> {
        self.s2.forget();
        let set = with_query("/app/set", &[("name", "from"), ("value", "B")]);
        let made = self.s2.get(self.nodes.node(Which::B).http(), &set).await?;
        let seen = self.s2.get(self.nodes.node(Which::A).http(), "/app/session").await?;
        equal_ids(&seen, &made)?;
        equal("attributes", &seen["attributes"], &json!({"from": "B"}))
    }

    async fn s2_expires(&mut self) -> anyhow::Result<()> {
        let a = self.nodes.node(Which::A).http();
        let set = self.s2.get(a, &with_query("/app/maxinactive", &[("seconds", "2")])).await?;
        equal("maxInactive", &set["maxInactive"], &json!(2))?;
        for which in [Which::A, Which::B] {
            self.holds(which, 1).await?;
        }
        // The numbers of sessions are asked for, not the session: asking for it would keep it.
        for which in [Which::A, Which::B] {
            self.learns(which, "sessions", self.others).await?;
        }
        for which in [Which::A, Which::B] {
            let gone = self.s2.get(self.nodes.node(which).http(), "/app/session").await?;
            equal(&format!("id at {which:?}"), &gone["id"], &Value::Null)?;
        }
        Ok(())
    }

    async fn start(&self, which: Which) -> anyhow::Result<()> {
        self.nodes.node(which).start().await.map_err(anyhow::Error::msg)
    }

    /// The node is up, and so holds all sessions: the other one may go.
    async fn is_up(&self, which: Which) -> anyhow::Result<()> {
        let state = self.nodes.node(which).state().await;
        ensure!(
            matches!(state, NodeState::Up(_)),
            "{which:?} is not up, so the other node is the only one with the sessions"
        );
        Ok(())
    }

    /// The node holds that many of the story's sessions now, and all of the others.
    async fn holds(&self, which: Which, sessions: u64) -> anyhow::Result<()> {
        let health = Browser::new().get(self.nodes.node(which).http(), "/app/health").await?;
        equal(&format!("{which:?}'s sessions"), &health["sessions"], &json!(self.others + sessions))
    }

    /// The node's health tells that number, soon.
    async fn learns(&self, which: Which, what: &str, number: u64) -> anyhow::Result<()> {
        let end = Instant::now() + LEARNING_LIMIT;
        loop {
            let health = Browser::new().get(self.nodes.node(which).http(), "/app/health").await?;
            if health[what] == json!(number) || Instant::now() > end {
                return equal(&format!("{which:?}'s {what}"), &health[what], &json!(number));
            }
            sleep(ASK_EACH).await;
        }
    }

    /// What an answer shows is S1 as it was after its login.
    fn is_s1(&self, session: &Value) -> anyhow::Result<()> {
        for key in ["created", "maxInactive", "user", "attributes"] {
            equal(key, &session[key], &self.first[key])?;
        }
        equal("new", &session["new"], &json!(false))?;
        equal_ids(session, &self.first)
    }
}

fn equal(what: &str, found: &Value, wanted: &Value) -> anyhow::Result<()> {
    ensure!(found == wanted, "{what}: {found}, not {wanted}");
    Ok(())
}

/// Two answers show one session, whichever node gave them. The ids themselves are not told.
fn equal_ids(found: &Value, wanted: &Value) -> anyhow::Result<()> {
    let [found, wanted] = [found, wanted].map(|answer| answer["id"].as_str().map(bare));
    ensure!(found.is_some() && found == wanted, "the session has another id, or none");
    Ok(())
}
