//! What a Tomcat says, as a set of shapes: each line without its time, its thread, and all that differs from run to run.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use outlive_interop::Scene;
use outlive_interop::tomcat::OF_A_SLOW_MACHINE;

use crate::kind::Kind;
use crate::trio::{self, Played};

/// The lines that a Tomcat may log beside Outlive nodes and does not among Tomcats, by a part of each, with the reason.
const ALLOWED: [(&str, &str); 2] = [
    (
        "payload #",
        "a member record is printed whole, and that of an Outlive node has a payload by which ours know each other",
    ),
    (OF_A_SLOW_MACHINE, "whether its generator of random numbers took 100 ms to be made is the machine's affair"),
];

/// All that three Tomcats say while they serve the same requests.
pub(crate) fn of_three_tomcats(scene: &Scene, requests: usize, seed: usize) -> Result<BTreeSet<String>> {
    let played = trio::play(scene, [Kind::Tomcat; 3], requests, seed, 1)?;
    Ok(played.tomcats.values().flat_map(|logged| shapes(&logged.text)).collect())
}

/// Nothing is said that three Tomcats do not say, beyond what is allowed; and each Tomcat did get messages of ours.
pub(crate) fn compare(expected: &BTreeSet<String>, played: &Played) -> Result<()> {
    for (name, logged) in &played.tomcats {
        ensure!(logged.from_outlive > 0, "{name} got no message of an Outlive node");
        let new: Vec<String> = shapes(&logged.text)
            .difference(expected)
            .filter(|shape| !ALLOWED.iter().any(|(part, _)| shape.contains(part)))
            .cloned()
            .collect();
        ensure!(new.is_empty(), "{name} logs what no Tomcat does among Tomcats:\n{}", new.join("\n"));
    }
    Ok(())
}

/// The shapes of a log's lines: level, place and text, with one `#` for numbers and ids, however many. The lines about single messages,
/// which only these tests ask for, are left out.
fn shapes(log: &str) -> BTreeSet<String> {
    log.lines().filter(|line| !line.contains(" FINE")).map(shape).collect()
}

/// `01-Jan-2026 12:00:00.000 INFO [main] org.apache.X.y text` without time and thread. A line of another form (of a stack trace) stays.
fn shape(line: &str) -> String {
    let mut words = line.splitn(4, ' ');
    let parts = (words.next(), words.next(), words.next(), words.next());
    let (level, rest) = match parts {
        (Some(_), Some(_), Some(level @ ("INFO" | "WARNING" | "SEVERE" | "CONFIG")), Some(rest)) => (level, rest),
        _ => ("", line),
    };
    let rest = if level.is_empty() { rest } else { rest.split_once("] ").map_or(rest, |(_, rest)| rest) };
    let mut shape = level.to_owned();
    for word in rest.split(|c: char| !c.is_alphanumeric() && c != '.' && c != '-').filter(|word| !word.is_empty()) {
        let word = if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word };
        if word != "#" || !shape.ends_with(" #") {
            shape.push(' ');
            shape.push_str(word);
        }
    }
    shape
}
