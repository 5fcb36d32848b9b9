//! What may lie in a folder that others write to.

#![allow(clippy::unwrap_used, reason = "a test may end with any error")]

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use outlive_serial::Limits;
use outlive_session::{SessionId, StoredSession};
use outlive_store::{FileStore, Grave, Save, Saved, SessionHead, SessionRecord, Store, StoreFault};
use outlive_tribes_proto::time::UnixMillis;

/// A session that a Tomcat wrote.
const SESSION: &[u8] = include_bytes!("../../session/testdata/stored/types.session");

fn id(text: &str) -> SessionId {
    SessionId::parse(text).unwrap()
}

/// The session under another id, accessed at another time.
fn stored(text: &str, accessed: i64) -> Vec<u8> {
    let mut session = StoredSession::decode(SESSION, &Limits::default()).unwrap();
    session.state.id = text.into();
    session.state.last_accessed = UnixMillis(accessed);
    session.state.this_accessed = UnixMillis(accessed);
    session.encode()
}

fn save(text: &str, accessed: i64) -> Save {
    let head =
        SessionHead { id: id(text), is_valid: true, max_inactive_seconds: 1800, last_accessed: UnixMillis(accessed) };
    Save { record: SessionRecord { head, data: stored(text, accessed).into(), version: None }, force: false }
}

/// A file that nobody is writing any more.
fn put(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(folder.join(name), bytes).unwrap();
    let old = SystemTime::now() - Duration::from_secs(60);
    File::options().write(true).open(folder.join(name)).unwrap().set_modified(old).unwrap();
}

async fn ids(store: &FileStore) -> Vec<String> {
    store.heads(None, 100).await.unwrap().iter().map(|head| head.id.as_str().to_owned()).collect()
}

async fn fresh() -> (tempfile::TempDir, FileStore) {
    let place = tempfile::tempdir().unwrap();
    let store = FileStore::new(place.path());
    store.init().await.unwrap();
    (place, store)
}

#[tokio::test]
async fn a_torn_file_is_set_aside_and_counted() {
    let (place, store) = fresh().await;
    let whole = stored("A.n", 5);
    let other = stored("B.n", 5);
    let cases: [&[u8]; 6] =
        [b"", b"no stream", &whole[..100], &whole[..whole.len() - 1], &other, &[&whole[..], b"p"].concat()];
    for (broken, bytes) in (1..).zip(cases) {
        put(place.path(), "A.n.session", bytes);
        assert_eq!(store.load(&id("A.n")).await.unwrap_err().fault(), StoreFault::Corrupt);
        assert_eq!(store.broken(), broken);
        assert_eq!(fs::read(place.path().join("A.n.session.broken")).unwrap(), bytes);
        assert_eq!(store.load(&id("A.n")).await.unwrap(), None);
    }
    // Without its head it is not even listed.
    put(place.path(), "A.n.session", &whole[..100]);
    put(place.path(), "C.n.session", &stored("C.n", 5));
    assert_eq!(ids(&store).await, ["C.n"]);
    assert_eq!(store.broken(), 7);
    assert!(!place.path().join("A.n.session").exists());
}

#[tokio::test]
async fn a_file_that_is_being_written_is_left_alone() {
    let (place, store) = fresh().await;
    let path = place.path().join("A.n.session");
    fs::write(&path, &SESSION[..100]).unwrap();
    assert_eq!(store.load(&id("A.n")).await.unwrap_err().fault(), StoreFault::Unavailable);
    assert_eq!(ids(&store).await, [""; 0]);
    assert_eq!((store.broken(), path.exists()), (0, true));
    fs::write(&path, stored("A.n", 5)).unwrap();
    assert!(store.load(&id("A.n")).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_no_file_is_neither_followed_nor_waited_for() {
    let (place, store) = fresh().await;
    let secret = place.path().join("secret");
    fs::write(&secret, stored("A.n", 5)).unwrap();
    std::os::unix::fs::symlink(&secret, place.path().join("A.n.session")).unwrap();
    fs::create_dir(place.path().join("B.n.session")).unwrap();
    assert!(Command::new("mkfifo").arg(place.path().join("C.n.session")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(place.path().join("D.n.session")).unwrap();
    for text in ["A.n", "B.n", "C.n", "D.n"] {
        assert_eq!(store.load(&id(text)).await.unwrap(), None, "{text}");
        assert!(!store.forget(&id("E.n"), UnixMillis(i64::MAX)).await.unwrap());
    }
    assert_eq!(ids(&store).await, [""; 0]);
    assert_eq!(store.expired(UnixMillis(i64::MAX), 10).await.unwrap(), []);
    // A save takes the place of a link, a pipe and a socket, and leaves what they name alone; a folder stays.
    for (text, kept) in [("A.n", true), ("B.n", false), ("C.n", true), ("D.n", true)] {
        assert_eq!(store.save(&save(text, 7)).await.is_ok_and(|saved| matches!(saved, Saved::Kept(_))), kept, "{text}");
    }
    assert_eq!(ids(&store).await, ["A.n", "C.n", "D.n"]);
    assert_eq!(fs::read(secret).unwrap(), stored("A.n", 5));
}

#[tokio::test]
async fn foreign_files_are_left_alone() {
    let (place, store) = fresh().await;
    let foreign = ["a b.session", ".session", "..session", "x.session.tmp", "README", "A.n.session~", "\u{e4}.session"];
    for name in foreign {
        put(place.path(), name, b"mine");
    }
    let long = format!("{}.session", "L".repeat(241));
    put(place.path(), &long, b"mine");
    assert_eq!(ids(&store).await, [""; 0]);
    assert_eq!(store.load(&id(&"L".repeat(241))).await.unwrap(), None);
    assert_eq!(store.save(&save(&"L".repeat(241), 1)).await.unwrap_err().fault(), StoreFault::TooLarge);
    assert!(foreign.iter().all(|name| fs::read(place.path().join(name)).unwrap() == b"mine"));
    assert_eq!(store.broken(), 0);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read() {
    let (place, store) = fresh().await;
    let store = store.with_bytes_max(700);
    put(place.path(), "A.n.session", &stored("A.n", 5));
    assert!(store.load(&id("A.n")).await.unwrap().is_some());
    // A hole, which takes no room on the disk and would take all memory.
    File::options().write(true).open(place.path().join("A.n.session")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(store.load(&id("A.n")).await.unwrap_err().fault(), StoreFault::TooLarge);
    assert_eq!(ids(&store).await, ["A.n"], "its head can be read");
    let mut large = save("B.n", 5);
    large.record.data = vec![0; 701].into();
    assert_eq!(store.save(&large).await.unwrap_err().fault(), StoreFault::TooLarge);
}

#[tokio::test]
async fn what_a_crash_left_is_deleted_and_what_is_being_written_is_not() {
    let (place, store) = fresh().await;
    let writing = place.path().join(".outlive/writing");
    put(&writing, "dead", &SESSION[..100]);
    put(&writing, "alive", &SESSION[..100]);
    let alive = File::options().write(true).open(writing.join("alive")).unwrap();
    rustix::fs::flock(&alive, rustix::fs::FlockOperation::LockExclusive).unwrap();
    store.init().await.unwrap();
    assert_eq!((writing.join("dead").exists(), writing.join("alive").exists()), (false, true));
    drop(alive);
    store.init().await.unwrap();
    assert!(!writing.join("alive").exists());
}

#[tokio::test]
async fn of_two_files_of_one_session_the_one_accessed_last_counts() {
    let (place, store) = fresh().await;
    for (route, accessed) in [("n", 5), ("m", 9), ("", 7)] {
        let id = id("A").with_route(route);
        put(place.path(), &format!("{}.session", id.as_str()), &stored(id.as_str(), accessed));
    }
    // The routes of Tomcats are learnt when the folder is listed.
    assert_eq!(ids(&store).await, ["A.m"]);
    for text in ["A", "A.n", "A.m", "A.x"] {
        assert_eq!(store.load(&id(text)).await.unwrap().unwrap().head.id.as_str(), "A.m");
    }
    assert!(!store.forget(&id("A"), UnixMillis(8)).await.unwrap());
    assert!(matches!(store.save(&save("A.x", 3)).await.unwrap(), Saved::Kept(_)));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2, "the session and the store's own folder");
}

#[tokio::test]
async fn more_routes_than_can_be_tried_are_looked_for() {
    let (place, store) = fresh().await;
    for number in 0..300 {
        assert!(matches!(store.save(&save(&format!("A.n{number}"), number)).await.unwrap(), Saved::Kept(_)));
    }
    assert_eq!(ids(&store).await, ["A.n299"]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    assert_eq!(store.load(&id("A.n7")).await.unwrap().unwrap().head.id.as_str(), "A.n299");
}

#[tokio::test]
async fn a_session_that_a_tomcat_writes_or_deletes_is_another_version() {
    let (place, store) = fresh().await;
    let Saved::Kept(first) = store.save(&save("A.n", 5)).await.unwrap() else { panic!() };
    let mut next = save("A.n", 6);
    next.record.version = first;
    put(place.path(), "A.n.session", &stored("A.n", 8));
    let Saved::Changed(Some(there)) = store.save(&next).await.unwrap() else { panic!() };
    assert_eq!(there.head.last_accessed, UnixMillis(8));
    fs::remove_file(place.path().join("A.n.session")).unwrap();
    assert_eq!(store.save(&next).await.unwrap(), Saved::Changed(None));
    next.force = true;
    assert!(matches!(store.save(&next).await.unwrap(), Saved::Kept(_)));
}

#[tokio::test]
async fn a_session_that_comes_back_behind_its_grave_is_not_seen() {
    let (place, store) = fresh().await;
    let grave = Grave { moved_to: None, keep_until: UnixMillis(100) };
    store.bury(&id("A.n"), &grave).await.unwrap();
    // A Tomcat that had the session in memory.
    put(place.path(), "A.n.session", &stored("A.n", 5));
    assert_eq!(store.load(&id("A.n")).await.unwrap(), None);
    assert_eq!(ids(&store).await, [""; 0]);
    // A grave that nobody can read is kept.
    put(&place.path().join(".outlive/graves"), "A", b"?");
    assert_eq!(store.clear_graves(UnixMillis(i64::MAX)).await.unwrap(), 0);
    assert!(matches!(store.save(&save("A.n", 6)).await.unwrap(), Saved::Buried(_)));
}

#[tokio::test]
async fn a_folder_that_went_away_is_no_empty_folder() {
    let (place, store) = fresh().await;
    store.save(&save("A.n", 5)).await.unwrap();
    let moved = place.path().with_extension("moved");
    fs::rename(place.path(), &moved).unwrap();
    for fault in [
        store.load(&id("A.n")).await.unwrap_err().fault(),
        store.load(&id("B.n")).await.unwrap_err().fault(),
        store.save(&save("A.n", 6)).await.unwrap_err().fault(),
        store.heads(None, 10).await.unwrap_err().fault(),
        store.check().await.unwrap_err().fault(),
    ] {
        assert_eq!(fault, StoreFault::Unavailable);
    }
    fs::rename(&moved, place.path()).unwrap();
    store.check().await.unwrap();
    assert!(store.load(&id("A.n")).await.unwrap().is_some());
}
