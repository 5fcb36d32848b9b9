//! What was ended is not revived.

use outlive_tribes_proto::time::UnixMillis;

use super::{THEN, Two, ended, id, ids, load, ok, record, same, save};
use crate::{Grave, Save, Saved};

pub(super) async fn a_grave_refuses_saves([a, b]: Two) {
    let kept = record("A.one", 0, &[]);
    save(&a, &kept).await;
    let grave = ended(1000);
    ok(a.bury(&id("A.one"), &grave).await);
    for force in [false, true] {
        for text in ["A.one", "A.two", "A"] {
            let late = Save { record: record(text, 5, &[]), force };
            assert_eq!(ok(b.save(&late).await), Saved::Buried(grave.clone()));
        }
    }
    assert_eq!(load(&b, "A.one").await, None);
    assert_eq!(ids(&b, 10).await, Vec::<String>::new());
    save(&b, &record("AA.one", 0, &[])).await;
}

pub(super) async fn a_buried_session_is_gone_everywhere([a, b]: Two) {
    for text in ["A.one", "B.one"] {
        save(&a, &record(text, 0, &[])).await;
    }
    // By another route than the one that it was saved with.
    ok(b.bury(&id("A.two"), &ended(1_000_000_000)).await);
    for store in [&a, &b] {
        assert_eq!(load(store, "A.one").await, None);
        assert_eq!(ok(store.grave(&id("A").base()).await), Some(ended(1_000_000_000)));
        assert_eq!(ok(store.grave(&id("B").base()).await), None);
        assert_eq!(ids(store, 10).await, ["B.one"]);
        let expired = ok(store.expired(UnixMillis(i64::MAX), 10).await);
        assert_eq!(expired.into_iter().map(|head| head.id).collect::<Vec<_>>(), [id("B.one")]);
        assert!(!ok(store.forget(&id("A.one"), UnixMillis(i64::MAX)).await), "it is gone already");
    }
}

pub(super) async fn a_grave_needs_no_session([a, b]: Two) {
    ok(a.bury(&id("A.one"), &ended(1000)).await);
    assert_eq!(ok(b.grave(&id("A").base()).await), Some(ended(1000)));
    let late = Save { record: record("A.one", 5, &[]), force: false };
    assert_eq!(ok(b.save(&late).await), Saved::Buried(ended(1000)));
}

pub(super) async fn a_grave_tells_the_new_id([a, b]: Two) {
    save(&a, &record("A.one", 0, &[])).await;
    let moved = record("B.one", 1, &[]);
    save(&a, &moved).await;
    let grave = Grave { moved_to: Some(id("B.one")), keep_until: UnixMillis(THEN + 1000) };
    ok(a.bury(&id("A.one"), &grave).await);
    assert_eq!(ok(b.grave(&id("A").base()).await), Some(grave));
    assert_eq!(load(&b, "A.one").await, None);
    same(load(&b, "B.one").await, &moved);
}

pub(super) async fn the_later_time_of_two_graves_counts([a, b]: Two) {
    ok(a.bury(&id("A.one"), &ended(2000)).await);
    ok(b.bury(&id("A.two"), &ended(1000)).await);
    assert_eq!(ok(a.grave(&id("A").base()).await), Some(ended(2000)));
    ok(b.bury(&id("A.two"), &ended(3000)).await);
    assert_eq!(ok(a.grave(&id("A").base()).await), Some(ended(3000)));
}

pub(super) async fn graves_are_cleared_when_their_time_is_over([a, b]: Two) {
    for (text, until) in [("A", 1000), ("B", 2000), ("C", 3000)] {
        ok(a.bury(&id(text), &ended(until)).await);
    }
    assert_eq!(ok(b.clear_graves(UnixMillis(THEN + 1000)).await), 0, "its time ends after that moment");
    assert_eq!(ok(b.clear_graves(UnixMillis(THEN + 2001)).await), 2);
    assert_eq!(ok(b.clear_graves(UnixMillis(THEN + 2001)).await), 0);
    let again = record("A.one", 0, &[]);
    save(&a, &again).await;
    same(load(&b, "A").await, &again);
    let late = Save { record: record("C.one", 0, &[]), force: true };
    assert_eq!(ok(a.save(&late).await), Saved::Buried(ended(3000)));
}
