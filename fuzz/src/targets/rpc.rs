//! The beginning of an RPC message, which is read without the Java objects in it.
//!
//! - What was read is written so that it is read as the same.
//! - The answer "nobody takes that" is read as what it is, with the same ids.
//! - A message of the static membership that was read is written so that it is read as the same.

use bytes::Bytes;
use outlive_tribes_proto::membership::static_service::MemberMessage;
use outlive_tribes_proto::rpc::Rpc;
use outlive_tribes_proto::{Member, MemberId, UniqueId};

use crate::memory::bounded;
use crate::vectors::Vectors;

/// The target.
pub fn run(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let again = match bounded(data.len(), 0, || Rpc::decode(&bytes)) {
        Ok(Some(Rpc::Message(message))) => {
            if let Ok(member) = bounded(data.len(), 0, || MemberMessage::decode_body(&message)) {
                let record =
                    Member::new(MemberId { host: [10, 0, 0, 1].into(), port: 4000, unique_id: UniqueId([7; 16]) })
                        .encode();
                let again = member.in_rpc(message.reply, message.uuid.clone(), &record);
                assert_eq!(MemberMessage::decode_body(&again).as_ref(), Ok(&member));
                assert_eq!(MemberMessage::decode_alone(&member.alone(&record)), Ok(member));
            }
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
