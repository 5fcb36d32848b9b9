//! What is there is listed.

use outlive_tribes_proto::time::UnixMillis;

use super::{THEN, Two, id, ids, ok, record, record_of, save};

pub(super) async fn heads_come_in_order_and_in_pages([a, b]: Two) {
    // As bytes: '-' < '.' < digits < upper case < '_' < lower case.
    let ordered = ["A", "A-B", "A-B.x", "A.n", "A0.n", "AA", "A_.n", "Aa", "B.a", "_", "a.z"];
    let distinct: Vec<&str> = ordered.into_iter().filter(|text| !["A.n", "A-B.x"].contains(text)).collect();
    for text in distinct.iter().rev() {
        save(&a, &record(text, 0, &[])).await;
    }
    for page in [1, 2, 3, distinct.len(), 10_000] {
        assert_eq!(ids(&b, page).await, distinct, "in pages of {page}");
    }
}

pub(super) async fn heads_tell_what_was_saved([a, b]: Two) {
    let records = [
        record_of("A.one", 5, 1800, std::iter::empty()),
        record_of("B.one", i64::MAX / 4, i32::MAX, std::iter::empty()),
        record_of("C", -THEN, -1, std::iter::empty()),
        record_of("D.x.y", 0, 0, std::iter::empty()),
    ];
    for record in &records {
        save(&a, record).await;
    }
    let heads = ok(b.heads(None, 10).await);
    assert_eq!(heads, records.map(|record| record.head));
}

pub(super) async fn heads_go_on_behind_an_id_that_is_gone([a, b]: Two) {
    for text in ["A.one", "B.one", "C.one"] {
        save(&a, &record(text, 0, &[])).await;
    }
    assert!(ok(b.forget(&id("B.one"), UnixMillis(i64::MAX)).await));
    let heads = ok(a.heads(Some(&id("B.one")), 10).await);
    assert_eq!(heads.into_iter().map(|head| head.id).collect::<Vec<_>>(), [id("C.one")]);
}
