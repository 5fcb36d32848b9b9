//! One request and its session: what [`Session`](crate::Session), the layer, and the response's body share.
//!
//! ```text
//!  request ──► begin: look up, take over ──► Open ──── head ────► HeadSent ──── body ends / last handle dropped
//!               └─ not in memory: await the   │   complete, cookie    │              complete what changed since
//!                  store, if there is one     └── dropped (panic, cancelled): complete, nobody waits
//! ```

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, header};
use outlive_net::{Acknowledged, Delivery, Loading, Lookup, Sessions, Turn};
use outlive_node::SessionRef;

use crate::context::{Arrival, Context as LayerContext};
use crate::{Error, tracking};

/// A request under way, held by every clone of its `Session` and, until the head is out, by the layer.
#[derive(Debug)]
pub(crate) struct Exchange {
    context: Arc<LayerContext>,
    arrival: Arrival,
    /// Whether the client has named its session by a cookie.
    by_cookie: bool,
    state: Mutex<State>,
}

/// Another request uses the session, and this one was not to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Busy;

/// Locked for single calls, never over an `await`, and never while an application's closure runs.
#[derive(Debug)]
struct State {
    session: Option<SessionRef>,
    /// The session that this request has ended: its end is completed, too, so that with synchronous options it is waited for.
    ended: Option<SessionRef>,
    /// The client does not know the session's id yet.
    announce: bool,
    phase: Phase,
    /// Where only one request may use the session at a time, this one, until the session is saved.
    turn: Option<Turn>,
    /// The store could not say whether the session that the client names is there. A new one would take its place for good.
    unknown: bool,
}

/// The beginning of a request.
pub(crate) enum Begin {
    /// What the session is, or that there is none, is known.
    Known(Arc<Exchange>),
    /// The store has to be asked.
    Wait(Beginning),
}

/// A request whose session may be in the store.
pub(crate) struct Beginning {
    context: Arc<LayerContext>,
    arrival: Arrival,
    by_cookie: bool,
    loading: Loading,
    id: String,
    /// What other cookies name, in their order.
    others: Vec<String>,
}

impl Beginning {
    /// Asks the store for the session, and if that is none, for the next one that a cookie names.
    ///
    /// # Errors
    /// [`Busy`]: the request is to be refused.
    pub(crate) async fn known(self) -> Result<Arc<Exchange>, Busy> {
        let Self { context, arrival, by_cookie, mut loading, mut id, others } = self;
        let begun =
            |arrival, found, turn, unknown| Exchange::new(context.clone(), arrival, by_cookie, found, turn, unknown);
        let mut others = others.into_iter();
        let mut unknown = false;
        loop {
            let visit = loading.await;
            if visit.is_busy {
                return Err(Busy);
            }
            unknown |= visit.is_unknown;
            if let Some(session) = visit.session {
                return Ok(begun(arrival, Some((session, &*id)), visit.turn, false));
            }
            loop {
                let Some(next) = others.next() else { return Ok(begun(arrival, None, None, unknown)) };
                match context.sessions.look_up_with(&next, arrival.manners) {
                    Lookup::Found(session) => return Ok(begun(arrival, Some((session, &*next)), None, false)),
                    Lookup::Absent => {}
                    Lookup::Wait(wait) => {
                        (loading, id) = (wait, next);
                        break;
                    }
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The head is not given yet; it completes the request.
    Open,
    /// The head is out; `changed` says whether something happened since the last completion.
    HeadSent { changed: bool },
}

impl Exchange {
    /// Joins the session that the first matching cookie names, or without a cookie the path, if any does. An id of no session is ignored,
    /// never adopted.
    pub(crate) fn begin(context: Arc<LayerContext>, headers: &HeaderMap, mut arrival: Arrival) -> Begin {
        let layer = Arc::clone(&context);
        let mut cookies = layer.cookie.candidates(headers).filter(|_| layer.tracking.cookies).peekable();
        let by_cookie = cookies.peek().is_some();
        let in_url = arrival.id_in_url.take().filter(|_| !by_cookie);
        let mut candidates = cookies.chain(in_url.as_deref());
        while let Some(id) = candidates.next() {
            match context.sessions.look_up_with(id, arrival.manners) {
                Lookup::Found(session) => {
                    return Begin::Known(Self::new(context, arrival, by_cookie, Some((session, id)), None, false));
                }
                Lookup::Absent => {}
                Lookup::Wait(loading) => {
                    let (id, others) = (id.to_owned(), candidates.map(str::to_owned).collect());
                    return Begin::Wait(Beginning { context, arrival, by_cookie, loading, id, others });
                }
            }
        }
        Begin::Known(Self::new(context, arrival, by_cookie, None, None, false))
    }

    fn new(
        context: Arc<LayerContext>,
        arrival: Arrival,
        by_cookie: bool,
        found: Option<(SessionRef, &str)>,
        turn: Option<Turn>,
        unknown: bool,
    ) -> Arc<Self> {
        let takes_over = |(session, shown): &(SessionRef, &str)| context.sessions.take_over(session, shown);
        let announce = context.takes_over && found.as_ref().is_some_and(takes_over);
        let session = found.map(|(session, _)| session);
        let state = Mutex::new(State { session, ended: None, announce, phase: Phase::Open, turn, unknown });
        Arc::new(Self { context, arrival, by_cookie, state })
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
        if state.unknown {
            return Err(Error::StoreUnavailable { action });
        }
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
                let _ = self.complete(&earlier, None); // the second end of one request: queued, not waited for
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
        // The session that the client came with is the one whose turn it is: the one that has ended, if one has.
        let mut turn = state.turn.take();
        let mut complete = |session: &SessionRef| match self.complete(session, turn.take()) {
            Delivery::Await(acknowledged) => Some(acknowledged),
            Delivery::Nothing | Delivery::Queued => None,
        };
        Acknowledgements {
            ended: state.ended.take().as_ref().and_then(&mut complete),
            current: state.session.as_ref().and_then(&mut complete),
        }
    }

    fn complete(&self, session: &SessionRef, turn: Option<Turn>) -> Delivery {
        complete(self.sessions(), &self.arrival, session, turn)
    }

    /// A URL of this application with the session's id in its path, if the client needs it there.
    pub(crate) fn encode_url<'a>(&self, url: &'a str) -> Cow<'a, str> {
        match self.session() {
            Some(session) if self.context.tracking.urls && !self.by_cookie => {
                Cow::Owned(tracking::encoded(url, self.context.cookie.path_parameter(), &session.id()))
            }
            _ => Cow::Borrowed(url),
        }
    }

    fn write_cookie(&self, id: &str, headers: &mut HeaderMap) {
        if !self.context.tracking.cookies {
            return;
        }
        let Some(line) = self.context.cookie.set(id, self.sessions().path(), self.arrival.secure) else {
            tracing::warn!(
                cookie = self.context.cookie.name,
                "a session's id, or what is configured, cannot stand in a cookie"
            );
            return;
        };
        headers.append(header::SET_COOKIE, line);
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }

    /// Sends what was changed since the head. Nobody waits for it: the client has its answer.
    pub(crate) fn flush(&self) {
        self.lock().flush(&self.context.sessions, &self.arrival);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of an application runs under the lock, and each change is one assignment: a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the request on a session, as what it has said of itself calls for.
fn complete(sessions: &Sessions, arrival: &Arrival, session: &SessionRef, turn: Option<Turn>) -> Delivery {
    match (arrival.manners.takes_turn, arrival.told) {
        (false, _) => sessions.complete_onlooker(session),
        (true, true) => sessions.complete_visit(session, turn),
        (true, false) => sessions.complete_untold(session, turn),
    }
}

impl State {
    fn before_head(&self, action: &'static str) -> Result<(), Error> {
        match self.phase {
            Phase::Open => Ok(()),
            Phase::HeadSent { .. } => Err(Error::ResponseStarted { action }),
        }
    }

    fn flush(&mut self, sessions: &Sessions, arrival: &Arrival) {
        let due = !matches!(self.phase, Phase::HeadSent { changed: false });
        if let Phase::HeadSent { changed } = &mut self.phase {
            *changed = false;
        }
        let ended = self.ended.take();
        for session in ended.iter().chain(self.session.as_ref().filter(|_| due)) {
            let _ = complete(sessions, arrival, session, self.turn.take());
        }
    }
}

impl Drop for Exchange {
    /// A request that never came to a head (a panic, a client that went away) is completed here, as is what a stream changed last.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.flush(&self.context.sessions, &self.arrival);
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
