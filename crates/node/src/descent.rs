//! The way of a message down the stack of interceptors, from the layers above to one peer's connection.
//!
//! What changes a message alike for all peers does so once, in the request's thread. What does so for one peer (numbers,
//! pieces) works in the task that empties its lane, just before the message becomes a frame: so numbers follow each other in
//! the order in which frames leave, and a frame that is sent again is the same frame.

use std::time::Duration;

use outlive_tribes_proto::interceptor::{InterceptorStack, MemberStack};
use outlive_tribes_proto::time::Now;

use crate::letter::{Letter, Stage};

/// A message that has waited for its peer for longer than this is encrypted anew: Tomcat takes none that was encrypted
/// longer ago than 10 s, nor one older than the last 8,192 messages that it got.
const REFRESH_AFTER: Duration = Duration::from_secs(1);

/// The interceptors of a node, as those who send need them.
#[derive(Debug)]
pub(crate) struct Descent {
    pub(crate) stack: InterceptorStack,
    acts: bool,
    per_member: bool,
    seals_for: Option<Duration>,
}

impl Descent {
    pub(crate) fn of(stack: InterceptorStack) -> Self {
        Descent {
            acts: stack.acts_on_send(),
            per_member: stack.works_per_member(),
            seals_for: stack.seals_for(),
            stack,
        }
    }

    /// Whether messages do not go out as they are.
    pub(crate) fn acts(&self) -> bool {
        self.acts
    }

    /// Whether something is remembered of each member.
    pub(crate) fn works_per_member(&self) -> bool {
        self.per_member
    }

    pub(crate) fn seals_for(&self) -> Option<Duration> {
        self.seals_for
    }

    /// The step that is the same for all peers.
    pub(crate) fn for_all(&self, now: Now, letter: Letter) -> Letter {
        if !self.acts || letter.stage != Stage::Top {
            return letter;
        }
        let question = letter.question.clone();
        let sent = Letter::of_message(self.stack.send(now, letter.into_message()), Stage::Shared(now.monotonic));
        Letter { question, ..sent }
    }

    /// All steps that are left, for the peer whose `member` stack this is: one frame or several, in order.
    pub(crate) fn for_one(&self, now: Now, letter: Letter, member: &mut MemberStack) -> Vec<Letter> {
        let letter = match letter.stage {
            Stage::Bottom => return vec![letter],
            Stage::Top => self.for_all(now, letter),
            Stage::Shared(since) if self.seals_for.is_some() && now.monotonic.since(since) > REFRESH_AFTER => {
                Letter::of_message(self.stack.refresh(now, letter.into_message()), Stage::Shared(now.monotonic))
            }
            Stage::Shared(_) => letter,
        };
        if !self.per_member {
            return vec![letter];
        }
        let question = letter.question.clone();
        let messages = member.send(&self.stack, now, letter.into_message());
        let mut letters: Vec<_> =
            messages.into_iter().map(|message| Letter::of_message(message, Stage::Bottom)).collect();
        // It has come when its last piece has.
        if let Some(last) = letters.last_mut() {
            last.question = question;
        }
        letters
    }
}
