//! A server with its port, not listening yet.

use std::net::SocketAddr;

use super::body::RequestBody;
use super::serve;
use super::settings::{AjpSettings, SecretMissing};
use crate::port::{BindError, Port};
use crate::running::Running;
use crate::service::HttpService;

/// A server with its port, not listening: fronts are refused, and go elsewhere.
#[derive(Debug)]
pub struct AjpServer {
    port: Port,
}

/// Why a server does not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The settings do not allow that address.
    #[error(transparent)]
    Secret(#[from] SecretMissing),
    /// Another process has begun to listen on the port since it was bound.
    #[error(transparent)]
    Bind(#[from] BindError),
}

impl AjpServer {
    /// Takes the address as [`HttpServer::bind`](crate::http::HttpServer::bind) does.
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
    /// [`ServeError`]: it does not listen.
    pub fn serve<S: HttpService<RequestBody>>(self, service: S, settings: AjpSettings) -> Result<Running, ServeError> {
        let address = self.address();
        settings.check(address)?;
        let listener = self.port.listen(settings.backlog)?;
        Ok(Running::start(address, |words| serve::run(listener, words, service, settings)))
    }
}
