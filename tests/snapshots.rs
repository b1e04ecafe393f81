//! The generated files of every fixture, as files under `snapshots/`. `DOCKWRIGHT_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Generated files by path relative to the fixture.
type Files = BTreeMap<String, String>;

#[test]
fn generated_files_are_as_reviewed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for entry in std::fs::read_dir(root.join("tests/fixtures")).unwrap() {
        let fixture = entry.unwrap().path();
        if !fixture.is_dir() {
            continue;
        }
        let case = root.join("snapshots").join(fixture.file_name().unwrap());
        let generated = generate(&fixture);
        if std::env::var_os("DOCKWRIGHT_BLESS").is_some() {
            let _ = std::fs::remove_dir_all(&case);
            for (path, text) in &generated {
                let path = case.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
        }
        let mut reviewed = Files::new();
        read(&case, "", &mut reviewed);
        let paths = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(paths(&generated), paths(&reviewed), "{case:?} holds other files; DOCKWRIGHT_BLESS=1 cargo test writes them anew");
        for (path, text) in &generated {
            assert_eq!(*text, reviewed[path], "{case:?}/{path} differs; DOCKWRIGHT_BLESS=1 cargo test writes it anew");
            seen += 1;
        }
    }
    assert!(seen > 0);
}

/// What `init` writes into a copy, whose folder has the fixture's name: services are named by it.
fn generate(fixture: &Path) -> Files {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join(fixture.file_name().unwrap());
    copy_tree(fixture, &copy);
    let output = Command::new(env!("CARGO_BIN_EXE_dockwright"))
        .args(["init", "--yes", "--no-state", "--format", "json"])
        .arg(&copy)
        .output()
        .unwrap();
    assert!(output.status.success(), "{fixture:?}: {}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let paths = report["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned());
    paths.map(|path| (path.clone(), std::fs::read_to_string(copy.join(path)).unwrap())).collect()
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn read(dir: &Path, prefix: &str, into: &mut Files) {
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), &format!("{path}/"), into);
        } else {
            into.insert(path, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}
