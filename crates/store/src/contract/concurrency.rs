//! Several at once.

use std::sync::Arc;

use outlive_serial::Value;
use outlive_tribes_proto::time::UnixMillis;

use super::{Two, decoded, ended, id, ids, load, ok, record, record_of, same, save};
use crate::{Save, Saved};

/// Tasks that work at once, half of them on each of the two stores.
const TASKS: usize = 8;

pub(super) async fn two_that_save_one_session_leave_one_whole(two: Two) {
    let saving = [0, 1].map(|writer: usize| {
        let store = Arc::clone(&two[writer]);
        tokio::spawn(async move {
            for round in 0..20 {
                // Of different lengths, so that a mixture is seen.
                let text = format!("{writer}-").repeat(1000 * (writer + 1) + round);
                save(&store, &record(["A.one", "A.two"][writer], 0, &[("text", &text)])).await;
            }
        })
    });
    for task in saving {
        assert!(task.await.is_ok(), "a task has failed");
    }
    let [loaded, other] = [load(&two[0], "A").await, load(&two[1], "A").await];
    let Some(loaded) = loaded else { panic!("the session is gone") };
    same(other, &loaded);
    let text = decoded(&loaded).state.attributes[0].1.to_serde::<String>().unwrap_or_default();
    let (writer, lengths) = if text.starts_with('0') { ("0-", 1000..1020) } else { ("1-", 2000..2020) };
    assert!(text.replace(writer, "").is_empty() && lengths.contains(&(text.len() / 2)), "a mixture of both");
}

pub(super) async fn eight_work_at_once(two: Two) {
    let working = (0..TASKS).map(|task| {
        let store = Arc::clone(&two[task % 2]);
        tokio::spawn(async move {
            for round in 0..10 {
                let text = format!("T{task}R{round}.n{task}");
                let values = [("bytes", Value::bytes(&vec![task as u8; 100 * round]))];
                let mut kept = record_of(&text, 0, 1800, values.into_iter());
                kept.version = save(&store, &kept).await;
                same(load(&store, &text).await, &kept);
                match round % 3 {
                    0 => ok(store.bury(&kept.head.id, &ended(1000)).await),
                    1 => assert!(ok(store.forget(&kept.head.id, kept.head.last_accessed).await)),
                    _ => {}
                }
            }
        })
    });
    for task in working.collect::<Vec<_>>() {
        assert!(task.await.is_ok(), "a task has failed");
    }
    // Rounds 2, 5 and 8 stay.
    assert_eq!(ids(&two[0], 7).await.len(), TASKS * 3);
}

pub(super) async fn a_burial_wins_over_saves_at_the_same_time(two: Two) {
    for round in 0..10 {
        let text = format!("A{round}.one");
        save(&two[0], &record(&text, 0, &[])).await;
        let late = Arc::clone(&two[1]);
        let other = format!("A{round}.two");
        let saving = tokio::spawn(async move {
            let mut kept = 0;
            loop {
                let save = Save { record: record(&other, 1, &[("k", "v")]), force: true };
                match ok(late.save(&save).await) {
                    Saved::Kept(_) => kept += 1,
                    Saved::Buried(_) => return kept,
                    other => panic!("{other:?}"),
                }
                assert!(kept < 10_000, "the grave is not seen");
            }
        });
        ok(two[0].bury(&id(&text), &ended(1000)).await);
        assert!(saving.await.is_ok(), "a task has failed");
        for store in &two {
            assert_eq!(load(store, &text).await, None);
        }
        assert_eq!(ids(&two[1], 10).await, Vec::<String>::new());
    }
    // Nothing lies behind the graves and waits for their end.
    assert_eq!(ok(two[0].clear_graves(UnixMillis(i64::MAX)).await), 10);
    assert_eq!(ids(&two[1], 10).await, Vec::<String>::new());
}

pub(super) async fn a_save_wins_over_forgetting_at_the_same_time([a, b]: Two) {
    for round in 0..100 {
        let text = format!("A{round}.one");
        let (old, new) = (record(&text, 0, &[]), record(&text, 1, &[("k", "v")]));
        save(&a, &old).await;
        let forgetting = async {
            // From before the save to behind it, one after the other.
            for _ in 0..round % 10 {
                tokio::task::yield_now().await;
            }
            ok(b.forget(&old.head.id, old.head.last_accessed).await)
        };
        tokio::join!(save(&a, &new), forgetting);
        same(load(&b, &text).await, &new);
    }
}
