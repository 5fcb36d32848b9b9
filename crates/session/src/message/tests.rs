use std::format;
use std::string::String;
use std::vec::Vec;

use outlive_serial::Limits;

use super::*;
use crate::{Action, DeltaRequest, Principal, StateReader, User};

macro_rules! captured {
    ($name:literal) => {
        include_bytes!(concat!("../../testdata/", $name, ".bin")).as_slice()
    };
}

const ALL: [&[u8]; 11] = [
    captured!("get-all"),
    captured!("state-empty"),
    captured!("complete"),
    captured!("created"),
    captured!("delta"),
    captured!("change-id"),
    captured!("delta-login"),
    captured!("delta-again"),
    captured!("delta-logout"),
    captured!("expired"),
    captured!("state-three"),
];

fn decode(bytes: &[u8]) -> SessionMessage<'_> {
    SessionMessage::decode(bytes, &Limits::default()).unwrap()
}

fn delta(bytes: &[u8]) -> DeltaRequest<'static> {
    DeltaRequest::decode(decode(bytes).payload.as_deref().unwrap(), &Limits::default()).unwrap()
}

#[test]
fn messages_of_a_tomcat_encode_to_the_same_bytes() {
    for bytes in ALL {
        assert_eq!(decode(bytes).encode(), bytes);
    }
}

#[test]
fn the_general_reader_agrees_with_the_fast_one() {
    for bytes in ALL {
        assert_eq!(SessionMessage::decode_graph(bytes, &Limits::default()).unwrap(), decode(bytes));
    }
}

#[test]
fn what_we_would_say_is_what_a_tomcat_says() {
    let created = decode(captured!("created"));
    let id = SessionId::parse(&created.session_id).unwrap();
    // The text for logs holds the moment of sending, which the message states nowhere else.
    let sent: i64 = created.unique_id.rsplit('-').next().unwrap().parse().unwrap();
    let at = created.timestamp.unwrap();
    assert_eq!(SessionMessage::of_session(SessionEvent::Created, "localhost#/app", &id, at, UnixMillis(sent)), created);
    let ask = decode(captured!("get-all"));
    assert_eq!(SessionMessage::of_context(SessionEvent::GetAll, "localhost#/app", ask.timestamp.unwrap()), ask);
    let done = decode(captured!("complete"));
    assert_eq!(
        SessionMessage::of_context(SessionEvent::TransferComplete, "localhost#/app", done.timestamp.unwrap()),
        done
    );
    let expired = decode(captured!("expired"));
    let id = SessionId::parse(&expired.session_id).unwrap();
    let at = expired.timestamp.unwrap();
    assert_eq!(SessionMessage::of_session(SessionEvent::Expired, "localhost#/app", &id, at, at), expired);
}

/// Source: Tomcat `ClusterSessionListener.messageReceived`: a message whose name is null goes to every manager.
#[test]
fn the_question_about_every_context_has_a_null_for_a_name() {
    let ask = SessionMessage::of_every_context(SessionEvent::GetAll, UnixMillis(7));
    let bytes = ask.encode();
    assert_eq!(decode(&bytes), ask);
    assert_eq!(SessionMessage::decode_graph(&bytes, &Limits::default()).unwrap(), ask, "in any legal form");
    let root = SessionMessage::of_context(SessionEvent::GetAll, "", UnixMillis(7));
    assert_eq!(decode(&root.encode()).context.as_deref(), Some(""), "the root context of a Host has a name");
}

#[test]
fn a_first_request_says_new_idle_time_and_attributes() {
    let delta = delta(captured!("delta"));
    assert_eq!(delta.session_id, "349531B22C5C936D9B3A10FBEC02B24E.node-a");
    let shown: Vec<String> = delta.actions.iter().map(|action| format!("{action:?}")).collect();
    assert_eq!(delta.actions.len(), 3);
    assert_eq!(delta.actions[0], Action::IsNew(true));
    assert_eq!(delta.actions[1], Action::MaxInactive(1800));
    assert_eq!(
        delta.actions[2],
        Action::SetAttribute("counter".into(), outlive_serial::Value::integer(1)),
        "{shown:?}"
    );
}

#[test]
fn a_login_and_a_logout() {
    let login = delta(captured!("delta-login"));
    let Some(Action::Principal { value: Some(principal), set: true }) = login.actions.last() else {
        panic!("{:?}", login.actions)
    };
    assert_eq!(Principal::from_value(principal.clone()).user(), Some(&User::new("alice", ["user"])));
    assert_eq!(*principal, *Principal::new(User::new("alice", ["user"])).value(), "ours is the same object");
    let logout = delta(captured!("delta-logout"));
    assert_eq!(logout.actions[1..], [Action::AuthType(None), Action::Principal { value: None, set: false }]);
}

/// Values that share no descriptor stand in a stream as a Tomcat writes it.
#[test]
fn a_delta_of_one_value_encodes_to_the_same_bytes() {
    let message = decode(captured!("delta-logout"));
    let payload = message.payload.as_deref().unwrap();
    assert_eq!(delta(captured!("delta-logout")).encode().unwrap(), payload);
}

#[test]
fn three_sessions_on_their_way_to_a_node_that_joins() {
    let message = decode(captured!("state-three"));
    let reader = StateReader::new(message.payload.as_deref().unwrap(), &Limits::default()).unwrap();
    let states: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!(states.len(), 3);
    let with_user = states.iter().filter(|state| state.principal.is_some()).count();
    assert_eq!(with_user, 1);
    let counter = states.iter().flat_map(|state| &state.attributes).find(|(name, _)| name == "counter").unwrap();
    assert_eq!(counter.1, outlive_serial::Value::integer(2));
    assert!(states.iter().all(|state| state.max_inactive == 1800 && state.is_valid && state.version == 0));

    let mut writer = crate::StateWriter::new(3);
    states.iter().for_each(|state| writer.push(state));
    let again = writer.finish();
    let reader = StateReader::new(&again, &Limits::default()).unwrap();
    assert_eq!(reader.map(Result::unwrap).collect::<Vec<_>>(), states);
}

/// Found by fuzzing: a session held null as its user, and sent it as one to nodes that join.
#[test]
fn a_null_is_no_value() {
    let null = || Some(outlive_serial::Value::null());
    let actions = Vec::from([
        Action::SetAttribute("name".into(), outlive_serial::Value::null()),
        Action::Principal { value: null(), set: true },
        Action::Note { name: "note".into(), value: null() },
        Action::Listener { name: "listener".into(), value: null(), added: true },
    ]);
    let delta = DeltaRequest { session_id: "A".into(), record_all_actions: false, actions };
    let read = DeltaRequest::decode(&delta.encode().unwrap(), &Limits::default()).unwrap();
    assert_eq!(
        read.actions,
        [
            Action::RemoveAttribute("name".into()),
            Action::Principal { value: None, set: true },
            Action::Note { name: "note".into(), value: None },
            Action::Listener { name: "listener".into(), value: None, added: true },
        ]
    );
}

#[test]
fn a_message_cut_anywhere_is_a_fault_and_never_a_panic() {
    for bytes in ALL {
        for end in 0..bytes.len() {
            assert!(SessionMessage::decode(&bytes[..end], &Limits::default()).is_err(), "cut at {end}");
        }
        // What follows the object is left alone.
        let longer = [bytes, b"more"].concat();
        assert_eq!(decode(&longer), decode(bytes));
    }
}

#[test]
fn a_payload_cut_or_flipped_is_never_a_panic() {
    for bytes in [captured!("delta-login"), captured!("state-three")] {
        let message = decode(bytes);
        let payload = message.payload.as_deref().unwrap();
        for at in 0..payload.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = payload.to_vec();
                damaged[at] ^= flip;
                let _ = DeltaRequest::decode(&damaged, &Limits::default());
                if let Ok(reader) = StateReader::new(&damaged, &Limits::default()) {
                    reader.for_each(drop);
                }
            }
            assert!(DeltaRequest::decode(&payload[..at], &Limits::default()).is_err());
        }
    }
}
