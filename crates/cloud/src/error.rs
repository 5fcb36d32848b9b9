//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// Why the members cannot be had. What was known before stays as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// A variable of the environment is missing.
    #[error("the environment has no {0}: not in a pod?")]
    NoVariable(&'static str),
    /// A variable of the environment makes no sense.
    #[error("{name} is \"{value}\", which is no {wanted}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A file cannot be read.
    #[error("{path}: {error}", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file holds no certificates or key.
    #[error("{path} holds no {wanted}", path = .path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// The certificates cannot be used.
    #[error("the certificates cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The API server cannot be asked.
    #[error("the API server at {server}: {reason}")]
    Server {
        /// Host and port.
        server: String,
        /// What went wrong.
        reason: String,
    },
    /// The API server refuses.
    #[error("the API server at {server} refuses with status {status}; may this service account list pods?")]
    Refused {
        /// Host and port.
        server: String,
        /// The HTTP status.
        status: u16,
    },
    /// A name cannot be looked up.
    #[error("{name} cannot be looked up: {error}")]
    Lookup {
        /// Which.
        name: String,
        /// Why.
        error: io::Error,
    },
    /// Where the provider answers and this node is not among the members.
    #[error("this node's address {0} is not among the members")]
    NotAmong(std::net::IpAddr),
}
