//! HTTP/1.1: bind first, listen when ready, drain at the end.
//!
//! A server is bound when its process starts, so that a port in use is seen at once, and listens when the application can answer: a node
//! that does not hold the cluster's state yet refuses connections, as Tomcat does, and a load balancer goes elsewhere.
//!
//! Source: Tomcat `AbstractEndpoint` (`bindOnInit`), Connector attributes `connectionTimeout`, `tcpNoDelay`.

mod bind;
mod connection;
mod serve;
#[cfg(test)]
mod tests;

pub use bind::{BindError, HttpServer};
pub use connection::HttpService;
pub use serve::{HttpSettings, Running};
