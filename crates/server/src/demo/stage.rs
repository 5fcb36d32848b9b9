//! Who may touch the nodes, and what the page is told of them: buttons one by one, or the nine steps alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::RwLock;
use tokio::time::Instant;

use super::node::{NodeProcess, NodeState};
use super::nodes::{Nodes, Which};
use super::play::{self, Event};
use super::progress::Progress;

/// How old a look at the nodes may be: however many pages are open, a node is asked five times a second at most.
const LOOK_AGE: Duration = Duration::from_millis(200);

/// Why the nodes cannot be touched now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    /// The nine steps are being played.
    Playing,
    /// A node is being started or killed by a button.
    Pressed,
}

impl Busy {
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Playing => "the nine steps are being played",
            Self::Pressed => "a node is being started or killed",
        }
    }
}

/// The nodes, and the play if there is one.
#[derive(Debug)]
pub(super) struct Stage {
    nodes: Arc<Nodes>,
    /// A button holds it to read, a play to write: a play has the nodes for itself, and there are never two.
    hands: Arc<RwLock<()>>,
    progress: Arc<Mutex<Progress>>,
    /// The last look at the nodes.
    look: tokio::sync::Mutex<Option<(Instant, Value)>>,
}

impl Stage {
    pub(super) fn new(nodes: Arc<Nodes>) -> Self {
        Self { nodes, hands: Arc::default(), progress: Arc::default(), look: tokio::sync::Mutex::default() }
    }

    pub(super) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    pub(super) fn is_playing(&self) -> bool {
        self.hands.try_read().is_err() // a play never waits for its turn, so nobody else keeps readers out
    }

    /// SIGKILL.
    pub(super) async fn kill(&self, which: Which) -> Result<(), Busy> {
        let _pressed = self.hands.try_read().map_err(|_| Busy::Playing)?;
        self.nodes.node(which).kill().await;
        self.forget_look().await;
        Ok(())
    }

    /// Starts the node and waits until it is healthy; the inner error says why it is not.
    pub(super) async fn start(&self, which: Which) -> Result<Result<(), String>, Busy> {
        let _pressed = self.hands.try_read().map_err(|_| Busy::Playing)?;
        let started = self.nodes.node(which).start().await;
        self.forget_look().await;
        Ok(started)
    }

    /// Begins to play the nine steps; [`state`](Self::state) tells how far it is.
    pub(super) fn play(&self) -> Result<(), Busy> {
        let alone = self.hands.clone().try_write_owned();
        let alone = alone.map_err(|_| if self.is_playing() { Busy::Playing } else { Busy::Pressed })?;
        let (nodes, progress) = (self.nodes.clone(), self.progress.clone());
        locked(&progress).begin();
        tokio::spawn(async move {
            let tell = |event: Event| locked(&progress).note(event);
            let played = play::play(nodes, tell).await;
            locked(&progress).end(played);
            drop(alone);
        });
        Ok(())
    }

    /// `{"nodes":[{"name","address","state","members","sessions"}…],"play":{…}}`; the numbers are `null` where a node is not up.
    pub(super) async fn state(&self) -> Value {
        let nodes = self.look().await;
        let on = self.is_playing();
        json!({"nodes": nodes, "play": locked(&self.progress).json(on)})
    }

    /// After a press, what was seen before it is told to nobody.
    async fn forget_look(&self) {
        *self.look.lock().await = None;
    }

    async fn look(&self) -> Value {
        let mut look = self.look.lock().await;
        if let Some((at, nodes)) = &*look
            && at.elapsed() < LOOK_AGE
        {
            return nodes.clone();
        }
        let [a, b] = self.nodes.all();
        let (a, b) = tokio::join!(seen(a), seen(b));
        let nodes = json!([a, b]);
        *look = Some((Instant::now(), nodes.clone()));
        nodes
    }
}

async fn seen(node: &NodeProcess) -> Value {
    let (state, health) = match node.state().await {
        NodeState::Down => ("down", None),
        NodeState::Starting => ("starting", None),
        NodeState::Up(health) => ("up", Some(health)),
        NodeState::Silent => ("silent", None),
        NodeState::Ending => ("ending", None),
    };
    json!({
        "name": node.name(),
        "address": node.http().to_string(),
        "state": state,
        "members": health.map(|health| health.members),
        "sessions": health.map(|health| health.sessions),
    })
}

/// Each change is one assignment, so what a panic left behind is still whole.
fn locked(progress: &Mutex<Progress>) -> std::sync::MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}
