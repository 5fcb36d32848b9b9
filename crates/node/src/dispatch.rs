//! From a session's cell to the lanes of all peers.

use std::sync::Arc;

use outlive_session::{Outgoing, SessionId, Writer};
use outlive_sync::{Acknowledgement, AtomicFlag, Counter, Published};
use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::interceptor::InterceptorStack;
use outlive_tribes_proto::time::Now;
use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::descent::Descent;
use crate::letter::Letter;
use crate::parcel::{Load, Parcel};
use crate::peer::{ClusterView, Peer};

/// What every context of a node needs to send.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pub(crate) view: Published<ClusterView>,
    pub(crate) writer: Writer,
    pub(crate) descent: Descent,
    /// Whether a keeper still asks member after member for the contexts that there are.
    pub(crate) surveys: AtomicFlag,
    ids: MessageIds,
    /// Whether answers wait for acknowledgements.
    pub(crate) waits: bool,
    /// Somebody has become a member lately who acknowledges nothing: requests wait only for those who ever did.
    pub(crate) wary: AtomicFlag,
}

impl Dispatch {
    pub(crate) fn new(local: UniqueId, seed: u64, options: SendOptions, stack: InterceptorStack) -> Self {
        Dispatch {
            view: Published::new(ClusterView::default()),
            writer: Writer::from(local),
            descent: Descent::of(stack),
            surveys: AtomicFlag::default(),
            ids: MessageIds { seed, count: Counter::default() },
            // Asked for with "use ack", and not taken back with "asynchronous".
            waits: options.contains(SendOptions::USE_ACK) && !options.contains(SendOptions::ASYNCHRONOUS),
            wary: AtomicFlag::default(),
        }
    }

    pub(crate) fn view(&self) -> Arc<ClusterView> {
        self.view.load()
    }

    /// Where everything that only has to differ from node to node begins.
    pub(crate) fn seed(&self) -> u64 {
        self.ids.seed
    }

    pub(crate) fn next_id(&self) -> UniqueId {
        self.ids.next()
    }

    /// Puts one message into every lane. Call it with the session's lock held and the view loaded inside it.
    ///
    /// A request that waits does so through `waiting`. A peer whose lane is full is noted as behind in the
    /// session, which it knows by `id`; so is one that has stalled before it ever acknowledged anything, so that whoever
    /// announces members that are none cannot fill lanes.
    pub(crate) fn broadcast(
        &self,
        now: Now,
        view: &ClusterView,
        id: &SessionId,
        outgoing: Outgoing,
        waiting: &mut Option<Acknowledgement>,
    ) {
        if view.peers.is_empty() {
            return;
        }
        let letter = self.descent.for_all(now, Letter::of(self.next_id(), outgoing));
        for peer in &view.peers {
            if peer.is_stalled() && !peer.has_acknowledged() {
                peer.mark_dirty(id);
                continue;
            }
            let confirm = self.waits_for(peer).then(|| waiting.get_or_insert_default().expect());
            let parcel = Parcel { load: Load::Letter(letter.clone()), confirm };
            if peer.lane().push(parcel).is_err() {
                peer.mark_dirty(id);
            }
        }
    }

    /// Whether requests wait for this peer.
    pub(crate) fn waits_for(&self, peer: &Peer) -> bool {
        self.waits && !peer.is_stalled() && (peer.has_acknowledged() || !self.wary.get())
    }

    /// Puts one parcel into one lane; whether there was room.
    pub(crate) fn send(&self, peer: &Peer, parcel: impl Into<Parcel>) -> bool {
        let taken = peer.lane().push(parcel.into()).is_ok();
        if !taken {
            peer.counters.overflowed.add(1);
        }
        taken
    }
}

/// Ids of messages: unlike each other, and unlike those of other nodes. They need not be secret.
#[derive(Debug)]
struct MessageIds {
    seed: u64,
    count: Counter,
}

impl MessageIds {
    fn next(&self) -> UniqueId {
        let count = self.count.add(1);
        let mut random = [0; 16];
        random[..8].copy_from_slice(&mix(self.seed ^ mix(count)).to_be_bytes());
        random[8..].copy_from_slice(&mix(self.seed.wrapping_add(count)).to_be_bytes());
        UniqueId::from_random(random)
    }
}

/// The finalizer of SplitMix64: each bit of the input changes about half of the output.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_differ_within_and_between_nodes() {
        let ids: std::collections::BTreeSet<_> = [1, 2]
            .into_iter()
            .flat_map(|seed| {
                let ids = MessageIds { seed, count: Counter::default() };
                (0..10_000).map(move |_| ids.next()).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(ids.len(), 20_000);
    }
}
