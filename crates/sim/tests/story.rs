//! The nine steps in the simulated world, and that a seed always does the same.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

use outlive_sim::nine_steps::play;
use outlive_sim::run::run;
use outlive_sim::trace::Trace;

#[test]
fn the_nine_steps() {
    for (is_static, is_synchronous) in [(false, true), (false, false), (true, true), (true, false)] {
        for seed in 0..5 {
            play(seed, is_static, is_synchronous, &mut Trace::hashing()).unwrap();
        }
    }
}

#[test]
fn the_nine_steps_are_the_same_each_time() {
    let hash = |seed| {
        let mut trace = Trace::hashing();
        play(seed, false, true, &mut trace).unwrap();
        trace.hash()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

/// Words are only kept when a seed is played again; that must not change what happens.
#[test]
fn a_seed_does_the_same_each_time() {
    for seed in 0..8 {
        let first = run(seed, &mut Trace::hashing());
        let mut trace = Trace::telling(5);
        let again = run(seed, &mut trace);
        assert_eq!(first.violation, None, "seed {seed}");
        assert_eq!((first.hash, first.time, first.checked), (again.hash, again.time, again.checked), "seed {seed}");
        assert_eq!(trace.recent().count(), 5);
    }
}
