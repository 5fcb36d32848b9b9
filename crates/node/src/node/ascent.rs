//! The way of a frame up to the sessions: decoded, through the interceptors, to the layers above the group.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use outlive_tribes_proto::error::PeerFault as TribesFault;
use outlive_tribes_proto::group::Input;
use outlive_tribes_proto::interceptor::{Message, Verdict};
use outlive_tribes_proto::time::Now;
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::send_options::{Ack, SendOptions};
use outlive_tribes_proto::{Member, PeerKind};

use super::Node;
use crate::link::{Link, PeerFault, Reply};
use crate::log;
use crate::reception::STRANGER_ROOM;

/// What became of a message; of one in pieces, the worst that became of any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    /// It was applied, or there was nothing to apply.
    Applied,
    /// It waits until its sender is a member.
    Kept,
    /// Its sender is no member, and there is no room to keep it.
    Ignored,
    /// Something of it could not be applied, and its sender should know.
    Failed,
}

impl Node {
    /// The body of a frame that came in on `link`.
    ///
    /// # Errors
    /// Close the connection. Nothing of the frame was taken.
    ///
    /// What is to be written must wait until it [may be](Self::may_acknowledge).
    pub fn frame_received(&self, now: Now, link: &mut Link, body: Bytes) -> Result<Reply, PeerFault> {
        let data = ChannelData::decode(&body)?;
        let wanted = data.options.ack();
        let (source, is_new) = link.source.resolve(&data)?;
        if is_new && self.knows_differently(&source) {
            self.group_input(now, Input::Heard { member: &source });
        }
        let taken = self.rise(now, link.from, &source, Message::from(data));
        let is_ours = || matches!(source.peer(), PeerKind::Outlive { .. });
        match taken {
            Taken::Kept if is_ours() => drop(link.kept_since.get_or_insert(now.monotonic)),
            Taken::Ignored if is_ours() => return Err(PeerFault::NoMember),
            _ => {}
        }
        Ok(match wanted {
            Ack::Never => Reply::None,
            Ack::Processed if taken == Taken::Failed => Reply::FailAck,
            Ack::Arrived | Ack::Processed => Reply::Ack,
        })
    }

    /// Takes a message up the interceptors, and delivers what comes out at the top.
    fn rise(&self, now: Now, from: SocketAddr, source: &Arc<Member>, message: Message) -> Taken {
        let descent = &self.dispatch.descent;
        let limit = if descent.acts() { self.frame_limit(from.ip()) } else { usize::MAX };
        let below = descent.stack.receive(now, source, message, limit);
        let Ok(Verdict::Pass(message)) = below else { return self.arrived(now, from, source, below) };
        if !descent.works_per_member() {
            return self.arrived(now, from, source, Ok(Verdict::Pass(message)));
        }
        let view = self.view();
        let reception = self.receptions.of(now, &descent.stack, source, from, |id| view.peer(id).is_some());
        let room = if view.peer(&source.id).is_some() { limit } else { STRANGER_ROOM };
        let mut member = reception.lock();
        let arrivals = member.receive(&descent.stack, now, source, message, room);
        // Under the sender's lock, so that they are applied in the order in which they came out.
        let mut taken = Taken::Applied;
        for arrival in arrivals {
            taken = taken.max(self.arrived(now, from, source, arrival));
        }
        taken
    }

    /// What has come to the top of the interceptors, or ended at one.
    fn arrived(&self, now: Now, from: SocketAddr, source: &Member, arrival: Result<Verdict, TribesFault>) -> Taken {
        match arrival {
            Ok(Verdict::Consumed(None)) => Taken::Applied,
            Ok(Verdict::Consumed(Some(message))) => {
                self.group_input(now, Input::Control { from: source, message });
                Taken::Applied
            }
            Ok(Verdict::Pass(message)) => {
                match self.message_received(now, from, source, &message) {
                    // Where nothing shows that a message was changed on its way, answers must not tell how well it was.
                    Taken::Failed if self.dispatch.descent.stack.authenticates() == Some(false) => Taken::Applied,
                    taken => taken,
                }
            }
            Err(fault) => {
                let refused = self.refused.add(1) + 1;
                if refused.is_power_of_two() {
                    tracing::error!(target: log::INTERCEPTORS, member = %source.id.address(), %from, refused,
                        "a message is dropped: {fault}");
                }
                // As a Tomcat does: a negative ack would bring the same message once more.
                Taken::Applied
            }
        }
    }

    /// Delivers what has waited for earlier messages for too long, and what members that are gone have left.
    pub(super) fn let_go_of_held_messages(&self, now: Now) {
        let view = self.view();
        let stack = &self.dispatch.descent.stack;
        for (reception, is_gone) in self.receptions.sweep(now, |id| view.peer(id).is_some()) {
            let mut member = reception.lock();
            let mut arrivals = member.overdue(stack, now, &reception.source);
            if is_gone {
                arrivals.extend(member.release(stack, now, &reception.source));
            }
            for arrival in arrivals {
                self.arrived(now, reception.from, &reception.source, arrival);
            }
        }
    }

    /// Whether a member record says other things of a peer than what is known of it, or it is no peer yet.
    fn knows_differently(&self, source: &Member) -> bool {
        self.view().peer(&source.id).is_none_or(|peer| peer.kind() != source.peer())
    }

    /// A message for the layers above the group.
    fn message_received(&self, now: Now, from: SocketAddr, source: &Member, message: &Message) -> Taken {
        log::received(now, source.id.address(), message);
        if message.options.contains(SendOptions::BYTE_MESSAGE) {
            return Taken::Applied;
        }
        let Some(peer) = self.sender_of(&source.id) else {
            if self.keep_stranger(now, from.ip(), &source.id, &message.body) {
                return Taken::Kept;
            }
            let member = source.id.address();
            self.warn_seldom(&format_args!("a message from {from} of {member}, which is no member"));
            return Taken::Ignored;
        };
        peer.clock_says(now, message.timestamp);
        if self.object_received(now, &peer, &message.body) { Taken::Applied } else { Taken::Failed }
    }
}
