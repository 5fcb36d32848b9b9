//! Who is there.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::unique_id::MemberId;
use crate::wire::member::Member;

/// The members that the failure detector has verified, without this node itself. Never changed once published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Counts the views of this node; 0 is the empty one before the first.
    pub number: u64,
    /// Oldest first: the longest alive, equal ones in absolute order. Their alive times are those of the moment of
    /// publication. Static members, which tell no alive time, stand in absolute order.
    pub members: Vec<Arc<Member>>,
}

impl View {
    /// Whether that member is in it.
    pub fn contains(&self, id: &MemberId) -> bool {
        self.get(id).is_some()
    }

    /// That member, if it is in it.
    pub fn get(&self, id: &MemberId) -> Option<&Arc<Member>> {
        self.members.iter().find(|member| member.id == *id)
    }

    /// The oldest member: whom a Tomcat that starts asks for the state.
    pub fn oldest(&self) -> Option<&Arc<Member>> {
        self.members.first()
    }

    /// Whether it has these members in this order with these payloads; alive times do not matter.
    pub(crate) fn shows(&self, members: &[Member]) -> bool {
        let same = |(shown, member): (&Arc<Member>, &Member)| shown.id == member.id && shown.payload == member.payload;
        self.members.len() == members.len() && self.members.iter().zip(members).all(same)
    }
}
