//! The files that Debian's tomcat10 comes with: taken as they are.

use std::fs;
use std::path::Path;

use outlive_config::{Definitions, Level, Source, load};

const FILES: &str = "/usr/share/tomcat10/etc";

/// Skipped, loudly, where the package is not installed; with CI=true it must be.
#[test]
fn the_stock_files_are_taken() {
    if !Path::new(FILES).join("server.xml").is_file() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "tomcat10 is not installed");
        eprintln!("SKIPPED: tomcat10 is not installed");
        return;
    }
    let base = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let conf = base.path().join("conf");
    fs::create_dir_all(base.path().join("webapps/shop/WEB-INF")).unwrap_or_else(|error| panic!("{error}"));
    fs::create_dir(&conf).unwrap_or_else(|error| panic!("{error}"));
    for name in ["server.xml", "context.xml", "web.xml", "catalina.properties"] {
        fs::copy(Path::new(FILES).join(name), conf.join(name)).unwrap_or_else(|error| panic!("{error}"));
    }
    let web = base.path().join("webapps/shop/WEB-INF/web.xml");
    fs::write(web, "<web-app><distributable/></web-app>").unwrap_or_else(|error| panic!("{error}"));
    let loaded =
        load(&Source::Base(base.path().to_owned()), &Definitions::default()).unwrap_or_else(|error| panic!("{error}"));
    let told: Vec<_> = loaded
        .notices
        .iter()
        .filter(|notice| notice.level != Level::Detail)
        .map(|notice| notice.text.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "Server/Service/Connector: redirectPort has no effect here. The port that a request is sent to which needs TLS.",
            "Server/Service/Engine/Realm has no effect here: an application knows its users itself",
            "Server/Service/Engine/Host/Valve: AccessLogValve has no effect here: requests are told in the log alone",
        ]
    );
    let configuration = &loaded.configuration;
    assert_eq!(configuration.connectors.iter().map(|connector| connector.port).collect::<Vec<_>>(), [8080]);
    assert_eq!(configuration.hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>(), ["localhost"]);
    assert_eq!(configuration.applications.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["/shop"]);
}
