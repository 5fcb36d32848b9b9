//! What an AJP connector can be told.

use std::net::SocketAddr;
use std::time::Duration;

use outlive_ajp::{Limits, PacketSize, Secret};
use outlive_pattern::Pattern;

use crate::form_limit::FormLimit;
use crate::origin::{Origin, UriEncoding};

/// Limits and rules of a server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AjpSettings {
    /// The word that each request must carry. Default: none. Source: `secret`.
    pub secret: Option<Secret>,
    /// Whether an address other than loopback wants a secret. Default: yes. Source: `secretRequired`, which wants one on loopback, too.
    pub secret_required: bool,
    /// The largest packet, the same as the front's. Default: 8192 bytes. Source: `packetSize`.
    pub packet_size: PacketSize,
    /// Attributes that reach the application beside those of the protocol. Default: none; a request with any other is refused with 403.
    pub allowed_attributes: Option<Pattern>,
    /// Whether the front's word is taken for who the user is. Default: no. Source: `tomcatAuthentication="false"`.
    pub trust_user: bool,
    /// Whether clients' connections are encrypted although the front says nothing of it. Default: no. Source: `secure`.
    pub secure: bool,
    /// Whether what is there of an answer goes to the client when there is no more for now. Default: yes. Source: `ajpFlush`.
    pub flush: bool,
    /// The most headers of a request. Default: 100. Source: `maxHeaderCount`.
    pub headers_max: usize,
    /// How long the rest of a packet, or a part of a body that was asked for, may take. Default: 60 s, where Tomcat waits for ever
    /// (`connectionTimeout`).
    pub read_timeout: Duration,
    /// How long a connection may wait for a request. Default: for ever, as a front keeps connections for later. Source: `keepAliveTimeout`.
    pub idle_timeout: Option<Duration>,
    /// Connections that the system keeps waiting until they are accepted, at most. Default: 1024. Source: `acceptCount`.
    pub backlog: u32,
    /// What applications see of the way to this server, in place of what the front says. Default: what it says.
    pub origin: Origin,
    /// What percent codes of a URL are. Default: UTF-8.
    pub uri_encoding: UriEncoding,
    /// How long a form may be that an application reads parameters from. Default: 2 MiB. Source: `maxPostSize`.
    pub form_limit: FormLimit,
    /// The most connections; further ones wait to be accepted. Default: 8192. Source: `maxConnections`.
    pub max_connections: usize,
}

/// Why a server does not listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is an address of the network, and without a secret anyone there could be any user")]
pub struct SecretMissing(pub SocketAddr);

impl AjpSettings {
    /// Whether these settings may be used on that address.
    ///
    /// # Errors
    /// [`SecretMissing`] for any address but loopback.
    pub fn check(&self, address: SocketAddr) -> Result<(), SecretMissing> {
        let open = self.secret.is_none() && self.secret_required && !address.ip().to_canonical().is_loopback();
        if open { Err(SecretMissing(address)) } else { Ok(()) }
    }

    pub(super) fn limits(&self) -> Limits {
        Limits { packet_size: self.packet_size, headers: self.headers_max }
    }
}

impl Default for AjpSettings {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            secret: None,
            secret_required: true,
            packet_size: limits.packet_size,
            allowed_attributes: None,
            trust_user: false,
            secure: false,
            flush: true,
            headers_max: limits.headers,
            read_timeout: Duration::from_secs(60),
            idle_timeout: None,
            backlog: 1024,
            origin: Origin::default(),
            uri_encoding: UriEncoding::default(),
            form_limit: FormLimit::default(),
            max_connections: 8192,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_network_wants_a_secret() {
        let mut settings = AjpSettings::default();
        let check = |settings: &AjpSettings, address: &str| settings.check(address.parse().unwrap()).is_ok();
        for (address, loopback) in [
            ("127.0.0.1:8009", true),
            ("[::1]:8009", true),
            ("[::ffff:127.0.0.1]:8009", true),
            ("0.0.0.0:8009", false),
            ("10.0.0.1:8009", false),
            ("[::]:8009", false),
        ] {
            assert_eq!(check(&settings, address), loopback, "{address}");
        }
        settings.secret_required = false;
        assert!(check(&settings, "10.0.0.1:8009"));
        settings = AjpSettings { secret: Secret::new("s3cret"), ..AjpSettings::default() };
        assert!(check(&settings, "10.0.0.1:8009"));
    }
}
