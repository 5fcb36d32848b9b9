//! AJP/1.3: what a web server in front (Apache httpd with mod_jk or mod_proxy_ajp) hands on, served by the same service as HTTP.
//!
//! ```text
//!  client ──HTTP(S)──► httpd ──AJP──► AjpServer ──► Request<RequestBody>, with in its extensions:
//!                                                     SocketAddr  the client's address, as the front says it
//!                                                     Forwarded   all else that the front says: TLS, user, route, attributes
//! ```
//!
//! A request's URI is absolute: its scheme is `https` where the client's connection to the front is encrypted, so a session's cookie is
//! `Secure` there. A body comes as the service reads it, packet by packet; an answer goes out as it is made.
//!
//! A front says what no HTTP client can: addresses, users, certificates. So an address other than loopback wants a secret
//! ([`AjpSettings::check`]), users are not believed unless the settings say so, and attributes pass by an allow-list.
//!
//! Source: Tomcat's AJP Connector and its defaults. The protocol itself is `outlive_ajp`.

mod answering;
mod body;
mod connection;
mod forwarded;
mod request;
mod serve;
mod server;
mod settings;
#[cfg(test)]
mod tests;

pub use body::{BodyError, RequestBody};
pub use forwarded::{Activation, Forwarded, Tls};
pub use outlive_ajp::{PacketSize, Secret};
pub use outlive_pattern::{BadPattern, Pattern};
pub use server::{AjpServer, ServeError};
pub use settings::{AjpSettings, SecretMissing};

pub use crate::running::Running;
