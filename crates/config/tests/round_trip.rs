//! Any model, written as an outlive.toml, is read as the same.

use outlive_config::model::{
    Application, Cluster, Configuration, Connector, DatabaseStore, EncryptInterceptor, FileStore, Host, Interceptor,
    Manager, ManagerKind, Member, Membership, PersistentValve, Protocol, StandardManager, StaticMembership,
    StaticMembershipInterceptor, Store, Valve,
};
use outlive_config::setting::{Form, Kind, Setting, Settings};
use outlive_config::{Definitions, Level, Secret, TomlOptions, parse_toml, to_toml};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Chance, from proptest's seed.
struct Chance(TestRng);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    fn text(&mut self) -> String {
        const TEXTS: [&str; 8] =
            ["a", "localhost", "x y", "\"quoted\"", "back\\slash", "ümläut", "line\nbreak", "a.b-c_d"];
        TEXTS[self.below(TEXTS.len() as u64) as usize].to_owned()
    }

    /// A value that the setting can have.
    fn value(&mut self, setting: &Setting) -> String {
        match setting.kind {
            Kind::Boolean => self.flip().to_string(),
            Kind::Number | Kind::Time => {
                let rule = setting.rule;
                match self.below(4) {
                    0 => rule.min.to_string(),
                    1 => rule.max.to_string(),
                    2 if rule.none_below.is_some() => "-1".to_owned(),
                    _ => (rule.min + self.below((rule.max - rule.min) as u64 + 1) as i64).to_string(),
                }
            }
            Kind::Pattern => [".*\\.gif", "a|b", "^x$", "[^/]+"][self.below(4) as usize].to_owned(),
            Kind::Choice(words) => words[self.below(words.len() as u64) as usize].to_owned(),
            Kind::SendOptions => (self.below(127) + 1).to_string(),
            Kind::UniqueId => {
                let bytes: Vec<_> = (0..16).map(|_| (self.below(256) as i64 - 128).to_string()).collect();
                format!("{{{}}}", bytes.join(","))
            }
            Kind::Domain => ["", "east", "{1,-2,3}", "{123,5}"][self.below(4) as usize].to_owned(),
            Kind::HostPort => ["127.0.0.1:80", "[::1]:0", "a.example:65535"][self.below(3) as usize].to_owned(),
            Kind::Algorithm => ["AES/GCM/NoPadding", "AES/CBC/PKCS5Padding"][self.below(2) as usize].to_owned(),
            Kind::Text if setting.rule.form != Form::Any => ["localhost", "a.b-c"][self.below(2) as usize].to_owned(),
            Kind::Text | Kind::Path | Kind::Secret => self.text(),
        }
    }

    /// Gives some of the settings other values.
    fn shake(&mut self, settings: &mut dyn Settings) {
        for setting in settings.element().settings {
            if let (Some(key), true) = (setting.key, self.flip()) {
                let value = match key {
                    "tracking" => ["cookie", "url", "cookie,url", "ssl"][self.below(4) as usize].to_owned(),
                    "servlet_classes" => ["", "a.B", "a.B,c.D"][self.below(3) as usize].to_owned(),
                    _ => self.value(setting),
                };
                settings.set(key, &value).unwrap_or_else(|allowed| panic!("{key}={value:?}: {allowed}"));
            }
        }
    }

    fn members(&mut self) -> (Option<Member>, Vec<Member>) {
        let mut member = || {
            let mut member = Member::default();
            self.shake(&mut member);
            member.host = "10.0.0.1".to_owned();
            member.port = member.port.max(1);
            member
        };
        let (local, one, two) = (member(), member(), member());
        (self.flip().then_some(local), if self.flip() { vec![one, two] } else { Vec::new() })
    }

    fn store(&mut self) -> Store {
        if self.flip() {
            let mut files = FileStore::default();
            self.shake(&mut files);
            return Store::File(files);
        }
        let mut database = DatabaseStore::default();
        self.shake(&mut database);
        let urls = ["jdbc:postgresql://u:p@h/d", "sqlite:s.db", "redis+cluster://a,b"];
        database.url = Some(Secret::new(urls[self.below(3) as usize]));
        Store::Database(Box::new(database))
    }

    fn manager(&mut self, kinds: &[ManagerKind]) -> Manager {
        let mut kind = kinds[self.below(kinds.len() as u64) as usize].clone();
        self.shake(kind.settings_mut());
        let mut manager = Manager { kind, ..Manager::default() };
        self.shake(&mut manager);
        self.shake(&mut manager.session_id_generator);
        if !matches!(manager.kind, ManagerKind::Standard(_)) && self.flip() {
            manager.store = Some(self.store());
        }
        manager
    }

    fn valves(&mut self) -> Vec<Valve> {
        let count = self.below(3);
        (0..count)
            .map(|_| {
                let mut valve = PersistentValve::default();
                self.shake(&mut valve);
                Valve::Persistent(valve)
            })
            .collect()
    }

    fn connector(&mut self) -> Connector {
        let mut connector = Connector::default();
        self.shake(&mut connector);
        if self.flip() {
            connector.protocol = Protocol::Ajp(Default::default());
        }
        match &mut connector.protocol {
            Protocol::Http(http) => self.shake(http),
            Protocol::Ajp(ajp) => {
                self.shake(ajp);
                // One without a secret that needs one is refused.
                ajp.secret_required &= ajp.secret.is_some();
            }
        }
        connector
    }

    fn interceptor(&mut self, has_detector: bool) -> Interceptor {
        let mut all = Interceptor::all();
        all.retain(|one| !(has_detector && matches!(one, Interceptor::Encrypt(_))));
        let mut interceptor = all.swap_remove(self.below(all.len() as u64) as usize);
        self.shake(interceptor.settings_mut());
        match &mut interceptor {
            Interceptor::Encrypt(EncryptInterceptor { encryption_key, .. }) => {
                *encryption_key = Some(Secret::new("0123456789abcdef".repeat(2)));
            }
            Interceptor::StaticMembership(StaticMembershipInterceptor { local, members, .. }) => {
                (*local, *members) = self.members();
            }
            _ => {}
        }
        interceptor
    }

    fn cluster(&mut self) -> Cluster {
        let mut cluster = Cluster::default();
        self.shake(&mut cluster);
        cluster.manager = self.manager(&ManagerKind::all()[2..]);
        match self.below(4) {
            0 => (cluster.replication_valve, cluster.jvm_route_binder_valve) = (None, None),
            1 => cluster.replication_valve = None,
            2 => cluster.jvm_route_binder_valve = None,
            _ => {}
        }
        if let Some(valve) = &mut cluster.replication_valve {
            self.shake(valve);
        }
        if let Some(valve) = &mut cluster.jvm_route_binder_valve {
            self.shake(valve);
        }
        let channel = &mut cluster.channel;
        self.shake(channel);
        channel.membership = match self.below(3) {
            0 => Membership::default(),
            1 => Membership::Static(StaticMembership::default()),
            _ => Membership::Cloud(Default::default()),
        };
        self.shake(channel.membership.settings_mut());
        match &mut channel.membership {
            Membership::Static(listed) => (listed.local, listed.members) = self.members(),
            // Any other text is refused.
            Membership::Multicast(multicast) => multicast.address = "239.1.2.3".to_owned(),
            Membership::Cloud(_) => {}
        }
        self.shake(&mut channel.receiver);
        self.shake(&mut channel.transport);
        if self.flip() {
            channel.interceptors.clear();
            for _ in 0..self.below(4) {
                let detects = |one: &Interceptor| matches!(one, Interceptor::TcpFailureDetector(_));
                let has_detector = channel.interceptors.iter().any(detects);
                channel.interceptors.push(self.interceptor(has_detector));
            }
        }
        cluster
    }

    fn application(&mut self, path: &str) -> Application {
        let mut application = Application::default();
        self.shake(&mut application);
        application.path = path.to_owned();
        application.manager = if self.flip() {
            Manager::of(ManagerKind::Standard(StandardManager::default()))
        } else {
            self.manager(&ManagerKind::all())
        };
        self.shake(&mut application.cookie);
        self.shake(&mut application.cookie_processor);
        if self.flip() {
            application.cookie.attributes.insert("SameSite".to_owned(), "Lax".to_owned());
            application.cookie.attributes.insert("X-Y".to_owned(), String::new());
        }
        application.valves = self.valves();
        application
    }

    fn configuration(&mut self) -> Configuration {
        let mut configuration = Configuration::default();
        self.shake(&mut configuration.node);
        self.shake(&mut configuration.server);
        self.shake(&mut configuration.service);
        self.shake(&mut configuration.engine);
        configuration.engine.jvm_route = self.flip().then(|| "node-1.a".to_owned());
        configuration.engine.valves = self.valves();
        configuration.connectors = (0..self.below(3)).map(|_| self.connector()).collect();
        for number in 0..self.below(3) {
            let mut host = Host::default();
            self.shake(&mut host);
            host.name = if number == 0 { "localhost".to_owned() } else { format!("{number}.example") };
            if self.flip() {
                host.aliases = vec!["a.example".to_owned(), "b.example".to_owned()];
            }
            host.valves = self.valves();
            configuration.hosts.push(host);
        }
        configuration.cluster = self.flip().then(|| self.cluster());
        configuration.applications =
            ["", "/app", "/a/b"].into_iter().take(self.below(4) as usize).map(|path| self.application(path)).collect();
        configuration
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_as_the_same(seed in any::<[u8; 32]>(), defaults in any::<bool>()) {
        let mut chance = Chance(TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        let configuration = chance.configuration();
        let text = to_toml(&configuration, TomlOptions { secrets: true, defaults });
        let (read, notices) = parse_toml("outlive.toml", &text, &Definitions::default())
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(&read, &configuration, "{}", text);
        let unknown: Vec<_> =
            notices.iter().filter(|one| one.level == Level::Warning && one.text.contains("there is no")).collect();
        prop_assert!(unknown.is_empty(), "{unknown:?}\n{text}");
    }
}
