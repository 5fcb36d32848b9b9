//! The two halves of a completion that two known bugs leave open to what happens in between. Only with the feature
//! `planted`; see [`outlive_session::planted`].

use std::sync::Arc;

use outlive_session::{Outgoing, SessionId};
use outlive_tribes_proto::time::Now;

use crate::cell::SessionRef;
use crate::context::{Context, Delivery};
use crate::peer::ClusterView;

/// What a completion that has let go of the cell has still to push.
#[derive(Debug)]
pub struct Unsent {
    now: Now,
    view: Arc<ClusterView>,
    id: SessionId,
    outgoing: Vec<Outgoing>,
}

impl Context {
    /// The bug `ViewBeforeLock`: completes with a view that was loaded some time ago.
    pub fn complete_seeing(&self, now: Now, session: &SessionRef, view: &ClusterView) -> Delivery {
        self.complete_in(now, &mut session.0.lock(), view)
    }

    /// The first half of the bug `PushAfterUnlock`: what is to be sent is taken, and the cell let go.
    pub fn complete_unsent(&self, now: Now, session: &SessionRef) -> Unsent {
        let mut guard = session.0.lock();
        let guarded = guard.wake();
        let view = self.dispatch.view();
        let outgoing = guarded.session.complete(now, &self.name, self.dispatch.writer, !view.peers.is_empty());
        Unsent { now, view, id: guarded.session.id().clone(), outgoing }
    }

    /// The second half: it is pushed.
    pub fn push(&self, unsent: Unsent) -> Delivery {
        let mut waiting = None;
        for outgoing in unsent.outgoing {
            self.dispatch.broadcast(unsent.now, &unsent.view, &unsent.id, outgoing, &mut waiting);
        }
        waiting.map_or(Delivery::Queued, Delivery::Await)
    }
}
