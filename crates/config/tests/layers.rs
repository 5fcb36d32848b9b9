//! What several files say together of an application.

use std::fs;
use std::path::Path;
use std::time::Duration;

use outlive_config::model::{Application, ManagerKind, SameSite, Store, Valve};
use outlive_config::{ConfigError, Configuration, Definitions, Level, Loaded, Source, load};
use tempfile::TempDir;

/// A base folder.
struct Base(TempDir);

impl Base {
    /// With this in its engine's host, and around the host.
    fn new(engine: &str, host: &str) -> Self {
        let base = Base(tempfile::tempdir().unwrap_or_else(|error| panic!("{error}")));
        base.write(
            "conf/server.xml",
            &format!(
                "<Server><GlobalNamingResources>\
                 <Resource name='jdbc/all' type='javax.sql.DataSource' url='jdbc:postgresql://db/shop' username='u' password='hush' maxTotal='-1'/>\
                 </GlobalNamingResources><Service name='Catalina'><Connector port='${{http.port:-8080}}'/>\
                 <Engine name='Catalina' defaultHost='localhost'>{engine}<Host name='LocalHost'>{host}</Host></Engine></Service></Server>"
            ),
        );
        base
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        let folder = path.parent().unwrap_or_else(|| Path::new("/"));
        fs::create_dir_all(folder).and_then(|()| fs::write(&path, text)).unwrap_or_else(|error| panic!("{error}"));
    }

    fn app(&self, name: &str, web: &str) {
        self.write(&format!("webapps/{name}/WEB-INF/web.xml"), &format!("<web-app>{web}</web-app>"));
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        load(&Source::Base(self.0.path().to_owned()), &Definitions::default())
    }

    fn read(&self) -> Configuration {
        self.load().unwrap_or_else(|error| panic!("{error}")).configuration
    }

    fn only(&self) -> Application {
        let mut applications = self.read().applications;
        assert_eq!(applications.len(), 1, "{applications:?}");
        applications.remove(0)
    }
}

const CLUSTER: &str = "<Cluster className='org.apache.catalina.ha.tcp.SimpleTcpCluster'/>";

#[test]
fn later_layers_win() {
    let base = Base::new("", "");
    base.write(
        "conf/context.xml",
        "<Context sessionCookieName='A' sessionCookiePath='/p'><CookieProcessor sameSiteCookies='lax'/></Context>",
    );
    base.write("conf/Catalina/localhost/context.xml.default", "<Context sessionCookieName='B' cookies='false'/>");
    base.app("shop", "");
    let shop = base.only();
    assert_eq!((shop.path.as_str(), shop.host.as_str()), ("/shop", "localhost"));
    assert_eq!((shop.cookie.cookie_name(), shop.cookie.parameter_name()), ("B", "B"));
    assert_eq!((shop.cookie.path.as_deref(), shop.tracking.cookie, shop.tracking.url), (Some("/p"), false, true));
    assert_eq!(shop.cookie_processor.same_site_cookies, SameSite::Lax);

    base.write("webapps/shop/META-INF/context.xml", "<Context sessionCookieName='C'/>");
    assert_eq!(base.only().cookie.name.as_deref(), Some("C"));
    // A file in conf takes the place of the one in the application.
    base.write("conf/Catalina/localhost/shop.xml", "<Context cookies='true'/>");
    let shop = base.only();
    assert_eq!((shop.cookie.name.as_deref(), shop.tracking.cookie), (Some("B"), true));
    base.write("conf/Catalina/localhost/shop.xml", "<Context override='true'/>");
    let shop = base.only();
    assert_eq!(
        (shop.cookie.cookie_name(), shop.cookie.parameter_name(), shop.cookie.path.as_deref()),
        ("JSESSIONID", "jsessionid", None)
    );
}

#[test]
fn names_of_files_are_paths() {
    let base = Base::new("", "<Context path='/in' docBase='inline'/>");
    for folder in ["ROOT", "a#b", "v##2", "inline", "plain", "META-INF"] {
        base.app(folder, "");
    }
    base.write("webapps/static/index.html", "");
    base.write("webapps/packed.war", "");
    base.write("conf/Catalina/localhost/named.xml", "<Context docBase='../elsewhere'/>");
    base.write("elsewhere/WEB-INF/web.xml", "<web-app/>");
    base.write("conf/Catalina/localhost/plain.xml", "<Context docBase='inline'/>");
    base.write("conf/Catalina/localhost/gone.xml", "<Context docBase='/no/such/folder'/>");
    let loaded = base.load().unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<_> = loaded.configuration.applications.iter().map(Application::context_name).collect();
    assert_eq!(names, ["/in", "/named", "/plain", "", "/a/b", "/inline", "/v##2"]);
    let folders: Vec<_> = loaded.configuration.applications.iter().map(Application::base_name).collect();
    assert_eq!(folders, ["in", "named", "plain", "ROOT", "a#b", "inline", "v##2"]);
    // Seen at a Tomcat 10.1.60: such a docBase is ignored.
    let folders: Vec<_> = loaded.configuration.applications.iter().filter_map(|one| one.doc_base.as_deref()).collect();
    assert!(folders[1].ends_with("webapps/../elsewhere") && folders[2].ends_with("webapps/plain"), "{folders:?}");
    let told = |text: &str| loaded.notices.iter().any(|notice| notice.text.contains(text));
    assert!(told("webapps/inline\" is ignored, as it is inside of the host's appBase"));
    assert!(told("packed.war is left out") && told("\"/gone\" is left out: its folder /no/such/folder is not there"));
}

#[test]
fn web_xml_over_web_xml() {
    let base = Base::new("", "");
    base.write(
        "conf/web.xml",
        "<web-app><distributable/><servlet><servlet-class>org.example.Default</servlet-class></servlet><session-config><session-timeout>30</session-timeout>\
         <cookie-config><name>ALL</name><domain>example.org</domain></cookie-config></session-config></web-app>",
    );
    base.app(
        "shop",
        "<servlet><servlet-name>s</servlet-name><servlet-class> org.example.Shop </servlet-class></servlet>\
         <session-config><session-timeout>0</session-timeout><cookie-config><name>OWN</name><http-only>true</http-only><secure>true</secure>\
         <max-age>60</max-age><comment>c</comment><attribute><attribute-name>SameSite</attribute-name><attribute-value>Strict</attribute-value></attribute>\
         </cookie-config><tracking-mode>COOKIE</tracking-mode></session-config>",
    );
    base.write("conf/context.xml", "<Context useHttpOnly='false'/>");
    let shop = base.only();
    assert!(!shop.distributable, "what conf/web.xml says of it does not count");
    assert_eq!((shop.session_timeout, shop.servlet_classes.0.as_slice()), (None, &["org.example.Shop".to_owned()][..]));
    let cookie = &shop.cookie;
    assert_eq!((cookie.name.as_deref(), cookie.domain.as_deref()), (Some("OWN"), Some("example.org")));
    assert_eq!((cookie.http_only, cookie.secure, cookie.max_age), (true, true, Some(Duration::from_secs(60))));
    assert_eq!(cookie.attributes.get("SameSite").map(String::as_str), Some("Strict"));
    assert_eq!((shop.tracking.cookie, shop.tracking.url), (true, false));

    base.app("shop", "");
    assert!(!base.only().cookie.http_only, "neither says it");
    for (web, fault) in [
        ("<session-config/><session-config/>", "web-app/session-config: there must be one in a file"),
        (
            "<session-config><session-timeout>soon</session-timeout></session-config>",
            "web-app/session-config/session-timeout: \"soon\" is impossible",
        ),
        (
            "<session-config><tracking-mode>MAIL</tracking-mode></session-config>",
            "tracking-mode: \"MAIL\" is impossible: it must be COOKIE, URL or SSL",
        ),
        (
            "<session-config><tracking-mode>SSL</tracking-mode><tracking-mode>URL</tracking-mode></session-config>",
            "SSL must be the only one",
        ),
        (
            "<session-config><cookie-config><secure>1</secure></cookie-config></session-config>",
            "cookie-config: secure=\"1\" is impossible",
        ),
    ] {
        base.app("shop", web);
        let error = base.load().expect_err(web).to_string();
        assert!(error.contains(fault) && error.contains("webapps/shop/WEB-INF/web.xml:1:"), "{error}");
    }
}

/// The table of Tomcat's choice.
#[test]
fn which_manager_an_application_has() {
    let manager = |cluster: &str, web: &str, context: &str| {
        let base = Base::new(cluster, "");
        base.app("shop", web);
        base.write("webapps/shop/META-INF/context.xml", context);
        let configuration = base.read();
        let shop = &configuration.applications[0];
        (shop.manager.kind.class(), configuration.cluster_of(shop).is_some())
    };
    let own = "<Context><Manager className='org.apache.catalina.session.PersistentManager'>\
               <Store className='org.apache.catalina.session.FileStore'/></Manager></Context>";
    let template = "<Cluster className='org.apache.catalina.ha.tcp.SimpleTcpCluster'>\
                    <Manager className='org.apache.catalina.ha.session.BackupManager'/></Cluster>";
    assert_eq!(manager(CLUSTER, "<distributable/>", "<Context/>"), ("DeltaManager", true));
    assert_eq!(manager(template, "<distributable/>", "<Context/>"), ("BackupManager", true));
    assert_eq!(manager(CLUSTER, "", "<Context/>"), ("StandardManager", false));
    assert_eq!(manager("", "<distributable/>", "<Context/>"), ("StandardManager", false));
    assert_eq!(manager(CLUSTER, "<distributable/>", own), ("PersistentManager", false));
    assert_eq!(manager("", "", "<Context><Manager pathname='SESSIONS.ser'/></Context>"), ("StandardManager", false));
}

#[test]
fn a_copy_of_the_template_lacks_what_tomcats_lacks() {
    let base = Base::new(
        "<Cluster className='org.apache.catalina.ha.tcp.SimpleTcpCluster'><Manager className='org.apache.catalina.ha.session.DeltaManager' \
         maxActiveSessions='7' sessionActivityCheck='true' persistAuthentication='true' sendAllSessionsSize='5'>\
         <SessionIdGenerator sessionIdLength='32'/></Manager></Cluster>",
        "",
    );
    base.app("shop", "<distributable/>");
    let manager = base.only().manager;
    assert_eq!((manager.max_active_sessions, manager.session_id_generator.session_id_length), (Some(7), 32));
    assert!(!manager.session_activity_check && !manager.persist_authentication);
    let ManagerKind::Delta(delta) = &manager.kind else { panic!("{manager:?}") };
    assert_eq!(delta.send_all_sessions_size, 5);
}

#[test]
fn databases_by_their_names() {
    let store = |context: &str| {
        let base = Base::new("", "");
        base.app("shop", "");
        base.write(
            "webapps/shop/META-INF/context.xml",
            &format!(
                "<Context>{context}<Valve className='org.apache.catalina.valves.PersistentValve' filter='.*\\.gif'/></Context>"
            ),
        );
        base.load().map(|loaded| {
            let shop = &loaded.configuration.applications[0];
            assert!(matches!(shop.valves.as_slice(), [Valve::Persistent(valve)] if valve.filter.is_some()));
            assert!(!format!("{loaded:?}").contains("hush"));
            match shop.manager.store.clone() {
                Some(Store::Database(database)) => {
                    let reveal = |secret: outlive_config::Secret| secret.reveal().to_owned();
                    (database.url.map(reveal), database.user, database.password.map(reveal), database.session_table)
                }
                other => panic!("{other:?}"),
            }
        })
    };
    let manager = |attributes: &str| {
        format!(
            "<Manager className='org.apache.catalina.session.PersistentManager'><Store className='org.apache.catalina.session.{attributes}/></Manager>"
        )
    };
    let text = |text: &str| Some(text.to_owned());
    let all = (text("jdbc:postgresql://db/shop"), text("u"), text("hush"), "t".to_owned());
    let named = |name: &str| manager(&format!("DataSourceStore' sessionTable='t' dataSourceName='{name}'"));
    assert_eq!(store(&named("jdbc/all")), Ok(all.clone()));
    assert_eq!(
        store(&format!(
            "<ResourceLink name='jdbc/own' global='jdbc/all' type='javax.sql.DataSource'/>{}",
            named("jdbc/own")
        )),
        Ok(all)
    );
    let own = "<Resource name='jdbc/own' type='javax.sql.DataSource' url='jdbc:mariadb://db/shop?password=hush'/>";
    assert_eq!(
        store(&format!("{own}{}", named("java:comp/env/jdbc/own"))),
        Ok((text("jdbc:mariadb://db/shop?password=hush"), None, None, "t".to_owned()))
    );
    assert_eq!(
        store(&manager(
            "JDBCStore' driverName='org.postgresql.Driver' connectionURL='jdbc:postgresql://db/shop' connectionName='u' connectionPassword='hush'"
        )),
        Ok((text("jdbc:postgresql://db/shop"), text("u"), text("hush"), "tomcat$sessions".to_owned()))
    );
    for (context, fault) in [
        (named("jdbc/none"), "dataSourceName=\"jdbc/none\" is impossible"),
        (
            manager("DataSourceStore' localDataSource='true' dataSourceName='jdbc/all'"),
            "dataSourceName=\"jdbc/all\" is impossible",
        ),
        (manager("DataSourceStore'"), "must have a dataSourceName"),
        (manager("JDBCStore' connectionURL='jdbc:oracle:thin:hush'"), "the URL of its database is impossible"),
        (manager("MemoryStore'"), "className=\"org.apache.catalina.session.MemoryStore\" is impossible"),
    ] {
        let error = store(&context).expect_err(&context).to_string();
        assert!(error.contains(fault) && !error.contains("hush"), "{error}");
    }
}

/// A Tomcat takes no notice of it; here sessions of the cluster are in the store, too.
#[test]
fn a_store_behind_replication() {
    let base = Base::new(
        "<Cluster className='org.apache.catalina.ha.tcp.SimpleTcpCluster'><Manager className='org.apache.catalina.ha.session.DeltaManager'>\
         <Store className='org.apache.catalina.session.FileStore' directory='/srv/sessions'/></Manager></Cluster>",
        "",
    );
    base.app("shop", "<distributable/>");
    assert!(
        matches!(base.only().manager.store, Some(Store::File(files)) if files.directory == Path::new("/srv/sessions"))
    );
    let notices = base.load().map(|loaded| loaded.notices).unwrap_or_default();
    assert!(
        notices.iter().any(|notice| notice.level == Level::Notice && notice.text.contains("a Tomcat takes no notice"))
    );
}

#[test]
fn names_of_values() {
    let base = Base::new("", "");
    let port = || base.read().connectors[0].port;
    assert_eq!(port(), 8080);
    // As Java has them: bytes are characters.
    let properties = base.0.path().join("conf/catalina.properties");
    fs::write(properties, b"# \xfcml\xe4ut\nhttp.port=80\\\n  81\n").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(port(), 8081);
    let defined = |defined: &[(&str, &str)], environment: &[(&str, &str)]| {
        let own = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        };
        let definitions = Definitions::new(own(defined), own(environment));
        let loaded =
            load(&Source::Base(base.0.path().to_owned()), &definitions).unwrap_or_else(|error| panic!("{error}"));
        loaded.configuration.connectors[0].port
    };
    assert_eq!(defined(&[("http.port", "8082")], &[("http.port", "8083")]), 8082);
    assert_eq!(defined(&[], &[("http.port", "8083")]), 8081);
    base.write("conf/catalina.properties", "");
    assert_eq!(defined(&[], &[("http.port", "8083")]), 8083);
}

#[test]
fn a_file_alone_and_one_in_a_conf_folder() {
    let base = Base::new("", "");
    base.app("shop", "");
    let of = |path: &Path| {
        load(&Source::File(path.to_owned()), &Definitions::default()).unwrap_or_else(|error| panic!("{error}"))
    };
    assert_eq!(of(&base.0.path().join("conf/server.xml")).configuration, base.read());
    let alone = base.0.path().join("alone.xml");
    fs::copy(base.0.path().join("conf/server.xml"), &alone).unwrap_or_else(|error| panic!("{error}"));
    assert!(of(&alone).configuration.applications.is_empty());
    let none = load(&Source::Base(base.0.path().join("none")), &Definitions::default()).expect_err("there is none");
    assert!(
        none.to_string().starts_with("there is no ") && none.to_string().ends_with("none/conf/server.xml"),
        "{none}"
    );
}

#[test]
fn files_that_cannot_be_read() {
    let base = Base::new("", "");
    let server = base.0.path().join("conf/server.xml");
    fs::write(&server, b"<Server>\n\xff</Server>").unwrap_or_else(|error| panic!("{error}"));
    let error = base.load().expect_err("no UTF-8").to_string();
    assert!(error.ends_with("server.xml:2:1: this line is no UTF-8"), "{error}");
    fs::write(&server, vec![b' '; (4 << 20) + 1]).unwrap_or_else(|error| panic!("{error}"));
    let error = base.load().expect_err("large").to_string();
    assert!(error.ends_with("server.xml is larger than 4 MiB"), "{error}");
}
