//! The few Java classes that the format of sessions itself is made of.

use alloc::string::String;

use outlive_serial::Value;

/// A Rust type with one class in Java that the format uses for it.
pub(crate) trait FromValue: Sized {
    /// `None`: an object of another class.
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for i32 {
    fn from_value(value: &Value) -> Option<Self> {
        let graph = value.graph();
        graph.root()?.field("java.lang.Integer", "value")?.integer()?.try_into().ok()
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        value.graph().root()?.field("java.lang.Long", "value")?.integer()
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        value.graph().root()?.field("java.lang.Boolean", "value")?.boolean()
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        Some(value.graph().root()?.text()?.into_owned())
    }
}
