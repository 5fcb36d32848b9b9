//! What every [`Store`] must pass. For the tests of those that implement one:
//!
//! ```text
//! contract::check(async || {
//!     let place = an_empty_place();
//!     [MyStore::at(&place), MyStore::at(&place)]
//! })
//! .await;
//! ```
//!
//! A rule that does not hold ends in a panic that says what was wanted; the rule's name is printed before it is tried.

mod concurrency;
mod expiry;
mod graves;
mod listing;
mod saving;

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use outlive_serial::{Limits, Value};
use outlive_session::{SessionId, SessionState, StoredSession};
use outlive_tribes_proto::time::UnixMillis;

use crate::{Grave, Save, Saved, SessionHead, SessionRecord, Store, Version};

/// Two stores over one place, as two nodes have them.
type Two = [Arc<dyn Store>; 2];

/// One rule: `a` and `b` keep their sessions in one place, which is empty and initialised.
type Rule = fn(Two) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Names of functions as rules.
macro_rules! rules {
    ($($module:ident: $($rule:ident),+;)+) => {
        /// All rules, with their names.
        const RULES: &[(&str, Rule)] = &[$($((stringify!($rule), |two| Box::pin($module::$rule(two)))),+),+];
    };
}

rules! {
    saving: a_place_can_be_initialised_twice, what_was_saved_is_loaded_by_the_other_node, an_id_that_is_not_there_is_not_found,
        a_session_is_found_whatever_the_route, another_route_takes_the_place_of_the_first, every_byte_an_id_may_have_is_kept,
        an_id_is_not_the_beginning_of_another, upper_and_lower_case_are_two_sessions, a_session_without_values_is_kept,
        a_mebibyte_is_kept, a_version_that_was_overtaken_is_refused, force_overwrites_any_version,
        what_was_set_aside_is_not_found, what_was_saved_since_is_not_set_aside;
    graves: a_grave_refuses_saves, a_buried_session_is_gone_everywhere, a_grave_needs_no_session, a_grave_tells_the_new_id,
        the_later_time_of_two_graves_counts, graves_are_cleared_when_their_time_is_over;
    listing: heads_come_in_order_and_in_pages, heads_tell_what_was_saved, heads_go_on_behind_an_id_that_is_gone;
    expiry: what_is_idle_for_too_long_has_expired, what_never_expires_is_never_listed, no_more_expired_sessions_than_asked_for,
        what_was_accessed_since_is_not_forgotten, one_of_two_nodes_forgets_a_session, what_was_forgotten_may_come_again;
    concurrency: two_that_save_one_session_leave_one_whole, eight_work_at_once, a_burial_wins_over_saves_at_the_same_time, a_save_wins_over_forgetting_at_the_same_time;
}

/// Tries all rules, each with two stores that `fresh` makes over an empty place of its own.
///
/// # Panics
/// A rule does not hold.
pub async fn check<S: Store + 'static>(mut fresh: impl AsyncFnMut() -> [S; 2]) {
    for (name, rule) in RULES {
        let two: Two = fresh().await.map(|store| Arc::new(store) as Arc<dyn Store>);
        println!("{name}: {}", two[0].describe());
        ok(two[0].init().await);
        ok(two[1].init().await);
        rule(two).await;
    }
}

#[track_caller]
fn ok<T>(result: Result<T, crate::StoreError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{:?}: {error}: {:?}", error.fault(), std::error::Error::source(&error)),
    }
}

/// When the sessions of these rules were made.
const THEN: i64 = 1_700_000_000_000;

fn id(text: &str) -> SessionId {
    match SessionId::parse(text) {
        Ok(id) => id,
        Err(fault) => panic!("{text}: {fault}"),
    }
}

/// A session that was accessed at [`THEN`] and so many ms.
fn record(id: &str, accessed: i64, values: &[(&str, &str)]) -> SessionRecord {
    record_of(id, accessed, 1800, values.iter().map(|(name, value)| (*name, Value::string(value))))
}

fn record_of<'a>(
    text: &str,
    accessed: i64,
    max_inactive: i32,
    values: impl Iterator<Item = (&'a str, Value)>,
) -> SessionRecord {
    let accessed = UnixMillis(THEN + accessed);
    let state = SessionState {
        created: UnixMillis(THEN),
        last_accessed: accessed,
        max_inactive,
        is_new: false,
        is_valid: true,
        this_accessed: accessed,
        version: 0,
        principal: None,
        id: text.into(),
        note_session_id: None,
        note_request: None,
        attributes: values.map(|(name, value)| (name.into(), value)).collect(),
        listeners: Vec::new(),
        unreadable: Vec::new(),
    };
    SessionRecord {
        head: SessionHead { id: id(text), is_valid: true, max_inactive_seconds: max_inactive, last_accessed: accessed },
        data: Bytes::from(StoredSession { state, auth_type: None }.encode()),
        version: None,
    }
}

/// Saves, whatever is there, and gives the version.
fn save<'a>(store: &'a Arc<dyn Store>, record: &SessionRecord) -> impl Future<Output = Option<Version>> + use<'a> {
    let save = Save { record: record.clone(), force: true };
    async move {
        match ok(store.save(&save).await) {
            Saved::Kept(version) => version,
            other => panic!("not kept: {other:?}"),
        }
    }
}

async fn load(store: &Arc<dyn Store>, text: &str) -> Option<SessionRecord> {
    ok(store.load(&id(text)).await)
}

/// What is there under an id is this, but for its version.
#[track_caller]
fn same(loaded: Option<SessionRecord>, saved: &SessionRecord) {
    let Some(loaded) = loaded else { panic!("{:?} is not there", saved.head) };
    assert_eq!(loaded.head, saved.head);
    assert_eq!(loaded.data, saved.data, "the bytes of {:?}", saved.head);
}

/// All sessions, read in pages of so many.
async fn ids(store: &Arc<dyn Store>, page: usize) -> Vec<String> {
    let (mut ids, mut last) = (Vec::new(), None);
    loop {
        let heads = ok(store.heads(last.as_ref(), page).await);
        assert!(heads.len() <= page, "{} heads in a page of {page}", heads.len());
        ids.extend(heads.iter().map(|head| head.id.as_str().to_owned()));
        if heads.len() < page {
            return ids;
        }
        last = heads.last().map(|head| head.id.clone());
    }
}

fn ended(keep_until: i64) -> Grave {
    Grave { moved_to: None, keep_until: UnixMillis(THEN + keep_until) }
}

/// The values of a session that a store gave.
#[track_caller]
fn decoded(record: &SessionRecord) -> StoredSession {
    match StoredSession::decode(&record.data, &Limits::default()) {
        Ok(session) => session,
        Err(fault) => panic!("{:?}: {fault}", record.head),
    }
}
