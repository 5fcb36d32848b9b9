//! Group communication: datagrams and frames.

use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::datagram::Datagram;
use outlive_tribes_proto::wire::frame::{ACK, FAIL_ACK, Frame};

use crate::scenario::scenarios;

#[test]
fn datagrams_encode_to_the_same_bytes() {
    let mut seen = 0;
    for scenario in scenarios() {
        for (place, bytes) in scenario.datagrams() {
            let decoded = Datagram::decode(&bytes).unwrap_or_else(|error| panic!("{place}: {error}"));
            let Datagram::Heartbeat(member) = decoded else { panic!("{place}: no member record: {decoded:?}") };
            assert_eq!(member.encode(), bytes, "{place}");
            seen += 1;
        }
    }
    assert_eq!(seen, 175);
}

#[test]
fn frames_encode_to_the_same_bytes() {
    let mut seen = 0;
    for scenario in scenarios() {
        for stream in scenario.streams() {
            let mut start = 0;
            for (end, frame) in stream.frames() {
                let place = format!("{} at {start}", stream.file);
                let again = match frame {
                    Frame::Ack => ACK.to_vec(),
                    Frame::FailAck => FAIL_ACK.to_vec(),
                    Frame::Message(body) => {
                        let data = ChannelData::decode(&body).unwrap_or_else(|error| panic!("{place}: {error}"));
                        let source = data.source().unwrap_or_else(|error| panic!("{place}: {error}"));
                        // The sender's record, too, is put together anew from what was understood of it.
                        ChannelData { source_record: source.encode(), ..data }.encode().unwrap().to_vec()
                    }
                };
                assert_eq!(again, stream.bytes[start..end], "{place}");
                start = end;
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 597);
}

/// Each node is who the scenario says: its record names the address and the port where the others reach it.
#[test]
fn member_records_name_their_nodes() {
    for scenario in scenarios() {
        for message in scenario.messages() {
            let node = &scenario.facts["nodes"][&message.sender];
            let source = message.data.source().unwrap();
            let address = source.id().address();
            assert_eq!(Some(address.ip().to_string().as_str()), node["address"].as_str(), "{}", message.place);
            assert_eq!(Some(u64::from(address.port())), node["port"].as_u64(), "{}", message.place);
            assert_ne!(message.sender, message.receiver, "{}", message.place);
        }
    }
}
