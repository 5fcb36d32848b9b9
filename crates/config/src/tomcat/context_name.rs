//! What an application's file or folder is called, and its path.

/// An application's path and version, from the name of its file or folder.
///
/// Source: Tomcat `ContextName`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContextName {
    /// Empty for the root.
    pub(crate) path: String,
    pub(crate) version: Option<String>,
}

impl ContextName {
    /// Of `ROOT`, `app`, `a#b`, `app##2`.
    pub(crate) fn of_base_name(name: &str) -> Self {
        let (name, version) = match name.split_once("##") {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (name, None),
        };
        let name = name.trim_start_matches(['/', '#']);
        let path = if name.is_empty() || name == "ROOT" || name.starts_with("ROOT/") {
            String::new()
        } else {
            format!("/{}", name.replace('#', "/"))
        };
        Self { path, version }
    }

    /// Of a path as `Context` has it.
    pub(crate) fn of_path(path: &str, version: Option<String>) -> Self {
        let path = path.trim_matches('/');
        Self { path: if path.is_empty() { String::new() } else { format!("/{path}") }, version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths() {
        for (name, path, version) in [
            ("ROOT", "", None),
            ("app", "/app", None),
            ("a#b", "/a/b", None),
            ("app##2", "/app", Some("2")),
            ("ROOT##7", "", Some("7")),
        ] {
            let expected = ContextName { path: path.to_owned(), version: version.map(str::to_owned) };
            assert_eq!(ContextName::of_base_name(name), expected);
        }
    }
}
