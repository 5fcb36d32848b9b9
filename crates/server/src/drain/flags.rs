//! How a node leaves, and which node a command means: as written on the command line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::cli::{HostPort, Secret};

/// Where a node's control token is taken from.
const TOKEN: &str = "OUTLIVE_CONTROL_TOKEN";

/// Flags of `outlive serve`.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Its end, and who may ask for it")]
pub(crate) struct DrainFlags {
    /// How long a node that leaves says so by its health (503) and still serves, so that balancers notice. In seconds
    ///
    /// Default: 5 where something asks for the node's health regularly, else 0. Longer than a balancer's interval between checks times the
    /// checks that must fail. Ctrl-C leaves it out.
    #[arg(long, value_name = "S")]
    pub(crate) drain_delay: Option<Seconds>,

    /// How long a node that leaves waits for requests under way, and then for the other nodes' acknowledgements, at most each. In seconds
    ///
    /// Default: 10.
    #[arg(long, value_name = "S")]
    pub(crate) drain_limit: Option<Seconds>,

    /// Lets "outlive drain" and "outlive restart-check" of other machines in at --health, if they know this token. Without it: of this one only
    #[arg(long, value_name = "TOKEN", env = TOKEN, hide_env_values = true)]
    pub(crate) control_token: Option<Secret>,
}

/// Arguments of `outlive drain`.
#[derive(Debug, clap::Args)]
pub(crate) struct DrainArguments {
    #[command(flatten)]
    pub(crate) node: NodeArguments,

    /// How long to wait until the node has handed over what it holds. In seconds
    #[arg(long, value_name = "S", default_value = "120")]
    pub(crate) wait: Seconds,
}

/// Which node a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct NodeArguments {
    /// The node: its --health address, or its name with --nodes
    #[arg(value_name = "NODE")]
    pub(crate) node: String,

    /// Nodes by their names, each with its --health address, with commas
    #[arg(long, value_name = "NAME=H:P,…", value_delimiter = ',', env = "OUTLIVE_NODES")]
    pub(crate) nodes: Vec<NamedNode>,

    /// The node's --control-token, where it runs on another machine
    #[arg(long, value_name = "TOKEN", env = TOKEN, hide_env_values = true)]
    pub(crate) token: Option<Secret>,
}

/// `NAME=H:P`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedNode {
    pub(crate) name: String,
    pub(crate) address: HostPort,
}

impl FromStr for NamedNode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, address)) if !name.is_empty() => Ok(Self { name: name.to_owned(), address: address.parse()? }),
            _ => Err(format!("\"{text}\" is not of the form NAME=HOST:PORT, such as node1=127.0.0.1:9001")),
        }
    }
}

/// Seconds, with or without a fraction: `5`, `0.5`. A day at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seconds(pub(crate) Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('s').unwrap_or(text).parse::<f64>().ok();
        match number {
            Some(number) if (0.0..=86_400.0).contains(&number) => Ok(Self(Duration::from_secs_f64(number))),
            _ => Err(format!("\"{text}\" is no number of seconds, such as 5 or 0.5")),
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs_f64())
    }
}
