//! Base folders as they are written for real Tomcats.

use std::path::Path;
use std::time::Duration;

use expect_test::expect_file;
use outlive_config::model::{
    BackupManager, Interceptor, ManagerKind, Membership, PersistentManager, Protocol, StandardManager, Store,
};
use outlive_config::{
    Configuration, Definitions, Level, Loaded, SendOptions, Source, TomlOptions, has_secrets, load, parse_toml, to_toml,
};

fn read(form: &str) -> Loaded {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/node").join(form);
    load(&Source::Base(folder), &Definitions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Without those about JVMs.
fn notices(loaded: &Loaded) -> Vec<String> {
    let shown = loaded.notices.iter().filter(|notice| notice.level != Level::Detail);
    shown.map(|notice| notice.text.clone()).collect()
}

fn again(configuration: &Configuration) -> Configuration {
    let text = to_toml(configuration, TomlOptions { secrets: true, defaults: false });
    let (read, notices) =
        parse_toml("outlive.toml", &text, &Definitions::default()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let odd: Vec<_> = notices.iter().filter(|notice| notice.level == Level::Warning).collect();
    assert!(odd.is_empty(), "{odd:?}\n{text}");
    read
}

const FORMS: [&str; 7] = ["multicast", "multicast-all", "static", "host", "backup", "persistent", "standard"];

/// What is the same in all of them; and each said as an outlive.toml means the same.
#[test]
fn each_form_is_understood() {
    for form in FORMS {
        let loaded = read(form);
        let configuration = &loaded.configuration;
        assert_eq!(configuration.engine.jvm_route.as_deref(), Some("node1"), "{form}");
        assert_eq!(configuration.server.port, None);
        let [application] = configuration.applications.as_slice() else { panic!("{form}: {configuration:?}") };
        assert_eq!((application.path.as_str(), application.host.as_str()), ("/app", "localhost"));
        assert!(application.distributable);
        assert_eq!(application.servlet_classes.0, ["sessionapp.SessionApp", "sessionapp.JavaValues"]);
        assert_eq!(application.session_timeout, Some(Duration::from_secs(1800)));
        assert_eq!(application.background_processor_delay, Some(Duration::from_secs(1)));
        assert_eq!(configuration.work_folder(application), Path::new("work/Catalina/localhost/app"));
        assert!(application.cookie.http_only && application.tracking.cookie && application.tracking.url);
        assert_eq!(configuration.cluster_of(application).is_some(), !["persistent", "standard"].contains(&form));
        let http = &configuration.connectors[0];
        let Protocol::Http(protocol) = &http.protocol else { panic!("{http:?}") };
        assert_eq!(protocol.max_keep_alive_requests, None);
        assert_eq!(protocol.connection_timeout, Some(Duration::from_secs(20)));
        assert_eq!(again(configuration), *configuration, "{form}");
        // Nothing is a surprise: each notice is about what has no effect.
        assert!(loaded.notices.iter().all(|notice| notice.level != Level::Warning), "{form}: {:#?}", loaded.notices);
    }
}

/// The same as files of ours, whole, so that a change of what is understood shows.
#[test]
fn each_form_as_a_file_of_ours() {
    for form in FORMS {
        let loaded = read(form);
        let text = to_toml(&loaded.configuration, TomlOptions { secrets: true, defaults: false });
        let text = text.replace(&*loaded.base.to_string_lossy(), "/base");
        expect_file![format!("../testdata/toml/{form}.toml")].assert_eq(&text);
    }
}

#[test]
fn multicast_with_everything() {
    let loaded = read("multicast-all");
    let cluster = loaded.configuration.cluster.clone().unwrap();
    assert_eq!(cluster.channel_send_options, SendOptions(6));
    let Membership::Multicast(multicast) = &cluster.channel.membership else { panic!("{cluster:?}") };
    assert_eq!((multicast.address.as_str(), multicast.port), ("228.0.0.9", 45000));
    assert_eq!((multicast.payload.as_str(), multicast.domain.text().as_str()), ("a<b\"&c", "east"));
    assert_eq!(multicast.bind.as_deref(), Some("127.0.0.1"));
    let receiver = &cluster.channel.receiver;
    assert_eq!((receiver.address.as_str(), receiver.port, receiver.auto_bind), ("127.0.0.1", 4001, None));
    let classes: Vec<_> = cluster.channel.interceptors.iter().map(Interceptor::class).collect();
    assert_eq!(
        classes,
        [
            "GzipInterceptor",
            "OrderInterceptor",
            "FragmentationInterceptor",
            "EncryptInterceptor",
            "TcpFailureDetector",
            "MessageDispatchInterceptor"
        ]
    );
    let Interceptor::Fragmentation(fragmentation) = &cluster.channel.interceptors[2] else { panic!() };
    assert_eq!(fragmentation.max_size, 1024);
    let Interceptor::Encrypt(encrypt) = &cluster.channel.interceptors[3] else { panic!() };
    let key = "0123456789abcdef0123456789abcdef";
    assert_eq!(encrypt.encryption_key.as_ref().unwrap().reveal(), key);
    let [http, ajp] = loaded.configuration.connectors.as_slice() else { panic!() };
    assert_eq!(http.address.as_deref(), Some("127.0.0.1"));
    let Protocol::Ajp(protocol) = &ajp.protocol else { panic!() };
    assert!(!protocol.secret_required && ajp.port == 8009);
    // The key is in no form that is for people.
    let shown = to_toml(&loaded.configuration, TomlOptions { secrets: false, defaults: true });
    assert!(shown.contains("# encryption_key is hidden") && !shown.contains(key), "{shown}");
    assert!(!format!("{loaded:?}").contains(key));
    assert!(has_secrets(&loaded.configuration) && !has_secrets(&read("static").configuration));
    assert_eq!(
        notices(&loaded),
        [
            "Server/Service/Engine/Realm has no effect here: an application knows its users itself",
            "Server/Service/Engine/Cluster/Channel/Membership: \"PayloadMembership\" is a class of Java's; it is taken for a McastService",
            "Server/Service/Engine/Cluster/Channel/Receiver: maxThreads has no effect here. Threads, each for one connection at a time; tasks of this process share its threads.",
            "Server/Service/Engine/Cluster/Channel/Interceptor: maxThreads has no effect here. Threads that send; one task a node does here, so that messages keep their order.",
            "Server/Service/Engine/Cluster/Channel/Interceptor: maxSpareThreads has no effect here. Threads that are kept.",
            "Context/Valve: NonLoginAuthenticator has no effect here: an application here has its own login",
        ]
    );
}

#[test]
fn members_that_are_listed() {
    let cluster = read("static").configuration.cluster.unwrap();
    assert_eq!(cluster.channel_start_options, 3);
    let Some(Interceptor::StaticMembership(listed)) = cluster.channel.interceptors.last() else { panic!() };
    let local = listed.local.as_ref().unwrap();
    assert_eq!(local.unique_id.0, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 160, 127, 0, 0, 1]);
    let members: Vec<_> =
        listed.members.iter().map(|member| (member.host.as_str(), member.port, member.domain.text())).collect();
    assert_eq!(members, [("127.0.0.1", 4001, "west".to_owned()), ("127.0.0.1", 4002, "west".to_owned())]);
}

#[test]
fn the_cluster_of_a_host() {
    let configuration = read("host").configuration;
    let cluster = configuration.cluster.as_ref().unwrap();
    assert_eq!((cluster.at.word(), cluster.host.as_deref()), ("Host", Some("localhost")));
    assert!(configuration.cluster_around("elsewhere").is_none());
}

#[test]
fn the_other_managers() {
    let backup = ManagerKind::Backup(BackupManager { map_send_options: SendOptions(6), ..Default::default() });
    assert_eq!(read("backup").configuration.applications[0].manager.kind, backup);

    let manager = read("persistent").configuration.applications[0].manager.clone();
    let persistent = PersistentManager { max_idle_backup: Some(Duration::from_secs(1)), ..Default::default() };
    assert_eq!(manager.kind, ManagerKind::Persistent(persistent));
    assert_eq!((manager.process_expires_frequency, manager.persist_authentication), (1, true));
    let Some(Store::File(files)) = &manager.store else { panic!("{manager:?}") };
    assert!(files.directory.ends_with("testdata/node/persistent/sessions"), "{files:?}");

    let manager = read("standard").configuration.applications[0].manager.clone();
    let ManagerKind::Standard(StandardManager { pathname: Some(file), .. }) = &manager.kind else {
        panic!("{manager:?}")
    };
    assert!(file.ends_with("testdata/node/standard/sessions/SESSIONS.ser"), "{file:?}");
}
