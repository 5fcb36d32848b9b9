//! FragmentationInterceptor: large messages go out in pieces.
//!
//! ```text
//! message | 00                                   a whole one
//! piece | i32 index from 0 | i32 count | 01      one of several; id, options and time stamp are the message's
//! ```

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use super::{Interceptor, Layer, MemberPart, Message, Place};
use crate::error::PeerFault;
use crate::time::{Monotonic, Now};
use crate::unique_id::UniqueId;

/// Bytes of one piece, and of a message that stays whole, at most (Tomcat's `maxSize`).
pub const MAX_SIZE_DEFAULT: usize = 102_400;

/// How long pieces are kept, from the first one on (Tomcat's `expire`).
pub const EXPIRE_DEFAULT: Duration = Duration::from_secs(60);

/// Messages of one member that are put together at the same time, at most.
pub const OPEN_MAX: usize = 1024;

/// Bytes that a piece counts beside its content: a million empty ones are no small thing either.
const OVERHEAD: usize = 128;

/// What a piece has behind its content.
const TRAILER_LENGTH: usize = 9;

/// The name that faults carry.
const NAME: &str = "FragmentationInterceptor";

/// Cuts up what is sent, and puts together what each member sends.
///
/// Pieces are collected by sender and message, up to the bytes that the caller has room for. Nothing is reserved for what a
/// piece says of the others: Tomcat makes an array of as many entries as the first piece claims.
///
/// Source: Tomcat `FragmentationInterceptor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragmentation {
    /// Bytes of one piece at most. What others cut at does not matter to us.
    pub max_size: usize,
    /// How long pieces wait for the missing ones.
    pub expire: Duration,
}

impl Default for Fragmentation {
    fn default() -> Self {
        Fragmentation { max_size: MAX_SIZE_DEFAULT, expire: EXPIRE_DEFAULT }
    }
}

impl Interceptor for Fragmentation {
    fn name(&self) -> &'static str {
        NAME
    }

    fn place(&self) -> Place {
        Place::PerLink
    }

    fn layer(&self) -> Layer {
        Layer::Always
    }

    fn acts_on_send(&self) -> bool {
        true
    }

    fn member_part(&self) -> Option<Box<dyn MemberPart>> {
        Some(Box::new(Fragments { settings: *self, open: BTreeMap::new(), held_bytes: 0 }))
    }
}

/// The messages of one member that are not whole yet.
#[derive(Debug)]
struct Fragments {
    settings: Fragmentation,
    open: BTreeMap<UniqueId, Collection>,
    held_bytes: usize,
}

/// The pieces of one message.
#[derive(Debug)]
struct Collection {
    since: Monotonic,
    count: i32,
    pieces: BTreeMap<i32, Bytes>,
}

impl Collection {
    fn weight(&self) -> usize {
        self.pieces.values().map(|piece| piece.len() + OVERHEAD).sum()
    }
}

impl Fragments {
    fn drop_collection(&mut self, id: &UniqueId) -> Option<Collection> {
        let collection = self.open.remove(id)?;
        self.held_bytes = self.held_bytes.saturating_sub(collection.weight());
        Some(collection)
    }

    /// Keeps a piece; the whole message with the last one.
    fn collect(&mut self, now: Now, id: UniqueId, piece: &Piece<'_>, room: usize) -> Result<Option<Bytes>, PeerFault> {
        let refused = |why| Err(PeerFault::Refused { interceptor: NAME, why });
        if !self.open.contains_key(&id) && self.open.len() >= OPEN_MAX {
            return refused("pieces of too many messages at once");
        }
        let collection = self.open.entry(id).or_insert_with(|| Collection {
            since: now.monotonic,
            count: piece.count,
            pieces: BTreeMap::new(),
        });
        if collection.count != piece.count {
            self.drop_collection(&id);
            return refused("pieces of one message that disagree on their number");
        }
        if collection.pieces.contains_key(&piece.index) {
            // It was sent again, because its acknowledgement was lost.
            return Ok(None);
        }
        if self.held_bytes + piece.content.len() + OVERHEAD > room {
            self.drop_collection(&id);
            return refused("a message in pieces that is larger than what is taken");
        }
        self.held_bytes += piece.content.len() + OVERHEAD;
        // The copy keeps a short piece from holding a whole buffer of the connection.
        collection.pieces.insert(piece.index, Bytes::copy_from_slice(piece.content));
        if usize::try_from(collection.count) != Ok(collection.pieces.len()) {
            return Ok(None);
        }
        Ok(self.drop_collection(&id).map(|Collection { pieces, .. }| {
            let mut whole = BytesMut::with_capacity(pieces.values().map(Bytes::len).sum());
            pieces.values().for_each(|piece| whole.put_slice(piece));
            whole.freeze()
        }))
    }
}

/// What a piece says.
struct Piece<'a> {
    content: &'a [u8],
    index: i32,
    count: i32,
}

impl<'a> Piece<'a> {
    /// Without the last byte, which said that this is one.
    fn of(bytes: &'a [u8]) -> Option<Piece<'a>> {
        let (rest, count) = bytes.split_last_chunk()?;
        let (content, index) = rest.split_last_chunk()?;
        let (index, count) = (i32::from_be_bytes(*index), i32::from_be_bytes(*count));
        (index >= 0 && index < count).then_some(Piece { content, index, count })
    }
}

impl MemberPart for Fragments {
    fn send(&mut self, _now: Now, message: Message, down: &mut Vec<Message>) {
        let max_size = self.settings.max_size.max(1);
        if message.body.len() <= max_size {
            let mut body = BytesMut::with_capacity(message.body.len() + 1);
            body.put_slice(&message.body);
            body.put_u8(0);
            down.push(Message { body: body.freeze(), ..message });
            return;
        }
        let pieces = message.body.chunks(max_size);
        // A frame holds less than 2^31 bytes, so there are fewer pieces than that.
        let count = i32::try_from(pieces.len()).unwrap_or(i32::MAX);
        for (index, piece) in (0..count).zip(pieces) {
            let mut body = BytesMut::with_capacity(piece.len() + TRAILER_LENGTH);
            body.put_slice(piece);
            body.put_i32(index);
            body.put_i32(count);
            body.put_u8(1);
            down.push(Message { body: body.freeze(), ..message.clone() });
        }
    }

    fn receive(&mut self, now: Now, message: Message, room: usize, up: &mut Vec<Message>) -> Result<(), PeerFault> {
        let refused = |why| Err(PeerFault::Refused { interceptor: NAME, why });
        let Some((last, rest)) = message.body.split_last() else {
            return refused("a message without a trailer");
        };
        if *last == 0 {
            let body = message.body.slice(..rest.len());
            up.push(Message { body, ..message });
            return Ok(());
        }
        let Some(piece) = Piece::of(rest) else {
            return refused("neither a whole message nor a piece of one");
        };
        if let Some(body) = self.collect(now, message.id, &piece, room)? {
            up.push(Message { body, ..message });
        }
        Ok(())
    }

    fn overdue(&mut self, now: Now, _up: &mut Vec<Message>) {
        let old = |(id, collection): (&UniqueId, &Collection)| {
            (now.monotonic.since(collection.since) >= self.settings.expire).then_some(*id)
        };
        let old: Vec<UniqueId> = self.open.iter().filter_map(old).collect();
        for id in old {
            if let Some(collection) = self.drop_collection(&id) {
                let (pieces, count) = (collection.pieces.len(), collection.count);
                tracing::warn!(target: "tribes::fragmentation", message = %id, pieces, count, "a message never became whole");
            }
        }
    }

    fn release(&mut self, _up: &mut Vec<Message>) {
        self.open.clear();
        self.held_bytes = 0;
    }

    fn held_bytes(&self) -> usize {
        self.held_bytes
    }
}

#[cfg(test)]
mod tests;
