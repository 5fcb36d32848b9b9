//! Settings: each is defined once, by `settings!`, and read, refused, written and documented from there.

mod form;
mod kind;
mod rule;
mod table;
mod value;

pub use form::Form;
pub(crate) use form::{is_host, is_token};
pub use kind::Kind;
pub use rule::{Rule, Unit};
pub use table::{Effect, Element, Setting, Settings};
pub(crate) use table::{choice, settings};
pub use value::{Value, Written};
