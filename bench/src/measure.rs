//! What is measured. Each measure starts a system anew, works on it, and says what that took.

pub(crate) mod requests;
pub(crate) mod sessions;
