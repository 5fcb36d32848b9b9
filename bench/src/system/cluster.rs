//! One system's nodes, and what they have used so far.

use std::time::Duration;

use anyhow::{Result, ensure};
use outlive_interop::{Server, poll};

use crate::between::Traffic;
use crate::cpu;
use crate::measure::sessions::time_to_join;
use crate::system::Store;

/// How long nodes may take until they have nothing to do.
const IDLE_LIMIT: Duration = Duration::from_secs(60);
/// For how long nodes are looked at before they count as idle.
const IDLE_WINDOW: Duration = Duration::from_millis(150);
/// Share of one processor that an idle node uses at most: heartbeats, a JVM's own threads.
const IDLE_SHARE: f64 = 0.03;
/// How long members may take to see each other.
const MEMBERS_LIMIT: Duration = Duration::from_secs(30);

/// A serves the requests, B holds what it is told.
pub(crate) struct Cluster<'scene> {
    /// Serves.
    pub(crate) a: Box<dyn Server + 'scene>,
    /// Receives.
    pub(crate) b: Option<Box<dyn Server + 'scene>>,
    /// Holds the sessions where the nodes do not.
    pub(crate) store: Option<Store>,
}

/// Processor time so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// Of A.
    pub(crate) a: Duration,
    /// Of B.
    pub(crate) b: Option<Duration>,
    /// Of the store.
    pub(crate) store: Option<Duration>,
}

/// How long the nodes took from their process's start to their first answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Started {
    /// Alone.
    pub(crate) a: Duration,
    /// As the second; zero where there is none.
    pub(crate) b: Duration,
}

impl Used {
    /// Of all processes.
    pub(crate) fn all(self) -> Duration {
        self.a + self.b.unwrap_or_default() + self.store.unwrap_or_default()
    }

    /// What was used after `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        let part = |now: Option<Duration>, before: Option<Duration>| now.zip(before).map(|(now, before)| now - before);
        Self { a: self.a - before.a, b: part(self.b, before.b), store: part(self.store, before.store) }
    }
}

impl<'scene> Cluster<'scene> {
    /// Nodes that are not started yet.
    pub(crate) fn new(a: Box<dyn Server + 'scene>, b: Option<Box<dyn Server + 'scene>>) -> Self {
        Self { a, b, store: None }
    }

    /// With a store that runs already.
    pub(crate) fn with_store(self, store: Store) -> Self {
        Self { store: Some(store), ..self }
    }

    /// Starts A, then B, and waits until they see each other and are idle.
    ///
    /// # Errors
    /// A node does not start, or they do not meet.
    pub(crate) fn start(&mut self) -> Result<Started> {
        let mut started = Started { a: time_to_join(self.a.as_mut(), 0)?, b: Duration::ZERO };
        if let Some(b) = &mut self.b {
            started.b = time_to_join(b.as_mut(), 0)?;
            for node in [&self.a, &*b] {
                poll::until_equal("members", MEMBERS_LIMIT, &1, || Ok(node.health()?.members))?;
            }
        }
        self.idle()?;
        Ok(started)
    }

    /// Processor time of all nodes.
    ///
    /// # Errors
    /// A node is gone.
    pub(crate) fn used(&self) -> Result<Used> {
        let a = cpu::time_of(self.a.process()?)?;
        let b = self.b.as_ref().map(|b| cpu::time_of(b.process()?)).transpose()?;
        let store = self.store.as_ref().map(Store::used).transpose()?;
        Ok(Used { a, b, store })
    }

    /// Waits until the nodes have nothing to do, and gives what they have used by then.
    ///
    /// # Errors
    /// A node is gone, or works on for a minute.
    pub(crate) fn idle(&self) -> Result<Used> {
        poll::until("idle nodes", IDLE_LIMIT, || {
            let before = self.used()?;
            std::thread::sleep(IDLE_WINDOW);
            let now = self.used()?;
            let share = now.since(before).all().as_secs_f64() / IDLE_WINDOW.as_secs_f64();
            ensure!(share < IDLE_SHARE * 2.0, "they use {:.0} % of a processor", share * 100.0);
            Ok(now)
        })
    }

    /// Bytes between the nodes, or between them and the store.
    ///
    /// # Errors
    /// They cannot be counted.
    pub(crate) fn traffic(&self) -> Result<Traffic> {
        Traffic::of_port(self.store.as_ref().map_or(self.a.spec().receiver_port, Store::port))
    }
}
