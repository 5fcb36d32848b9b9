//! What can go wrong with a session in a handler.

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use outlive_net::{CreateError, NoRandomness};
use outlive_node::SetError;
use outlive_serial::{FromJavaError, ToJavaError};

/// Why a [`Session`](crate::Session) did not do what it was asked. In every case the session is as it was before the call.
///
/// As an axum response it is `503` where it is [temporary](Error::is_temporary), else `500`, without details: those are for the log, since they name attributes and types.
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
    /// There are as many sessions as there may be: `503`.
    #[error("there are as many sessions as there may be, and none is made")]
    TooManySessions,
    /// The client names a session, and the store cannot say whether it is there: `503`. A new session would take its place for good, so
    /// none is made.
    #[error("{action} needs the session that the client names, and the store cannot be asked for it now")]
    StoreUnavailable {
        /// What was asked.
        action: &'static str,
    },
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

impl From<CreateError> for Error {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Randomness(error) => Error::Randomness(error),
            CreateError::TooMany => Error::TooManySessions,
        }
    }
}

impl Error {
    /// Whether the same may work later, without anybody's help: a client is told to come again.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Error::TooManySessions | Error::StoreUnavailable { .. })
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if self.is_temporary() {
            tracing::debug!(error = %self, "a handler failed with a session error");
            return (StatusCode::SERVICE_UNAVAILABLE, "try again later\n").into_response();
        }
        tracing::error!(error = %self, "a handler failed with a session error");
        (StatusCode::INTERNAL_SERVER_ERROR, "the session could not be used\n").into_response()
    }
}
