//! What has expired is found, and dropped once.

use outlive_tribes_proto::time::UnixMillis;

use super::{THEN, Two, id, load, ok, record, record_of, same, save};

pub(super) async fn what_is_idle_for_too_long_has_expired([a, b]: Two) {
    for (text, accessed, max_inactive) in
        [("A", 0, 60), ("B", 1, 60), ("C", 0, 61), ("D", -60_000, 60), ("E", 0, i32::MAX)]
    {
        save(&a, &record_of(text, accessed, max_inactive, std::iter::empty())).await;
    }
    let mut expired: Vec<String> = Vec::new();
    for head in ok(b.expired(UnixMillis(THEN + 60_000), 10).await) {
        expired.push(head.id.as_str().into());
    }
    expired.sort_unstable();
    assert_eq!(expired, ["A", "D"]);
    // More than 32 bits of milliseconds.
    let later = THEN + i64::from(i32::MAX) * 1000;
    assert_eq!(ok(b.expired(UnixMillis(later - 1), 10).await).len(), 4);
    assert_eq!(ok(b.expired(UnixMillis(later), 10).await).len(), 5);
}

pub(super) async fn what_never_expires_is_never_listed([a, b]: Two) {
    for (text, max_inactive) in [("A", 0), ("B", -1), ("C", i32::MIN)] {
        save(&a, &record_of(text, -THEN, max_inactive, std::iter::empty())).await;
    }
    assert_eq!(ok(b.expired(UnixMillis(i64::MAX), 10).await), []);
}

pub(super) async fn no_more_expired_sessions_than_asked_for([a, b]: Two) {
    for text in ["A", "B", "C"] {
        save(&a, &record(text, 0, &[])).await;
    }
    assert_eq!(ok(b.expired(UnixMillis(i64::MAX), 2).await).len(), 2);
    assert_eq!(ok(b.expired(UnixMillis(i64::MAX), 10).await).len(), 3);
}

pub(super) async fn what_was_accessed_since_is_not_forgotten([a, b]: Two) {
    let seen = record("A.one", 5, &[]);
    save(&a, &seen).await;
    let newer = record("A.two", 6, &[]);
    save(&b, &newer).await;
    assert!(!ok(a.forget(&id("A.one"), seen.head.last_accessed).await));
    same(load(&a, "A.one").await, &newer);
    assert!(ok(a.forget(&id("A.one"), newer.head.last_accessed).await));
    assert_eq!(load(&b, "A.two").await, None);
    assert_eq!(ok(b.grave(&id("A").base()).await), None);
}

pub(super) async fn one_of_two_nodes_forgets_a_session([a, b]: Two) {
    for round in 0..10 {
        let text = format!("A{round}.one");
        save(&a, &record(&text, 0, &[])).await;
        let (id, now) = (id(&text), UnixMillis(THEN));
        let (by_a, by_b) = tokio::join!(a.forget(&id, now), b.forget(&id, now));
        assert_eq!(usize::from(ok(by_a)) + usize::from(ok(by_b)), 1);
        assert!(!ok(a.forget(&id, now).await));
    }
}

pub(super) async fn what_was_forgotten_may_come_again([a, b]: Two) {
    save(&a, &record("A.one", 0, &[])).await;
    assert!(ok(b.forget(&id("A.one"), UnixMillis(THEN)).await));
    let again = record("A.one", 1, &[("k", "v")]);
    save(&a, &again).await;
    same(load(&b, "A.one").await, &again);
}
