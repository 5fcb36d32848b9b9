//! A sticky HTTP balancer for small set-ups: it sends a session's requests to the node that its id names, and to another one when that is
//! gone.
//!
//! ```text
//!  client ──► Balancer ──► route of the session id ──► that node, if it serves ──► answer, streamed
//!                 │                                     └─ else, or without a session: the one with least to do
//!                 └── nothing was sent, or it only reads: the next node          (checks: is it ready? does it leave?)
//! ```
//!
//! | state of a node | who learns it | requests with its sessions | new clients |
//! |---|---|---|---|
//! | up | a check is answered 2xx or 3xx | yes | yes |
//! | leaving | a check is answered 503 | yes, each over a connection of its own | no |
//! | down | no answer, or it says that it starts | to another node | no |
//!
//! A request is sent again to another node where that does no harm: it could not be sent at all, or it only reads (GET, HEAD, OPTIONS) and
//! has no body. Bodies stream in both directions, as fast as the slower end takes them. Upgraded connections (WebSocket) pass through.
//!
//! What it does not do: TLS, HTTP/2, caching, rewriting, access rules, counting clients; nor does it share what it knows with a second
//! balancer. HAProxy, nginx and httpd do; a cluster works behind them as well.

mod body;
mod check;
mod forward;
mod forwarded;
mod headers;
mod lending;
mod node;
mod pool;
mod route;
mod service;
mod settings;
mod source;
mod status;
mod tunnel;

pub use body::{AnswerBody, BodyFault};
pub use forwarded::TrustedPeers;
pub use service::Balancer;
pub use settings::Settings;
pub use source::Source;
