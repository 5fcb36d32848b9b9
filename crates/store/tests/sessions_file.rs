//! `SESSIONS.ser`: taken once, never half written, and not thrown away where it is broken.

#![allow(clippy::unwrap_used, reason = "a test may end with any error")]

use std::fs;

use outlive_store::{LoadedSessions, SessionsFile, StoreFault};

/// Three sessions, written by a Tomcat.
const THREE: &[u8] = include_bytes!("../../session/testdata/stored/three.ser");

fn ids(loaded: &LoadedSessions) -> Vec<&str> {
    loaded.sessions.iter().map(|session| session.state.id.as_str()).collect()
}

#[tokio::test]
async fn a_tomcats_file_is_taken_and_written_again() {
    let place = tempfile::tempdir().unwrap();
    let file = SessionsFile::new(place.path().join("work/SESSIONS.ser"));
    assert_eq!(file.load().await.unwrap(), LoadedSessions::default());
    fs::create_dir(place.path().join("work")).unwrap();
    fs::write(file.path(), THREE).unwrap();
    let loaded = file.load().await.unwrap();
    assert_eq!((ids(&loaded).len(), &loaded.fault), (3, &None));
    assert!(file.path().exists(), "nobody has taken the sessions yet");
    assert_eq!(file.load().await.unwrap(), loaded);
    file.taken(&loaded).await.unwrap();
    assert!(!file.path().exists());
    file.save(loaded.sessions).await.unwrap();
    assert_eq!(fs::read(file.path()).unwrap(), THREE);
    assert_eq!(fs::read_dir(place.path().join("work")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_that_breaks_off_keeps_its_first_sessions_and_is_set_aside() {
    let place = tempfile::tempdir().unwrap();
    let file = SessionsFile::new(place.path().join("SESSIONS.ser"));
    for (len, readable) in [(0, 0), (7, 0), (200, 0), (400, 1), (THREE.len() - 60, 2), (THREE.len() - 1, 2)] {
        fs::write(file.path(), &THREE[..len]).unwrap();
        let loaded = file.load().await.unwrap();
        assert!(loaded.fault.is_some(), "{len} bytes");
        assert!(ids(&loaded).len() >= readable, "{len} bytes: {:?}", loaded.fault);
        file.taken(&loaded).await.unwrap();
        assert!(!file.path().exists());
        assert_eq!(fs::read(place.path().join("SESSIONS.ser.broken")).unwrap(), &THREE[..len]);
    }
}

#[tokio::test]
async fn what_a_crash_left_is_written_over_and_a_link_is_followed() {
    let place = tempfile::tempdir().unwrap();
    let (link, volume) = (place.path().join("SESSIONS.ser"), place.path().join("volume.ser"));
    fs::write(&volume, THREE).unwrap();
    std::os::unix::fs::symlink(&volume, &link).unwrap();
    fs::write(place.path().join("volume.ser.writing"), vec![0; 10_000]).unwrap();
    let file = SessionsFile::new(&link);
    let loaded = file.load().await.unwrap();
    file.save(loaded.sessions[..1].to_vec()).await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(ids(&file.load().await.unwrap()).len(), 1);
    assert!(!place.path().join("volume.ser.writing").exists());
}

#[tokio::test]
async fn what_is_no_file_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let file = SessionsFile::new(place.path());
    assert_eq!(file.load().await.unwrap_err().fault(), StoreFault::Schema);
    assert!(file.save(Vec::new()).await.is_err());
    assert!(place.path().is_dir());
}
