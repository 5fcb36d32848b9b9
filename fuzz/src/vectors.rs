//! All bytes from real JVMs and Tomcats that the project holds, sorted by what they are.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use outlive_serial::{Limits, ObjectInput, Read, Value};
use outlive_session::{SessionEvent, SessionMessage};
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::frame::{Frame, FrameReader};
use outlive_tribes_proto::wire::member::Member;

use crate::corpus::{files, folder, read};

/// Real bytes. Of those that differ in nothing but times and ids there is one: the first of each length.
#[derive(Debug, Default)]
pub(crate) struct Vectors {
    /// What one side of a connection sent.
    pub(crate) connections: Vec<Vec<u8>>,
    /// The datagrams that one node sent, in order.
    pub(crate) announcements: Vec<Vec<Vec<u8>>>,
    /// Messages: Java objects, and the texts of static members.
    pub(crate) messages: Vec<Vec<u8>>,
    /// RPC messages as Tomcat's classes write them.
    pub(crate) rpc: Vec<Vec<u8>>,
    /// Sessions that stores of Tomcats kept.
    pub(crate) stored: Vec<Vec<u8>>,
    /// Java streams of all kinds.
    pub(crate) java: Vec<Vec<u8>>,
    /// Configuration files as Tomcats have them, and the same as files of ours.
    pub(crate) configurations: Vec<Vec<u8>>,
}

impl Vectors {
    /// Reads them all.
    ///
    /// # Panics
    /// If they are not there, or cannot be cut into frames: the test of the vectors themselves says what is wrong.
    pub(crate) fn read() -> Vectors {
        let root = folder().join("..");
        let mut vectors = Vectors::default();
        for path in
            ["interop/vectors", "crates/tribes-proto/testdata"].iter().flat_map(|folder| files(&root.join(folder)))
        {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".c2s.bin") || name.ends_with(".s2c.bin") || name.ends_with(".tcp.bin") {
                vectors.connection(read(&path));
            } else if name.starts_with("multicast-") || name.ends_with(".multicast.bin") {
                vectors.announcements.push(records(&read(&path)));
            } else if name.ends_with(".ser") {
                vectors.rpc.push(read(&path));
            }
        }
        vectors.messages.extend(in_folder(&root.join("crates/session/testdata"), &["bin"]));
        vectors.stored = in_folder(&root.join("crates/session/testdata/stored"), &["session", "ser"]);
        vectors.java = in_folder(&root.join("crates/serial/testdata"), &["bin", "ser", "session"]);
        vectors.configurations = in_folder(&root.join("crates/config/testdata"), &["xml", "toml"]);
        for list in [&mut vectors.connections, &mut vectors.messages, &mut vectors.java] {
            *list = one_of_each_length(core::mem::take(list));
        }
        assert!(vectors.connections.len() > 50 && vectors.java.len() > 30, "where are the vectors?");
        vectors
    }

    fn connection(&mut self, bytes: Vec<u8>) {
        let (mut reader, mut rest) = (FrameReader::new(), BytesMut::from(&bytes[..]));
        while let Ok(Some(frame)) = reader.next(&mut rest) {
            if let Frame::Message(body) = frame {
                self.messages.extend(ChannelData::decode(&body).map(|data| data.message.to_vec()));
            }
        }
        self.connections.push(bytes);
    }

    /// The payloads of messages of one kind, or of all.
    pub(crate) fn payloads(&self, event: Option<SessionEvent>) -> Vec<Vec<u8>> {
        let decoded = self.messages.iter().filter_map(|bytes| SessionMessage::decode(bytes, &Limits::default()).ok());
        let wanted = decoded.filter(|message| event.is_none_or(|event| message.event == event));
        wanted.filter_map(|message| Some(message.payload?.into_owned())).collect()
    }

    /// The objects in all Java streams, each on its own.
    pub(crate) fn values(&self) -> Vec<Value> {
        self.java.iter().chain(&self.payloads(None)).flat_map(|bytes| objects(bytes)).collect()
    }
}

/// The objects of a stream that mixes them with primitive values.
fn objects(bytes: &[u8]) -> Vec<Value> {
    let mut objects = Vec::new();
    let Ok(mut input) = ObjectInput::new(bytes, Limits::default()) else { return objects };
    loop {
        match input.read_object() {
            Ok(Read::Value(value)) => objects.push(value),
            Ok(Read::Exception) => {}
            // A primitive value, perhaps.
            Err(_) if input.read_u8().is_ok() => {}
            Err(_) => return objects,
        }
    }
}

/// Cuts member records that stand one behind the other.
fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut records = Vec::new();
    while let Ok((_, length)) = Member::decode_prefix(&rest) {
        records.push(rest.split_to(length).to_vec());
    }
    records
}

fn in_folder(folder: &Path, extensions: &[&str]) -> Vec<Vec<u8>> {
    let wanted = |path: &Path| path.extension().is_some_and(|known| extensions.iter().any(|wanted| known == *wanted));
    files(folder).iter().filter(|path| wanted(path)).map(|path| read(path)).collect()
}

fn one_of_each_length(list: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut first = BTreeMap::new();
    for bytes in list {
        first.entry(bytes.len()).or_insert(bytes);
    }
    first.into_values().collect()
}
