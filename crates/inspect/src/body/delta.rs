//! What a delta says, action by action: also what no node would apply.

use std::borrow::Cow;

use outlive_serial::{DecodeError, ObjectInput, Read, Value};

use super::{Decoding, limits};
use crate::record::{Action, Shown};

/// The type of an action by its number.
const TYPES: [&str; 7] = ["attribute", "principal", "new", "max-inactive", "auth-type", "listener", "note"];
const PRINCIPAL: i32 = 1;

impl Decoding {
    /// The actions of a payload, as far as they can be read; `place` names it in faults.
    pub(super) fn delta(&mut self, payload: &[u8], place: &str) -> Vec<Action> {
        let mut actions = Vec::new();
        if let Err(error) = self.actions(payload, place, &mut actions) {
            self.fault(place, &error);
        }
        actions
    }

    fn actions(&mut self, payload: &[u8], place: &str, actions: &mut Vec<Action>) -> Result<(), DecodeError> {
        let mut input = ObjectInput::new(payload, limits(payload))?;
        // The id, which the message names too, and whether the sender records all actions.
        input.read_utf()?;
        input.read_bool()?;
        let at = input.offset();
        let count = input.read_i32()?;
        if count < 0 {
            return Err(DecodeError::unexpected(at, "a number of actions"));
        }
        for _ in 0..count {
            let (kind, verb) = (input.read_i32()?, input.read_i32()?);
            let name = input.read_utf()?;
            let value = if input.read_bool()? { input.read_object()? } else { Read::Value(Value::null()) };
            let value = match value {
                Read::Value(value) if kind == PRINCIPAL => Shown::principal(&value, &mut self.budget),
                Read::Value(value) => Shown::View(self.budget.show(&value)),
                Read::Exception => {
                    self.faults
                        .push(format!("in {place}: expected the value of {name:?}, found its sender's exception"));
                    Shown::NULL
                }
            };
            let kind = usize::try_from(kind)
                .ok()
                .and_then(|kind| TYPES.get(kind))
                .map_or_else(|| Cow::Owned(format!("type-{kind}")), |kind| Cow::Borrowed(*kind));
            let action = match verb {
                0 => Cow::Borrowed("set"),
                1 => Cow::Borrowed("remove"),
                other => Cow::Owned(format!("action-{other}")),
            };
            actions.push(Action { kind, action, name, value });
        }
        Ok(())
    }
}
