//! Tables that somebody else made, and rows that somebody else wrote.

use outlive_store::{Saved, Store, StoreFault};
use outlive_store_sql::{SqlConfig, SqlStores, TableNames};
use outlive_tribes_proto::time::UnixMillis;

use crate::support::{APP, Place, ended, id, save};

/// The example of Tomcat's documentation: names of its own, and the id alone as the key.
const DOCUMENTED: &str = "create table tomcat_sessions (session_id varchar(100) not null primary key, valid_session char(1) not null, \
     max_inactive int not null, last_access bigint not null, app_name varchar(255), session_data mediumblob)";

fn documented() -> TableNames {
    TableNames {
        table: "tomcat_sessions".to_owned(),
        app: "app_name".to_owned(),
        id: "session_id".to_owned(),
        data: "session_data".to_owned(),
        valid: "valid_session".to_owned(),
        max_inactive: "max_inactive".to_owned(),
        last_accessed: "last_access".to_owned(),
        ..TableNames::default()
    }
}

#[tokio::test]
async fn the_table_of_tomcats_documentation_is_used_as_it_is() {
    let place = Place::new();
    let beside = place.beside().await;
    sqlx::query(DOCUMENTED).execute(&beside).await.unwrap();
    let stores = SqlStores::open(SqlConfig { names: documented(), ..place.config() }).unwrap();
    let store = stores.context(APP);
    store.init().await.unwrap();
    assert_eq!(store.save(&save("A.n1", 1, b"one")).await.unwrap(), Saved::Kept(None));
    let row: (String, String, i64, i64, String) =
        sqlx::query_as("select session_id, valid_session, max_inactive, last_access, app_name from tomcat_sessions")
            .fetch_one(&beside)
            .await
            .unwrap();
    assert_eq!(row, ("A.n1".to_owned(), "1".to_owned(), 1800, 1, APP.to_owned()));
    assert_eq!(&*store.load(&id("A.n1")).await.unwrap().unwrap().data, b"one");

    // The id alone is the key: another application's session of the same id is not touched.
    let refused = stores.context("/Catalina/localhost/other").save(&save("A.n1", 2, b"two")).await.unwrap_err();
    assert_eq!(refused.fault(), StoreFault::Schema);
    assert_eq!(&*store.load(&id("A.n1")).await.unwrap().unwrap().data, b"one");
}

#[tokio::test]
async fn a_table_that_will_not_do_is_named_with_what_is_wrong() {
    let wrong = [
        ("create table \"tomcat$sessions\" (id text primary key)", "has no column app; it has id"),
        (
            "create table \"tomcat$sessions\" (id text, app text, data blob, valid text, maxinactive int, lastaccess int)",
            "has no primary key on id, or on app and id",
        ),
        (
            "create table \"tomcat$sessions\" (id text primary key, app text, data blob, valid text, maxinactive int, \
             lastaccess int, node text not null)",
            "has a column node that must be given a value, and no default for it",
        ),
    ];
    for (made, what) in wrong {
        let place = Place::new();
        sqlx::query(made).execute(&place.beside().await).await.unwrap();
        for refused in [place.store().init().await, place.store().check().await] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.fault(), StoreFault::Schema);
            assert!(refused.to_string().starts_with("the table tomcat$sessions of SQLite in "), "{refused}");
            assert!(refused.to_string().ends_with(what), "{refused}");
        }
    }
}

#[tokio::test]
async fn without_tables_it_says_what_makes_them() {
    let place = Place::new();
    let refused = place.store().check().await.unwrap_err();
    assert_eq!(refused.fault(), StoreFault::Schema);
    assert!(refused.to_string().ends_with("has no table tomcat$sessions: 'outlive store init' makes it"), "{refused}");
}

/// Rows that are no sessions are left out; one that is asked for is set aside; the sessions between them are all there.
#[tokio::test]
async fn rows_that_are_no_sessions_harm_no_others() {
    let place = Place::new();
    let store = place.store();
    store.init().await.unwrap();
    store.save(&save("A.n", 1, b"a")).await.unwrap();
    store.save(&save("M.n", 1, b"m")).await.unwrap();
    store.save(&save("Z.n", 1, b"z")).await.unwrap();
    let beside = place.beside().await;
    for (bad, inactive, data) in
        [("B/../n", "60", "x'00'"), ("", "60", "x'00'"), ("C.n", "99999999999", "x'00'"), ("D.n", "60", "x''")]
    {
        let insert = format!(
            "insert into \"tomcat$sessions\" (id, app, data, valid, maxinactive, lastaccess) values (?, ?, {data}, '1', {inactive}, 1)"
        );
        sqlx::query(&insert).bind(bad).bind(APP).execute(&beside).await.unwrap();
    }
    let ids = |heads: Vec<outlive_store::SessionHead>| heads.iter().map(|head| head.id.to_string()).collect::<Vec<_>>();
    // In pages of two: a page of bad rows does not end the list.
    assert_eq!(ids(store.heads(None, 2).await.unwrap()), ["A.n", "D.n"]);
    assert_eq!(ids(store.heads(Some(&id("A.n")), 2).await.unwrap()), ["D.n", "M.n"]);
    assert_eq!(ids(store.heads(Some(&id("M.n")), 9).await.unwrap()), ["Z.n"]);
    for bad in ["C.n", "D.n"] {
        let corrupt = store.load(&id(bad)).await.unwrap_err();
        assert_eq!(corrupt.fault(), StoreFault::Corrupt);
        assert!(!corrupt.to_string().contains(bad), "{corrupt}");
        assert_eq!(store.load(&id(bad)).await.unwrap(), None);
    }
    let aside: (i64,) = sqlx::query_as("select count(*) from \"tomcat$sessions\" where app = ?")
        .bind(format!("{APP}#corrupt"))
        .fetch_one(&beside)
        .await
        .unwrap();
    assert_eq!(aside.0, 2);
}

/// A Tomcat asks for no graves: what it writes under one is never seen here, and goes with the grave.
#[tokio::test]
async fn what_a_tomcat_saves_of_a_buried_session_is_not_seen() {
    let place = Place::new();
    let store = place.store();
    store.init().await.unwrap();
    store.save(&save("A.n", 1, b"a")).await.unwrap();
    store.bury(&id("A.n"), &ended(100)).await.unwrap();
    let insert = "insert into \"tomcat$sessions\" (id, app, data, valid, maxinactive, lastaccess) values ('A.n', ?, x'00', '1', 1, 1)";
    let beside = place.beside().await;
    sqlx::query(insert).bind(APP).execute(&beside).await.unwrap();
    assert_eq!(store.load(&id("A.n")).await.unwrap(), None);
    assert_eq!(store.heads(None, 9).await.unwrap(), []);
    assert_eq!(store.expired(UnixMillis(i64::MAX), 9).await.unwrap(), []);
    assert_eq!(store.clear_graves(UnixMillis(100)).await.unwrap(), 0);
    assert_eq!(store.clear_graves(UnixMillis(101)).await.unwrap(), 1);
    let left: (i64,) = sqlx::query_as("select count(*) from \"tomcat$sessions\"").fetch_one(&beside).await.unwrap();
    assert_eq!(left.0, 0);
}

/// `lastaccess + maxinactive * 1000` leaves 32 bits after 24 days, and 64 bits with a row that lies.
#[tokio::test]
async fn idle_times_do_not_overflow() {
    let place = Place::new();
    let store: std::sync::Arc<dyn Store> = place.store();
    store.init().await.unwrap();
    for (text, inactive, last) in [("A.n", i32::MAX, 0), ("B.n", i32::MAX, i64::MAX), ("C.n", 0, 0), ("D.n", -1, 0)] {
        let mut save = save(text, last, b"x");
        save.record.head.max_inactive_seconds = inactive;
        store.save(&save).await.unwrap();
    }
    let at = |now| {
        let store = store.clone();
        async move { store.expired(UnixMillis(now), 9).await.unwrap().len() }
    };
    let end = i64::from(i32::MAX) * 1000;
    assert_eq!((at(end - 1).await, at(end).await), (0, 1));
}
