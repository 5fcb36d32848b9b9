//! Where a node stands on its way out, for all who ask: its health, its control requests, and what ends it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use outlive_net::{PeerStanding, Standing};
use tokio::sync::watch;

use super::flags::Seconds;

/// How long is served on by what is watched and leaves: two checks a second apart with time to spare, or one each 5 s.
const DELAY_DEFAULT: Duration = Duration::from_secs(5);

/// Whoever has found a node healthy twice within this time is a balancer, or something like it.
const WATCHED_WITHIN: Duration = Duration::from_secs(30);

/// What became of what a node held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// Whether nothing is lost by the node's end.
    pub(crate) complete: bool,
    /// Why, or why not.
    pub(crate) sentence: String,
}

/// Where a node stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Staying,
    /// Somebody has asked it to leave.
    Asked(&'static str),
    /// It says so.
    Leaving,
    /// It has handed over what it held.
    Done(Report),
}

/// A node's way out. Shared by all that take part in it.
#[derive(Debug)]
pub(crate) struct Departure {
    phase: watch::Sender<Phase>,
    /// When it was found healthy: the last two times.
    found_healthy: Mutex<VecDeque<Instant>>,
}

impl Departure {
    pub(crate) fn new() -> Self {
        Self { phase: watch::channel(Phase::Staying).0, found_healthy: Mutex::default() }
    }

    /// Asks the node to leave. Nothing happens if it was asked before.
    pub(crate) fn ask(&self, reason: &'static str) {
        self.phase.send_if_modified(|phase| {
            let is_first = *phase == Phase::Staying;
            if is_first {
                *phase = Phase::Asked(reason);
            }
            is_first
        });
    }

    /// Waits until the node is asked to leave, and gives who asked.
    pub(crate) async fn asked(&self) -> &'static str {
        let mut phases = self.phase.subscribe();
        loop {
            if let Phase::Asked(reason) = *phases.borrow_and_update() {
                return reason;
            }
            if phases.changed().await.is_err() {
                std::future::pending::<()>().await; // never: this object holds the sender
            }
        }
    }

    /// From now on its health says that it leaves.
    pub(crate) fn begin(&self) {
        self.phase.send_replace(Phase::Leaving);
    }

    /// Whether its health says that it leaves.
    pub(crate) fn has_begun(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Leaving | Phase::Done(_))
    }

    /// Says what became of what the node held.
    pub(crate) fn end(&self, report: Report) {
        self.phase.send_replace(Phase::Done(report));
    }

    /// Waits for the end, and gives what became of what the node held. Cancel safe.
    pub(crate) async fn ended(&self) -> Report {
        let mut phases = self.phase.subscribe();
        loop {
            if let Phase::Done(report) = &*phases.borrow_and_update() {
                return report.clone();
            }
            if phases.changed().await.is_err() {
                std::future::pending::<()>().await; // never: this object holds the sender
            }
        }
    }

    /// Somebody has asked for the node's health, and was told that all is well.
    pub(crate) fn found_healthy(&self) {
        let mut times = self.found_healthy.lock().unwrap_or_else(PoisonError::into_inner);
        times.push_back(Instant::now());
        if times.len() > 2 {
            times.pop_front();
        }
    }

    /// How long to serve on after the beginning; `wished`: as a flag says.
    pub(crate) fn delay(&self, wished: Option<Seconds>) -> Duration {
        match wished {
            Some(delay) => delay.0,
            None if self.is_watched() => DELAY_DEFAULT,
            None => Duration::ZERO,
        }
    }

    /// Whether something asks for the node's health again and again: then it will notice when that changes.
    fn is_watched(&self) -> bool {
        let times = self.found_healthy.lock().unwrap_or_else(PoisonError::into_inner);
        times.len() == 2 && times.front().is_some_and(|first| first.elapsed() < WATCHED_WITHIN)
    }
}

impl Report {
    /// What a node's last look at the others says.
    pub(crate) fn of(standing: &Standing) -> Self {
        let others = other_members(standing.peers.iter().filter(|peer| peer.has_all() && !peer.stalled).count());
        let unreached: Vec<String> = standing.unreached().map(unreached).collect();
        let (complete, sentence) = match (standing.peers.is_empty(), standing.has_heir(), unreached.is_empty()) {
            (true, ..) if standing.sessions == 0 => {
                (true, "no other member is there, and this node holds no session".to_owned())
            }
            (true, ..) => (
                false,
                format!(
                    "no other member is there: the sessions that this node holds ({}) end with it",
                    standing.sessions
                ),
            ),
            (false, true, true) => {
                (true, format!("every change of its {} sessions is acknowledged by {others}", standing.sessions))
            }
            (false, true, false) => {
                (true, format!("every change is with {others}; not reached: {}", unreached.join(", ")))
            }
            (false, false, true) => (false, "no other member holds the cluster's state and stays".to_owned()),
            (false, false, false) => {
                (false, format!("no other member has every change; not reached: {}", unreached.join(", ")))
            }
        };
        Self { complete, sentence }
    }
}

/// So many members, in words.
pub(crate) fn other_members(count: usize) -> String {
    if count == 1 { "one other member".to_owned() } else { format!("{count} other members") }
}

fn unreached(peer: &PeerStanding) -> String {
    format!("{} ({} bytes unacknowledged, {})", peer.address, peer.unacknowledged_bytes, peer.behind)
}

#[cfg(test)]
mod tests {
    use outlive_net::{Behind, PeerKind};

    use super::*;

    #[test]
    fn only_who_looks_again_is_waited_for() {
        let departure = Departure::new();
        assert!(!departure.is_watched());
        departure.found_healthy();
        assert!(!departure.is_watched(), "whoever has started the node looks once");
        departure.found_healthy();
        assert!(departure.is_watched());
    }

    #[tokio::test]
    async fn the_first_who_asks_counts() {
        let departure = Departure::new();
        departure.ask("the first");
        departure.ask("the second");
        assert_eq!(departure.asked().await, "the first");
        assert!(!departure.has_begun());
        departure.begin();
        departure.ask("a late one");
        assert!(departure.has_begun());
        let report = Report { complete: true, sentence: "all is well".to_owned() };
        departure.end(report.clone());
        assert_eq!(departure.ended().await, report);
    }

    #[test]
    fn the_report_says_what_is_lost() {
        let peer = |bytes| PeerStanding {
            address: "10.0.0.2:4000".parse().unwrap(),
            kind: PeerKind::Tomcat,
            holds_state: true,
            leaves: false,
            stalled: false,
            unacknowledged_bytes: bytes,
            behind: Behind::Nothing,
        };
        let of = |peers: Vec<PeerStanding>, sessions| {
            let report = Report::of(&Standing { holds_state: true, leaving: true, sessions, peers });
            (report.complete, report.sentence)
        };
        let (complete, sentence) = of(Vec::new(), 3);
        assert!(!complete && sentence.contains("the sessions that this node holds (3) end with it"), "{sentence}");
        assert!(of(Vec::new(), 0).0);
        assert!(of(vec![peer(0)], 3).0);
        let (complete, sentence) = of(vec![peer(0), peer(7)], 3);
        assert!(complete && sentence.contains("not reached: 10.0.0.2:4000 (7 bytes unacknowledged"), "{sentence}");
        assert!(!of(vec![peer(7)], 3).0);
        assert!(!of(vec![PeerStanding { holds_state: false, ..peer(0) }], 3).0);
    }
}
