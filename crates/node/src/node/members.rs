//! Who the others are, and what they are told of this node.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use outlive_tribes_proto::group::Input;
use outlive_tribes_proto::interceptor::tcp_failure_detector;
use outlive_tribes_proto::membership::static_members::StaticMember;
use outlive_tribes_proto::rpc::NoRpcChannelReply;
use outlive_tribes_proto::time::Now;
use outlive_tribes_proto::view::View;
use outlive_tribes_proto::wire::peer::Mark;
use outlive_tribes_proto::wire::send_options::SendOptions;
use outlive_tribes_proto::{Abilities, Member, MemberId, UniqueId};

use super::{DEPARTED_MAX, MARK_VERSION, Node, NodeConfig};
use crate::effect::Effect;
use crate::letter::{Letter, Stage};
use crate::peer::{ClusterView, Peer};

/// Nodes that are no members whose descriptions are remembered.
const DESCRIBED_MAX: usize = 64;

/// A longer payload is not remembered.
const DESCRIPTION_MAX: usize = 1024;

/// What the member record carries: the configured text and our mark. `says`: what changes with time.
pub(crate) fn payload(config: &NodeConfig, says: Abilities) -> Bytes {
    let mut boot = [0; 8];
    boot.copy_from_slice(&config.identity[..8]);
    let abilities = Abilities::PIPELINING.with(says);
    Mark { version: MARK_VERSION, abilities, boot, health_port: config.health_port }
        .append_to(config.payload.as_bytes())
}

impl Node {
    /// The members that the platform names, with what it names each by: before [`start`](Self::start), and whenever they may have changed.
    /// This node may be among them.
    pub fn set_members(&self, now: Now, members: &[(SocketAddr, [u8; 16])]) {
        let member = |(address, id): &(SocketAddr, [u8; 16])| StaticMember {
            address: *address,
            unique_id: UniqueId(*id),
            domain: self.config.domain.clone(),
        };
        let members: Vec<StaticMember> = members.iter().map(member).collect();
        self.group_input(now, Input::Members { members: &members });
    }

    /// Makes a view of the group the one that requests send to: peers that stay keep their lanes. Gives those that left.
    pub(super) fn publish(&self, now: Now, view: &View) -> Vec<Arc<Peer>> {
        let before = self.dispatch.view();
        let peer = |member: &Arc<Member>| match before.peer(&member.id) {
            Some(peer) => {
                let was_known = peer.is_ours();
                if peer.learn(member) {
                    self.effect(Effect::Learnt);
                }
                if !was_known && self.was_there_before(peer) {
                    peer.mark_all_dirty();
                }
                if !was_known {
                    self.introduce(now, peer);
                }
                Arc::clone(peer)
            }
            None => self.new_peer(member),
        };
        let after = Arc::new(ClusterView { peers: view.members.iter().map(peer).collect() });
        self.dispatch.view.publish(Arc::clone(&after));
        for peer in after.peers.iter().filter(|peer| before.peer(peer.id()).is_none()) {
            self.effect(Effect::Joined(Arc::clone(peer)));
            self.greet(now, peer);
            self.introduce(now, peer);
        }
        let left: Vec<_> = before.peers.iter().filter(|peer| after.peer(peer.id()).is_none()).cloned().collect();
        for peer in &left {
            peer.lane().close();
            peer.log_losses();
            let mut state = self.state.lock();
            state.departed.push_back(Arc::clone(peer));
            if state.departed.len() > DEPARTED_MAX {
                state.departed.pop_front();
            }
            drop(state);
            self.effect(Effect::Left(Arc::clone(peer)));
        }
        left
    }

    /// Says something to a new member that it has to acknowledge, and that says nothing: what a Tomcat's failure detector sends with
    /// `performReadTest`. One that is none is known for it before a request waits for it.
    fn greet(&self, now: Now, peer: &Peer) {
        let probe = Letter::object(self.dispatch.next_id(), now.wall, Bytes::from_static(&tcp_failure_detector::PROBE));
        self.dispatch.send(peer, Letter { options: SendOptions::BYTE_MESSAGE, stage: Stage::Bottom, ..probe });
    }

    /// Lets a member of ours hear this node through the interceptors, so that it tells others where this node's health is: where messages are
    /// encrypted, only who has the key can say something.
    fn introduce(&self, now: Now, peer: &Peer) {
        if self.config.health_port != 0 && peer.is_ours() {
            self.say_nothing(now, peer);
        }
    }

    /// This node's record says something new. A datagram tells soon; without them, each message carries the record, and there may be none for
    /// long: members of ours get one at once. A Tomcat has no use for it.
    pub(super) fn spread_news(&self, now: Now) {
        if self.finds_members_by_multicast() {
            return;
        }
        for peer in self.dispatch.view().peers.iter().filter(|peer| peer.is_ours()) {
            self.say_nothing(now, peer);
        }
    }

    /// What the group says to a member by a message of the layers above.
    pub(super) fn tell(&self, now: Now, to: &MemberId, message: Bytes) {
        if let Some(peer) = self.dispatch.view().peer(to) {
            self.dispatch.send(peer, Letter::object(self.dispatch.next_id(), now.wall, message));
        }
    }

    /// Sends what shows the sender's record: an answer to no question, of which nobody takes notice.
    fn say_nothing(&self, now: Now, peer: &Peer) {
        let id = self.dispatch.next_id();
        let answer = NoRpcChannelReply { uuid: Bytes::copy_from_slice(&id.0), rpc_id: Bytes::new() };
        self.dispatch.send(peer, Letter::object(id, now.wall, answer.encode()));
    }

    /// A member that joins. One of ours that was cut off, or stood still, and has gone on asks for no state, so it gets every session whole,
    /// with the stamps by which what is newer stays. So do we from it.
    fn new_peer(&self, member: &Member) -> Arc<Peer> {
        let peer = Peer::new(member, self.config.lane_bytes_max);
        if self.is_back(&peer) || self.was_there_before(&peer) {
            peer.mark_all_dirty();
        }
        Arc::new(peer)
    }

    /// Whether it was a member before, under the same identity.
    ///
    /// Not so with static members, which keep their identity over a restart: one that has started again asks for the state, and knows no
    /// more which sessions have ended, so what this node was not told the end of would come back there.
    fn is_back(&self, peer: &Peer) -> bool {
        let is_departed = self.state.lock().departed.iter().any(|gone| gone.id() == peer.id());
        is_departed && peer.is_ours() && self.finds_members_by_multicast()
    }

    /// Whether a node that is met for the first time holds the state already, and so does this one: each began without the other.
    fn was_there_before(&self, peer: &Peer) -> bool {
        peer.is_ours() && peer.holds_state() && self.state.lock().says.contains(Abilities::HOLDS_STATE)
    }

    /// Remembers how a node describes itself that is no member yet: it does so once on a connection.
    pub(super) fn keep_description(&self, source: &Member) {
        if source.payload.len() > DESCRIPTION_MAX {
            return;
        }
        // A buffer of its own: the frame's need not live on.
        let payload = Bytes::copy_from_slice(&source.payload);
        let mut state = self.state.lock();
        state.described.retain(|known| known.id != source.id);
        state.described.push_back(Member { payload, ..Member::new(source.id) });
        if state.described.len() > DESCRIBED_MAX {
            state.described.pop_front();
        }
    }

    /// A node has become a member whose messages were kept. With multicast its datagrams say what it is.
    pub(super) fn hear_description(&self, now: Now, id: &MemberId) {
        let described = {
            let mut state = self.state.lock();
            let at = state.described.iter().position(|known| known.id == *id);
            at.and_then(|at| state.described.remove(at))
        };
        if let Some(member) = described.filter(|_| !self.finds_members_by_multicast()) {
            self.group_input(now, Input::Heard { member: &member });
        }
    }
}
