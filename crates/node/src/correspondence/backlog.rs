//! What is to be sent to one peer before its lane's next parcel, on whichever connection.

use std::collections::VecDeque;

use outlive_sync::Weight;
use outlive_tribes_proto::interceptor::MemberStack;
use outlive_tribes_proto::time::Now;

use super::{UnderWay, is_too_large};
use crate::{Letter, Load, Node, Parcel, Peer, log};

/// Parcels that have left the lane and are not yet frames.
#[derive(Debug)]
pub(super) struct Backlog {
    /// The sessions under way to a peer that joins, or is repaired.
    donation: Option<Parcel>,
    /// The frames of a message that became several.
    pieces: VecDeque<UnderWay>,
    /// What the interceptors remember of the peer.
    member: MemberStack,
}

impl Backlog {
    pub(super) fn new(member: MemberStack) -> Self {
        Backlog { donation: None, pieces: VecDeque::new(), member }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.donation.is_none() && self.pieces.is_empty()
    }

    /// Whether the peer is being given sessions whole.
    pub(super) fn has_donation(&self) -> bool {
        self.donation.is_some()
    }

    pub(super) fn give_up_waiting(&mut self) {
        self.pieces.iter_mut().for_each(|frame| frame.confirm = None);
    }

    /// The next frame: of a message in pieces, of the donation under way, or the lane's oldest.
    pub(super) fn next_frame(&mut self, now: Now, node: &Node, peer: &Peer) -> Option<UnderWay> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Some(piece);
            }
            if let Some(Parcel { load: Load::Donation(sessions), .. }) = &mut self.donation {
                if let Some(letter) = sessions.next_block() {
                    let weight = letter.body.len();
                    peer.lane().charge(weight);
                    return self.descended(now, node, peer, UnderWay { letter, weight, confirm: None, sealed: None });
                }
                if let Some(finished) = self.donation.take() {
                    peer.lane().release(finished.weight());
                }
            }
            let parcel = peer.lane().take()?;
            let weight = parcel.weight();
            match parcel {
                Parcel { load: Load::Letter(letter), confirm } => {
                    return self.descended(now, node, peer, UnderWay { letter, weight, confirm, sealed: None });
                }
                parcel => self.donation = Some(parcel),
            }
        }
    }

    /// A message as the interceptors let it go. Where that is several, they follow each other as frames; the last of them stands for
    /// the whole message, in the lane's account and for the request that waits.
    fn descended(&mut self, now: Now, node: &Node, peer: &Peer, whole: UnderWay) -> Option<UnderWay> {
        let (id, body) = (whole.letter.id, whole.letter.body.clone());
        // The message as it is above the interceptors, where it can be read, with the options of its frames.
        let log = |sent: &Letter| log::sent(peer.id().address(), id, &body, node.frame_options(sent.options));
        if !node.changes_messages() || is_too_large(node, peer, &whole.letter) {
            log(&whole.letter);
            return Some(whole);
        }
        let UnderWay { letter, weight, confirm, .. } = whole;
        let sealed = node.seals_for().map(|_| now.monotonic);
        let frame = |letter| UnderWay { letter, weight: 0, confirm: None, sealed };
        self.pieces.extend(node.descend(now, letter, &mut self.member).into_iter().map(frame));
        // One entry of the lane's account stands for the whole; each other piece is released like an entry too.
        (1..self.pieces.len()).for_each(|_| peer.lane().charge(0));
        if let Some(last) = self.pieces.back_mut() {
            log(&last.letter);
            (last.weight, last.confirm) = (weight, confirm);
        }
        self.pieces.pop_front()
    }
}
