//! What a session looks like, with each value told by the write that made it.

use std::collections::BTreeMap;

use outlive_node::{SessionRef, User};
use outlive_serial::Value;

use crate::oracle::{USER, WriteKey};

/// The registers of a session by name. `None`: a value that no client ever wrote.
pub type Registers = BTreeMap<String, Option<WriteKey>>;

/// A value that tells its write, `padding` bytes longer than it need be.
pub fn register_value(write: WriteKey, padding: usize) -> Value {
    if padding == 0 {
        return Value::integer(write.0 as i32);
    }
    Value::string(&format!("{}:{}", write.0, "x".repeat(padding)))
}

/// The write that made a value.
pub fn write_of(value: &Value) -> Option<WriteKey> {
    if let Ok(number) = value.to_serde::<u32>() {
        return Some(WriteKey(number));
    }
    let text: String = value.to_serde().ok()?;
    text.split_once(':')?.0.parse().ok().map(WriteKey)
}

/// The login that a user comes from.
pub fn write_of_user(user: &User) -> Option<WriteKey> {
    user.name.strip_prefix("user-")?.parse().ok().map(WriteKey)
}

/// All registers of a session as it is now.
pub fn snapshot(session: &SessionRef) -> Registers {
    let mut registers: Registers =
        session.attributes().into_iter().map(|(name, value)| (name, write_of(&value))).collect();
    if let Some(user) = session.user() {
        registers.insert(USER.to_owned(), write_of_user(&user));
    }
    registers
}
