//! The flags of the AJP connector.

use outlive_connector::ajp::{PacketSize, Pattern};

use super::HostPort;
use super::interceptors::Secret;

/// `--ajp` and what belongs to it, as written.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "AJP/1.3, behind Apache httpd")]
pub(crate) struct AjpArguments {
    /// Where Apache httpd (mod_jk, mod_proxy_ajp) reaches the applications by AJP/1.3; beside --http, or in its place
    ///
    /// An address other than loopback wants --ajp-secret: AJP is not encrypted, and whoever speaks it may be any user.
    #[arg(long, value_name = "H:P")]
    pub(crate) ajp: Option<HostPort>,

    /// The word that httpd must send with each request (mod_jk: worker.NAME.secret, mod_proxy_ajp: secret=)
    ///
    /// Other users of this machine can see a command line; OUTLIVE_AJP_SECRET in the environment is better.
    #[arg(long, value_name = "TEXT", env = "OUTLIVE_AJP_SECRET", hide_env_values = true)]
    pub(crate) ajp_secret: Option<Secret>,

    /// The largest packet in bytes, 8192 to 65536, the same as httpd's (mod_jk: max_packet_size, mod_proxy_ajp: ProxyIOBufferSize)
    #[arg(long, value_name = "N", default_value = "8192", value_parser = packet_size)]
    pub(crate) ajp_packet_size: Option<PacketSize>,

    /// Attributes that httpd may set beside those of the protocol: a regular expression for the whole name
    #[arg(long, value_name = "REGEX", value_parser = Pattern::new)]
    pub(crate) ajp_attributes: Option<Pattern>,

    /// Believe httpd who the user is (Tomcat's tomcatAuthentication="false")
    #[arg(long)]
    pub(crate) ajp_trust_user: bool,
}

fn packet_size(text: &str) -> Result<PacketSize, String> {
    let size = text.parse().ok().and_then(PacketSize::new);
    size.ok_or_else(|| format!("\"{text}\" is no number of {} to {}", PacketSize::MIN, PacketSize::MAX))
}
