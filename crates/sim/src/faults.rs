//! What goes wrong, and whether it really did.
//!
//! A fault counts when it *took effect*: a piece was late, a request was under way when its node crashed. A fault that finds
//! nothing to spoil is tried again a little later, so a scenario that promises one has it, or the run is an error.

use std::fmt;
use std::time::Duration;

use crate::event::HostId;

/// Something that is done to the cluster at a planned moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A connection with something under way breaks.
    Reset,
    /// A process that serves or sends something is gone at once; its host starts another after this time.
    Crash(Duration),
    /// The same, as soon as some process is giving its state to another.
    CrashOfDonor(Duration),
    /// A process stands still for this time (SIGSTOP), its kernel does not.
    Pause(Duration),
    /// Nothing goes from the first host to the second for this time; the way back stays open.
    Partition(HostId, HostId, Duration),
    /// The wall clock of a host jumps by so many milliseconds.
    ClockJump(HostId, i64),
}

macro_rules! kinds {
    ($($kind:ident $name:literal $doc:literal,)*) => {
        /// The kinds of effects that are counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FaultKind {
            $(#[doc = $doc] $kind,)*
        }

        impl FaultKind {
            /// All of them.
            pub const ALL: &[FaultKind] = &[$(FaultKind::$kind,)*];

            /// Its name in reports.
            pub fn name(self) -> &'static str {
                match self { $(FaultKind::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    Delay "delay" "A piece or datagram was late.",
    Cut "cut" "Bytes written at once arrived in pieces.",
    Loss "loss" "A datagram was lost.",
    Reorder "reorder" "Something overtook what was sent to the same host before it, on another connection.",
    DatagramReorder "datagram-reorder" "A datagram overtook an earlier one of the same sender.",
    Reset "reset" "A connection broke with frames under way.",
    Duplicate "duplicate" "A frame that was taken is sent again, for its acknowledgement was lost.",
    Crash "crash" "A process was gone at once, with messages under way or a request.",
    CrashInRequest "crash-in-request" "A process was gone in the middle of a request.",
    CrashOfDonor "crash-of-donor" "A process was gone while it was giving its state.",
    Pause "pause" "Something waited for a process that stood still.",
    Partition "partition" "Something did not get over a cut link.",
    Skew "skew" "A session was written by hosts whose wall clocks differ by more than a second.",
    ClockJump "clock-jump" "A wall clock jumped on a host that wrote sessions before and after.",
    Overflow "overflow" "A full lane refused a message.",
    Repair "repair" "Sessions that a full lane had refused were sent whole.",
    Held "held" "A session changed while a node was taking the state.",
}

/// How often each kind took effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts([u64; FaultKind::ALL.len()]);

impl FaultCounts {
    /// One more.
    pub fn add(&mut self, kind: FaultKind) {
        self.add_many(kind, 1);
    }

    /// So many more.
    pub fn add_many(&mut self, kind: FaultKind, count: u64) {
        self.0[kind as usize] += count;
    }

    /// How often it took effect.
    pub fn get(&self, kind: FaultKind) -> u64 {
        self.0[kind as usize]
    }

    /// Adds what another run counted.
    pub fn merge(&mut self, other: &FaultCounts) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, count)| *sum += count);
    }

    /// The kinds that never took effect.
    pub fn missing(&self) -> Vec<FaultKind> {
        FaultKind::ALL.iter().copied().filter(|kind| self.get(*kind) == 0).collect()
    }
}

impl fmt::Display for FaultCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in FaultKind::ALL.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{} {}", kind.name(), self.get(*kind))?;
        }
        Ok(())
    }
}
