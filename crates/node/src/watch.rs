//! What a node watches each second beside its sessions: its own age, and its peers' clocks and losses.

use std::time::Duration;

use bytes::Bytes;
use outlive_tribes_proto::Abilities;
use outlive_tribes_proto::time::{Monotonic, Now};

use crate::node::Node;
use crate::node::members::payload;

/// Between two lines of the log about what one peer has lost.
pub(crate) const LOSSES_INTERVAL: Duration = Duration::from_secs(60);

/// How much slower the announced alive time grows while the state is not held: 2 ms from one heartbeat to the next.
const YOUTH: u32 = 250;

impl Node {
    /// Logs what an operator should know of peers: their clocks, and what they have lost.
    pub(crate) fn look_at_peers(&self, now: Now) {
        let view = self.view();
        view.peers.iter().for_each(|peer| peer.log_clock(now));
        let is_due = {
            let mut state = self.state.lock();
            let is_due = now.monotonic >= state.next_losses;
            if is_due {
                state.next_losses = now.monotonic + LOSSES_INTERVAL;
            }
            is_due
        };
        if is_due {
            view.peers.iter().for_each(|peer| peer.log_losses());
        }
    }

    /// Whether this node holds the state, and there is a state that it could hold. One that hears of no session holds its own alone.
    fn holds_anything(&self) -> bool {
        self.config.hears_sessions
            && self.holds_state()
            && (!self.contexts().is_empty() || self.keeper.lock().is_some())
    }

    /// What this node's record is to say of whether others may rely on it, where that is something else than what it says.
    fn new_abilities(&self) -> Option<Abilities> {
        let holds = self.holds_anything();
        let state = self.state.lock();
        let says = match (state.leaving, holds && state.settled) {
            (true, _) => Abilities::LEAVES,
            (false, true) => Abilities::HOLDS_STATE,
            (false, false) => Abilities::default(),
        };
        (state.says != says).then_some(says)
    }

    /// Whether the record is out of date: the others wait for the word, so it is to be changed at once.
    pub(crate) fn has_news(&self) -> bool {
        self.new_abilities().is_some()
    }

    /// The payload of this node's record, where it is to say something else than before of whether others may rely on this node.
    ///
    /// Under the group's lock, which makes it one step with what is announced.
    pub(crate) fn new_payload(&self) -> Option<Bytes> {
        let says = self.new_abilities()?;
        self.state.lock().says = says;
        Some(payload(&self.config, says))
    }

    /// Since when the announced alive time is to count, while that is not plain.
    ///
    /// A Tomcat that starts asks the oldest member for the state. So until this node holds it, its alive time grows by a few
    /// milliseconds a second, and goes on from there when it does.
    pub(crate) fn announcement(&self, now: Now) -> Option<Monotonic> {
        let holds = self.holds_anything();
        let mut state = self.state.lock();
        if state.counts_alive {
            return None;
        }
        state.counts_alive = holds && state.settled;
        let age = now.monotonic.since(state.started) / YOUTH;
        Some(Monotonic(now.monotonic.0.saturating_sub(age)))
    }
}
