//! Source files as the checks see them: without tests and comments.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// All Rust files below a folder but those of tests (`tests.rs`, `tests/`), sorted.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.file_stem().is_some_and(|stem| stem == "tests") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
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
            None if bare.starts_with("#[cfg(test)]") || bare.starts_with("#[cfg(all(test") => {
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
}
