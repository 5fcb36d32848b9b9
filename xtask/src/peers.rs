//! The programs that the process tests need beside our own: a real Tomcat with its Java, databases, balancers and Keepalived, a browser, the
//! tools that make network namespaces, and the one that counts instructions.

mod no_services;

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use no_services::NoServices;

/// Something that must be on the machine, and the Debian packages of which the first that exists brings it.
struct Peer {
    what: &'static str,
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

// Where a package holds the program alone, it is taken: `tomcat10-common` and `apache2-bin` bring no service of the system, as `tomcat10`
// and `apache2` would.
const PEERS: [Peer; 21] = [
    Peer {
        what: "Apache Tomcat 10",
        packages: &["tomcat10-common"],
        is_there: || Path::new("/usr/share/tomcat10/bin/bootstrap.jar").exists(),
    },
    Peer {
        what: "Apache Tomcat 9",
        packages: &["libtomcat9-java"],
        is_there: || Path::new("/usr/share/java/tomcat9-catalina-ha.jar").exists(),
    },
    Peer {
        what: "a JDK",
        packages: &["openjdk-17-jdk-headless", "default-jdk-headless"],
        is_there: || answers("javac", "-version") && answers("java", "-version"),
    },
    Peer { what: "HAProxy", packages: &["haproxy"], is_there: || answers("haproxy", "-v") },
    Peer { what: "nginx", packages: &["nginx"], is_there: || answers("nginx", "-v") },
    Peer { what: "Apache httpd", packages: &["apache2-bin"], is_there: || answers("apache2", "-v") },
    Peer {
        what: "mod_jk",
        packages: &["libapache2-mod-jk"],
        is_there: || Path::new("/usr/lib/apache2/modules/mod_jk.so").exists(),
    },
    Peer { what: "Keepalived", packages: &["keepalived"], is_there: || answers("keepalived", "-v") },
    Peer { what: "systemd-analyze", packages: &["systemd"], is_there: || answers("systemd-analyze", "--version") },
    Peer { what: "curl", packages: &["curl"], is_there: || answers("curl", "--version") },
    Peer { what: "Chromium", packages: &["chromium"], is_there: || answers("chromium", "--version") },
    Peer { what: "ChromeDriver", packages: &["chromium-driver"], is_there: || answers("chromedriver", "--version") },
    Peer { what: "PostgreSQL", packages: &["postgresql"], is_there: || Path::new("/usr/lib/postgresql").exists() },
    Peer {
        what: "PostgreSQL for Java",
        packages: &["libpostgresql-jdbc-java"],
        is_there: || Path::new("/usr/share/java/postgresql.jar").exists(),
    },
    Peer {
        what: "MariaDB",
        packages: &["mariadb-server-core"],
        is_there: || answers("/usr/sbin/mariadbd", "--version"),
    },
    Peer {
        what: "MariaDB's tools",
        packages: &["mariadb-client-core"],
        is_there: || answers("my_print_defaults", "--version"),
    },
    Peer { what: "Redis", packages: &["redis-server"], is_there: || answers("redis-server", "--version") },
    Peer { what: "setpriv", packages: &["util-linux"], is_there: || answers("setpriv", "--version") },
    Peer { what: "ip", packages: &["iproute2"], is_there: || answers("ip", "-Version") },
    Peer { what: "valgrind", packages: &["valgrind"], is_there: || answers("valgrind", "--version") },
    Peer { what: "unshare", packages: &["util-linux"], is_there: || answers("unshare", "--version") },
];

/// Sees to it that all peers are there: as root on Debian by installing what is missing, and saying so. Elsewhere the process tests
/// skip what they cannot do, which is an error where nothing may be skipped.
pub(crate) fn ensure(nothing_may_be_skipped: bool) -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        println!("all there: {}", PEERS.map(|peer| peer.what).join(", "));
        return Ok(());
    }
    let names = missing.iter().map(|peer| peer.what).collect::<Vec<_>>().join(", ");
    let obstacle = match obstacle() {
        None => match install(&missing) {
            Ok(()) => return Ok(()),
            Err(error) => format!("{error:#}"),
        },
        Some(obstacle) => obstacle.to_owned(),
    };
    if nothing_may_be_skipped {
        bail!("missing here: {names}; {obstacle}; and with CI=true nothing may be skipped");
    }
    println!("************************************************************");
    println!("* SKIPPED: process tests that need {names}");
    println!("* ({obstacle})");
    println!("************************************************************");
    Ok(())
}

fn missing() -> Vec<&'static Peer> {
    PEERS.iter().filter(|peer| !(peer.is_there)()).collect()
}

/// Why packages cannot be installed from here.
fn obstacle() -> Option<&'static str> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|answer| answer.stdout.trim_ascii() == b"0");
    if !Path::new("/etc/debian_version").exists() || !answers("apt-get", "--version") {
        Some("this is no Debian, so they must be installed by hand")
    } else if !is_root {
        Some("only root can install them")
    } else {
        None
    }
}

fn install(missing: &[&Peer]) -> Result<()> {
    apt(&["update", "-qq"])?;
    let mut packages = Vec::new();
    for peer in missing {
        let package = peer.packages.iter().find(|package| exists(package));
        packages.push(*package.with_context(|| format!("no package for {}", peer.what))?);
    }
    println!("installing the real peers that are missing: {}", packages.join(" "));
    let mut arguments = vec!["install", "-qq", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    let no_services = NoServices::new()?;
    apt(&arguments)?;
    drop(no_services);
    match self::missing().first() {
        None => Ok(()),
        Some(peer) => bail!("{} is not there although its package is installed", peer.what),
    }
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { bail!("apt-get {}: {status}", arguments.join(" ")) }
}

fn exists(package: &str) -> bool {
    Command::new("apt-cache")
        .args(["show", package])
        .output()
        .is_ok_and(|shown| shown.status.success() && !shown.stdout.is_empty())
}

fn answers(program: &str, question: &str) -> bool {
    Command::new(program).arg(question).output().is_ok_and(|answer| answer.status.success())
}
