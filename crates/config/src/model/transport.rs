//! How messages are sent.

use std::time::Duration;

use crate::setting::{Rule, Unit, settings};

settings! {
    /// How messages are sent. Tomcat's `Sender` with its `PooledParallelSender` (or `ParallelNioSender`).
    pub struct Transport in "Transport" {
        /// How long a message may take with its acknowledgement.
        timeout: Duration = Duration::from_secs(3), "timeout", Rule::MS.from(1);
        /// How often a message is sent again after a failed connection.
        max_retry_attempts: u32 = 1, "maxRetryAttempts", Rule::ANY;
        /// Connections to one node; there is one here, as messages have an order.
        pool_size: u32 = 25, "poolSize", Rule::ANY, noticed;
        /// How long a free connection is waited for.
        max_wait: Duration = Duration::from_secs(3), "maxWait", Rule::MS, noticed;
        /// Whether a negative acknowledgement is a failure.
        throw_on_failed_ack: bool = true, "throwOnFailedAck", Rule::ANY, noticed;
    }
    ignored {
        "keepAliveCount": i64, Rule::SIGNED.of(Unit::Messages), "-1", "After how many messages a connection ends.";
        "keepAliveTime": i64, Rule::SIGNED.of(Unit::Milliseconds), "-1", "After how long a connection ends.";
        "rxBufSize": i64, Rule::SIGNED.of(Unit::Bytes), "25188", "SO_RCVBUF.";
        "txBufSize": i64, Rule::SIGNED.of(Unit::Bytes), "65536", "SO_SNDBUF.";
        "udpRxBufSize": i64, Rule::SIGNED.of(Unit::Bytes), "25188", "SO_RCVBUF of UDP.";
        "udpTxBufSize": i64, Rule::SIGNED.of(Unit::Bytes), "65536", "SO_SNDBUF of UDP.";
        "tcpNoDelay": bool, Rule::ANY, "true", "TCP_NODELAY.";
        "soKeepAlive": bool, Rule::ANY, "false", "SO_KEEPALIVE.";
        "ooBInline": bool, Rule::ANY, "true", "SO_OOBINLINE.";
        "soReuseAddress": bool, Rule::ANY, "true", "SO_REUSEADDR.";
        "soLingerOn": bool, Rule::ANY, "false", "SO_LINGER.";
        "soLingerTime": i64, Rule::SIGNED.of(Unit::Seconds), "3", "SO_LINGER.";
        "soTrafficClass": i64, Rule::SIGNED, "28", "IP_TOS.";
        "directBuffer" | "direct": bool, Rule::ANY, "false", "Buffers of a JVM.";
    }
}
