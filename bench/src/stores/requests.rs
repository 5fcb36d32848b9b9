//! What a request costs with a store behind it, and without.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::database::{PASSWORD, Postgres};
use outlive_interop::{Manager, NodeSpec, OutliveNode, Scene, Server, StoreKind, TomcatNode, poll};
use outlive_serial::{Limits, Value};
use outlive_session::{SessionId, StoredSession};
use serde_json::Value as Json;

use super::place::Place;
use super::runtime;
use crate::load::{self, Jar};
use crate::system::{Cluster, Used};

/// How many sessions the load goes round.
const SESSIONS: usize = 1_000;
/// The second within which a change is saved, and what a busy machine needs.
const SAVED_WITHIN: Duration = Duration::from_secs(2);
/// How long a system is loaded before anything counts: a JVM compiles what it has seen often.
const WARM_UP: Duration = Duration::from_secs(1);
const WARM_UP_JVM: Duration = Duration::from_secs(10);

/// What serves, and where its sessions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Two nodes that have every session, and no store.
    Memory,
    /// The same with a store behind them.
    Behind(StoreKind),
    /// One node that loads and saves with each request.
    PerRequest(StoreKind),
    /// Two Tomcats that have every session.
    TomcatMemory,
    /// One Tomcat that loads and saves with each request: PersistentValve over files or PostgreSQL.
    TomcatPerRequest(StoreKind),
}

/// What the requests took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) requests: usize,
    pub(super) time: Duration,
    pub(super) p99: Duration,
    pub(super) nodes: Duration,
    pub(super) server: Option<Duration>,
    /// Sessions that the store has otherwise than the clients were told, where there is one of ours.
    pub(super) wrong: Option<usize>,
}

/// All that is measured.
pub(super) fn loads(kinds: &[StoreKind], with_tomcat: bool) -> Vec<Load> {
    let mut loads = vec![Load::Memory];
    loads.extend(kinds.iter().copied().map(Load::Behind));
    if with_tomcat {
        loads.push(Load::TomcatMemory);
    }
    loads.extend(kinds.iter().copied().map(Load::PerRequest));
    if with_tomcat {
        let known = [StoreKind::Files, StoreKind::Postgres].into_iter().filter(|kind| kinds.contains(kind));
        loads.extend(known.map(Load::TomcatPerRequest));
    }
    loads
}

impl Load {
    /// For people.
    pub(super) fn name(self) -> String {
        match self {
            Self::Memory => "Outlive, two nodes, no store".to_owned(),
            Self::Behind(kind) => format!("… {} behind them", kind.name()),
            Self::PerRequest(kind) => format!("Outlive, one node, {} with each request", kind.name()),
            Self::TomcatMemory => "Tomcat, two nodes (DeltaManager), no store".to_owned(),
            Self::TomcatPerRequest(kind) => format!("Tomcat, one node, {} with each request", kind.name()),
        }
    }

    /// Whether [`Load::Memory`] is what it is to be compared with.
    pub(super) fn is_replicated(self) -> bool {
        matches!(self, Self::Memory | Self::Behind(_) | Self::TomcatMemory)
    }

    /// Loads it with requests that change their session.
    ///
    /// # Errors
    /// A node or a request fails.
    pub(super) fn measure(self, scene: &Scene, time: Duration) -> Result<Cost> {
        let place = match self {
            Self::Behind(kind) | Self::PerRequest(kind) => Some(Place::new(scene, kind)?),
            // Its own below: it needs the URL in Java's words.
            _ => None,
        };
        let (a, b) = (NodeSpec::new("node-a", 1).send_options(8), NodeSpec::new("node-b", 2).send_options(8));
        let ours = |spec: NodeSpec| -> Result<Box<dyn Server + '_>> {
            let node = OutliveNode::new(scene, spec)?;
            Ok(Box::new(match (&place, self) {
                (Some(place), Self::PerRequest(_)) => node
                    .with_arguments(&["--manager", "persistent", "--persistent-valve"])
                    .with_store(place.shared.url()),
                (Some(place), _) => node.with_store(place.shared.url()),
                (None, _) => node,
            }))
        };
        let tomcat = |spec: NodeSpec| -> Result<Box<dyn Server + '_>> {
            Ok(Box::new(TomcatNode::new(scene, spec)?.with_large_jvm()))
        };
        let mut cluster = match self {
            Self::Memory | Self::Behind(_) => Cluster::new(ours(a)?, Some(ours(b)?)),
            Self::PerRequest(_) => Cluster::new(ours(a)?, None),
            Self::TomcatMemory => Cluster::new(tomcat(a)?, Some(tomcat(b)?)),
            Self::TomcatPerRequest(StoreKind::Postgres) => {
                let postgres = Postgres::new(scene)?;
                return tomcat_over_postgres(&postgres, a, tomcat, time);
            }
            Self::TomcatPerRequest(_) => {
                let manager = Manager::FilesPerRequest(scene.folder().join("tomcat-sessions"));
                Cluster::new(tomcat(a.manager(manager, false))?, None)
            }
        };
        cluster.start()?;
        let warm_up =
            if matches!(self, Self::TomcatMemory | Self::TomcatPerRequest(_)) { WARM_UP_JVM } else { WARM_UP };
        let server_time = || place.as_ref().map_or(Ok(None), Place::server_time);
        let (mut cost, jar, counts) = loaded(&cluster, warm_up, time, &server_time)?;
        if let Some(place) = &place {
            cost.wrong = Some(wrong(place, &cluster, &jar, &counts)?);
            ensure!(
                cost.wrong == Some(0),
                "{:?} sessions in the store are not what their clients were told",
                cost.wrong
            );
        }
        Ok(cost)
    }
}

/// The table must be there already: a Tomcat makes none.
fn tomcat_over_postgres<'scene>(
    postgres: &Postgres<'_>,
    spec: NodeSpec,
    tomcat: impl Fn(NodeSpec) -> Result<Box<dyn Server + 'scene>>,
    time: Duration,
) -> Result<Cost> {
    use outlive_interop::database::Database;
    runtime()?.block_on(async {
        let store = outlive_store_sql::SqlStores::open(outlive_store_sql::SqlConfig::new(postgres.url()))?.context("/");
        anyhow::Ok(store.init().await?)
    })?;
    let manager =
        Manager::Database { url: postgres.jdbc_url(), user: "shop".to_owned(), password: PASSWORD.to_owned() };
    let mut cluster = Cluster::new(tomcat(spec.manager(manager, false))?, None);
    cluster.start()?;
    let server_time = || {
        let processes = postgres.processes()?;
        Ok(Some(processes.into_iter().filter_map(|id| crate::cpu::time_of_id(id).ok()).sum()))
    };
    Ok(loaded(&cluster, WARM_UP_JVM, time, &server_time)?.0)
}

/// Requests for a while, and what nodes and server used until all was saved. With the sessions, and what each counter must be.
fn loaded(
    cluster: &Cluster<'_>,
    warm_up: Duration,
    time: Duration,
    server_time: &dyn Fn() -> Result<Option<Duration>>,
) -> Result<(Cost, Jar, Vec<u32>)> {
    let new_jar = || load::create(cluster.a.http(), SESSIONS, |_| vec!["counter".to_owned()]);
    load::run(cluster.a.http(), &new_jar()?, "counter", warm_up)?;
    let jar = new_jar()?;
    settled(cluster)?;
    let (before, server_before) = (cluster.used()?, server_time()?);
    let run = load::run(cluster.a.http(), &jar, "counter", time)?;
    let used = settled(cluster)?.since(before);
    let server = server_time()?.zip(server_before).map(|(now, before)| now.saturating_sub(before));
    let cost = Cost {
        requests: run.requests(),
        time: run.time,
        p99: run.latency(0.99),
        nodes: used.all(),
        server,
        wrong: None,
    };
    // The request that made the session counted, too.
    Ok((cost, jar, run.answers.iter().map(|count| count + 1).collect()))
}

/// When all is saved.
fn settled(cluster: &Cluster<'_>) -> Result<Used> {
    poll::time_passes(Instant::now() + SAVED_WITHIN);
    cluster.idle()
}

/// How many sessions the store has otherwise than their clients were told.
fn wrong(place: &Place<'_>, cluster: &Cluster<'_>, jar: &Jar, counts: &[u32]) -> Result<usize> {
    let runtime = runtime()?;
    let _within = runtime.enter();
    let store = place.open()?;
    let answers = load::each(cluster.a.http(), jar, "read")?;
    ensure!(answers.len() == counts.len(), "{} answers for {} sessions", answers.len(), counts.len());
    let mut wrong = 0;
    for (answer, count) in answers.iter().zip(counts) {
        let answer: Json = serde_json::from_slice(answer)?;
        let id = SessionId::parse(answer["id"].as_str().context("a session without an id")?)?;
        let record = runtime.block_on(store.load(&id))?;
        let counter = record.map(|record| StoredSession::decode(&record.data, &Limits::default())).transpose()?;
        let counter = counter.and_then(|session| {
            session.state.attributes.into_iter().find(|(name, _)| name == "counter").map(|(_, value)| value)
        });
        wrong += usize::from(counter != Some(Value::integer(i32::try_from(*count)?)) || answer["counter"] != *count);
    }
    Ok(wrong)
}
