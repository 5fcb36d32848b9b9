//! Source files as the checks see them: without tests and comments.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// All Rust files below a folder but those of modules that exist for tests only, sorted; each with its text.
pub(super) fn files(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                found.push((path, text));
            }
        }
    }
    found.sort();
    let of_tests: Vec<PathBuf> = found.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    found.retain(|(path, _)| {
        !of_tests.iter().any(|module| path.starts_with(module) || *path == module.with_extension("rs"))
    });
    Ok(found)
}

/// The places of the modules that a file declares under `#[cfg(test)]`, without extension: `src/foo/tests` for `src/foo.rs`.
fn test_modules(path: &Path, text: &str) -> Vec<PathBuf> {
    let is_root = path.file_stem().is_some_and(|stem| stem == "lib" || stem == "mod" || stem == "main");
    let folder = if is_root { path.parent().unwrap_or(path).to_owned() } else { path.with_extension("") };
    let mut modules = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if is_test_attribute(line.trim_start()) {
            let item = lines.find(|line| !line.trim_start().starts_with("#[")).unwrap_or_default();
            let name = item
                .trim_start()
                .trim_start_matches("pub(crate) ")
                .strip_prefix("mod ")
                .and_then(|rest| rest.strip_suffix(';'));
            modules.extend(name.map(|name| folder.join(name)));
        }
    }
    modules
}

fn is_test_attribute(line: &str) -> bool {
    line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test")
}

/// The lines, numbered from 1, that are neither comments nor part of an item under `#[cfg(test)]`.
///
/// It trusts in rustfmt: an item ends with the first line that has its indentation and begins with a closing brace, or at once with `;`.
pub(super) fn outside_of_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut skipping: Option<Skipping> = None;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let bare = line.trim_start();
        let indentation = line.len() - bare.len();
        match skipping {
            Some(Skipping::Head(head)) => {
                let ends_here = bare.ends_with(';') || bare.ends_with('}');
                let is_more_head = bare.starts_with("#[") || bare.starts_with("//");
                if !is_more_head {
                    skipping = (!ends_here).then_some(Skipping::Body(head));
                }
                None
            }
            Some(Skipping::Body(head)) => {
                if indentation == head && bare.starts_with('}') {
                    skipping = None;
                }
                None
            }
            None if is_test_attribute(bare) => {
                skipping = Some(Skipping::Head(indentation));
                None
            }
            None if bare.starts_with("//") => None,
            None => Some((index + 1, line)),
        }
    })
}

/// Where in an item under `#[cfg(test)]` the reader is; with the item's indentation.
#[derive(Clone, Copy)]
enum Skipping {
    Head(usize),
    Body(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_comments_are_left_out() {
        let text = "one\n// two\n#[cfg(test)]\nmod tests;\nfive\n#[cfg(test)]\n#[allow(x)]\nmod more {\n    fn f() {}\n}\neleven\n";
        let lines: Vec<_> = outside_of_tests(text).collect();
        assert_eq!(lines, [(1, "one"), (5, "five"), (11, "eleven")]);
    }
    #[test]
    fn modules_of_tests_are_found_where_they_lie() {
        let text = "mod one;\n#[cfg(test)]\nmod two;\n#[cfg(test)]\n#[path]\npub(crate) mod three;\n#[cfg(test)]\nmod four {\n}\n";
        assert_eq!(test_modules(Path::new("src/lib.rs"), text), [Path::new("src/two"), Path::new("src/three")]);
        assert_eq!(test_modules(Path::new("src/a/b.rs"), text)[0], Path::new("src/a/b/two"));
    }
}
