//! The sessions of one web application in a database.

use std::sync::Arc;

use bytes::Bytes;
use outlive_session::{BaseId, SessionId};
use outlive_store::{Grave, Save, Saved, SessionHead, SessionRecord, Store, StoreError, StoreFault, StoreFuture};
use outlive_tribes_proto::time::UnixMillis;

use crate::row::Row;
use crate::statements::{Given, SaveSteps, Statement, Statements};
use crate::stores::Shared;

/// The most heads that one call gives.
const HEADS_MAX: usize = 10_000;

/// The part of the table that is one application's.
#[derive(Debug)]
pub struct SqlStore {
    shared: Arc<Shared>,
    app: String,
    /// The application whose rows are those of `app` that are no sessions.
    aside: String,
}

impl SqlStore {
    pub(crate) fn new(shared: Arc<Shared>, app: &str) -> Self {
        SqlStore { shared, app: app.to_owned(), aside: format!("{app}#corrupt") }
    }

    fn given(&self, base: &BaseId) -> Given<'_> {
        Given::of_base(&self.app, base)
    }

    fn place(&self) -> &str {
        self.shared.database.place()
    }

    async fn load(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let statements = self.shared.statements().await?;
        let bytes_max = self.shared.session_bytes_max;
        let given = Given { bytes_max: i64::try_from(bytes_max).unwrap_or(i64::MAX), ..self.given(&id.base()) };
        let mut rows = self.shared.database.fetch(&statements.load, &given).await?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let length = row.long(5).unwrap_or_default();
        if length > given.bytes_max {
            let message = format!("{} has {id:?} with {length} bytes, more than the {bytes_max} taken", self.place());
            return Err(StoreError::new(StoreFault::TooLarge, message));
        }
        match (head(row), row.take_blob(4)) {
            (Some(head), Some(data)) if !data.is_empty() => {
                Ok(Some(SessionRecord { head, data: Bytes::from(data), version: None }))
            }
            _ => {
                let aside = Given { aside: &self.aside, id: row.text(0).unwrap_or_default(), ..self.of_app() };
                self.shared.database.change(&statements.drop_aside, &aside).await?;
                self.shared.database.change(&statements.set_no_session_aside, &aside).await?;
                let message = format!("{} has a row of {id:?} that is no session; it was set aside", self.place());
                Err(StoreError::new(StoreFault::Corrupt, message))
            }
        }
    }

    async fn save(&self, save: &Save) -> Result<Saved, StoreError> {
        let record = &save.record;
        let (length, max) = (record.data.len(), self.shared.session_bytes_max);
        if length > max {
            let message = format!("{:?} has {length} bytes, more than the {max} that are kept", record.head.id);
            return Err(StoreError::new(StoreFault::TooLarge, message));
        }
        let statements = self.shared.statements().await?;
        let base = record.head.id.base();
        let given = Given { record: Some(record), id: record.head.id.as_str(), ..self.given(&base) };
        let database = &self.shared.database;
        let changed = match &statements.save {
            SaveSteps::Together { save, drop_other_routes } => {
                database.together(&[save, drop_other_routes], &given).await?.first().copied()
            }
            SaveSteps::Locked { change, lock, save } => match database.change(change, &given).await? {
                0 => database.together(&[lock, save], &given).await?.get(1).copied(),
                changed => Some(changed),
            },
        };
        let changed = changed.unwrap_or(0);
        if changed > 0 && (!statements.must_count || self.count(statements, &given).await? > 0) {
            return Ok(Saved::Kept(None));
        }
        match self.grave(&base).await? {
            Some(grave) => Ok(Saved::Buried(grave)),
            // Or the grave was cleared within this moment, and the next save will do.
            None => {
                let message = format!(
                    "the key of the table of {} is the id alone, and another application has {:?}",
                    self.place(),
                    record.head.id
                );
                Err(StoreError::new(StoreFault::Schema, message))
            }
        }
    }

    async fn bury(&self, id: &SessionId, grave: &Grave) -> Result<(), StoreError> {
        let statements = self.shared.statements().await?;
        let given = Given { grave: Some(grave), ..self.given(&id.base()) };
        let steps: Vec<&Statement> = statements.bury.iter().collect();
        self.shared.database.together(&steps, &given).await.map(drop)
    }

    async fn set_aside(&self, record: &SessionRecord) -> Result<bool, StoreError> {
        let statements = self.shared.statements().await?;
        let head = &record.head;
        let given =
            Given { aside: &self.aside, id: head.id.as_str(), last_accessed: head.last_accessed.0, ..self.of_app() };
        self.shared.database.change(&statements.drop_aside, &given).await?;
        self.shared.database.change(&statements.set_aside, &given).await.map(|rows| rows > 0)
    }

    async fn forget(&self, id: &SessionId, last_accessed: UnixMillis) -> Result<bool, StoreError> {
        let statements = self.shared.statements().await?;
        let given = Given { last_accessed: last_accessed.0, ..self.given(&id.base()) };
        // Of two nodes that forget it, one has dropped it. Under another route it may have been accessed since.
        let dropped = self.shared.database.change(&statements.forget, &given).await? > 0;
        Ok(dropped && self.count(statements, &given).await? == 0)
    }

    /// How many rows a base has that no grave hides.
    async fn count(&self, statements: &Statements, given: &Given<'_>) -> Result<i64, StoreError> {
        let rows = self.shared.database.fetch(&statements.count_base, given).await?;
        Ok(rows.first().and_then(|row| row.long(0)).unwrap_or_default())
    }

    async fn grave(&self, base: &BaseId) -> Result<Option<Grave>, StoreError> {
        let statements = self.shared.statements().await?;
        let rows = self.shared.database.fetch(&statements.grave, &self.given(base)).await?;
        Ok(rows.first().map(|row| Grave {
            // An id that is none leads nowhere: the session is as good as ended.
            moved_to: row.text(0).and_then(|id| SessionId::parse(id).ok()),
            keep_until: UnixMillis(row.long(1).unwrap_or(i64::MAX)),
        }))
    }

    async fn heads(&self, after: Option<&SessionId>, limit: usize) -> Result<Vec<SessionHead>, StoreError> {
        let statements = self.shared.statements().await?;
        let limit = limit.min(HEADS_MAX);
        let mut heads = Vec::new();
        let mut after = after.map_or("", SessionId::as_str).to_owned();
        // Rows that are no sessions must not make a page look like the last one.
        while heads.len() < limit {
            let asked = limit - heads.len();
            let given = Given { id: &after, limit: asked.try_into().unwrap_or(i64::MAX), ..self.of_app() };
            let rows = self.shared.database.fetch(&statements.heads, &given).await?;
            let read: Vec<SessionHead> = rows.iter().filter_map(head).collect();
            self.tell_left_out(rows.len() - read.len());
            heads.extend(read);
            match rows.last().and_then(|row| row.text(0)) {
                Some(last) if rows.len() == asked => last.clone_into(&mut after),
                _ => break,
            }
        }
        Ok(heads)
    }

    async fn expired(&self, now: UnixMillis, limit: usize) -> Result<Vec<SessionHead>, StoreError> {
        let statements = self.shared.statements().await?;
        // Half of what 64 bits hold, so that no idle time, of whatever sign, overflows when it is taken off.
        let now = now.0.clamp(i64::MIN / 2, i64::MAX / 2);
        let given = Given { now, limit: limit.min(HEADS_MAX).try_into().unwrap_or(i64::MAX), ..self.of_app() };
        let rows = self.shared.database.fetch(&statements.expired, &given).await?;
        let heads: Vec<SessionHead> = rows.iter().filter_map(head).collect();
        self.tell_left_out(rows.len() - heads.len());
        Ok(heads)
    }

    async fn clear_graves(&self, now: UnixMillis) -> Result<u64, StoreError> {
        let statements = self.shared.statements().await?;
        let given = Given { now: now.0, ..self.of_app() };
        // First the rows: what a grave no longer hides must not come back.
        self.shared.database.change(&statements.drop_hidden, &given).await?;
        self.shared.database.change(&statements.clear_graves, &given).await
    }

    fn of_app(&self) -> Given<'_> {
        Given { app: &self.app, ..Given::default() }
    }

    fn tell_left_out(&self, rows: usize) {
        if rows > 0 {
            tracing::warn!(target: "outlive::store", rows, "rows in {} are no sessions, and were left out", self.place());
        }
    }
}

/// The first four columns of a row; `None` where they are no session's.
fn head(row: &Row) -> Option<SessionHead> {
    Some(SessionHead {
        id: SessionId::parse(row.text(0)?).ok()?,
        is_valid: row.text(1)? == "1",
        max_inactive_seconds: row.long(2)?.try_into().ok()?,
        last_accessed: UnixMillis(row.long(3)?),
    })
}

impl Store for SqlStore {
    fn describe(&self) -> String {
        format!("{}, table {}, application {}", self.place(), self.shared.names.sessions.name, self.app)
    }

    fn init(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.shared.init())
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        Box::pin(async { self.shared.look().await.map(drop) })
    }

    fn load<'a>(&'a self, id: &'a SessionId) -> StoreFuture<'a, Option<SessionRecord>> {
        Box::pin(self.load(id))
    }

    fn save<'a>(&'a self, save: &'a Save) -> StoreFuture<'a, Saved> {
        Box::pin(self.save(save))
    }

    fn bury<'a>(&'a self, id: &'a SessionId, grave: &'a Grave) -> StoreFuture<'a, ()> {
        Box::pin(self.bury(id, grave))
    }

    fn forget<'a>(&'a self, id: &'a SessionId, last_accessed: UnixMillis) -> StoreFuture<'a, bool> {
        Box::pin(self.forget(id, last_accessed))
    }

    fn set_aside<'a>(&'a self, record: &'a SessionRecord) -> StoreFuture<'a, bool> {
        Box::pin(self.set_aside(record))
    }

    fn grave<'a>(&'a self, base: &'a BaseId) -> StoreFuture<'a, Option<Grave>> {
        Box::pin(self.grave(base))
    }

    fn heads<'a>(&'a self, after: Option<&'a SessionId>, limit: usize) -> StoreFuture<'a, Vec<SessionHead>> {
        Box::pin(self.heads(after, limit))
    }

    fn expired(&self, now: UnixMillis, limit: usize) -> StoreFuture<'_, Vec<SessionHead>> {
        Box::pin(self.expired(now, limit))
    }

    fn clear_graves(&self, now: UnixMillis) -> StoreFuture<'_, u64> {
        Box::pin(self.clear_graves(now))
    }
}
