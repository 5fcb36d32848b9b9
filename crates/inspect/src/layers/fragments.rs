//! FragmentationInterceptor: the parts of messages, until all of one are there.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::wire::frame::LIMIT_DEFAULT;

use crate::fault;
use crate::record::Record;

/// How much is kept of messages that are not whole yet.
const KEPT_MAX: usize = LIMIT_DEFAULT;
/// What a part costs beside its bytes.
const PART_OVERHEAD: usize = 128;
/// How many of the missing parts are told by number.
const MISSING_SHOWN: usize = 8;

/// What a message of this interceptor is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It was short enough.
    Whole(Bytes),
    /// One of many.
    Piece { piece: Bytes, index: i32, count: i32 },
}

/// Takes the trailer off.
pub(super) fn split(message: &Bytes) -> Result<Part, String> {
    match &message[..] {
        [.., 0] => Ok(Part::Whole(message.slice(..message.len() - 1))),
        [piece @ .., i0, i1, i2, i3, c0, c1, c2, c3, 1] => {
            let (index, count) = (i32::from_be_bytes([*i0, *i1, *i2, *i3]), i32::from_be_bytes([*c0, *c1, *c2, *c3]));
            if index < 0 || index >= count {
                return Err(format!("expected a part below the number of parts, found {index} of {count}"));
            }
            Ok(Part::Piece { piece: message.slice(..piece.len()), index, count })
        }
        _ => Err(fault::expected("00 or 01 behind a fragment", message, message.len().saturating_sub(1))),
    }
}

/// The parts that came.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    messages: BTreeMap<UniqueId, Collected>,
    /// The ids, the oldest first.
    ages: BTreeSet<(u64, UniqueId)>,
    kept: usize,
}

#[derive(Debug)]
struct Collected {
    /// Where the first part stands in the input.
    first: u64,
    count: i32,
    parts: BTreeMap<i32, Bytes>,
    kept: usize,
}

impl Fragments {
    /// Keeps a part, and gives the message if it is whole. Where too much is kept, the oldest are given up: that is told at the part that
    /// was too much, so that lines stay in the order of the bytes.
    #[expect(clippy::too_many_arguments, reason = "a part is that much")]
    pub(super) fn add<E>(
        &mut self,
        offset: u64,
        length: u64,
        id: UniqueId,
        piece: &Bytes,
        index: i32,
        count: i32,
        sink: &mut impl FnMut(Record) -> Result<(), E>,
    ) -> Result<Option<Bytes>, E> {
        let ages = &mut self.ages;
        let collected = self.messages.entry(id).or_insert_with(|| {
            ages.insert((offset, id));
            Collected { first: offset, count, parts: BTreeMap::new(), kept: 0 }
        });
        if collected.count != count {
            let error = format!("expected a part of {} like those before, found one of {count}", collected.count);
            sink(Record::error(offset, length, error))?;
            return Ok(None);
        }
        // A copy, so that a part keeps no more alive than itself. What is sent twice counts once.
        if collected.parts.insert(index, Bytes::copy_from_slice(piece)).is_none() {
            collected.kept += piece.len() + PART_OVERHEAD;
            self.kept += piece.len() + PART_OVERHEAD;
        }
        if collected.parts.len() == count as usize {
            return Ok(self.remove(id).map(|collected| {
                let mut whole = BytesMut::new();
                collected.parts.values().for_each(|part| whole.extend_from_slice(part));
                whole.freeze()
            }));
        }
        while self.kept > KEPT_MAX {
            let Some((_, oldest)) = self.ages.first().copied() else { break };
            self.give_up(oldest, offset, length, sink)?;
        }
        Ok(None)
    }

    /// Gives up all at the end of the input, where it shows that no more parts come.
    pub(super) fn finish<E>(&mut self, end: u64, sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        while let Some((_, oldest)) = self.ages.first().copied() {
            self.give_up(oldest, end, 0, sink)?;
        }
        Ok(())
    }

    fn remove(&mut self, id: UniqueId) -> Option<Collected> {
        let collected = self.messages.remove(&id)?;
        self.ages.remove(&(collected.first, id));
        self.kept -= collected.kept;
        Some(collected)
    }

    fn give_up<E>(
        &mut self,
        id: UniqueId,
        offset: u64,
        length: u64,
        sink: &mut impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(Collected { first, count, parts, .. }) = self.remove(id) else { return Ok(()) };
        let missing = (0..count).filter(|index| !parts.contains_key(index)).map(|index| (index + 1).to_string());
        let mut shown: Vec<_> = missing.take(MISSING_SHOWN + 1).collect();
        if shown.len() > MISSING_SHOWN {
            shown[MISSING_SHOWN] = "…".into();
        }
        let shown = shown.join(", ");
        let found = parts.len();
        let error =
            format!("expected all {count} parts of message {id}, found {found} from byte {first} on: without {shown}");
        sink(Record::error(offset, length, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &'static str, index: i32, count: i32) -> Bytes {
        [text.as_bytes(), &index.to_be_bytes(), &count.to_be_bytes(), &[1]].concat().into()
    }

    fn add(fragments: &mut Fragments, errors: &mut Vec<String>, offset: u64, id: u8, message: Bytes) -> Option<Bytes> {
        let Ok(Part::Piece { piece, index, count }) = split(&message) else { panic!("no part") };
        let mut sink = |record: Record| {
            errors.push(format!("{} {:?}", record.offset, record.content));
            Ok::<_, std::convert::Infallible>(())
        };
        fragments.add(offset, 9, UniqueId([id; 16]), &piece, index, count, &mut sink).unwrap()
    }

    #[test]
    fn parts_become_a_message_in_any_order() {
        let (mut fragments, mut errors) = (Fragments::default(), Vec::new());
        assert_eq!(add(&mut fragments, &mut errors, 0, 1, piece("c", 2, 3)), None);
        assert_eq!(add(&mut fragments, &mut errors, 1, 2, piece("x", 0, 2)), None);
        assert_eq!(add(&mut fragments, &mut errors, 2, 1, piece("a", 0, 3)), None);
        assert_eq!(add(&mut fragments, &mut errors, 3, 1, piece("a", 0, 3)), None, "the same again");
        assert_eq!(add(&mut fragments, &mut errors, 4, 1, piece("b", 1, 3)), Some(Bytes::from("abc")));
        assert_eq!(errors, [""; 0]);
        assert_eq!(fragments.messages.len(), 1);
        assert_eq!(add(&mut fragments, &mut errors, 5, 2, piece("y", 1, 3)), None);
        assert!(errors[0].contains("expected a part of 2"), "{errors:?}");
    }

    #[test]
    fn the_oldest_are_given_up() {
        let (mut fragments, mut errors) = (Fragments::default(), Vec::new());
        let large: &'static str = "x".repeat(KEPT_MAX / 4).leak();
        for id in 0..5 {
            assert_eq!(add(&mut fragments, &mut errors, id.into(), id, piece(large, 1, 3)), None);
        }
        assert!(fragments.kept <= KEPT_MAX);
        assert_eq!(errors.len(), 2);
        assert!(errors[0].starts_with("3 ") && errors[1].starts_with("4 "), "where it shows: {errors:?}");
        assert!(errors[0].contains("found 1 from byte 0 on: without 1, 3"), "{errors:?}");
    }

    #[test]
    fn impossible_parts_are_refused() {
        for message in [piece("a", 3, 3), piece("a", -1, 3), Bytes::from_static(b"a\x02"), Bytes::new()] {
            assert!(split(&message).is_err(), "{message:?}");
        }
        assert_eq!(split(&Bytes::from_static(b"a\0")), Ok(Part::Whole(Bytes::from_static(b"a"))));
    }
}
