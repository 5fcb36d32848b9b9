//! A server with its port, not listening yet.

use std::net::SocketAddr;

use super::serve::{HttpSettings, run};
use crate::port::{BindError, Port};
use crate::running::Running;
use crate::service::HttpService;

/// A server with its port, not listening: clients are refused.
#[derive(Debug)]
pub struct HttpServer {
    port: Port,
}

impl HttpServer {
    /// Takes the address; port 0 takes a free one. Does not listen.
    ///
    /// `SO_REUSEADDR` is set, so that a node that restarts has its port at once. A process that listens on the port is still a conflict; one
    /// that has bound it and does not listen yet is seen by whichever of the two listens second.
    ///
    /// # Errors
    /// [`BindError`], in words for an operator.
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        Ok(Self { port: Port::bind(address)? })
    }

    /// The address with its real port.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Listens, and answers with clones of `service`. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// [`BindError::InUse`] where another process has begun to listen on the port since it was bound.
    pub fn serve<S: HttpService>(self, service: S, settings: HttpSettings) -> Result<Running, BindError> {
        let address = self.address();
        let listener = self.port.listen(settings.backlog)?;
        Ok(Running::start(address, |words| run(listener, words, service, settings)))
    }
}
