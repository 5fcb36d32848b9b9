//! What runs on the server, each in one step.

use redis::Script;

/// A script with what several of them need before it.
macro_rules! script {
    ($name:literal) => {
        Script::new(concat!(include_str!("scripts/prelude.lua"), include_str!(concat!("scripts/", $name, ".lua"))))
    };
}

/// All of them. Keys and arguments stand at the head of each.
pub(crate) struct Scripts {
    pub(crate) load: Script,
    pub(crate) save: Script,
    pub(crate) bury: Script,
    pub(crate) forget: Script,
    pub(crate) unlist: Script,
    pub(crate) set_aside: Script,
    pub(crate) clear_graves: Script,
    pub(crate) check: Script,
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Scripts {
            load: script!("load"),
            save: script!("save"),
            bury: script!("bury"),
            forget: script!("forget"),
            unlist: script!("unlist"),
            set_aside: script!("set_aside"),
            clear_graves: script!("clear_graves"),
            check: script!("check"),
        }
    }
}
