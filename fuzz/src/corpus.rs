//! Inputs by which a target is tested in every run: whole ones, and the same cut and flipped.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::damage::damaged;
use crate::random::Random;
use crate::targets::Target;
use crate::vectors::Vectors;

/// The folder of this package.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Inputs that once made `target` fail: the files of `fuzz/regressions/<target>`, by name.
///
/// # Panics
/// If a file cannot be read.
pub fn regressions(target: &Target) -> Vec<Vec<u8>> {
    files(&folder().join("regressions").join(target.name)).iter().map(|path| read(path)).collect()
}

/// What libFuzzer begins with: the regressions, and what the vectors of the project hold for the target. No input twice.
///
/// # Panics
/// If there is nothing: then the vectors are not where they were.
pub fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut known = BTreeSet::new();
    let all = regressions(target).into_iter().chain((target.seeds)(&Vectors::read()));
    let seeds: Vec<_> = all.filter(|seed| known.insert(seed.clone())).collect();
    assert!(!seeds.is_empty(), "no seeds for {}", target.name);
    seeds
}

/// The inputs of the replay: all seeds, then damaged ones up to `target.replayed` in all. The same in every run.
///
/// # Panics
/// As [`seeds`].
pub fn inputs(target: &Target) -> impl Iterator<Item = Vec<u8>> {
    let seeds = seeds(target);
    let damaged_len = target.replayed.saturating_sub(seeds.len());
    let mut random = Random::of(target.name.as_bytes());
    let whole = seeds.clone().into_iter();
    whole.chain((0..damaged_len).map(move |number| damaged(&seeds[number % seeds.len()], &seeds, &mut random)))
}

/// The files in a folder and the folders below it, sorted; none if it is not there.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
