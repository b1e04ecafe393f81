//! What adding a language must not forget: code, templates, fixtures, snapshots and a row in the README.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Code that is no language: the module itself, and the table of stacks that are recognised only.
const NO_LANGUAGE: &[&str] = &["mod", "recognised"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Names of what a folder holds, without an ending, when `keep` says so.
fn names(folder: &str, keep: impl Fn(&Path) -> bool) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| keep(path)).map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The languages, by their code.
fn languages() -> BTreeSet<String> {
    let mut names = names("src/languages", |_| true);
    names.retain(|name| !NO_LANGUAGE.contains(&name.as_str()));
    // `static` is a word of Rust's.
    names.into_iter().map(|name| name.trim_end_matches("_site").to_owned()).collect()
}

#[test]
fn every_language_has_templates_fixtures_and_a_row() {
    let templates = names("templates", |path| path.join("Dockerfile").is_file());
    let fixtures = names("tests/fixtures", Path::is_dir);
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let languages = languages();
    assert!(languages.len() >= 3, "{languages:?}");
    for language in &languages {
        assert!(templates.contains(language), "`templates/{language}/Dockerfile` is missing");
        assert!(fixtures.iter().any(|name| name.starts_with(&format!("{language}-"))), "no `tests/fixtures/{language}-...`");
        let row = readme.lines().any(|line| line.starts_with('|') && line.contains(&format!("`{language}`")));
        assert!(row, "the README's table has no row with `{language}`");
    }
    assert_eq!(templates.difference(&languages).next(), None, "templates of no language");
}

#[test]
fn every_fixture_is_described_and_has_its_snapshots() {
    let fixtures = names("tests/fixtures", Path::is_dir);
    let described = names("tests/fixtures", |path| path.extension().is_some_and(|ending| ending == "toml"));
    let snapshots = names("snapshots", Path::is_dir);
    assert_eq!(fixtures, described, "a fixture and its `.toml` go together");
    assert_eq!(fixtures, snapshots, "a fixture and its snapshots go together");
}
