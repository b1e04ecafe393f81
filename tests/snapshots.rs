//! The generated files of every fixture, as files under `snapshots/`. `DOCKWRIGHT_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

const FILES: &[&str] = &["Dockerfile", ".dockerignore"];

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
        for file in FILES {
            let output = Command::new(env!("CARGO_BIN_EXE_dockwright"))
                .args(["init", "--yes", "--stdout", file])
                .arg(&fixture)
                .output()
                .unwrap();
            let generated = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{fixture:?}: {}", String::from_utf8_lossy(&output.stderr));
            if std::env::var_os("DOCKWRIGHT_BLESS").is_some() {
                std::fs::create_dir_all(&case).unwrap();
                std::fs::write(case.join(file), &generated).unwrap();
            }
            let reviewed = std::fs::read_to_string(case.join(file)).unwrap_or_default();
            assert_eq!(generated, reviewed, "{case:?}/{file} differs; DOCKWRIGHT_BLESS=1 cargo test writes it anew");
            seen += 1;
        }
    }
    assert!(seen > 0);
}
