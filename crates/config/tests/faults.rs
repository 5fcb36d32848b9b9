//! What is said of files that are not as they should be.

use outlive_config::{
    ConfigError, Configuration, Definitions, Level, Notice, parse_application, parse_server_xml, parse_toml,
};

fn parse(text: &str) -> Result<(Configuration, Vec<Notice>), ConfigError> {
    parse_server_xml("server.xml", text, &Definitions::default())
}

/// A server with this in its service, before the engine, and in the engine.
fn server(service: &str, engine: &str) -> String {
    format!(
        "<Server port=\"-1\">\n<Service name=\"Catalina\">\n{service}\n<Engine name=\"Catalina\" defaultHost=\"localhost\">\n{engine}\n\
         <Host name=\"localhost\"/>\n</Engine>\n</Service>\n</Server>"
    )
}

fn cluster(inner: &str) -> String {
    server("", &format!("<Cluster className=\"org.apache.catalina.ha.tcp.SimpleTcpCluster\">{inner}</Cluster>"))
}

fn channel(inner: &str) -> String {
    cluster(&format!("<Channel className=\"org.apache.catalina.tribes.group.GroupChannel\">{inner}</Channel>"))
}

fn interceptor(name: &str, attributes: &str) -> String {
    format!("<Interceptor className=\"org.apache.catalina.tribes.group.interceptors.{name}\" {attributes}/>")
}

fn faults(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

fn warnings(text: &str) -> Vec<String> {
    let (_, notices) = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let warnings = notices.iter().filter(|notice| notice.level == Level::Warning);
    warnings.map(ToString::to_string).collect()
}

/// Each value names its place, its element, itself, and what is allowed.
#[test]
fn what_cannot_be_is_refused() {
    let receiver = "<Receiver className=\"org.apache.catalina.tribes.transport.nio.NioReceiver\"";
    let manager = "<Manager className=\"org.apache.catalina.ha.session.DeltaManager\"";
    for (text, fault) in [
        (
            server("<Connector port=\"70000\"/>", ""),
            "server.xml:3:12: Server/Service/Connector: port=\"70000\" is impossible: it must be a whole number from 0 to 65535",
        ),
        (
            server("<Connector port=\"8080\" secure=\"yes\"/>", ""),
            "server.xml:3:24: Server/Service/Connector: secure=\"yes\" is impossible: it must be true or false",
        ),
        (server("<Connector/>", ""), "server.xml:3:1: Server/Service/Connector must have a port"),
        (
            server("<Connector port=\"1\" protocol=\"SPDY\"/>", ""),
            "server.xml:3:1: Server/Service/Connector: protocol=\"SPDY\" is impossible: it must be HTTP/1.1 or AJP/1.3",
        ),
        // All of it at once.
        (
            server(
                "<Connector protocol=\"SPDY\" port=\"99999\" maxHttpHeaderSize=\"-1\" secure=\"maybe\" packetSize=\"0\"/>",
                "",
            ),
            "server.xml:3:1: Server/Service/Connector: protocol=\"SPDY\" is impossible: it must be HTTP/1.1 or AJP/1.3\n\
             server.xml:3:28: Server/Service/Connector: port=\"99999\" is impossible: it must be a whole number from 0 to 65535\n\
             server.xml:3:41: Server/Service/Connector: maxHttpHeaderSize=\"-1\" is impossible: it must be a whole number from 256 to \
             16777216 (bytes)\n\
             server.xml:3:64: Server/Service/Connector: secure=\"maybe\" is impossible: it must be true or false\n\
             server.xml:3:79: Server/Service/Connector: packetSize=\"0\" is impossible: it must be a whole number from 1 to 65536 (bytes)",
        ),
        (
            server("<Connector port=\"1\" scheme=\"h t\" URIEncoding=\"utf-99\" address=\"not an address\"/>", ""),
            "server.xml:3:21: Server/Service/Connector: scheme=\"h t\" is impossible: it must be a scheme: http or https\n\
             server.xml:3:34: Server/Service/Connector: URIEncoding=\"utf-99\" is impossible: it must be an encoding that there is here: \
             UTF-8 or ISO-8859-1\n\
             server.xml:3:55: Server/Service/Connector: address=\"not an address\" is impossible: it must be an address, or a host's name \
             of letters, digits, '-', '_' and dots",
        ),
        (
            channel(&format!("{receiver} address=\"x y\"/>")),
            "server.xml:5:208: Server/Service/Engine/Cluster/Channel/Receiver: address=\"x y\" is impossible: it must be an address, or a \
             host's name of letters, digits, '-', '_' and dots",
        ),
        (
            server("<Connector port=\"1\" protocol=\"AJP/1.3\"/>", ""),
            "server.xml:3:1: Server/Service/Connector must have a secret, the same as the front's, or secretRequired=\"false\" where the \
             network keeps strangers away",
        ),
        (
            server(
                "<Connector port=\"1\" protocol=\"AJP/1.3\" secret=\"s\" allowedRequestAttributesPattern=\"(\"/>",
                "",
            ),
            "server.xml:3:51: Server/Service/Connector: allowedRequestAttributesPattern=\"(\" is impossible: it must be a regular expression \
             (unclosed group)",
        ),
        (
            channel(&format!("{receiver} autoBind=\"many\"/>")),
            "server.xml:5:208: Server/Service/Engine/Cluster/Channel/Receiver: autoBind=\"many\" is impossible: it must be a whole number from \
             1 to 65535, or 0 or a negative one for none",
        ),
        (
            cluster(&format!("{manager} stateTransferTimeout=\"soon\"/>")),
            "server.xml:5:131: Server/Service/Engine/Cluster/Manager: stateTransferTimeout=\"soon\" is impossible: it must be a whole number \
             from 0 to 2147483647 (s), 0 for no wait, or -1 for ever",
        ),
        (
            cluster("<Manager/>"),
            "server.xml:5:66: Server/Service/Engine/Cluster/Manager must have a className: one of \
             org.apache.catalina.session.StandardManager, org.apache.catalina.session.PersistentManager, \
             org.apache.catalina.ha.session.DeltaManager, org.apache.catalina.ha.session.BackupManager",
        ),
        (
            channel(&interceptor("EncryptInterceptor", "encryptionKey=\"5ec2e7\"")),
            "server.xml:5:133: Server/Service/Engine/Cluster/Channel/Interceptor must have an encryptionKey of 32, 48 or 64 hexadecimal digits",
        ),
        (
            channel(
                &[
                    interceptor("TcpFailureDetector", ""),
                    interceptor("EncryptInterceptor", "encryptionKey=\"00112233445566778899aabbccddeeff\""),
                ]
                .concat(),
            ),
            "server.xml:5:225: Server/Service/Engine/Cluster/Channel/Interceptor: an EncryptInterceptor must stand above the TcpFailureDetector",
        ),
        (
            channel(
                "<Membership className=\"org.apache.catalina.tribes.membership.McastService\" address=\"10.0.0.1\"/>",
            ),
            "server.xml:5:133: Server/Service/Engine/Cluster/Channel/Membership: address=\"10.0.0.1\" is impossible: it must be a multicast \
             address, such as 228.0.0.4",
        ),
        (
            server("", "<Cluster className=\"org.example.Cluster\"/>"),
            "server.xml:5:1: Server/Service/Engine/Cluster: className=\"org.example.Cluster\" is impossible: it must be one of \
             org.apache.catalina.ha.tcp.SimpleTcpCluster",
        ),
    ] {
        assert_eq!(faults(&text), fault, "{text}");
    }
}

#[test]
fn what_cannot_be_in_members() {
    let member = |attributes: &str| {
        let class = "className=\"org.apache.catalina.tribes.membership.StaticMember\"";
        let listed = format!(
            "{}<Interceptor className=\"org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor\">\
             <Member {class} {attributes}/></Interceptor>",
            interceptor("TcpFailureDetector", "")
        );
        channel(&listed)
    };
    let of = |attributes: &str| {
        let text = faults(&member(attributes));
        text.split_once("/Member").expect("its element").1.to_owned()
    };
    // Tomcat's own documentation writes 216, and its code refuses it.
    assert_eq!(
        of("host=\"a\" port=\"1\" uniqueId=\"{216,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1}\""),
        ": uniqueId=\"{216,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1}\" is impossible: it must be exactly 16 bytes from -128 to 127 with commas between \
         braces, without blanks: {0,1,…,15}"
    );
    assert!(of("host=\"a\" port=\"1\" uniqueId=\"{1,2}\"").contains("exactly 16 bytes"));
    assert_eq!(of("port=\"1\""), " must have a host and a port");
    assert!(of("host=\"{1,2}\" port=\"1\"").starts_with(": host is impossible"));
}

#[test]
fn send_options_that_are_none() {
    let with = |options: &str| {
        let text = format!(
            "<Cluster className=\"org.apache.catalina.ha.tcp.SimpleTcpCluster\" channelSendOptions=\"{options}\"/>"
        );
        parse(&server("", &text))
    };
    for (options, sum) in [("6", 6), ("sync, use_ack", 6), ("asynchronous", 8), ("14", 14), ("0", 8), ("-1", 8)] {
        let (configuration, _) = with(options).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(configuration.cluster.map(|cluster| cluster.channel_send_options.0), Some(sum), "{options}");
    }
    for options in ["fast", "6,fast", "", "4096"] {
        let error = with(options).expect_err(options).to_string();
        assert!(error.contains("channelSendOptions=") && error.contains("a sum of 1 to 127, or names"), "{error}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let text = server("<Connector port=\"x\"/>\n<Connector port=\"y\"/>", "<Valve/>");
    let lines: Vec<_> =
        faults(&text).lines().map(|line| line.split(": ").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(lines, ["server.xml:3:12", "server.xml:4:12", "server.xml:6:1"]);
}

#[test]
fn a_secret_is_in_no_message() {
    let text = server("<Connector port=\"x\" protocol=\"AJP/1.3\" secret=\"hush\"/>", "");
    assert!(!faults(&text).contains("hush"));
    let (configuration, _) = parse(&text.replace("\"x\"", "\"1\"")).unwrap_or_else(|error| panic!("{error}"));
    assert!(!format!("{configuration:?}").contains("hush"));
}

/// One warning for each, with its place and what may be meant; and on it goes.
#[test]
fn unknown_names_are_warned_of() {
    let text = server(
        "<Connector port=\"8080\" maxConections=\"5\"/>",
        "<Valv className=\"x\"/>\n<Valve className=\"org.apache.catalina.valves.PersistantValve\"/>\n<Valve className=\"org.example.Mine\"/>",
    );
    assert_eq!(
        warnings(&text),
        [
            "server.xml:3:24: Server/Service/Connector: there is no attribute maxConections; is maxConnections meant?",
            "server.xml:5:1: Server/Service/Engine: there is no Valv in it; is Valve meant?",
            "server.xml:6:1: Server/Service/Engine/Valve: \"org.apache.catalina.valves.PersistantValve\" is a class of Java's, which does \
             nothing here; is org.apache.catalina.valves.PersistentValve meant?",
            "server.xml:7:1: Server/Service/Engine/Valve: \"org.example.Mine\" is a class of Java's, which does nothing here",
        ]
    );
    // Where no name is near, what may stand there is told.
    let warned = warnings(&channel(
        "<Foo/><Receiver className=\"org.apache.catalina.tribes.transport.nio.NioReceiver\"><Foo/></Receiver>",
    ));
    let texts: Vec<_> = warned.iter().map(|text| text.split_once("Channel").map_or("", |(_, text)| text)).collect();
    assert_eq!(
        texts,
        [
            ": there is no Foo in it; in it stand Membership, MembershipListener, Sender, Receiver, Interceptor, ChannelListener",
            "/Receiver: there is no Foo in it; nothing stands in it",
        ]
    );
}

/// Some of the documentation's old names have no setter in a Tomcat either, others do. Source: Tomcat `McastService`.
#[test]
fn old_names_of_multicast() {
    let of = |attribute: &str| {
        let class = "org.apache.catalina.tribes.membership.McastService";
        let warned = warnings(&channel(&format!("<Membership className=\"{class}\" {attribute}/>")));
        warned.iter().map(|text| text.rsplit(": ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>().join("|")
    };
    for (attribute, meant) in [
        ("mcastAddr=\"228.0.0.4\"", "there is no attribute mcastAddr; is address meant?"),
        ("mcastPort=\"1\"", "there is no attribute mcastPort; is port meant?"),
        ("mcastFrequency=\"1\"", "there is no attribute mcastFrequency; is frequency meant?"),
        ("mcastSoTimeout=\"1\"", "there is no attribute mcastSoTimeout; is soTimeout meant?"),
        ("mcastDropTime=\"1\" mcastBindAddress=\"127.0.0.1\"", ""),
    ] {
        assert_eq!(of(attribute), meant);
    }
}

/// The first letter of an attribute may be either case, and no other.
#[test]
fn letters_of_attributes() {
    let (configuration, notices) = parse(&server("<Connector Port=\"1\" ProxyName=\"a\" URIEncoding=\"utf-8\"/>", ""))
        .unwrap_or_else(|error| panic!("{error}"));
    let connector = &configuration.connectors.first();
    assert_eq!(connector.map(|connector| connector.proxy_name.as_deref()), Some(Some("a")));
    assert!(notices.is_empty(), "{notices:?}");
    assert_eq!(warnings(&server("<Connector port=\"1\" proxyname=\"a\"/>", "")).len(), 1);
}

#[test]
fn files_that_are_none() {
    for (text, part) in [
        ("<Server", "server.xml:1:1: this is no XML: "),
        ("<Server><Service></Server>", "this is no XML: "),
        ("<!DOCTYPE Server SYSTEM \"file:///etc/passwd\"><Server/>", "a DOCTYPE is not taken"),
        ("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><Server>&b;</Server>", "a DOCTYPE is not taken"),
        ("<Server>&b;</Server>", "this is no XML: "),
        ("<Context/>", "the file must begin with Server, not with Context"),
        ("<Server/>", "Server must have a Service"),
        ("<Server><Service/></Server>", "Server/Service must have an Engine"),
    ] {
        let fault = faults(text);
        assert!(fault.contains(part), "{text}: {fault}");
    }
    let deep = format!("{}{}", "<Server>".repeat(100), "</Server>".repeat(100));
    assert!(faults(&deep).contains("elements are more than 64 deep"));
}

#[test]
fn default_valves_and_interceptors_vanish() {
    let of = |inner: &str| {
        let (configuration, notices) = parse(&cluster(inner)).unwrap_or_else(|error| panic!("{error}"));
        let cluster = configuration.cluster.unwrap_or_default();
        let warned = notices.iter().filter(|notice| notice.text.contains("is not replicated")).count();
        (cluster.replication_valve.is_some(), cluster.jvm_route_binder_valve.is_some(), warned)
    };
    let valve = |class: &str| format!("<Valve className=\"{class}\"/>");
    assert_eq!(of(""), (true, true, 0));
    assert_eq!(of(&valve("org.apache.catalina.ha.session.JvmRouteBinderValve")), (false, true, 1));
    assert_eq!(of(&valve("org.apache.catalina.ha.tcp.ReplicationValve")), (true, false, 0));
    assert_eq!(of(&valve("org.apache.catalina.ha.authenticator.ClusterSingleSignOn")), (false, false, 1));
    // Lost below a cluster, and the default ones still come.
    assert_eq!(of(&valve("org.apache.catalina.valves.PersistentValve")), (true, true, 0));
    let (configuration, _) =
        parse(&channel(&interceptor("GzipInterceptor", ""))).unwrap_or_else(|error| panic!("{error}"));
    let classes: Vec<_> =
        configuration.cluster.unwrap_or_default().channel.interceptors.iter().map(|one| one.class()).collect();
    assert_eq!(classes, ["GzipInterceptor"]);
}

/// A browser would drop such a cookie, and a client that is never recognised gets a new session with each request.
///
/// Source: Servlet API `Cookie` (names), Tomcat `Rfc6265CookieProcessor` (domains and paths).
#[test]
fn cookies_that_no_client_can_have() {
    let of = |context: &str, config: &str| {
        let context = format!("<Context {context}/>");
        let web =
            format!("<web-app><session-config><cookie-config>{config}</cookie-config></session-config></web-app>");
        let files = (Some(("context.xml", context.as_str())), Some(("web.xml", web.as_str())));
        parse_application(files.0, files.1, &Definitions::default())
            .map_or_else(|error| error.to_string(), |_| String::new())
    };
    assert_eq!(of("sessionCookieName=\"SID.1\" sessionCookiePath=\"/\" sessionCookieDomain=\"shop.example\"", ""), "");
    let name = "it must be a cookie's name (a token of RFC 6265): letters, digits and !#$%&'*+-.^_`|~, no blanks, no separators";
    for value in ["a b;c", "a b", "a=b"] {
        assert_eq!(
            of(&format!("sessionCookieName=\"{value}\""), ""),
            format!("context.xml:1:10: Context: sessionCookieName=\"{value}\" is impossible: {name}")
        );
    }
    let place = "web.xml:1:41: web-app/session-config/cookie-config";
    assert_eq!(of("", "<name>a=b</name>"), format!("{place}: name=\"a=b\" is impossible: {name}"));
    for (config, fault) in [
        ("<path>/x;y</path>", "path=\"/x;y\" is impossible: it must be printable ASCII without semicolons"),
        ("<domain>a;b</domain>", "domain=\"a;b\" is impossible: it must be a cookie's domain"),
        (
            "<attribute><attribute-name>Domain</attribute-name><attribute-value>.a</attribute-value></attribute>",
            "Domain=\".a\" is impossible: it must be a cookie's domain",
        ),
    ] {
        let told = of("", config);
        assert!(told.starts_with(place) && told.contains(fault), "{told}");
    }
}

#[test]
fn a_node_is_in_one_cluster() {
    let two = "<Cluster className=\"org.apache.catalina.ha.tcp.SimpleTcpCluster\"/>".repeat(2);
    assert!(faults(&server("", &two)).ends_with("a node is in one cluster, and this is the second one"));
}

#[test]
fn a_connector_with_tls_is_not_opened() {
    let text = server("<Connector port=\"8443\" SSLEnabled=\"true\"><SSLHostConfig/></Connector>", "");
    let (configuration, notices) = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    assert!(configuration.connectors.is_empty());
    assert!(notices.iter().any(|notice| notice.level == Level::Warning && notice.text.contains("TLS is not spoken")));
}

#[test]
fn the_same_of_a_file_of_ours() {
    let check = |text: &str| parse_toml("outlive.toml", text, &Definitions::default());
    for (text, fault) in [
        (
            "[[connector]]\nport = 70000",
            "outlive.toml:2:1: connector: port=\"70000\" is impossible: it must be a whole number from 0 to 65535",
        ),
        ("[[connector]]\n", "outlive.toml:1:1: connector must have a port"),
        (
            "[[application]]\npath=\"/a\"\n[[application]]\npath=\"a/\"",
            "outlive.toml:3:1: application: there is one of this path already",
        ),
        ("[[host]]\n[[host]]\nname=\"LOCALHOST\"", "outlive.toml:2:1: host: there is one of this name already"),
        ("[engine]\njvm_route = \"a;b\"", "outlive.toml:1:1: engine: the node's name (jvmRoute) \"a;b\" is impossible"),
        (
            "[[application]]\n[application.cookie]\nname = \"a b\"",
            "outlive.toml:3:1: application.cookie: name=\"a b\" is impossible: it must be a cookie's name",
        ),
        (
            "[[application]]\n[application.cookie]\npath = \"/x;y\"\ndomain=\"a;b\"",
            "outlive.toml:3:1: application.cookie: path=\"/x;y\" is impossible: it must be printable ASCII without semicolons\n\
             outlive.toml:4:1: application.cookie: domain=\"a;b\" is impossible: it must be a cookie's domain",
        ),
        ("[node]\nhealth = \"a b:1\"", "outlive.toml:2:1: node: health=\"a b:1\" is impossible: it must be HOST:PORT"),
        ("x = [", "outlive.toml:1:6: this is no TOML: "),
        ("x = 1979-05-27", "outlive.toml:1:5: no setting has a value of this type"),
        (
            "[cluster.manager]\nclass = \"Delta\"",
            "outlive.toml:1:1: cluster.manager: class=\"Delta\" is impossible: it must be one of StandardManager",
        ),
        (
            "[[application]]\n[application.manager]\nclass=\"PersistentManager\"\n[application.manager.store]\nclass=\"DataSourceStore\"",
            "application.manager.store must have a url",
        ),
        (
            "[[application]]\n[application.manager]\nclass=\"PersistentManager\"\n[application.manager.store]\nclass=\"DataSourceStore\"\nurl=\"oracle:hush\"",
            "the URL of its database is impossible",
        ),
    ] {
        let error = check(text).expect_err(text).to_string();
        assert!(error.contains(fault) && !error.contains("hush"), "{text}: {error}");
    }
    let (_, notices) =
        check("[nod]\n[cluster.chanel]\n[node]\nhelth = \"a:1\"\nx_y = []\n[cluster]\ndeployer = []\n[[connector]]\nport = 1\nport_offset = 1\nportOffset = 1").unwrap_or_else(|error| panic!("{error}"));
    let texts: Vec<_> = notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "outlive.toml:1:1: there is no nod; is node meant?",
            "outlive.toml:2:1: cluster: there is no cluster.chanel in it; is channel meant?",
            "outlive.toml:3:1: node: there is no x_y in it",
            "outlive.toml:4:1: node: there is no attribute helth; is health meant?",
            "outlive.toml:6:1: cluster: there is no deployer in it",
            "outlive.toml:10:1: connector: there is no attribute port_offset; is port meant?",
            "outlive.toml:11:1: connector: there is no attribute portOffset; is port meant?",
        ]
    );
}
