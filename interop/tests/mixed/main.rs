//! Three nodes, one or two of them Outlive, in each position: many requests over all routes of the session app, with clients that move
//! between the nodes. Each answer is compared with what the client knows; at the end all nodes are.
//!
//! A Tomcat's log is compared with those of three Tomcats that serve the same requests: see [`log`] for what it may say beyond them.
//!
//! | variable | meaning |
//! |---|---|
//! | `OUTLIVE_REQUESTS` | how many requests (300; the long tests and those at once 1,000) |
//! | `OUTLIVE_SEED` | chooses them (1) |

mod kind;
mod log;
mod shopper;
mod trio;

use std::process::ExitCode;

use anyhow::Result;
use kind::Kind::{self, Outlive as O, Tomcat as T};
use outlive_interop::Scene;
use outlive_interop::runner::{self, Test};

/// Requests of one short test.
const FEW: usize = 300;
/// Requests of one long test.
const MANY: usize = 1000;
/// Clients at the same time.
const AT_ONCE: usize = 6;

fn main() -> ExitCode {
    let test = |name, run| Test::new(name, run).with_outlive().with_tomcat();
    runner::main(&[
        test("tomcat_outlive_tomcat", |scene| play(scene, [T, O, T], FEW)),
        test("outlive_tomcat_outlive", |scene| play(scene, [O, T, O], FEW)),
        test("tomcat_outlive_tomcat_at_once", |scene| play_at_once(scene, [T, O, T])),
        test("outlive_tomcat_tomcat_at_once", |scene| play_at_once(scene, [O, T, T])),
        test("long_outlive_tomcat_tomcat", |scene| play(scene, [O, T, T], MANY)).by_name(),
        test("long_tomcat_outlive_tomcat", |scene| play(scene, [T, O, T], MANY)).by_name(),
        test("long_tomcat_tomcat_outlive", |scene| play(scene, [T, T, O], MANY)).by_name(),
        test("long_outlive_outlive_tomcat", |scene| play(scene, [O, O, T], MANY)).by_name(),
        test("long_outlive_tomcat_outlive", |scene| play(scene, [O, T, O], MANY)).by_name(),
        test("long_tomcat_outlive_outlive", |scene| play(scene, [T, O, O], MANY)).by_name(),
    ])
}

fn play(scene: &Scene, kinds: [Kind; 3], requests: usize) -> Result<()> {
    let requests = number("OUTLIVE_REQUESTS", requests);
    let seed = number("OUTLIVE_SEED", 1);
    println!("    {kinds:?}: {requests} requests of seed {seed}");
    let expected = log::of_three_tomcats(scene, requests, seed)?;
    let played = trio::play(scene, kinds, requests, seed, 1)?;
    println!("    {played}");
    log::compare(&expected, &played)
}

/// The same of several clients at the same time, so that messages of one session lie behind those of others.
fn play_at_once(scene: &Scene, kinds: [Kind; 3]) -> Result<()> {
    let requests = number("OUTLIVE_REQUESTS", MANY);
    let seed = number("OUTLIVE_SEED", 1);
    println!("    {kinds:?}: {requests} requests of seed {seed}, of {AT_ONCE} clients at once");
    let played = trio::play(scene, kinds, requests, seed, AT_ONCE)?;
    println!("    {played}");
    Ok(())
}

fn number(variable: &str, without: usize) -> usize {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(without)
}
