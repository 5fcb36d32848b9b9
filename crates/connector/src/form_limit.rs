//! How long a form may be.

use http::Request;

/// In the extensions of each request whose form may have another length than the default. Source: Connector attribute `maxPostSize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormLimit(u64);

impl FormLimit {
    /// The most that any limit may be.
    pub const MAX: Self = Self(64 << 20);

    /// So many bytes, [`MAX`](Self::MAX) at most.
    pub fn new(bytes: u64) -> Self {
        Self(bytes.min(Self::MAX.0))
    }

    /// The limit in bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    pub(crate) fn apply<B>(self, request: &mut Request<B>) {
        if self != Self::default() {
            request.extensions_mut().insert(self);
        }
    }
}

impl Default for FormLimit {
    /// 2 MiB.
    fn default() -> Self {
        Self(2 << 20)
    }
}
