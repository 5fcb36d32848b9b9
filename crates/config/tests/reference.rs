//! The page of all settings is what the table says, and its examples are files that can be read.

use expect_test::expect_file;
use outlive_config::{Definitions, Level, parse_toml, reference};

/// `UPDATE_EXPECT=1`, which `cargo xtask fix` sets, writes it anew.
#[test]
fn the_page_is_that_of_the_table() {
    expect_file!["../../../docs/configuration.md"].assert_eq(&reference());
}

#[test]
fn the_examples_of_the_page_are_understood() {
    let page = reference();
    let examples: Vec<_> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    for example in [examples[0].to_owned(), format!("[[application]]\npath = \"\"\n{}", examples[1])] {
        let (_, notices) = parse_toml("example.toml", &example, &Definitions::default())
            .unwrap_or_else(|error| panic!("{error}\n{example}"));
        assert!(notices.iter().all(|notice| notice.level != Level::Warning), "{notices:?}");
    }
}
