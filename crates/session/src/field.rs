//! The fields of a whole session that every one has: times, counts, flags, ids and names.

use alloc::string::String;

use outlive_serial::{DecodeError, ObjectInput};

/// A type that such a field has here. Its object may be any that stands for such a value.
pub(crate) trait Field: Sized {
    /// Reads the object; `None` where it is no such value.
    fn read(input: &mut ObjectInput<'_>) -> Result<Option<Self>, DecodeError>;
}

impl Field for i64 {
    fn read(input: &mut ObjectInput<'_>) -> Result<Option<Self>, DecodeError> {
        input.read_integer_object()
    }
}

impl Field for i32 {
    fn read(input: &mut ObjectInput<'_>) -> Result<Option<Self>, DecodeError> {
        Ok(input.read_integer_object()?.and_then(|number| number.try_into().ok()))
    }
}

impl Field for bool {
    fn read(input: &mut ObjectInput<'_>) -> Result<Option<Self>, DecodeError> {
        input.read_boolean_object()
    }
}

impl Field for String {
    fn read(input: &mut ObjectInput<'_>) -> Result<Option<Self>, DecodeError> {
        input.read_string_object()
    }
}
