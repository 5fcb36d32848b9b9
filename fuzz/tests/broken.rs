//! Decoders and a group with a fault put in on purpose: the replay must find each. Otherwise its inputs, or its promises, are
//! too weak to find the next one that is not on purpose.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use outlive_ajp::ForwardRequest;
use outlive_fuzz::corpus;
use outlive_fuzz::targets::{self, ajp, frame, group, java_stream, session_message, target};
use outlive_serial::{Limits, Stream};
use outlive_session::SessionMessage;
use outlive_tribes_proto::error::{DecodeError, FrameFault, PeerFault};
use outlive_tribes_proto::group::{GroupConfig, GroupCore, Input, Membership, Output};
use outlive_tribes_proto::time::{Monotonic, Now};
use outlive_tribes_proto::view::View;
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::frame::{Frame, FrameReader, HEADER};

/// Which input of the replay `check` fails at, and what it says; none: it did not see the fault.
#[track_caller]
fn found(name: &str, says: &str, check: impl Fn(&[u8])) {
    let target = target(name).expect("there is one");
    for (number, input) in corpus::inputs(&target).enumerate() {
        // What is broken may be half done, and is not used again.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&input))) {
            let said = panic
                .downcast_ref::<String>()
                .map_or_else(|| panic.downcast_ref::<&str>().copied().unwrap_or_default(), String::as_str);
            println!("{name}: found with input {number}: {said}");
            assert!(said.contains(says), "found for another reason: {said}");
            return;
        }
    }
    panic!("{} inputs of {name}, and the fault was not found", target.replayed);
}

/// Runs what is right through the same hands, so that it is the fault that is found and nothing else.
#[track_caller]
fn not_found(name: &str, check: impl Fn(&[u8])) {
    corpus::inputs(&target(name).expect("there is one")).for_each(|input| check(&input));
}

// ---- fields ----

#[test]
fn a_name_that_is_written_as_another() {
    not_found("ajp", |input| ajp::check_request(input, ForwardRequest::decode));
    found("ajp", "read as the same", |input| {
        ajp::check_request(input, |payload, headers_max| {
            let mut request = ForwardRequest::decode(payload, headers_max)?;
            for (name, _) in request.headers.iter_mut().filter(|(name, _)| name == "cookie") {
                *name = Bytes::from_static(b"Cookie"); // the table has it in small letters
            }
            Ok(request)
        });
    });
}

// ---- lengths ----

/// Takes memory by the length that a frame claims, before its bytes are there.
struct Trusting(FrameReader);

impl frame::Reader for Trusting {
    fn next(&mut self, received: &mut BytesMut) -> Result<Option<Frame>, FrameFault> {
        if received.starts_with(HEADER)
            && let Some(claimed) = received.get(7..).and_then(<[u8]>::first_chunk)
            && let Ok(claimed) = usize::try_from(i32::from_be_bytes(*claimed))
        {
            received.reserve(claimed);
        }
        self.0.next(received)
    }
}

#[test]
fn a_reader_that_trusts_a_length_is_found() {
    found("frame", "bytes of memory for", |data| {
        frame::check(data, || Trusting(FrameReader::new()), ChannelData::decode);
    });
}

/// Cuts the message out by the length that it claims.
fn decode_unchecked(body: &Bytes) -> Result<ChannelData, DecodeError> {
    if let Some(record) = body.get(32..36).and_then(<[u8]>::first_chunk) {
        let record = u32::from_be_bytes(*record) as usize;
        let _ = &body[36..36 + record];
    }
    ChannelData::decode(body)
}

#[test]
fn a_decoder_that_slices_by_a_length_is_found() {
    found("frame", "out of range", |data| frame::check(data, FrameReader::new, decode_unchecked));
}

// ---- cuts ----

/// Looks for the trailer only when all of it is there, and then in the wrong place if something stands behind it.
struct Greedy(FrameReader);

impl frame::Reader for Greedy {
    fn next(&mut self, received: &mut BytesMut) -> Result<Option<Frame>, FrameFault> {
        if received.len() > 21 && !received.ends_with(b"TLF2003") {
            return Ok(None);
        }
        self.0.next(received)
    }
}

#[test]
fn a_reader_that_depends_on_the_cuts_is_found() {
    found("frame", "left == right", |data| frame::check(data, || Greedy(FrameReader::new()), ChannelData::decode));
}

// ---- what is written ----

/// Takes the first element of a stream for the whole.
fn rewrite_first(bytes: &[u8]) -> Option<Vec<u8>> {
    Stream::decode_prefix(bytes, &Limits::default()).ok().map(|(stream, _)| stream.encode())
}

#[test]
fn a_stream_that_loses_its_end_is_found() {
    found("java_stream", "a stream is written as it was read", |data| java_stream::check(data, rewrite_first));
}

/// Takes memory by the length that the first `byte[]` claims.
fn rewrite_trusting(bytes: &[u8]) -> Option<Vec<u8>> {
    const BYTE_ARRAY: &[u8] = b"ur\0\x02[B\xac\xf3\x17\xf8\x06\x08T\xe0\x02\0\0xp";
    let start = bytes.windows(BYTE_ARRAY.len()).position(|window| window == BYTE_ARRAY);
    let claimed = start.and_then(|start| bytes[start + BYTE_ARRAY.len()..].first_chunk()).copied();
    let _content: Vec<u8> = Vec::with_capacity(claimed.map_or(0, |claimed| u32::from_be_bytes(claimed) as usize));
    Stream::decode(bytes, &Limits::default()).ok().map(|stream| stream.encode())
}

#[test]
fn a_stream_whose_array_is_believed_is_found() {
    found("java_stream", "bytes of memory for", |data| java_stream::check(data, rewrite_trusting));
}

#[test]
fn a_message_that_loses_whether_it_has_a_time_is_found() {
    found("session_message", "left == right", |data| {
        session_message::check(data, |bytes| {
            let message = SessionMessage::decode(bytes, &Limits::default())?;
            Ok(SessionMessage { timestamp: message.timestamp.filter(|_| !bytes.ends_with(b"more")), ..message })
        });
    });
}

// ---- the group ----

/// What a group with a fault does otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// It takes a probe that failed for one that succeeded.
    KeepsTheDead,
    /// It takes a member's word for it, and looks at nobody.
    BelievesAnybody,
    /// It forgets the time after it was told that a send failed.
    LosesItsDeadline,
    /// It never says that a member is gone.
    KeepsQuiet,
}

struct Broken {
    core: GroupCore,
    fault: Fault,
    forgets: bool,
}

impl group::Group for Broken {
    fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), PeerFault> {
        self.forgets |= matches!(input, Input::SendFailed { .. });
        let input = match (self.fault, input) {
            (Fault::KeepsTheDead, Input::ProbeResult { member, alive: false }) => {
                Input::ProbeResult { member, alive: true }
            }
            (_, input) => input,
        };
        self.core.handle(now, input)
    }

    fn poll_output(&mut self) -> Option<Output> {
        match self.core.poll_output()? {
            Output::Probe { member, .. } if self.fault == Fault::BelievesAnybody => {
                let probed = Input::ProbeResult { member: member.id, alive: true };
                self.core.handle(Now { monotonic: self.core.next_deadline()?, ..Now::default() }, probed).ok()?;
                self.core.poll_output()
            }
            Output::View(_) if self.fault == Fault::KeepsQuiet => self.core.poll_output(),
            output => Some(output),
        }
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        let deadline = self.core.next_deadline();
        if self.fault == Fault::LosesItsDeadline && self.forgets {
            deadline.and(Some(Monotonic::default()))
        } else {
            deadline
        }
    }

    fn view(&self) -> Arc<View> {
        self.core.view()
    }
}

fn check_group(fault: Fault) -> impl Fn(&[u8]) {
    move |data| {
        group::check(data, |config, local| Broken { core: GroupCore::new(config, local), fault, forgets: false })
    }
}

#[test]
fn the_same_group_without_a_fault_passes() {
    not_found("group", check_group(Fault::None));
}

#[test]
fn a_group_that_keeps_the_dead_is_found() {
    found("group", "was never reached", check_group(Fault::KeepsTheDead));
}

#[test]
fn a_group_that_believes_anybody_is_found() {
    found("group", "was never reached", check_group(Fault::BelievesAnybody));
}

#[test]
fn a_group_that_does_not_do_what_is_due_is_found() {
    found("group", "what was due is done", check_group(Fault::LosesItsDeadline));
}

#[test]
fn a_group_that_keeps_quiet_is_found() {
    found("group", "the view is the last one that it gave", check_group(Fault::KeepsQuiet));
}

/// A configuration that never drops anybody stands for a detector that does not look.
#[test]
fn a_group_that_never_misses_anybody_is_found() {
    found("group", "silent members are removed", |data| {
        targets::group::check(data, |config, local| {
            let membership = match config.membership {
                Membership::Multicast { frequency, listen_first, .. } => {
                    Membership::Multicast { frequency, listen_first, drop_time: Duration::from_secs(3600) }
                }
                fixed @ Membership::Static { .. } => fixed,
            };
            GroupCore::new(GroupConfig { membership, ..config }, local)
        });
    });
}
