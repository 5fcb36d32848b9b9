//! A node that leaves: asked by a signal or by `outlive drain`, both alike.
//!
//! ```text
//! asked ─► health says 503 ─ (drain delay: balancers notice; answers close their connections) ─► no new requests, those under way are
//! answered ─► all that this node told is acknowledged by the others, one of which holds the state ─► the last word ─► exit
//! ```
//!
//! | module | what |
//! |---|---|
//! | `flags` | the flags of `serve` that say how, and those of the command |
//! | `departure` | where a node stands on its way out, for all who ask |
//! | `leave` | the way itself |
//! | `control` | the requests of an operator, on the health listener |
//! | `guard` | who counts as an operator |
//! | `node` | a node as a command names and asks it |
//! | `command` | `outlive drain` |

mod command;
mod control;
mod departure;
mod flags;
mod guard;
mod leave;
mod node;

pub(crate) use command::run;
pub(crate) use control::Control;
pub(crate) use departure::{Departure, other_members};
pub(crate) use flags::{DrainArguments, DrainFlags, NamedNode, NodeArguments, Seconds};
pub(crate) use leave::{leave, or_signal};
pub(crate) use node::NodeAddress;
