//! A range becomes a release line that satisfies it, whenever the catalog has one; never the range itself.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use dockwright::catalog::{Catalog, version_key};
use dockwright::languages::{Language, node::Node, python::Python};
use dockwright::project::Project;
use proptest::prelude::*;

/// The version that a language solves for one manifest.
fn solved(language: &dyn Language, files: &[(&str, &str)]) -> String {
    let project = Project::from_files(files.iter().copied());
    language.detect(&project).unwrap()[0].facts().version.as_ref().unwrap().value.clone()
}

/// The release lines of an image, as numbers of this many parts.
fn lines(name: &str, parts: usize) -> Vec<Vec<u64>> {
    let catalog = Catalog::embedded().unwrap();
    catalog.versions(name, "slim").into_iter().map(|version| version_key(version).into_iter().take(parts).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_range_of_node_is_solved(from in 16..28u64, width in 1..8u64) {
        let range = format!(">={from} <{}", from + width);
        let manifest = serde_json::json!({ "name": "x", "engines": { "node": range }, "scripts": { "start": "node a.js" } }).to_string();
        let line = version_key(&solved(&Node, &[("package.json", &manifest), ("a.js", "")]));
        let fits = |line: &[u64]| (from..from + width).contains(&line[0]);
        let known = lines("node", 1);
        prop_assert!(known.contains(&line[..1].to_vec()), "{line:?} is no line of the catalog");
        prop_assert!(fits(&line) || !known.iter().any(|line| fits(line)), "{range} became {line:?}");
    }

    #[test]
    fn a_range_of_python_is_solved(from in 8..16u64, width in 1..8u64) {
        let range = format!(">=3.{from},<3.{}", from + width);
        let manifest = format!("[project]\nname = 'x'\nrequires-python = '{range}'\ndependencies = []\n");
        let line = version_key(&solved(&Python, &[("pyproject.toml", &manifest), ("main.py", "print()\n")]));
        let fits = |line: &[u64]| line[0] == 3 && (from..from + width).contains(&line[1]);
        let known = lines("python", 2);
        prop_assert!(known.contains(&line[..2].to_vec()), "{line:?} is no line of the catalog");
        prop_assert!(fits(&line) || !known.iter().any(|line| fits(line)), "{range} became {line:?}");
    }
}
