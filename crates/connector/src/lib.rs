//! Connectors: how requests reach a tower service.
//!
//! Two: [`http`], HTTP/1.1 with hyper, and [`ajp`], AJP/1.3 behind Apache httpd; both on tokio, and for the same services. A connector knows nothing of sessions or clusters; it takes bytes from a socket and
//! hands requests to a service, with the address of the other end in their extensions.
//!
//! ```
//! # use outlive_connector::http::{HttpServer, HttpSettings};
//! # use tower_service::Service;
//! # async fn run<S>(app: S) -> Result<(), Box<dyn std::error::Error>>
//! # where S: outlive_connector::http::HttpService, {
//! let server = HttpServer::bind("127.0.0.1:0".parse()?)?;          // a port in use is seen here
//! // … until the application is ready, a client is refused …
//! let running = server.serve(app, HttpSettings::default())?;       // now it listens
//! running.stop(std::time::Duration::from_secs(10)).await;          // answers what is under way
//! # Ok(()) }
//! ```

mod accept;
pub mod ajp;
mod form_limit;
mod host;
pub mod http;
mod origin;
mod port;
mod running;
mod service;

pub use form_limit::FormLimit;
pub use origin::{Origin, UriEncoding};
