//! Session ids as names of files. No other name ever reaches the file system.

use std::ffi::OsStr;

use outlive_session::SessionId;

/// What Tomcat's names end with.
const SUFFIX: &str = ".session";

/// What the name of a file that is set aside ends with.
const BROKEN: &str = ".broken";

/// A file name has at most so many bytes on all usual file systems.
const NAME_MAX: usize = 255;

/// The file of an id; `None` for one of more than 240 bytes, which has no room.
///
/// An id has only `[A-Za-z0-9._-]` and does not begin with a dot: it names no other folder, and nothing hidden.
pub(super) fn file_of(id: &SessionId) -> Option<String> {
    let name = format!("{}{SUFFIX}", id.as_str());
    (name.len() + BROKEN.len() <= NAME_MAX).then_some(name)
}

/// The id that a file name stands for.
pub(super) fn id_of(name: &OsStr) -> Option<SessionId> {
    let name = name.to_str()?;
    let id = SessionId::parse(name.strip_suffix(SUFFIX)?).ok()?;
    (name.len() + BROKEN.len() <= NAME_MAX).then_some(id)
}

/// Where a file goes that is no session.
pub(super) fn broken(name: &str) -> String {
    format!("{name}{BROKEN}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_its_file_name_each_other() {
        let id = SessionId::parse("AB.n1").unwrap();
        assert_eq!(file_of(&id).as_deref(), Some("AB.n1.session"));
        assert_eq!(id_of(OsStr::new("AB.n1.session")), Some(id));
        let long = SessionId::parse(&"A".repeat(240)).unwrap();
        assert_eq!(broken(&file_of(&long).unwrap()).len(), NAME_MAX);
        assert_eq!(file_of(&SessionId::parse(&"A".repeat(241)).unwrap()), None);
    }

    #[test]
    fn foreign_files_have_no_id() {
        for name in
            [".session", "..session", "AB.n1.session.tmp", "AB.n1.session.broken", "a b.session", "AB", ".outlive"]
        {
            assert_eq!(id_of(OsStr::new(name)), None, "{name}");
        }
    }
}
