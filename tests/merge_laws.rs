//! The laws of the merge, over random edits of the real snapshots; and the same results as `git merge-file`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

use dockwright::reconcile::{OnConflict, Outcome, reconcile};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// An edit of a text: at a line, take some away and put some in.
#[derive(Debug, Clone)]
struct Edit {
    at: prop::sample::Index,
    remove: usize,
    insert: Vec<u8>,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (any::<prop::sample::Index>(), 0..4usize, prop::collection::vec(any::<u8>(), 0..3))
        .prop_map(|(at, remove, insert)| Edit { at, remove, insert });
    prop::collection::vec(edit, 0..4)
}

/// Lines that carry `mark` are this side's own.
fn apply(base: &str, edits: &[Edit], mark: &str) -> String {
    let mut lines: Vec<String> = base.lines().map(str::to_owned).collect();
    for edit in edits {
        let at = edit.at.index(lines.len() + 1);
        let end = (at + edit.remove).min(lines.len());
        let new = edit.insert.iter().map(|byte| format!("{mark} {byte}"));
        lines.splice(at..end, new);
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Every Dockerfile of the snapshots, those of single services included.
fn snapshots() -> Vec<String> {
    fn below(dir: &Path, texts: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, texts);
            } else if path.file_name().is_some_and(|name| name == "Dockerfile") {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut texts = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots"), &mut texts);
    texts.sort();
    texts
}

/// What stands on disk after a run.
fn after(disk: &str, outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Updated(text) | Outcome::Merged(text) => Some(text.clone()),
        Outcome::Unchanged => Some(disk.to_owned()),
        _ => None,
    }
}

#[test]
fn the_laws_hold_over_twenty_thousand_edits() {
    let snapshots = snapshots();
    let mut runner = TestRunner::new(Config { cases: 20_000, failure_persistence: None, ..Config::default() });
    let strategy = (any::<prop::sample::Index>(), edits(), edits());
    runner
        .run(&strategy, |(which, user, stack)| {
            let base = which.get(&snapshots).as_str();
            let (disk, fresh) = (apply(base, &user, "# user"), apply(base, &stack, "# fresh"));
            let merge = |base, disk, fresh| reconcile(Some(base), Some(disk), Some(fresh), OnConflict::NewFile);
            // Nobody edited: the new text. Nothing new: the user's. The same on both sides: once.
            prop_assert_eq!(after(base, &merge(base, base, &fresh)), Some(fresh.clone()));
            prop_assert_eq!(after(&disk, &merge(base, &disk, base)), Some(disk.clone()));
            prop_assert_eq!(merge(base, &disk, &disk), Outcome::Unchanged);
            match after(&disk, &merge(base, &disk, &fresh)) {
                Some(merged) => {
                    // No line of the user's vanishes, and a second run changes nothing.
                    for line in disk.lines().filter(|line| line.starts_with("# user")) {
                        prop_assert!(merged.lines().any(|kept| kept == line), "{} vanished from:\n{}", line, merged);
                    }
                    prop_assert_eq!(merge(&fresh, &merged, &fresh), Outcome::Unchanged);
                }
                None => {
                    let outcome = merge(base, &disk, &fresh);
                    let is_conflict = matches!(&outcome, Outcome::Conflict { fresh: beside, marked: None } if *beside == fresh);
                    prop_assert!(is_conflict, "{:?}", outcome);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_result_is_that_of_git() {
    let snapshots = snapshots();
    let dir = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let strategy = (any::<prop::sample::Index>(), edits(), edits());
    runner
        .run(&strategy, |(which, user, stack)| {
            let base = which.get(&snapshots).as_str();
            let (disk, fresh) = (apply(base, &user, "# user"), apply(base, &stack, "# fresh"));
            for (name, text) in [("disk", disk.as_str()), ("base", base), ("fresh", &fresh)] {
                std::fs::write(dir.path().join(name), text).unwrap();
            }
            let git = Command::new("git")
                .args(["merge-file", "-p", "disk", "base", "fresh"])
                .current_dir(dir.path())
                .output()
                .expect("git is there");
            let outcome = reconcile(Some(base), Some(&disk), Some(&fresh), OnConflict::NewFile);
            match after(&disk, &outcome) {
                Some(merged) => prop_assert_eq!(merged, String::from_utf8(git.stdout).unwrap()),
                // git may join what we call a conflict when both sides are alike in part; it never has fewer.
                None => prop_assert!(!git.status.success(), "git merges:\n{}", String::from_utf8_lossy(&git.stdout)),
            }
            Ok(())
        })
        .unwrap();
}
