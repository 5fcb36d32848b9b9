//! The session app for Tomcat, compiled from `interop/java` when a test needs it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::version::TomcatVersion;

/// Compiles the session app for that Tomcat below `target` and gives the exploded web application. What is compiled already is taken
/// as it is: the folder's name holds a hash of the sources.
///
/// # Errors
/// Where the sources cannot be read or do not compile.
pub fn build_web_app(target: &Path, version: TomcatVersion) -> Result<PathBuf> {
    let java = Path::new(env!("CARGO_MANIFEST_DIR")).join("java");
    let mut sources = java_files(&java.join("src"))?;
    sources.sort();
    let descriptor = java.join("web/WEB-INF/web.xml");
    let mut hasher = DefaultHasher::new();
    let read = |path: &Path| {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        anyhow::Ok(version.translated(&text))
    };
    for path in sources.iter().chain([&descriptor]) {
        read(path)?.hash(&mut hasher);
    }
    let built = target.join(format!("rig/session-app-{:016x}", hasher.finish()));
    if built.exists() {
        return Ok(built);
    }
    // Built beside its place and renamed, so that a build that was broken off, or another one at the same time, does no harm.
    let making = target.join(format!("rig/making-{}", std::process::id()));
    let web_inf = making.join("WEB-INF");
    fs::create_dir_all(web_inf.join("classes"))?;
    fs::write(web_inf.join("web.xml"), read(&descriptor)?)?;
    let translated = making.join("WEB-INF/src");
    let sources = translated_sources(&sources, &java.join("src"), &translated, read)?;
    let compiled = Command::new("javac")
        .args([
            "--release",
            "17",
            "-Xlint:all,-processing,-classfile,-path",
            "-Werror",
            "-cp",
            &version.compile_class_path(),
            "-d",
        ])
        .arg(web_inf.join("classes"))
        .args(&sources)
        .output()
        .context("cannot start javac")?;
    ensure!(compiled.status.success(), "javac: {}", String::from_utf8_lossy(&compiled.stderr));
    if let Err(refused) = fs::rename(&making, &built) {
        ensure!(built.exists(), "cannot rename {} to {}: {refused}", making.display(), built.display());
        fs::remove_dir_all(&making)?;
    }
    Ok(built)
}

/// Writes what the compiler shall read below `to`, in the folders of its packages.
fn translated_sources(
    sources: &[PathBuf],
    from: &Path,
    to: &Path,
    read: impl Fn(&Path) -> Result<String>,
) -> Result<Vec<PathBuf>> {
    sources
        .iter()
        .map(|source| {
            let target = to.join(source.strip_prefix(from)?);
            fs::create_dir_all(target.parent().context("a source without a folder")?)?;
            fs::write(&target, read(source)?)?;
            Ok(target)
        })
        .collect()
}

fn java_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "java") {
                found.push(path);
            }
        }
    }
    Ok(found)
}
