//! `Cluster`, and its channel.

use std::net::IpAddr;

use super::data_source::DataSources;
use super::interceptor::read_interceptors;
use super::manager::read_manager;
use super::member::read_members;
use crate::model::{
    Channel, CloudMembership, Cluster, ClusterAt, DeltaManager, JvmRouteBinderValve, ManagerKind, Membership,
    MulticastMembership, Receiver, ReplicationValve, StaticMembership, Transport,
};
use crate::problem::Level;
use crate::raw::Element;
use crate::reader::{Class, Reader, Style, shown};

const CLUSTERS: [&str; 1] = ["org.apache.catalina.ha.tcp.SimpleTcpCluster"];
const CHANNELS: [&str; 1] = ["org.apache.catalina.tribes.group.GroupChannel"];
const MEMBERSHIPS: [&str; 3] = [
    "org.apache.catalina.tribes.membership.McastService",
    "org.apache.catalina.tribes.membership.StaticMembershipService",
    "org.apache.catalina.tribes.membership.cloud.CloudMembershipService",
];
const RECEIVERS: [&str; 1] = ["org.apache.catalina.tribes.transport.nio.NioReceiver"];
const SENDERS: [&str; 1] = ["org.apache.catalina.tribes.transport.ReplicationTransmitter"];
const TRANSPORTS: [&str; 2] = [
    "org.apache.catalina.tribes.transport.nio.PooledParallelSender",
    "org.apache.catalina.tribes.transport.nio.ParallelNioSender",
];
const VALVES: [&str; 2] =
    ["org.apache.catalina.ha.tcp.ReplicationValve", "org.apache.catalina.ha.session.JvmRouteBinderValve"];
const SINGLE_SIGN_ON: &str = "org.apache.catalina.ha.authenticator.ClusterSingleSignOn";
const LISTENERS: [&str; 1] = ["org.apache.catalina.ha.session.ClusterSessionListener"];

/// Whether an element has the only class that it can have. In a file of ours it needs none.
fn has_class(reader: &mut Reader, element: &Element, known: &[&'static str]) -> bool {
    match reader.class(element, known) {
        Class::Known(_) => true,
        Class::Missing if reader.style == Style::Native => true,
        class => {
            reader.refuse_class(element, class, known);
            false
        }
    }
}

/// `place` is where it stands: `None` in a file of ours, which says it itself.
pub(crate) fn read_cluster(
    reader: &mut Reader,
    element: &Element,
    place: Option<(ClusterAt, Option<String>)>,
    sources: &DataSources,
) -> Option<Cluster> {
    if !has_class(reader, element, &CLUSTERS) {
        return None;
    }
    let mut cluster = Cluster::default();
    // A Tomcat takes no notice of a sum that means nothing.
    let sent = element.attribute("channelSendOptions").and_then(|value| value.trim().parse::<i32>().ok());
    let nothing = sent.filter(|sum| *sum <= 0);
    if let Some(sum) = nothing {
        let text = format!("{}: channelSendOptions=\"{sum}\" means nothing, and 8 is taken", element.path);
        reader.say(Level::Notice, &element.place, text);
    }
    let others: &[&str] = if nothing.is_some() { &["channelSendOptions"] } else { &[] };
    reader.settings_but(element, &mut [&mut cluster], others);
    if let Some((at, host)) = place {
        (cluster.at, cluster.host) = (at, host);
    }
    reader.children(
        element,
        match reader.style {
            Style::Tomcat => &["Manager", "Channel", "Valve", "Deployer", "Listener", "ClusterListener"],
            Style::Native => &["Manager", "Channel", "Valve"],
        },
    );
    if let Some(child) = element.child("Manager") {
        let default = (reader.style == Style::Native).then(|| ManagerKind::Delta(DeltaManager::default()));
        if let Some(manager) = read_manager(reader, child, default, sources) {
            if !manager.is_of_a_cluster() {
                let text =
                    format!("{}: the manager of a cluster must be a DeltaManager or a BackupManager", child.path);
                reader.fault(&child.place, text);
            }
            cluster.manager = manager;
        }
    }
    if let Some(child) = element.child("Channel")
        && has_class(reader, child, &CHANNELS)
    {
        cluster.channel = read_channel(reader, child);
    }
    read_valves(reader, element, &mut cluster);
    if reader.style == Style::Tomcat {
        read_listeners(reader, element, &mut cluster);
    }
    let is_delta = matches!(cluster.manager.kind, ManagerKind::Delta(_));
    if is_delta && !cluster.session_listener {
        let text = format!(
            "{}: without a ClusterSessionListener no message about a session is heard: this node tells the others what its requests change, and \
             takes nothing of theirs, not even their state",
            element.path
        );
        reader.say(Level::Warning, &element.place, text);
    }
    for child in element.children("Deployer") {
        reader.say(
            Level::Notice,
            &child.place,
            format!("{} has no effect here: no application is deployed", child.path),
        );
    }
    for child in element.children("Listener") {
        reader.say(Level::Detail, &child.place, format!("{} has no effect here: it is about a JVM", child.path));
    }
    Some(cluster)
}

/// Any valve that is given takes the place of both default ones.
fn read_valves(reader: &mut Reader, element: &Element, cluster: &mut Cluster) {
    let valves: Vec<_> = element.children("Valve").collect();
    let is_given = |class: Class<'_>| !matches!(class, Class::Unknown(class) if class != SINGLE_SIGN_ON && class != "ClusterSingleSignOn");
    let given = valves.iter().any(|valve| is_given(reader.class(valve, &VALVES)));
    if !given && !element.none_of.iter().any(|name| name == "Valve") {
        for valve in &valves {
            drop_valve(reader, valve);
        }
        return;
    }
    cluster.replication_valve = None;
    cluster.jvm_route_binder_valve = None;
    for valve in valves {
        match reader.class(valve, &VALVES) {
            Class::Known("ReplicationValve") => {
                let mut replication = ReplicationValve::default();
                reader.settings(valve, &mut [&mut replication]);
                cluster.replication_valve = Some(replication);
            }
            Class::Known(_) => {
                let mut binder = JvmRouteBinderValve::default();
                reader.settings(valve, &mut [&mut binder]);
                cluster.jvm_route_binder_valve = Some(binder);
            }
            Class::Unknown(SINGLE_SIGN_ON | "ClusterSingleSignOn") => {
                let text = format!(
                    "{}: ClusterSingleSignOn has no effect here: each application has its own login",
                    valve.path
                );
                reader.say(Level::Notice, &valve.place, text);
            }
            Class::Unknown(_) => drop_valve(reader, valve),
            class @ Class::Missing => reader.refuse_class(valve, class, &VALVES),
        }
    }
    if cluster.replication_valve.is_none() {
        let text = format!(
            "{}: a valve is given here and no ReplicationValve, so what requests change is not replicated",
            element.path
        );
        reader.say(Level::Warning, &element.place, text);
    }
}

/// What is no valve of a cluster is lost below one.
fn drop_valve(reader: &mut Reader, valve: &Element) {
    let class = valve.attribute("className").or_else(|| valve.attribute("class")).unwrap_or_default();
    let text = format!("{}: {} is no valve of a cluster, and has no effect here", valve.path, shown(class));
    reader.say(Level::Warning, &valve.place, text);
}

fn read_listeners(reader: &mut Reader, element: &Element, cluster: &mut Cluster) {
    let listeners: Vec<_> = element.children("ClusterListener").collect();
    let is_delta = matches!(cluster.manager.kind, ManagerKind::Delta(_));
    cluster.session_listener = if listeners.is_empty() { is_delta } else { false };
    for listener in listeners {
        match reader.class(listener, &LISTENERS) {
            Class::Known(_) => cluster.session_listener = true,
            Class::Unknown(class) => {
                let text = format!("{}: {} is a class of Java's, which does nothing here", listener.path, shown(class));
                reader.say(Level::Warning, &listener.place, text);
            }
            class @ Class::Missing => reader.refuse_class(listener, class, &LISTENERS),
        }
    }
}

fn read_channel(reader: &mut Reader, element: &Element) -> Channel {
    let mut channel = Channel::default();
    reader.settings(element, &mut [&mut channel]);
    let known: &[&str] = match reader.style {
        Style::Tomcat => &["Membership", "MembershipListener", "Sender", "Receiver", "Interceptor", "ChannelListener"],
        // A transport needs no sender around it there.
        Style::Native => &["Membership", "Transport", "Receiver", "Interceptor"],
    };
    reader.children(element, known);
    for child in &element.children {
        if ["MembershipListener", "ChannelListener"].contains(&child.name.as_str()) {
            reader.say(
                Level::Notice,
                &child.place,
                format!("{} has no effect here: it is a class of Java's", child.path),
            );
        }
    }
    if let Some(child) = element.child("Membership") {
        channel.membership = read_membership(reader, child).unwrap_or_default();
    }
    if let Some(child) = element.child("Receiver")
        && has_class(reader, child, &RECEIVERS)
    {
        let mut receiver = Receiver::default();
        reader.settings(child, &mut [&mut receiver]);
        reader.children(child, &[]);
        channel.receiver = receiver;
    }
    let sender = element.child("Sender").filter(|child| has_class(reader, child, &SENDERS));
    if let Some(sender) = sender {
        reader.settings(sender, &mut []);
        reader.children(sender, &["Transport"]);
    }
    let transport = sender.and_then(|sender| sender.child("Transport")).or_else(|| element.child("Transport"));
    if let Some(child) = transport
        && has_class(reader, child, &TRANSPORTS)
    {
        let mut transport = Transport::default();
        reader.settings(child, &mut [&mut transport]);
        reader.children(child, &[]);
        channel.transport = transport;
    }
    if let Some(interceptors) = read_interceptors(reader, element) {
        channel.interceptors = interceptors;
    }
    channel
}

fn read_membership(reader: &mut Reader, element: &Element) -> Option<Membership> {
    let class = reader.class(element, &MEMBERSHIPS);
    let mut membership = match class {
        Class::Known("StaticMembershipService") => Membership::Static(StaticMembership::default()),
        Class::Known("CloudMembershipService") => Membership::Cloud(CloudMembership::default()),
        Class::Known(_) => Membership::Multicast(MulticastMembership::default()),
        Class::Missing if reader.style == Style::Native => Membership::default(),
        // Most often one of Tomcat's with a payload of its own.
        Class::Unknown(class) if reader.style == Style::Tomcat => {
            let text =
                format!("{}: {} is a class of Java's; it is taken for a McastService", element.path, shown(class));
            reader.say(Level::Notice, &element.place, text);
            Membership::default()
        }
        Class::Missing | Class::Unknown(_) => {
            reader.refuse_class(element, class, &MEMBERSHIPS);
            return None;
        }
    };
    let others = match membership {
        Membership::Cloud(_) => reader.of_tomcat(&["membershipProviderClassName"]),
        _ => &[],
    };
    reader.settings_but(element, &mut [membership.settings_mut()], others);
    match &mut membership {
        Membership::Static(listed) => {
            reader.children(element, &["LocalMember", "Member"]);
            (listed.local, listed.members) = read_members(reader, element);
        }
        Membership::Cloud(cloud) => {
            reader.children(element, &[]);
            if reader.style == Style::Tomcat {
                read_provider(reader, element, cloud);
            }
        }
        Membership::Multicast(multicast) => {
            reader.children(element, &[]);
            if !multicast.address.parse::<IpAddr>().is_ok_and(|address| address.is_multicast()) {
                let text = format!(
                    "{}: address={} is impossible: it must be a multicast address, such as 228.0.0.4",
                    element.path,
                    shown(&multicast.address)
                );
                reader.fault(&element.place, text);
            }
        }
    }
    Some(membership)
}

/// Who names the members, by a word or by Tomcat's class.
fn read_provider(reader: &mut Reader, element: &Element, cloud: &mut CloudMembership) {
    use crate::setting::Settings;
    let Some(written) = element.attribute("membershipProviderClassName") else { return };
    let word = match written {
        "org.apache.catalina.tribes.membership.cloud.KubernetesMembershipProvider" => "kubernetes",
        "org.apache.catalina.tribes.membership.cloud.DNSMembershipProvider" => "dns",
        other => other,
    };
    if let Err(allowed) = cloud.set("provider", word) {
        let text = format!(
            "{}: membershipProviderClassName={} is impossible: it must be {allowed}",
            element.path,
            shown(written)
        );
        reader.fault(&element.place, text);
    }
}
