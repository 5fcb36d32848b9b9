//! What goes into a group and what comes out of it.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::time::Duration;

use bytes::Bytes;

use crate::interceptor::ControlMessage;
use crate::membership::static_members::StaticMember;
use crate::membership::static_service::MemberMessage;
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
    /// A message of the StaticMembershipService has come from a member of the view. Ignored where none keeps the members.
    Service {
        /// Who sent it.
        from: MemberId,
        /// What it says.
        message: &'a MemberMessage,
        /// What its answer is to name, if it wants one.
        request: Option<&'a Bytes>,
    },
    /// The answer to an [`Output::Probe`]. Each probe must be answered once.
    ProbeResult {
        /// Who was probed.
        member: MemberId,
        /// Connected, the frame was written, and acknowledged if that was asked for.
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
    /// Send this message as the layers above send theirs, through all interceptors.
    Tell {
        /// To whom.
        to: Arc<Member>,
        /// A Java object stream.
        message: Bytes,
    },
    /// Connect, write `frame`, wait for an acknowledgement if `reads` says so, close, and answer with [`Input::ProbeResult`]. Probes
    /// run side by side.
    Probe {
        /// Whom.
        member: Arc<Member>,
        /// Longest time for the connect; later counts as dead.
        timeout: Duration,
        /// What to write; may be empty.
        frame: Bytes,
        /// How long the acknowledgement may take; `None`: nothing is read.
        reads: Option<Duration>,
    },
    /// The members have changed, or their order, or the payload of one.
    View(Arc<View>),
    /// The members that are there are known by now; comes once. With multicast: listened for `listen_first`, and all
    /// probes under way then have been answered. Static: each configured member has been reached or not, and has answered where a
    /// StaticMembershipService asks.
    Settled,
    /// After [`Input::Stop`], and after the messages that say so to the others.
    Stopped,
}
