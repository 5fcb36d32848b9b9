use std::fs;
use std::path::Path;

use outlive_net::{ClusterAt, InterceptorConfig, Membership, Persistence, ReceiverAddress, SendOptions};

use super::*;
use crate::cli::{self, Command};

/// The cluster that settings are of.
fn cluster(settings: &Settings) -> &ClusterSettings {
    settings.cluster.as_ref().unwrap()
}

fn known(settings: &Settings) -> &Membership {
    match &cluster(settings).membership {
        MembershipSettings::Known(membership) => membership,
        other => panic!("{other:?}"),
    }
}

fn bind(settings: &Settings) -> Option<String> {
    match known(settings) {
        Membership::Multicast { bind, .. } => bind.map(|bind| bind.to_string()),
        other => panic!("{other:?}"),
    }
}

fn resolve(line: &str) -> Result<Settings, Exit> {
    let words = ["outlive", "serve"].into_iter().chain(line.split_whitespace());
    match cli::parse(words.map(Into::into))? {
        Command::Serve(flags) => Settings::resolve(*flags),
        other => panic!("not serve: {other:?}"),
    }
}

fn refused(line: &str, code: u8, sentence: &str) {
    let exit = resolve(line).expect_err(line);
    assert_eq!(exit.parts(), (code, sentence), "{line}");
}

#[test]
fn the_defaults_are_tomcats_and_leave_the_machine_only_when_allowed() {
    let exit = resolve("").unwrap_err();
    let (code, sentence) = exit.parts();
    assert_eq!(code, 2);
    assert!(sentence.contains("not encrypted") && sentence.contains("--allow-plaintext"), "{sentence}");

    let settings = resolve("--allow-plaintext").unwrap();
    let config = &cluster(&settings).config;
    assert_eq!(config.receiver, ReceiverAddress::Auto { port: 4000, tries: 100 });
    assert_eq!(*known(&settings), Membership::default());
    assert!(settings.connectors.is_empty() && settings.contexts.is_empty() && settings.keeper.is_some());
    assert_eq!((config.options, config.cluster_at), (SendOptions(8), ClusterAt::Engine));
    assert_eq!((config.timing, config.lane_bytes_max), (Default::default(), 64 << 20));
    assert_eq!((settings.shutdown, settings.notices), (None, Vec::new()), "only files open that port");
}

#[test]
fn multicast_leaves_by_the_receivers_interface_unless_told_otherwise() {
    let bind = |line| bind(&resolve(line).unwrap());
    assert_eq!(bind("--receiver 127.0.0.2:4000").as_deref(), Some("127.0.0.2"));
    assert_eq!(bind("--receiver 127.0.0.2:4000 --bind 127.0.0.3").as_deref(), Some("127.0.0.3"));
    assert_eq!(bind("--receiver 0.0.0.0:4000 --allow-plaintext"), None);
}

#[test]
fn an_address_of_the_network_wants_a_word() {
    for line in ["--receiver 10.0.0.1:4000", "--receiver 0.0.0.0:4000", "--receiver 127.0.0.1:4000 --bind 10.0.0.1"] {
        let exit = resolve(line).unwrap_err();
        let (code, sentence) = exit.parts();
        assert!(code == 2 && sentence.contains("is an address of the network"), "{line}: {sentence}");
        resolve(&format!("{line} --allow-plaintext")).unwrap();
    }
}

#[test]
fn a_key_opens_the_network() {
    let key = "00".repeat(16);
    let settings = resolve(&format!("--receiver 10.0.0.1:4000 --encrypt {key}")).unwrap();
    assert!(matches!(cluster(&settings).config.interceptors[..], [InterceptorConfig::Encrypt { .. }]));
    assert!(!format!("{settings:?}").contains("00000000"), "a key is never shown");
    for (wrong, sentence) in [
        ("0123", "--encrypt: a key has 16, 24 or 32 bytes (32, 48 or 64 hexadecimal digits), not 2 bytes"),
        ("secret", "--encrypt: a key is written in hexadecimal digits, two for each byte"),
    ] {
        refused(&format!("--receiver 127.0.0.1:4000 --encrypt {wrong}"), 2, sentence);
    }
}

#[test]
fn interceptors_stand_in_a_legal_order() {
    let of = |line: &str| {
        let settings = resolve(&format!("--receiver 127.0.0.1:4000 {line}")).unwrap();
        let name = |config: &InterceptorConfig| match config {
            InterceptorConfig::Gzip(gzip) => format!("gzip={}", gzip.compression_min_size),
            InterceptorConfig::Fragmentation(fragmentation) => format!("fragment={}", fragmentation.max_size),
            InterceptorConfig::Order(_) => "order".to_owned(),
            InterceptorConfig::Encrypt { algorithm, .. } => algorithm.to_string(),
            InterceptorConfig::Throughput { interval } => format!("throughput={interval}"),
            InterceptorConfig::DomainFilter { .. } => "domain-filter".to_owned(),
        };
        cluster(&settings).config.interceptors.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    let key = "00".repeat(32);
    assert_eq!(of("--interceptors gzip,fragment,order"), "gzip=0 fragment=102400 order");
    assert_eq!(
        of("--interceptors throughput,fragment=1024,domain-filter"),
        "throughput=10000 fragment=1024 domain-filter"
    );
    assert_eq!(
        of(&format!("--interceptors gzip=9,fragment --encrypt {key}")),
        "gzip=9 fragment=102400 AES/GCM/NoPadding"
    );
    assert_eq!(of(&format!("--interceptors gzip=9,encrypt,order --encrypt {key}")), "gzip=9 AES/GCM/NoPadding order");
    assert_eq!(
        of(&format!("--interceptors encrypt,gzip --encrypt {key} --encrypt-algorithm aes/cbc/pkcs5padding")),
        "AES/CBC/PKCS5Padding gzip=0"
    );
    assert_eq!(of(&format!("--interceptors gzip,order --encrypt {key}")), "gzip=0 order AES/GCM/NoPadding");
    let line = "--receiver 127.0.0.1:4000 --interceptors";
    refused(&format!("{line} gzip,gzip"), 2, "--interceptors: GzipInterceptor stands in the stack twice");
    let keyless = "--interceptors names encrypt, and there is no key: give one with --encrypt";
    refused(&format!("{line} encrypt"), 2, keyless);
}

#[test]
fn contexts_are_served_or_kept_once() {
    let of = |line: &str| {
        let settings = resolve(&format!("--receiver 127.0.0.1:4000 {line}")).unwrap();
        let paths = |is_served| {
            let of = settings.contexts.iter().filter(|context| context.is_served == is_served);
            of.map(ContextSettings::path).collect::<Vec<_>>().join(" ")
        };
        (paths(true), paths(false), !settings.connectors.is_empty(), settings.keeper.is_some())
    };
    assert_eq!(of("--http 127.0.0.1:1"), ("/app".to_owned(), String::new(), true, true));
    assert_eq!(of("--app /a=session"), ("/a".to_owned(), String::new(), true, false));
    assert_eq!(of(""), (String::new(), String::new(), false, true));
    assert_eq!(of("--context /shop"), (String::new(), "/shop".to_owned(), false, false));
    assert_eq!(
        of("--app /a=session --context /shop --context /x/"),
        ("/a".to_owned(), "/shop /x".to_owned(), true, false)
    );
    let line = "--receiver 127.0.0.1:4000 --app /=session --context /";
    refused(line, 2, "the context / is given twice by --app and --context");
}

#[test]
fn static_members_take_the_place_of_multicast() {
    let settings = resolve("--receiver 127.0.0.1:4000 --static 127.0.0.1:4001,127.0.0.1:4002").unwrap();
    let members = ["127.0.0.1:4001", "127.0.0.1:4002"].map(|member| member.parse().unwrap()).to_vec();
    assert_eq!(*known(&settings), Membership::Static(members));
}

#[test]
fn what_cannot_be_is_named() {
    let line = "--receiver 127.0.0.1:4000 --mcast 10.0.0.1:45564";
    refused(line, 2, "--mcast: 10.0.0.1 is no multicast address (224.0.0.0 to 239.255.255.255)");
    let line = "--receiver no.such.host.invalid:4000";
    refused(line, 1, "--receiver no.such.host.invalid:4000: no address is known for \"no.such.host.invalid\"");
}

// ---- files ----

/// A base folder with that server.xml, and one application `shop`.
fn base(folder: &Path, server: &str, context: &str, web: &str) {
    for (name, text) in [
        ("conf/server.xml", server),
        ("conf/web.xml", "<web-app/>"),
        ("conf/context.xml", "<Context/>"),
        ("webapps/shop/META-INF/context.xml", context),
        ("webapps/shop/WEB-INF/web.xml", web),
    ] {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

const SERVLET: &str = "<web-app><distributable/><servlet><servlet-name>a</servlet-name>\
<servlet-class>example.SessionApp</servlet-class></servlet></web-app>";

fn server(cluster: &str) -> String {
    format!(
        r#"<Server port="-1"><Service name="Catalina"><Connector port="8080" address="127.0.0.1" connectionTimeout="20000"/>
        <Engine name="Catalina" defaultHost="localhost" jvmRoute="n1">{cluster}<Host name="localhost" appBase="webapps"/></Engine>
        </Service></Server>"#
    )
}

const CLUSTER: &str = r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
  <Channel className="org.apache.catalina.tribes.group.GroupChannel" heartbeatSleeptime="7000">
    <Membership className="org.apache.catalina.tribes.membership.McastService" address="228.0.0.9" port="45569" frequency="250"
      dropTime="2000" domain="d"/>
    <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="127.0.0.1" port="4100" autoBind="3"/>
    <Sender className="org.apache.catalina.tribes.transport.ReplicationTransmitter">
      <Transport className="org.apache.catalina.tribes.transport.nio.PooledParallelSender" timeout="4000"/></Sender>
    <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector" connectTimeout="900"/>
    <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor" maxQueueSize="1048576"/>
  </Channel></Cluster>"#;

fn of_base(folder: &Path, line: &str) -> Result<Settings, Exit> {
    resolve(&format!("--base {} {line}", folder.display()))
}

#[test]
fn a_base_folder_says_what_a_node_is_and_flags_go_before_it() {
    let folder = tempfile::tempdir().unwrap();
    base(folder.path(), &server(CLUSTER), "<Context/>", SERVLET);
    let settings = of_base(folder.path(), "").unwrap();
    assert_eq!((settings.name.as_str(), settings.connectors[0].address.to_string().as_str()), ("n1", "127.0.0.1:8080"));
    let config = &cluster(&settings).config;
    let address = "127.0.0.1:4100".parse().unwrap();
    assert_eq!(config.receiver, ReceiverAddress::From { address, tries: 3 });
    assert_eq!((config.options, &config.domain[..]), (SendOptions(6), &b"d"[..]));
    assert_eq!(config.timing.frequency.as_millis(), 250);
    assert_eq!((config.timing.drop_time.as_secs(), config.timing.heartbeat.as_secs()), (2, 7));
    assert_eq!((config.timing.probe_timeout.as_millis(), config.ack_timeout.as_secs()), (900, 4));
    assert_eq!(config.lane_bytes_max, 1 << 20);
    let Membership::Multicast { group, port, .. } = known(&settings) else { panic!("{settings:?}") };
    assert_eq!((group.to_string().as_str(), *port), ("228.0.0.9", 45569));
    let [context] = &settings.contexts[..] else { panic!("{:?}", settings.contexts) };
    assert!(context.is_served && context.keeping.is_clustered && context.path() == "/shop");

    let line = "--name n2 --http 127.0.0.1:9 --receiver 127.0.0.1:4200 --options 8 --mcast 228.0.0.5:1 --domain e";
    let settings = of_base(folder.path(), line).unwrap();
    let config = &cluster(&settings).config;
    assert_eq!((settings.name.as_str(), settings.connectors[0].said.as_str()), ("n2", "--http"));
    assert_eq!(config.receiver, ReceiverAddress::At("127.0.0.1:4200".parse().unwrap()));
    assert_eq!((config.options, &config.domain[..]), (SendOptions(8), &b"e"[..]));
    assert!(matches!(known(&settings), Membership::Multicast { port: 1, .. }));
    assert_eq!(config.timing.frequency.as_millis(), 250, "what no flag says stays");
}

#[test]
fn a_static_membership_service_is_kept_with_its_times() {
    let folder = tempfile::tempdir().unwrap();
    let member = |name: &str, port: u16, last: u8| {
        format!(
            r#"<{name} className="org.apache.catalina.tribes.membership.StaticMember" host="127.0.0.1" port="{port}"
            uniqueId="{{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,{last}}}"/>"#
        )
    };
    let service = format!(
        r#"<Membership className="org.apache.catalina.tribes.membership.StaticMembershipService" expirationTime="4000"
        rpcTimeout="1500" connectTimeout="700" useThread="true" pingInterval="800">{}{}</Membership>"#,
        member("LocalMember", 4100, 1),
        member("Member", 4101, 2),
    );
    let (before, rest) = CLUSTER.split_once("<Membership").unwrap();
    let (_, after) = rest.split_once("/>").unwrap();
    let text = format!("{before}{service}{after}").replace(
        r#"connectTimeout="900"/>"#,
        r#"performSendTest="false" performReadTest="true" readTestTimeout="600"/>"#,
    );
    base(folder.path(), &server(&text), "<Context/>", SERVLET);
    let settings = of_base(folder.path(), "").unwrap();
    let Membership::Listed { unique_id, members, service: Some(service) } = known(&settings) else {
        panic!("{settings:?}")
    };
    assert_eq!((unique_id[15], members.len(), members[0].unique_id[15]), (1, 1, 2));
    assert_eq!(&service.membership_id[..], b"Catalina-Channel-StaticMembership");
    let times = [service.expiration_time, service.answer_limit, service.ping_every].map(|time| time.as_millis());
    assert_eq!(times, [4000, 1500, 800]);
    let timing = cluster(&settings).config.timing;
    let reads = timing.probe_reads.map(|limit| limit.as_millis());
    assert_eq!((timing.probe_timeout.as_millis(), timing.probe_sends, reads), (700, false, Some(600)));
}

#[test]
fn only_a_session_app_or_what_a_flag_names_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let shop = SERVLET.replace("example.SessionApp", "shop.MySessionAppServlet");
    base(folder.path(), &server(CLUSTER), "<Context/>", &shop);
    let settings = of_base(folder.path(), "").unwrap();
    assert!(
        !settings.contexts[0].is_served && settings.connectors.is_empty(),
        "a shop gets no routes and users of ours"
    );
    assert!(
        settings
            .notices
            .iter()
            .any(|notice| notice.text.contains("application /shop of localhost is not answered here"))
    );
    let settings = of_base(folder.path(), "--app /shop=session --app /more=session").unwrap();
    let served: Vec<_> =
        settings.contexts.iter().filter(|context| context.is_served).map(ContextSettings::path).collect();
    assert_eq!(served, ["/shop", "/more"]);
    // In no cluster, and not answered: nothing is left to do for it.
    base(folder.path(), &server(""), "<Context/>", &shop);
    let settings = of_base(folder.path(), "").unwrap();
    assert!(settings.contexts.is_empty() && settings.cluster.is_none() && settings.keeper.is_none());
}

#[test]
fn an_address_of_the_network_is_refused_with_the_files_own_words() {
    let folder = tempfile::tempdir().unwrap();
    base(folder.path(), &server(&CLUSTER.replace("127.0.0.1", "10.0.0.1")), "<Context/>", SERVLET);
    let exit = of_base(folder.path(), "").unwrap_err();
    let (code, sentence) = exit.parts();
    assert_eq!(code, 2);
    assert!(
        sentence.contains("conf/server.xml:6:80: Server/Service/Engine/Cluster/Channel/Receiver: address 10.0.0.1:4100 is an address of the network"),
        "{sentence}"
    );
    of_base(folder.path(), "--allow-plaintext").unwrap();
    let key = "00".repeat(16);
    of_base(folder.path(), &format!("--encrypt {key}")).unwrap();
    let encrypt = format!(
        r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.EncryptInterceptor" encryptionKey="{key}"/>"#
    );
    let at = CLUSTER.find("<Interceptor").unwrap();
    let encrypted = [&CLUSTER[..at], &encrypt, &CLUSTER[at..]].concat().replace("127.0.0.1", "10.0.0.1");
    base(folder.path(), &server(&encrypted), "<Context/>", SERVLET);
    let settings = of_base(folder.path(), "").unwrap();
    assert!(matches!(cluster(&settings).config.interceptors[..], [InterceptorConfig::Encrypt { .. }]));
    assert!(!format!("{settings:?}").contains("000000"), "a key is never shown");
}

#[test]
fn a_bare_cluster_element_is_tomcats_default() {
    let folder = tempfile::tempdir().unwrap();
    base(
        folder.path(),
        &server(r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"/>"#),
        "<Context/>",
        SERVLET,
    );
    let exit = of_base(folder.path(), "").unwrap_err();
    let told = "conf/server.xml:2:71: Server/Service/Engine/Cluster: its Receiver's address auto takes an address of the network";
    assert!(exit.parts().0 == 2 && exit.parts().1.contains(told), "{exit:?}");
    let settings = of_base(folder.path(), "--allow-plaintext").unwrap();
    let config = &cluster(&settings).config;
    assert_eq!(config.receiver, ReceiverAddress::Auto { port: 4000, tries: 100 });
    assert_eq!((config.options, known(&settings)), (SendOptions(8), &Membership::default()));
    assert_eq!(config.timing, Default::default());
    assert_eq!(settings.contexts[0].keeping.context.expiry_interval.as_secs(), 60);
}

#[test]
fn an_application_with_a_manager_of_its_own_is_in_no_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let context = r#"<Context><Manager className="org.apache.catalina.session.PersistentManager" maxIdleBackup="5">
        <Store className="org.apache.catalina.session.FileStore" directory="kept"/></Manager>
        <Valve className="org.apache.catalina.valves.PersistentValve"/></Context>"#;
    base(folder.path(), &server(CLUSTER), context, SERVLET);
    let settings = of_base(folder.path(), "").unwrap();
    let keeping = &settings.contexts[0].keeping;
    assert_eq!((keeping.is_clustered, &keeping.context.persistence), (false, &Some(Persistence::PerRequest)));
    let kept = folder.path().join("work/Catalina/localhost/shop/kept");
    assert!(matches!(&keeping.place, Some(Place::Folder(folder)) if *folder == kept), "{:?}", keeping.place);
    assert!(settings.cluster.is_none(), "no application of it is distributable");
}

#[test]
fn faults_of_files_are_told_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    base(folder.path(), &server(&CLUSTER.replace("4100", "many")), "<Context/>", SERVLET);
    let exit = of_base(folder.path(), "").unwrap_err();
    let (code, text) = exit.parts();
    assert!(code == 2 && text.contains("conf/server.xml:") && text.contains("many"), "{text}");
    let missing = resolve("--base /nowhere/at/all").unwrap_err();
    assert!(missing.parts().0 == 2 && missing.parts().1.contains("/nowhere/at/all"), "{missing:?}");
    refused("-D a=b", 2, "-D says something of files, and neither --base nor --config names any");
}

/// Source: Tomcat `SimpleTcpCluster.checkDefaults`: any ClusterListener takes the ClusterSessionListener away.
#[test]
fn without_a_session_listener_a_node_only_sends_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let with = |class: &str| {
        let cluster = CLUSTER.replace("</Cluster>", &format!("<ClusterListener className=\"{class}\"/></Cluster>"));
        base(folder.path(), &server(&cluster), "<Context/>", SERVLET);
        let settings = of_base(folder.path(), "").unwrap();
        let told = settings.notices.iter().filter(|notice| notice.text.contains("Listener")).map(ToString::to_string);
        (cluster_hears(&settings), told.collect::<Vec<_>>())
    };
    let (hears, told) = with("org.example.Mine");
    assert!(!hears && told.len() == 2, "{told:#?}");
    assert!(
        told[0].contains("conf/server.xml:2:71: Server/Service/Engine/Cluster: without a ClusterSessionListener"),
        "{told:#?}"
    );
    assert!(told[1].contains("is a class of Java's, which does nothing here"), "{told:#?}");
    assert_eq!(with("org.apache.catalina.ha.session.ClusterSessionListener"), (true, Vec::new()));
}

fn cluster_hears(settings: &Settings) -> bool {
    cluster(settings).config.session_listener
}

#[test]
fn a_connectors_limits_are_those_of_its_file() {
    let base = tempfile::tempdir().unwrap();
    fs::create_dir(base.path().join("conf")).unwrap();
    let server = r#"<Server port="-1"><Service name="Catalina">
        <Connector port="8080" address="127.0.0.1" maxHeaderCount="7" maxPostSize="9" maxHttpHeaderSize="700"/>
        <Connector port="8081" address="127.0.0.1" maxHeaderCount="-1" maxPostSize="-1"/>
        <Connector port="8009" protocol="AJP/1.3" secret="s3cret" maxHeaderCount="5" maxPostSize="11"/>
        <Engine name="Catalina" defaultHost="localhost" jvmRoute="n1"><Host name="localhost"/></Engine>
        </Service></Server>"#;
    fs::write(base.path().join("conf/server.xml"), server).unwrap();
    let line = format!("--base {} --app /app=session --manager persistent --store file:/x", base.path().display());
    let settings = resolve(&line).unwrap();
    let limits: Vec<_> = settings
        .connectors
        .iter()
        .map(|connector| match &connector.speaks {
            Speaks::Http(http) => (http.headers_max, http.form_limit.bytes(), http.head_bytes_max),
            Speaks::Ajp(ajp) => (ajp.headers_max, ajp.form_limit.bytes(), 0),
        })
        .collect();
    assert_eq!(limits, [(7, 9, 700), (1000, 64 << 20, 8192), (5, 11, 0)]);
    assert!(settings.notices.iter().all(|notice| !notice.text.contains("maxHttpHeaderSize")), "{:?}", settings.notices);
}
