//! A session that is saved is found again.

use outlive_serial::Value;

use super::{Two, decoded, id, ids, load, ok, record, record_of, same, save};
use crate::{Save, Saved};

pub(super) async fn a_place_can_be_initialised_twice([a, b]: Two) {
    let kept = record("A.one", 0, &[("k", "v")]);
    save(&a, &kept).await;
    ok(b.init().await);
    ok(b.check().await);
    same(load(&b, "A.one").await, &kept);
}

pub(super) async fn what_was_saved_is_loaded_by_the_other_node([a, b]: Two) {
    let first = record("A.one", 0, &[("k", "v")]);
    save(&a, &first).await;
    same(load(&a, "A.one").await, &first);
    same(load(&b, "A.one").await, &first);
    let second = record("A.one", 5, &[("k", "w"), ("l", "x")]);
    save(&b, &second).await;
    same(load(&a, "A.one").await, &second);
}

pub(super) async fn an_id_that_is_not_there_is_not_found([a, _]: Two) {
    assert_eq!(load(&a, "A.one").await, None);
    assert_eq!(ok(a.grave(&id("A").base()).await), None);
    assert_eq!(ids(&a, 10).await, Vec::<String>::new());
}

pub(super) async fn a_session_is_found_whatever_the_route([a, b]: Two) {
    let kept = record("A.one", 0, &[]);
    save(&a, &kept).await;
    for other in ["A.two", "A", "A.one.more", "A.one"] {
        same(load(&b, other).await, &kept);
    }
}

pub(super) async fn another_route_takes_the_place_of_the_first([a, b]: Two) {
    let routes = ["A.one", "A.two", "A", "A.one.more", "A.one"];
    for (time, text) in (0..).zip(routes) {
        let kept = record(text, time, &[("served by", text)]);
        let store = if time % 2 == 0 { &a } else { &b };
        save(store, &kept).await;
        for text in routes {
            same(load(&a, text).await, &kept);
            same(load(&b, text).await, &kept);
        }
        assert_eq!(ids(&a, 10).await, [text]);
    }
}

pub(super) async fn every_byte_an_id_may_have_is_kept([a, b]: Two) {
    let all: String = (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').chain(*b"_-").map(char::from).collect();
    let long = format!("{}.{}", "L".repeat(100), "r".repeat(99));
    for text in [&format!("{all}.{all}.x"), "-", "_", "--x.", "9..", "con.aux", "A.n1", &long] {
        let kept = record(text, 0, &[("k", text)]);
        save(&a, &kept).await;
        same(load(&b, text).await, &kept);
    }
    assert_eq!(ids(&b, 3).await.len(), 8);
}

pub(super) async fn an_id_is_not_the_beginning_of_another([a, b]: Two) {
    for text in ["A", "AB.one", "ABC", "B"] {
        save(&a, &record(text, 0, &[("k", text)])).await;
    }
    for text in ["A", "AB", "ABC", "B"] {
        let found = load(&b, text).await.map(|found| found.head.id.base());
        assert_eq!(found, Some(id(text).base()));
    }
    assert_eq!(load(&b, "ABCD").await, None);
}

pub(super) async fn upper_and_lower_case_are_two_sessions([a, b]: Two) {
    let [upper, lower] = ["AB.n", "ab.n"].map(|text| record(text, 0, &[("k", text)]));
    save(&a, &upper).await;
    assert_eq!(load(&b, "ab.n").await, None);
    save(&a, &lower).await;
    same(load(&b, "AB.n").await, &upper);
    same(load(&b, "ab.n").await, &lower);
}

pub(super) async fn a_session_without_values_is_kept([a, b]: Two) {
    let full = record("A.one", 0, &[("k", "v")]);
    let empty = record("A.one", 1, &[]);
    save(&a, &full).await;
    save(&a, &empty).await;
    same(load(&b, "A.one").await, &empty);
}

pub(super) async fn a_mebibyte_is_kept([a, b]: Two) {
    let bytes: Vec<u8> = (0..1 << 20).map(|at: u32| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let values = [("large", Value::bytes(&bytes)), ("text", Value::string("\u{e4}\u{20ac}\u{1f980}'\"\\\0;--"))];
    let kept = record_of("A.one", 0, 1800, values.into_iter());
    save(&a, &kept).await;
    let loaded = load(&b, "A.one").await;
    same(loaded.clone(), &kept);
    let session = loaded.map(|loaded| decoded(&loaded));
    assert_eq!(session.map(|session| session.state.attributes[0].1 == Value::bytes(&bytes)), Some(true));
}

pub(super) async fn a_version_that_was_overtaken_is_refused([a, b]: Two) {
    let Some(first) = save(&a, &record("A.one", 0, &[("by", "a")])).await else {
        // A store that cannot tell takes the last one.
        let last = record("A.one", 1, &[("by", "b")]);
        assert_eq!(ok(b.save(&Save { record: last.clone(), force: false }).await), Saved::Kept(None));
        return same(load(&a, "A.one").await, &last);
    };
    let mut theirs = record("A.one", 1, &[("by", "b")]);
    theirs.version = load(&b, "A.one").await.and_then(|loaded| loaded.version);
    assert_eq!(theirs.version, Some(first.clone()), "what is loaded has the version that was saved");
    let Saved::Kept(Some(second)) = ok(b.save(&Save { record: theirs.clone(), force: false }).await) else {
        panic!("the version that is there was refused")
    };
    assert_ne!(second, first);
    let mut ours = record("A.two", 2, &[("by", "a")]);
    ours.version = Some(first);
    let refused = ok(a.save(&Save { record: ours.clone(), force: false }).await);
    let Saved::Changed(Some(there)) = refused else { panic!("an overtaken version: {refused:?}") };
    assert_eq!(there.version, Some(second.clone()));
    same(Some(*there), &theirs);
    same(load(&a, "A.one").await, &theirs);
    ours.version = Some(second.clone());
    assert!(
        matches!(ok(a.save(&Save { record: ours.clone(), force: false }).await), Saved::Kept(Some(third)) if third != second)
    );
    same(load(&b, "A.one").await, &ours);
    assert!(ok(b.forget(&id("A.one"), ours.head.last_accessed).await));
    assert_eq!(ok(a.save(&Save { record: ours, force: false }).await), Saved::Changed(None));
}

pub(super) async fn force_overwrites_any_version([a, b]: Two) {
    let mut first = record("A.one", 0, &[]);
    first.version = save(&a, &first).await;
    save(&b, &record("A.one", 1, &[("k", "b")])).await;
    let forced = crate::SessionRecord { version: first.version, ..record("A.one", 2, &[("k", "a")]) };
    save(&a, &forced).await;
    same(load(&b, "A.one").await, &forced);
}

pub(super) async fn what_was_set_aside_is_not_found([a, b]: Two) {
    let other = record("B.one", 0, &[]);
    save(&a, &other).await;
    // Twice: what lies aside already is in nobody's way.
    for accessed in [0, 1] {
        save(&a, &record("A.one", accessed, &[("by", "a")])).await;
        let Some(loaded) = load(&b, "A.one").await else { panic!("it was saved") };
        assert!(ok(b.set_aside(&loaded).await), "it was there");
        assert_eq!(load(&a, "A.one").await, None);
        assert_eq!(ids(&a, 10).await, ["B.one"]);
        assert!(!ok(a.set_aside(&loaded).await), "it is there no more");
    }
    same(load(&a, "B.one").await, &other);
    let new = record("A.one", 2, &[("by", "b")]);
    save(&b, &new).await;
    same(load(&a, "A.one").await, &new);
}

pub(super) async fn what_was_saved_since_is_not_set_aside([a, b]: Two) {
    save(&a, &record("A.one", 0, &[])).await;
    let Some(loaded) = load(&b, "A.one").await else { panic!("it was saved") };
    let newer = record("A.one", 1, &[("by", "a")]);
    save(&a, &newer).await;
    assert!(!ok(b.set_aside(&loaded).await), "it was changed");
    same(load(&b, "A.one").await, &newer);
}
