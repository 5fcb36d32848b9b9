//! HTTP sessions for tower services and axum handlers: [`SessionLayer`] around a service, [`Session`] inside it.
//!
//! The layer finds the session that a request's cookie names, hands the service a [`Session`], and ends the request: what the
//! service changed goes to the other nodes when it has given the head of its response, before that head goes out. Sessions live
//! in this process's memory (`outlive_net::Sessions`), so nothing in a handler is awaited for them.
//!
//! ```
//! # use outlive_tower::{Error, Session};
//! async fn counter(session: Session) -> Result<String, Error> {
//!     let n = session.get("counter")?.unwrap_or(0) + 1;
//!     session.set("counter", n)?;
//!     Ok(n.to_string())
//! }
//! ```
//!
//! # When changes are sent
//!
//! | moment | what happens |
//! |---|---|
//! | the request comes in | the session its cookie names is looked up; if another node served it last, this one takes it over |
//! | the service gives the response's head | the request is complete: the changes are queued, with synchronous options the acknowledgements are awaited, the cookie is written |
//! | the body ends, or the last [`Session`] of the request is dropped | what was changed since is queued |
//! | the service panics, or the client goes away first | what was changed is queued |
//!
//! After the head nothing may need a cookie any more: creating a session, changing its id and logging in are then
//! [`Error::ResponseStarted`].
//!
//! # What is absent
//!
//! No store of its own (where the sessions have one, the layer awaits what is not in memory), and unless [`Tracking`] says so no ids in URLs
//! (`;jsessionid=`): in cookies they stay out of logs and `Referer` headers. An id that no session has is never adopted.
//!
//! Source: Tomcat `ReplicationValve` (when a request is complete), `JvmRouteBinderValve` (takeover), `Request.doGetSession`.

mod body;
mod context;
mod cookie;
mod error;
mod exchange;
mod extract;
mod future;
mod layer;
mod proxies;
mod session;
mod tracking;

pub use body::SessionBody;
pub use cookie::{NAME, SameSite, SessionCookie};
pub use error::Error;
pub use extract::NoSessionLayer;
pub use future::ResponseFuture;
pub use layer::{Replication, SessionLayer, SessionService};
pub use proxies::{BadProxy, TrustedProxies};
pub use session::Session;
pub use tracking::Tracking;
