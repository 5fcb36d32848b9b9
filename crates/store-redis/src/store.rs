//! The sessions of one web application in a server.

use std::fmt;
use std::sync::Arc;

use outlive_session::{BaseId, SessionId};
use outlive_store::{
    Grave, Save, Saved, SessionHead, SessionRecord, Store, StoreError, StoreFault, StoreFuture, Version,
};
use outlive_tribes_proto::time::UnixMillis;
use redis::{Cmd, Pipeline, ScriptInvocation};

use crate::fields::{self, Fields};
use crate::keys::Keys;
use crate::scripts::Scripts;
use crate::server::{Request, Server};

/// The most heads that one call gives.
const HEADS_MAX: usize = 10_000;
/// How many sessions are asked for in one message.
const BATCH: usize = 500;
/// Added to the times to live of sessions and graves, in ms.
const HOUR: i64 = 3_600_000;

/// The keys that are one application's.
pub struct RedisStore {
    server: Arc<Server>,
    app: String,
    keys: Keys,
    scripts: Scripts,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("server", &self.server).field("app", &self.app).finish_non_exhaustive()
    }
}

impl RedisStore {
    pub(crate) fn new(server: Arc<Server>, app: &str) -> Self {
        RedisStore { server, app: app.to_owned(), keys: Keys::new(app), scripts: Scripts::new() }
    }

    fn place(&self) -> &str {
        self.server.place()
    }

    /// Runs a script on the server.
    async fn script<T: redis::FromRedisValue>(
        &self,
        may_repeat: bool,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.server.run(may_repeat, Request::Script(invocation)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        let told: String = self.script(true, self.scripts.check.prepare_invoke().key(self.keys.check())).await?;
        let says = |field: &str| told.lines().find_map(|line| line.trim_end().strip_prefix(field)?.strip_prefix(':'));
        match says("maxmemory_policy") {
            None | Some("noeviction") => {}
            Some(policy) => tracing::warn!(
                target: "outlive::store",
                "{} may drop sessions and graves when its memory is full: maxmemory-policy is {policy}, and should be noeviction",
                self.place()
            ),
        }
        if says("aof_enabled") == Some("0") {
            tracing::warn!(
                target: "outlive::store",
                "{} may lose its last minutes when it is killed: appendonly is no, and should be yes",
                self.place()
            );
        }
        Ok(())
    }

    async fn load(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let key = self.keys.of(&id.base());
        let max = self.server.session_bytes_max();
        let loaded = self.script(true, self.scripts.load.key(&key.session).arg(max)).await;
        let fields: Fields = match loaded {
            Ok(fields) => fields,
            Err(error) if error.fault() == StoreFault::Corrupt => return Err(self.no_session(id).await?),
            Err(error) => return Err(error),
        };
        if let [Some(length)] = &fields[..] {
            let length = String::from_utf8_lossy(length);
            let message = format!("{} has {id:?} with {length} bytes, more than the {max} taken", self.place());
            return Err(StoreError::new(StoreFault::TooLarge, message));
        }
        if fields::are_absent(&fields) {
            return Ok(None);
        }
        match fields::record(fields).filter(|record| record.head.id.base() == id.base()) {
            Some(record) => Ok(Some(record)),
            None => Err(self.no_session(id).await?),
        }
    }

    /// Puts what lies under an id where nobody looks, unless it has another version by now; without one, whatever it is.
    async fn put_aside(&self, id: &SessionId, version: &[u8]) -> Result<bool, StoreError> {
        let key = self.keys.of(&id.base());
        let aside = self.keys.aside(&key.base);
        let mut set_aside = self.scripts.set_aside.prepare_invoke();
        set_aside.key(&key.session).key(aside).key(&self.keys.ids).key(&self.keys.expiry);
        // Not twice: the answer says whether it was this call.
        self.script(false, set_aside.arg(&key.base).arg(version)).await
    }

    /// Puts what is no session where nobody looks. The error to tell.
    async fn no_session(&self, id: &SessionId) -> Result<StoreError, StoreError> {
        self.put_aside(id, &[]).await?;
        let message = format!("{} has something else where {id:?} should lie; it was set aside", self.place());
        Ok(StoreError::new(StoreFault::Corrupt, message))
    }

    async fn save(&self, save: &Save) -> Result<Saved, StoreError> {
        let record = &save.record;
        let head = &record.head;
        let (length, max) = (record.data.len(), self.server.session_bytes_max());
        if length > max {
            let message = format!("{:?} has {length} bytes, more than the {max} that are kept", head.id);
            return Err(StoreError::new(StoreFault::TooLarge, message));
        }
        let expected = record.version.as_ref().filter(|_| !save.force).map_or(&[][..], |version| &version.0);
        let version = new_version()?;
        let idle = i64::from(head.max_inactive_seconds) * 1000;
        let [expires, lives] = if idle > 0 {
            [head.last_accessed.0.saturating_add(idle), 2 * idle + HOUR].map(|ms| ms.to_string())
        } else {
            [String::new(), String::new()]
        };
        let key = self.keys.of(&head.id.base());
        let mut invocation = self.scripts.save.prepare_invoke();
        invocation.key(&key.session).key(&key.grave).key(&self.keys.ids).key(&self.keys.expiry);
        invocation.arg(&key.base).arg(head.id.as_str()).arg(if head.is_valid { "1" } else { "0" });
        invocation.arg(head.max_inactive_seconds).arg(head.last_accessed.0).arg(&record.data[..]);
        invocation.arg(version.as_bytes()).arg(expected).arg(expires).arg(lives);
        // Twice does no harm where the version decides; else a newer one could have come in between.
        let answer: Fields = self.script(!expected.is_empty(), &invocation).await?;
        match answer.first().and_then(Option::as_deref) {
            Some(b"kept") => Ok(Saved::Kept(Some(Version(version.into_bytes().into())))),
            Some(b"buried") => Ok(Saved::Buried(grave(&answer[1..]).ok_or_else(|| self.no_grave(&head.id.base()))?)),
            // Read behind the refusal: what is there by now is what the caller has to come from.
            _ => Ok(Saved::Changed(self.load(&head.id).await?.map(Box::new))),
        }
    }

    async fn bury(&self, id: &SessionId, grave: &Grave) -> Result<(), StoreError> {
        let key = self.keys.of(&id.base());
        let mut invocation = self.scripts.bury.prepare_invoke();
        invocation.key(&key.session).key(&key.grave).key(&self.keys.ids).key(&self.keys.expiry).key(&self.keys.graves);
        invocation.arg(&key.base).arg(grave.keep_until.0).arg(grave.moved_to.as_ref().map_or("", SessionId::as_str));
        let _: i64 = self.script(true, invocation.arg(24 * HOUR)).await?;
        Ok(())
    }

    async fn forget(&self, id: &SessionId, last_accessed: UnixMillis) -> Result<bool, StoreError> {
        let key = self.keys.of(&id.base());
        let mut invocation = self.scripts.forget.prepare_invoke();
        invocation.key(&key.session).key(&self.keys.ids).key(&self.keys.expiry).arg(&key.base).arg(last_accessed.0);
        // Not twice: the answer says whether it was this call that dropped it.
        self.script(false, &invocation).await
    }

    async fn grave(&self, base: &BaseId) -> Result<Option<Grave>, StoreError> {
        let command = Cmd::hmget(self.keys.of(base).grave, &["keep_until", "moved_to"]);
        let fields: Fields = self.command(&command).await?;
        if fields::are_absent(&fields) {
            return Ok(None);
        }
        grave(&fields).map(Some).ok_or_else(|| self.no_grave(base))
    }

    fn no_grave(&self, base: &BaseId) -> StoreError {
        let message = format!("{} has something else where the grave of {base:?} should lie", self.place());
        StoreError::new(StoreFault::Corrupt, message)
    }

    async fn command<T: redis::FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.server.run(true, Request::Command(command)).await
    }

    /// The heads of some bases, `None` where there is no session under one that is listed.
    async fn heads_of(&self, bases: &[String]) -> Result<Vec<Option<SessionHead>>, StoreError> {
        let mut heads = Vec::with_capacity(bases.len());
        for batch in bases.chunks(BATCH) {
            let mut pipeline = Pipeline::new();
            for base in batch {
                pipeline.cmd("HMGET").arg(self.keys.session(base)).arg(&fields::HEAD);
            }
            // A key of another type answers with an error of its own.
            pipeline.ignore_errors();
            let answers: Vec<redis::RedisResult<Fields>> = self.server.run(true, Request::Pipeline(&pipeline)).await?;
            heads.extend(answers.into_iter().map(|answer| fields::head(&answer.ok()?)));
        }
        Ok(heads)
    }

    async fn heads(&self, after: Option<&SessionId>, limit: usize) -> Result<Vec<SessionHead>, StoreError> {
        let limit = limit.min(HEADS_MAX);
        let mut heads = Vec::new();
        let mut from = after.map_or("-".to_owned(), |after| format!("({after}"));
        // What is listed and not there must not make a page look like the last one.
        while heads.len() < limit {
            let asked = limit - heads.len();
            let mut range = redis::cmd("ZRANGEBYLEX");
            range.arg(&self.keys.ids).arg(&from).arg("+").arg("LIMIT").arg(0).arg(asked);
            let ids: Vec<String> = self.command(&range).await?;
            let bases: Vec<String> = ids.iter().map(|id| id.split('.').next().unwrap_or_default().to_owned()).collect();
            let found = self.heads_of(&bases).await?;
            heads.extend(
                found.into_iter().zip(&ids).filter_map(|(head, id)| head.filter(|head| head.id.as_str() == id)),
            );
            match ids.last() {
                Some(last) if ids.len() == asked => from = format!("({last}"),
                _ => break,
            }
        }
        Ok(heads)
    }

    async fn expired(&self, now: UnixMillis, limit: usize) -> Result<Vec<SessionHead>, StoreError> {
        let limit = limit.min(HEADS_MAX);
        loop {
            let mut range = redis::cmd("ZRANGEBYSCORE");
            range.arg(&self.keys.expiry).arg("-inf").arg(now.0).arg("LIMIT").arg(0).arg(limit);
            let bases: Vec<String> = self.command(&range).await?;
            let found = self.heads_of(&bases).await?;
            let mut unlisted = 0;
            for (base, _) in bases.iter().zip(&found).filter(|(_, head)| head.is_none()) {
                unlisted += self.unlist(base).await?;
            }
            // Those that are gone have taken the places of others.
            if unlisted == 0 || bases.len() < limit {
                return Ok(found.into_iter().flatten().filter(|head| head.is_expired(now)).collect());
            }
        }
    }

    /// Takes what is gone with its time to live out of the lists. How many that were, 0 or 1.
    async fn unlist(&self, base: &str) -> Result<i64, StoreError> {
        let mut invocation = self.scripts.unlist.prepare_invoke();
        invocation.key(self.keys.session(base)).key(&self.keys.ids).key(&self.keys.expiry).arg(base);
        self.script(true, &invocation).await
    }

    async fn clear_graves(&self, now: UnixMillis) -> Result<u64, StoreError> {
        let mut cleared = 0;
        loop {
            let mut range = redis::cmd("ZRANGEBYSCORE");
            range.arg(&self.keys.graves).arg("-inf").arg(format!("({}", now.0)).arg("LIMIT").arg(0).arg(BATCH);
            let bases: Vec<String> = self.command(&range).await?;
            let mut invocation = self.scripts.clear_graves.prepare_invoke();
            invocation.key(&self.keys.graves).arg(now.0);
            for base in &bases {
                invocation.key(self.keys.grave(base)).arg(base);
            }
            cleared += self.script::<u64>(false, &invocation).await?;
            if bases.len() < BATCH {
                return Ok(cleared);
            }
        }
    }
}

/// `keep_until` and `moved_to`. An id that is none leads nowhere: the session is as good as ended.
fn grave(fields: &[Option<Vec<u8>>]) -> Option<Grave> {
    let text = |index: usize| str::from_utf8(fields.get(index)?.as_deref()?).ok();
    Some(Grave {
        keep_until: UnixMillis(text(0)?.parse().ok()?),
        moved_to: text(1).and_then(|id| SessionId::parse(id).ok()),
    })
}

/// One that no save had before.
fn new_version() -> Result<String, StoreError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|error| StoreError::new(StoreFault::Unavailable, format!("no randomness for a version: {error}")))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Store for RedisStore {
    fn describe(&self) -> String {
        format!("{}, application {}", self.place(), self.app)
    }

    /// There is nothing to be made; whether all else is well is said.
    fn init(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.check())
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.check())
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
        let version = record.version.as_ref().map_or(&[][..], |version| &version.0);
        Box::pin(self.put_aside(&record.head.id, version))
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
