//! What a message says.

use bytes::Bytes;
use outlive_serial::{DecodeError, Limits, Node, Stream};
use outlive_session::{MessageFault, SessionMessage};

use crate::budget::Budget;
use crate::fault;
use crate::record::{Body, Hex, Shown};

mod delta;
mod map;
mod member;
mod rpc;
mod session;
pub(crate) mod unreadable;

/// How Java begins a stream.
const STREAM: &[u8] = &[0xac, 0xed, 0, 5];

/// The decoding of one message: what may still be shown of it, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Decoding {
    budget: Budget,
    pub(crate) faults: Vec<String>,
}

impl Decoding {
    pub(crate) fn of(message: &[u8]) -> Self {
        Decoding { budget: Budget::of(message.len()), faults: Vec::new() }
    }

    /// What could not be read, a sentence each.
    pub(crate) fn into_faults(mut self) -> impl Iterator<Item = String> {
        if self.budget.is_spent() {
            self.faults
                .push("expected values that can be shown, found some that share so much that they are cut".into());
        }
        self.faults.into_iter()
    }

    fn fault(&mut self, place: &str, error: &DecodeError) {
        self.faults.push(format!("in {place}, at byte {}: {}", error.offset, error.kind()));
    }

    /// A whole message; `raw`: it need not be a Java object.
    pub(crate) fn body(&mut self, message: &Bytes, raw: bool) -> Body {
        let bytes = || Body::Bytes { hex: Hex(message.clone()) };
        if !message.starts_with(STREAM) {
            if !raw {
                self.faults.push(fault::expected("a Java object", message, 0));
            }
            return bytes();
        }
        match SessionMessage::decode(message, &limits(message)) {
            Ok(session) => Body::Session(self.session(&session)),
            Err(MessageFault::Class(_)) => match Stream::decode_prefix(message, &limits(message)) {
                Ok((stream, _)) => self.object(&stream),
                Err(error) => {
                    self.fault("the message", &error);
                    bytes()
                }
            },
            Err(_) if raw => bytes(),
            Err(MessageFault::Stream(error)) => {
                self.fault("the message", &error);
                bytes()
            }
            Err(fault) => {
                self.faults.push(format!("expected a whole session message, found {fault}"));
                bytes()
            }
        }
    }

    fn object(&mut self, stream: &Stream) -> Body {
        match stream.root() {
            Some(root) => self.node(root),
            None => Body::Object { class: "null".into(), value: Shown::NULL },
        }
    }

    /// A Java object that is a message or a part of one.
    fn node(&mut self, node: Node<'_>) -> Body {
        let class = node.class_name().unwrap_or_default().into_owned();
        match class.as_str() {
            rpc::CLASS => self.rpc(node).unwrap_or_else(|| self.opaque(node, class)),
            rpc::NO_CHANNEL => self.no_channel(node).unwrap_or_else(|| self.opaque(node, class)),
            map::CLASS => Body::Map(self.map(node, true)),
            _ => Body::Object { value: Shown::View(member::view(node, &mut self.budget)), class },
        }
    }

    /// An object of a known class that does not hold what its class writes.
    fn opaque(&mut self, node: Node<'_>, class: String) -> Body {
        self.faults.push(format!("expected what {class} writes, found something else"));
        Body::Object { class, value: Shown::View(self.budget.show_node(Some(node))) }
    }
}

/// As many parts as so many bytes may have: what a peer refuses is shown here nevertheless.
fn limits(bytes: &[u8]) -> Limits {
    let limits = Limits::default();
    Limits { nodes: limits.nodes.max(bytes.len() / 4), string_bytes: limits.string_bytes.max(bytes.len()), ..limits }
}
