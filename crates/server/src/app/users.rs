//! The users that every server of the session app knows.

use outlive_tower::Session;

/// Name, password, roles. They are public: the app is for comparisons and demonstrations.
const USERS: [(&str, &str, &[&str]); 2] = [("alice", "wonderland", &["user"]), ("bob", "builder", &["user", "admin"])];

/// The roles of a user whose password is right.
pub(super) fn authenticate(user: &str, password: &str) -> Option<&'static [&'static str]> {
    USERS.iter().find(|(name, secret, _)| *name == user && *secret == password).map(|(_, _, roles)| *roles)
}

/// The name of who is logged in.
pub(super) fn current(session: &Session) -> Option<String> {
    session.user().map(|user| user.name)
}
