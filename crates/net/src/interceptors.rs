//! The interceptors that a node is configured with.

use std::convert::Infallible;

use bytes::Bytes;
use outlive_tribes_proto::interceptor::domain_filter::DomainFilter;
use outlive_tribes_proto::interceptor::encrypt::{Algorithm, Encrypt, EncryptionKey};
use outlive_tribes_proto::interceptor::fragmentation::Fragmentation;
use outlive_tribes_proto::interceptor::gzip::Gzip;
use outlive_tribes_proto::interceptor::order::Order;
use outlive_tribes_proto::interceptor::throughput::Throughput;
use outlive_tribes_proto::interceptor::{Interceptor, InterceptorStack, StackError};

use crate::cluster::JoinError;
use crate::config::{ClusterConfig, Membership};
use crate::randomness::random_bytes;

/// One of Tomcat's interceptors, with its settings. All nodes of a cluster need the same ones in the same order, as far as
/// they change messages: all but [`Throughput`](Self::Throughput) and [`DomainFilter`](Self::DomainFilter).
#[derive(Clone, Debug)]
pub enum InterceptorConfig {
    /// GzipInterceptor.
    Gzip(Gzip),
    /// EncryptInterceptor.
    Encrypt {
        /// How.
        algorithm: Algorithm,
        /// With which key, the same for all nodes.
        key: EncryptionKey,
    },
    /// FragmentationInterceptor.
    Fragmentation(Fragmentation),
    /// OrderInterceptor.
    Order(Order),
    /// ThroughputInterceptor.
    Throughput {
        /// Messages between two reports in the log.
        interval: u64,
    },
    /// DomainFilterInterceptor.
    DomainFilter {
        /// The domain that is let in; `None`: the node's own.
        domain: Option<Bytes>,
    },
}

/// Whether a node can have these interceptors, the topmost first.
///
/// # Errors
/// Their order damages messages, see [`StackError`].
pub fn check_order(interceptors: &[InterceptorConfig]) -> Result<(), StackError> {
    // Nothing is encrypted with this one.
    let Ok(stack) = above_group(interceptors, &Bytes::new(), || Ok::<_, Infallible>([0; 32]));
    InterceptorStack::above_group(stack, true).map(|_| ())
}

/// The whole stack of a node.
pub(crate) fn stack(config: &ClusterConfig) -> Result<InterceptorStack, JoinError> {
    let topmost_first = above_group(&config.interceptors, &config.domain, random_bytes)?;
    let is_static = !matches!(config.membership, Membership::Multicast { .. });
    let stack = InterceptorStack::above_group(topmost_first, is_static)?;
    if stack.authenticates() == Some(false) {
        tracing::warn!(
            "the encryption algorithm does not show whether a message was changed on its way: use AES/GCM/NoPadding"
        );
    }
    if let Some((upper, lower)) = stack.numbers_above() {
        tracing::warn!(
            "{upper} stands above {lower}: a Tomcat with more than one peer damages what it sends to all but the first; in a cluster with \
             Tomcats, let {lower} stand above it on every node"
        );
    }
    if !config.interceptors.is_empty() {
        let names: Vec<&str> = stack.interceptors().map(Interceptor::name).collect();
        tracing::info!(interceptors = names.join(", "), "the channel's interceptors, the topmost first");
    }
    Ok(stack)
}

fn above_group<E>(
    interceptors: &[InterceptorConfig],
    own_domain: &Bytes,
    seed: impl Fn() -> Result<[u8; 32], E>,
) -> Result<Vec<Box<dyn Interceptor>>, E> {
    let built = |config: &InterceptorConfig| -> Result<Box<dyn Interceptor>, E> {
        Ok(match config {
            InterceptorConfig::Gzip(gzip) => Box::new(*gzip),
            InterceptorConfig::Encrypt { algorithm, key } => Box::new(Encrypt::new(*algorithm, key, seed()?)),
            InterceptorConfig::Fragmentation(fragmentation) => Box::new(*fragmentation),
            InterceptorConfig::Order(order) => Box::new(*order),
            InterceptorConfig::Throughput { interval } => Box::new(Throughput::every(*interval)),
            InterceptorConfig::DomainFilter { domain } => {
                Box::new(DomainFilter::new(domain.as_ref().unwrap_or(own_domain).clone()))
            }
        })
    };
    interceptors.iter().map(built).collect()
}
