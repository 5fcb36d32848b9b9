//! Whole clusters in one thread, from one seed.
//!
//! The nodes are real: [`outlive_node`] with all that lies below it. What is played is what the tokio shell, the kernels, the
//! network, the clocks and the clients would do. Everything is drawn from the seed, so a run that fails fails again:
//!
//! ```
//! use outlive_sim::{run::run, trace::Trace};
//! let hash = |seed| run(seed, &mut Trace::hashing()).hash;
//! assert_eq!(hash(1), hash(1));
//! assert_ne!(hash(1), hash(2));
//! ```
//!
//! | | |
//! |---|---|
//! | [`scenario`] | what a seed stands for |
//! | [`run`](mod@run) | its phases, to the verdict |
//! | [`world`], [`event`], [`kernel`], [`clock`] | the loop that lets one thing happen after the other |
//! | [`network`], [`faults`] | bytes on their way, and what goes wrong |
//! | [`process`] | a node and the shell around it |
//! | [`workload`] | clients and their requests |
//! | [`nine_steps`] | one story, told step by step |
//! | [`oracle`], [`invariants`] | what may be expected, and whether it is so |
//! | [`trace`], [`batch`] | one number for a run; many runs |
//!
//! What it does not do: it has no sockets, no disks, no Tomcat, and no races inside one step of a node (those are loom's).

pub mod batch;
pub mod clock;
mod describe;
pub mod event;
pub mod faults;
pub mod invariants;
pub mod kernel;
pub mod network;
pub mod nine_steps;
pub mod oracle;
#[cfg(feature = "planted")]
pub mod planted;
pub mod process;
pub mod request;
pub mod run;
pub mod scenario;
mod sender;
pub mod snapshot;
pub mod trace;
pub mod violation;
pub mod workload;
pub mod world;
