//! The failure detector's rules for one member.
//!
//! What is heard of a member is a claim; only a member that could be connected to is passed on to the layers above, and
//! only one that no longer can be is taken away (unless it says itself that it leaves).
//!
//! ```text
//!                   probe answered
//!   Unverified ──────────────────────► Up ◄─────────────┐ answered, and heard again
//!       ▲                              │ doubt (silent, or a send failed) → probe
//!       │        refused               ▼                │
//!       └──────────────────────── answered: Suspect ────┘
//! ```
//!
//! A suspect stays a member and is probed each heartbeat. Two differences from Tomcat, neither visible on the wire: it
//! stays suspect for as long as it is silent (Tomcat forgets the suspicion after 300 s), and members are probed side by
//! side, not one after another under a lock.
//!
//! Source: Tomcat `TcpFailureDetector`.

/// What is known about whether a member is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Announced or configured, but never reached, or no longer: not in the view.
    Unverified,
    /// In the view.
    Up,
    /// In the view and reachable, but silent, or a send to it failed.
    Suspect,
}

/// Whether somebody is looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probing {
    Idle,
    Wanted,
    UnderWay,
}

/// What an event means for the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    Joined,
    Left,
}

/// One member's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Health {
    standing: Standing,
    probing: Probing,
    /// Something spoke against the member since it was last up.
    doubted: bool,
}

impl Health {
    /// A member that was just heard of: to be probed at once.
    pub(crate) const fn new() -> Health {
        Health { standing: Standing::Unverified, probing: Probing::Wanted, doubted: false }
    }

    pub(crate) const fn standing(&self) -> Standing {
        self.standing
    }

    /// Whether the layers above know it.
    pub(crate) fn in_view(&self) -> bool {
        self.standing != Standing::Unverified
    }

    /// Wants a probe, if none is wanted or under way.
    pub(crate) fn want_probe(&mut self) {
        if self.probing == Probing::Idle {
            self.probing = Probing::Wanted;
        }
    }

    pub(crate) fn wants_probe(&self) -> bool {
        self.probing == Probing::Wanted
    }

    /// Whether a probe's answer is still to come.
    pub(crate) fn awaits_probe(&self) -> bool {
        self.probing != Probing::Idle
    }

    pub(crate) fn probe_started(&mut self) {
        self.probing = Probing::UnderWay;
    }

    /// Silence beyond the drop time, or a send that failed: a member of the view is probed at once, another is not.
    pub(crate) fn doubt(&mut self) {
        if self.in_view() {
            self.doubted = true;
            self.want_probe();
        }
    }

    /// A silent member is heard again: no longer suspect.
    pub(crate) fn heard_again(&mut self) {
        self.doubted = false;
        if self.standing == Standing::Suspect {
            self.standing = Standing::Up;
        }
    }

    /// A probe was answered or not. `heard`: the member announces itself at this time, or is configured.
    pub(crate) fn probed(&mut self, alive: bool, heard: bool) -> Change {
        if self.probing != Probing::UnderWay {
            return Change::None;
        }
        self.probing = Probing::Idle;
        let doubted = core::mem::take(&mut self.doubted);
        let (next, change) = match (self.standing, alive) {
            (Standing::Unverified, true) => (Standing::Up, Change::Joined),
            (Standing::Unverified, false) => (Standing::Unverified, Change::None),
            (_, false) => (Standing::Unverified, Change::Left),
            (Standing::Up, true) if doubted => (Standing::Suspect, Change::None),
            (Standing::Up, true) => (Standing::Up, Change::None),
            (Standing::Suspect, true) if heard && !doubted => (Standing::Up, Change::None),
            (Standing::Suspect, true) => (Standing::Suspect, Change::None),
        };
        self.standing = next;
        change
    }

    /// It says itself that it leaves: no probe is needed any more.
    pub(crate) fn left(&mut self) -> Change {
        let change = if self.in_view() { Change::Left } else { Change::None };
        *self = Health { standing: Standing::Unverified, probing: Probing::Idle, doubted: false };
        change
    }
}
