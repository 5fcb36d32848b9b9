//! Several nodes at once.

use outlive_store::Saved;
use outlive_tribes_proto::time::UnixMillis;
use tokio::task::JoinSet;

use crate::support::{Place, ended, id, save};

/// Two pools on one file, as two nodes have them: whichever comes first, a session that was buried is not seen again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_buried_stays_buried_whoever_saves() {
    let place = Place::new();
    place.store().init().await.unwrap();
    let mut tasks = JoinSet::new();
    for node in 0..4 {
        let store = place.store();
        tasks.spawn(async move {
            let mut buried = 0;
            for number in 0..50 {
                let text = format!("S{number}.n{node}");
                if node == number % 4 {
                    store.bury(&id(&text), &ended(i64::from(number) + 1)).await.unwrap();
                } else if let Saved::Buried(_) = store.save(&save(&text, i64::from(node), b"data")).await.unwrap() {
                    buried += 1;
                }
            }
            buried
        });
    }
    tasks.join_all().await;
    let store = place.store();
    for number in 0..50 {
        let text = format!("S{number}");
        assert_eq!(store.load(&id(&text)).await.unwrap(), None, "{text}");
        assert!(matches!(store.save(&save(&text, 9, b"late")).await.unwrap(), Saved::Buried(_)));
    }
    assert_eq!(store.heads(None, 100).await.unwrap(), []);
    // Nothing lies under the graves that would come up when they are cleared.
    assert_eq!(store.clear_graves(UnixMillis(100)).await.unwrap(), 50);
    assert_eq!(store.heads(None, 100).await.unwrap(), []);
}

/// One session saved by four nodes under four routes: one row is left, and it is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_session_under_many_routes_is_one_row() {
    let place = Place::new();
    place.store().init().await.unwrap();
    let mut tasks = JoinSet::new();
    for node in 0..4 {
        let store = place.store();
        tasks.spawn(async move {
            for time in 0..25 {
                let saved = store.save(&save(&format!("S.n{node}"), time, b"data")).await.unwrap();
                assert_eq!(saved, Saved::Kept(None));
            }
        });
    }
    tasks.join_all().await;
    let heads = place.store().heads(None, 10).await.unwrap();
    assert_eq!(heads.len(), 1, "{heads:?}");
    let loaded = place.store().load(&id("S.other")).await.unwrap().unwrap();
    assert_eq!((loaded.head, &*loaded.data), (heads[0].clone(), &b"data"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_nodes_make_the_tables_at_once() {
    let place = Place::new();
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let store = place.store();
        tasks.spawn(async move { store.init().await });
    }
    for made in tasks.join_all().await {
        made.unwrap();
    }
    place.store().check().await.unwrap();
}
