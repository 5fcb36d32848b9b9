//! How far long work is, for who watches.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often it is shown.
const INTERVAL: Duration = Duration::from_millis(500);

/// One line on a terminal, written over and over; nothing where the standard error is none.
#[derive(Debug)]
pub(super) struct Progress {
    what: &'static str,
    is_watched: bool,
    shown: Instant,
    count: u64,
}

impl Progress {
    pub(super) fn new(what: &'static str) -> Self {
        Progress { what, is_watched: io::stderr().is_terminal(), shown: Instant::now(), count: 0 }
    }

    /// One more.
    pub(super) fn step(&mut self) {
        self.count += 1;
        if self.is_watched && self.shown.elapsed() >= INTERVAL {
            self.shown = Instant::now();
            self.show("\r");
        }
    }

    /// How many there were, which is also the last thing shown.
    pub(super) fn end(self) -> u64 {
        if self.is_watched {
            // Over the whole of the line before.
            self.show("\r\x1b[K\r");
        }
        self.count
    }

    fn show(&self, before: &str) {
        // Nobody is harmed where it cannot be shown.
        let _ =
            write!(io::stderr(), "{before}{} sessions {}", self.count, self.what).and_then(|()| io::stderr().flush());
    }
}
