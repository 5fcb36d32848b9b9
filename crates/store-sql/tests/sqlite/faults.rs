//! Files that cannot be used.

use std::fs;

use outlive_store::StoreFault;
use outlive_store_sql::{SqlConfig, SqlStores};

use crate::support::{APP, Place, save};

#[tokio::test]
async fn a_file_of_another_kind_is_told_and_left_as_it_is() {
    let place = Place::new();
    let text = "no database at all, but long enough to be looked at as the head of one: a hundred bytes, and some more of them";
    fs::write(place.file(), text).unwrap();
    let refused = place.store().init().await.unwrap_err();
    assert_eq!(refused.fault(), StoreFault::Schema, "{refused}");
    assert!(refused.to_string().contains("file is not a database"), "{refused}");
    assert_eq!(fs::read_to_string(place.file()).unwrap(), text);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told() {
    let place = Place::new();
    let file = place.file().join("deeper/sessions.db");
    let stores = SqlStores::open(SqlConfig::new(format!("sqlite:{}", file.display()))).unwrap();
    let refused = stores.context(APP).init().await.unwrap_err();
    assert_eq!(refused.fault(), StoreFault::Denied, "{refused}");
}

#[tokio::test]
async fn a_session_that_is_too_large_is_refused_and_nothing_else_is() {
    let place = Place::new();
    let stores = SqlStores::open(SqlConfig { session_bytes_max: 8, ..place.config() }).unwrap();
    let store = stores.context(APP);
    store.init().await.unwrap();
    let refused = store.save(&save("A.n", 1, b"123456789")).await.unwrap_err();
    assert_eq!(refused.fault(), StoreFault::TooLarge);
    store.save(&save("A.n", 1, b"12345678")).await.unwrap();
    // Somebody with a larger limit wrote it.
    place.store().save(&save("B.n", 1, b"123456789")).await.unwrap();
    let refused = store.load(&crate::support::id("B.n")).await.unwrap_err();
    assert_eq!(refused.fault(), StoreFault::TooLarge);
}
