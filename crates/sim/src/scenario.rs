//! What one seed stands for: the cluster, its network, its clients, and what will go wrong.

use std::fmt;
use std::time::Duration;

use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::faults::{Fault, FaultKind};
use crate::network::NetworkSettings;

/// All parameters of a run, drawn from its seed.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// How many nodes.
    pub hosts: usize,
    /// Whether members are configured instead of found by multicast.
    pub is_static: bool,
    /// Whether requests wait for their peers (`channelSendOptions` 6 instead of 8).
    pub is_synchronous: bool,
    /// Bytes that wait for one peer at most.
    pub lane_bytes_max: usize,
    /// How long a request waits for its peers at most.
    pub ack_timeout: Duration,
    /// How the network behaves while faults are on.
    pub network: NetworkSettings,
    /// How far each host's wall clock is from the true time when the run begins, in milliseconds.
    pub skews_ms: Vec<i64>,
    /// Clients; the first of them share their cookies, two by two.
    pub clients: usize,
    /// How many clients share their cookie with another.
    pub sharing: usize,
    /// Between two requests of a client, at most.
    pub think_max: Duration,
    /// One request in so many goes to any node, the others to the one that answered last.
    pub moves_each: u32,
    /// Bytes of a large value.
    pub large_bytes: usize,
    /// How long clients are at work with faults on, and then with faults off.
    pub faulty: Duration,
    /// What goes wrong, counted from when the cluster has formed.
    pub faults: Vec<(Duration, Fault)>,
    /// What must have taken effect at the end.
    pub promised: Vec<FaultKind>,
}

impl Scenario {
    /// The scenario of a seed.
    pub fn draw(random: &mut fastrand::Rng) -> Self {
        let hosts = random.usize(2..=5);
        let faulty = Duration::from_millis(random.u64(5_000..12_000));
        let is_noisy = random.u32(0..3) > 0;
        let mut scenario = Scenario {
            hosts,
            is_static: random.u32(0..3) == 0,
            is_synchronous: random.bool(),
            lane_bytes_max: *pick(random, &[64 << 20, 64 << 20, 256 << 10, 16 << 10, 6 << 10]),
            ack_timeout: Duration::from_millis(*pick(random, &[3_000, 3_000, 1_500])),
            network: NetworkSettings {
                delay_max: Duration::from_micros(*pick(random, &[200, 1_000, 5_000])),
                late_per_mille: if is_noisy { *pick(random, &[2, 10, 30]) } else { 0 },
                late_max: Duration::from_millis(*pick(random, &[50, 150, 300])),
                loss_per_mille: if is_noisy { *pick(random, &[0, 10, 50]) } else { 0 },
                piece_max: *pick(random, &[64, 700, 1448, 65_536]),
                window: *pick(random, &[8 << 10, 64 << 10, 1 << 20]),
            },
            skews_ms: vec![0; hosts],
            clients: random.usize(4..=16),
            sharing: 2 * random.usize(0..=2),
            think_max: Duration::from_millis(*pick(random, &[200, 600, 1_500])),
            moves_each: *pick(random, &[1, 2, 4]),
            large_bytes: *pick(random, &[300, 2_000, 8_000]),
            faulty,
            faults: Vec::new(),
            promised: Vec::new(),
        };
        if random.bool() {
            let hour = 3_600_000;
            scenario.skews_ms = (0..hosts).map(|_| random.i64(-hour..=hour)).collect();
        }
        scenario.draw_faults(random);
        scenario
    }

    fn draw_faults(&mut self, random: &mut fastrand::Rng) {
        let span = u64::try_from(self.faulty.as_millis()).unwrap_or(u64::MAX);
        let when = |random: &mut fastrand::Rng| Duration::from_millis(random.u64(0..span * 3 / 4));
        if random.u32(0..2) == 0 {
            for _ in 0..*pick(random, &[2, 8, 40]) {
                self.faults.push((when(random), Fault::Reset));
            }
            self.promised.push(FaultKind::Reset);
        }
        if random.u32(0..2) == 0 {
            for _ in 0..random.usize(1..=3) {
                let until_restart = Duration::from_millis(random.u64(50..4_000));
                self.faults.push((when(random), Fault::Crash(until_restart)));
            }
            self.promised.push(FaultKind::Crash);
            if random.u32(0..3) == 0 {
                let until_restart = Duration::from_millis(random.u64(50..2_000));
                self.faults.push((when(random), Fault::CrashOfDonor(until_restart)));
            }
        }
        if random.u32(0..4) == 0 {
            for _ in 0..random.usize(1..=2) {
                let time = Duration::from_millis(random.u64(20..6_000));
                self.faults.push((when(random), Fault::Pause(time)));
            }
            self.promised.push(FaultKind::Pause);
        }
        if random.u32(0..6) == 0 {
            for _ in 0..random.usize(1..=2) {
                let from = random.usize(0..self.hosts);
                let to = (from + random.usize(1..self.hosts)) % self.hosts;
                let time = Duration::from_millis(random.u64(1_500..8_000));
                self.faults.push((when(random), Fault::Partition(from, to, time)));
            }
            self.promised.push(FaultKind::Partition);
        }
        if random.u32(0..4) == 0 {
            for _ in 0..random.usize(1..=3) {
                let jump = *pick(random, &[-3_600_000, -30_000, -700, 700, 30_000, 3_600_000]);
                self.faults.push((when(random), Fault::ClockJump(random.usize(0..self.hosts), jump)));
            }
            self.promised.push(FaultKind::ClockJump);
        }
        self.faults.sort_by_key(|(at, _)| *at);
    }

    /// Tomcat's `channelSendOptions`.
    pub fn options(&self) -> SendOptions {
        SendOptions(if self.is_synchronous { 6 } else { 8 })
    }

    /// Whether members may have been unable to hear each other for long.
    pub fn is_calm(&self) -> bool {
        !self.promised.iter().any(|kind| matches!(kind, FaultKind::Pause | FaultKind::Partition | FaultKind::Crash))
    }

    /// Whether a link is ever cut.
    pub fn has_partitions(&self) -> bool {
        self.promised.contains(&FaultKind::Partition)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let membership = if self.is_static { "static" } else { "multicast" };
        let options = self.options().0;
        writeln!(f, "{} nodes, {membership}, options {options}, {} clients", self.hosts, self.clients)?;
        writeln!(f, "           lanes of {} bytes, clocks off by {:?} ms", self.lane_bytes_max, self.skews_ms)?;
        write!(f, "           planned: {:?}", self.faults)
    }
}

fn pick<'a, T>(random: &mut fastrand::Rng, from: &'a [T]) -> &'a T {
    &from[random.usize(0..from.len())]
}
