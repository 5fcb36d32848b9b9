//! What can go wrong with a session in a handler.

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use outlive_net::NoRandomness;
use outlive_node::SetError;
use outlive_serial::{FromJavaError, ToJavaError};

/// Why a [`Session`](crate::Session) did not do what it was asked. In every case the session is as it was before the call.
///
/// As an axum response it is `500` without details: those are for the log, since they name attributes and types.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The attribute is there, but cannot be read as the type asked for. It stays.
    #[error("the session attribute \"{name}\" is a {found} and cannot be read as {wanted}: {source}")]
    Read {
        /// The attribute.
        name: String,
        /// Its Java class.
        found: String,
        /// The Rust type asked for.
        wanted: &'static str,
        /// What did not fit.
        source: FromJavaError,
    },
    /// The value has no form in Java (a `u64` above `i64::MAX`, an `i128`). What the attribute was before stays.
    #[error("the session attribute \"{name}\" cannot be set to a {given}: {source}")]
    Write {
        /// The attribute.
        name: String,
        /// The Rust type given.
        given: &'static str,
        /// What has no form.
        source: ToJavaError,
    },
    /// The session did not take the value (it ended meanwhile, or a limit is reached). What the attribute was before stays.
    #[error("the session attribute \"{name}\" cannot be set: {source}")]
    Set {
        /// The attribute.
        name: String,
        /// Why not.
        source: SetError,
    },
    /// The session did not take its user or its idle time, having ended meanwhile.
    #[error("{action} failed: {source}")]
    Change {
        /// What was asked.
        action: &'static str,
        /// Why not.
        source: SetError,
    },
    /// The operating system gave no random bytes for an id, and no id is made of anything less.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// There is no session to do this with.
    #[error("{action} needs a session, and this request has none")]
    NoSession {
        /// What was asked.
        action: &'static str,
    },
    /// The response's head, which carries the cookie, is out already.
    #[error("{action} needs a cookie in the response, and its head is already sent")]
    ResponseStarted {
        /// What was asked.
        action: &'static str,
    },
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        tracing::error!(error = %self, "a handler failed with a session error");
        (StatusCode::INTERNAL_SERVER_ERROR, "the session could not be used\n").into_response()
    }
}
