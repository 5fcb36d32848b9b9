//! The task that tells a store what has happened.

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::time::Duration;

use outlive_node::log;
use outlive_node::persistence::{Event, Outcome, Schedule, Task, Turn};
use outlive_store::StoreError;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{ContextStore, Unsaved};

/// How long a node that is dropped without a word goes on saving.
const LAST_SAVES_MAX: Duration = Duration::from_secs(1);

/// A store that failed at the start is looked at again after this, if nobody needs it before.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

type Done = (Task, Outcome, Option<StoreError>);

/// Runs until it is told to stop, or until nobody holds the node any more; then saves what waits, within a limit.
pub(super) async fn run(store: Arc<ContextStore>, mut stopped: oneshot::Receiver<Duration>) -> Unsaved {
    let mut writer = Writer::new(store);
    let limit = loop {
        if let Some(limit) = writer.step(&mut stopped).await {
            break limit;
        }
    };
    let deadline = Instant::now() + limit;
    let now = writer.store.clock.now();
    writer.store.context.store_at_stop(now);
    writer.take_events();
    writer.schedule.stop(now.monotonic);
    while writer.schedule.pending() > 0 && Instant::now() < deadline {
        let (_keeps, mut never) = oneshot::channel();
        // An error is the deadline, which the loop sees itself.
        let _ = tokio::time::timeout_at(deadline, writer.step(&mut never)).await;
    }
    let unsaved = writer.schedule.pending();
    let context = writer.store.context.name();
    if unsaved > 0 {
        tracing::warn!(target: log::STORE, context, sessions = unsaved, store = writer.store.store.describe(),
            "the node ends, and the store has not got the last changes of these sessions");
    } else {
        tracing::info!(target: log::STORE, context, "the store has everything");
    }
    Unsaved(unsaved)
}

struct Writer {
    store: Arc<ContextStore>,
    schedule: Schedule,
    running: JoinSet<Done>,
    /// Restores and looks for what has expired; they end with the writer.
    beside: JoinSet<()>,
    events: Vec<Event>,
}

impl Writer {
    fn new(store: Arc<ContextStore>) -> Self {
        let mut beside = JoinSet::new();
        beside.spawn(Arc::clone(&store).first_look());
        beside.spawn(Arc::clone(&store).keep_clean());
        Writer { store, schedule: Schedule::default(), running: JoinSet::new(), beside, events: Vec::new() }
    }

    /// Begins what may begin, and waits for one thing to happen. Gives the limit when that is the stop.
    async fn step(&mut self, stopped: &mut oneshot::Receiver<Duration>) -> Option<Duration> {
        let now = self.store.clock.now().monotonic;
        while let Some(task) = self.schedule.next(now) {
            let store = Arc::clone(&self.store);
            self.running.spawn(async move {
                let (outcome, error) = store.perform(&task).await;
                (task, outcome, error)
            });
        }
        let deadline = self.schedule.deadline(now).map(|at| self.store.clock.instant(at));
        let due = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = poll_fn(|cx| self.store.context.poll_store_events(cx)) => self.take_events(),
            Some(done) = self.running.join_next() => self.done(done),
            Some(_) = self.beside.join_next() => {}
            () = due => {}
            limit = stopped => return Some(limit.unwrap_or(LAST_SAVES_MAX)),
        }
        None
    }

    fn take_events(&mut self) {
        self.store.context.take_store_events(&mut self.events);
        let now = self.store.clock.now().monotonic;
        for event in self.events.drain(..) {
            match event {
                Event::Note(note) => self.schedule.note(now, note),
                Event::Restore { alone, later } => {
                    self.beside.spawn(Arc::clone(&self.store).restore(alone, later));
                }
            }
        }
    }

    fn done(&mut self, done: Result<Done, tokio::task::JoinError>) {
        // A store that panics is a bug of its own: the session's next change is saved again.
        let Ok((task, outcome, error)) = done else { return };
        let (context, now) = (&self.store.context, self.store.clock.now().monotonic);
        match self.schedule.done(now, &task, outcome) {
            None => {}
            Some(Turn::Down) => self.store.say_down(error.as_ref()),
            Some(Turn::Up(after)) => {
                context.set_store_down(false);
                self.store.said_down.set(false);
                tracing::info!(target: log::STORE, context = context.name(), pending = self.schedule.pending(),
                    after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX), lost_graves = self.schedule.lost_burials(),
                    "the store works again, and gets what it missed");
            }
        }
    }
}

impl ContextStore {
    /// Asks a store that nobody needs yet, so that what is wrong with it is said at the start.
    async fn first_look(self: Arc<Self>) {
        while let Err(error) = self.ask(Box::pin(std::future::ready(Ok(())))).await {
            self.say_down(Some(&error));
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        if self.said_down.set(false) {
            self.context.set_store_down(false);
            tracing::info!(target: log::STORE, context = self.context.name(), "the store works now");
        }
    }

    /// Says that the store fails, once until it works again.
    fn say_down(&self, error: Option<&StoreError>) {
        self.context.set_store_down(true);
        if !self.said_down.set(true) {
            let error = error.map(|error| chain(error)).unwrap_or_default();
            tracing::warn!(target: log::STORE, context = self.context.name(), store = self.store.describe(), error,
                "the store fails: sessions live on in memory, and it gets what it misses when it is back");
        }
    }
}

/// An error with what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
