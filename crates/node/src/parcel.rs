//! What lies in a lane: one thing to send to one peer.

use outlive_sync::{Confirm, Weight};

use crate::donation::Donation;
use crate::letter::Letter;

/// Bytes that a parcel counts beside its body: the frame's head and tail, and what holds it in memory.
const OVERHEAD: usize = 256;

/// One message for one peer, or a donation that becomes one message after the other.
#[derive(Debug)]
pub struct Parcel {
    /// What is sent.
    pub load: Load,
    /// The request that waits for it, if one does. Dropped with the parcel: acknowledged, or given up.
    pub confirm: Option<Confirm>,
}

/// What a [`Parcel`] holds.
#[derive(Debug)]
pub enum Load {
    /// One encoded message, shared by all peers that it goes to.
    Letter(Letter),
    /// The sessions of a context, encoded block by block when their turn comes.
    Donation(Box<Donation>),
}

impl From<Letter> for Parcel {
    fn from(letter: Letter) -> Self {
        Parcel { load: Load::Letter(letter), confirm: None }
    }
}

impl Weight for Parcel {
    fn weight(&self) -> usize {
        match &self.load {
            Load::Letter(letter) => letter.body.len() + OVERHEAD,
            // Its sessions are in memory anyhow, and what is encoded of them is one block at a time; but whoever asks again and
            // again gets a list each time.
            Load::Donation(donation) => donation.weight() + OVERHEAD,
        }
    }
}
