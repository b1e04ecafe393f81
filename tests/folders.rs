//! A service in a folder is the same service: same files, in its folder, and evidence that starts at the root.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

#[test]
fn a_service_in_a_folder_gets_the_same_files_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root.join("tests/fixtures")).unwrap() {
        let fixture = entry.unwrap().path();
        if !fixture.is_dir() {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        copy_tree(&fixture, &dir.path().join("services").join(fixture.file_name().unwrap()));
        let output = dockwright(&["detect", "--format", "json"], dir.path());
        let facts: serde_json::Value = serde_json::from_slice(&output).unwrap();
        let place = format!("services/{}", fixture.file_name().unwrap().to_str().unwrap());
        for service in facts["services"].as_array().unwrap() {
            let path = service["path"].as_str().unwrap();
            let member = path.strip_prefix(&place).unwrap_or_else(|| panic!("{path} is not in {place}")).trim_start_matches('/');
            for evidence in service["language"]["evidence"].as_array().unwrap() {
                assert!(root.join("tests/fixtures").join(evidence["file"].as_str().unwrap().trim_start_matches("services/")).exists());
            }
            let inside = dockwright(&["init", "--yes", "--stdout", &format!("{path}/Dockerfile")], dir.path());
            let snapshot = root.join("snapshots").join(fixture.file_name().unwrap()).join(member).join("Dockerfile");
            assert_eq!(String::from_utf8(inside).unwrap(), std::fs::read_to_string(snapshot).unwrap(), "{fixture:?}");
        }
    }
}

#[test]
fn every_service_of_a_repository_is_found_once() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("api/package.json", r#"{"name": "app", "scripts": {"start": "node server.js"}, "dependencies": {"express": "4"}}"#),
        ("api/server.js", "app.listen(4000)"),
        ("api/lib/package.json", r#"{"name": "lib"}"#),
        ("web/package.json", r#"{"name": "app", "scripts": {"start": "node server.js"}, "dependencies": {"express": "4"}}"#),
        ("web/server.js", "app.listen(4001)"),
        ("docs/index.html", "<h1>docs</h1>"),
    ] {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let facts: serde_json::Value = serde_json::from_slice(&dockwright(&["detect", "--format", "json"], dir.path())).unwrap();
    let found: Vec<(&str, &str)> = facts["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| (service["name"].as_str().unwrap(), service["path"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [("api", "api"), ("web", "web")]);
    let port = |text: &str| text.lines().any(|line| line == "EXPOSE 5000");
    let web = dockwright(&["init", "--yes", "--set", "web.port=5000", "--stdout", "web/Dockerfile"], dir.path());
    let api = dockwright(&["init", "--yes", "--set", "web.port=5000", "--stdout", "api/Dockerfile"], dir.path());
    assert!(port(&String::from_utf8(web).unwrap()));
    assert!(!port(&String::from_utf8(api).unwrap()));
}

#[test]
fn what_is_recognised_only_is_left_out_with_a_word() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in [("web/index.html", "<h1>hello</h1>"), ("api/app.py", "import flask\napp = flask.Flask('x')\n"), ("shop/Gemfile", "")] {
        std::fs::create_dir_all(dir.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(dir.path().join(path), text).unwrap();
    }
    let report: serde_json::Value = serde_json::from_slice(&dockwright(&["init", "--yes", "--format", "json"], dir.path())).unwrap();
    assert!(report["notes"].as_array().unwrap().iter().any(|note| note["message"].as_str().unwrap().starts_with("`shop` is left out")));
    assert!(dir.path().join("api/Dockerfile").exists() && !dir.path().join("shop/Dockerfile").exists());
}

fn dockwright(arguments: &[&str], dir: &Path) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_dockwright")).args(arguments).arg(dir).output().unwrap();
    assert!(output.status.success(), "{dir:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
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
