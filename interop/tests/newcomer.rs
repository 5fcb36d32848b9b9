//! A Tomcat that starts beside an Outlive node with many sessions: it waits 60 s for them at most, and not a session may be missing.
//!
//! Each session holds a string of 100 bytes and a counter. `OUTLIVE_SESSIONS` says how many of them (the long test: 100,000).

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::runner::{self, Test};
use outlive_interop::{Client, NodeSpec, OutliveNode, Scene, Server, TomcatNode};
use serde_json::json;

/// Has Tomcat log each message that it receives, with its kind.
const TOMCAT_LEVELS: &[(&str, &str)] = &[("org.apache.catalina.tribes.MESSAGES", "FINEST")];
/// Connections over which the sessions are made.
const MAKERS: usize = 4;
/// `stateTransferTimeout`: after that, a Tomcat serves without the state.
const TOMCAT_LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    runner::main(&[
        Test::new("a_tomcat_takes_5000_sessions", |scene| takes(scene, 5_000)).with_outlive().with_tomcat(),
        Test::new("a_tomcat_takes_100000_sessions", |scene| takes(scene, 100_000))
            .with_outlive()
            .with_tomcat()
            .by_name(),
    ])
}

fn takes(scene: &Scene, sessions: usize) -> Result<()> {
    let sessions = std::env::var("OUTLIVE_SESSIONS").ok().and_then(|number| number.parse().ok()).unwrap_or(sessions);
    let mut donor = OutliveNode::new(scene, NodeSpec::new("donor", 1))?;
    donor.start()?;
    let start = Instant::now();
    let cookies = made(donor.http(), sessions)?;
    println!("    {sessions} sessions made in {:.1?}; {} MiB", start.elapsed(), resident_mib(&donor)?);

    let mut newcomer =
        TomcatNode::new(scene, NodeSpec::new("newcomer", 2))?.with_large_jvm().with_log_levels(TOMCAT_LEVELS)?;
    let start = Instant::now();
    newcomer.start()?;
    let whole = start.elapsed();
    let log = fs::read_to_string(newcomer.process()?.log())?;
    let blocks =
        log.lines().filter(|line| line.contains("Receive Message") && line.contains(" is ALL-SESSION-DATA")).count();
    let waited = transfer_time(&log)?;
    println!(
        "    the newcomer answered after {whole:.1?}; it waited {waited:.1?} for the state, in {blocks} blocks; {} MiB",
        resident_mib(&newcomer)?
    );
    println!("    the donor holds {} MiB", resident_mib(&donor)?);
    ensure!(waited < TOMCAT_LIMIT, "the newcomer gave up after {waited:?}");
    ensure!(blocks > 1, "a state of {sessions} sessions came in {blocks} blocks");
    let held = newcomer.health()?.sessions;
    ensure!(held as usize == sessions, "the newcomer holds {held} sessions of {sessions}");
    for cookie in cookies.iter().step_by((sessions / 100).max(1)) {
        let answer = Client::of_cookie(cookie).get(newcomer.http(), "session", &[])?;
        ensure!(answer["attributes"] == json!({"counter": 1, "text": text()}), "a session at the newcomer: {answer}");
    }
    Ok(())
}

/// The time that a Tomcat tells in its own log.
fn transfer_time(log: &str) -> Result<Duration> {
    let line =
        log.lines().find(|line| line.contains("session state sent at")).context("the newcomer never had the state")?;
    let millis =
        line.split("received in [").nth(1).and_then(|rest| rest.split(']').next()?.replace(',', "").parse().ok());
    Ok(Duration::from_millis(millis.with_context(|| format!("no time in {line:?}"))?))
}

fn resident_mib(node: &dyn Server) -> Result<u64> {
    Ok(node.process()?.resident_bytes()? >> 20)
}

fn text() -> String {
    "abcdefghij".repeat(10)
}

/// Makes that many sessions over a few connections that stay open, and gives their cookies.
fn made(node: SocketAddr, sessions: usize) -> Result<Vec<String>> {
    let makers: Vec<_> = (0..MAKERS)
        .map(|maker| {
            let share = sessions / MAKERS + usize::from(maker < sessions % MAKERS);
            thread::spawn(move || made_over_one_connection(node, share))
        })
        .collect();
    let mut cookies = Vec::with_capacity(sessions);
    for maker in makers {
        cookies.extend(maker.join().map_err(|_| anyhow::anyhow!("a maker of sessions panicked"))??);
    }
    Ok(cookies)
}

fn made_over_one_connection(node: SocketAddr, sessions: usize) -> Result<Vec<String>> {
    let mut stream = TcpStream::connect(node)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let set = format!("GET /app/set?name=text&value={} HTTP/1.1\r\nHost: {node}\r\n\r\n", text());
    (0..sessions)
        .map(|_| {
            stream.write_all(set.as_bytes())?;
            let cookie = answered(&mut answers)?.context("a new session without a cookie")?;
            let count = format!("GET /app/counter HTTP/1.1\r\nHost: {node}\r\nCookie: JSESSIONID={cookie}\r\n\r\n");
            stream.write_all(count.as_bytes())?;
            answered(&mut answers)?;
            Ok(cookie)
        })
        .collect()
}

/// Reads one answer, which must be 200, and gives the session id that it sets.
fn answered(answers: &mut impl BufRead) -> Result<Option<String>> {
    let (mut cookie, mut length, mut line) = (None, 0, String::new());
    answers.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1.1 200"), "{line:?}");
    loop {
        line.clear();
        answers.read_line(&mut line)?;
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').with_context(|| format!("{header:?} is no header"))?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        } else if name.eq_ignore_ascii_case("set-cookie") {
            let pair = value.trim().split(';').next().unwrap_or_default();
            cookie = pair.strip_prefix("JSESSIONID=").map(str::to_owned);
        }
    }
    answers.read_exact(&mut vec![0; length])?;
    Ok(cookie)
}
