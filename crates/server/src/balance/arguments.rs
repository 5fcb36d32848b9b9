//! The flags of `outlive balance`.

use std::net::IpAddr;
use std::str::FromStr;

use clap::ArgGroup;
use ipnet::IpNet;
use outlive_balance::{Settings, Source, TrustedPeers};

use crate::cli::{HostPort, LogFormat};
use crate::drain::{NamedNode, Seconds};

/// What `outlive balance --help` begins with.
pub(crate) const ABOUT: &str = "\
A sticky balancer in front of the nodes: a session's requests go to the node that its id names, and to another one when that is gone; new \
clients go where least is to do. A request is sent again to another node where that does no harm. Bodies stream, WebSockets pass through.

It is for small set-ups and tries: no TLS, no HTTP/2, one process. HAProxy, nginx and httpd do more, and a cluster works behind them as well.";

/// What it ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  outlive balance --node a=127.0.0.1:8081 --node b=127.0.0.1:8082
  outlive balance --listen 0.0.0.0:80 --members 10.0.0.1:9000,10.0.0.2:9000 --status 127.0.0.1:9090
  outlive balance --cluster 10.0.0.1:9000,10.0.0.2:9000     these nodes, and all that the cluster has beside them
  outlive balance --members outlive-nodes.default.svc:9000    all addresses that this name has, now and later

SIGTERM and SIGINT end it in order: its status says 503, no new connections, answers under way are finished.";

/// Flags of `outlive balance`.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("nodes").required(true).args(["node", "members", "cluster"])))]
pub(crate) struct BalanceArguments {
    /// Where clients come in
    #[arg(long, value_name = "H:P", default_value = "127.0.0.1:8080")]
    pub(super) listen: HostPort,

    /// A node: the name behind its session ids, and where it serves. May be repeated
    #[arg(long, value_name = "NAME=H:P", value_delimiter = ',')]
    node: Vec<NamedNode>,

    /// What is asked at each --node to learn whether it serves: 2xx yes, 503 no new clients any more, else no
    #[arg(long, value_name = "PATH", default_value = "/app/health", value_parser = path)]
    check: String,

    /// In place of --node: the nodes' --health addresses, with commas. They tell names and where the nodes serve
    ///
    /// A name that has several addresses stands for as many nodes. It is looked up again and again, so that nodes may come and go.
    #[arg(long, value_name = "H:P,…", value_delimiter = ',')]
    members: Vec<HostPort>,

    /// In place of --node: the --health addresses of some nodes, with commas; further ones are found as the cluster's own members
    ///
    /// A node that joins gets clients as soon as it is ready, and one that has left is forgotten. Nodes count that have a --health which is
    /// reached at the address of their --receiver, and that another one has heard: with --encrypt, only who has the key. Where the cluster
    /// is not encrypted, whoever is on its network can announce a node and will be sent users' requests.
    #[arg(long, value_name = "H:P,…", value_delimiter = ',')]
    cluster: Vec<HostPort>,

    /// Where the balancer tells as JSON what it knows: 200 while a node is up, else 503
    #[arg(long, value_name = "H:P")]
    pub(super) status: Option<HostPort>,

    /// The session cookie
    #[arg(long, value_name = "NAME", default_value = "JSESSIONID")]
    cookie: String,

    /// The path parameter that carries the session id where there is no cookie
    #[arg(long, value_name = "NAME", default_value = "jsessionid")]
    path_parameter: String,

    /// Networks of proxies in front, with commas, whose X-Forwarded-For, -Proto and -Host count; those of others are replaced
    #[arg(long, value_name = "NET,…", value_delimiter = ',', value_parser = network)]
    trusted_proxies: Vec<IpNet>,

    /// How long connecting to a node may take. All times in seconds
    #[arg(long, value_name = "S", default_value = "1")]
    connect_timeout: Seconds,

    /// How long a node may take until its answer begins, once it has the whole request
    #[arg(long, value_name = "S", default_value = "60")]
    answer_timeout: Seconds,

    /// How long a body or a client's connection may stand still
    #[arg(long, value_name = "S", default_value = "60")]
    pub(super) idle_timeout: Seconds,

    /// How long an upgraded connection (WebSocket) may be silent
    #[arg(long, value_name = "S", default_value = "3600")]
    tunnel_timeout: Seconds,

    /// Between two checks of a node
    #[arg(long, value_name = "S", default_value = "1")]
    check_interval: Seconds,

    /// How long a balancer that is to end says so by its --status (503) and still serves, so that whoever sends clients here notices
    ///
    /// Default: 5 where something asks for the status regularly, else 0. Ctrl-C leaves it out, and so does a second signal.
    #[arg(long, value_name = "S")]
    pub(super) drain_delay: Option<Seconds>,

    /// How long answers under way may take at the end
    #[arg(long, value_name = "S", default_value = "10")]
    pub(super) end_limit: Seconds,

    /// Clients' connections at a time; further ones wait
    #[arg(long, value_name = "N", default_value_t = 8192, value_parser = positive)]
    pub(super) connections_max: usize,

    /// Bytes of a request's head; longer ones get 431
    #[arg(long, value_name = "N", default_value_t = 64 << 10, value_parser = positive)]
    pub(super) head_bytes_max: usize,

    /// The form of the log on the standard error: text for people, or json, one object a line
    #[arg(long, value_name = "F", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,

    /// End when the standard input ends
    #[arg(long, hide = true)]
    pub(super) exit_with_stdin: bool,
}

impl BalanceArguments {
    pub(super) fn source(&self) -> Source {
        let health = |addresses: &[HostPort]| addresses.iter().map(|at| (at.host.clone(), at.port)).collect();
        if !self.cluster.is_empty() {
            Source::Cluster { addresses: health(&self.cluster) }
        } else if self.members.is_empty() {
            let place = |node: &NamedNode| (node.name.clone(), node.address.host.clone(), node.address.port);
            Source::Listed { nodes: self.node.iter().map(place).collect(), check: self.check.clone() }
        } else {
            Source::Health { addresses: health(&self.members) }
        }
    }

    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.cookie.clone_from(&self.cookie);
        settings.path_parameter.clone_from(&self.path_parameter);
        settings.trusted = TrustedPeers::new(self.trusted_proxies.iter().copied());
        settings.connect_timeout = self.connect_timeout.0;
        settings.answer_timeout = self.answer_timeout.0;
        settings.idle_timeout = self.idle_timeout.0;
        settings.tunnel_timeout = self.tunnel_timeout.0;
        settings.check_interval = self.check_interval.0;
        settings
    }
}

fn path(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && http::uri::PathAndQuery::from_str(text).is_ok();
    if is_path { Ok(text.to_owned()) } else { Err(format!("\"{text}\" is no path, such as /app/health")) }
}

fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| format!("\"{text}\" is no network, such as 10.0.0.0/8"))
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err(format!("\"{text}\" is no number from 1 on")),
    }
}
