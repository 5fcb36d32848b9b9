//! Requests and replies over the channel.
//!
//! Read by the object graph: what is inside shares the handles of the message around it.
//!
//! Source: Tomcat `RpcMessage.writeExternal`, `RpcMessage.NoRpcChannelReply.writeExternal`.

use bytes::Bytes;
use outlive_serial::{Annotation, Node};

use super::Decoding;
use crate::record::{Body, Hex, Shown};

pub(super) const CLASS: &str = "org.apache.catalina.tribes.group.RpcMessage";
pub(super) const NO_CHANNEL: &str = "org.apache.catalina.tribes.group.RpcMessage$NoRpcChannelReply";

impl Decoding {
    /// `None`: it is not what the class writes.
    pub(super) fn rpc(&mut self, node: Node<'_>) -> Option<Body> {
        let mut content = node.annotation(CLASS)?;
        let reply = content.boolean()?;
        let (uuid, rpc_id) = (sized(&mut content)?, sized(&mut content)?);
        let inside = content.object()?;
        Some(Body::Rpc { rpc_id, uuid, reply, body: inside.map(|node| Box::new(self.inside(node))) })
    }

    /// "Nobody here takes that": a reply whose body is its own class, so that it is no reply of null.
    pub(super) fn no_channel(&mut self, node: Node<'_>) -> Option<Body> {
        let mut content = node.annotation(NO_CHANNEL)?;
        let (uuid, rpc_id) = (sized(&mut content)?, sized(&mut content)?);
        let body = Body::Object { class: NO_CHANNEL.into(), value: Shown::NULL };
        Some(Body::Rpc { rpc_id, uuid, reply: true, body: Some(Box::new(body)) })
    }

    /// What a request or reply carries. One inside of another is shown as an object, so nothing recurses.
    fn inside(&mut self, node: Node<'_>) -> Body {
        match node.class_name() {
            Some(class) if class == CLASS || class == NO_CHANNEL => {
                let value = Shown::View(self.budget.show_node(Some(node)));
                Body::Object { class: class.into_owned(), value }
            }
            _ => self.node(node),
        }
    }
}

fn sized(content: &mut Annotation<'_>) -> Option<Hex> {
    let length = usize::try_from(content.i32()?).ok()?;
    content.take(length).map(|bytes| Hex(Bytes::from(bytes)))
}
