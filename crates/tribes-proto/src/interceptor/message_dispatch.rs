//! MessageDispatchInterceptor: messages that are queued rather than sent at once.

use super::Interceptor;
use crate::wire::send_options::SendOptions;

/// Bytes of messages that Tomcat queues before the caller has to send by itself (`maxQueueSize`).
pub const QUEUE_LIMIT_DEFAULT: usize = 64 << 20;

/// Lets all messages pass: who sends looks at [`queues`](Self::queues). Tomcat sends queued messages from up to ten
/// threads at once, in no order; our lanes keep the order.
///
/// Source: Tomcat `MessageDispatchInterceptor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageDispatch;

impl MessageDispatch {
    /// Whether the sender of a message with these options does not wait for it. The bit stays set on the wire.
    pub const fn queues(options: SendOptions) -> bool {
        options.contains(SendOptions::ASYNCHRONOUS)
    }
}

impl Interceptor for MessageDispatch {
    fn name(&self) -> &'static str {
        "MessageDispatchInterceptor"
    }
}
