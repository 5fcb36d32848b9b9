//! A node of ours that hears everything and does nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use outlive_node::{Context, ContextConfig, Effect, Link, Node, NodeConfig, SessionRef, Timing};
use outlive_tribes_proto::interceptor::InterceptorStack;
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
use outlive_tribes_proto::wire::frame::LIMIT_DEFAULT;
use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::scenario::Passed;

/// When the listener has found nobody and counts as a node that holds the state. The captures begin then.
const READY: Duration = Duration::from_secs(5);

pub(super) struct Listener {
    node: Arc<Node>,
    context: Arc<Context>,
}

impl Listener {
    pub(super) fn new(context: &str, stack: InterceptorStack) -> Self {
        let config = NodeConfig {
            local: SocketAddr::from(([10, 77, 0, 200], 4000)),
            route: "listener".into(),
            identity: [7; 16],
            seed: 7,
            static_members: None,
            static_service: None,
            own_id: None,
            members_change: false,
            timing: Timing::default(),
            domain: Bytes::new(),
            payload: String::new(),
            health_port: 0,
            hears_sessions: true,
            options: SendOptions::ASYNCHRONOUS,
            lane_bytes_max: 1 << 20,
            frame_bytes_max: LIMIT_DEFAULT,
            state_bytes_max: 1 << 30,
        };
        let node = Node::with_interceptors(config, stack).unwrap();
        let context = node.open(
            Now::default(),
            context,
            ContextConfig { path: "/app".into(), max_inactive_seconds: 1800, ..ContextConfig::default() },
        );
        node.start(Now::default());
        for _ in 0..10 {
            let next = node.deadline();
            if context.is_ready() || next.0 > READY {
                break;
            }
            node.deadline_reached(Now { monotonic: next, wall: UnixMillis(0) });
        }
        assert!(context.is_ready(), "a node that finds nobody holds the state");
        Self { node, context }
    }

    /// A message as it passed, from whoever it says that it is.
    pub(super) fn hear(&mut self, message: &Passed) {
        // Its wall clock is the sender's: as on machines whose clocks agree.
        let now = Now {
            monotonic: Monotonic(READY + Duration::from_millis(message.ms as u64)),
            wall: message.data.timestamp,
        };
        let from = message.data.source().unwrap().id().address();
        // A member record is a heartbeat; so the sender is a member before its message comes.
        self.node.datagram(now, from, &message.data.source_record);
        self.answer_probes(now);
        let frame = message.data.encode().unwrap();
        let body = frame.slice(11..frame.len() - 7);
        let reply = self.node.frame_received(now, &mut Link::new(from), body);
        reply.unwrap_or_else(|fault| panic!("{}: {fault}", message.place));
    }

    /// Everybody who is probed answers.
    fn answer_probes(&self, now: Now) {
        let mut nobody = TaskContext::from_waker(Waker::noop());
        while let Poll::Ready(effect) = self.node.poll_effect(&mut nobody) {
            if let Effect::Probe { member, .. } = effect {
                self.node.probe_finished(now, member, true);
            }
        }
    }

    /// Messages that the listener's interceptors did not let pass.
    pub(super) fn refused(&self) -> u64 {
        self.node.refused()
    }

    /// How many sessions the listener holds.
    pub(super) fn len(&self) -> usize {
        self.context.len()
    }

    /// The session with that base id, if the listener holds it.
    pub(super) fn session(&self, base: &str) -> Option<SessionRef> {
        self.context.sessions().into_iter().find(|session| session.id().split('.').next() == Some(base))
    }
}
