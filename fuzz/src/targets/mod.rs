//! The targets. Each module has `run`, which takes any bytes; most have a `check` too, which is the same for a decoder that is
//! given, so that a broken one can be put in its place (`tests/broken.rs`).

use crate::vectors::Vectors;

pub mod cookie;
pub mod datagram;
pub mod delta;
pub mod frame;
pub mod group;
pub mod java_serde;
pub mod java_stream;
pub mod java_value;
pub mod node;
pub mod rpc;
pub mod session_message;
pub mod state;

/// A target, and how it is fed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its module, of its program and of its corpus.
    pub name: &'static str,
    /// Takes any bytes.
    ///
    /// # Panics
    /// If one of its promises is broken.
    pub run: fn(&[u8]),
    /// What the vectors hold for it.
    pub(crate) seeds: fn(&Vectors) -> Vec<Vec<u8>>,
    /// How many inputs the replay gives it.
    pub replayed: usize,
    /// The longest input that libFuzzer makes: longer ones find nothing more, slower.
    pub longest: usize,
}

/// All targets.
pub const TARGETS: [Target; 12] = [
    Target { name: "frame", run: frame::run, seeds: frame::seeds, replayed: 12_000, longest: 16 << 10 },
    Target { name: "datagram", run: datagram::run, seeds: datagram::seeds, replayed: 6_000, longest: 4 << 10 },
    Target { name: "group", run: group::run, seeds: group::seeds, replayed: 2_000, longest: 2 << 10 },
    Target { name: "rpc", run: rpc::run, seeds: rpc::seeds, replayed: 12_000, longest: 4 << 10 },
    Target {
        name: "java_stream",
        run: java_stream::run,
        seeds: java_stream::seeds,
        replayed: 12_000,
        longest: 8 << 10,
    },
    Target { name: "java_value", run: java_value::run, seeds: java_value::seeds, replayed: 12_000, longest: 4 << 10 },
    Target { name: "java_serde", run: java_serde::run, seeds: java_serde::seeds, replayed: 6_000, longest: 2 << 10 },
    Target {
        name: "session_message",
        run: session_message::run,
        seeds: session_message::seeds,
        replayed: 12_000,
        longest: 4 << 10,
    },
    Target { name: "delta", run: delta::run, seeds: delta::seeds, replayed: 12_000, longest: 4 << 10 },
    Target { name: "state", run: state::run, seeds: state::seeds, replayed: 12_000, longest: 8 << 10 },
    Target { name: "cookie", run: cookie::run, seeds: cookie::seeds, replayed: 12_000, longest: 1 << 10 },
    Target { name: "node", run: node::run, seeds: node::seeds, replayed: 1_000, longest: 2 << 10 },
];

/// The target of that name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}
