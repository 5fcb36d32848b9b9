//! The targets. Each module has `run`, which takes any bytes; most have a `check` too, which is the same for a decoder that is
//! given, so that a broken one can be put in its place (`tests/broken.rs`).

use crate::vectors::Vectors;

pub mod ajp;
pub mod config;
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
pub mod stored;

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

macro_rules! target {
    ($module:ident, replayed: $replayed:expr, longest: $longest:expr) => {
        Target {
            name: stringify!($module),
            run: $module::run,
            seeds: $module::seeds,
            replayed: $replayed,
            longest: $longest,
        }
    };
}

/// All targets.
pub const TARGETS: [Target; 15] = [
    target!(frame, replayed: 12_000, longest: 16 << 10),
    target!(datagram, replayed: 12_000, longest: 4 << 10),
    target!(group, replayed: 2_000, longest: 2 << 10),
    target!(rpc, replayed: 12_000, longest: 4 << 10),
    target!(java_stream, replayed: 12_000, longest: 8 << 10),
    target!(java_value, replayed: 12_000, longest: 4 << 10),
    target!(java_serde, replayed: 6_000, longest: 2 << 10),
    target!(session_message, replayed: 12_000, longest: 4 << 10),
    target!(delta, replayed: 12_000, longest: 4 << 10),
    target!(state, replayed: 6_000, longest: 8 << 10),
    target!(stored, replayed: 6_000, longest: 4 << 10),
    target!(cookie, replayed: 12_000, longest: 1 << 10),
    target!(ajp, replayed: 12_000, longest: 4 << 10),
    target!(config, replayed: 6_000, longest: 4 << 10),
    target!(node, replayed: 1_000, longest: 2 << 10),
];

/// The target of that name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}
