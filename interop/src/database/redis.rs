//! Redis: servers of one program, which is also its Sentinel.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Database, Engine, PASSWORD, PASSWORD_ENCODED, program};
use crate::scene::Scene;

/// What a process of Redis is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisMode {
    /// A server that stands alone.
    Single,
    /// A server that follows the one at this port.
    ReplicaOf(u16),
    /// What watches the server at this port, and calls it `main`.
    SentinelOf(u16),
    /// A part of a Cluster.
    Cluster,
}

/// A Redis of the test's own, which has each write on its disk before it acknowledges it.
#[derive(Debug)]
pub struct Redis<'scene> {
    engine: Engine<'scene>,
    port: u16,
    mode: RedisMode,
}

impl<'scene> Redis<'scene> {
    /// Whether this machine has one.
    pub fn is_installed() -> bool {
        program("redis-server", &["/usr/bin"]).is_ok()
    }

    /// Starts one.
    ///
    /// # Errors
    /// Where it is not installed, or does not come up.
    pub fn new(scene: &'scene Scene, port: u16, mode: RedisMode) -> Result<Self> {
        let folder = scene.folder().join(format!("redis-{port}"));
        let ready = if let RedisMode::SentinelOf(_) = mode { "+monitor master" } else { "Ready to accept connections" };
        let engine = Engine::new(scene, "redis", folder, ready)?;
        let common = format!("bind 127.0.0.1\nport {port}\ndir {}\n", engine.folder.display());
        let server = format!(
            "{common}requirepass {PASSWORD}\nmasterauth {PASSWORD}\nappendonly yes\nappendfsync always\nsave \"\"\n\
             repl-diskless-sync-delay 0\n"
        );
        let settings = match mode {
            RedisMode::Single => server,
            RedisMode::ReplicaOf(master) => format!("{server}replicaof 127.0.0.1 {master}\n"),
            RedisMode::Cluster => format!("{server}cluster-enabled yes\ncluster-node-timeout 2000\n"),
            RedisMode::SentinelOf(master) => format!(
                "{common}sentinel monitor main 127.0.0.1 {master} 1\nsentinel auth-pass main {PASSWORD}\n\
                 sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
            ),
        };
        let file = engine.folder.join("redis.conf");
        fs::write(&file, settings)?;
        // A Sentinel writes what it learns into its own settings.
        engine.own(&file)?;
        let mut redis = Self { engine, port, mode };
        redis.start()?;
        Ok(redis)
    }

    /// What the server answers to a command.
    ///
    /// # Errors
    /// Where it does not answer, or with an error.
    pub fn ask(&self, words: &[&str]) -> Result<String> {
        let mut client = Command::new(program("redis-cli", &["/usr/bin"])?);
        client.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-e"]).args(words);
        if !matches!(self.mode, RedisMode::SentinelOf(_)) {
            client.env("REDISCLI_AUTH", PASSWORD);
        }
        let answer = client.output().context("redis-cli")?;
        let told = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        ensure!(answer.status.success(), "{words:?}: {told} {}", String::from_utf8_lossy(&answer.stderr));
        Ok(told)
    }

    /// Makes one Cluster of servers that were started for that.
    ///
    /// # Errors
    /// Where they do not agree.
    pub fn join(nodes: &[Redis<'_>]) -> Result<()> {
        let mut client = Command::new(program("redis-cli", &["/usr/bin"])?);
        client.env("REDISCLI_AUTH", PASSWORD).args(["--cluster", "create", "--cluster-yes"]);
        client.args(nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)));
        let done = client.output()?;
        ensure!(done.status.success(), "redis-cli --cluster create: {}", String::from_utf8_lossy(&done.stdout));
        Ok(())
    }
}

impl Database for Redis<'_> {
    fn start(&mut self) -> Result<()> {
        let server = program("redis-server", &["/usr/bin"])?;
        let mode = self.mode;
        self.engine.start(|engine| {
            let mut command = engine.command(&server)?;
            command.arg("redis.conf");
            if let RedisMode::SentinelOf(_) = mode {
                command.arg("--sentinel");
            }
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
        let (login, port) = (format!(":{PASSWORD_ENCODED}"), self.port);
        match self.mode {
            RedisMode::Single | RedisMode::ReplicaOf(_) => format!("redis://{login}@127.0.0.1:{port}"),
            RedisMode::SentinelOf(_) => format!("redis+sentinel://{login}@127.0.0.1:{port}/main"),
            RedisMode::Cluster => format!("redis+cluster://{login}@127.0.0.1:{port}"),
        }
    }
}
