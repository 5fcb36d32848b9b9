//! Bytes between the nodes, as the kernel's TCP counts them: nothing stands in the way and nothing is slowed down.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// IPv4 and TCP headers with the time stamp option, for each segment.
const HEADERS: u64 = 20 + 20 + 12;

/// Counters of the connections to a port, both ends of each, by address and port of the end.
#[derive(Debug)]
pub(crate) struct Traffic(BTreeMap<(String, String), u64>);

impl Traffic {
    /// Reads the counters of all connections that lead to the given port of any address.
    ///
    /// # Errors
    /// `ss` cannot be run, or says something else than it should.
    pub(crate) fn of_port(port: u16) -> Result<Self> {
        let filter = format!("( sport = {port} or dport = {port} )");
        let output = Command::new("ss")
            .args(["--tcp", "--info", "--numeric", "--no-header", "--oneline", "state", "connected", &filter])
            .output()
            .context("cannot start ss (package iproute2)")?;
        ensure!(output.status.success(), "ss: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().map(end).collect::<Result<_>>().map(Self)
    }

    /// IP bytes sent since, by either end of any of the connections. A connection that ended in between takes its bytes along.
    pub(crate) fn since(&self, before: &Self) -> u64 {
        let sent =
            |(end, bytes): (&(String, String), &u64)| bytes - before.0.get(end).copied().unwrap_or(0).min(*bytes);
        self.0.iter().map(sent).sum()
    }
}

/// One end of a connection: `ESTAB 0 0 10.77.0.1:4000 10.77.0.2:51000 … segs_out:7 … bytes_sent:123 …`.
fn end(line: &str) -> Result<((String, String), u64)> {
    let mut words = line.split_whitespace();
    let mut addresses = words.by_ref().skip(3).map(str::to_owned);
    let (local, remote) = addresses.next().zip(addresses.next()).with_context(|| format!("ss: {line:?}"))?;
    // A counter that is 0 is not shown.
    let counter = |name: &str| -> u64 {
        line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix(':')?.parse().ok()).unwrap_or(0)
    };
    Ok(((local, remote), counter("bytes_sent") + counter("segs_out") * HEADERS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read() {
        let line = "ESTAB 0 0 10.77.0.1:4000 10.77.0.2:51000 cubic wscale:10,10 bytes_sent:1000 bytes_acked:900 segs_out:10 segs_in:9";
        let (end, bytes) = end(line).unwrap();
        assert_eq!(end, ("10.77.0.1:4000".to_owned(), "10.77.0.2:51000".to_owned()));
        assert_eq!(bytes, 1520);
    }

    #[test]
    fn new_connections_count_from_zero() {
        let end = |name: &str| (name.to_owned(), String::new());
        let before = Traffic([(end("a"), 100), (end("gone"), 70)].into());
        let after = Traffic([(end("a"), 150), (end("new"), 30)].into());
        assert_eq!(after.since(&before), 80);
    }
}
