//! What a request says beside HTTP: the user, the route, what is known of TLS, and named attributes.

use core::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use crate::cursor::{Cursor, put_string};
use crate::error::DecodeError;

/// `AJP_REMOTE_PORT`: the client's port.
pub const REMOTE_PORT: &str = "AJP_REMOTE_PORT";
/// `AJP_LOCAL_ADDR`: the front's address that the client spoke to.
pub const LOCAL_ADDRESS: &str = "AJP_LOCAL_ADDR";
/// `AJP_SSL_PROTOCOL`: the version of TLS.
pub const SSL_PROTOCOL: &str = "AJP_SSL_PROTOCOL";
/// `JK_LB_ACTIVATION`: whether the front sends this node new clients: `ACT`, `DIS` or `STP`.
pub const ACTIVATION: &str = "JK_LB_ACTIVATION";

/// Names that any front may set, beside those that begin with [`SERVLET_PREFIXES`].
///
/// Source: Tomcat `AjpProcessor`, including what the IIS connector sends.
const KNOWN: [&str; 13] = [
    REMOTE_PORT,
    LOCAL_ADDRESS,
    SSL_PROTOCOL,
    ACTIVATION,
    "CERT_ISSUER",
    "CERT_SUBJECT",
    "CERT_COOKIE",
    "CERT_FLAGS",
    "CERT_SERIALNUMBER",
    "HTTPS_SERVER_SUBJECT",
    "HTTPS_SERVER_ISSUER",
    "HTTPS_SECRETKEYSIZE",
    "HTTPS_KEYSIZE",
];
const SERVLET_PREFIXES: [&str; 2] = ["javax.servlet.request.", "jakarta.servlet.request."];
const SERVLET_NAMES: [&str; 4] = ["cipher_suite", "key_size", "ssl_session", "X509Certificate"];

/// Whether a named attribute is one of the protocol's own. Any other is the front's invention and wants the operator's permission.
pub fn is_known(name: &[u8]) -> bool {
    let servlet = |prefix: &&str| {
        name.strip_prefix(prefix.as_bytes())
            .is_some_and(|rest| SERVLET_NAMES.iter().any(|known| known.as_bytes() == rest))
    };
    KNOWN.iter().any(|known| known.as_bytes() == name) || SERVLET_PREFIXES.iter().any(servlet)
}

/// The code of the method's name, which `FORWARD_REQUEST` keeps apart.
pub(crate) const STORED_METHOD: u8 = 13;
/// The code behind the last one.
pub(crate) const END: u8 = 0xff;

/// One attribute. Texts are bytes as received.
#[derive(Clone, PartialEq, Eq)]
pub enum Attribute {
    /// The context path; of no use.
    Context(Bytes),
    /// The servlet path; of no use.
    ServletPath(Bytes),
    /// Whom the front has authenticated.
    RemoteUser(Bytes),
    /// How.
    AuthType(Bytes),
    /// What stands behind the `?` of the URI.
    QueryString(Bytes),
    /// The route by which the front chose this node.
    Route(Bytes),
    /// The client's certificates, DER or PEM.
    SslCertificate(Bytes),
    /// The cipher suite.
    SslCipher(Bytes),
    /// The TLS session's id.
    SslSession(Bytes),
    /// Any other, by its name.
    Named {
        /// Its name.
        name: Bytes,
        /// Its value.
        value: Bytes,
    },
    /// The bits of the key.
    SslKeySize(u16),
    /// The word that front and back share.
    Secret(Bytes),
}

impl Attribute {
    /// The attribute with that code, whose value stands next.
    pub(crate) fn decode(code: u8, cursor: &mut Cursor) -> Result<Self, DecodeError> {
        Ok(match code {
            1 => Self::Context(cursor.text("the context, attribute 1")?),
            2 => Self::ServletPath(cursor.text("the servlet path, attribute 2")?),
            3 => Self::RemoteUser(cursor.text("the remote user, attribute 3")?),
            4 => Self::AuthType(cursor.text("the authentication's type, attribute 4")?),
            5 => Self::QueryString(cursor.text("the query string, attribute 5")?),
            6 => Self::Route(cursor.text("the route, attribute 6")?),
            7 => Self::SslCertificate(cursor.text("the client's certificate, attribute 7")?),
            8 => Self::SslCipher(cursor.text("the cipher suite, attribute 8")?),
            9 => Self::SslSession(cursor.text("the TLS session's id, attribute 9")?),
            10 => Self::Named {
                name: cursor.text("an attribute's name, attribute 10")?,
                value: cursor.text("an attribute's value, attribute 10")?,
            },
            11 => Self::SslKeySize(cursor.int("the key's size, attribute 11")?),
            12 => Self::Secret(cursor.text("the secret, attribute 12")?),
            _ => {
                return Err(DecodeError {
                    offset: cursor.fault("").offset - 1,
                    expected: "an attribute's code (1 to 13)",
                });
            }
        })
    }

    pub(crate) fn encode(&self, out: &mut BytesMut) {
        let (code, text) = match self {
            Self::Context(text) => (1, text),
            Self::ServletPath(text) => (2, text),
            Self::RemoteUser(text) => (3, text),
            Self::AuthType(text) => (4, text),
            Self::QueryString(text) => (5, text),
            Self::Route(text) => (6, text),
            Self::SslCertificate(text) => (7, text),
            Self::SslCipher(text) => (8, text),
            Self::SslSession(text) => (9, text),
            Self::Secret(text) => (12, text),
            Self::Named { name, value } => {
                out.put_u8(10);
                put_string(out, name);
                (0, value)
            }
            Self::SslKeySize(bits) => {
                out.put_u8(11);
                return out.put_u16(*bits);
            }
        };
        if code != 0 {
            out.put_u8(code);
        }
        put_string(out, text);
    }
}

impl fmt::Debug for Attribute {
    /// The kind alone: values are secrets, users and what users asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Context(_) => "Context",
            Self::ServletPath(_) => "ServletPath",
            Self::RemoteUser(_) => "RemoteUser",
            Self::AuthType(_) => "AuthType",
            Self::QueryString(_) => "QueryString",
            Self::Route(_) => "Route",
            Self::SslCertificate(_) => "SslCertificate",
            Self::SslCipher(_) => "SslCipher",
            Self::SslSession(_) => "SslSession",
            Self::Named { .. } => "Named",
            Self::SslKeySize(_) => "SslKeySize",
            Self::Secret(_) => "Secret",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocols_own_names_need_no_permission() {
        for name in [
            "AJP_REMOTE_PORT",
            "JK_LB_ACTIVATION",
            "CERT_FLAGS",
            "javax.servlet.request.key_size",
            "jakarta.servlet.request.X509Certificate",
        ] {
            assert!(is_known(name.as_bytes()), "{name}");
        }
        for name in
            ["", "REMOTE_USER", "AJP_REMOTE_PORTS", "jakarta.servlet.request.", "jakarta.servlet.include.request_uri"]
        {
            assert!(!is_known(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn values_are_not_shown() {
        let attributes = [Attribute::Secret(Bytes::from_static(b"s3cret")), Attribute::SslKeySize(256)];
        assert_eq!(format!("{attributes:?}"), "[Secret, SslKeySize]");
    }
}
