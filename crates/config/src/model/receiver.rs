//! Where messages of other nodes are taken.

use std::time::Duration;

use crate::setting::{Rule, Unit, settings};

settings! {
    /// Where messages of other nodes are taken. Tomcat's `NioReceiver`.
    pub struct Receiver in "Receiver" {
        /// The address that is bound and announced; `auto`: that of this machine's name.
        address: String = "auto".to_owned(), "address" | "host", Rule::HOST;
        /// The first port that is tried.
        port: u16 = 4000, "port", Rule::PORT;
        /// How many ports are tried from there on; 0 or less: one.
        auto_bind: Option<u16> = Some(100), "autoBind", Rule::PORT.none_below(1);
        /// Threads, each for one connection at a time; tasks of this process share its threads.
        max_threads: u32 = 15, "maxThreads", Rule::ANY, noticed;
        /// Threads that are always there.
        min_threads: u32 = 6, "minThreads", Rule::ANY, noticed;
        /// How long a read may take.
        timeout: Duration = Duration::from_secs(3), "timeout", Rule::MS, noticed;
    }
    ignored {
        "maxIdleTime": i64, Rule::SIGNED.of(Unit::Milliseconds), "60000", "When an idle thread ends.";
        "selectorTimeout": i64, Rule::SIGNED.of(Unit::Milliseconds), "5000", "Waits of a JVM.";
        "rxBufSize": i64, Rule::SIGNED.of(Unit::Bytes), "65536", "SO_RCVBUF.";
        "txBufSize": i64, Rule::SIGNED.of(Unit::Bytes), "25188", "SO_SNDBUF.";
        "udpRxBufSize": i64, Rule::SIGNED.of(Unit::Bytes), "65536", "SO_RCVBUF of UDP.";
        "udpTxBufSize": i64, Rule::SIGNED.of(Unit::Bytes), "25188", "SO_SNDBUF of UDP.";
        "udpPort": i64, Rule::SIGNED, "-1", "A port for messages by UDP.";
        "securePort": i64, Rule::SIGNED, "-1", "A port that is announced and opened by nobody.";
        "tcpNoDelay": bool, Rule::ANY, "true", "TCP_NODELAY.";
        "soKeepAlive": bool, Rule::ANY, "false", "SO_KEEPALIVE.";
        "ooBInline": bool, Rule::ANY, "true", "SO_OOBINLINE.";
        "soReuseAddress": bool, Rule::ANY, "true", "SO_REUSEADDR.";
        "soLingerOn": bool, Rule::ANY, "true", "SO_LINGER.";
        "soLingerTime": i64, Rule::SIGNED.of(Unit::Seconds), "3", "SO_LINGER.";
        "soTrafficClass": i64, Rule::SIGNED, "28", "IP_TOS.";
        "direct": bool, Rule::ANY, "true", "Buffers of a JVM.";
        "useBufferPool": bool, Rule::ANY, "true", "Buffers of a JVM.";
        "daemon": bool, Rule::ANY, "true", "Threads of a JVM.";
        "minTasks": i64, Rule::SIGNED, "10", "Objects of a JVM that are kept.";
        "maxTasks": i64, Rule::SIGNED, "100", "Objects of a JVM that are kept.";
    }
}
