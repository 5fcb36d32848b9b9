//! HTTP/1.1: bind first, listen when ready, drain at the end.
//!
//! A server is bound when its process starts, so that a port in use is seen at once, and listens when the application can answer: a node
//! that does not hold the cluster's state yet refuses connections, as Tomcat does, and a load balancer goes elsewhere.
//!
//! Source: Tomcat `AbstractEndpoint` (`bindOnInit`), Connector attributes `connectionTimeout`, `tcpNoDelay`.

mod connection;
mod phase;
mod refusal;
mod serve;
mod server;
#[cfg(test)]
mod tests;

pub use crate::port::BindError;
pub use crate::running::Running;
pub use crate::service::HttpService;
pub use connection::LocalAddress;
pub use serve::HttpSettings;
pub use server::HttpServer;
