//! Objects that are no session messages: questions of somebody's RPC, and what listed members tell each other.

use std::sync::Arc;

use bytes::Bytes;
use outlive_tribes_proto::MemberId;
use outlive_tribes_proto::group::Input;
use outlive_tribes_proto::membership::static_service::{MESSAGE_CLASS, MemberMessage};
use outlive_tribes_proto::rpc::Rpc;
use outlive_tribes_proto::time::Now;

use super::Node;
use crate::letter::Letter;
use crate::log;
use crate::peer::Peer;

impl Node {
    /// An object that is no session message: a question of somebody's RPC, or a class that this node has no use for.
    pub(super) fn other_object(&self, now: Now, peer: &Arc<Peer>, body: &Bytes, class: Option<&str>) {
        if self.membership_message(now, peer, body, class) {
            return;
        }
        match Rpc::decode(body) {
            Ok(Some(Rpc::Message(rpc))) if !rpc.reply => {
                let letter = Letter::object(self.dispatch.next_id(), now.wall, rpc.no_channel().encode());
                self.dispatch.send(peer, letter);
            }
            Ok(_) => {
                tracing::debug!(target: log::CHANNEL, peer = %peer.id().address(), class, "an object that this node has no use for")
            }
            Err(fault) => {
                tracing::warn!(target: log::CHANNEL, peer = %peer.id().address(), %fault, "an RPC message is dropped")
            }
        }
    }

    /// What the group says to a member by a message of the layers above.
    pub(super) fn tell(&self, now: Now, to: &MemberId, message: Bytes) {
        if let Some(peer) = self.dispatch.view().peer(to) {
            self.dispatch.send(peer, Letter::object(self.dispatch.next_id(), now.wall, message));
        }
    }

    /// Whether an object is one by which listed members look after each other.
    fn membership_message(&self, now: Now, peer: &Peer, body: &Bytes, class: Option<&str>) -> bool {
        let Some(service) = &self.config.static_service else { return false };
        let rpc = match Rpc::decode(body) {
            Ok(Some(Rpc::Message(rpc))) if rpc.rpc_id == service.membership_id => Some(rpc),
            _ if class == Some(MESSAGE_CLASS) => None,
            _ => return false,
        };
        let message = rpc.as_ref().map_or_else(|| MemberMessage::decode_alone(body), MemberMessage::decode_body);
        let request = rpc.as_ref().filter(|rpc| !rpc.reply);
        match message {
            Ok(message) if message.membership_id != service.membership_id => return false,
            // It was started again under the same name, and is no member yet: it gets its answer when it is.
            Ok(_) if request.is_some() && peer.lane().is_closed() => {
                self.keep_stranger(now, peer.id().host, peer.id(), body);
            }
            Ok(message) => {
                let request = request.map(|rpc| &rpc.uuid);
                self.group_input(now, Input::Service { from: *peer.id(), message: &message, request });
            }
            Err(fault) => {
                tracing::warn!(target: log::MEMBERSHIP, peer = %peer.id().address(), %fault, "a message of the static membership is dropped");
                // A Tomcat waits for an answer.
                return request.is_none();
            }
        }
        true
    }
}
