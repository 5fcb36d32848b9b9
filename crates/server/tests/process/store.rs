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

/// A session as a Tomcat's FileStore has written it, and its id.
const STORED: &[u8] = include_bytes!("../../../inspect/testdata/tomcat-10.1.60/store-file-a-531C8B93.session");
const OF_TOMCAT: &str = "531C8B933D3B70E00D71F9BAF475E6E6.node-a";

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

fn fill(folder: &std::path::Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

/// A base folder with two applications on two hosts, each with a store of its own, in a database whose names are not Tomcat's, and in a
/// folder.
fn described(folder: &std::path::Path) {
    let server = r#"<Server port="-1"><GlobalNamingResources>
        <Resource name="jdbc/sessions" type="javax.sql.DataSource" url="jdbc:sqlite:${db}"/></GlobalNamingResources><Service name="s">
        <Engine name="Shop" defaultHost="a.example"><Host name="a.example" appBase="a"/><Host name="b.example" appBase="b"><Alias>b</Alias></Host>
        </Engine></Service></Server>"#;
    let table = r#"<Context><Manager className="org.apache.catalina.session.PersistentManager"><Store
        className="org.apache.catalina.session.DataSourceStore" dataSourceName="jdbc/sessions" sessionTable="mytab" sessionIdCol="i"
        sessionAppCol="a"/></Manager></Context>"#;
    let files = r#"<Context><Manager className="org.apache.catalina.session.PersistentManager"><Store
        className="org.apache.catalina.session.FileStore" directory="kept"/></Manager></Context>"#;
    fill(
        folder,
        &[
            ("conf/server.xml", server),
            ("a/shop/META-INF/context.xml", table),
            ("a/shop/WEB-INF/web.xml", "<web-app/>"),
            ("b/shop/META-INF/context.xml", files),
            ("b/shop/WEB-INF/web.xml", "<web-app/>"),
            ("b/plain/WEB-INF/web.xml", "<web-app/>"),
        ],
    );
}

#[test]
fn a_store_that_files_describe_is_the_one_that_they_describe() {
    let folder = tempfile::tempdir().unwrap();
    described(folder.path());
    let base = format!("--base {} -D db={}", folder.path().display(), folder.path().join("s.db").display());
    let line = |command: &str| texts(&output(&format!("store {command} {base}")));
    let (code, _, told) = line("init --context /shop");
    assert_eq!(code, Some(0), "{told}");
    let place = format!("SQLite in {}/s.db, table mytab, application /Shop/a.example/shop", folder.path().display());
    assert!(told.starts_with(&format!("ready: {place}")), "{told}");
    let (code, _, told) = line("init --host B --context /shop");
    // Under the base folder, as a Tomcat has it.
    let flat = ["work", "Shop", "b.example", "shop", "kept"]
        .iter()
        .fold(folder.path().to_owned(), |path, part| path.join(part));
    assert_eq!((code, told.trim_end()), (Some(0), format!("ready: files in {}", flat.display()).as_str()));

    // A Tomcat's own file, from the one into the other; the only application of a host needs no name.
    std::fs::write(flat.join(format!("{OF_TOMCAT}.session")), STORED).unwrap();
    let exported = folder.path().join("exported");
    let (code, _, told) = line(&format!("export {} --host b.example --context /shop", exported.display()));
    assert!(code == Some(0) && told.starts_with("1 sessions exported, 0 left out"), "{told}");
    let (code, _, told) = line(&format!("import {}", exported.display()));
    assert!(code == Some(0) && told.starts_with("1 sessions imported"), "{told}");
    assert!(line("list --ids").1.contains(OF_TOMCAT));
    // The folder is flat, and can be named as such: the help's own example.
    let (code, lines, told) = texts(&output(&format!("store export --store filestore:{}", flat.display())));
    assert_eq!((code, lines), (Some(0), std::fs::read_to_string(exported).unwrap()), "{told}");
}

#[test]
fn what_is_said_and_not_understood_names_no_other_store() {
    let folder = tempfile::tempdir().unwrap();
    described(folder.path());
    let base = format!("--base {} -D db=s.db", folder.path().display());
    let server = format!("{}/conf/server.xml", folder.path().display());
    for (line, told) in [
        ("--store postgres://h/d?sessionTable=mytab".to_owned(), "sessionTable is an attribute of a Store in a file"),
        ("--store postgres://h/d?tabel=mytab".to_owned(), "parameters without a meaning here: tabel"),
        ("--store sqlite:s.db?sessionTable=mytab".to_owned(), "has parameters, and a file of SQLite has none"),
        (
            "--store redis://h/0?prefix=x".to_owned(),
            "has parameters behind a question mark, and none has a meaning here",
        ),
        (format!("--store sqlite:s.db {base}"), "name two places"),
        ("--store sqlite:s.db --host a".to_owned(), "--host and -D say something of files"),
        (String::new(), "no store is named: give --store URL (or OUTLIVE_STORE), --base DIR or --config FILE"),
        (
            format!("{base} --context /other"),
            "--context /other: there is no such application of the host a.example; there are: /shop",
        ),
        (
            format!("{base} --host b.example"),
            "--context must name an application of the host b.example; there are: /plain, /shop",
        ),
        (format!("{base} --host c"), "--context must name an application of the host c; there are: none"),
        (
            format!("{base} --host b --context /plain"),
            "the Manager of application /plain of b.example: the StandardManager of application /plain of b.example has no Store",
        ),
    ] {
        let (code, listed, by) = texts(&output(&format!("store list {line}")));
        assert_eq!((code, listed.as_str()), (Some(2), ""), "{line}: {by}");
        assert!(by.contains(told) && by.lines().count() == 1, "{line}: {by}");
        assert!(!line.contains("--context") || by.contains(&server), "{line}: {by}");
    }
    let (code, _, told) = texts(&output("serve --receiver 127.0.0.1:0 --store filestore:/srv/sessions"));
    assert!(code == Some(2) && told.contains("a node has a folder for each in file:DIR"), "{told}");
}
