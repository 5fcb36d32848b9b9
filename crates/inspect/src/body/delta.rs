//! What a delta says, action by action: also what no node would apply.

use std::borrow::Cow;

use outlive_serial::{DecodeError, ObjectInput, Read, Value};
use outlive_session::{self as session, DeltaRequest, Heading, Unreadable, Why};

use super::{Decoding, limits, unreadable};
use crate::record::{Action, Shown};

/// The type of an action by its number.
const TYPES: [&str; 7] = ["attribute", "principal", "new", "max-inactive", "auth-type", "listener", "note"];
const ATTRIBUTE: i32 = 0;
const PRINCIPAL: i32 = 1;

impl Decoding {
    /// The actions of a payload, as far as they can be read; `place` names it in faults.
    pub(super) fn delta(&mut self, payload: &[u8], place: &str) -> Vec<Action> {
        let mut actions = Vec::new();
        match self.actions(payload, place, &mut actions) {
            Ok(None) => {}
            Ok(Some((name, is_attribute, why))) => {
                let broken = Unreadable { name, is_attribute, why };
                self.faults.push(unreadable::sentence(place, &broken));
                self.behind(payload, place, &mut actions);
            }
            Err(error) => self.fault(place, &error),
        }
        actions
    }

    /// Reads up to the end or to the first value that breaks off, and gives what that is.
    fn actions(
        &mut self,
        payload: &[u8],
        place: &str,
        actions: &mut Vec<Action>,
    ) -> Result<Option<(String, bool, Why)>, DecodeError> {
        let mut input = ObjectInput::new(payload, limits(payload))?;
        // The id, which the message names too, and whether the sender records all actions.
        input.read_utf()?;
        input.read_bool()?;
        let at = input.offset();
        let count = input.read_i32()?;
        if count < 0 {
            return Err(DecodeError::unexpected(at, "a number of actions"));
        }
        let mut left_out = Vec::new();
        let mut broken = None;
        for _ in 0..count {
            let (kind, verb) = (input.read_i32()?, input.read_i32()?);
            let name = input.read_utf()?;
            let value = if input.read_bool()? { input.read_or_refuse() } else { Ok(Ok(Read::Value(Value::null()))) };
            let why = match value {
                Ok(Ok(Read::Value(value))) => {
                    let value = match kind {
                        PRINCIPAL => Shown::principal(&value, &mut self.budget),
                        _ => Shown::View(self.budget.show(&value)),
                    };
                    actions.push(action(kind, verb, name, value));
                    continue;
                }
                Ok(Ok(Read::Exception)) => Why::Lost,
                Ok(Err(refused)) => Why::Refused(refused),
                Err(fault) => {
                    broken = Some((name, kind == ATTRIBUTE, Why::Broken(fault)));
                    break;
                }
            };
            left_out.push(Unreadable { name: name.clone(), is_attribute: kind == ATTRIBUTE, why });
            actions.push(action(kind, verb, name, Shown::NULL));
        }
        self.faults.extend(unreadable::sentences(place, &left_out));
        Ok(broken)
    }

    /// The actions behind the first value that breaks off, where a node would go on.
    fn behind(&mut self, payload: &[u8], place: &str, actions: &mut Vec<Action>) {
        let Ok(delta) = DeltaRequest::decode_tolerantly(payload, &limits(payload)) else { return };
        let mut left_out = Vec::new();
        for found in delta.actions.into_iter().skip(actions.len() + 1) {
            if let session::Action::Unreadable(unreadable) = found {
                left_out.push(unreadable);
            } else if let Some(Heading { kind, verb, name }) = found.heading() {
                let value = match found.value() {
                    Some(value) if kind == PRINCIPAL => Shown::principal(&value, &mut self.budget),
                    Some(value) => Shown::View(self.budget.show(&value)),
                    None => Shown::NULL,
                };
                actions.push(action(kind, verb, name.to_owned(), value));
            }
        }
        self.faults.extend(unreadable::sentences(place, &left_out));
    }
}

fn action(kind: i32, verb: i32, name: String, value: Shown) -> Action {
    let kind = usize::try_from(kind)
        .ok()
        .and_then(|kind| TYPES.get(kind))
        .map_or_else(|| Cow::Owned(format!("type-{kind}")), |kind| Cow::Borrowed(*kind));
    let action = match verb {
        0 => Cow::Borrowed("set"),
        1 => Cow::Borrowed("remove"),
        other => Cow::Owned(format!("action-{other}")),
    };
    Action { kind, action, name, value }
}
