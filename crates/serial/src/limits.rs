//! What a reader takes from a stranger at most.

/// Bounds that hold while bytes are decoded. Whatever they are, memory stays in proportion to the input: no length that the
/// bytes *claim* is ever allocated before as many bytes are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep objects may lie inside each other. Java's own reader recurses; far more than this overflows its stack.
    pub depth: usize,
    /// How many things one object may hold: objects, strings, descriptors, fields, blocks.
    pub nodes: usize,
    /// The longest single string, in bytes of modified UTF-8.
    pub string_bytes: usize,
}

impl Limits {
    /// For bytes that were checked when they came in: nothing is refused because of its size.
    pub(crate) const CHECKED: Limits = Limits { depth: usize::MAX, nodes: usize::MAX, string_bytes: usize::MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 256, nodes: 1 << 20, string_bytes: 16 << 20 }
    }
}
