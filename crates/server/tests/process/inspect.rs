//! `outlive inspect`: files, the standard input as it comes, and the exit code.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

use crate::support::{outlive, output};

const ACK: &[u8] = b"FLT2002\0\0\0\x03\x06\x02\x03TLF2003";

fn inspected(line: &str, input: &[u8]) -> Output {
    let mut child = piped(line).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The pipe holds far more than these inputs.
    stdin.write_all(input).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn piped(line: &str) -> Command {
    let mut command = outlive(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn check(line: &str, input: &[u8], code: i32, lines: &[&str]) {
    let output = inspected(line, input);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(out.lines().collect::<Vec<_>>(), lines, "{line}: {err}");
    assert_eq!((output.status.code(), err.as_str()), (Some(code), ""), "{line}");
}

#[test]
fn the_exit_code_tells_of_error_lines() {
    let acks = [r#"{"kind":"ack","offset":0,"length":21}"#, r#"{"kind":"ack","offset":21,"length":21}"#];
    check("inspect -", &[ACK, ACK].concat(), 0, &acks);
    check("inspect -", b"", 0, &[]);
    let error = r#"{"kind":"error","offset":0,"length":3,"error":"expected the frame header FLT2002, found 787878464c543230…"}"#;
    check("inspect --as TCP -", &[b"xxx", ACK].concat(), 1, &[error, r#"{"kind":"ack","offset":3,"length":21}"#]);
}

#[test]
fn what_cannot_be_done_is_one_sentence() {
    let missing = output("inspect no/such/file");
    let told = String::from_utf8(missing.stderr).unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(told.starts_with("outlive: no/such/file cannot be read: ") && told.lines().count() == 1, "{told}");
    for line in ["inspect", "inspect - --as pcap", "inspect - --interceptors zip", "inspect - --encrypt xyz"] {
        let refused = output(line);
        assert_eq!(refused.status.code(), Some(2), "{line}");
        assert_eq!(refused.stdout, b"", "{line}");
    }
}

/// While a capture is running, each message is shown as soon as it is there.
#[test]
fn lines_come_before_the_input_ends() {
    let mut child = piped("inspect -").spawn().unwrap();
    let (mut stdin, mut lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
    for offset in [0, 21] {
        stdin.write_all(ACK).unwrap();
        let line = lines.next().unwrap().unwrap();
        assert_eq!(line, format!(r#"{{"kind":"ack","offset":{offset},"length":21}}"#));
    }
    drop(stdin);
    assert!(lines.next().is_none());
    assert!(child.wait().unwrap().success());
}

/// As in `tcpdump -w - | outlive inspect -`: it does not wait for the end of the capture.
#[test]
fn a_file_of_packets_is_told_at_once() {
    let mut child = piped("inspect -").spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x71\0\0\0").unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains("found a pcap file") && line.contains("tcpflow -r FILE -o flows"), "{line}");
    assert_eq!((lines.next().is_none(), child.wait().unwrap().code()), (true, Some(1)));
    drop(stdin);
}

/// As in `outlive inspect … | head`.
#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let mut child = piped("inspect -").spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    // It may be gone before all is written.
    let _ = stdin.write_all(&ACK.repeat(1000));
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn the_help_tells_how_to_capture() {
    let help = String::from_utf8(output("inspect --help").stdout).unwrap();
    for word in ["tcpdump", "tcpflow", "tshark", "--as", "--interceptors", "--encrypt", "exit code is 1"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}
