//! What messages pass between the node and the wire.

use std::time::Duration;

use outlive_tribes_proto::interceptor::encrypt::Algorithm;

use super::Member;
use crate::domain::Domain;
use crate::secret::Secret;
use crate::setting::{Rule, Settings, Unit, settings};

/// What messages pass between the node and the wire.
#[derive(Debug, Clone, PartialEq)]
pub enum Interceptor {
    /// Sends asynchronous messages behind a queue.
    MessageDispatch(MessageDispatchInterceptor),
    /// Asks a member that seems gone before it is.
    TcpFailureDetector(TcpFailureDetector),
    /// Connects to members again and again.
    TcpPing(TcpPingInterceptor),
    /// Lists members beside those that are found.
    StaticMembership(StaticMembershipInterceptor),
    /// Compresses.
    Gzip(GzipInterceptor),
    /// Keeps the order.
    Order(OrderInterceptor),
    /// Cuts into pieces.
    Fragmentation(FragmentationInterceptor),
    /// Encrypts.
    Encrypt(EncryptInterceptor),
    /// Lets one domain in.
    DomainFilter(DomainFilterInterceptor),
    /// Counts.
    Throughput(ThroughputInterceptor),
}

impl Interceptor {
    /// What a channel has that names none.
    pub fn defaults() -> Vec<Interceptor> {
        vec![
            Interceptor::MessageDispatch(MessageDispatchInterceptor::default()),
            Interceptor::TcpFailureDetector(TcpFailureDetector::default()),
        ]
    }

    /// One of each, with its defaults.
    pub fn all() -> Vec<Interceptor> {
        vec![
            Interceptor::MessageDispatch(MessageDispatchInterceptor::default()),
            Interceptor::TcpFailureDetector(TcpFailureDetector::default()),
            Interceptor::TcpPing(TcpPingInterceptor::default()),
            Interceptor::StaticMembership(StaticMembershipInterceptor::default()),
            Interceptor::Gzip(GzipInterceptor::default()),
            Interceptor::Order(OrderInterceptor::default()),
            Interceptor::Fragmentation(FragmentationInterceptor::default()),
            Interceptor::Encrypt(EncryptInterceptor::default()),
            Interceptor::DomainFilter(DomainFilterInterceptor::default()),
            Interceptor::Throughput(ThroughputInterceptor::default()),
        ]
    }

    /// Its settings.
    pub fn settings(&self) -> &dyn Settings {
        match self {
            Interceptor::MessageDispatch(interceptor) => interceptor,
            Interceptor::TcpFailureDetector(interceptor) => interceptor,
            Interceptor::TcpPing(interceptor) => interceptor,
            Interceptor::StaticMembership(interceptor) => interceptor,
            Interceptor::Gzip(interceptor) => interceptor,
            Interceptor::Order(interceptor) => interceptor,
            Interceptor::Fragmentation(interceptor) => interceptor,
            Interceptor::Encrypt(interceptor) => interceptor,
            Interceptor::DomainFilter(interceptor) => interceptor,
            Interceptor::Throughput(interceptor) => interceptor,
        }
    }

    /// Its settings, to be set.
    pub fn settings_mut(&mut self) -> &mut dyn Settings {
        match self {
            Interceptor::MessageDispatch(interceptor) => interceptor,
            Interceptor::TcpFailureDetector(interceptor) => interceptor,
            Interceptor::TcpPing(interceptor) => interceptor,
            Interceptor::StaticMembership(interceptor) => interceptor,
            Interceptor::Gzip(interceptor) => interceptor,
            Interceptor::Order(interceptor) => interceptor,
            Interceptor::Fragmentation(interceptor) => interceptor,
            Interceptor::Encrypt(interceptor) => interceptor,
            Interceptor::DomainFilter(interceptor) => interceptor,
            Interceptor::Throughput(interceptor) => interceptor,
        }
    }

    /// The last part of its class in Tomcat.
    pub fn class(&self) -> &'static str {
        self.settings().element().name
    }
}

settings! {
    /// Sends asynchronous messages behind a queue.
    pub struct MessageDispatchInterceptor in "MessageDispatchInterceptor" {
        /// How many bytes may wait for a node.
        max_queue_size: u64 = 64 << 20, "maxQueueSize", Rule::BYTES.within(1, 1 << 40);
        /// With a full queue: whether the message is sent all the same. Here what does not fit is sent later, whole.
        always_send: bool = true, "alwaysSend", Rule::ANY, noticed;
        /// Threads that send; one task a node does here, so that messages keep their order.
        max_threads: u32 = 10, "maxThreads", Rule::ANY, noticed;
        /// Threads that are kept.
        max_spare_threads: u32 = 2, "maxSpareThreads", Rule::ANY, noticed;
    }
    ignored {
        "keepAliveTime": i64, Rule::SIGNED.of(Unit::Milliseconds), "5000", "When an idle thread ends.";
        "useDeepClone": bool, Rule::ANY, "true", "Objects of a JVM.";
    }
}

settings! {
    /// Asks a member that seems gone before it is.
    pub struct TcpFailureDetector in "TcpFailureDetector" {
        /// How long a connection may take.
        connect_timeout: Duration = Duration::from_secs(1), "connectTimeout", Rule::MS.from(1);
        /// Whether a probe is sent.
        perform_send_test: bool = true, "performSendTest", Rule::ANY;
        /// Whether its acknowledgement is waited for.
        perform_read_test: bool = false, "performReadTest", Rule::ANY;
        /// How long it may take.
        read_test_timeout: Duration = Duration::from_secs(5), "readTestTimeout", Rule::MS.from(1);
        /// When a member is forgotten that answers, and announces itself no more. None: never.
        remove_suspects_timeout: Option<Duration> = Some(Duration::from_secs(300)), "removeSuspectsTimeout", Rule::SECONDS.none_below(1);
    }
}

settings! {
    /// Connects to members again and again, so that those are found which came without an announcement.
    pub struct TcpPingInterceptor in "TcpPingInterceptor" {
        /// Whether it has a timer of its own in place of the channel's heartbeat.
        use_thread: bool = false, "useThread", Rule::ANY;
        /// Its period.
        interval: Duration = Duration::from_secs(1), "interval", Rule::MS.from(1);
        /// Whether only listed members are pinged.
        static_only: bool = false, "staticOnly", Rule::ANY;
    }
}

settings! {
    /// Lists members beside those that are found.
    pub struct StaticMembershipInterceptor in "StaticMembershipInterceptor" {}
    nested {
        /// This node's domain and unique id.
        local: Option<Member> = None;
        /// The other nodes.
        members: Vec<Member> = Vec::new();
    }
}

settings! {
    /// Compresses messages.
    pub struct GzipInterceptor in "GzipInterceptor" {
        /// From which size on; 0: always, and without the mark that newer Tomcats set.
        compression_min_size: usize = 0, "compressionMinSize", Rule::BYTES;
    }
    ignored {
        "statsEnabled": bool, Rule::ANY, "false", "Whether it counts.";
        "interval": i64, Rule::SIGNED.of(Unit::Messages), "0", "Between two reports.";
    }
}

settings! {
    /// Gives the messages of a node their order back.
    pub struct OrderInterceptor in "OrderInterceptor" {
        /// How long an earlier message is waited for.
        expire: Duration = Duration::from_secs(3), "expire", Rule::MS.from(1);
        /// Whether what waited in vain is passed on.
        forward_expired: bool = true, "forwardExpired", Rule::ANY;
        /// How many may wait.
        max_queue: u32 = i32::MAX as u32, "maxQueue", Rule::ANY.from(1);
    }
}

settings! {
    /// Cuts large messages into pieces.
    pub struct FragmentationInterceptor in "FragmentationInterceptor" {
        /// How large a piece is.
        max_size: usize = 102_400, "maxSize", Rule::BYTES.from(1);
        /// How long missing pieces are waited for.
        expire: Duration = Duration::from_secs(60), "expire", Rule::MS.from(1);
    }
}

settings! {
    /// Encrypts messages with a key that all nodes have.
    pub struct EncryptInterceptor in "EncryptInterceptor" {
        /// The key: 32, 48 or 64 hexadecimal digits. Without it the file is refused.
        encryption_key: Option<Secret> = None, "encryptionKey", Rule::ANY;
        /// How; what was before 10.1.58 the default of a Tomcat (CBC) does not protect against changes.
        encryption_algorithm: Algorithm = Algorithm::default(), "encryptionAlgorithm", Rule::ANY;
        /// How old a message may be.
        replay_window_time: Duration = Duration::from_secs(10), "replayWindowTime", Rule::MS.from(1), noticed;
        /// How many messages are remembered, so that none is taken twice.
        replay_window_message_count: u32 = 8192, "replayWindowMessageCount", Rule::ANY.from(1), noticed;
    }
    ignored {
        "providerName": String, Rule::ANY, "", "A part of a JVM.";
    }
}

settings! {
    /// Lets only members of one domain in.
    pub struct DomainFilterInterceptor in "DomainFilterInterceptor" {
        /// That domain.
        domain: Domain = Domain::default(), "domain", Rule::ANY;
        /// Of how many that are refused one is told.
        log_interval: u32 = 100, "logInterval", Rule::ANY, noticed;
    }
}

settings! {
    /// Tells in the log what has passed.
    pub struct ThroughputInterceptor in "ThroughputInterceptor" {
        /// After how many messages.
        interval: u64 = 10_000, "interval", Rule::ANY.from(1).of(Unit::Messages);
    }
}
