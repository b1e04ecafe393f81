#![allow(clippy::unwrap_used)]

use super::*;
use crate::settings::Answers;

fn services(files: &[(&str, &str)]) -> Vec<Box<dyn Detected>> {
    let project = Project::from_files(files.iter().copied());
    Rust.detect(&project).unwrap()
}

const AXUM: &str = "async fn main() { let l = TcpListener::bind(\"0.0.0.0:3000\"); axum::serve(l, app) }\n";

#[test]
fn e5_a_virtual_workspace_has_one_service_per_member_that_serves() {
    let member = |name: &str, dependencies: &str| format!("[package]\nname = '{name}'\n[dependencies]\n{dependencies}\n");
    let found = services(&[
        ("Cargo.toml", "[workspace]\nmembers = ['crates/*', 'xtask']\n"),
        ("crates/api/Cargo.toml", &member("api", "axum = '0.8'\ncore = { path = '../core' }")),
        ("crates/api/src/main.rs", AXUM),
        ("crates/admin/Cargo.toml", &member("admin", "axum = '0.8'")),
        ("crates/admin/src/main.rs", AXUM),
        ("crates/core/Cargo.toml", &member("core", "")),
        ("crates/core/src/lib.rs", ""),
        ("xtask/Cargo.toml", &member("xtask", "clap = '4'")),
        ("xtask/src/main.rs", "fn main() {}\n"),
    ]);
    let paths: Vec<&str> = found.iter().map(|service| service.facts().path.as_str()).collect();
    assert_eq!(paths, ["crates/admin", "crates/api"]);
    let plan = found[1].plan(&Answers::default().over(found[1].facts()).unwrap()).unwrap();
    assert_eq!((plan.dir.as_str(), plan.details["build"].as_str().unwrap()), ("crates/api", "cargo build --release --package api --bin api"));
    assert_eq!(plan.details["clean"], "--package api --package core");
    assert!(plan.copied.contains(&"xtask/Cargo.toml".to_owned()));
    assert!(found[0].facts().notes.iter().any(|note| note.message.contains("`xtask`")));
}

#[test]
fn e4_one_name_through_build_copy_and_command() {
    let found = services(&[
        ("Cargo.toml", "[package]\nname = 'svc'\n[[bin]]\nname = 'svcd'\npath = 'src/main.rs'\n"),
        ("src/main.rs", "fn main() {}\n"),
    ]);
    let plan = found[0].plan(&Answers::default().over(found[0].facts()).unwrap()).unwrap();
    assert_eq!((plan.details["program"].as_str(), plan.runtime.command[0].as_str()), (Some("svcd"), "/usr/local/bin/svcd"));
}

#[test]
fn another_program_may_be_asked_for() {
    let found = services(&[
        ("Cargo.toml", "[package]\nname = 'x'\n"),
        ("src/bin/api.rs", AXUM),
        ("src/bin/worker.rs", "fn main() { loop {} }\n"),
    ]);
    assert_eq!(found[0].facts().start.as_ref().unwrap().value, ["api"]);
    let mut answers = Answers::default();
    answers.insert("start", "worker --fast".to_owned());
    let plan = found[0].plan(&answers.over(found[0].facts()).unwrap()).unwrap();
    assert_eq!(plan.runtime.command, ["/usr/local/bin/worker", "--fast"]);
    assert_eq!(plan.details["program"], "worker");
}

#[test]
fn several_programs_that_listen_are_asked_about() {
    let found = services(&[("Cargo.toml", "[package]\nname = 'x'\n[dependencies]\naxum = '0.8'\n"), ("src/bin/a.rs", AXUM), ("src/bin/b.rs", AXUM)]);
    let open = crate::questions::open(found[0].facts());
    assert!(open.iter().any(|question| question.key == "start" && question.required), "{open:?}");
    assert_eq!(found[0].facts().start.as_ref().unwrap().rejected[0].value, "b");
}

#[test]
fn a_library_is_no_service_and_a_server_beside_it_wins() {
    assert!(services(&[("Cargo.toml", "[package]\nname = 'x'\n"), ("src/lib.rs", "")]).is_empty());
    let node = ("package.json", "{\"scripts\": {\"start\": \"node a.js\"}}");
    assert!(services(&[("Cargo.toml", "[package]\nname = 'x'\n"), ("src/main.rs", "fn main() {}\n"), node]).is_empty());
    assert_eq!(services(&[("Cargo.toml", "[package]\nname = 'x'\n[dependencies]\naxum = '0.8'\n"), ("src/main.rs", AXUM), node]).len(), 1);
}

#[test]
fn a_subcommand_that_serves_is_given() {
    let main = "#[derive(Debug, Subcommand)]\nenum Command {\n    /// Serves.\n    Serve,\n    Migrate,\n}\nfn main() { axum::serve(l, app) }\n";
    let found = services(&[("Cargo.toml", "[package]\nname = 'x'\n[dependencies]\naxum = '0.8'\n"), ("src/main.rs", main)]);
    assert_eq!(found[0].facts().start.as_ref().unwrap().value, ["x", "serve"]);
}

#[test]
fn a_broken_manifest_is_pointed_at() {
    let project = Project::from_files([("Cargo.toml", "[package\nname = 'x'\n")]);
    let error = Rust.detect(&project).err().unwrap();
    assert_eq!(error.exit, Exit::Unsupported);
}
