use super::super::static_membership::{START, STOP, StaticMembership};
use super::super::tcp_failure_detector::{self, PROBE};
use super::super::tcp_ping::{PING, TcpPing};
use super::super::{ControlMessage, Place};
use super::*;
use crate::error::DecodeError;
use crate::time::UnixMillis;
use crate::unique_id::{MemberId, UniqueId};
use crate::wire::captured::{captured, frames};
use crate::wire::channel_data::ChannelData;
use crate::wire::frame::Frame;
use crate::wire::send_options::SendOptions;
use bytes::Bytes;
use std::prelude::v1::*;

/// Appends a letter and an option on the way down, takes them off on the way up.
#[derive(Debug)]
struct Appends(&'static str, Layer);

impl Interceptor for Appends {
    fn name(&self) -> &'static str {
        self.0
    }

    fn place(&self) -> Place {
        Place::PerMessage
    }

    fn layer(&self) -> Layer {
        self.1
    }

    fn send(&self, _now: Now, mut message: Message) -> Message {
        message.options |= SendOptions(0x100);
        message.body = [&message.body[..], self.0.as_bytes()].concat().into();
        message
    }

    fn receive(&self, _now: Now, _source: &Member, mut message: Message, _limit: usize) -> Result<Verdict, PeerFault> {
        let Some(body) = message.body.strip_suffix(self.0.as_bytes()) else {
            let source = DecodeError { offset: message.body.len(), expected: "the letter" };
            return Err(PeerFault::Message { interceptor: self.0, source });
        };
        message.body = Bytes::copy_from_slice(body);
        message.options = message.options.without(SendOptions(0x100));
        Ok(Verdict::Pass(message))
    }
}

fn appends(name: &'static str, layer: Layer) -> Box<dyn Interceptor> {
    Box::new(Appends(name, layer))
}

fn message(body: &[u8]) -> Message {
    Message { body: Bytes::copy_from_slice(body), ..Message::default() }
}

fn sender() -> Member {
    Member::new(MemberId { host: [10, 77, 0, 2].into(), port: 4000, unique_id: UniqueId([1; 16]) })
}

/// All interceptors of this crate, as a rig with static members has them.
fn full() -> InterceptorStack {
    let list: Vec<Box<dyn Interceptor>> =
        vec![Box::new(TcpPing), Box::new(TcpFailureDetector), Box::new(MessageDispatch), Box::new(StaticMembership)];
    InterceptorStack::new(list).unwrap()
}

fn receive(stack: &InterceptorStack, body: &[u8]) -> Result<Verdict, PeerFault> {
    stack.receive(Now::default(), &sender(), message(body), usize::MAX)
}

#[test]
fn down_from_the_top_and_up_from_the_bottom() {
    let stack = InterceptorStack::new(vec![appends("a", Layer::Marked), appends("b", Layer::Always)]).unwrap();
    let sent = stack.send(Now::default(), message(b"hi"));
    assert_eq!((&sent.body[..], sent.options), (&b"hiab"[..], SendOptions(0x100)));
    assert_eq!(stack.receive(Now::default(), &sender(), sent, usize::MAX), Ok(Verdict::Pass(message(b"hi"))));
    assert!(matches!(receive(&stack, b"hiba"), Err(PeerFault::Message { interceptor: "b", .. })));
}

#[test]
fn messages_between_interceptors_are_consumed() {
    for (body, control) in [
        (&PROBE[..], ControlMessage::Probe),
        (&PING, ControlMessage::Ping),
        (START, ControlMessage::StaticStart),
        (STOP, ControlMessage::StaticStop),
    ] {
        assert_eq!(receive(&full(), body), Ok(Verdict::Consumed(Some(control))));
        let longer = [body, b"!"].concat();
        assert_eq!(receive(&full(), &longer), Ok(Verdict::Pass(message(&longer))));
        let shorter = &body[..body.len() - 1];
        assert_eq!(receive(&full(), shorter), Ok(Verdict::Pass(message(shorter))));
    }
    assert_eq!(receive(&InterceptorStack::standard(), &PING), Ok(Verdict::Pass(message(&PING))));
}

#[test]
fn real_probes_and_static_messages_are_known() {
    let mut controls = Vec::new();
    for name in ["static-probe.tcp.bin", "static-start-stop.tcp.bin"] {
        for frame in frames(&captured(name)[0].1) {
            let Frame::Message(body) = frame else { panic!("an ack") };
            let data = ChannelData::decode(&body).unwrap();
            let source = data.source().unwrap();
            match full().receive(Now::default(), &source, data.into(), usize::MAX).unwrap() {
                Verdict::Consumed(control) => controls.push(control.unwrap()),
                Verdict::Pass(message) => assert_eq!(&message.body[..2], [0xac, 0xed]),
            }
        }
    }
    assert_eq!(controls, [ControlMessage::Probe, ControlMessage::StaticStart, ControlMessage::StaticStop]);
}

#[test]
fn our_probe_is_a_tomcats_to_the_byte() {
    let bytes = &captured("static-probe.tcp.bin")[0].1;
    let Frame::Message(body) = frames(bytes).remove(0) else { panic!("an ack") };
    let data = ChannelData::decode(&body).unwrap();
    assert_eq!(tcp_failure_detector::frame(data.id, data.timestamp, data.source_record, false), bytes);
    assert_ne!(data.timestamp, UnixMillis(0));
}

#[test]
fn an_order_that_damages_messages_is_refused() {
    use Layer::{Always, Marked, Numbering};
    let control = || -> Box<dyn Interceptor> { Box::new(TcpFailureDetector) };
    let check = |list| InterceptorStack::new(list).map(|_| ());
    let fd = "TcpFailureDetector";
    let below = |lower| Err(StackError::AboveControl { upper: fd, lower });
    assert_eq!(check(vec![control(), appends("Encrypt", Always)]), below("Encrypt"));
    assert_eq!(check(vec![control(), appends("Order", Numbering)]), below("Order"));
    assert_eq!(check(vec![control(), appends("Gzip", Marked)]), Ok(()));
    let legal = vec![
        appends("Gzip", Marked),
        appends("Encrypt", Always),
        appends("Order", Numbering),
        Box::new(TcpPing),
        control(),
    ];
    assert_eq!(check(legal), Ok(()));
    assert_eq!(check(vec![control(), Box::new(TcpPing), control()]), Err(StackError::Twice { name: fd }));
}

#[test]
fn an_order_that_tomcats_damage_is_known() {
    use Layer::{Always, Marked, Numbering};
    let known = |list| InterceptorStack::new(list).unwrap().numbers_above();
    let order = || appends("Order", Numbering);
    assert_eq!(known(vec![order(), appends("Gzip", Marked)]), Some(("Order", "Gzip")));
    let below = vec![appends("Gzip", Marked), order(), appends("Fragment", Always), Box::new(TcpFailureDetector)];
    assert_eq!(known(below), Some(("Order", "Fragment")));
    assert_eq!(known(vec![appends("Gzip", Marked), order(), Box::new(TcpFailureDetector)]), None);
    assert_eq!(known(vec![appends("Gzip", Marked)]), None);
}
