//! What lies in a lane: one thing to send to one peer.

use bytes::Bytes;
use outlive_session::Outgoing;
use outlive_sync::{Confirm, Weight};
use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::time::UnixMillis;
use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::donation::Donation;

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

/// One encoded message.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The message's id, the same for all peers and for each repetition.
    pub id: UniqueId,
    /// The sender's wall clock.
    pub timestamp: UnixMillis,
    /// Bits of the frame's options beside those for acknowledgement: `BYTE_MESSAGE`, or none.
    pub options: SendOptions,
    /// The message.
    pub body: Bytes,
}

impl Letter {
    /// A Java object.
    pub fn object(id: UniqueId, timestamp: UnixMillis, body: Bytes) -> Self {
        Letter { id, timestamp, options: SendOptions::NONE, body }
    }

    pub(crate) fn of(id: UniqueId, outgoing: Outgoing) -> Self {
        Letter::object(id, outgoing.timestamp, outgoing.body)
    }
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
            // Its sessions are in memory anyhow; what is encoded of them is one block at a time.
            Load::Donation(_) => OVERHEAD,
        }
    }
}
