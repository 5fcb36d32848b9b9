//! The two AJP clients of Apache httpd, in front of nodes: mod_jk and mod_proxy_ajp.

use std::fs;
use std::net::SocketAddr;

use anyhow::Result;
use outlive_interop::{Httpd, Scene, httpd};

/// Where httpd listens.
pub(crate) const FRONT: &str = "10.77.0.4:80";

/// Which module of httpd speaks AJP.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Module {
    /// mod_jk: a worker's name is the node's route.
    Jk,
    /// mod_proxy_ajp below mod_proxy_balancer: `route=` is.
    Proxy,
}

pub(crate) const MODULES: [Module; 2] = [Module::Jk, Module::Proxy];

/// A node as a front knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) route: &'a str,
    pub(crate) address: SocketAddr,
    /// As the front is told, which may be wrong.
    pub(crate) secret: &'static str,
    pub(crate) packet_size: usize,
    /// mod_jk's `activation` (`A`, `D`), which mod_proxy does not tell its nodes.
    pub(crate) activation: &'a str,
}

impl Module {
    /// Starts httpd in front of these nodes, for every path.
    pub(crate) fn start(self, scene: &Scene, members: &[Member<'_>]) -> Result<Httpd> {
        let configuration = match self {
            Self::Jk => jk(scene, members)?,
            Self::Proxy => proxy(members),
        };
        Httpd::start(scene, "httpd", FRONT.parse()?, &configuration)
    }
}

/// `ping_mode=A`: CPING when it connects, before each request and while a connection waits.
fn jk(scene: &Scene, members: &[Member<'_>]) -> Result<String> {
    let folder = httpd::folder(scene, "httpd")?;
    let names: Vec<&str> = members.iter().map(|member| member.route).collect();
    let mut workers = format!(
        "worker.list=app\nworker.app.type=lb\nworker.app.balance_workers={}\nworker.app.sticky_session=1\n",
        names.join(",")
    );
    for Member { route, address, secret, packet_size, activation } in members {
        for (directive, value) in [
            ("type", "ajp13".to_owned()),
            ("host", address.ip().to_string()),
            ("port", address.port().to_string()),
            ("secret", (*secret).to_owned()),
            ("max_packet_size", packet_size.to_string()),
            ("ping_mode", "A".to_owned()),
            ("socket_connect_timeout", "2000".to_owned()),
            ("activation", (*activation).to_owned()),
        ] {
            workers.push_str(&format!("worker.{route}.{directive}={value}\n"));
        }
    }
    fs::write(folder.join("workers.properties"), workers)?;
    let (folder, log) = (folder.display(), scene.log_file("mod_jk"));
    Ok(format!(
        "{}JkWorkersFile \"{folder}/workers.properties\"\nJkShmFile \"{folder}/jk.shm\"\nJkLogFile \"{}\"\nJkLogLevel info\nJkMount /* app\n",
        httpd::modules(&["jk"]),
        log.display()
    ))
}

/// `ping=2`: CPING before each request, answered within 2 s.
fn proxy(members: &[Member<'_>]) -> String {
    let size = members.iter().map(|member| member.packet_size).max().unwrap_or_default();
    let mut text = httpd::modules(&["proxy", "proxy_ajp", "slotmem_shm", "lbmethod_byrequests", "proxy_balancer"]);
    text.push_str(&format!("ProxyIOBufferSize {size}\n<Proxy \"balancer://app\">\n"));
    for Member { route, address, secret, .. } in members {
        text.push_str(&format!(
            "  BalancerMember \"ajp://{address}\" route={route} secret={secret} retry=2 connectiontimeout=2 ping=2\n"
        ));
    }
    text.push_str("  ProxySet stickysession=JSESSIONID|jsessionid\n</Proxy>\n");
    text.push_str("ProxyPass \"/\" \"balancer://app/\"\n");
    text
}
