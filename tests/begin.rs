//! Bootstrap from nothing: an empty folder, answers, files that fit the app to come; and then the app comes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod project;

use project::Project;
use serde_json::Value;

fn empty() -> Project {
    Project::new(&[("README.md", "# to be\n"), (".gitignore", "node_modules\n")])
}

#[test]
fn an_empty_folder_names_the_flag_that_is_missing() {
    for arguments in [&["init", "--yes"][..], &["init", "--no-input"], &["init"], &[]] {
        empty().fails(arguments, 3, "--set language=NAME`, one of");
    }
    for arguments in [&["detect"][..], &["update", "--yes"], &["check"], &["diff"]] {
        empty().fails(arguments, 4, "nothing was recognised");
    }
    Project::new(&[]).fails(&["detect"], 4, "is empty");
    empty().fails(&["init", "--yes", "--set", "language=pyhton"], 2, "did you mean `python`?");
    empty().fails(&["init", "--yes", "--set", "language=node", "--set", "framework=expres"], 2, "did you mean `express`?");
    empty().fails(&["init", "--yes", "--set", "language=node", "--set", "port=80"], 2, "1024");
}

#[test]
fn the_files_fit_the_app_that_comes() {
    let project = empty();
    let said = project.ok(&["init", "--no-input", "--set", "language=node", "--set", "framework=express", "--set", "port=4100"]);
    assert!(said.stderr.contains("the files expect `package.json`") && said.stderr.contains("by default 4100"), "{}", said.stderr);
    let begun = project.read("Dockerfile");
    assert!(begun.contains("EXPOSE 4100") && begun.contains("npm ci"), "{begun}");
    assert!(!project.has("package.json"), "a file of the app was written");
    project.ok(&["check"]);
    project.ok(&["update", "--yes"]);
    assert_eq!(project.read("Dockerfile"), begun);
    // The app as it was expected: nothing to change.
    project.write("package.json", r#"{"name": "shop", "scripts": {"start": "node server.js"}, "dependencies": {"express": "^5.1.0"}}"#);
    project.write("package-lock.json", r#"{"name": "shop", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "shop", "dependencies": {"express": "^5.1.0"}}, "node_modules/express": {"version": "5.1.0"}}}"#);
    project.write("server.js", "const s = require('express')().listen(process.env.PORT || 4100)\nprocess.on('SIGTERM', () => s.close())\n");
    project.ok(&["update", "--yes"]);
    let name = |text: &str| text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(name(&project.read("Dockerfile")), name(&begun));
    // And another than expected: adapted, and said.
    for file in ["package.json", "package-lock.json", "server.js"] {
        project.remove(file);
    }
    project.write("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n");
    project.write("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    let said = project.ok(&["update", "--yes"]);
    assert!(said.stderr.contains("language: node became python") && said.stderr.contains("have no effect any more"), "{}", said.stderr);
    assert!(project.read("Dockerfile").contains("python"), "{}", project.read("Dockerfile"));
    project.ok(&["check"]);
}

#[test]
fn every_language_that_can_be_begun_writes_files() {
    let questions: Value = serde_json::from_str(&empty().ok(&["questions", "--format", "json"]).stdout).unwrap();
    let row = questions["questions"].as_array().unwrap().iter().find(|row| row["key"] == "language").unwrap();
    let languages: Vec<&str> = row["choices"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(languages.contains(&"python") && languages.contains(&"node"), "{languages:?}");
    for language in languages {
        let project = empty();
        let said = project.ok(&["init", "--yes", "--set", &format!("language={language}")]);
        assert!(project.read("Dockerfile").contains("USER "), "{language}: {}", said.stderr);
        project.ok(&["audit"]);
        project.ok(&["check"]);
    }
}

#[test]
fn what_is_there_is_not_begun() {
    let project = Project::new(&[("package.json", "{\"name\": \"web\", \"scripts\": {\"start\": \"node a.js\"}}"), ("a.js", "listen(3000)")]);
    project.fails(&["init", "--yes", "--set", "language=python"], 2, "this is node");
    project.ok(&["init", "--yes", "--set", "language=node"]);
}
