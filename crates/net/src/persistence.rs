//! The stores of a node's contexts, and what drives them.
//!
//! | part | what it does |
//! |---|---|
//! | [`Stores`] | gives each context its store, and ends them all |
//! | `writer` | one task a context: what the context notes becomes operations of the store, a few at once |
//! | `operations` | one save, grave or load, with its time limit, and what an error means |
//! | `loads` | a request asks for a session that is not in memory: one load a session, and none for what is known not to be there |
//! | `restore` | takes sessions back at the start, and looks for those that have expired |
//! | `per_request` | where each request loads and saves: one at a time, saved before its answer |
//! | `file` | all sessions in one file, at the start and at the end |
//!
//! It decides nothing about a session: that is `outlive_node::persistence`.

mod file;
mod loads;
mod operations;
mod per_request;
mod restore;
mod writer;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use file::{load as load_file, save as save_file};
pub(crate) use loads::{Loaded, Loads};
use outlive_node::{Context, log};
use outlive_store::{Store, StoreError};
use outlive_sync::{AtomicFlag, Locked};
pub use per_request::Turn;
pub(crate) use per_request::{Saved, Turns};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;

/// For which web application a store is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFor<'a> {
    /// Its name in messages: `localhost#/app`, or `/app` where the cluster stands in the Host. As a peer wrote it, where this node is a
    /// keeper.
    pub name: &'a str,
    /// Its path: `/app`, or the empty text for the root.
    pub path: &'a str,
}

type Opener = dyn Fn(StoreFor<'_>) -> Result<Arc<dyn Store>, StoreError> + Send + Sync;

/// Gives each web application of a node its store. Cheap to clone.
///
/// ```
/// # use std::sync::Arc;
/// # use outlive_net::StoreSource;
/// # use outlive_store::MemoryStore;
/// let source = StoreSource::new(|_context| Ok(Arc::new(MemoryStore::default())));
/// ```
#[derive(Clone)]
pub struct StoreSource(Arc<Opener>);

impl StoreSource {
    /// `open` is called once for each context that [keeps its sessions](outlive_node::persistence::Persistence), and must not wait: a
    /// store connects when it is used.
    pub fn new(open: impl Fn(StoreFor<'_>) -> Result<Arc<dyn Store>, StoreError> + Send + Sync + 'static) -> Self {
        StoreSource(Arc::new(open))
    }
}

impl fmt::Debug for StoreSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreSource")
    }
}

/// How many sessions a node could not save before it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unsaved(pub(crate) usize);

/// One context and its store.
#[derive(Debug)]
pub(crate) struct ContextStore {
    pub(crate) context: Arc<Context>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    changes: watch::Sender<u64>,
    initialised: AtomicFlag,
    /// It was said that the store fails, and not yet that it works again.
    said_down: AtomicFlag,
    loads: Loads,
    turns: Turns,
}

#[derive(Debug)]
struct Driven {
    store: Arc<ContextStore>,
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<Unsaved>,
}

/// The stores of one node's contexts.
#[derive(Debug)]
pub(crate) struct Stores {
    source: Option<StoreSource>,
    clock: Clock,
    changes: watch::Sender<u64>,
    /// By the context's name; nothing: it could not be had, or the node ends.
    driven: Locked<BTreeMap<String, Option<Driven>>>,
}

impl Stores {
    pub(crate) fn new(source: Option<StoreSource>, clock: Clock, changes: watch::Sender<u64>) -> Self {
        Stores { source, clock, changes, driven: Locked::default() }
    }

    /// The store of a context, opened if this is the first call for it. Nothing for a context that keeps its sessions in memory alone.
    pub(crate) fn of(&self, context: &Arc<Context>) -> Option<Arc<ContextStore>> {
        context.persistence()?;
        let mut driven = self.driven.lock();
        if let Some(known) = driven.get(context.name()) {
            return known.as_ref().map(|known| Arc::clone(&known.store));
        }
        let opened = self.open(context);
        let store = opened.as_ref().map(|opened| Arc::clone(&opened.store));
        driven.insert(context.name().to_owned(), opened);
        store
    }

    fn open(&self, context: &Arc<Context>) -> Option<Driven> {
        let wanted = StoreFor { name: context.name(), path: context.path() };
        let store = match self.source.as_ref().map(|source| (source.0)(wanted)) {
            Some(Ok(store)) => store,
            Some(Err(error)) => {
                tracing::error!(target: log::STORE, context = context.name(), %error, "no store: sessions live in memory alone");
                context.store_is_listed();
                return None;
            }
            None => {
                tracing::error!(target: log::STORE, context = context.name(), "no store is configured: sessions live in memory alone");
                context.store_is_listed();
                return None;
            }
        };
        tracing::info!(target: log::STORE, context = context.name(), store = store.describe(), policy = ?context.persistence(), "keeps sessions");
        let store = Arc::new(ContextStore {
            context: Arc::clone(context),
            store,
            clock: self.clock,
            changes: self.changes.clone(),
            initialised: AtomicFlag::default(),
            said_down: AtomicFlag::default(),
            loads: Loads::default(),
            turns: Turns::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(writer::run(Arc::clone(&store), stopped));
        Some(Driven { store, stop, task })
    }

    /// Saves what is not saved yet, within a limit, and ends. Sessions that come later are not saved.
    pub(crate) async fn stop(&self, limit: Duration) -> Unsaved {
        let mut tasks = Vec::new();
        for driven in self.driven.lock().values_mut() {
            if let Some(Driven { stop, task, .. }) = driven.take() {
                // An error says that it has ended already.
                let _ = stop.send(limit);
                tasks.push(task);
            }
        }
        let mut unsaved = Unsaved::default();
        for task in tasks {
            unsaved.0 += task.await.unwrap_or_default().0;
        }
        unsaved
    }
}

impl ContextStore {
    /// It is known which sessions the store has: whoever waits for the context may go on.
    fn listed(&self) {
        self.context.store_is_listed();
        self.changes.send_modify(|changes| *changes += 1);
    }
}
