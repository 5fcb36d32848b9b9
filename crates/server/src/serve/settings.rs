//! What the flags mean: names looked up, defaults filled in, what is unsafe refused.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

use outlive_net::encrypt::EncryptionKey;
use outlive_net::fragmentation::Fragmentation;
use outlive_net::gzip::Gzip;
use outlive_net::order::Order;
use outlive_net::{InterceptorConfig, SendOptions, check_order};

use super::ajp::Ajp;
use super::store::StoreSettings;
use crate::cli::{ClusterAt, HostPort, InterceptorOption, LimitArguments, ServeArguments};
use crate::drain::DrainFlags;
use crate::exit::Exit;
use crate::membership::PlatformName;

/// Where applications answer unless they are told otherwise.
const HTTP_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// A node's settings, checked.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(super) name: String,
    /// `None`: nothing is served.
    pub(super) http: Option<SocketAddr>,
    /// `None`: nothing is served by AJP.
    pub(super) ajp: Option<Ajp>,
    pub(super) health: Option<SocketAddr>,
    /// Context paths, empty for the root.
    pub(super) apps: Vec<String>,
    pub(super) contexts: Vec<String>,
    /// Whether the sessions of every context are kept, whatever its name.
    pub(super) keeps_all: bool,
    pub(super) receiver: Receiver,
    pub(super) membership: Membership,
    pub(super) domain: String,
    pub(super) payload: String,
    pub(super) cluster_at: ClusterAt,
    pub(super) options: SendOptions,
    pub(super) interceptors: Vec<InterceptorConfig>,
    pub(super) allow_plaintext: bool,
    pub(super) store: StoreSettings,
    pub(super) exit_with_stdin: bool,
    pub(super) drain: DrainFlags,
    pub(super) limits: LimitArguments,
}

/// Where messages of other nodes are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// The address of the host's name, as Tomcat's `address="auto"`.
    Auto {
        port: u16,
    },
    At(SocketAddr),
}

/// How nodes find each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Membership {
    Multicast { group: SocketAddr, bind: Option<IpAddr> },
    Static { members: Vec<SocketAddr> },
    Platform { name: PlatformName, receiver: SocketAddr },
}

impl Settings {
    /// Looks up the hosts that the flags name, and checks that nothing leaves the machine unencrypted that was not allowed to.
    ///
    /// # Errors
    /// The flag at fault and why, in one sentence: exit code 2 where the flags themselves are wrong, 1 where a host is not found.
    pub(crate) fn resolve(flags: ServeArguments) -> Result<Self, Exit> {
        let receiver = match flags.receiver.host.as_str() {
            "auto" => Receiver::Auto { port: flags.receiver.port },
            _ => Receiver::At(look_up("--receiver", &flags.receiver)?),
        };
        let bind = match (&flags.bind, receiver) {
            (Some(host), _) => Some(look_up("--bind", &HostPort { host: host.clone(), port: 0 })?.ip()),
            (None, Receiver::At(address)) if !address.ip().is_unspecified() => Some(address.ip()),
            (None, _) => None,
        };
        let membership = if let Some(name) = flags.platform.membership.clone() {
            let Receiver::At(receiver) = receiver else {
                return Err(Exit::usage(
                    "--membership needs --receiver with this node's own address, by which it finds itself",
                ));
            };
            Membership::Platform { name, receiver }
        } else if flags.r#static.is_empty() {
            let group = look_up("--mcast", &flags.mcast)?;
            if !group.ip().is_multicast() {
                return Err(Exit::usage(format!(
                    "--mcast: {} is no multicast address (224.0.0.0 to 239.255.255.255)",
                    group.ip()
                )));
            }
            Membership::Multicast { group, bind }
        } else {
            let members = flags.r#static.iter().map(|member| look_up("--static", member)).collect::<Result<_, _>>()?;
            Membership::Static { members }
        };
        let store = StoreSettings::resolve(&flags.manager, &flags.store)?;
        let interceptors = interceptors(&flags)?;
        if !store.has_cluster() && (!flags.r#static.is_empty() || !flags.interceptors.is_empty()) {
            return Err(Exit::usage(format!(
                "--static and --interceptors mean nothing with --manager {}, which has no cluster",
                flags.manager
            )));
        }
        if store.has_cluster() && !flags.allow_plaintext && flags.encrypt.is_none() {
            refuse_plaintext(receiver, flags.bind.as_ref().and(bind))?;
        }
        let (apps, contexts) = contexts(&flags)?;
        let keeps_all = flags.app.is_none() && contexts.is_empty() && store.has_cluster();
        let ajp = Ajp::resolve(&flags.ajp)?.filter(|_| !apps.is_empty());
        let http = match &flags.http {
            _ if apps.is_empty() => None,
            Some(http) => Some(look_up("--http", http)?),
            None if ajp.is_some() => None,
            None => Some(HTTP_DEFAULT),
        };
        let health = flags.health.as_ref().map(|health| look_up("--health", health)).transpose()?;
        Ok(Self {
            http,
            ajp,
            health,
            apps,
            contexts,
            keeps_all,
            receiver,
            membership,
            interceptors,
            store,
            name: flags.name,
            domain: flags.domain,
            payload: flags.payload,
            cluster_at: flags.cluster_at,
            options: flags.options,
            allow_plaintext: flags.allow_plaintext,
            exit_with_stdin: flags.exit_with_stdin,
            drain: flags.drain,
            limits: flags.limits,
        })
    }
}

/// The paths that are served and those that are only kept. None twice.
fn contexts(flags: &ServeArguments) -> Result<(Vec<String>, Vec<String>), Exit> {
    let apps: Vec<String> = match &flags.app {
        Some(apps) => apps.iter().map(|app| app.path.clone()).collect(),
        None if flags.context.is_empty() && (flags.http.is_some() || flags.ajp.ajp.is_some()) => {
            vec!["/app".to_owned()]
        }
        None => Vec::new(),
    };
    let mut seen = Vec::new();
    for path in apps.iter().chain(&flags.context) {
        if seen.contains(&path) {
            let path = if path.is_empty() { "/" } else { path };
            return Err(Exit::usage(format!("the context {path} is given twice by --app and --context")));
        }
        seen.push(path);
    }
    Ok((apps, flags.context.clone()))
}

/// The interceptors, the topmost first.
fn interceptors(flags: &ServeArguments) -> Result<Vec<InterceptorConfig>, Exit> {
    let mut options = flags.interceptors.clone();
    match (&flags.encrypt, options.contains(&InterceptorOption::Encrypt)) {
        (None, true) => {
            return Err(Exit::usage("--interceptors names encrypt, and there is no key: give one with --encrypt"));
        }
        (Some(_), false) if options.contains(&InterceptorOption::Order) => {
            // Either place has been seen, and nodes that differ understand nothing of each other.
            return Err(Exit::usage(
                "--interceptors has order, and does not say where --encrypt works: name encrypt in the list, above order \
                 (encrypt,order), and let EncryptInterceptor stand above OrderInterceptor in every Tomcat, too: below it, a Tomcat \
                 damages what it sends to its second peer",
            ));
        }
        (Some(_), false) => options.push(InterceptorOption::Encrypt),
        _ => {}
    }
    let key = flags.encrypt.as_ref().map(|key| key.reveal().parse::<EncryptionKey>());
    let key = key.transpose().map_err(|fault| Exit::usage(format!("--encrypt: {fault}")))?;
    let config = |option: &InterceptorOption| {
        Some(match option {
            InterceptorOption::Gzip(size) => InterceptorConfig::Gzip(Gzip { compression_min_size: *size }),
            InterceptorOption::Fragment(size) => {
                InterceptorConfig::Fragmentation(Fragmentation { max_size: *size, ..Fragmentation::default() })
            }
            InterceptorOption::Order => InterceptorConfig::Order(Order::default()),
            InterceptorOption::Encrypt => {
                InterceptorConfig::Encrypt { algorithm: flags.encrypt_algorithm, key: key.clone()? }
            }
            InterceptorOption::Throughput(interval) => InterceptorConfig::Throughput { interval: *interval },
            InterceptorOption::DomainFilter => InterceptorConfig::DomainFilter,
        })
    };
    let configs: Vec<InterceptorConfig> = options.iter().filter_map(config).collect();
    check_order(&configs).map_err(|fault| Exit::usage(format!("--interceptors: {fault}")))?;
    Ok(configs)
}

/// Sessions hold logins; without encryption they stay on this machine unless the operator says otherwise.
fn refuse_plaintext(receiver: Receiver, bind: Option<IpAddr>) -> Result<(), Exit> {
    let hint = "anyone on that network could read and change sessions; give all nodes a key with --encrypt, keep to this machine with \
--receiver 127.0.0.1:4000, or add --allow-plaintext where the network is yours alone";
    let what = match (receiver, bind) {
        (Receiver::Auto { .. }, _) => "--receiver auto takes an address of the network".to_owned(),
        (Receiver::At(address), _) if !address.ip().is_loopback() => {
            format!("--receiver {address} is an address of the network")
        }
        (_, Some(bind)) if !bind.is_loopback() => format!("--bind {bind} is an address of the network"),
        _ => return Ok(()),
    };
    Err(Exit::usage(format!("{what}, and messages between nodes are not encrypted: {hint}")))
}

/// The first address of a host. Asks the system's resolver, so it may take seconds; it runs before anything is started.
pub(crate) fn look_up(flag: &str, target: &HostPort) -> Result<SocketAddr, Exit> {
    let addresses = (target.host.as_str(), target.port).to_socket_addrs();
    let found = addresses.ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| Exit::failure(format!("{flag} {target}: no address is known for \"{}\"", target.host)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{self, Command};

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
        assert_eq!(settings.receiver, Receiver::Auto { port: 4000 });
        let group = "228.0.0.4:45564".parse().unwrap();
        assert_eq!(settings.membership, Membership::Multicast { group, bind: None });
        assert_eq!((settings.http, settings.keeps_all), (None, true));
        assert!(settings.apps.is_empty() && settings.contexts.is_empty());
        assert_eq!(settings.options, SendOptions(8));
        assert_eq!(settings.cluster_at, ClusterAt::Engine);
    }

    #[test]
    fn multicast_leaves_by_the_receivers_interface_unless_told_otherwise() {
        let bind = |line| match resolve(line).unwrap().membership {
            Membership::Multicast { bind, .. } => bind.map(|bind| bind.to_string()),
            other => panic!("{other:?}"),
        };
        assert_eq!(bind("--receiver 127.0.0.2:4000").as_deref(), Some("127.0.0.2"));
        assert_eq!(bind("--receiver 127.0.0.2:4000 --bind 127.0.0.3").as_deref(), Some("127.0.0.3"));
        assert_eq!(bind("--receiver 0.0.0.0:4000 --allow-plaintext"), None);
    }

    #[test]
    fn an_address_of_the_network_wants_a_word() {
        for line in ["--receiver 10.0.0.1:4000", "--receiver 0.0.0.0:4000", "--receiver 127.0.0.1:4000 --bind 10.0.0.1"]
        {
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
        assert!(matches!(settings.interceptors[..], [InterceptorConfig::Encrypt { .. }]));
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
                InterceptorConfig::DomainFilter => "domain-filter".to_owned(),
            };
            settings.interceptors.iter().map(name).collect::<Vec<_>>().join(" ")
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
        assert_eq!(
            of(&format!("--interceptors gzip=9,encrypt,order --encrypt {key}")),
            "gzip=9 AES/GCM/NoPadding order"
        );
        assert_eq!(
            of(&format!("--interceptors encrypt,gzip --encrypt {key} --encrypt-algorithm aes/cbc/pkcs5padding")),
            "AES/CBC/PKCS5Padding gzip=0"
        );
        let line = "--receiver 127.0.0.1:4000 --interceptors";
        let above = "OrderInterceptor must stand below GzipInterceptor, which changes the messages that it numbers";
        refused(&format!("{line} order,gzip"), 2, &format!("--interceptors: {above}"));
        let above = "OrderInterceptor must stand below EncryptInterceptor, which changes the messages that it numbers";
        refused(&format!("{line} order,encrypt --encrypt {key}"), 2, &format!("--interceptors: {above}"));
        let unsaid = "--interceptors has order, and does not say where --encrypt works";
        let exit = resolve(&format!("{line} gzip,order --encrypt {key}")).unwrap_err();
        assert!(exit.parts().0 == 2 && exit.parts().1.starts_with(unsaid), "{:?}", exit.parts());
        refused(&format!("{line} gzip,gzip"), 2, "--interceptors: GzipInterceptor stands in the stack twice");
        let keyless = "--interceptors names encrypt, and there is no key: give one with --encrypt";
        refused(&format!("{line} encrypt"), 2, keyless);
    }

    #[test]
    fn contexts_are_served_or_kept_once() {
        let of = |line: &str| {
            let settings = resolve(&format!("--receiver 127.0.0.1:4000 {line}")).unwrap();
            (settings.apps.join(" "), settings.contexts.join(" "), settings.http.is_some(), settings.keeps_all)
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
        assert_eq!(settings.membership, Membership::Static { members });
    }

    #[test]
    fn what_cannot_be_is_named() {
        let line = "--receiver 127.0.0.1:4000 --mcast 10.0.0.1:45564";
        refused(line, 2, "--mcast: 10.0.0.1 is no multicast address (224.0.0.0 to 239.255.255.255)");
        let line = "--receiver no.such.host.invalid:4000";
        refused(line, 1, "--receiver no.such.host.invalid:4000: no address is known for \"no.such.host.invalid\"");
    }
}
