//! What stands in front of the three nodes.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outlive_interop::process::Process;
use outlive_interop::{Balancer, BalancerKind, Client, Scene, poll};

use super::NAMES;

/// How long a balancer may take to find its nodes.
const FOUND_LIMIT: Duration = Duration::from_secs(20);

/// A balancer that runs.
pub(crate) struct Front<'scene> {
    _world: Option<Balancer<'scene>>,
    _own: Option<Process>,
}

impl<'scene> Front<'scene> {
    /// `outlive balance`, told where the first node's health is: it finds the others as members of the cluster.
    pub(crate) fn own(scene: &'scene Scene) -> Result<Self> {
        let mut command = Command::new(scene.outlive()?);
        command.args(["balance", "--listen", &Balancer::ADDRESS.to_string(), "--check-interval", "0.5"]);
        command.args(["--cluster", "127.0.0.1:9001"]).env("NO_COLOR", "1");
        let mut process = Process::spawn(&mut command, scene.log_file("balance"))?;
        for name in NAMES {
            poll::until(&format!("outlive balance sends new clients to {name}"), FOUND_LIMIT, || {
                process.still_runs()?;
                let answer = Client::new().get(Balancer::ADDRESS, "health", &[])?;
                ensure!(answer["node"] == name, "it is {}", answer["node"]);
                Ok(())
            })?;
        }
        Ok(Self { _world: None, _own: Some(process) })
    }

    /// A balancer of the world with its example, and the third node as the example's comments say.
    pub(crate) fn of(scene: &'scene Scene, kind: BalancerKind) -> Result<Self> {
        let mut balancer = Balancer::edited(scene, kind, |text| match kind {
            BalancerKind::HaProxy => with_third_server(text),
            _ => with_third_list(text),
        })?;
        balancer.start(&NAMES)?;
        Ok(Self { _world: Some(balancer), _own: None })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        Balancer::ADDRESS
    }
}

/// HAProxy: one more line.
fn with_third_server(text: &str) -> Result<String> {
    ensure!(text.contains("    server b "), "no server b");
    Ok(format!("{}\n    server c 127.0.0.1:8083\n", text.trim_end()))
}

/// nginx: one more server in each list, one more list, one more line of the map.
fn with_third_list(text: &str) -> Result<String> {
    let map = "        \"~^[^.]+\\.b$\" prefer_b;\n";
    ensure!(text.contains(map), "no line {map:?}");
    let text = text.replace(map, &format!("{map}{}", map.replace("\\.b$", "\\.c$").replace("prefer_b", "prefer_c")));
    let begin = text.find("    upstream prefer_b {").context("no list prefer_b")?;
    let end = begin + text[begin..].find("    }\n").context("prefer_b has no end")? + "    }\n".len();
    let lists =
        text[..end].replace("        keepalive 16;", "        server 127.0.0.1:8083 THIRD;\n        keepalive 16;");
    let lists = lists.replacen("THIRD", "max_fails=1 fail_timeout=2s", 1).replace("THIRD", "backup");
    let third = "    upstream prefer_c {
        server 127.0.0.1:8083 max_fails=1 fail_timeout=2s;
        server 127.0.0.1:8081 backup;
        server 127.0.0.1:8082 backup;
        keepalive 16;
    }\n";
    Ok([&lists, third, &text[end..]].concat())
}
