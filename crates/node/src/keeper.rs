//! A node that keeps the sessions of every web application of its cluster, and is told the name of none.
//!
//! ```text
//! membership settled ──► each member in turn: GET_ALL_SESSIONS without a name ──► all have answered: it holds the state
//!                          │ a name that is new here: the context is open from now on
//! later                    ▼
//! GET_ALL_SESSIONS of a context ──► opened, empty: whoever asks has no sessions of it, and nobody else has told of any
//! any other message of one      ──► opened, and its sender is asked for the rest; the message waits for that
//! ```
//!
//! A context of a keeper is a context like any other, with a transfer of its own: here only stands how its name becomes known.
//! An application that names its contexts opens them with [`Node::open`], also on a keeper.
//!
//! How the end of an unnamed question shows: a Tomcat acknowledges it when each of its managers has sent its sessions. One of
//! ours says `TRANSFERCOMPLETE` without a name behind the last of them, or `NO-CONTEXT-MANAGER` while it still asks itself.
//!
//! Source: Tomcat `ClusterSessionListener.messageReceived`, which hands a message without a name to every manager.

use std::sync::Arc;

use outlive_session::transfer::Reason;
use outlive_session::{Ask, SessionEvent, SessionMessage, Transfer};
use outlive_tribes_proto::MemberId;
use outlive_tribes_proto::time::{Monotonic, Now};

use crate::context::{Context, ContextConfig};
use crate::effect::Effect;
use crate::held::Held;
use crate::letter::{Letter, Question};
use crate::log;
use crate::node::Node;
use crate::peer::Peer;

/// Contexts that a keeper opens because a peer names them: any member can name some.
pub const HEARD_CONTEXTS_MAX: usize = 256;

/// The longest name of such a context, in bytes of UTF-8. Tomcat's are a host's name, `#`, a path and a version.
pub const HEARD_NAME_BYTES_MAX: usize = 512;

/// What makes a node a keeper.
#[derive(Debug)]
pub(crate) struct Keeper {
    /// Of each context that it hears of; the path is the context's own.
    config: ContextConfig,
    /// The questions without a name. Nothing is held back here: that is each context's own to do.
    survey: Transfer<()>,
}

impl Node {
    /// Makes this node a keeper: from now on it takes part in every context of the cluster, those that there are and those that
    /// appear. Sessions of contexts that it hears of begin with the idle time of `config`; its path means nothing.
    pub fn keep(&self, now: Now, config: ContextConfig) {
        {
            let mut keeper = self.keeper.lock();
            if keeper.is_some() {
                return;
            }
            // Who hears nothing asks nothing.
            let asks = self.config.hears_sessions;
            self.dispatch.surveys.set(asks);
            let survey = if asks { Transfer::default() } else { Transfer::needless() };
            *keeper = Some(Keeper { config, survey });
        }
        self.advance_contexts(now);
    }

    /// Whether this node holds the cluster's state: of each of its contexts and, as a keeper, of all that there are.
    pub fn holds_state(&self) -> bool {
        !self.dispatch.surveys.get() && self.contexts().iter().all(|context| context.is_ready())
    }

    /// A peer has acknowledged a [question](Question). A Tomcat has answered it then; one of ours says by a message
    /// when it has.
    pub fn question_acknowledged(&self, now: Now, peer: &Peer, question: &Question) {
        if peer.is_ours() {
            return;
        }
        // With static members a node of ours looks like a Tomcat until its first message.
        let is_tomcat = self.finds_members_by_multicast();
        for context in self.contexts().iter().filter(|context| !context.is_ready()) {
            match question.context.as_deref() {
                Some(name) if name == context.name() => context.answered_by(now, peer.id(), is_tomcat),
                Some(_) => continue,
                None => context.answered_by(now, peer.id(), false),
            }
            if context.is_ready() {
                self.effect(Effect::Ready);
            }
        }
        if question.context.is_none() {
            self.ask_next(now, peer.id());
        }
    }

    // ---- the survey ----

    /// The membership has settled or changed, or a deadline has come.
    pub(crate) fn advance_survey(&self, now: Now) {
        self.survey(now, |survey, members| survey.advance(now.monotonic, members));
    }

    /// When the survey is given up, while it runs.
    pub(crate) fn survey_deadline(&self) -> Option<Monotonic> {
        if !self.dispatch.surveys.get() {
            return None;
        }
        self.keeper.lock().as_ref().and_then(|keeper| keeper.survey.deadline())
    }

    /// Whether everything is being asked of a member, by a test on it.
    pub(crate) fn surveys_member(&self, is_it: impl Fn(&MemberId) -> bool) -> bool {
        self.dispatch.surveys.get()
            && self.keeper.lock().as_ref().is_some_and(|keeper| keeper.survey.donor().is_some_and(is_it))
    }

    /// A member has told all that it has: what it does not have, another may.
    fn ask_next(&self, now: Now, member: &MemberId) {
        self.survey(now, |survey, members| survey.refused_by(member, now.monotonic, members));
    }

    fn survey(&self, now: Now, step: impl FnOnce(&mut Transfer<()>, &[MemberId]) -> Ask) {
        if !self.dispatch.surveys.get() {
            return;
        }
        let view = self.view();
        let mut keeper = self.keeper.lock();
        let Some(keeper) = keeper.as_mut() else { return };
        match step(&mut keeper.survey, &view.ids()) {
            Ask::Wait => {}
            Ask::Donor(donor) => {
                tracing::info!(target: log::MANAGER, donor = %donor.address(), "asks for the state of every context");
                let question = SessionMessage::of_every_context(SessionEvent::GetAll, now.wall);
                if let Some(peer) = view.peer(&donor) {
                    self.dispatch
                        .send(peer, Letter::question(self.dispatch.next_id(), now.wall, question.encode(), None));
                }
                self.effect(Effect::DeadlineMoved);
            }
            Ask::Complete(reason) => {
                self.dispatch.surveys.set(false);
                let contexts = self.contexts().len();
                if reason == Reason::TimedOut {
                    tracing::error!(target: log::MANAGER, contexts, "not every member has told its contexts within 60 s");
                } else {
                    tracing::info!(target: log::MANAGER, contexts, "every member has told its contexts");
                }
                self.effect(Effect::Ready);
            }
        }
    }

    // ---- messages ----

    /// A message about every context.
    pub(crate) fn unnamed_message(&self, now: Now, peer: &Arc<Peer>, event: SessionEvent) {
        match event {
            SessionEvent::GetAll => {
                for context in self.contexts().iter() {
                    context.donate(now, peer);
                }
                if peer.is_ours() {
                    let end = match self.holds_state() {
                        true => SessionEvent::TransferComplete,
                        false => SessionEvent::NoContextManager,
                    };
                    let end = SessionMessage::of_every_context(end, now.wall);
                    self.dispatch.send(peer, Letter::object(self.dispatch.next_id(), now.wall, end.encode()));
                }
            }
            SessionEvent::TransferComplete | SessionEvent::NoContextManager => self.ask_next(now, peer.id()),
            _ => {
                tracing::debug!(target: log::LISTENER, peer = %peer.id().address(), ?event, "a session message without a context")
            }
        }
    }

    /// The context that a message names and that is not open yet, if this is a keeper.
    pub(crate) fn hear_of(&self, now: Now, peer: &Arc<Peer>, name: &str, event: SessionEvent) -> Option<Arc<Context>> {
        if matches!(event, SessionEvent::NoContextManager | SessionEvent::Other(_)) {
            return None;
        }
        let (config, transfer, asks) = {
            let keeper = self.keeper.lock();
            let keeper = keeper.as_ref()?;
            let (transfer, asks) = match event {
                // The answer to a question without a name.
                SessionEvent::AllData | SessionEvent::TransferComplete if keeper.survey.donor() == Some(peer.id()) => {
                    (Transfer::asking(*peer.id(), now.monotonic), false)
                }
                // Who asks has nothing, and all others have been asked.
                SessionEvent::GetAll if keeper.survey.is_held() => (Transfer::needless(), false),
                SessionEvent::GetAll => (Transfer::passing_over(*peer.id()), false),
                _ => (Transfer::asking(*peer.id(), now.monotonic), true),
            };
            (ContextConfig { path: path_of(name).to_owned(), ..keeper.config.clone() }, transfer, asks)
        };
        if name.len() > HEARD_NAME_BYTES_MAX || name.chars().any(char::is_control) {
            self.warn_seldom(&format_args!("{} names a context by what is no name", peer.id().address()));
            return None;
        }
        if self.contexts().len() >= HEARD_CONTEXTS_MAX {
            self.warn_seldom(&format_args!(
                "{} names one context more than the {HEARD_CONTEXTS_MAX} that a keeper opens",
                peer.id().address()
            ));
            return None;
        }
        let (context, is_new) = self.insert(name, config, transfer);
        if is_new {
            tracing::info!(target: log::MANAGER, context = name, peer = %peer.id().address(), "a context that is new here");
            if asks {
                context.ask(now, peer);
            }
            self.advance_contexts(now);
        }
        Some(context)
    }

    /// Opens a context, unless it is open; whether it is new.
    pub(crate) fn insert(&self, name: &str, config: ContextConfig, transfer: Transfer<Held>) -> (Arc<Context>, bool) {
        // Only this method replaces the list, under the state's lock.
        let state = self.state.lock();
        let contexts = self.contexts();
        if let Some(known) = contexts.iter().find(|context| context.name() == name) {
            return (Arc::clone(known), false);
        }
        let dispatch = Arc::clone(&self.dispatch);
        let context = Context::new(name.into(), config, self.route(), dispatch).with_transfer(transfer);
        let context = Arc::new(context);
        let list = contexts.iter().cloned().chain([Arc::clone(&context)]).collect();
        self.contexts.publish(Arc::new(list));
        drop(state);
        if context.persistence().is_some() {
            self.effect(Effect::Opened(Arc::clone(&context)));
        }
        (context, true)
    }
}

/// The path in a context's name: `/app` of `localhost#/app` and of `/app`; a version stays behind it.
fn path_of(name: &str) -> &str {
    match name.split_once('#') {
        Some((host, path)) if !host.starts_with('/') => path,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn the_path_stands_behind_the_host() {
        for (name, path) in [
            ("localhost#/app", "/app"),
            ("localhost#", ""),
            ("localhost#/app##2", "/app##2"),
            ("/app", "/app"),
            ("/app##2", "/app##2"),
            ("", ""),
        ] {
            assert_eq!(path_of(name), path, "{name}");
        }
    }
}
