//! A `CATALINA_BASE`: the folder that makes one Tomcat out of the shared installation.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::server_xml::{own_manager, server_xml, shared_store};
use super::version::TomcatVersion;
use super::xml::Element;
use crate::spec::{Manager, NodeSpec};

/// The users of the session app, with their roles.
const USERS: [(&str, &str, &str); 2] = [("alice", "wonderland", "user"), ("bob", "builder", "user,admin")];

/// Where Tomcat looks for classes. No jar is scanned: the one servlet is named in web.xml, and scanning costs a second at each start.
const CATALINA_PROPERTIES: &str = "server.loader=
shared.loader=
tomcat.util.scan.StandardJarScanFilter.jarsToSkip=*
common.loader=";

/// Where `libpostgresql-jdbc-java` has it, behind the other places.
const POSTGRES_DRIVER: &str = ",/usr/share/java/postgresql.jar";

const LOGGING_PROPERTIES: &str = "handlers = java.util.logging.ConsoleHandler
.level = INFO
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
";

/// Sessions live for 30 minutes unless they are told otherwise; no other servlet than the application's own.
const WEB_XML: &str = r#"<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <session-config><session-timeout>30</session-timeout></session-config>
</web-app>
"#;

/// Writes all of it: what a Tomcat is started from, and what a node of ours is started from, too.
pub(crate) fn write(base: &Path, spec: &NodeSpec, version: TomcatVersion, web_app: &Path) -> Result<()> {
    for folder in ["logs", "temp", "work", "webapps", "conf/Catalina/localhost"] {
        fs::create_dir_all(base.join(folder))?;
    }
    let conf = base.join("conf");
    fs::write(conf.join("server.xml"), server_xml(spec))?;
    fs::write(conf.join("tomcat-users.xml"), users().document())?;
    fs::write(conf.join("context.xml"), Element::new("Context").document())?;
    fs::write(conf.join("web.xml"), version.translated(WEB_XML))?;
    let driver = if let Manager::Database { .. } = spec.manager { POSTGRES_DRIVER } else { "" };
    fs::write(conf.join("catalina.properties"), format!("{CATALINA_PROPERTIES}{}{driver}\n", version.common_loader()))?;
    fs::write(conf.join("logging.properties"), LOGGING_PROPERTIES)?;
    for path in ["/app"].iter().chain(&spec.more_apps) {
        let file = format!("Catalina/localhost/{}.xml", path.trim_start_matches('/'));
        fs::write(conf.join(file), context(spec, web_app).document())?;
    }
    Ok(())
}

/// The application's context. Privileged, as its `/health` asks the container; the valve lets a servlet log a user in, and makes a
/// session for that. The background thread looks for expired sessions each second rather than each ten.
fn context(spec: &NodeSpec, web_app: &Path) -> Element {
    Element::new("Context")
        .with("docBase", web_app.display())
        .with("privileged", true)
        .with("backgroundProcessorDelay", 1)
        .children(shared_store(spec))
        .child(
            Element::of_class("Valve", "org.apache.catalina.authenticator.NonLoginAuthenticator")
                .with("alwaysUseSession", true),
        )
        .children(own_manager(spec))
}

fn users() -> Element {
    let user = |(name, password, roles)| {
        Element::new("user").with("username", name).with("password", password).with("roles", roles)
    };
    Element::new("tomcat-users")
        .with("xmlns", "http://tomcat.apache.org/xml")
        .with("version", "1.0")
        .children(USERS.map(user))
}
