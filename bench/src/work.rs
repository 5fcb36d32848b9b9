//! Small fixed pieces of work, whose instructions are counted: the counts do not drift with the machine.
//!
//! Each one prepares itself and then does its work a given number of times. How many instructions one time takes is the difference of
//! two counts, so that preparation and process start fall out; see `instructions`.

mod node;
mod pair;
mod session;
mod wire;

use std::time::Duration;

use anyhow::Result;
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

/// One piece of work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    /// Its name on the command line and in the reference.
    pub(crate) name: &'static str,
    /// How often it is done, in the shorter and in the longer count.
    pub(crate) times: (u64, u64),
    run: fn(u64) -> Result<()>,
}

impl Work {
    /// Does it.
    ///
    /// # Errors
    /// It could not be prepared, or did not do what it does.
    pub(crate) fn run(&self, times: u64) -> Result<()> {
        (self.run)(times)
    }
}

const fn work(name: &'static str, times: (u64, u64), run: fn(u64) -> Result<()>) -> Work {
    Work { name, times, run }
}

/// All of it, in the order in which it is shown.
pub(crate) const ALL: [Work; 9] = [
    work("session-write-encode", (200, 1_200), session::encode),
    work("session-write-decode-apply", (200, 1_200), session::decode_and_apply),
    work("state-of-1000-sessions-encode", (2, 12), session::encode_state),
    work("state-of-1000-sessions-decode", (2, 12), session::decode_state),
    work("member-encode", (200, 1_200), wire::encode_member),
    work("member-decode", (200, 1_200), wire::decode_member),
    work("node-read", (200, 1_200), node::read),
    work("node-write-sent", (200, 1_200), node::write),
    work("node-write-sent-and-received", (200, 1_200), node::write_and_receive),
];

/// The name of the one context, as a Tomcat with the cluster in the Engine has it.
const CONTEXT: &str = "localhost#/app";

/// A moment; the same in every run.
const NOW: Now = Now { monotonic: Monotonic(Duration::from_secs(1_000_000)), wall: UnixMillis(1_700_000_000_000) };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_works() {
        for work in ALL {
            work.run(3).unwrap_or_else(|error| panic!("{}: {error:#}", work.name));
        }
    }
}
