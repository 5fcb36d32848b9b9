//! What a node of ours has beyond a Tomcat.

use std::time::Duration;

use crate::host_port::HostPort;
use crate::secret::Secret;
use crate::setting::{Rule, choice, settings};

choice! {
    /// The form of the log.
    pub enum LogFormat {
        /// Words.
        Text = "text",
        /// A JSON object a line.
        Json = "json",
    }
}

settings! {
    /// What a node of ours has beyond a Tomcat; only outlive.toml has words for it.
    pub struct Node in "node" {
        /// Where the node tells whether it is ready: `--health`.
        health: Option<HostPort> = None, "", Rule::ANY;
        /// Whether sessions may be sent unencrypted over a network: `--allow-plaintext`.
        allow_plaintext: bool = false, "", Rule::ANY;
        /// How long a node that leaves says so and still serves: `--drain-delay`. None: 5 s where its health is asked for.
        drain_delay: Option<Duration> = None, "", Rule::SECONDS.within(0, 86_400).with_fractions();
        /// How long it waits for requests and for acknowledgements, at most each: `--drain-limit`.
        drain_limit: Duration = Duration::from_secs(10), "", Rule::SECONDS.within(0, 86_400).with_fractions();
        /// Lets commands of other machines in at `health`: `--control-token`.
        control_token: Option<Secret> = None, "", Rule::ANY;
        /// Whether a store behind a DeltaManager is this node's own: `--store-private`.
        store_private: bool = false, "", Rule::ANY;
        /// The form of the log: `--log-format`.
        log_format: Option<LogFormat> = None, "", Rule::ANY;
    }
}
