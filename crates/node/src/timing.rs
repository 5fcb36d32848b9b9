//! The times of membership.

use std::time::Duration;

/// How often members are looked at, and how long they are waited for; the defaults are Tomcat's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two announcements by multicast: 500 ms. Source: McastService `frequency`.
    pub frequency: Duration,
    /// A member that announced nothing for longer than this is probed, and gone where it does not answer: 3 s. Source: `dropTime`.
    pub drop_time: Duration,
    /// Between two looks at suspects and at members not yet reached: 5 s. Source: GroupChannel `heartbeatSleeptime`.
    pub heartbeat: Duration,
    /// Between two looks at static members that are not up: 1 s. Source: TcpPingInterceptor `interval`.
    pub ping_interval: Duration,
    /// How long a probe's connection may take: 1 s. Source: TcpFailureDetector `connectTimeout`.
    pub probe_timeout: Duration,
    /// Whether a probe sends a message. Source: `performSendTest`.
    pub probe_sends: bool,
    /// How long an acknowledgement of it may take; `None`: none is asked for, so a member that stands still is not missed. Source:
    /// `performReadTest`, `readTestTimeout`.
    pub probe_reads: Option<Duration>,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            frequency: Duration::from_millis(500),
            drop_time: Duration::from_secs(3),
            heartbeat: Duration::from_secs(5),
            ping_interval: Duration::from_secs(1),
            probe_timeout: Duration::from_secs(1),
            probe_sends: true,
            probe_reads: None,
        }
    }
}
