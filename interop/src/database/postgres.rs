//! PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Database, Engine, PASSWORD, PASSWORD_ENCODED};
use crate::scene::Scene;

const PORT: u16 = 5432;

/// A PostgreSQL of the test's own, with the user `shop` and the database `postgres`.
#[derive(Debug)]
pub struct Postgres<'scene> {
    engine: Engine<'scene>,
    programs: PathBuf,
}

impl<'scene> Postgres<'scene> {
    /// Whether this machine has one.
    pub fn is_installed() -> bool {
        programs().is_ok()
    }

    /// Makes its files and starts it.
    ///
    /// # Errors
    /// Where it is not installed, or does not come up.
    pub fn new(scene: &'scene Scene) -> Result<Self> {
        let programs = programs()?;
        let folder = scene.folder().join("postgres");
        let engine = Engine::new(scene, "postgres", folder, "ready to accept connections")?;
        let secret = scene.folder().join("postgres-password");
        fs::write(&secret, PASSWORD)?;
        engine.run(
            programs.join("initdb"),
            &[
                "--pgdata=data",
                "--username=shop",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--no-sync",
                &format!("--pwfile={}", secret.display()),
            ],
        )?;
        let mut postgres = Self { engine, programs };
        postgres.start()?;
        Ok(postgres)
    }

    /// Gives it a folder for tables, which may be on a disk of its own.
    ///
    /// # Errors
    /// Where the folder cannot be made its own.
    pub fn own(&self, folder: &Path) -> Result<()> {
        self.engine.own(folder)
    }

    /// Through its socket, where it asks for no password.
    pub fn socket_url(&self) -> String {
        format!("postgres:///postgres?user=shop&host={}", self.engine.folder.display())
    }

    /// Its URL as Java has it, without the user.
    pub fn jdbc_url(&self) -> String {
        format!("jdbc:postgresql://127.0.0.1:{PORT}/postgres")
    }
}

/// Where Debian's packages keep the newest one's programs.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("no PostgreSQL here")?;
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(|path| number(path));
    Ok(newest.context("no PostgreSQL here")?.join("bin"))
}

impl Database for Postgres<'_> {
    fn start(&mut self) -> Result<()> {
        let server = self.programs.join("postgres");
        self.engine.start(|engine| {
            let mut command = engine.command(&server)?;
            let folder = engine.folder.display();
            command.args(["-D", "data", "-p", &PORT.to_string(), "-k", &folder.to_string(), "-h", "127.0.0.1"]);
            Ok(command)
        })
    }

    fn kill(&mut self) -> Result<()> {
        self.engine.kill()
    }

    fn pause(&self) -> Result<()> {
        self.engine.signal("STOP")
    }

    fn resume(&self) -> Result<()> {
        self.engine.signal("CONT")
    }

    fn processes(&self) -> Result<Vec<u32>> {
        self.engine.family()
    }

    fn url(&self) -> String {
        format!("postgres://shop:{PASSWORD_ENCODED}@127.0.0.1:{PORT}/postgres")
    }
}
