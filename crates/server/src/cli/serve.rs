//! The flags of `outlive serve`.

use std::fmt;
use std::str::FromStr;

use outlive_net::SendOptions;
use outlive_net::encrypt::Algorithm;

use super::ajp::AjpArguments;
use super::files::FileArguments;
use super::interceptors::{InterceptorOption, Secret};
use super::limits::LimitArguments;
use super::send_options::send_options;
use super::store::StoreArguments;
use super::unbuilt::UnbuiltFlags;
use crate::drain::DrainFlags;
use crate::membership::MembershipFlags;

/// What `outlive serve --help` begins with.
pub(super) const ABOUT: &str = "\
One node of a cluster. It takes the sessions of the nodes that run already, then opens its HTTP port, and from there on \
every change of a session goes to all of them. Without flags it has Tomcat's defaults: multicast 228.0.0.4:45564, asynchronous messages.

Without --app and --context it is a keeper: it holds the sessions of every application of the cluster, needs none of their classes nor \
names, and gives them to Tomcats that start. So users stay logged in while all Tomcats are down at once.

With --base or --config it is what Tomcat's files say, or outlive.toml; flags go before them. An application is answered by the session app \
where --app says so, or web.xml names a servlet of a class SessionApp; the sessions of all others are kept for the nodes that serve them.

Messages between nodes are encrypted with --encrypt; without it, addresses other than loopback want --allow-plaintext.";

/// What it ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  Two nodes on one machine, each in its own terminal:
    outlive serve --name a --http 127.0.0.1:8081 --receiver 127.0.0.1:4001
    outlive serve --name b --http 127.0.0.1:8082 --receiver 127.0.0.1:4002
  A keeper for a Tomcat cluster on 10.0.0.0/24, of all its applications:
    outlive serve --name keeper --receiver 10.0.0.7:4000 --health 127.0.0.1:9000 --allow-plaintext
  One from the folder that a Tomcat has as its CATALINA_BASE, and another with one setting of its own:
    outlive serve --base /var/lib/tomcat10
    outlive serve --base /var/lib/tomcat10 -D node=b --receiver 10.0.0.8:4000
  One that keeps the sessions of the application /shop alone:
    outlive serve --name keeper --receiver 10.0.0.7:4000 --context /shop --health 127.0.0.1:9000 --allow-plaintext

SIGTERM and SIGINT end the node in order, as \"outlive drain\" does: its health says 503, no new requests, those under way are answered, the \
other nodes have all that it held. A second signal ends whichever wait is under way.";

/// Flags of `outlive serve`, as written.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArguments {
    /// The node's name: the route behind its session ids (Tomcat's jvmRoute), by which a balancer is sticky
    ///
    /// Letters, digits, '-' and '_'. Without it ids have no route, as in a Tomcat without jvmRoute: give each node behind a balancer its
    /// own name.
    #[arg(long, value_name = "NAME", value_parser = route)]
    pub(crate) name: Option<String>,

    /// Where the applications answer. Bound at once, opened when the node holds the cluster's sessions
    ///
    /// Default: 127.0.0.1:8080 where there is an --app. With files: in place of the address of their first HTTP connector, and their only one.
    #[arg(long, value_name = "H:P")]
    pub(crate) http: Option<HostPort>,

    /// Where the node tells from its start on whether it is ready: 503 until it holds the cluster's sessions, then 200
    #[arg(long, value_name = "H:P")]
    pub(crate) health: Option<HostPort>,

    /// An application and its path; "session" is the session app, the only one built in. May be repeated
    ///
    /// Default: /app=session with --http, else none. Without --app and --context the node also keeps the sessions of every other
    /// application of the cluster.
    #[arg(long, value_name = "PATH=APP")]
    pub(crate) app: Option<Vec<AppOption>>,

    /// A context whose sessions are kept for other nodes and not served here, such as /shop, or / for the root. May be repeated
    #[arg(long, value_name = "PATH", value_parser = context_path)]
    pub(crate) context: Vec<String>,

    /// Where messages of the other nodes are taken. "auto" for H: the address of this host's name; a port in use: the next of 100
    ///
    /// Default: auto:4000.
    #[arg(long, value_name = "H:P")]
    pub(crate) receiver: Option<HostPort>,

    /// The multicast group and UDP port by which the nodes find each other. Default: 228.0.0.4:45564
    #[arg(long, value_name = "G:P")]
    pub(crate) mcast: Option<HostPort>,

    /// The address of the interface for multicast. Default: the receiver's, where one is given
    #[arg(long, value_name = "H")]
    pub(crate) bind: Option<String>,

    /// The other nodes' receivers, with commas, in place of multicast
    #[arg(long, value_name = "H:P,…", value_delimiter = ',')]
    pub(crate) r#static: Vec<HostPort>,

    /// The membership domain, which other nodes and tools see beside the node
    #[arg(long, value_name = "TEXT")]
    pub(crate) domain: Option<String>,

    /// A text that other nodes and tools see beside the node
    #[arg(long, value_name = "TEXT")]
    pub(crate) payload: Option<String>,

    /// Where <Cluster> stands in the Tomcats' server.xml: it decides a context's name in messages (localhost#/app, or /app). Default: Engine
    #[arg(long, value_name = "E", value_enum, ignore_case = true)]
    pub(crate) cluster_at: Option<ClusterAt>,

    /// How changes are sent (Tomcat's channelSendOptions): 8 asynchronous; 6 a response waits until the other nodes have them
    ///
    /// A number, or names: async, use_ack, sync_ack. With 6 an answered request survives the death of any one node. Default: 8.
    #[arg(long, value_name = "N", value_parser = send_options)]
    pub(crate) options: Option<SendOptions>,

    /// How sessions are kept: delta (every node of a cluster has all), persistent (in a store, without a cluster), standard (in memory alone)
    ///
    /// Default: delta. With files, in place of the managers of all applications.
    #[arg(long, value_name = "M")]
    pub(crate) manager: Option<String>,

    /// Whose acknowledgements a response waits for, with options 6: all nodes'
    #[arg(long, value_name = "N", default_value = "all")]
    pub(crate) acks: String,

    /// What messages pass between the node and the wire, the topmost first: gzip, fragment, order. All nodes need the same, in the same order
    ///
    /// Tomcat's GzipInterceptor, FragmentationInterceptor and OrderInterceptor, with its defaults; gzip=N compresses what is longer than N bytes
    /// (compressionMinSize, 0), fragment=N cuts at N bytes (maxSize, 102400). Not on the wire: throughput[=N] tells after each N messages what
    /// has passed (interval, 10000), domain-filter ignores nodes of another --domain. Let order stand below gzip, fragment and encrypt
    /// where there are Tomcats: above them, a Tomcat damages what it sends to its second peer. "encrypt" in the list says where --encrypt
    /// works; by default below all others.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) interceptors: Vec<InterceptorOption>,

    /// Encrypt messages with this key, the same for all nodes: 32, 48 or 64 hexadecimal digits (Tomcat's EncryptInterceptor, 10.1.56 or later)
    ///
    /// Other users of this machine can see a command line; OUTLIVE_ENCRYPT in the environment is better. It covers what messages say; who is a
    /// member, and who says goodbye, stays open, so it does not keep anybody from disturbing a cluster. The nodes' clocks must agree to 10 s.
    #[arg(long, value_name = "HEX", env = "OUTLIVE_ENCRYPT", hide_env_values = true)]
    pub(crate) encrypt: Option<Secret>,

    /// How: AES/GCM/NoPadding, or AES/CBC/PKCS5Padding (CFB, OFB) where a Tomcat has that, which does not protect against changes
    #[arg(long, value_name = "ALGORITHM", default_value_t)]
    pub(crate) encrypt_algorithm: Algorithm,

    /// Send sessions unencrypted over a network, where whoever is on it can read and change them
    #[arg(long)]
    pub(crate) allow_plaintext: bool,

    /// The form of the log on the standard error: text for people, or json, one object a line
    ///
    /// Default: text.
    #[arg(long, value_name = "F", value_enum)]
    pub(crate) log_format: Option<LogFormat>,

    /// End when the standard input ends, so that the node does not outlive the program that started it
    #[arg(long, hide = true)]
    pub(crate) exit_with_stdin: bool,

    // Before those that have a heading, which goes on until the next.
    #[command(flatten)]
    pub(crate) platform: MembershipFlags,

    #[command(flatten)]
    pub(crate) files: FileArguments,

    #[command(flatten)]
    pub(crate) store: StoreArguments,

    #[command(flatten)]
    pub(crate) drain: DrainFlags,

    #[command(flatten)]
    pub(crate) ajp: AjpArguments,

    #[command(flatten)]
    pub(crate) limits: LimitArguments,

    #[command(flatten)]
    pub(crate) unbuilt: UnbuiltFlags,
}

/// A host and a port as written: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `auto:4000`. The host is not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("\"{text}\" is not of the form HOST:PORT, such as 127.0.0.1:8080");
        let (host, port) = text.rsplit_once(':').ok_or_else(form)?;
        let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
        if host.is_empty() || (bare.is_none() && host.contains(':')) {
            return Err(form());
        }
        let port = port.parse().map_err(|_| format!("\"{port}\" is no port (0 to 65535)"))?;
        Ok(Self { host: bare.unwrap_or(host).to_owned(), port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// `--app PATH=session`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppOption {
    /// Empty for the root.
    pub(crate) path: String,
}

impl FromStr for AppOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('=') {
            Some((path, "session")) => Ok(Self { path: context_path(path)? }),
            Some((_, app)) => {
                Err(format!("there is no application \"{app}\"; the only one is session, as in /app=session"))
            }
            None => Err(format!("\"{text}\" is not of the form PATH=APP, such as /app=session")),
        }
    }
}

/// Where `<Cluster>` stands in a Tomcat's server.xml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ClusterAt {
    /// Beside the hosts; a context's name is `localhost#/app`
    #[value(name = "Engine")]
    Engine,
    /// In a host; a context's name is `/app`
    #[value(name = "Host")]
    Host,
}

/// What a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// Words
    Text,
    /// A JSON object
    Json,
}

/// A context path as servlets write it: empty for the root, else `/…` without a slash at the end.
fn context_path(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~%#$+@!".contains(&byte);
    if !path.bytes().all(plain) || !(path.is_empty() || path.starts_with('/')) || path.contains("//") {
        return Err(format!("\"{text}\" is no context path, such as /shop, or / for the root"));
    }
    Ok(path.to_owned())
}

fn route(text: &str) -> Result<String, String> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        Ok(text.to_owned())
    } else {
        Err("a name has letters, digits, '-' and '_' only, as it stands behind session ids".to_owned())
    }
}
