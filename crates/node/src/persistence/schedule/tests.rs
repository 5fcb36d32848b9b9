use super::*;

fn id(text: &str) -> SessionId {
    SessionId::parse(text).unwrap()
}

const fn at(ms: u64) -> Monotonic {
    Monotonic(Duration::from_millis(ms))
}

fn save(text: &str, due: u64) -> Note {
    Note::Save { base: id(text).base(), due: at(due) }
}

fn bury(text: &str, moved_to: Option<&str>) -> Note {
    Note::Bury(Burial { id: id(text), moved_to: moved_to.map(id), keep_until: UnixMillis(9) })
}

/// What may begin now, each by its first letter and its session.
fn begin(schedule: &mut Schedule, now: u64) -> Vec<Task> {
    std::iter::from_fn(|| schedule.next(at(now))).collect()
}

fn told(tasks: &[Task]) -> String {
    let told = tasks.iter().map(|task| match task {
        Task::Save(base) => format!("save {base}"),
        Task::Bury(Burial { id, moved_to: None, .. }) => format!("bury {id}"),
        Task::Bury(Burial { id, moved_to: Some(new), .. }) => format!("bury {id} for {new}"),
        Task::Forget { id, .. } => format!("forget {id}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(schedule: &mut Schedule, now: u64, expected: &str) -> Vec<Task> {
    let tasks = begin(schedule, now);
    assert_eq!(told(&tasks), expected, "at {now} ms");
    tasks
}

fn all_done(schedule: &mut Schedule, now: u64, tasks: &[Task]) {
    for task in tasks {
        assert_eq!(schedule.done(at(now), task, Outcome::Done), None);
    }
}

#[test]
fn a_session_is_saved_when_it_is_due_and_once_for_many_notes() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), save("A", 100));
    schedule.note(at(50), save("A", 150));
    schedule.note(at(50), save("B", 120));
    assert_eq!(schedule.deadline(at(50)), Some(at(100)));
    check(&mut schedule, 99, "");
    let first = check(&mut schedule, 100, "save A");
    // Under way: what is noted now is another save.
    schedule.note(at(110), save("A", 1100));
    let second = check(&mut schedule, 130, "save B");
    all_done(&mut schedule, 140, &first);
    all_done(&mut schedule, 140, &second);
    assert_eq!((schedule.pending(), schedule.deadline(at(140))), (1, Some(at(1100))));
    let last = check(&mut schedule, 1100, "save A");
    all_done(&mut schedule, 1101, &last);
    assert_eq!((schedule.pending(), schedule.deadline(at(1101))), (0, None));
}

#[test]
fn a_new_id_is_saved_behind_the_grave_of_the_old_one() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), save("OLD", 100));
    schedule.note(at(0), save("NEW", 0));
    schedule.note(at(0), bury("OLD", Some("NEW")));
    let grave = check(&mut schedule, 0, "bury OLD for NEW");
    check(&mut schedule, 500, "");
    all_done(&mut schedule, 500, &grave);
    let saved = check(&mut schedule, 500, "save NEW");
    all_done(&mut schedule, 501, &saved);
    assert_eq!(schedule.pending(), 0);
}

#[test]
fn several_new_ids_and_the_end_leave_graves_alone() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), bury("A", Some("B")));
    schedule.note(at(0), bury("B", Some("C")));
    schedule.note(at(0), bury("C", None));
    let graves = check(&mut schedule, 0, "bury A for B, bury B for C, bury C");
    all_done(&mut schedule, 1, &graves);
    check(&mut schedule, 1, "");
    assert_eq!(schedule.pending(), 0);
}

#[test]
fn behind_a_grave_nothing_is_saved_or_forgotten() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), bury("A", None));
    schedule.note(at(0), save("A", 0));
    schedule.note(at(0), Note::Forget { id: id("A"), last_accessed: UnixMillis(1) });
    let grave = check(&mut schedule, 0, "bury A");
    all_done(&mut schedule, 1, &grave);
    assert_eq!(schedule.pending(), 0);
}

#[test]
fn an_expired_session_is_forgotten_and_not_saved() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), save("A", 100));
    schedule.note(at(10), Note::Forget { id: id("A"), last_accessed: UnixMillis(1) });
    let task = check(&mut schedule, 10, "forget A");
    all_done(&mut schedule, 11, &task);
    check(&mut schedule, 200, "");
    assert_eq!(schedule.pending(), 0);
}

#[test]
fn a_session_that_ends_while_it_is_saved_is_buried_behind_that() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), save("A", 0));
    let under_way = check(&mut schedule, 0, "save A");
    schedule.note(at(1), bury("A", None));
    check(&mut schedule, 1, "");
    all_done(&mut schedule, 2, &under_way);
    let grave = check(&mut schedule, 2, "bury A");
    all_done(&mut schedule, 3, &grave);
    assert_eq!(schedule.pending(), 0);
}

#[test]
fn only_a_few_are_under_way_at_once() {
    let mut schedule = Schedule::default();
    (0..20).for_each(|number| schedule.note(at(0), save(&format!("S{number}"), 0)));
    let first = begin(&mut schedule, 0);
    assert_eq!(first.len(), RUNNING_MAX);
    assert_eq!(schedule.deadline(at(0)), None, "the end of one is waited for");
    all_done(&mut schedule, 1, &first[..1]);
    assert_eq!(begin(&mut schedule, 1).len(), 1);
}

#[test]
fn a_store_that_fails_is_tried_by_one_with_longer_and_longer_pauses() {
    let mut schedule = Schedule::default();
    (0..20).for_each(|number| schedule.note(at(0), save(&format!("S{number}"), 0)));
    let first = begin(&mut schedule, 0);
    assert_eq!(schedule.done(at(10), &first[0], Outcome::Failed), Some(Turn::Down));
    for task in &first[1..] {
        assert_eq!(schedule.done(at(20), task, Outcome::Failed), None, "it is said once");
    }
    assert_eq!((schedule.pending(), schedule.is_up()), (20, false));
    let (mut tries, mut now) = (Vec::new(), 20);
    for _ in 0..8 {
        now = schedule.deadline(at(now)).unwrap().0.as_millis() as u64;
        let probe = begin(&mut schedule, now);
        assert_eq!(probe.len(), 1);
        tries.push(now);
        assert_eq!(schedule.done(at(now), &probe[0], Outcome::Failed), None);
    }
    assert_eq!(tries, [110, 310, 710, 1510, 3110, 6310, 11310, 16310]);
    let probe = begin(&mut schedule, 21310);
    assert_eq!(schedule.done(at(21320), &probe[0], Outcome::Done), Some(Turn::Up(Duration::from_millis(21310))));
    // All at once again, and nothing was forgotten.
    let mut left = 19;
    while left > 0 {
        let tasks = begin(&mut schedule, 30_000);
        assert!(!tasks.is_empty());
        left -= tasks.len();
        all_done(&mut schedule, 30_000, &tasks);
    }
    assert_eq!(schedule.pending(), 0);
}

#[test]
fn one_session_that_the_store_cannot_take_in_time_does_not_hold_up_the_others() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), save("A", 0));
    let bad = check(&mut schedule, 0, "save A");
    schedule.note(at(1), save("B", 1));
    assert_eq!(schedule.done(at(1), &bad[0], Outcome::Failed), Some(Turn::Down));
    let good = check(&mut schedule, 101, "save B");
    assert_eq!(schedule.done(at(102), &good[0], Outcome::Done), Some(Turn::Up(Duration::from_millis(101))));
    assert_eq!(schedule.pending(), 1);
    check(&mut schedule, 102, "");
    check(&mut schedule, 300, "save A");
}

#[test]
fn what_the_store_never_takes_is_given_up_until_it_changes() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), save("A", 0));
    let task = check(&mut schedule, 0, "save A");
    assert_eq!(schedule.done(at(1), &task[0], Outcome::GivenUp), None);
    assert_eq!(schedule.pending(), 0);
    schedule.note(at(5), save("A", 5));
    check(&mut schedule, 5, "save A");
}

#[test]
fn at_the_stop_nothing_waits_for_its_time() {
    let mut schedule = Schedule::default();
    schedule.note(at(0), save("A", 1000));
    check(&mut schedule, 0, "");
    schedule.stop(at(1));
    assert_eq!(schedule.deadline(at(1)), Some(at(1)));
    let task = check(&mut schedule, 1, "save A");
    all_done(&mut schedule, 2, &task);
    assert_eq!(schedule.pending(), 0);
}

#[test]
fn graves_that_wait_are_bounded_and_counted() {
    let mut schedule = Schedule::default();
    (0..BURIALS_MAX + 3).for_each(|number| schedule.note(at(0), bury(&format!("S{number}"), None)));
    assert_eq!((schedule.pending(), schedule.lost_burials()), (BURIALS_MAX, 3));
}

#[test]
fn a_grave_is_kept_longer_than_any_copy_can_live() {
    let now = Now { monotonic: at(0), wall: UnixMillis(1_000) };
    assert_eq!(keep_until(now, 60), UnixMillis(1_000 + 86_400_000 + 120_000));
    assert_eq!(keep_until(now, -1), UnixMillis(1_000 + 30 * 86_400_000));
    assert!(keep_until(now, i32::MAX).0 > 0);
}
