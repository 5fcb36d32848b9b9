//! `Member` and `LocalMember`.

use crate::domain::signed_bytes;
use crate::model::Member;
use crate::raw::Element;
use crate::reader::{Class, Reader};

const MEMBERS: [&str; 1] = ["org.apache.catalina.tribes.membership.StaticMember"];

/// The members in an element, and this node's own.
pub(crate) fn read_members(reader: &mut Reader, element: &Element) -> (Option<Member>, Vec<Member>) {
    let local = element.child("LocalMember").map(|child| read_member(reader, child));
    let members: Vec<_> = element.children("Member").collect();
    let members = members.into_iter().map(|child| {
        let member = read_member(reader, child);
        if member.host.is_empty() || member.port == 0 {
            reader.fault(&child.place, format!("{} must have a host and a port", child.path));
        }
        member
    });
    let members = members.collect();
    (local, members)
}

fn read_member(reader: &mut Reader, element: &Element) -> Member {
    let class = reader.class(element, &MEMBERS);
    if matches!(class, Class::Unknown(_)) {
        reader.refuse_class(element, class, &MEMBERS);
    }
    let mut member = Member::default();
    reader.settings(element, &mut [&mut member]);
    reader.children(element, &[]);
    if member.host.starts_with('{') {
        let address = signed_bytes(&member.host).ok().and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        match address {
            Some(address) => member.host = std::net::Ipv4Addr::from(address).to_string(),
            None => {
                let text =
                    format!("{}: host is impossible: it must be a name, an address, or {{127,0,0,1}}", element.path);
                reader.fault(&element.place, text);
            }
        }
    }
    member
}
