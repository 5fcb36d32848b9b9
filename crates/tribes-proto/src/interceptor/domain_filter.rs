//! DomainFilterInterceptor: who is of another membership domain is no member, and is not listened to.

use bytes::Bytes;
use outlive_sync::Counter;

use super::{Interceptor, Message, Place, Verdict};
use crate::error::PeerFault;
use crate::time::Now;
use crate::wire::member::Member;

/// One line in the log for this many refused messages (Tomcat's `logInterval`).
pub const LOG_INTERVAL_DEFAULT: u64 = 100;

/// Drops the messages of other domains. That their senders do not become members is the group's part, see
/// [`GroupConfig::domain`](crate::group::GroupConfig::domain).
///
/// It keeps clusters apart that share a multicast group by mistake or by thrift. It is no protection: a message says
/// itself which domain it is from.
///
/// Source: Tomcat `DomainFilterInterceptor.messageReceived`.
#[derive(Debug)]
pub struct DomainFilter {
    domain: Bytes,
    log_interval: u64,
    refused: Counter,
}

impl DomainFilter {
    /// Lets pass what is of this domain, compared byte by byte; an empty one is a domain too.
    pub fn new(domain: Bytes) -> Self {
        DomainFilter { domain, log_interval: LOG_INTERVAL_DEFAULT, refused: Counter::default() }
    }

    /// Messages dropped so far.
    pub fn refused(&self) -> u64 {
        self.refused.get()
    }
}

impl Interceptor for DomainFilter {
    fn name(&self) -> &'static str {
        "DomainFilterInterceptor"
    }

    fn place(&self) -> Place {
        Place::InGroup
    }

    fn domain(&self) -> Option<&Bytes> {
        Some(&self.domain)
    }

    fn receive(&self, _now: Now, source: &Member, message: Message, _limit: usize) -> Result<Verdict, PeerFault> {
        if source.domain == self.domain {
            return Ok(Verdict::Pass(message));
        }
        let refused = self.refused.add(1);
        if refused.is_multiple_of(self.log_interval) {
            tracing::warn!(
                target: "tribes::domain_filter",
                from = %source.id,
                refused = refused + 1,
                "a message of another domain is dropped"
            );
        }
        Ok(Verdict::Consumed(None))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, message, sender};
    use super::*;

    #[test]
    fn only_the_own_domain_is_heard() {
        let here = Member { domain: Bytes::from_static(b"here"), ..sender() };
        let receive = |filter: &DomainFilter, source: &Member| filter.receive(at(0), source, message(b"x"), 1);
        let (pass, stop) = (Ok(Verdict::Pass(message(b"x"))), Ok(Verdict::Consumed(None)));
        let filter = DomainFilter::new(here.domain.clone());
        assert_eq!((receive(&filter, &here), receive(&filter, &sender())), (pass.clone(), stop.clone()));
        let filter = DomainFilter::new(Bytes::new());
        assert_eq!((receive(&filter, &here), receive(&filter, &sender())), (stop, pass));
        assert_eq!(filter.refused(), 1);
    }
}
