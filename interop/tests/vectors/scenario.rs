//! A scenario's files: what the nodes sent, in the order in which it passed, and what was done to them.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::frame::{Frame, FrameReader};
use serde_json::Value as Json;

/// How many scenarios there are: a test that goes over fewer has not seen them all.
const SCENARIOS: usize = 38;

/// The same, of those with interceptors.
const WITH_INTERCEPTORS: usize = 5;

/// One folder of `interop/vectors`.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) facts: Json,
    folder: PathBuf,
}

/// One direction of one connection.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) file: String,
    pub(crate) bytes: Bytes,
    pub(crate) sender: String,
    receiver: String,
    /// `[ms, offset, length]` of the pieces as they passed.
    chunks: Vec<[usize; 3]>,
}

/// A message as it passed on the network.
#[derive(Debug)]
pub(crate) struct Passed {
    /// When its last byte passed, in ms since the capture began.
    pub(crate) ms: usize,
    /// The letters of the nodes.
    pub(crate) sender: String,
    pub(crate) receiver: String,
    /// File and number of the frame in it, for messages of a failed test.
    pub(crate) place: String,
    pub(crate) data: ChannelData,
}

/// All scenarios with the interceptors that every node has, by name.
pub(crate) fn scenarios() -> Vec<Scenario> {
    of_folder("tomcat-10.1.60", SCENARIOS)
}

/// All scenarios whose nodes had one interceptor more, by name.
pub(crate) fn scenarios_with_interceptors() -> Vec<Scenario> {
    of_folder("tomcat-10.1.60-interceptors", WITH_INTERCEPTORS)
}

fn of_folder(name: &str, count: usize) -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    let mut scenarios: Vec<Scenario> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let folder = entry.unwrap().path();
            let text = fs::read_to_string(folder.join("scenario.json")).unwrap();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            Scenario { name, facts: serde_json::from_str(&text).unwrap(), folder }
        })
        .collect();
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(scenarios.len(), count, "in {}", folder.display());
    scenarios
}

impl Scenario {
    /// Each direction of each connection.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        let listed = self.facts["streams"].as_array().unwrap();
        listed
            .iter()
            .map(|stream| {
                let file = stream["file"].as_str().unwrap();
                Stream {
                    file: format!("{}/{file}", self.name),
                    bytes: fs::read(self.folder.join(file)).unwrap().into(),
                    sender: stream["sender"].as_str().unwrap().to_owned(),
                    receiver: stream["receiver"].as_str().unwrap().to_owned(),
                    chunks: triples(&stream["chunks"]),
                }
            })
            .collect()
    }

    /// Each multicast datagram with its place.
    pub(crate) fn datagrams(&self) -> Vec<(String, Bytes)> {
        let mut datagrams = Vec::new();
        for file in self.facts["multicast"].as_array().unwrap() {
            let name = file["file"].as_str().unwrap();
            let bytes = Bytes::from(fs::read(self.folder.join(name)).unwrap());
            for [ms, offset, length] in triples(&file["datagrams"]) {
                let place = format!("{}/{name} at {ms} ms", self.name);
                datagrams.push((place, bytes.slice(offset..offset + length)));
            }
        }
        datagrams
    }

    /// All messages of all connections, in the order in which they were complete on the network.
    pub(crate) fn messages(&self) -> Vec<Passed> {
        let mut messages = Vec::new();
        for stream in self.streams() {
            for (number, (end, frame)) in stream.frames().into_iter().enumerate() {
                let Frame::Message(body) = frame else { continue };
                let place = format!("{}, frame {}", stream.file, number + 1);
                let data = ChannelData::decode(&body).unwrap_or_else(|error| panic!("{place}: {error}"));
                let ms = stream.passed_at(end);
                messages.push(Passed {
                    ms,
                    sender: stream.sender.clone(),
                    receiver: stream.receiver.clone(),
                    place,
                    data,
                });
            }
        }
        // Stable: what passed in the same millisecond stays in the order of its connection.
        messages.sort_by_key(|message| message.ms);
        messages
    }
}

impl Stream {
    /// Each frame with the offset of its end.
    pub(crate) fn frames(&self) -> Vec<(usize, Frame)> {
        let (mut reader, mut rest, mut frames) = (FrameReader::new(), BytesMut::from(&self.bytes[..]), Vec::new());
        while let Some(frame) = reader.next(&mut rest).unwrap_or_else(|fault| panic!("{}: {fault}", self.file)) {
            frames.push((self.bytes.len() - rest.len(), frame));
        }
        assert!(rest.is_empty(), "{}: {} bytes behind the last frame", self.file, rest.len());
        frames
    }

    /// When the byte before `end` passed.
    pub(crate) fn passed_at(&self, end: usize) -> usize {
        let chunk = self.chunks.iter().find(|[_, offset, length]| (*offset..offset + length).contains(&(end - 1)));
        chunk.unwrap_or_else(|| panic!("{}: no chunk up to {end}", self.file))[0]
    }
}

fn triples(list: &Json) -> Vec<[usize; 3]> {
    let triple = |of: &Json| std::array::from_fn(|i| of[i].as_u64().unwrap().try_into().unwrap());
    list.as_array().unwrap().iter().map(triple).collect()
}
