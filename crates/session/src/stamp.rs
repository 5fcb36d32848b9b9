//! When, and by whom, something was written: what decides between two writes of the same thing.

use outlive_tribes_proto::UniqueId;

/// The member that wrote, as a number; zero for writes of this node that were not sent yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Writer(pub u64);

impl From<UniqueId> for Writer {
    fn from(id: UniqueId) -> Self {
        // FNV-1a over all 16 bytes: ids of static members differ in the last six only.
        let hash =
            id.0.iter()
                .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        Writer(hash)
    }
}

/// The stamp of one register (an attribute, the user, the idle time).
///
/// `time` is a hybrid clock in milliseconds: the wall clock of the writer, moved past every stamp that the writer had
/// seen in the session, so a write that follows another by cause always has the larger stamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Milliseconds since 1970, never behind what the writer had seen.
    pub time: i64,
    /// Decides between equal times; any order will do, as long as all nodes use the same.
    pub writer: Writer,
    /// The time as the writer's message stated it. Differs from `time` only for writers that keep no hybrid clock.
    pub stated: i64,
}

impl Stamp {
    /// This stamp, if a write that carries it wins against one that carries `known`; all nodes decide alike.
    ///
    /// Two writes of one member are told apart by their own times, for a Tomcat has no others.
    pub fn over(self, known: Stamp) -> Option<Stamp> {
        let wins = if self.writer == known.writer {
            (self.stated, self.time) >= (known.stated, known.time)
        } else {
            (self.time, self.writer) > (known.time, known.writer)
        };
        wins.then_some(self)
    }
}

/// Who sent a change, and when by its own message: what an incoming change is compared by.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The member that wrote.
    pub writer: Writer,
    /// The message's own timestamp, milliseconds since 1970.
    pub stated: i64,
    /// Whether the writer's clock moves past the stamps it has seen. A Tomcat's does not.
    pub hybrid: bool,
}

impl Origin {
    /// Whether the order against the write that stands at `known` cannot be told: a Tomcat's clock gave both the same time.
    pub fn ties_with(self, known: Stamp) -> bool {
        !self.hybrid && known.writer == self.writer && known.stated == self.stated
    }

    /// The stamp for a write to a register that stands at `known`, or `None` if the register has something newer.
    ///
    /// From a writer with a hybrid clock the larger stamp wins. From a Tomcat only messages of the *same* sender can
    /// be told apart by their times: an older one never overwrites a newer one, and against another sender's write
    /// the one that arrives later wins, whatever the clocks say.
    pub fn overwrite(self, known: Stamp) -> Option<Stamp> {
        let stamp = Stamp { time: self.stated, writer: self.writer, stated: self.stated };
        if known.writer == self.writer {
            return (self.stated >= known.stated).then_some(Stamp { time: stamp.time.max(known.time), ..stamp });
        }
        if self.hybrid {
            return (stamp.time, stamp.writer).gt(&(known.time, known.writer)).then_some(stamp);
        }
        Some(Stamp { time: stamp.time.max(known.time.saturating_add(1)), ..stamp })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn origin(writer: u64, stated: i64, hybrid: bool) -> Origin {
        Origin { writer: Writer(writer), stated, hybrid }
    }

    #[test]
    fn the_larger_stamp_wins_on_every_node() {
        let first = origin(1, 10, true).overwrite(Stamp::default()).unwrap();
        let second = origin(2, 10, true).overwrite(first).unwrap();
        assert!(origin(1, 10, true).overwrite(second).is_none(), "the tie is broken one way only");
        assert!(origin(1, 11, true).overwrite(second).is_some());
    }

    #[test]
    fn the_same_message_again_changes_nothing() {
        let stamp = origin(1, 10, true).overwrite(Stamp::default()).unwrap();
        assert_eq!(origin(1, 10, true).overwrite(stamp), Some(stamp));
    }

    /// Source: `MessageDispatchInterceptor` sends from up to ten threads, so a Tomcat's own messages overtake each other.
    #[test]
    fn an_older_message_of_a_tomcat_never_overwrites_its_newer_one() {
        let newer = origin(7, 20, false).overwrite(Stamp::default()).unwrap();
        assert!(origin(7, 19, false).overwrite(newer).is_none());
        assert!(origin(7, 20, false).overwrite(newer).is_some(), "equal times cannot be told apart");
    }

    #[test]
    fn a_tomcat_whose_clock_is_behind_still_writes() {
        let ours = origin(1, 1_000_000, true).overwrite(Stamp::default()).unwrap();
        let theirs = origin(7, 5, false).overwrite(ours).unwrap();
        assert!(theirs.time > ours.time);
        assert!(origin(7, 6, false).overwrite(theirs).is_some(), "and writes again");
        assert!(origin(7, 4, false).overwrite(theirs).is_none());
    }
}
