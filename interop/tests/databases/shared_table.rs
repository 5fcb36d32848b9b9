//! One table on PostgreSQL for a real Tomcat and for us: each serves what the other has saved.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::database::{Database, PASSWORD, Postgres};
use outlive_interop::{Client, Manager, NodeSpec, Scene, Server, TomcatNode, poll};
use outlive_serial::{Limits, Value};
use outlive_session::{SessionId, StoredSession};
use outlive_store::{Grave, Save, Saved, SessionRecord};
use outlive_tribes_proto::time::UnixMillis;

use crate::promises;

const LIMIT: Duration = Duration::from_secs(20);
const APP: &str = "/Catalina/localhost/app";

pub(crate) fn both_ways(scene: &Scene) -> Result<()> {
    let database = Postgres::new(scene)?;
    let runtime = promises::runtime()?;
    let _within = runtime.enter();
    let store = crate::open(&database.url(), APP)?;
    promises::ready(&runtime, &*store)?;
    let data_source =
        Manager::Database { url: database.jdbc_url(), user: "shop".to_owned(), password: PASSWORD.to_owned() };
    let mut tomcat = TomcatNode::new(scene, NodeSpec::new("node-t", 1).manager(data_source, false))?;
    tomcat.start()?;

    // What the Tomcat saved.
    let mut client = Client::new();
    client.get(tomcat.http(), "set", &[("name", "color"), ("value", "grün")])?;
    for _ in 0..3 {
        client.get(tomcat.http(), "counter", &[])?;
    }
    let theirs = SessionId::parse(client.cookie().context("the Tomcat set no cookie")?)?;
    // The valve saves behind the answer.
    let counted = |id: &SessionId, number: i32| {
        poll::until("what the Tomcat saved", LIMIT, || {
            let record = runtime.block_on(store.load(id))?.context("the Tomcat's session is not there")?;
            let counter = attribute(&decoded(&record)?, "counter");
            ensure!(counter == Some(Value::integer(number)), "counter: {counter:?}");
            Ok(record)
        })
    };
    let record = counted(&theirs, 3)?;
    let session = decoded(&record)?;
    ensure!(
        record.head.id == theirs && record.head.is_valid && record.head.max_inactive_seconds == 1800,
        "{:?}",
        record.head
    );
    ensure!(attribute(&session, "color") == Some(Value::string("grün")), "color: {:?}", attribute(&session, "color"));
    let heads = runtime.block_on(store.heads(None, 10))?;
    ensure!(heads == [record.head.clone()], "{heads:?}");

    // What we saved: the same session under a new id, with another number in it.
    let ours = SessionId::generate([0xab; 16], "node-t");
    let mut copy = session.clone();
    copy.state.id = ours.as_str().into();
    for (name, value) in &mut copy.state.attributes {
        if &**name == "counter" {
            *value = Value::integer(41);
        }
    }
    let mut head = record.head.clone();
    head.id = ours.clone();
    let saved = SessionRecord { head, data: copy.encode().into(), version: None };
    ensure!(runtime.block_on(store.save(&Save { record: saved, force: false }))? == Saved::Kept(None), "not kept");
    let mut visitor = Client::of_cookie(ours.as_str());
    let answer = visitor.get(tomcat.http(), "counter", &[])?;
    ensure!(answer["counter"] == 42, "the Tomcat does not count on in our session: {answer}");
    ensure!(visitor.cookie() == Some(ours.as_str()), "the Tomcat made a new session");
    counted(&ours, 42)?;

    // A session that is ended here is gone for the Tomcat too. What it then saves under that id is not seen here.
    let grave = Grave { moved_to: None, keep_until: UnixMillis(i64::MAX / 2) };
    runtime.block_on(store.bury(&ours, &grave))?;
    let answer = visitor.get(tomcat.http(), "counter", &[])?;
    ensure!(answer["counter"] == 1, "a session that was ended is still served: {answer}");
    ensure!(runtime.block_on(store.load(&ours))?.is_none(), "a buried session came back");

    // A Tomcat that starts again finds what it had, through us and through itself.
    tomcat.stop()?;
    counted(&theirs, 3)?;
    tomcat.start()?;
    let answer = client.get(tomcat.http(), "counter", &[])?;
    ensure!(answer["counter"] == 4, "after its restart: {answer}");
    Ok(())
}

fn decoded(record: &SessionRecord) -> Result<StoredSession> {
    Ok(StoredSession::decode(&record.data, &Limits::default())?)
}

fn attribute(session: &StoredSession, wanted: &str) -> Option<Value> {
    session.state.attributes.iter().find(|(name, _)| &**name == wanted).map(|(_, value)| value.clone())
}
