//! The rig: clusters of real processes, of Outlive and of Apache Tomcat, on one machine.
//!
//! A process test is a `[[test]]` with `harness = false` whose `main` is [`runner::main`]. That builds what the tests need,
//! enters a network namespace of its own ([`sandbox`]) and runs a list of named tests there, one after the other. Each test gets a
//! [`Scene`], in which it places nodes:
//!
//! ```no_run
//! use outlive_interop::{NodeSpec, OutliveNode, Scene, Server, TomcatNode};
//!
//! fn a_session_crosses(scene: &Scene) -> anyhow::Result<()> {
//!     let mut a = TomcatNode::new(scene, NodeSpec::new("node-a", 1))?;
//!     let mut b = OutliveNode::new(scene, NodeSpec::new("node-b", 2))?;
//!     a.start()?;
//!     b.start()?;
//!     a.kill()
//! }
//! ```
//!
//! - Nothing here waits for a fixed time: [`poll`] asks until the answer is there or a deadline has passed.
//! - A node is killed when its handle is dropped, and with the namespace when the whole test ends.
//! - Where a test fails, the end of each node's log is printed.
//!
//! What the rig does *not* do: it never runs as part of the product, and it may panic.

pub mod balancer;
pub mod client;
pub mod database;
pub mod host;
pub mod httpd;
pub mod keepalived;
pub mod nine_steps;
pub mod node_process;
pub mod outlive;
pub mod poll;
pub mod process;
pub mod runner;
pub mod sandbox;
pub mod scene;
pub mod server;
pub mod shared_store;
pub mod spec;
pub mod tomcat;

pub use balancer::{Balancer, BalancerKind};
pub use client::Client;
pub use host::Host;
pub use httpd::Httpd;
pub use keepalived::Keepalived;
pub use node_process::NodeProcess;
pub use outlive::OutliveNode;
pub use scene::Scene;
pub use server::Server;
pub use shared_store::{SharedStore, StoreKind};
pub use spec::{Ajp, ClusterAt, Interceptor, Manager, Membership, NodeSpec};
pub use tomcat::{TomcatNode, TomcatVersion};
