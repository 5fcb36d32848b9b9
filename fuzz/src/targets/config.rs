//! Configuration files: server.xml, context.xml, web.xml, outlive.toml.
//!
//! - What was taken is written as an outlive.toml that is read as the same.
//! - A file that is refused says where and why, and what is said of a file is a bounded number of lines, each one line.
//! - `${…}` puts in no more than there is room for.

use outlive_config::{
    ConfigError, Configuration, Definitions, Notice, TomlOptions, parse_application, parse_server_xml, parse_toml,
    to_toml,
};

use crate::memory::bounded;
use crate::vectors::Vectors;

/// Bytes of memory for each byte of a file, beside what all decoders may take: a file is read once, by its owner, and one attribute that
/// nobody knows becomes a sentence.
const MORE: usize = 1024;
/// More things are not told.
const TOLD_MAX: usize = 1000;

/// The target: the bytes as each of the files.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let definitions = Definitions::new(
        [("a", "${b}"), ("b", "8"), ("loop", "${loop}x"), ("bomb", "${bomb}${bomb}")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        [],
    );
    let server = read(data, || parse_server_xml("f", text, &definitions));
    let native = read(data, || parse_toml("f", text, &definitions));
    for configuration in [server, native].into_iter().flatten() {
        check_written(&configuration, &definitions);
    }
    for (context, web) in [(Some(("f", text)), None), (None, Some(("f", text)))] {
        if let Some(application) = read(data, || parse_application(context, web, &definitions)) {
            check_written(&Configuration { applications: vec![application], ..Configuration::default() }, &definitions);
        }
    }
}

fn read<T>(data: &[u8], parse: impl FnOnce() -> Result<(T, Vec<Notice>), ConfigError>) -> Option<T> {
    match bounded(data.len(), data.len() * MORE, parse) {
        Ok((read, notices)) => {
            assert!(notices.len() <= TOLD_MAX, "{} notices", notices.len());
            assert!(notices.iter().all(|notice| is_line(&notice.to_string())), "{notices:?}");
            Some(read)
        }
        Err(error) => {
            assert!(!error.faults.is_empty() && error.faults.len() <= TOLD_MAX);
            assert!(error.faults.iter().all(|fault| fault.place.is_some() && is_line(&fault.to_string())), "{error}");
            None
        }
    }
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && text.len() < 20_000 && !text.contains(['\n', '\r', '\0'])
}

fn check_written(configuration: &Configuration, definitions: &Definitions) {
    let text = to_toml(configuration, TomlOptions { secrets: true, defaults: false });
    // What is written is looked through for names again, and what is left of them may come together as another one.
    if text.contains("${") {
        return;
    }
    let (again, _) = parse_toml("f", &text, definitions)
        .unwrap_or_else(|error| panic!("what was taken is refused: {error}\n{text}"));
    assert!(again == *configuration, "{text}");
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    vectors.configurations.clone()
}
