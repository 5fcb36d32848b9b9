//! An answer of the app: there at once, but where a form is to be read first.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::reply::Reply;

/// An answer to come.
pub(crate) struct AppAnswer(State);

enum State {
    /// Taken when it is given.
    Ready(Option<Reply>),
    Later(Pin<Box<dyn Future<Output = Reply> + Send>>),
}

impl AppAnswer {
    pub(crate) fn ready(reply: Reply) -> Self {
        Self(State::Ready(Some(reply)))
    }

    pub(super) fn later(reply: impl Future<Output = Reply> + Send + 'static) -> Self {
        Self(State::Later(Box::pin(reply)))
    }
}

impl Future for AppAnswer {
    type Output = Result<Reply, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(reply) => Poll::Ready(Ok(reply.take().expect("an answer is given once"))),
            State::Later(reply) => reply.as_mut().poll(cx).map(Ok),
        }
    }
}

impl fmt::Debug for AppAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if matches!(self.0, State::Ready(_)) { "ready" } else { "later" };
        f.debug_tuple("AppAnswer").field(&state).finish()
    }
}
