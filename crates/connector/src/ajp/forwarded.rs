//! What a front says of a request beside HTTP.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;

/// In the extensions of each request that came by AJP.
///
/// Texts are what the front sent, read as ISO-8859-1. The client's own address stands beside this in the extensions, as a `SocketAddr`.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Forwarded {
    /// The front's own address, as the connection has it.
    pub front: Option<SocketAddr>,
    /// Whether the client's connection is encrypted.
    pub is_secure: bool,
    /// The client's name, where the front has looked it up.
    pub remote_host: Option<String>,
    /// The user whom the front has authenticated; none unless [`trust_user`](super::AjpSettings::trust_user) is set.
    pub remote_user: Option<String>,
    /// How it has, likewise.
    pub auth_type: Option<String>,
    /// The front's address that the client spoke to.
    pub local_address: Option<String>,
    /// The server's name and port as the front knows them.
    pub server: Option<(String, u16)>,
    /// The route by which the front chose this node.
    pub route: Option<String>,
    /// Whether the front sends this node new clients.
    pub activation: Option<Activation>,
    /// The client's encryption.
    pub tls: Tls,
    /// Named attributes: those of the protocol that have no field here, and those that the settings allow.
    pub attributes: BTreeMap<String, String>,
}

/// What a front says of the client's encryption.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Tls {
    /// Its version: `TLSv1.3`.
    pub protocol: Option<String>,
    /// The cipher suite.
    pub cipher: Option<String>,
    /// The bits of the key.
    pub key_size: Option<u16>,
    /// The id of the TLS session. It is a secret, as a session's id is.
    pub session: Option<String>,
    /// The client's certificates: one after the other in DER, or in PEM, as the front sent them.
    pub certificates: Option<Bytes>,
}

/// `JK_LB_ACTIVATION`: what the front's balancer does with this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// It sends every client.
    Active,
    /// It sends clients with a session of this node alone: the node is being emptied.
    Disabled,
    /// It sends none, or this request would not be here but by mistake.
    Stopped,
}

impl Activation {
    pub(super) fn named(text: &str) -> Option<Self> {
        match text {
            "ACT" => Some(Self::Active),
            "DIS" => Some(Self::Disabled),
            "STP" => Some(Self::Stopped),
            _ => None,
        }
    }
}

impl fmt::Debug for Forwarded {
    /// Without users, values of attributes and what identifies a TLS session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarded")
            .field("front", &self.front)
            .field("is_secure", &self.is_secure)
            .field("route", &self.route)
            .field("activation", &self.activation)
            .field("attributes", &self.attributes.keys())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("protocol", &self.protocol).field("cipher", &self.cipher).finish_non_exhaustive()
    }
}
