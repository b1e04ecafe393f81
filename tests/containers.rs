//! Builds the fixtures from the generated files, unchanged, and runs them locked down.
//!
//! Needs a container engine: `cargo test --features container-tests --test containers`.
//! `DOCKWRIGHT_BUILD` is the build command, `docker build` by default.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What a stop by SIGTERM may take.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// What `tests/fixtures/NAME.toml` says of a fixture.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expectation {
    /// Why it cannot be built where there is no registry of images; it is rendered and judged all the same.
    skip: Option<String>,
    /// Path that is asked for; without it the container must only stay up.
    get: Option<String>,
    /// Text that the answer, or without `get` the log, must hold.
    expect: String,
    /// A program that runs and ends: with exit code 0.
    ends: bool,
    /// A source whose change must re-install nothing.
    edit: Option<String>,
    /// What is appended to it: a comment in the source's language.
    comment: String,
    /// Text of the step that must then come from the cache.
    cached: String,
    /// Memory in MiB, 512 when not said.
    memory: Option<u32>,
    /// Folder of the service's files; the build context is the fixture's root all the same.
    path: Option<String>,
    /// Where the fixture holds several services: each, by its `path`, instead of the fields above.
    service: Vec<Expectation>,
}

struct Case {
    name: String,
    dir: tempfile::TempDir,
    expectation: Expectation,
}

impl Case {
    fn new(fixture: &Path) -> Self {
        let name = fixture.file_name().unwrap().to_str().unwrap().to_owned();
        let dir = tempfile::tempdir().unwrap();
        copy_tree(fixture, dir.path());
        let text = std::fs::read_to_string(fixture.with_extension("toml")).unwrap_or_default();
        let expectation = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}.toml: {error}"));
        Self { name, dir, expectation }
    }

    /// What is expected of each service.
    fn services(&self) -> &[Expectation] {
        if self.expectation.service.is_empty() { std::slice::from_ref(&self.expectation) } else { &self.expectation.service }
    }

    fn tag(&self, service: &Expectation) -> String {
        let path = service.path.as_deref().unwrap_or_default().replace('/', "-");
        format!("dockwright-test/{}:{}", self.name, if path.is_empty() { "latest" } else { &path })
    }

    fn build(&self, service: &Expectation) -> String {
        let command = std::env::var("DOCKWRIGHT_BUILD").unwrap_or_else(|_| "docker build".to_owned());
        let mut words = command.split_whitespace();
        let dockerfile = self.dir.path().join(service.path.as_deref().unwrap_or_default()).join("Dockerfile");
        let output = run(Command::new(words.next().unwrap())
            .args(words)
            .arg(self.dir.path())
            .arg("-f")
            .arg(dockerfile)
            .args(["--progress", "plain", "-t", &self.tag(service)]));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

#[test]
fn every_fixture_builds_and_runs_locked_down() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let only = std::env::var("DOCKWRIGHT_ONLY").unwrap_or_default();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_dir() && path.to_str().unwrap().contains(&only));
    paths.sort();
    assert!(!paths.is_empty(), "no fixture");
    let queue = Mutex::new(paths.into_iter());
    let failures = Mutex::new(Vec::new());
    // Two at a time: one builds while the other waits for its health check.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(path) = queue.lock().unwrap().next() else { return };
                    let case = Case::new(&path);
                    let started = Instant::now();
                    if let Some(reason) = &case.expectation.skip {
                        eprintln!("{}: NOT BUILT HERE: {reason}", case.name);
                    } else if let Err(panic) = std::panic::catch_unwind(|| prove(&case)) {
                        let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                        eprintln!("{}: FAILED", case.name);
                        failures.lock().unwrap().push(format!("{}: {message}", case.name));
                    } else {
                        eprintln!("{}: built, healthy, stopped; {:.0?}", case.name, started.elapsed());
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}

fn prove(case: &Case) {
    run(Command::new(env!("CARGO_BIN_EXE_dockwright")).args(["init", "--yes"]).arg(case.dir.path()));
    for service in case.services() {
        prove_service(case, service);
    }
}

fn prove_service(case: &Case, service: &Expectation) {
    case.build(service);
    let memory = format!("{}m", service.memory.unwrap_or(512));
    let container = text(&run(Command::new("docker").args([
        "run", "-d", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory",
        &memory, "--health-interval", "1s", "--publish-all", &case.tag(service),
    ])));
    let container = Container(container.trim().to_owned());
    if let Some(path) = &service.get {
        container.wait_until_healthy(&case.name);
        let answer = container.get(path);
        assert!(answer.contains(&service.expect), "GET {path}: {answer}");
    } else if service.ends {
        let code = text(&run(Command::new("docker").args(["wait", &container.0])));
        assert_eq!(code.trim(), "0", "{}", container.logs());
        assert!(container.logs().contains(&service.expect), "{}", container.logs());
    } else {
        container.wait_for_log(&service.expect);
    }
    let uid = container.inspect("{{.Config.User}}");
    assert!(uid.split(':').next().unwrap().parse::<u32>().unwrap() > 10000, "runs as {uid}");
    let started = Instant::now();
    run(Command::new("docker").args(["stop", "-t", "10", &container.0]));
    assert!(started.elapsed() < STOP_LIMIT, "SIGTERM took {:?}", started.elapsed());
    rebuild_keeps_dependencies(case, service);
}

/// A change in the source must not install anything again.
fn rebuild_keeps_dependencies(case: &Case, service: &Expectation) {
    let Some(edit) = &service.edit else { return };
    let source = case.dir.path().join(edit);
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, format!("{text}\n{}\n", service.comment)).unwrap();
    let log = case.build(service);
    let steps: Vec<&str> = log.lines().filter(|line| line.starts_with('#') && line.contains(&service.cached)).collect();
    assert!(!steps.is_empty(), "no step `{}` in the log:\n{log}", service.cached);
    for line in steps {
        let number = line.split_whitespace().next().unwrap();
        assert!(log.contains(&format!("{number} CACHED")), "installed again: {line}");
    }
}

struct Container(String);

impl Container {
    fn inspect(&self, format: &str) -> String {
        text(&run(Command::new("docker").args(["inspect", "-f", format, &self.0]))).trim().to_owned()
    }

    fn logs(&self) -> String {
        let logs = Command::new("docker").args(["logs", &self.0]).output().unwrap();
        format!("{}{}", text(&logs), String::from_utf8_lossy(&logs.stderr))
    }

    /// The whole answer to a GET on the first published port.
    fn get(&self, path: &str) -> String {
        let published = text(&run(Command::new("docker").args(["port", &self.0])));
        let address = published.lines().next().unwrap_or_default().rsplit(" -> ").next().unwrap().replace("0.0.0.0", "127.0.0.1");
        let mut stream = TcpStream::connect(&address).unwrap_or_else(|error| panic!("{address}: {error}"));
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Waits until the program has said something, and sees that it goes on running after it.
    fn wait_for_log(&self, expected: &str) {
        let started = Instant::now();
        while !self.logs().contains(expected) {
            assert!(started.elapsed() < Duration::from_secs(60), "no `{expected}` in the log:\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(200));
        }
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(self.inspect("{{.State.Status}}"), "running", "{}", self.logs());
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
                _ => panic!("{name}: {state}\n{}\n{}", self.logs(), self.inspect("{{json .State.Health.Log}}")),
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
