//! The cluster that a node is in: where it takes messages, how it finds the others, what passes in between.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use outlive_config::model::{self, Interceptor, MulticastMembership, StaticMembershipInterceptor};
use outlive_config::{Configuration, Domain, UniqueId};
use outlive_net::{ClusterAt, ClusterConfig, InterceptorConfig, ListedMember, Membership, ReceiverAddress, Timing};
use outlive_tribes_proto::membership::static_service::StaticService;

use super::interceptors;
use super::look_up;
use super::said::Said;
use crate::cli::{self, HostPort, ServeArguments};
use crate::exit::Exit;
use crate::membership::PlatformName;

/// How many ports Tomcat's receiver tries, its own first (`autoBind`).
const RECEIVER_TRIES: u16 = 100;

/// The cluster that a node joins, checked.
#[derive(Debug, Clone)]
pub(in crate::serve) struct ClusterSettings {
    /// All but its membership and its stores.
    pub(in crate::serve) config: ClusterConfig,
    pub(in crate::serve) membership: MembershipSettings,
    /// What the receiver is called where it was given: a flag, or an element of a file.
    pub(in crate::serve) receiver_said: String,
}

/// How nodes find each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) enum MembershipSettings {
    Known(Membership),
    /// By a platform, which is asked when the node starts.
    Platform {
        name: PlatformName,
        receiver: SocketAddr,
    },
}

impl ClusterSettings {
    /// What the model says, and the flags before it.
    ///
    /// # Errors
    /// A host that is not found; what cannot stand together; messages that would leave the machine unencrypted.
    pub(super) fn resolve(
        flags: &ServeArguments,
        configuration: &Configuration,
        cluster: &model::Cluster,
        said: &Said,
    ) -> Result<Self, Exit> {
        let channel = &cluster.channel;
        // A bare Cluster says where its receiver is by what it leaves out.
        let receiver_said = match (channel.receiver.origin.name("address"), cluster.origin.said("")) {
            (None, Some(cluster)) if flags.receiver.is_none() => format!("{cluster}: its Receiver's address"),
            _ => {
                let (given, origin) = (flags.receiver.is_some(), &channel.receiver.origin);
                said.at(given, "--receiver", origin, "address", "Receiver address, port")
            }
        };
        let receiver = receiver(flags, &channel.receiver, &receiver_said)?;
        let interceptors = interceptors::resolve(flags, &channel.interceptors, said)?;
        let (membership, own) = membership(flags, channel, &configuration.channel_name(cluster), &receiver, said)?;
        let allow_plaintext = flags.allow_plaintext || configuration.node.allow_plaintext;
        let encrypts = |interceptor: &InterceptorConfig| matches!(interceptor, InterceptorConfig::Encrypt { .. });
        if !allow_plaintext && !interceptors.iter().any(encrypts) {
            refuse_plaintext(&receiver, &membership, flags, &receiver_said, said)?;
        }
        let lane_bytes_max = find(channel, |interceptor| match interceptor {
            Interceptor::MessageDispatch(dispatch) => Some(dispatch.max_queue_size),
            _ => None,
        });
        let plain = ClusterConfig::default();
        let config = ClusterConfig {
            receiver,
            timing: timing(channel),
            domain: match &flags.domain {
                Some(domain) => Bytes::from(domain.clone().into_bytes()),
                None => own,
            },
            payload: match (&flags.payload, &channel.membership) {
                (Some(payload), _) => payload.clone(),
                (None, model::Membership::Multicast(membership)) => membership.payload.clone(),
                (None, _) => String::new(),
            },
            cluster_at: match (flags.cluster_at, cluster.at) {
                (Some(cli::ClusterAt::Engine), _) | (None, model::ClusterAt::Engine) => ClusterAt::Engine,
                (Some(cli::ClusterAt::Host), _) | (None, model::ClusterAt::Host) => ClusterAt::Host,
            },
            session_listener: cluster.session_listener,
            options: flags.options.unwrap_or(cluster.channel_send_options),
            ack_timeout: channel.transport.timeout,
            lane_bytes_max: lane_bytes_max
                .map_or(plain.lane_bytes_max, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
            interceptors,
            allow_plaintext,
            ..plain
        };
        let config = flags.limits.limit(config);
        Ok(Self { config, membership, receiver_said })
    }
}

fn find<'a, T>(channel: &'a model::Channel, wanted: impl Fn(&'a Interceptor) -> Option<T>) -> Option<T> {
    channel.interceptors.iter().find_map(wanted)
}

fn receiver(flags: &ServeArguments, receiver: &model::Receiver, said: &str) -> Result<ReceiverAddress, Exit> {
    match &flags.receiver {
        Some(HostPort { host, port }) if host == "auto" => {
            Ok(ReceiverAddress::Auto { port: *port, tries: RECEIVER_TRIES })
        }
        Some(receiver) => Ok(ReceiverAddress::At(look_up(said, receiver)?)),
        None => {
            let tries = receiver.auto_bind.unwrap_or(1);
            if receiver.address.eq_ignore_ascii_case("auto") {
                return Ok(ReceiverAddress::Auto { port: receiver.port, tries });
            }
            let address = look_up(said, &HostPort { host: receiver.address.clone(), port: receiver.port })?;
            Ok(if tries == 1 { ReceiverAddress::At(address) } else { ReceiverAddress::From { address, tries } })
        }
    }
}

fn address_of(receiver: &ReceiverAddress) -> Option<SocketAddr> {
    match receiver {
        ReceiverAddress::Auto { .. } => None,
        ReceiverAddress::At(address) | ReceiverAddress::From { address, .. } => Some(*address),
    }
}

/// How often members are looked at, and how long they are waited for.
fn timing(channel: &model::Channel) -> Timing {
    let plain = Timing::default();
    let (frequency, drop_time, of_service) = match &channel.membership {
        model::Membership::Multicast(membership) => (membership.frequency, membership.drop_time, None),
        model::Membership::Static(membership) => (plain.frequency, plain.drop_time, Some(membership.connect_timeout)),
        model::Membership::Cloud(_) => (plain.frequency, plain.drop_time, None),
    };
    let ping = find(channel, |interceptor| match interceptor {
        Interceptor::TcpPing(ping) => Some(ping.interval),
        _ => None,
    });
    let detector = find(channel, |interceptor| match interceptor {
        Interceptor::TcpFailureDetector(detector) => Some(detector),
        _ => None,
    });
    Timing {
        frequency,
        drop_time,
        // Without a heartbeat nothing is looked at again, as in a Tomcat.
        heartbeat: if channel.heartbeat { channel.heartbeat_sleeptime } else { Duration::from_secs(u32::MAX.into()) },
        ping_interval: ping.unwrap_or(plain.ping_interval),
        probe_timeout: of_service.or(detector.map(|detector| detector.connect_timeout)).unwrap_or(plain.probe_timeout),
        probe_sends: detector.is_none_or(|detector| detector.perform_send_test),
        probe_reads: detector.filter(|detector| detector.perform_read_test).map(|detector| detector.read_test_timeout),
    }
}

/// How nodes find each other, and this node's domain.
fn membership(
    flags: &ServeArguments,
    channel: &model::Channel,
    channel_name: &str,
    receiver: &ReceiverAddress,
    said: &Said,
) -> Result<(MembershipSettings, Bytes), Exit> {
    let domain = |domain: &Domain| Bytes::from(domain.0.clone());
    let known = |membership, domain| Ok((MembershipSettings::Known(membership), domain));
    if let Some(name) = flags.platform.membership.clone() {
        return platform(name, receiver, "--membership", "--receiver").map(|platform| (platform, Bytes::new()));
    }
    if !flags.r#static.is_empty() {
        let members = flags.r#static.iter().map(|member| look_up("--static", member)).collect::<Result<_, _>>()?;
        return known(Membership::Static(members), Bytes::new());
    }
    let listed = find(channel, |interceptor| match interceptor {
        Interceptor::StaticMembership(listed) => Some(listed),
        _ => None,
    });
    match (&channel.membership, listed) {
        (model::Membership::Multicast(model), None) => {
            known(multicast(flags, model, receiver, said)?, domain(&model.domain))
        }
        (model::Membership::Multicast(model), _) if flags.mcast.is_some() => {
            known(multicast(flags, model, receiver, said)?, domain(&model.domain))
        }
        (_, Some(StaticMembershipInterceptor { local, members, .. })) => {
            let own = local.as_ref().map(|local| domain(&local.domain)).unwrap_or_default();
            known(list(local.as_ref(), members, None, receiver, said)?, own)
        }
        (model::Membership::Static(model), None) => {
            let own = address_of(receiver);
            let named = |member: &&model::Member| member_address(member, said).ok() == own;
            let local = model.local.as_ref().or_else(|| model.members.iter().find(named));
            let Some(local) = local else {
                return Err(Exit::usage(format!(
                    "{}: none of the members has the receiver's address and port, and there is no LocalMember",
                    said.at(false, "", &model.origin, "", "StaticMembershipService")
                )));
            };
            let service = StaticService {
                membership_id: latin_1(&format!("{channel_name}-StaticMembership")),
                expiration_time: model.expiration_time,
                answer_limit: model.rpc_timeout,
                ping_every: if model.use_thread { model.ping_interval } else { channel.heartbeat_sleeptime },
            };
            known(list(Some(local), &model.members, Some(service), receiver, said)?, domain(&local.domain))
        }
        (model::Membership::Cloud(model), None) => {
            let name = match model.provider {
                model::CloudProvider::Kubernetes => PlatformName::Kubernetes,
                model::CloudProvider::Dns => PlatformName::Dns(model.dns_name.clone()),
            };
            let service = said.at(false, "", &model.origin, "", "CloudMembershipService");
            let wanted = said.of(flags.receiver.is_some(), "--receiver", "a Receiver");
            platform(name, receiver, &service, &wanted).map(|platform| (platform, Bytes::new()))
        }
    }
}

fn platform(
    name: PlatformName,
    receiver: &ReceiverAddress,
    who: &str,
    wanted: &str,
) -> Result<MembershipSettings, Exit> {
    match address_of(receiver) {
        Some(receiver) => Ok(MembershipSettings::Platform { name, receiver }),
        None => {
            Err(Exit::usage(format!("{who} needs {wanted} with this node's own address, by which it finds itself")))
        }
    }
}

fn multicast(
    flags: &ServeArguments,
    model: &MulticastMembership,
    receiver: &ReceiverAddress,
    said: &Said,
) -> Result<Membership, Exit> {
    let group_said = said.at(flags.mcast.is_some(), "--mcast", &model.origin, "address", "McastService address");
    let group = match &flags.mcast {
        Some(group) => look_up(&group_said, group)?,
        None => look_up(&group_said, &HostPort { host: model.address.clone(), port: model.port })?,
    };
    if !group.ip().is_multicast() {
        return Err(Exit::usage(format!(
            "{group_said}: {} is no multicast address (224.0.0.0 to 239.255.255.255)",
            group.ip()
        )));
    }
    let bind_said = said.at(flags.bind.is_some(), "--bind", &model.origin, "bind", "McastService bind");
    let bind = match (flags.bind.as_ref().or(model.bind.as_ref()), address_of(receiver)) {
        (Some(host), _) => Some(look_up(&bind_said, &HostPort { host: host.clone(), port: 0 })?.ip()),
        (None, Some(address)) if !address.ip().is_unspecified() => Some(address.ip()),
        (None, _) => None,
    };
    let v4 = |said: &str, address: IpAddr| match address {
        IpAddr::V4(address) => Ok(address),
        IpAddr::V6(address) => Err(Exit::usage(format!(
            "{said} {address}: multicast needs IPv4 so far; give an IPv4 address, or the members with --static"
        ))),
    };
    let bind: Option<Ipv4Addr> = bind.map(|bind| v4(&bind_said, bind)).transpose()?;
    Ok(Membership::Multicast {
        group: v4(&group_said, group.ip())?,
        port: group.port(),
        bind,
        ttl: model.ttl,
        heard_here: !model.local_loopback_disabled,
    })
}

/// Members that a file lists, each with what it calls itself.
fn list(
    local: Option<&model::Member>,
    members: &[model::Member],
    service: Option<StaticService>,
    receiver: &ReceiverAddress,
    said: &Said,
) -> Result<Membership, Exit> {
    let listed = |member: &model::Member| {
        Ok(ListedMember {
            address: member_address(member, said)?,
            unique_id: member.unique_id.0,
            domain: Bytes::from(member.domain.0.clone()),
        })
    };
    let by_address = || address_of(receiver).map(UniqueId::of_static).unwrap_or_default();
    let unique_id = local.map_or_else(by_address, |local| local.unique_id).0;
    let members = members.iter().map(listed).collect::<Result<_, Exit>>()?;
    Ok(Membership::Listed { unique_id, members, service })
}

/// A text's bytes as Java has them in ISO-8859-1.
fn latin_1(text: &str) -> Bytes {
    text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
}

/// A member's address: a name, an address, or the bytes of one in braces.
fn member_address(member: &model::Member, said: &Said) -> Result<SocketAddr, Exit> {
    let bytes = member.host.starts_with('{').then(|| member.host.parse::<Domain>().ok()).flatten();
    let of_bytes = |Domain(bytes): Domain| match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    };
    match bytes.and_then(of_bytes) {
        Some(address) => Ok(SocketAddr::new(address, member.port)),
        None => {
            let target = HostPort { host: member.host.clone(), port: member.port };
            look_up(&said.at(false, "", &member.origin, "host", "Member host"), &target)
        }
    }
}

/// Sessions hold logins; without encryption they stay on this machine unless the operator says otherwise.
fn refuse_plaintext(
    receiver: &ReceiverAddress,
    membership: &MembershipSettings,
    flags: &ServeArguments,
    receiver_said: &str,
    said: &Said,
) -> Result<(), Exit> {
    let hint = if said.is_file() {
        "anyone on that network could read and change sessions; give all nodes a key with an EncryptInterceptor (or --encrypt), keep to this \
machine with --receiver 127.0.0.1:4000, or add --allow-plaintext where the network is yours alone"
    } else {
        "anyone on that network could read and change sessions; give all nodes a key with --encrypt, keep to this machine with \
--receiver 127.0.0.1:4000, or add --allow-plaintext where the network is yours alone"
    };
    let bind = match membership {
        MembershipSettings::Known(Membership::Multicast { bind, .. }) => *bind,
        _ => None,
    };
    let what = match (address_of(receiver), bind) {
        (None, _) => format!("{receiver_said} auto takes an address of the network"),
        (Some(address), _) if !address.ip().is_loopback() => {
            format!("{receiver_said} {address} is an address of the network")
        }
        (_, Some(bind)) if !bind.is_loopback() => {
            let bind_said = said.of(flags.bind.is_some(), "--bind", "McastService bind");
            format!("{bind_said} {bind} is an address of the network")
        }
        _ => return Ok(()),
    };
    Err(Exit::usage(format!("{what}, and messages between nodes are not encrypted: {hint}")))
}
