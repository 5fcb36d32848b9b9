//! A message that is not applied yet.

use std::sync::Arc;

use bytes::Bytes;

use crate::peer::Peer;

/// A message that is held back during a transfer, or waits for its session: its bytes, decoded again when its turn comes.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) peer: Arc<Peer>,
    pub(crate) body: Bytes,
}
