//! The sessions of one context, as the HTTP side uses them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use outlive_node::{Context, SessionRef};
use outlive_sync::Acknowledgement;
use tokio::time::Sleep;

use crate::randomness::{NoRandomness, random_id};
use crate::shared::Shared;

/// The sessions of one web application on this node. Cheap to clone.
///
/// Everything but [`ready`](Self::ready) works in local memory and never waits.
#[derive(Clone, Debug)]
pub struct Sessions {
    shared: Arc<Shared>,
    context: Arc<Context>,
}

/// What is still to be waited for when a request ends.
#[derive(Debug)]
pub enum Delivery {
    /// Nothing was sent.
    Nothing,
    /// It lies in the lanes; nobody waits for it.
    Queued,
    /// The answer has to wait until the peers have confirmed.
    Await(Acknowledged),
}

impl Sessions {
    pub(crate) fn new(shared: Arc<Shared>, context: Arc<Context>) -> Self {
        Sessions { shared, context }
    }

    /// Path of the web application: `/app`, or the empty text for the root.
    pub fn path(&self) -> &str {
        self.context.path()
    }

    /// This node's name, which new ids end with; empty: ids have no route.
    pub fn route(&self) -> &str {
        self.context.route()
    }

    /// How many other members there are.
    pub fn members(&self) -> usize {
        self.shared.node.view().peers.len()
    }

    /// Whether this node holds the cluster's state of this context.
    pub fn is_ready(&self) -> bool {
        self.context.is_ready()
    }

    /// Waits until this node holds the cluster's state of this context; 60 s and the time to find members at most.
    ///
    /// Cancel safe.
    pub async fn ready(&self) {
        let mut changes = self.shared.changes.subscribe();
        while !self.context.is_ready() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sessions held here, whoever serves them.
    pub fn len(&self) -> usize {
        self.context.len()
    }

    /// Whether no session is held.
    pub fn is_empty(&self) -> bool {
        self.context.is_empty()
    }

    /// All sessions held here, in no order.
    pub fn all(&self) -> Vec<SessionRef> {
        self.context.sessions()
    }

    /// Makes a session, with an id of 16 bytes from the operating system. Peers hear of it when its request is completed.
    ///
    /// # Errors
    /// The operating system gives no random bytes; no id is made of anything less.
    pub fn create(&self) -> Result<SessionRef, NoRandomness> {
        Ok(self.context.create(self.shared.clock.now(), random_id()?))
    }

    /// The session that a request's cookie names, joined; nothing for an id that is unknown, ended, or none.
    pub fn find(&self, id: &str) -> Option<SessionRef> {
        self.context.find(self.shared.clock.now(), id)
    }

    /// Makes this node's route the one in the id. Whether the id now differs from the one that the client has `shown`:
    /// then it needs a new cookie.
    pub fn take_over(&self, session: &SessionRef, shown: &str) -> bool {
        self.context.take_over(self.shared.clock.now(), session, shown)
    }

    /// Gives a session a new id and makes the old one worthless, as every login must.
    ///
    /// # Errors
    /// As [`create`](Self::create); the session keeps its id.
    pub fn change_id(&self, session: &SessionRef) -> Result<(), NoRandomness> {
        self.context.change_id(self.shared.clock.now(), session, random_id()?);
        Ok(())
    }

    /// Ends a session on all nodes.
    pub fn invalidate(&self, session: &SessionRef) {
        self.context.invalidate(self.shared.clock.now(), session);
    }

    /// Ends a request on a session, also on one that has ended: what changed goes to all members. Never waits.
    pub fn complete(&self, session: &SessionRef) -> Delivery {
        match self.context.complete(self.shared.clock.now(), session) {
            outlive_node::Delivery::Nothing => Delivery::Nothing,
            outlive_node::Delivery::Queued => Delivery::Queued,
            outlive_node::Delivery::Await(confirmed) => {
                Delivery::Await(Acknowledged { confirmed, limit: self.shared.ack_timeout, sleep: None })
            }
        }
    }
}

/// Ready when all members have confirmed what a request sent, or are gone, or after the time limit.
///
/// Cancel safe: dropping it changes nothing about what was sent.
#[derive(Debug)]
pub struct Acknowledged {
    confirmed: Acknowledgement,
    limit: Duration,
    /// Made only if the first look finds somebody to wait for.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Future for Acknowledged {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        if Pin::new(&mut self.confirmed).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let limit = self.limit;
        self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit))).as_mut().poll(cx)
    }
}
