//! The way of a frame up to the sessions: decoded, through the interceptors, to the layers above the group.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use outlive_tribes_proto::Member;
use outlive_tribes_proto::error::PeerFault as TribesFault;
use outlive_tribes_proto::group::Input;
use outlive_tribes_proto::interceptor::{Message, Verdict};
use outlive_tribes_proto::time::Now;
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::send_options::{Ack, SendOptions};

use super::Node;
use crate::link::{Link, PeerFault, Reply};
use crate::log;
use crate::reception::STRANGER_ROOM;

impl Node {
    /// The body of a frame that came in on `link`.
    ///
    /// # Errors
    /// No node of a cluster sends such a frame: close the connection. Nothing of the frame was taken.
    pub fn frame_received(&self, now: Now, link: &mut Link, body: Bytes) -> Result<Reply, PeerFault> {
        let data = ChannelData::decode(&body)?;
        let wanted = data.options.ack();
        let (source, is_new) = link.source.resolve(&data)?;
        if is_new && self.knows_differently(&source) {
            self.group_input(now, Input::Heard { member: &source });
        }
        let taken = self.rise(now, link.from, &source, Message::from(data));
        Ok(match wanted {
            Ack::Never => Reply::None,
            Ack::Arrived => Reply::Ack,
            Ack::Processed if taken => Reply::Ack,
            Ack::Processed => Reply::FailAck,
        })
    }

    /// Takes a message up the interceptors, and delivers what comes out at the top. `false`: something of it could not be
    /// applied, and its sender should know.
    fn rise(&self, now: Now, from: SocketAddr, source: &Arc<Member>, message: Message) -> bool {
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
        let mut taken = true;
        for arrival in arrivals {
            taken &= self.arrived(now, from, source, arrival);
        }
        taken
    }

    /// What has come to the top of the interceptors, or ended at one.
    fn arrived(&self, now: Now, from: SocketAddr, source: &Member, arrival: Result<Verdict, TribesFault>) -> bool {
        match arrival {
            Ok(Verdict::Consumed(None)) => true,
            Ok(Verdict::Consumed(Some(message))) => {
                self.group_input(now, Input::Control { from: source, message });
                true
            }
            Ok(Verdict::Pass(message)) => {
                // Where nothing shows that a message was changed on its way, answers must not tell how well it was.
                self.message_received(now, from, source, &message)
                    || self.dispatch.descent.stack.authenticates() == Some(false)
            }
            Err(fault) => {
                let refused = self.refused.add(1) + 1;
                if refused.is_power_of_two() {
                    tracing::error!(target: log::INTERCEPTORS, member = %source.id.address(), %from, refused,
                        "a message is dropped: {fault}");
                }
                // As a Tomcat does: a negative ack would bring the same message once more.
                true
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

    /// A message for the layers above the group. `false`: it could not be applied, and its sender should know.
    fn message_received(&self, now: Now, from: SocketAddr, source: &Member, message: &Message) -> bool {
        log::received(now, source.id.address(), message);
        if message.options.contains(SendOptions::BYTE_MESSAGE) {
            return true;
        }
        let Some(peer) = self.sender_of(&source.id) else {
            if !self.keep_stranger(now, from.ip(), &source.id, &message.body) {
                let member = source.id.address();
                self.warn_seldom(&format_args!("a message from {from} of {member}, which is no member"));
            }
            return true;
        };
        peer.clock_says(now, message.timestamp);
        self.object_received(now, &peer, &message.body)
    }
}
