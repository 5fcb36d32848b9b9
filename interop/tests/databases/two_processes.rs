//! Two processes of `outlive store import` write the same sessions into one table at once.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use outlive_interop::Scene;
use outlive_interop::database::{Database, MariaDb, PASSWORD, Postgres};

use crate::promises;

const SESSIONS: usize = 200;
/// What `--context /app` stands for in a table.
const APP: &str = "/Catalina/localhost/app";

pub(crate) fn at_once(scene: &Scene) -> Result<()> {
    written(scene, &Postgres::new(scene)?)?;
    written(scene, &MariaDb::new(scene)?)
}

/// Each process has its own route, and its times are the later ones for every second session.
fn written(scene: &Scene, database: &dyn Database) -> Result<()> {
    let runtime = promises::runtime()?;
    let store = crate::open(&database.url(), APP)?;
    promises::ready(&runtime, &*store)?;
    let processes = ["a", "b"].map(|route| import(scene, route, &database.url()));
    for process in processes {
        let done = process?.wait_with_output()?;
        let told = String::from_utf8_lossy(&done.stderr);
        println!("    {}", told.trim());
        ensure!(done.status.success() && !told.contains(PASSWORD), "{}: {told}", done.status);
    }
    let heads = runtime.block_on(store.heads(None, 10_000))?;
    ensure!(heads.len() == SESSIONS, "{} sessions of {SESSIONS}", heads.len());
    for head in heads {
        let loaded = runtime.block_on(store.load(&head.id))?.context("a session that is listed is not there")?;
        ensure!(
            loaded.head == head && loaded.data == data(&head.id.to_string()),
            "a mixture of both: {:?}",
            loaded.head
        );
    }
    Ok(())
}

fn import(scene: &Scene, route: &str, url: &str) -> Result<Child> {
    let file = scene.folder().join(format!("export-{route}"));
    let line = |number: usize| {
        let (id, later) = (format!("S{number:03}.{route}"), usize::from(number.is_multiple_of(2) == (route == "a")));
        let data = STANDARD.encode(data(&id));
        format!(
            "{{\"id\":\"{id}\",\"valid\":true,\"max_inactive\":1800,\"last_accessed\":{later},\"data\":\"{data}\"}}\n"
        )
    };
    fs::write(&file, (0..SESSIONS).map(line).collect::<String>())?;
    let mut command = Command::new(scene.outlive()?);
    command.args(["store", "import"]).env("OUTLIVE_STORE", url).stdin(File::open(&file)?).stderr(Stdio::piped());
    command.spawn().context("outlive store import")
}

/// As long as no other session's.
fn data(id: &str) -> Vec<u8> {
    format!("the values of {id}; ").repeat(50).into_bytes()
}
