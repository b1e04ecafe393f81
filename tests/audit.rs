//! `audit` and `explain`, from outside: what they say, as what, and the exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod project;

use project::Project;
use serde_json::Value;

const NAIVE: &str = "FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm install\nENV API_KEY=abc\nEXPOSE 3000\nCMD npm start\n";

fn naive() -> Project {
    Project::new(&[("Dockerfile", NAIVE), ("package.json", "{\"name\": \"web\", \"scripts\": {\"start\": \"node a.js\"}}"), ("a.js", "")])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_naive_dockerfile_fails_with_the_line_and_the_fix_of_each() {
    let said = naive().fails(&["audit"], 1, "not met: minimal-base, non-root, pinned, signals, healthcheck, no-secrets, dockerignore, cache-order");
    for text in ["Dockerfile:1: error: `node:24` has no digest", "Dockerfile:5: error: `ENV API_KEY`", "Dockerfile:7: error: shell form", "of 15 items are met"] {
        assert!(said.stdout.contains(text), "`{text}` is not in:\n{}", said.stdout);
    }
}

#[test]
fn the_json_has_the_contracts_keys() {
    let document = json(&naive().fails(&["audit", "--format", "json"], 1, "").stdout);
    assert_eq!((document["schema"].clone(), document["score"]["of"].clone()), (1.into(), 15.into()));
    let rows = document["checklist"].as_array().unwrap();
    assert_eq!(rows.len(), 15);
    assert_eq!((rows[2]["item"].clone(), rows[2]["id"].clone(), rows[2]["status"].clone()), (3.into(), "non-root".into(), "fail".into()));
    assert_eq!((rows[2]["where"][0]["file"].clone(), rows[2]["where"][0]["line"].clone()), ("Dockerfile".into(), 1.into()));
    assert!(!rows[2]["advice"].as_str().unwrap().is_empty());
    for finding in document["findings"].as_array().unwrap() {
        for key in ["item", "id", "file", "severity", "message", "fix"] {
            assert!(!finding[key].is_null(), "{key}: {finding}");
        }
    }
}

#[test]
fn sarif_names_a_rule_and_a_line_for_every_result() {
    let document = json(&naive().fails(&["audit", "--format", "sarif"], 1, "").stdout);
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 15);
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 8);
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].is_string());
    }
}

#[test]
fn our_own_files_have_no_failing_item_and_the_report_says_how_they_stand() {
    let project = naive();
    project.remove("Dockerfile");
    let said = project.ok(&["init", "--yes", "--set", "kind=web", "--set", "port=3000"]);
    assert!(said.stderr.contains("items are met") && said.stderr.contains("non-root      Dockerfile:"), "{}", said.stderr);
    project.ok(&["audit"]);
    let document = json(&project.ok(&["check", "--format", "json"]).stdout);
    let status = |id: &str| document["checklist"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap()["status"].clone();
    for id in ["minimal-base", "multi-stage", "non-root", "pinned", "signals", "healthcheck", "no-secrets", "dockerignore", "cache-order"] {
        assert_eq!(status(id), "pass", "{id}");
    }
}

#[test]
fn an_item_is_waived_with_a_reason_only() {
    let project = naive();
    project.write("dockwright.toml", "[waive]\npinned = \"the registry is ours\"\n");
    let document = json(&project.fails(&["audit", "--format", "json"], 1, "").stdout);
    assert_eq!((document["checklist"][3]["status"].clone(), document["score"]["of"].clone()), ("off".into(), 14.into()));
    project.write("dockwright.toml", "[waive]\npinned = \"\"\n");
    project.fails(&["audit"], 2, "without a reason");
    project.write("dockwright.toml", "[waive]\npined = \"x\"\n");
    project.fails(&["audit"], 2, "did you mean `pinned`?");
}

#[test]
fn a_broken_dockerfile_is_pointed_at_and_an_empty_folder_is_said() {
    let project = Project::new(&[("Dockerfile", "FROM node\nRUNN x\n")]);
    project.fails(&["audit"], 4, "Dockerfile:2:");
    Project::new(&[("a.txt", "")]).fails(&["audit"], 4, "no container files");
}

#[test]
fn explain_tells_items_and_decisions() {
    let project = naive();
    let said = project.ok(&["explain", "signals"]).stdout;
    assert!(said.contains("SIGTERM") && said.contains("here       fail Dockerfile:7"), "{said}");
    assert_eq!(json(&project.ok(&["explain", "5", "--format", "json"]).stdout)["id"], "signals");
    project.fails(&["explain", "signal"], 2, "did you mean `signals`?");
    project.write("a.js", "listen(process.env.PORT || 4100)\n");
    project.remove("Dockerfile");
    assert!(project.ok(&["explain", "port"]).stdout.contains("since    a.js:1"));
    let base = project.ok(&["explain", "base"]).stdout;
    assert!(base.contains("nodejs24") && base.contains("since"), "{base}");
}
