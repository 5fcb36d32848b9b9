//! MariaDB.

use std::fs;

use anyhow::Result;

use super::{Database, Engine, PASSWORD, PASSWORD_ENCODED, program};
use crate::scene::Scene;

const PORT: u16 = 3306;

/// A MariaDB of the test's own, with the user `shop` and the database `shop`.
#[derive(Debug)]
pub struct MariaDb<'scene> {
    engine: Engine<'scene>,
}

impl<'scene> MariaDb<'scene> {
    /// Whether this machine has one.
    pub fn is_installed() -> bool {
        program("mariadbd", &["/usr/sbin"]).is_ok() && program("mariadb-install-db", &["/usr/bin"]).is_ok()
    }

    /// Makes its files and starts it.
    ///
    /// # Errors
    /// Where it is not installed, or does not come up.
    pub fn new(scene: &'scene Scene) -> Result<Self> {
        let folder = scene.folder().join("mariadb");
        let engine = Engine::new(scene, "mariadb", folder, "ready for connections")?;
        engine.run(
            program("mariadb-install-db", &["/usr/bin"])?,
            &[
                "--no-defaults",
                &format!("--datadir={}/data", engine.folder.display()),
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
        )?;
        // Run at each start, as whoever may do anything.
        let user = format!(
            "CREATE DATABASE IF NOT EXISTS shop;\nCREATE USER IF NOT EXISTS shop@'%' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL ON shop.* TO shop@'%';\n"
        );
        fs::write(engine.folder.join("init.sql"), user)?;
        let mut mariadb = Self { engine };
        mariadb.start()?;
        Ok(mariadb)
    }
}

impl Database for MariaDb<'_> {
    fn start(&mut self) -> Result<()> {
        let server = program("mariadbd", &["/usr/sbin"])?;
        self.engine.start(|engine| {
            let mut command = engine.command(&server)?;
            let folder = engine.folder.display();
            command.arg("--no-defaults").arg(format!("--datadir={folder}/data"));
            command.arg(format!("--socket={folder}/socket")).arg(format!("--pid-file={folder}/pid"));
            command.arg(format!("--port={PORT}")).arg("--bind-address=127.0.0.1");
            command.arg(format!("--init-file={folder}/init.sql")).arg("--innodb-buffer-pool-size=32M");
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
        format!("mariadb://shop:{PASSWORD_ENCODED}@127.0.0.1:{PORT}/shop")
    }
}
