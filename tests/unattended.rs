//! The uses that a script makes of it, end to end: from nothing, after a change, and below a templating tool; and what a run does
//! that the disk, or another run, stops.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod project;

use std::process::{Command, Output};

use project::{Project, tree};

const MANIFEST: &str = r#"{"name": "shop", "scripts": {"start": "node server.js"}, "dependencies": {"express": "^5.1.0"}}"#;
const LOCK: &str = r#"{"name": "shop", "lockfileVersion": 3, "packages": {"": {"name": "shop", "dependencies": {"express": "^5.1.0"}}, "node_modules/express": {"version": "5.1.0"}}}"#;
const SERVER: &str = "const s = require('express')().listen(process.env.PORT || 3000)\nprocess.on('SIGTERM', () => s.close())\n";

/// A shell script in the project's folder, with the program as `dockwright` and nothing of this machine's settings.
fn script(project: &Project, text: &str) -> Output {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_dockwright")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", program.display());
    Command::new("sh").args(["-euc", text]).current_dir(project.0.path()).env_clear().env("PATH", path).output().unwrap()
}

#[track_caller]
fn runs(project: &Project, text: &str) -> String {
    let output = script(project, text);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn from_nothing_to_an_app() {
    let project = Project::new(&[]);
    runs(&project, "dockwright init --no-input --set language=node --set framework=express && dockwright check");
    for (path, text) in [("package.json", MANIFEST), ("package-lock.json", LOCK), ("server.js", SERVER)] {
        project.write(path, text);
    }
    runs(&project, "dockwright update --no-input && dockwright check && dockwright audit -q");
    assert!(project.read("Dockerfile").contains("npm ci"));
}

#[test]
fn after_a_change_of_the_stack() {
    let project = Project::new(&[("package.json", MANIFEST), ("package-lock.json", LOCK), ("server.js", SERVER)]);
    runs(&project, "dockwright init --yes && dockwright check");
    project.write("server.js", &SERVER.replace("3000", "3100"));
    let output = script(&project, "dockwright check");
    assert_eq!(output.status.code(), Some(1));
    let shown = runs(&project, "dockwright diff");
    assert!(shown.contains("-EXPOSE 3000\n+EXPOSE 3100"), "{shown}");
    runs(&project, "dockwright update --yes && dockwright check && dockwright undo");
    assert!(project.read("Dockerfile").contains("EXPOSE 3000"));
}

#[test]
fn as_the_last_step_of_a_templating_tool() {
    let project = Project::new(&[("package.json", MANIFEST), ("package-lock.json", LOCK), ("server.js", SERVER)]);
    let paths = runs(
        &project,
        "printf 'port = 4200\\nemit = \"dockerfile,dockerignore\"\\n' | dockwright init --no-input --answers - --no-state --format json",
    );
    let document: serde_json::Value = serde_json::from_str(&paths).unwrap();
    let created: Vec<&str> = document["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(created, ["Dockerfile", ".dockerignore"]);
    assert!(project.read("Dockerfile").contains("EXPOSE 4200") && !project.has("dockwright.lock"));
    // One file alone, for a tool that places it by itself.
    let one = runs(&project, "dockwright init --no-input --set port=4200 --stdout Dockerfile");
    assert_eq!(one, project.read("Dockerfile"));
}

#[test]
fn a_full_disk_changes_nothing() {
    let project = Project::new(&[("package.json", MANIFEST), ("package-lock.json", LOCK), ("server.js", SERVER)]);
    let before = tree(project.0.path());
    // No file may grow beyond half a kilobyte; the signal is ignored, so that writing fails as on a full disk.
    let output = script(&project, "trap '' XFSZ; ulimit -f 1; exec dockwright init --yes");
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was changed"));
    assert_eq!(tree(project.0.path()), before);
}

#[test]
fn killed_in_a_write_the_next_run_goes_on() {
    use std::os::unix::process::ExitStatusExt as _;
    let project = Project::new(&[("package.json", MANIFEST), ("package-lock.json", LOCK), ("server.js", SERVER)]);
    let before = tree(project.0.path());
    // The same limit with the signal left alone: the kernel kills the program in the middle of a write.
    let output = script(&project, "ulimit -f 1; exec dockwright init --yes");
    assert!(output.status.signal().is_some(), "{:?}", output.status);
    let ours = |path: &&std::path::PathBuf| !path.to_string_lossy().contains("/.dockwright/");
    assert_eq!(tree(project.0.path()).keys().filter(ours).collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let said = String::from_utf8(script(&project, "dockwright init --yes").stderr).unwrap();
    assert!(said.contains("an earlier run was interrupted"), "{said}");
    assert!(project.has("Dockerfile") && !project.has(".dockwright/stage"));
}

#[test]
fn two_at_once_end_as_one() {
    let project = Project::new(&[("package.json", MANIFEST), ("package-lock.json", LOCK), ("server.js", SERVER)]);
    let children: Vec<_> = (0..4).map(|_| project.command(&["init", "--yes", "-q"]).spawn().unwrap()).collect();
    let codes: Vec<i32> = children.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    assert!(codes.contains(&0) && codes.iter().all(|code| matches!(code, 0 | 7)), "{codes:?}");
    project.ok(&["check"]);
    assert!(!project.has(".dockwright"));
}
