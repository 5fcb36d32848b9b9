//! How much may be shown of one message.

use outlive_serial::{JavaView, Node, Value};

/// What is left to be shown, in units of [`Value::view_within`].
///
/// A few lists that hold each other twice make a tree that is larger than any memory, and a thousand attributes may be the same large
/// object. So all values of a message are shown within one bound, which nothing reaches that is without such sharing.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    /// For a message or file of so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Budget((4 << 20) + bytes.saturating_mul(16))
    }

    pub(crate) fn show(&mut self, value: &Value) -> JavaView {
        // Nothing is looked at only to be left out.
        if self.is_spent() { JavaView::Cut } else { value.view_within(&mut self.0) }
    }

    pub(crate) fn show_node(&mut self, node: Option<Node<'_>>) -> JavaView {
        match node {
            None => JavaView::Null,
            Some(_) if self.is_spent() => JavaView::Cut,
            Some(node) => node.view_within(&mut self.0),
        }
    }

    /// Whether something was left out.
    pub(crate) fn is_spent(&self) -> bool {
        self.0 == 0
    }
}
