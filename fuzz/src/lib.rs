//! Fuzz targets: functions that take any bytes, look at them in every way this project has, and panic if a promise is broken.
//!
//! The same function runs in two places: over a fixed corpus in the test command (`tests/replay.rs`: the vectors of the project and
//! inputs that once failed, then those cut and flipped, in seconds), and under libFuzzer, which looks for new paths by the hour
//! (`fuzz_targets/`, one program each; `cargo xtask fuzz`).
//!
//! | module | what |
//! |---|---|
//! | [`targets`] | the targets, and what each promises |
//! | [`corpus`] | the inputs of the replay, and the first ones of libFuzzer |
//!
//! What all of them promise: no panic, and memory in proportion to the input (64 times, counted). A target that decodes also
//! demands that what it took comes out again; one that runs a state machine demands its invariants after each step.
//!
//! It is no measure of time, and has no second implementation to compare with: bytes that we and a Tomcat would read
//! differently look fine here, as long as we write them back.

pub mod corpus;
mod damage;
mod memory;
mod random;
pub mod targets;
mod vectors;
