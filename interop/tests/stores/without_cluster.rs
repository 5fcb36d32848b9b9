//! Two nodes that share a store and are no cluster: each request loads its session and has saved it before it is answered.

use anyhow::{Context, Result, ensure};
use outlive_interop::database::{PASSWORD, Postgres};
use outlive_interop::{
    Client, Manager, NodeSpec, OutliveNode, Scene, Server, SharedStore, StoreKind, TomcatNode, nine_steps, poll,
};
use serde_json::Value;

use crate::cluster::{EVENTUALLY, Kept, login};

/// Tomcat's PersistentManager with its PersistentValve.
const PER_REQUEST: [&str; 3] = ["--manager", "persistent", "--persistent-valve"];

fn node<'scene>(scene: &'scene Scene, name: &str, number: usize, url: &str) -> Result<OutliveNode<'scene>> {
    Ok(OutliveNode::new(scene, NodeSpec::new(name, number))?.with_arguments(&PER_REQUEST).with_store(url))
}

pub(crate) fn nine_steps(scene: &Scene, kind: StoreKind) -> Result<()> {
    let store = SharedStore::new(scene, kind)?;
    let (mut a, mut b) = (node(scene, "node-a", 1, store.url())?, node(scene, "node-b", 2, store.url())?);
    nine_steps::play_over_a_store(&mut a, &mut b, &|_, _| Ok(()))?;
    ensure!(!scene.logs()?.contains(PASSWORD), "the password stands in a log");
    Ok(())
}

/// Plays the steps in both orders. A Tomcat's valve saves behind the answer, so what it has answered is waited for.
fn in_turns(scene: &Scene, url: &str, tomcat: &mut TomcatNode<'_>, ours: &mut OutliveNode<'_>) -> Result<()> {
    let its_name = tomcat.name().to_owned();
    let kept = |node: &dyn Server, session: &Value| {
        if node.name() != its_name {
            return Ok(());
        }
        let (id, attributes) = (session["id"].as_str().context("a session")?, &session["attributes"]);
        let base = id.split('.').next().unwrap_or(id);
        poll::until("the Tomcat has saved", EVENTUALLY, || {
            let kept = Kept::of(scene, url)?;
            let number = kept.number(base, "counter").map(Value::from).unwrap_or_default();
            let text = kept.text(base, "from").map(Value::from).unwrap_or_default();
            ensure!(kept.has(base) && number == attributes["counter"] && text == attributes["from"], "{kept:?}");
            Ok(())
        })
    };
    nine_steps::play_over_a_store(tomcat, ours, &kept).context("the Tomcat as A")?;
    nine_steps::play_over_a_store(ours, tomcat, &kept).context("the Tomcat as B")
}

/// A Tomcat and a node of ours take turns at each session of one folder.
pub(crate) fn files_with_a_tomcat(scene: &Scene) -> Result<()> {
    let store = SharedStore::new(scene, StoreKind::Files)?;
    let manager = Manager::FilesPerRequest(store.app_folder().context("a folder")?);
    let mut tomcat = TomcatNode::new(scene, NodeSpec::new("node-a", 1).manager(manager, true))?;
    let mut ours = node(scene, "node-b", 2, store.url())?;
    in_turns(scene, store.url(), &mut tomcat, &mut ours)
}

/// The same where both read it from base folders of a Tomcat.
pub(crate) fn base_folders(scene: &Scene) -> Result<()> {
    let store = SharedStore::new(scene, StoreKind::Files)?;
    let manager = Manager::FilesPerRequest(store.app_folder().context("a folder")?);
    let mut tomcat = TomcatNode::new(scene, NodeSpec::new("node-a", 1).manager(manager.clone(), true))?;
    let mut ours = OutliveNode::new(scene, NodeSpec::new("node-b", 2).manager(manager, true))?.with_base()?;
    in_turns(scene, store.url(), &mut tomcat, &mut ours)
}

/// The same over one table of PostgreSQL.
pub(crate) fn table_with_a_tomcat(scene: &Scene) -> Result<()> {
    let database = Postgres::new(scene)?;
    let manager =
        Manager::Database { url: database.jdbc_url(), user: "shop".to_owned(), password: PASSWORD.to_owned() };
    let mut tomcat = TomcatNode::new(scene, NodeSpec::new("node-a", 1).manager(manager, true))?;
    // As Java writes the same place.
    let url = format!("{}?user=shop&password={PASSWORD}", database.jdbc_url());
    let mut ours = node(scene, "node-b", 2, &url)?;
    // It makes the table, which a Tomcat does not.
    ours.start()?;
    let mut client = Client::new();
    login(&mut client, &ours)?;
    client.get(ours.http(), "invalidate", &[])?;
    ours.kill()?;
    in_turns(scene, &url, &mut tomcat, &mut ours)
}
