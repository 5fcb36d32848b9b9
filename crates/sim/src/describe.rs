//! A frame in words, for people who look for the cause of a failure.

use bytes::Bytes;
use outlive_serial::Limits;
use outlive_session::{Action, DeltaRequest, SessionEvent, SessionMessage, StateReader};
use outlive_tribes_proto::wire::channel_data::ChannelData;

use crate::snapshot::write_of;

/// What a frame's body says.
pub(crate) fn frame(body: &Bytes) -> String {
    let Ok(data) = ChannelData::decode(body) else { return "no message".into() };
    let Ok(message) = SessionMessage::decode(&data.message, &Limits::default()) else {
        return format!("{} bytes for the group", data.message.len());
    };
    let payload = message.payload.as_deref().unwrap_or_default();
    let more = match message.event {
        SessionEvent::Delta => DeltaRequest::decode(payload, &Limits::default()).map(|delta| changes(&delta)),
        SessionEvent::AllData => Ok(state(payload)),
        _ => Ok(String::new()),
    };
    let at = message.timestamp.map_or(0, |at| at.0);
    format!("{:?} {} at {at}: {}", message.event, message.session_id, more.unwrap_or_else(|fault| fault.to_string()))
}

fn changes(delta: &DeltaRequest<'_>) -> String {
    let action = |action: &Action<'_>| match action {
        Action::SetAttribute(name, value) => format!("{name}={}", write(value)),
        Action::RemoveAttribute(name) => format!("{name} removed"),
        Action::MaxInactive(seconds) => format!("idle time {seconds}"),
        Action::Principal { set, .. } => if *set { "login" } else { "logout" }.to_owned(),
        Action::IsNew(_) => "new".to_owned(),
        _ => "other".to_owned(),
    };
    delta.actions.iter().map(action).collect::<Vec<_>>().join(" ")
}

fn state(payload: &[u8]) -> String {
    let Ok(sessions) = StateReader::new(payload, &Limits::default()) else { return "no state".into() };
    let session = |session: outlive_session::SessionState| {
        let attributes: Vec<String> =
            session.attributes.iter().map(|(name, value)| format!("{name}={}", write(value))).collect();
        format!("[{} up to {}: {}]", session.id, session.version, attributes.join(" "))
    };
    sessions.flatten().map(session).collect::<Vec<_>>().join(" ")
}

fn write(value: &outlive_serial::Value) -> String {
    write_of(value).map_or("?".to_owned(), |write| write.0.to_string())
}
