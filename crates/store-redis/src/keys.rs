//! The keys of one application.

use outlive_session::BaseId;

/// All in one slot of a Cluster, through the braces.
#[derive(Debug)]
pub(crate) struct Keys {
    /// `outlive:{CONTEXT}:`
    prefix: String,
    pub(crate) ids: String,
    pub(crate) expiry: String,
    pub(crate) graves: String,
}

impl Keys {
    pub(crate) fn new(context: &str) -> Self {
        // A brace in the name would end the part that decides about the slot.
        let prefix = format!("outlive:{{{}}}:", context.replace('%', "%25").replace('{', "%7B").replace('}', "%7D"));
        let key = |name: &str| format!("{prefix}{name}");
        Keys { ids: key("ids"), expiry: key("expiry"), graves: key("graves"), prefix }
    }

    pub(crate) fn session(&self, base: &str) -> String {
        format!("{}session:{base}", self.prefix)
    }

    pub(crate) fn grave(&self, base: &str) -> String {
        format!("{}grave:{base}", self.prefix)
    }

    pub(crate) fn aside(&self, base: &str) -> String {
        format!("{}corrupt:{base}", self.prefix)
    }

    /// A key that is written to see whether that is allowed.
    pub(crate) fn check(&self) -> String {
        format!("{}check", self.prefix)
    }

    /// The keys of a session and of its grave.
    pub(crate) fn of(&self, base: &BaseId) -> OfBase {
        let base = base.to_string();
        OfBase { session: self.session(&base), grave: self.grave(&base), base }
    }
}

/// What belongs to one base.
#[derive(Debug)]
pub(crate) struct OfBase {
    pub(crate) base: String,
    pub(crate) session: String,
    pub(crate) grave: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slot_is_decided_by_the_whole_name() {
        let keys = Keys::new("/Catalina/localhost/app");
        assert_eq!(keys.session("AB"), "outlive:{/Catalina/localhost/app}:session:AB");
        assert_eq!(Keys::new("/a}b{%").ids, "outlive:{/a%7Db%7B%25}:ids");
    }
}
