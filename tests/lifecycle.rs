//! Regenerating after the stack changed: facts, files and edits; and the exit codes of what is not done.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod project;

use project::{Project, tree};
use serde_json::Value;

fn express(node: &str) -> String {
    format!(
        r#"{{"name": "web", "engines": {{"node": "{node}"}}, "scripts": {{"start": "node server.js"}}, "dependencies": {{"express": "4.21.2"}}}}"#
    )
}

const SERVER: &str = "const server = require('express')().listen(process.env.PORT || 3000)\nprocess.on('SIGTERM', () => server.close())\n";
const LOCK: &str = r#"{"name": "web", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "web", "dependencies": {"express": "4.21.2"}}, "node_modules/express": {"version": "4.21.2"}}}"#;

fn app() -> Project {
    Project::new(&[("package.json", &express(">=22 <23")), ("package-lock.json", LOCK), ("server.js", SERVER)])
}

const UPDATE: &[&str] = &["update", "--yes"];

/// The user's line, which no regeneration may lose.
const MINE: &str = "# Owned by the payments team.";

/// An app with its files and an edit in one of them.
fn edited(project: Project) -> Project {
    project.ok(&["init", "--yes"]);
    project.edit_top("Dockerfile", MINE);
    project.ok(&["check"]);
    project
}

/// After a change of the stack: `check` names it, `update` does it, the edit is there, and then all is quiet.
#[track_caller]
fn regenerates(project: &Project, fact: &str, texts: &[&str]) {
    let said = project.fails(&["check"], 1, "no longer fit");
    assert!(said.stderr.contains(fact), "`{fact}` is not in: {}", said.stderr);
    assert!(said.stdout.contains("--- a/Dockerfile") && said.stdout.contains("+++ b/Dockerfile"), "{}", said.stdout);
    assert_eq!(project.ok(&["diff"]).stdout, said.stdout);
    let said = project.ok(UPDATE);
    assert!(said.stderr.contains(fact), "`{fact}` is not in: {}", said.stderr);
    let dockerfile = project.read("Dockerfile");
    for text in texts {
        assert!(dockerfile.contains(text), "`{text}` is not in:\n{dockerfile}");
    }
    assert!(dockerfile.contains(MINE), "the edit is gone:\n{dockerfile}");
    project.ok(&["check"]);
    let before = tree(project.0.path());
    project.ok(UPDATE);
    assert_eq!(tree(project.0.path()), before);
}

#[test]
fn another_version() {
    let project = edited(app());
    project.write("package.json", &express(">=24 <25"));
    regenerates(&project, "version: 22 became 24", &["FROM node:24", "nodejs24-debian13"]);
}

#[test]
fn another_port() {
    let project = edited(app());
    project.write("server.js", &SERVER.replace("3000", "4000"));
    regenerates(&project, "port: 3000 became 4000", &["EXPOSE 4000", "PORT=4000"]);
}

#[test]
fn another_start_command() {
    let project = edited(app());
    project.write("package.json", &express(">=22 <23").replace("node server.js", "node --enable-source-maps server.js"));
    regenerates(&project, "start: node server.js became node --enable-source-maps server.js", &["--enable-source-maps"]);
}

#[test]
fn a_health_route_comes() {
    let project = edited(app());
    project.edit("server.js", "app.get('/healthz', (_, response) => response.send('ok'))");
    regenerates(&project, "health: now /healthz", &["/healthz"]);
}

#[test]
fn a_build_comes() {
    let project = edited(app());
    project.write("package.json", &express(">=22 <23").replace("\"scripts\": {", "\"scripts\": {\"build\": \"node build.js\", "));
    regenerates(&project, "build: now npm run build", &["npm run build"]);
}

#[test]
fn the_user_gives_another_answer() {
    let project = edited(app());
    project.write("dockwright.toml", "# ours\nport = 5000 # the balancer's\n");
    regenerates(&project, "port: 3000 became 5000", &["EXPOSE 5000"]);
    project.ok(&["update", "--yes", "--set", "port=5001"]);
    assert_eq!(project.read("dockwright.toml"), "# ours\nport = 5001 # the balancer's\n");
}

#[test]
fn a_service_comes_and_goes() {
    let project = Project::new(&[]);
    for name in ["api", "web"] {
        project.write(&format!("{name}/package.json"), &express(">=22 <23").replace("web", name));
        project.write(&format!("{name}/server.js"), SERVER);
    }
    project.ok(&["init", "--yes"]);
    project.write("worker/package.json", &express(">=22 <23").replace("web", "worker"));
    project.write("worker/server.js", SERVER);
    project.fails(&["check"], 1, "worker");
    let said = project.ok(UPDATE);
    assert!(said.stderr.contains("service: now worker") && project.has("worker/Dockerfile"), "{}", said.stderr);
    // One goes, with its pristine files; of another, an edited file stays.
    project.remove("worker/package.json");
    project.remove("worker/server.js");
    project.edit_top("web/Dockerfile", MINE);
    project.remove("web/package.json");
    project.remove("web/server.js");
    let said = project.ok(UPDATE);
    assert!(!project.has("worker/Dockerfile") && !project.has("web/.dockerignore"), "{}", said.stderr);
    assert!(project.read("web/Dockerfile").contains(MINE));
    project.ok(&["check"]);
}

#[test]
fn what_the_user_deleted_stays_deleted() {
    let project = app();
    project.ok(&["init", "--yes"]);
    project.remove(".dockerignore");
    project.ok(&["check"]);
    project.write("package.json", &express(">=24 <25"));
    assert_eq!(
        project.actions(UPDATE).into_iter().filter(|(path, _)| !path.starts_with("k8s")).collect::<Vec<_>>(),
        [("Dockerfile".to_owned(), "updated".to_owned()), (".dockerignore".to_owned(), "kept".to_owned())]
    );
    assert!(!project.has(".dockerignore"));
}

#[test]
fn a_pin_that_a_bot_moved_is_no_drift_and_stays() {
    let project = app();
    project.ok(&["init", "--yes"]);
    let dockerfile = project.read("Dockerfile");
    let pin = dockerfile.split_whitespace().find(|word| word.starts_with("node:22")).unwrap();
    let digest = pin.rsplit(':').next().unwrap();
    let moved = pin.replace(digest, &"0".repeat(64)).replace("node:22.", "node:22.999.");
    project.write("Dockerfile", &dockerfile.replace(pin, &moved));
    project.ok(&["check"]);
    project.write("server.js", &SERVER.replace("3000", "4000"));
    project.ok(UPDATE);
    let after = project.read("Dockerfile");
    assert!(after.contains(&moved) && after.contains("EXPOSE 4000"), "{after}");
    // A new release line is the stack's, not the bot's.
    project.write("package.json", &express(">=24 <25"));
    project.ok(UPDATE);
    assert!(!project.read("Dockerfile").contains(&moved));
}

#[test]
fn the_same_lines_changed_on_both_sides() {
    let project = app();
    project.ok(&["init", "--yes"]);
    project.write("Dockerfile", &project.read("Dockerfile").replace("EXPOSE 3000", "EXPOSE 3001"));
    project.write("server.js", &SERVER.replace("3000", "4000"));
    let mine = project.read("Dockerfile");
    let said = project.run(UPDATE);
    assert_eq!(said.code, 5, "{}", said.stderr);
    assert!(said.stderr.contains("Dockerfile.dockwright-new"), "{}", said.stderr);
    assert_eq!(project.read("Dockerfile"), mine);
    assert!(project.read("Dockerfile.dockwright-new").contains("EXPOSE 4000"));
    // It is still a conflict until it is settled; each policy settles it.
    assert_eq!(project.run(UPDATE).code, 5);
    assert_eq!(project.run(&["update", "--yes", "--conflict", "markers"]).code, 5);
    assert!(project.read("Dockerfile").contains("<<<<<<< yours"));
    project.write("Dockerfile", &mine);
    let project = project;
    project.remove("dockwright.lock");
    project.fails(UPDATE, 6, "--force");
}

#[test]
fn ours_and_theirs_end_a_conflict() {
    for (policy, port) in [("ours", "EXPOSE 3001"), ("theirs", "EXPOSE 4000")] {
        let project = app();
        project.ok(&["init", "--yes"]);
        project.write("Dockerfile", &project.read("Dockerfile").replace("EXPOSE 3000", "EXPOSE 3001"));
        project.write("server.js", &SERVER.replace("3000", "4000"));
        project.ok(&["update", "--yes", "--conflict", policy]);
        assert!(project.read("Dockerfile").contains(port), "{policy}");
        project.ok(&["check"]);
    }
}

#[test]
fn a_broken_lock_is_pointed_at() {
    let project = app();
    project.ok(&["init", "--yes"]);
    project.edit("dockwright.lock", "<<<<<<< yours");
    project.fails(UPDATE, 4, "dockwright.lock");
}

#[test]
fn a_broken_answers_file_is_pointed_at() {
    let project = app();
    project.write("dockwright.toml", "port = 3000\nprot = 1\n");
    project.fails(&["init", "--yes"], 2, "did you mean `port`?");
    project.write("dockwright.toml", "port = \n");
    project.fails(&["init", "--yes"], 2, "dockwright.toml:1:");
}

#[test]
fn undo_brings_the_last_run_back() {
    let project = app();
    project.ok(&["init", "--yes"]);
    let first = project.read("Dockerfile");
    project.write("package.json", &express(">=24 <25"));
    project.ok(UPDATE);
    assert_ne!(project.read("Dockerfile"), first);
    project.ok(&["undo"]);
    assert_eq!(project.read("Dockerfile"), first);
    project.fails(&["check"], 1, "no longer fit");
}

#[test]
fn without_state_the_artefacts_alone_are_written() {
    let project = app();
    project.ok(&["init", "--yes", "--no-state", "--set", "port=4000"]);
    assert!(project.has("Dockerfile") && !project.has("dockwright.lock") && !project.has("dockwright.toml"));
}

#[test]
fn answers_come_from_a_file_and_emit_selects() {
    let project = app();
    project.write("answers.toml", "port = 4000\nstart = [\"node\", \"server.js\", \"--verbose\"]\n");
    let answers = project.0.path().join("answers.toml");
    project.ok(&["init", "--yes", "--emit", "-dockerignore", "--answers", answers.to_str().unwrap()]);
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("EXPOSE 4000") && dockerfile.contains("--verbose"), "{dockerfile}");
    assert!(!project.has(".dockerignore"));
    // What was chosen once stays chosen.
    project.ok(UPDATE);
    assert!(!project.has(".dockerignore"));
    project.ok(&["check"]);
}

#[test]
fn one_service_of_several_may_be_updated_alone() {
    let project = Project::new(&[]);
    for name in ["api", "web"] {
        project.write(&format!("{name}/package.json"), &express(">=22 <23").replace("web", name));
        project.write(&format!("{name}/server.js"), SERVER);
    }
    project.ok(&["init", "--yes", "--service", "api"]);
    assert!(project.has("api/Dockerfile") && !project.has("web/Dockerfile"));
    project.ok(&["init", "--yes", "--service", "web"]);
    project.ok(&["check"]);
    project.fails(&["init", "--yes", "--service", "wbe"], 2, "did you mean `web`?");
}

#[test]
fn questions_name_every_answer_with_its_present_value() {
    let project = app();
    project.write("dockwright.toml", "port = 4000\n");
    let json: Value = serde_json::from_str(&project.ok(&["questions", "--format", "json"]).stdout).unwrap();
    let row = |key: &str| json["questions"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone();
    assert_eq!((row("port")["value"].clone(), row("port")["default"].clone()), ("4000".into(), "3000".into()));
    assert_eq!((row("port")["type"].clone(), row("port")["source"].clone()), ("number".into(), "dockwright.toml".into()));
    assert_eq!(row("base")["choices"], serde_json::json!(["distroless", "slim", "alpine"]));
}

#[test]
fn a_project_without_state_fails_the_check() {
    app().fails(&["check"], 1, "dockwright.lock");
}
