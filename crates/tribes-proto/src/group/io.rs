//! What goes into a group and what comes out of it.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::time::Duration;

use bytes::Bytes;

use crate::interceptor::ControlMessage;
use crate::membership::static_members::StaticMember;
use crate::time::Monotonic;
use crate::unique_id::MemberId;
use crate::view::View;
use crate::wire::member::Member;
use crate::wire::send_options::SendOptions;

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The receiver listens and the multicast group is joined: begin. Anything before it is ignored.
    Start,
    /// A multicast datagram.
    Datagram {
        /// Where it came from, for the log.
        from: SocketAddr,
        /// The whole of it.
        bytes: &'a [u8],
    },
    /// An interceptor's message came in.
    Control {
        /// Its sender, as the message names it.
        from: &'a Member,
        /// What it says.
        message: ControlMessage,
    },
    /// The answer to an [`Output::Probe`]. Each probe must be answered once.
    ProbeResult {
        /// Who was probed.
        member: MemberId,
        /// Connected, and the frame was written.
        alive: bool,
    },
    /// A message could not be delivered: connection refused or broken, or no ack in time; not for a negative ack.
    SendFailed {
        /// To whom.
        member: MemberId,
    },
    /// A member record was seen in front of a message. With static membership it refreshes the payload of a known member
    /// (nothing else carries it); with multicast the datagrams do, and a message's record is older. Never adds a member.
    Heard {
        /// The sender, as the message names it.
        member: &'a Member,
    },
    /// The announced alive time counts from `since` on, beginning with the next announcement, instead of from `Start`.
    ///
    /// Whoever starts asks the oldest member for the state. A node that does not hold the state yet announces a small
    /// alive time by giving the current time here, again and again, until it does; one that lies ahead counts as zero.
    Announce {
        /// Where to count from.
        since: Monotonic,
    },
    /// This node's payload is another one from now on. Its record must stay below 64 KiB.
    Describe {
        /// The whole payload.
        payload: &'a Bytes,
    },
    /// These are the static members from now on: others than before are looked for, those that are missing are gone. Also before
    /// [`Start`](Self::Start). Nothing happens with multicast.
    Members {
        /// All of them; one with this node's own address is left out.
        members: &'a [StaticMember],
    },
    /// [`next_deadline`](super::GroupCore::next_deadline) has passed.
    Deadline,
    /// Leave the group. Nothing happens after it.
    Stop,
}

/// Something to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this datagram to the group.
    Multicast(Bytes),
    /// Send this message, below all interceptors.
    Send {
        /// To whom.
        to: Arc<Member>,
        /// With which options: none are set for what a group sends.
        options: SendOptions,
        /// The message, as it goes into ChannelData.
        message: Bytes,
    },
    /// Connect, write `frame`, close without reading, and answer with [`Input::ProbeResult`]. Probes run side by side.
    Probe {
        /// Whom.
        member: Arc<Member>,
        /// Longest time for the connect; later counts as dead.
        timeout: Duration,
        /// What to write.
        frame: Bytes,
    },
    /// The members have changed, or their order, or the payload of one.
    View(Arc<View>),
    /// The members that are there are known by now; comes once. With multicast: listened for `listen_first`, and all
    /// probes under way then have been answered. Static: each configured member has been reached or not.
    Settled,
    /// After [`Input::Stop`], and after the messages that say so to the others.
    Stopped,
}
