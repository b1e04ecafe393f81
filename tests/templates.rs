//! An organisation's own templates: a block or a whole one, named in the lock; and the promises that they may not break.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod project;

use project::Project;
use serde_json::Value;

const LABEL: &str = "{% extends \"builtin/Dockerfile\" %}\n{% block own %}\nLABEL org.example.team=\"payments\"{% endblock %}\n";

fn app() -> Project {
    Project::new(&[
        ("package.json", r#"{"name": "web", "engines": {"node": ">=22 <23"}, "scripts": {"start": "node server.js"}}"#),
        ("server.js", "require('http').createServer().listen(3000)\nprocess.on('SIGTERM', () => process.exit())\n"),
    ])
}

/// An app with one override, and its folder.
fn with(template: &str, text: &str) -> (Project, String) {
    let project = app();
    project.write(&format!("own-templates/{template}"), text);
    let dir = project.0.path().join("own-templates").to_str().unwrap().to_owned();
    (project, dir)
}

#[test]
fn a_block_is_overridden_and_the_lock_names_it() {
    let (project, dir) = with("Dockerfile", LABEL);
    project.ok(&["init", "--yes", "--templates", &dir]);
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("LABEL org.example.team=\"payments\"\n# A number") && dockerfile.contains("FROM node:22"), "{dockerfile}");
    assert!(project.read("dockwright.toml").contains("templates = \"own-templates\""));
    let lock = project.read("dockwright.lock");
    assert!(lock.contains("[[template]]\nname = \"Dockerfile\"\nsha256 = \""), "{lock}");
    // It is remembered, and a change of it is drift.
    project.ok(&["check"]);
    project.write("own-templates/Dockerfile", &LABEL.replace("payments", "orders"));
    project.fails(&["check"], 1, "no longer fit");
    project.ok(&["update", "--yes"]);
    assert!(project.read("Dockerfile").contains("orders"));
}

#[test]
fn a_folder_outside_is_asked_for_again() {
    let outside = Project::new(&[("Dockerfile", LABEL)]);
    let project = app();
    let dir = outside.0.path().to_str().unwrap();
    project.ok(&["init", "--yes", "--templates", dir]);
    assert!(!project.has("dockwright.toml"), "a path of this machine was written: {}", project.read("dockwright.toml"));
    project.fails(&["update", "--yes"], 2, "--templates DIR");
    project.ok(&["check", "--templates", dir]);
}

#[test]
fn a_broken_promise_is_named_unless_it_is_waived() {
    let whole = "FROM node:24\nWORKDIR /app\nCOPY . .\nUSER root\nENTRYPOINT [\"node\", \"server.js\"]\n";
    let (project, dir) = with("node/Dockerfile", whole);
    let arguments = ["init", "--yes", "--emit", "dockerfile,dockerignore", "--templates", &dir];
    let said = project.fails(&arguments, 2, "break the promise");
    assert!(said.stderr.contains("Dockerfile:1:") && said.stderr.contains("[waive]"), "{}", said.stderr);
    let names = ["minimal-base", "non-root", "pinned", "signals", "healthcheck", "multi-stage"];
    let waive: String = names.iter().map(|name| format!("{name} = \"a base of our own\"\n")).collect();
    project.write("dockwright.toml", &format!("[waive]\n{waive}"));
    project.ok(&arguments);
    let document: Value = serde_json::from_str(&project.ok(&["check", "--format", "json"]).stdout).unwrap();
    let row = document["checklist"].as_array().unwrap().iter().find(|row| row["id"] == "non-root").unwrap();
    assert_eq!((row["status"].clone(), row["advice"].clone()), ("off".into(), "switched off: a base of our own".into()));
}

#[test]
fn templates_are_listed_and_ejected() {
    let run = |arguments: &[&str]| std::process::Command::new(env!("CARGO_BIN_EXE_dockwright")).args(arguments).output().unwrap();
    let list = String::from_utf8(run(&["templates", "list"]).stdout).unwrap();
    assert!(list.contains("Dockerfile  blocks: artifacts, own, stages") && list.contains("node/Dockerfile"), "{list}");
    let project = app();
    let dir = project.0.path().join("own-templates");
    let dir = dir.to_str().unwrap();
    for name in ["Dockerfile", "node/Dockerfile", "dockerignore"] {
        assert!(run(&["templates", "eject", name, "--templates", dir]).status.success(), "{name}");
    }
    assert_eq!(run(&["templates", "eject", "Dockerfile", "--templates", dir]).status.code(), Some(6));
    assert_eq!(run(&["templates", "eject", "Dockerfle", "--templates", dir]).status.code(), Some(2));
    // As they are ejected they change nothing.
    let plain = project.ok(&["init", "--yes", "--stdout", "Dockerfile"]).stdout;
    assert_eq!(project.ok(&["init", "--yes", "--stdout", "Dockerfile", "--templates", dir]).stdout, plain);
}

#[test]
fn a_template_that_fails_is_no_bug_of_ours() {
    let (project, dir) = with("Dockerfile", "{% if %}");
    project.fails(&["init", "--yes", "--templates", &dir], 2, "does not parse");
    let (project, dir) = with("dockerignore", "{{ nobody.knows }}");
    project.fails(&["init", "--yes", "--templates", &dir], 2, "template `dockerignore` failed");
    let (project, dir) = with("Dockerfle", "");
    project.fails(&["init", "--yes", "--templates", &dir], 2, "did you mean `Dockerfile`?");
    app().fails(&["init", "--yes", "--templates", "/nowhere"], 2, "is not a folder");
}
