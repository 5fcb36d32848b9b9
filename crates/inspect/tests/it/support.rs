//! Inputs, and what comes out of them.

use std::convert::Infallible;
use std::path::PathBuf;

use bytes::Bytes;
use outlive_inspect::{Inspector, Record, Settings};
use outlive_tribes_proto::time::UnixMillis;
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::send_options::SendOptions;
use outlive_tribes_proto::{Member, MemberId, UniqueId};

/// Every captured file, by name.
pub(crate) fn captures() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/tomcat-10.1.60");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|ending| ending != "jsonl")).collect();
    paths.sort_unstable();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// The settings that a captured file needs.
pub(crate) fn settings_of(name: &str) -> Settings {
    let key = name.contains("encrypt").then(|| "cafebabedeadbeefbeefcafecafebabe".parse().unwrap());
    Settings { key, ..Settings::default() }
}

/// All records of an input that comes in pieces of so many bytes.
pub(crate) fn in_pieces(bytes: &[u8], size: usize, settings: Settings) -> Vec<Record> {
    let mut records = Vec::new();
    let mut keep = |record| {
        records.push(record);
        Ok::<_, Infallible>(())
    };
    let mut inspector = Inspector::new(settings);
    for piece in bytes.chunks(size) {
        inspector.push(piece, &mut keep).unwrap();
    }
    inspector.finish(&mut keep).unwrap();
    records
}

pub(crate) fn records(bytes: &[u8]) -> Vec<Record> {
    in_pieces(bytes, usize::MAX, Settings::default())
}

/// A record without what is the same in all records made here.
pub(crate) fn line(record: &Record) -> String {
    let text = serde_json::to_string(record).unwrap();
    let from = serde_json::to_string(&outlive_inspect::MemberRecord::from(&sender())).unwrap();
    text.replace(&format!("\"from\":{from},"), "").replace("\"timestamp\":5,\"uniqueId\":\"", "\"id\":\"")
}

pub(crate) fn lines(records: &[Record]) -> String {
    records.iter().map(|record| line(record) + "\n").collect()
}

pub(crate) fn sender() -> Member {
    Member::new(MemberId { host: [10, 0, 0, 1].into(), port: 4000, unique_id: UniqueId([1; 16]) })
}

/// A frame at time 5, with an id of that byte.
pub(crate) fn frame(id: u8, options: u32, message: &[u8]) -> Vec<u8> {
    let data = ChannelData {
        options: SendOptions(options),
        timestamp: UnixMillis(5),
        id: UniqueId([id; 16]),
        source_record: sender().encode(),
        message: Bytes::copy_from_slice(message),
    };
    data.encode().unwrap().to_vec()
}
