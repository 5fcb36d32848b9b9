//! Replicated maps: what `BackupManager`'s nodes tell each other.
//!
//! Source: Tomcat `AbstractReplicatedMap.MapMessage`.

use std::borrow::Cow;

use outlive_serial::{FieldValue, JavaView, Limits, Node, ObjectOutput, Stream};

use super::{Decoding, limits, member};
use crate::record::{Body, MapBody, MapValue, MemberRecord, SessionRecord, latin1};

pub(super) const CLASS: &str = "org.apache.catalina.tribes.tipis.AbstractReplicatedMap$MapMessage";
const SESSION: &str = "org.apache.catalina.ha.session.DeltaSession";
const LIST: &str = "java.util.ArrayList";

/// Tomcat's constants without `MSG_`, by number, from 1.
const MESSAGES: [&str; 13] = [
    "backup",
    "retrieve-backup",
    "proxy",
    "remove",
    "state",
    "start",
    "stop",
    "init",
    "copy",
    "state-copy",
    "access",
    "notify-mapmember",
    "ping",
];

/// How much longer than its message a session may become when what it shares is written out.
const INLINED_FACTOR: usize = 64;

impl Decoding {
    /// `outermost`: whether entries that it lists are messages again; those of an entry are not, so nothing recurses.
    pub(super) fn map(&mut self, node: Node<'_>, outermost: bool) -> MapBody {
        let field = |name| node.field(CLASS, name);
        let object = |name| field(name).and_then(FieldValue::object);
        let bytes = |name| object(name).and_then(Node::bytes);
        let number = field("msgtype").and_then(FieldValue::integer).unwrap_or(0);
        let message = usize::try_from(number).ok().and_then(|number| MESSAGES.get(number.wrapping_sub(1)));
        let message = message.map_or_else(|| Cow::Owned(format!("message-{number}")), |name| Cow::Borrowed(*name));
        let is_diff = field("diff").and_then(FieldValue::boolean).unwrap_or(false);
        let value = match (bytes("diffvalue"), bytes("valuedata")) {
            (Some(diff), _) if is_diff => MapValue::Delta { actions: self.delta(diff, "the change of a map's entry") },
            (_, Some(value)) => self.value(value, outermost),
            (_, None) => MapValue::View(JavaView::Null),
        };
        let members = |nodes: Node<'_>| {
            let members = nodes.elements().into_iter().flatten().flatten();
            members.filter_map(member::read).map(|member| MemberRecord::from(&member)).collect()
        };
        MapBody {
            map: bytes("mapId").map(latin1),
            message,
            key: bytes("keydata").map_or(JavaView::Null, |key| self.key(key)),
            value,
            nodes: object("nodes").map(members),
            primary: object("primary").and_then(member::read).map(|member| MemberRecord::from(&member)),
        }
    }

    fn stream(&mut self, bytes: &[u8], place: &str) -> Option<Stream> {
        let stream = Stream::decode_prefix(bytes, &limits(bytes));
        stream.map(|(stream, _)| stream).map_err(|error| self.fault(place, &error)).ok()
    }

    fn key(&mut self, bytes: &[u8]) -> JavaView {
        let stream = self.stream(bytes, "the key of a map's entry");
        stream.map_or(JavaView::Null, |stream| self.budget.show_node(stream.root()))
    }

    fn value(&mut self, bytes: &[u8], outermost: bool) -> MapValue {
        let Some(stream) = self.stream(bytes, "the value of a map's entry") else {
            return MapValue::View(JavaView::Null);
        };
        let Some(root) = stream.root() else { return MapValue::View(JavaView::Null) };
        match root.class_name().as_deref() {
            Some(SESSION) => match self.delta_session(root, bytes.len()) {
                Some(session) => MapValue::Session(Box::new(session)),
                None => MapValue::View(self.budget.show_node(Some(root))),
            },
            Some(LIST) if outermost => match messages(root) {
                Some(messages) => {
                    let entries = messages.into_iter().map(|entry| Body::Map(self.map(entry, false)));
                    MapValue::Entries(entries.collect())
                }
                None => MapValue::View(self.budget.show_node(Some(root))),
            },
            _ => MapValue::View(self.budget.show_node(Some(root))),
        }
    }

    /// A session as an object. What its class writes is what a state transfer holds for each session, so it is written out as a
    /// transfer of one.
    fn delta_session(&mut self, node: Node<'_>, length: usize) -> Option<SessionRecord> {
        let mut content = node.annotation(SESSION)?;
        let mut transfer = ObjectOutput::new();
        transfer.write_integer_object(1);
        let mut written = 0;
        while !content.at_end() {
            match content.object() {
                Some(Some(object)) => {
                    let value = object.to_value();
                    written += value.byte_len();
                    if written > Limits::default().string_bytes + length.saturating_mul(INLINED_FACTOR) {
                        self.faults.push("expected a session, found one whose values share far too much".into());
                        return None;
                    }
                    transfer.write_value(&value);
                }
                Some(None) => transfer.write_null(),
                None => transfer.write_bytes(&content.bytes()),
            }
        }
        self.sessions(&transfer.finish()).pop()
    }
}

/// The map messages that a list holds, if it holds nothing else. An empty list may be anything's.
fn messages(list: Node<'_>) -> Option<Vec<Node<'_>>> {
    let mut content = list.annotation(LIST)?;
    content.i32()?;
    let mut messages = Vec::new();
    while !content.at_end() {
        let message = content.object()??;
        if message.class_name().as_deref() != Some(CLASS) {
            return None;
        }
        messages.push(message);
    }
    Some(messages)
}
