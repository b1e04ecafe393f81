//! Builds the fixtures from the generated files, unchanged, and runs them locked down.
//!
//! Needs a container engine: `cargo test --features container-tests --test containers`.
//! `DOCKWRIGHT_BUILD` is the build command, `docker build` by default.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// What a stop by SIGTERM may take.
const STOP_LIMIT: Duration = Duration::from_secs(3);

struct Case {
    name: String,
    dir: tempfile::TempDir,
}

impl Case {
    fn new(fixture: &Path) -> Self {
        let name = fixture.file_name().unwrap().to_str().unwrap().to_owned();
        let dir = tempfile::tempdir().unwrap();
        copy_tree(fixture, dir.path());
        Self { name, dir }
    }

    fn tag(&self) -> String {
        format!("dockwright-test/{}", self.name)
    }

    fn build(&self) -> String {
        let command = std::env::var("DOCKWRIGHT_BUILD").unwrap_or_else(|_| "docker build".to_owned());
        let mut words = command.split_whitespace();
        let output = run(Command::new(words.next().unwrap())
            .args(words)
            .arg(self.dir.path())
            .args(["--progress", "plain", "-t", &self.tag()]));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

#[test]
fn every_fixture_builds_and_runs_locked_down() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let only = std::env::var("DOCKWRIGHT_ONLY").unwrap_or_default();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.to_str().unwrap().contains(&only));
    assert!(!paths.is_empty(), "no fixture");
    for path in paths {
        let case = Case::new(&path);
        let started = Instant::now();
        prove(&case);
        eprintln!("{}: built, healthy, stopped; {:.0?}", case.name, started.elapsed());
    }
}

fn prove(case: &Case) {
    run(Command::new(env!("CARGO_BIN_EXE_dockwright")).args(["init", "--yes"]).arg(case.dir.path()));
    case.build();
    let container = text(&run(Command::new("docker").args([
        "run", "-d", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory",
        "512m", "--health-interval", "1s", &case.tag(),
    ])));
    let container = Container(container.trim().to_owned());
    container.wait_until_healthy(&case.name);
    let uid = container.inspect("{{.Config.User}}");
    assert!(uid.split(':').next().unwrap().parse::<u32>().unwrap() > 10000, "{}: runs as {uid}", case.name);
    let started = Instant::now();
    run(Command::new("docker").args(["stop", "-t", "10", &container.0]));
    assert!(started.elapsed() < STOP_LIMIT, "{}: SIGTERM took {:?}", case.name, started.elapsed());
    rebuild_keeps_dependencies(case);
}

/// A change in the source must not install anything again.
fn rebuild_keeps_dependencies(case: &Case) {
    let source = ["server.js", "src/server.js", "src/index.js"].iter().map(|name| case.dir.path().join(name)).find(|path| path.exists());
    let Some(source) = source else { return };
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, format!("{text}\n// edited\n")).unwrap();
    let log = case.build();
    let steps: Vec<&str> = log.lines().filter(|line| line.contains("npm ci")).collect();
    assert!(!steps.is_empty(), "{}: no install step in the log:\n{log}", case.name);
    for line in steps {
        let number = line.split_whitespace().next().unwrap();
        assert!(log.contains(&format!("{number} CACHED")), "{}: installed again: {line}", case.name);
    }
}

struct Container(String);

impl Container {
    fn inspect(&self, format: &str) -> String {
        text(&run(Command::new("docker").args(["inspect", "-f", format, &self.0]))).trim().to_owned()
    }

    fn wait_until_healthy(&self, name: &str) {
        let started = Instant::now();
        loop {
            let state = self.inspect("{{.State.Status}} {{.State.Health.Status}}");
            match state.as_str() {
                "running healthy" => return,
                "running starting" if started.elapsed() < Duration::from_secs(60) => {
                    std::thread::sleep(Duration::from_millis(200));
                }
                _ => {
                    let logs = Command::new("docker").args(["logs", &self.0]).output().unwrap();
                    panic!("{name}: {state}\n{}{}", text(&logs), String::from_utf8_lossy(&logs.stderr));
                }
            }
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-f", &self.0]).output();
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
