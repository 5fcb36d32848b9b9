//! `outlive store`: sessions out of one kind of store and into another.

use std::io::Write;
use std::process::{Output, Stdio};

use crate::support::{outlive, output};

/// Two lines of an export; the bytes are no Java, which no store looks at.
const EXPORT: &str = concat!(
    r#"{"id":"AA.n1","valid":true,"max_inactive":1800,"last_accessed":1700000000000,"data":"rO0ABQ=="}"#,
    "\n",
    r#"{"id":"BB.n2","valid":true,"max_inactive":-1,"last_accessed":1700000000001,"data":"rO0ABQE="}"#,
    "\n"
);

fn imported(store: &str, lines: &str) -> Output {
    let mut command = outlive(&format!("store import --store {store}"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn texts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn sessions_go_from_one_store_into_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions.db");
    let store = format!("sqlite:{}", file.display());
    let (code, _, told) = texts(&output(&format!("store init --store {store}")));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("ready: SQLite in "), "{told}");

    let (code, _, told) = texts(&imported(&store, EXPORT));
    assert!(told.starts_with("2 sessions imported, 0 older than those there, 0 ended: SQLite in "), "{told}");
    assert_eq!(code, Some(0));
    let (code, lines, told) = texts(&output(&format!("store export --store {store}")));
    assert_eq!((code, lines.as_str()), (Some(0), EXPORT), "{told}");
    assert!(told.starts_with("2 sessions exported, 0 left out: "), "{told}");
    // What is there is as new.
    assert!(texts(&imported(&store, EXPORT)).2.starts_with("0 sessions imported, 2 older than those there, 0 ended: "));

    // A list shows no id unless it is told to.
    let (_, listed, _) = texts(&output(&format!("store list --store {store}")));
    assert!(listed.lines().count() == 2 && !listed.contains("AA.n1") && !listed.contains("data"), "{listed}");
    let (_, listed, _) = texts(&output(&format!("store list --ids --store {store}")));
    let whole = r#"{"id":"AA.n1","valid":true,"max_inactive":1800,"last_accessed":1700000000000}"#;
    assert_eq!(listed.lines().next(), Some(whole));
    assert_eq!(texts(&output(&format!("store list --store {store} --context /other"))).1, "");
}

#[test]
fn what_cannot_be_done_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}/sessions.db", folder.path().display());
    for (lines, place) in
        [("no line\n", "line 1: it is no line"), (&format!("{EXPORT}{{}}\n"), "line 3: it is no line")]
    {
        let (code, _, told) = texts(&imported(&store, lines));
        assert_eq!((code, told.lines().count()), (Some(1), 1), "{told}");
        assert!(told.starts_with("outlive: the standard input, ") && told.contains(place), "{told}");
    }
    let refused = |line: &str| texts(&output(line));
    let (code, _, told) = refused("store list --store oracle://u:secret@h/d");
    assert_eq!((code, told.lines().count()), (Some(2), 1), "{told}");
    assert!(told.contains("there is no store of the kind \"oracle\"") && !told.contains("secret"), "{told}");
    // A server that is not there: the port 1 of this machine.
    let (code, _, told) = refused("store list --store redis://:secret@127.0.0.1:1");
    assert_eq!((code, told.lines().count()), (Some(1), 1), "{told}");
    assert!(
        told.starts_with("outlive: --store: Redis at 127.0.0.1:1/0 cannot be reached") && !told.contains("secret"),
        "{told}"
    );
    let (code, _, told) = refused(&format!("store list --store sqlite:{}/none.db", folder.path().display()));
    assert_eq!(code, Some(1));
    assert!(told.trim_end().ends_with("has no table tomcat$sessions: 'outlive store init' makes it"), "{told}");
}
