//! Members as Java objects.

use bytes::Bytes;
use outlive_serial::{FieldValue, JavaView, Node};
use outlive_tribes_proto::Member;

use crate::budget::Budget;
use crate::record::MemberRecord;

const CLASS: &str = "org.apache.catalina.tribes.membership.MemberImpl";
const STATIC: &str = "org.apache.catalina.tribes.membership.StaticMember";

/// The member that an object is.
///
/// Source: Tomcat `MemberImpl.writeExternal`.
pub(super) fn read(node: Node<'_>) -> Option<Member> {
    let mut content = node.annotation(CLASS).filter(|content| !content.clone().at_end());
    let content = match &mut content {
        Some(content) => content,
        None => &mut node.annotation(STATIC)?,
    };
    let length = usize::try_from(content.i32()?).ok()?;
    Member::decode(&Bytes::from(content.take(length)?)).ok()
}

/// An object, in which members, that hide theirs in one block of bytes, have fields.
pub(super) fn view(node: Node<'_>, budget: &mut Budget) -> JavaView {
    if let Some(member) = read(node) {
        return fields(&node.class_name().unwrap_or_default(), &member);
    }
    let mut view = budget.show_node(Some(node));
    if let JavaView::Object { fields: shown, .. } = &mut view {
        // Both are in the order of the stream.
        for (field, (_, place)) in node.fields().zip(shown) {
            if let FieldValue::Object(Some(inside)) = field.value
                && let Some(member) = read(inside)
            {
                *place = fields(&inside.class_name().unwrap_or_default(), &member);
            }
        }
    }
    view
}

fn fields(class: &str, member: &Member) -> JavaView {
    let MemberRecord { host, port, secure_port, udp_port, domain, unique_id, alive, command, payload } =
        MemberRecord::from(member);
    let text = JavaView::String;
    let fields = [
        ("host", text(host)),
        ("port", JavaView::Integer(port.into())),
        ("securePort", JavaView::Integer(secure_port)),
        ("udpPort", JavaView::Integer(udp_port)),
        ("domain", text(domain)),
        ("uniqueId", text(unique_id)),
        ("alive", JavaView::Long(alive)),
        ("command", text(command)),
        ("payload", JavaView::Bytes(payload.0.to_vec())),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
    JavaView::Object { class: class.to_owned(), fields }
}
