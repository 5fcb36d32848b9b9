//! One request and its session: what [`Session`](crate::Session), the layer, and the response's body share.
//!
//! ```text
//!  request ──► begin: look up, take over ──► Open ──── head ────► HeadSent ──── body ends / last handle dropped
//!                                             │   complete, cookie    │              complete what changed since
//!                                             └── dropped (panic, cancelled): complete, nobody waits
//! ```

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, header};
use outlive_net::{Acknowledged, Delivery, Sessions};
use outlive_node::SessionRef;

use crate::context::Context as LayerContext;
use crate::{Error, cookie};

/// A request under way, held by every clone of its `Session` and, until the head is out, by the layer.
#[derive(Debug)]
pub(crate) struct Exchange {
    context: Arc<LayerContext>,
    secure: bool,
    state: Mutex<State>,
}

/// Locked for single calls, never over an `await`, and never while an application's closure runs.
#[derive(Debug)]
struct State {
    session: Option<SessionRef>,
    /// The session that this request has ended: its end is completed, too, so that with synchronous options it is waited for.
    ended: Option<SessionRef>,
    /// The client does not know the session's id yet.
    announce: bool,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The head is not given yet; it completes the request.
    Open,
    /// The head is out; `changed` says whether something happened since the last completion.
    HeadSent { changed: bool },
}

impl Exchange {
    /// Joins the session that the first matching cookie names, if any does. An id of no session is ignored, never adopted.
    pub(crate) fn begin(context: Arc<LayerContext>, headers: &HeaderMap, secure: bool) -> Arc<Self> {
        let found = cookie::candidates(headers).find_map(|id| Some((context.sessions.find(id)?, id)));
        let announce = found.as_ref().is_some_and(|(session, shown)| context.sessions.take_over(session, shown));
        let session = found.map(|(session, _)| session);
        let state = Mutex::new(State { session, ended: None, announce, phase: Phase::Open });
        Arc::new(Self { context, secure, state })
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.context.sessions
    }

    /// The request's session, unless there is none or it has ended (here or by another request).
    pub(crate) fn session(&self) -> Option<SessionRef> {
        self.lock().session.clone().filter(SessionRef::is_valid)
    }

    /// Notes that the session was changed, so that a change behind the head is sent, too. To be called *after* the change: a flush in
    /// between would clear the note and leave the change behind.
    pub(crate) fn changed(&self) {
        if let Phase::HeadSent { changed } = &mut self.lock().phase {
            *changed = true;
        }
    }

    /// The request's session, made if there is none.
    pub(crate) fn session_or_create(&self, action: &'static str) -> Result<SessionRef, Error> {
        let mut state = self.lock();
        if let Some(session) = state.session.as_ref().filter(|session| session.is_valid()) {
            return Ok(session.clone());
        }
        state.before_head(action)?;
        let session = self.sessions().create()?;
        state.session = Some(session.clone());
        state.announce = true;
        Ok(session)
    }

    /// Gives the session a new id, which the response's cookie tells the client.
    pub(crate) fn change_id(&self, action: &'static str) -> Result<SessionRef, Error> {
        let mut state = self.lock();
        state.before_head(action)?;
        let session = state.session.clone().filter(SessionRef::is_valid).ok_or(Error::NoSession { action })?;
        self.sessions().change_id(&session)?;
        state.announce = true;
        Ok(session)
    }

    /// Ends the session on all nodes. The request has none from here on, unless one is created anew.
    pub(crate) fn invalidate(&self) {
        let mut state = self.lock();
        state.announce = false;
        if let Some(session) = state.session.take() {
            self.sessions().invalidate(&session);
            if let Some(earlier) = state.ended.replace(session) {
                let _ = self.sessions().complete(&earlier); // the second end of one request: queued, not waited for
            }
        }
    }

    /// The response's head is there: completes the request and writes the cookie if the client needs one.
    ///
    /// What is returned must be awaited before the head goes out.
    pub(crate) fn head(&self, headers: &mut HeaderMap) -> Acknowledgements {
        let mut state = self.lock();
        state.phase = Phase::HeadSent { changed: false };
        if state.announce
            && let Some(session) = state.session.as_ref().filter(|session| session.is_valid())
        {
            self.write_cookie(&session.id(), headers);
        }
        let complete = |session: &SessionRef| match self.sessions().complete(session) {
            Delivery::Await(acknowledged) => Some(acknowledged),
            Delivery::Nothing | Delivery::Queued => None,
        };
        Acknowledgements {
            ended: state.ended.take().as_ref().and_then(complete),
            current: state.session.as_ref().and_then(complete),
        }
    }

    fn write_cookie(&self, id: &str, headers: &mut HeaderMap) {
        let Some(line) = cookie::set_cookie(id, &self.context.cookie_path, self.secure) else {
            tracing::warn!(path = self.context.cookie_path, "a session's id or path cannot stand in a cookie");
            return;
        };
        headers.append(header::SET_COOKIE, line);
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }

    /// Sends what was changed since the head. Nobody waits for it: the client has its answer.
    pub(crate) fn flush(&self) {
        self.lock().flush(self.sessions());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of an application runs under the lock, and each change is one assignment: a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn before_head(&self, action: &'static str) -> Result<(), Error> {
        match self.phase {
            Phase::Open => Ok(()),
            Phase::HeadSent { .. } => Err(Error::ResponseStarted { action }),
        }
    }

    fn flush(&mut self, sessions: &Sessions) {
        let due = !matches!(self.phase, Phase::HeadSent { changed: false });
        if let Phase::HeadSent { changed } = &mut self.phase {
            *changed = false;
        }
        let ended = self.ended.take();
        for session in ended.iter().chain(self.session.as_ref().filter(|_| due)) {
            let _ = sessions.complete(session);
        }
    }
}

impl Drop for Exchange {
    /// A request that never came to a head (a panic, a client that went away) is completed here, as is what a stream changed last.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.flush(&self.context.sessions);
    }
}

/// What a response waits for: the other nodes have what its request changed. Nothing, with asynchronous options.
#[derive(Debug)]
pub(crate) struct Acknowledgements {
    current: Option<Acknowledged>,
    ended: Option<Acknowledged>,
}

impl Acknowledgements {
    /// Ready when all have confirmed, or the time limit inside is over.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Both are looked at each time: their time limits run side by side.
        let mut all = Poll::Ready(());
        for waiting in [&mut self.current, &mut self.ended] {
            if let Some(acknowledged) = waiting {
                match Pin::new(acknowledged).poll(cx) {
                    Poll::Ready(()) => *waiting = None,
                    Poll::Pending => all = Poll::Pending,
                }
            }
        }
        all
    }
}
