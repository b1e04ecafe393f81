//! The stack changes, with a user's edit in between: the files follow, the edit stays, the report names what changed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod project;

use project::{Project, tree};

/// The user's line, which no regeneration may lose.
const MINE: &str = "# Owned by the payments team.";

/// Files, each with its text; an empty text removes it.
type Files<'f> = &'f [(&'f str, &'f str)];

/// Writes `before`, runs `init`, edits, writes `after`, updates: every text of `expected` is in the Dockerfile then.
#[track_caller]
fn change(before: Files<'_>, after: Files<'_>, fact: &str, expected: &[&str]) {
    let project = Project::new(before);
    project.ok(&["init", "--yes", "--emit", "dockerfile,dockerignore"]);
    // Above everything: what stands beside a line that changes is a conflict, and rightly so.
    project.write("Dockerfile", &format!("{MINE}\n{}", project.read("Dockerfile")));
    project.edit(".dockerignore", "of-mine");
    project.ok(&["check"]);
    for (path, text) in after {
        if text.is_empty() { project.remove(path) } else { project.write(path, text) }
    }
    let said = project.fails(&["check"], 1, "no longer fit");
    assert!(said.stderr.contains(fact), "`{fact}` is not in: {}", said.stderr);
    project.ok(&["update", "--yes"]);
    let dockerfile = project.read("Dockerfile");
    for text in expected {
        assert!(dockerfile.contains(text), "`{text}` is not in:\n{dockerfile}");
    }
    assert!(dockerfile.contains(MINE) && project.read(".dockerignore").ends_with("of-mine\n"), "an edit is gone:\n{dockerfile}");
    project.ok(&["check"]);
    let settled = tree(project.0.path());
    project.ok(&["update", "--yes"]);
    assert_eq!(tree(project.0.path()), settled);
}

const PACKAGE: (&str, &str) = ("package.json", r#"{"name": "web", "scripts": {"start": "node server.js"}, "dependencies": {"express": "4.21.2"}}"#);
const NPM: (&str, &str) = (
    "package-lock.json",
    r#"{"name": "web", "lockfileVersion": 3, "packages": {"": {"name": "web", "dependencies": {"express": "4.21.2"}}, "node_modules/express": {"version": "4.21.2"}}}"#,
);
const SERVER: (&str, &str) = ("server.js", "const s = require('express')().listen(process.env.PORT || 3000)\nprocess.on('SIGTERM', () => s.close())\n");
const FLASK: (&str, &str) = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
const FLASK_PIP: (&str, &str) = ("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n");
const PAGE: (&str, &str) = ("index.html", "<!doctype html>\n");

#[test]
fn npm_becomes_pnpm() {
    let manifest = r#"{"name": "web", "packageManager": "pnpm@10.18.0", "scripts": {"start": "node server.js"}, "dependencies": {"express": "4.21.2"}}"#;
    let lock = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      express:\n        specifier: 4.21.2\n        version: 4.21.2\npackages:\n  express@4.21.2:\n    resolution: {integrity: sha512-x}\nsnapshots:\n  express@4.21.2: {}\n";
    let after = [("package.json", manifest), ("pnpm-lock.yaml", lock), ("package-lock.json", "")];
    change(&[PACKAGE, NPM, SERVER], &after, "package_manager: npm became pnpm", &["pnpm install", "pnpm-lock.yaml"]);
}

#[test]
fn flask_becomes_fastapi() {
    let after = [("requirements.txt", "fastapi==0.118.0\nuvicorn==0.37.0\n"), ("app.py", "from fastapi import FastAPI\napp = FastAPI()\n")];
    change(&[FLASK, FLASK_PIP], &after, "framework: flask became fastapi", &["uvicorn"]);
}

#[test]
fn pip_becomes_uv() {
    let manifest = "[project]\nname = \"web\"\nversion = \"1\"\nrequires-python = \">=3.13\"\ndependencies = [\"flask==3.1.2\", \"gunicorn==23.0.0\"]\n";
    let lock = "version = 1\nrequires-python = \">=3.13\"\n[[package]]\nname = \"flask\"\nversion = \"3.1.2\"\n[[package]]\nname = \"gunicorn\"\nversion = \"23.0.0\"\n";
    let after = [("pyproject.toml", manifest), ("uv.lock", lock), ("requirements.txt", "")];
    change(&[FLASK, FLASK_PIP], &after, "package_manager: pip became uv", &["uv sync", "uv.lock"]);
}

#[test]
fn another_python() {
    change(&[FLASK, FLASK_PIP, (".python-version", "3.13\n")], &[(".python-version", "3.12\n")], "version: 3.13 became 3.12", &["FROM python:3.12"]);
}

#[test]
fn a_language_changes_altogether() {
    let after = [("package.json", ""), ("package-lock.json", ""), ("server.js", ""), FLASK, FLASK_PIP];
    change(&[PACKAGE, NPM, SERVER], &after, "language: node became python", &["gunicorn"]);
}

#[test]
fn pages_become_a_server() {
    change(&[PAGE], &[PACKAGE, NPM, SERVER, ("index.html", "")], "language: static became node", &["npm ci", "EXPOSE 3000"]);
}

#[test]
fn a_framework_and_a_lockfile_come() {
    let plain = ("package.json", r#"{"name": "web", "scripts": {"start": "node server.js"}}"#);
    let server = ("server.js", "require('http').createServer().listen(3000)\n");
    change(&[plain, server], &[PACKAGE, NPM, SERVER], "framework: now express", &["npm ci"]);
}

#[test]
fn a_page_moves_into_a_folder() {
    let project = Project::new(&[PAGE]);
    project.ok(&["init", "--yes", "--emit", "dockerfile"]);
    project.edit_top("Dockerfile", MINE);
    project.remove("index.html");
    project.write("public/index.html", "<!doctype html>\n");
    project.ok(&["update", "--yes"]);
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("public") && dockerfile.contains(MINE), "{dockerfile}");
    project.ok(&["check"]);
}
