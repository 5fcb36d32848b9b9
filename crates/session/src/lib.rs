//! Replicated HTTP sessions, without I/O: what a session is, what its nodes tell each other, and what that does.
//!
//! | module | what |
//! |---|---|
//! | [`id`] | session ids; the base names a session, the route says who serves it |
//! | [`cell`] | one session on one node: every rule on one session stands here |
//! | [`at_rest`] | a session that no request touches, in a small piece of memory |
//! | [`stamp`] | which of two writes wins |
//! | [`message`], [`event`] | the Java object around everything that is sent |
//! | [`delta`] | what one request changed |
//! | [`state`] | whole sessions, for a node that joins |
//! | [`stored`] | whole sessions as Tomcat's stores keep them |
//! | [`trailer`] | the stamps of whole sessions, for our own nodes |
//! | [`transfer`] | asking for the state, and what waits meanwhile |
//! | [`unreadable`] | values that are not taken, and what becomes of them |
//! | [`waiting`] | changes that came before the session they belong to |
//!
//! It does not hold the table of sessions, does not know who is a member, and never looks at a clock: `outlive-node`
//! puts these parts together.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod at_rest;
mod attributes;
pub mod cell;
pub mod delta;
pub mod event;
mod field;
pub mod id;
pub mod message;
mod packing;
#[cfg(feature = "planted")]
pub mod planted;
pub mod principal;
mod register;
pub mod stamp;
pub mod state;
pub mod stored;
pub mod trailer;
pub mod transfer;
pub mod unreadable;
pub mod waiting;
mod whole;
mod wire;

pub use at_rest::AtRest;
pub use cell::{Applied, Expiry, Outgoing, Role, SessionCell, SetError};
pub use delta::{Action, DeltaRequest, Heading};
pub use event::SessionEvent;
pub use id::{BaseId, IdFault, SessionId};
pub use message::{MessageFault, SessionMessage};
pub use principal::{Principal, User};
pub use stamp::{Origin, Stamp, Writer};
pub use state::{SessionState, StateReader, StateWriter};
pub use stored::{StoredHead, StoredReader, StoredSession, StoredWriter};
pub use trailer::{StateStamps, TrailerReader, TrailerWriter};
pub use transfer::{Ask, Transfer};
pub use unreadable::{Unreadable, Why};
pub use waiting::Waiting;
