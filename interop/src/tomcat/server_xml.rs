//! `server.xml` of a cluster node: what Tomcat's cluster documentation gives as its default, with the parts that a test chooses.

use std::net::SocketAddrV4;

use super::xml::Element;
use crate::spec::{ClusterAt, Interceptor, Manager, Membership, NodeSpec, static_unique_id};

/// `channelStartOptions`: the receiver (1) and the sender (2), no multicast membership.
const WITHOUT_MULTICAST: u8 = 3;

/// The name of the data source within an application.
const DATA_SOURCE: &str = "jdbc/sessions";

/// The whole `server.xml`.
pub(super) fn server_xml(spec: &NodeSpec) -> String {
    let users = Element::new("Resource")
        .with("name", "UserDatabase")
        .with("auth", "Container")
        .with("type", "org.apache.catalina.UserDatabase")
        .with("factory", "org.apache.catalina.users.MemoryUserDatabaseFactory")
        .with("pathname", "conf/tomcat-users.xml");
    // A client keeps its connection for as long as it likes: Tomcat would close it after a hundred requests.
    let connector = Element::new("Connector")
        .with("protocol", "HTTP/1.1")
        .with("address", spec.host)
        .with("port", spec.http_port)
        .with("maxKeepAliveRequests", -1);
    let realm =
        Element::of_class("Realm", "org.apache.catalina.realm.UserDatabaseRealm").with("resourceName", "UserDatabase");
    let mut host = Element::new("Host").with("name", "localhost").with("appBase", "webapps").with("autoDeploy", false);
    let mut engine = Element::new("Engine")
        .with("name", "Catalina")
        .with("defaultHost", "localhost")
        .with("jvmRoute", &spec.name)
        .child(realm);
    match (&spec.manager, spec.cluster_at) {
        (Manager::Delta | Manager::Backup, ClusterAt::Engine) => engine = engine.child(cluster(spec)),
        (Manager::Delta | Manager::Backup, ClusterAt::Host) => host = host.child(cluster(spec)),
        (Manager::Files(_) | Manager::FilesPerRequest(_) | Manager::Database { .. } | Manager::Standard(_), _) => {}
    }
    let ajp = spec.ajp.map(|ajp| {
        let connector = Element::new("Connector")
            .with("protocol", "AJP/1.3")
            .with("address", spec.host)
            .with("port", ajp.port)
            .with("packetSize", ajp.packet_size);
        match ajp.secret {
            Some(secret) => connector.with("secret", secret),
            // As on a loopback interface that is the test's alone.
            None => connector.with("secretRequired", false),
        }
    });
    let service =
        Element::new("Service").with("name", "Catalina").child(connector).children(ajp).child(engine.child(host));
    Element::new("Server")
        .with("port", -1)
        .child(Element::new("GlobalNamingResources").child(users))
        .child(service)
        .document()
}

/// What a context has before its manager where nodes share what that keeps: the valve, and a database's data source. The valve stands
/// before all others that ask for the session, as it puts another object in its place.
pub(super) fn shared_store(spec: &NodeSpec) -> Vec<Element> {
    let valve = Element::of_class("Valve", "org.apache.catalina.valves.PersistentValve");
    let (url, user, password) = match &spec.manager {
        Manager::Database { url, user, password } => (url, user, password),
        Manager::FilesPerRequest(_) => return vec![valve],
        Manager::Delta | Manager::Backup | Manager::Files(_) | Manager::Standard(_) => return Vec::new(),
    };
    let resource = Element::new("Resource")
        .with("name", DATA_SOURCE)
        .with("auth", "Container")
        .with("type", "javax.sql.DataSource")
        .with("driverClassName", "org.postgresql.Driver")
        .with("url", url)
        .with("username", user)
        .with("password", password);
    vec![resource, valve]
}

/// The manager of an application's context; none where the cluster has one.
pub(super) fn own_manager(spec: &NodeSpec) -> Option<Element> {
    let session = "org.apache.catalina.session";
    let manager = match &spec.manager {
        Manager::Delta | Manager::Backup => return None,
        Manager::Files(folder) | Manager::FilesPerRequest(folder) => {
            Element::of_class("Manager", format!("{session}.PersistentManager"))
                .with("saveOnRestart", true)
                .with("processExpiresFrequency", 1)
                .child(Element::of_class("Store", format!("{session}.FileStore")).with("directory", folder.display()))
        }
        Manager::Database { .. } => Element::of_class("Manager", format!("{session}.PersistentManager")).child(
            Element::of_class("Store", format!("{session}.DataSourceStore"))
                .with("dataSourceName", DATA_SOURCE)
                .with("localDataSource", true),
        ),
        Manager::Standard(path) => {
            Element::of_class("Manager", format!("{session}.StandardManager")).with("pathname", path.display())
        }
    };
    Some(manager.with("persistAuthentication", spec.persist_authentication))
}

fn cluster(spec: &NodeSpec) -> Element {
    let ha = "org.apache.catalina.ha";
    let mut cluster = Element::of_class("Cluster", format!("{ha}.tcp.SimpleTcpCluster"))
        .with("channelSendOptions", spec.send_options);
    if let Membership::Static(_) = spec.membership {
        cluster = cluster.with("channelStartOptions", WITHOUT_MULTICAST);
    }
    let manager = match spec.manager {
        Manager::Backup => Element::of_class("Manager", format!("{ha}.session.BackupManager")),
        _ => Element::of_class("Manager", format!("{ha}.session.DeltaManager")).with("expireSessionsOnShutdown", false),
    };
    let manager = manager.with("notifyListenersOnReplication", true);
    cluster
        .child(manager)
        .child(channel(spec))
        .child(Element::of_class("Valve", format!("{ha}.tcp.ReplicationValve")).with("filter", ""))
        .child(Element::of_class("Valve", format!("{ha}.session.JvmRouteBinderValve")))
        .child(Element::of_class("ClusterListener", format!("{ha}.session.ClusterSessionListener")))
}

fn channel(spec: &NodeSpec) -> Element {
    let tribes = "org.apache.catalina.tribes";
    let interceptor = |name: &str| Element::of_class("Interceptor", format!("{tribes}.group.interceptors.{name}"));
    let mut parts = Vec::new();
    if let Membership::Multicast(group) = &spec.membership {
        let mut membership = Element::of_class("Membership", format!("{tribes}.membership.McastService"))
            .with("address", group.ip())
            .with("port", group.port())
            .with("bind", spec.host)
            .with("frequency", 500)
            .with("dropTime", 3000);
        if !spec.domain.is_empty() {
            membership = membership.with("domain", &spec.domain);
        }
        parts.push(membership);
    }
    if let Membership::Service(members) = &spec.membership {
        parts.push(
            Element::of_class("Membership", format!("{tribes}.membership.StaticMembershipService"))
                .child(static_member("LocalMember", spec.receiver()))
                .children(members.iter().map(|&receiver| static_member("Member", receiver))),
        );
    }
    // autoBind 0: this port or none, so that a test never talks to another node than it thinks.
    parts.push(
        Element::of_class("Receiver", format!("{tribes}.transport.nio.NioReceiver"))
            .with("address", spec.host)
            .with("port", spec.receiver_port)
            .with("autoBind", 0)
            .with("selectorTimeout", 5000)
            .with("maxThreads", 6),
    );
    parts.push(
        Element::of_class("Sender", format!("{tribes}.transport.ReplicationTransmitter"))
            .child(Element::of_class("Transport", format!("{tribes}.transport.nio.PooledParallelSender"))),
    );
    let mut filter = None;
    for configured in &spec.interceptors {
        let element = match *configured {
            Interceptor::Gzip => interceptor("GzipInterceptor"),
            Interceptor::Fragment(size) => interceptor("FragmentationInterceptor").with("maxSize", size),
            Interceptor::Order => interceptor("OrderInterceptor"),
            Interceptor::Encrypt(algorithm, key) => {
                interceptor("EncryptInterceptor").with("encryptionAlgorithm", algorithm).with("encryptionKey", key)
            }
            Interceptor::Throughput(interval) => interceptor("ThroughputInterceptor").with("interval", interval),
            // Below the failure detector, which has a membership of its own.
            Interceptor::DomainFilter => {
                filter = Some(interceptor("DomainFilterInterceptor").with("domain", &spec.domain));
                continue;
            }
        };
        parts.push(element);
    }
    if let Membership::Static(_) = spec.membership {
        parts.push(interceptor("TcpPingInterceptor").with("interval", 1000));
    }
    parts.push(interceptor("TcpFailureDetector"));
    parts.push(interceptor("MessageDispatchInterceptor"));
    parts.extend(filter);
    if let Membership::Static(members) = &spec.membership {
        parts.push(
            interceptor("StaticMembershipInterceptor")
                .child(static_member("LocalMember", spec.receiver()))
                .children(members.iter().map(|&receiver| static_member("Member", receiver))),
        );
    }
    Element::of_class("Channel", format!("{tribes}.group.GroupChannel")).children(parts)
}

fn static_member(element: &'static str, receiver: SocketAddrV4) -> Element {
    // Java's bytes are signed, and Tomcat reads the list with Byte.parseByte.
    let id: Vec<String> = static_unique_id(receiver).iter().map(|byte| byte.cast_signed().to_string()).collect();
    Element::of_class(element, "org.apache.catalina.tribes.membership.StaticMember")
        .with("host", receiver.ip())
        .with("port", receiver.port())
        .with("uniqueId", format!("{{{}}}", id.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multicast_in_the_engine_is_the_default() {
        let text = server_xml(&NodeSpec::new("node-a", 1));
        assert!(text.contains(
            "<Membership className=\"org.apache.catalina.tribes.membership.McastService\" address=\"228.0.0.4\""
        ));
        let (cluster, host) = (text.find("<Cluster ").unwrap(), text.find("<Host ").unwrap());
        assert!(cluster < host && text.contains("channelSendOptions=\"6\""));
    }

    #[test]
    fn interceptors_stand_in_their_order_above_the_failure_detector() {
        let stack = [Interceptor::DomainFilter, Interceptor::Gzip, Interceptor::Fragment(512), Interceptor::Order];
        let text = server_xml(&NodeSpec::new("node-a", 1).interceptors(&stack).domain("d1"));
        let names = ["Gzip", "Fragmentation", "Order", "TcpFailureDetector", "MessageDispatch", "DomainFilter"];
        let places = names.map(|name| text.find(&format!("interceptors.{name}")).unwrap());
        assert!(places.is_sorted(), "{text}");
        assert!(text.contains("maxSize=\"512\"") && text.matches("domain=\"d1\"").count() == 2, "{text}");
    }

    #[test]
    fn a_manager_of_its_own_replaces_the_cluster() {
        let spec = NodeSpec::new("node-a", 1).manager(Manager::Files("/kept".into()), true);
        assert!(!server_xml(&spec).contains("Cluster"));
        let manager = own_manager(&spec).unwrap().document();
        assert!(manager.contains("PersistentManager\" saveOnRestart=\"true\""), "{manager}");
        assert!(
            manager.contains("FileStore\" directory=\"/kept\"") && manager.contains("persistAuthentication=\"true\"")
        );
        assert!(own_manager(&NodeSpec::new("node-a", 1)).is_none());
    }

    #[test]
    fn static_members_replace_multicast() {
        let text = server_xml(&NodeSpec::new("node-a", 1).static_members(&[2]).cluster_at(ClusterAt::Host));
        assert!(!text.contains("McastService") && text.contains("channelStartOptions=\"3\""));
        assert!(text.contains("port=\"4000\" uniqueId=\"{0,0,0,0,0,0,0,0,0,0,15,-96,10,77,0,2}\""));
        let (cluster, host) = (text.find("<Cluster ").unwrap(), text.find("<Host ").unwrap());
        assert!(host < cluster);
    }
}
