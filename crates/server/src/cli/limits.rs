//! What other hosts may make the node hold.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use outlive_net::{ClusterConfig, ReceiverLimits};

use crate::exit::Exit;

/// The flags of what other hosts may make the node hold, as written.
#[derive(Debug, Clone, clap::Args)]
#[command(
    next_help_heading = "What other hosts may make the node hold. BYTES: a number, or one with KiB, MiB or GiB behind it"
)]
pub(crate) struct LimitArguments {
    /// Connections to the receiver, in all
    #[arg(long = "receiver-connections-max", value_name = "N", default_value = "1024", value_parser = at_least_one)]
    pub(crate) connections_max: usize,

    /// Connections of one host. A Tomcat opens up to 25 to each member
    #[arg(long = "receiver-connections-per-host-max", value_name = "N", default_value = "256", value_parser = at_least_one)]
    pub(crate) connections_per_host_max: usize,

    /// Connections of hosts that are no members, in all; the host that has most makes room for the next
    #[arg(long = "stranger-connections-max", value_name = "N", default_value = "128", value_parser = at_least_one)]
    pub(crate) strangers_max: usize,

    /// One frame; at least 4 MiB
    #[arg(long, value_name = "BYTES", default_value = "64MiB", value_parser = frame_bytes)]
    pub(crate) frame_max: Bytes,

    /// One frame of a member that was asked for the state: a Tomcat sends all its sessions in one. At least --frame-max [default: 1GiB, or
    /// --frame-max if that is more]
    #[arg(long, value_name = "BYTES")]
    pub(crate) state_frame_max: Option<Bytes>,

    /// One frame whose head names no member
    #[arg(long = "stranger-frame-max", value_name = "BYTES", default_value = "256KiB")]
    pub(crate) strangers_frame_max: Bytes,

    /// Frames that are not whole, of all members together; whoever holds most is closed. A state that was asked for does not count
    #[arg(long, value_name = "BYTES", default_value = "128MiB")]
    pub(crate) unfinished_max: Bytes,

    /// The same of all members that never acknowledged anything; no frame of theirs may be longer
    #[arg(long, value_name = "BYTES", default_value = "4MiB")]
    pub(crate) unconfirmed_unfinished_max: Bytes,

    /// The same of all that are no members
    #[arg(long = "stranger-unfinished-max", value_name = "BYTES", default_value = "4MiB")]
    pub(crate) strangers_unfinished_max: Bytes,

    /// How long a frame may take for 64 KiB more, or to be whole
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) frame_patience: Duration,

    /// The same of those that are no members; and how long their connections may be silent
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) stranger_patience: Duration,

    /// Messages that wait for one peer; sessions that do not fit are sent whole, later. At least 64 KiB [default: the file's maxQueueSize, 64MiB]
    #[arg(long, value_name = "BYTES", value_parser = lane_bytes)]
    pub(crate) lane_max: Option<Bytes>,
}

impl LimitArguments {
    /// # Errors
    /// Exit code 2: one limit makes another impossible.
    pub(super) fn check(&self) -> Result<(), Exit> {
        match self.state_frame_max {
            Some(state) if state.0 < self.frame_max.0 => Err(Exit::usage(format!(
                "--state-frame-max {state} is less than --frame-max, which is {}; it must be at least that, for the frames of a state may be \
                 as long as all others",
                self.frame_max
            ))),
            _ => Ok(()),
        }
    }

    /// A configuration with these limits.
    pub(crate) fn limit(&self, config: ClusterConfig) -> ClusterConfig {
        ClusterConfig {
            lane_bytes_max: self.lane_max.map_or(config.lane_bytes_max, |bytes| bytes.0),
            frame_bytes_max: self.frame_max.0,
            state_bytes_max: self.state_frame_max.map_or(config.state_bytes_max.max(self.frame_max.0), |bytes| bytes.0),
            receiver_limits: ReceiverLimits {
                connections_max: self.connections_max,
                connections_per_host_max: self.connections_per_host_max,
                strangers_max: self.strangers_max,
                strangers_frame_max: self.strangers_frame_max.0,
                strangers_bytes_max: self.strangers_unfinished_max.0,
                unconfirmed_bytes_max: self.unconfirmed_unfinished_max.0,
                unfinished_bytes_max: self.unfinished_max.0,
                stranger_patience: self.stranger_patience,
                frame_patience: self.frame_patience,
                ..config.receiver_limits
            },
            ..config
        }
    }
}

/// A number of bytes as written: `65536`, `64KiB`, `64MiB`, `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) usize);

/// The units, the largest first.
const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, shift) =
            UNITS.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift))).unwrap_or((text, 0));
        let number = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(1 << shift));
        match number {
            Some(number @ 1..) => Ok(Bytes(number)),
            _ => Err(format!("\"{text}\" is no number of bytes, such as 65536, 64KiB, 64MiB or 1GiB")),
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, shift)| self.0.is_multiple_of(1 << shift)) {
            Some((unit, shift)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}", self.0),
        }
    }
}

fn frame_bytes(text: &str) -> Result<Bytes, String> {
    at_least(ClusterConfig::FRAME_BYTES_MIN, text)
}

fn lane_bytes(text: &str) -> Result<Bytes, String> {
    at_least(ClusterConfig::LANE_BYTES_MIN, text)
}

/// A smaller one would count as the smallest, and nobody would know.
fn at_least(least: usize, text: &str) -> Result<Bytes, String> {
    let bytes: Bytes = text.parse()?;
    if bytes.0 < least {
        return Err(format!("{bytes} is too little; it is at least {}", Bytes(least)));
    }
    Ok(bytes)
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("\"{text}\" is no number of at least 1"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|seconds| !seconds.is_zero());
    seconds.ok_or_else(|| format!("\"{text}\" is no time in seconds, such as 30 or 0.5"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        limits: LimitArguments,
    }

    fn limited(line: &str) -> ClusterConfig {
        let words = std::iter::once("outlive").chain(line.split_whitespace());
        Line::try_parse_from(words).unwrap().limits.limit(ClusterConfig::default())
    }

    #[test]
    fn the_defaults_that_the_help_tells_are_those_of_the_library() {
        let (ours, theirs) = (limited(""), ClusterConfig::default());
        assert_eq!(ours.receiver_limits, theirs.receiver_limits);
        let sizes = |config: &ClusterConfig| (config.frame_bytes_max, config.state_bytes_max, config.lane_bytes_max);
        assert_eq!(sizes(&ours), sizes(&theirs));
    }

    #[test]
    fn each_flag_is_its_limit() {
        let config = limited(
            "--receiver-connections-max 9 --receiver-connections-per-host-max 8 --stranger-connections-max 7 --frame-max 6MiB --state-frame-max 5GiB \
             --stranger-frame-max 4KiB --unfinished-max 3MiB --unconfirmed-unfinished-max 2MiB --stranger-unfinished-max 1024 \
             --frame-patience 2.5 --stranger-patience 1 --lane-max 70KiB",
        );
        assert_eq!(
            config.receiver_limits,
            ReceiverLimits {
                connections_max: 9,
                connections_per_host_max: 8,
                strangers_max: 7,
                strangers_frame_max: 4 << 10,
                strangers_bytes_max: 1 << 10,
                unconfirmed_bytes_max: 2 << 20,
                unfinished_bytes_max: 3 << 20,
                stranger_patience: Duration::from_secs(1),
                frame_patience: Duration::from_millis(2500),
                ..ReceiverLimits::default()
            }
        );
        assert_eq!(
            (config.frame_bytes_max, config.state_bytes_max, config.lane_bytes_max),
            (6 << 20, 5 << 30, 70 << 10)
        );
    }

    #[test]
    fn a_state_may_have_longer_frames_only() {
        let check = |line: &str| {
            let words = std::iter::once("outlive").chain(line.split_whitespace());
            Line::try_parse_from(words).unwrap().limits.check()
        };
        assert_eq!(check("--frame-max 2GiB"), Ok(()));
        assert_eq!(limited("--frame-max 2GiB").state_bytes_max, 2 << 30);
        assert_eq!(check("--frame-max 4MiB --state-frame-max 4MiB"), Ok(()));
        let exit = check("--state-frame-max 1MiB").unwrap_err();
        assert!(
            exit.parts().1.starts_with("--state-frame-max 1MiB is less than --frame-max, which is 64MiB"),
            "{exit:?}"
        );
        assert!(check("--frame-max 2GiB --state-frame-max 1GiB").is_err());
    }

    #[test]
    fn bytes_have_units_and_come_back() {
        for text in ["1", "1000", "64KiB", "3MiB", "1GiB"] {
            assert_eq!(text.parse::<Bytes>().unwrap().to_string(), text);
        }
        assert_eq!("1024KiB".parse::<Bytes>().unwrap().to_string(), "1MiB");
        for wrong in ["", "0", "0MiB", "-1", "1MB", "MiB", "99999999999GiB", "1.5MiB"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
        assert!(seconds("0").is_err() && seconds("nan").is_err() && seconds("-1").is_err());
    }
}
