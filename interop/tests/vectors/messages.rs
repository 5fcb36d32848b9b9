//! Session messages: read as what they mean, written again from that.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use outlive_serial::{Limits, ObjectInput, ObjectOutput};
use outlive_session::{DeltaRequest, SessionEvent, SessionMessage, SessionState, StateReader, StateWriter};

use crate::scenario::{Scenario, scenarios};

/// The kinds of messages that we may write in other bytes than a Tomcat, with the reason. What they say must be the same nevertheless.
const WRITTEN_OTHERWISE: [(SessionEvent, &str); 2] = [
    (
        SessionEvent::Delta,
        "a value that refers back to a part of itself stands behind a TC_RESET where something stands before it, so that it can be kept \
         and passed on by itself; a Tomcat writes no resets and lets the values of one message share what they have in common",
    ),
    (SessionEvent::AllData, "the same, for the attributes of whole sessions"),
];

/// What a message says, down to each value.
#[derive(Debug, PartialEq)]
enum Meaning {
    Delta(DeltaRequest<'static>),
    State(Vec<SessionState>),
    NewId(String),
    /// The message says it all.
    Plain,
}

impl Meaning {
    fn of(message: &SessionMessage<'_>, place: &str) -> Self {
        let limits = Limits::default();
        let payload = message.payload.as_deref();
        let meaning = match (message.event, payload) {
            (SessionEvent::Delta, Some(payload)) => DeltaRequest::decode(payload, &limits).map(Self::Delta),
            (SessionEvent::AllData, Some(payload)) => {
                StateReader::new(payload, &limits).and_then(Iterator::collect).map(Self::State)
            }
            (SessionEvent::ChangeId, Some(payload)) => {
                ObjectInput::new(payload, limits).and_then(|mut input| input.read_utf()).map(Self::NewId)
            }
            (_, None) => Ok(Self::Plain),
            (event, Some(_)) => panic!("{place}: {event:?} with a payload"),
        };
        meaning.unwrap_or_else(|error| panic!("{place}: {error}"))
    }

    fn encode(&self) -> Option<Vec<u8>> {
        match self {
            Self::Delta(delta) => Some(delta.encode().unwrap()),
            Self::State(sessions) => {
                let mut writer = StateWriter::new(sessions.len());
                sessions.iter().for_each(|session| writer.push(session));
                Some(writer.finish())
            }
            Self::NewId(id) => {
                let mut output = ObjectOutput::new();
                output.write_utf(id).unwrap();
                Some(output.finish())
            }
            Self::Plain => None,
        }
    }
}

/// All session messages, with their places.
fn messages() -> Vec<(String, Bytes)> {
    let passed = scenarios().iter().flat_map(Scenario::messages).collect::<Vec<_>>();
    let objects = passed.into_iter().filter(|message| message.data.message.starts_with(&[0xac, 0xed]));
    objects.map(|message| (message.place, message.data.message)).collect()
}

#[test]
fn messages_are_written_again_from_their_meaning() {
    let (mut same, mut otherwise) = (BTreeMap::new(), BTreeMap::new());
    for (place, bytes) in messages() {
        let message =
            SessionMessage::decode(&bytes, &Limits::default()).unwrap_or_else(|fault| panic!("{place}: {fault}"));
        assert_eq!(message.encode(), bytes, "{place}: the message around its payload");
        let meaning = Meaning::of(&message, &place);
        let again = SessionMessage { payload: meaning.encode().map(Cow::Owned), ..message.clone() };
        let event = message.event;
        if again.encode() == bytes {
            *same.entry(event.number()).or_insert(0) += 1;
            continue;
        }
        assert!(WRITTEN_OTHERWISE.iter().any(|(kind, _)| *kind == event), "{place}: {event:?} is written otherwise");
        assert_eq!(
            Meaning::of(&again, &place),
            meaning,
            "{place}: {event:?} says something else when it is written again"
        );
        *otherwise.entry(event.number()).or_insert(0) += 1;
    }
    // How many there are of each, by Tomcat's numbers: so that a kind which is not there any more shows.
    assert_eq!(same, BTreeMap::from([(1, 39), (2, 4), (4, 40), (12, 39), (13, 142), (14, 40), (15, 16)]));
    assert_eq!(otherwise, BTreeMap::from([(12, 1), (13, 5)]));
}
