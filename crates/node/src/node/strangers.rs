//! What nodes say that are no members yet, and when they are told that it has arrived.

use std::net::IpAddr;

use bytes::Bytes;
use outlive_tribes_proto::MemberId;
use outlive_tribes_proto::time::Now;

use super::Node;
use crate::effect::Effect;
use crate::link::{Link, PeerFault};
use crate::strangers::TIME_MAX;

impl Node {
    /// Keeps a message until its sender is a member; whether there was room.
    pub(super) fn keep_stranger(&self, now: Now, host: IpAddr, sender: &MemberId, body: &Bytes) -> bool {
        let kept = self.state.lock().strangers.keep(now.monotonic, host.to_canonical(), *sender, body);
        // The sender may have become a member between the look and the keeping; nobody would look again then.
        if self.view().peer(sender).is_some() {
            self.hear_strangers(now);
        }
        kept
    }

    /// Applies what was kept of those that are members now.
    pub(super) fn hear_strangers(&self, now: Now) {
        let view = self.view();
        let heard = self.state.lock().strangers.take(|id| view.peer(id).is_some());
        for (id, body) in &heard {
            if let Some(peer) = view.peer(id) {
                self.object_received(now, peer, body);
            }
        }
        if heard.is_empty() {
            return;
        }
        {
            let mut state = self.state.lock();
            heard.iter().for_each(|(id, _)| state.strangers.applied(id));
        }
        self.effect(Effect::Heard);
    }

    /// Whether what came in on `link` may be acknowledged now. Not while something of it is kept whose sender, an Outlive node, is no
    /// member yet: an acknowledgement says that a change is seen here, and clients may come at once. To be asked again after each
    /// [`Effect::Heard`], and after `TIME_MAX` at the latest.
    ///
    /// # Errors
    /// [`PeerFault::NoMember`]: the sender has not become a member in time, and what it said is forgotten.
    pub fn may_acknowledge(&self, now: Now, link: &mut Link) -> Result<bool, PeerFault> {
        let (Some(since), Some(source)) = (link.kept_since, link.source.last()) else { return Ok(true) };
        if now.monotonic.since(since) >= TIME_MAX {
            return Err(PeerFault::NoMember);
        }
        if self.view().peer(&source.id).is_none() || self.state.lock().strangers.keeps_of(&source.id) {
            return Ok(false);
        }
        link.kept_since = None;
        Ok(true)
    }
}
