//! The beginning of an RPC message, which is read without the Java objects in it.
//!
//! - What was read is written so that it is read as the same.
//! - The answer "nobody takes that" is read as what it is, with the same ids.

use bytes::Bytes;
use outlive_tribes_proto::rpc::Rpc;

use crate::memory::bounded;
use crate::vectors::Vectors;

/// The target.
pub fn run(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let again = match bounded(data.len(), 0, || Rpc::decode(&bytes)) {
        Ok(Some(Rpc::Message(message))) => {
            let answer = message.no_channel();
            assert_eq!(Rpc::decode(&answer.encode()), Ok(Some(Rpc::NoChannel(answer))));
            (message.encode(), Rpc::Message(message))
        }
        Ok(Some(Rpc::NoChannel(answer))) => (answer.encode(), Rpc::NoChannel(answer)),
        Ok(None) | Err(_) => return,
    };
    assert_eq!(Rpc::decode(&again.0), Ok(Some(again.1)), "written so that it is read as the same");
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    vectors.rpc.clone()
}
