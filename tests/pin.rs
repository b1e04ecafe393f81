//! `pin` against a small registry in this process, which is as slow, rude or broken as a test wants.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod registry;

use std::path::Path;

use registry::project::{DISTROLESS, NODE, Project};
use registry::{Image, Registry, Reply, Request, digest_of};

/// A project, and the registry that is asked instead of Docker's and Google's.
struct Fixture {
    project: Project,
    registry: Registry,
}

impl std::ops::Deref for Fixture {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

impl Fixture {
    fn new(registry: Registry) -> Self {
        Self::with(registry, &[])
    }

    fn with(registry: Registry, files: &[(&str, &str)]) -> Self {
        Self { project: Project::new(&registry.url(), files), registry }
    }
}

/// A registry with all images that the project names, one newer patch of node, and one image too new.
fn full() -> Registry {
    let registry = Registry::start();
    for tag in ["24.21.0-trixie-slim", "24.22.0-trixie-slim", "25.0.0-trixie-slim", "24-trixie-slim", "24.22.0-bookworm-slim"] {
        registry.put(NODE, tag, Image::index(&["linux/amd64", "linux/arm64"]));
    }
    registry.put(DISTROLESS, "nonroot", Image::index(&["linux/amd64", "linux/arm64", "linux/s390x"]));
    registry.put("library/debian", "trixie-20260918-slim", Image::index(&["linux/amd64", "linux/arm64"]));
    registry
}

#[test]
fn every_image_gets_the_newest_of_its_line_and_its_digest() {
    let project = Fixture::new(full());
    let said = project.ok(&["pin"]);
    assert!(said.stderr.contains("moved     node:24.21.0-trixie-slim -> node:24.22.0-trixie-slim"), "{}", said.stderr);
    for (name, path, tag) in [("node", NODE, "24.22.0-trixie-slim"), ("gcr.io/distroless/nodejs24-debian13", DISTROLESS, "nonroot")] {
        let line = format!("FROM {name}:{tag}@{} AS", project.registry.digest(path, tag));
        assert!(project.from().iter().any(|from| from.starts_with(&line)), "{line}: {:?}", project.from());
    }
    let lock = project.read("dockwright.lock");
    assert!(lock.contains("reference = \"node:24.22.0-trixie-slim\""), "{lock}");
    assert!(lock.contains("seen = \"2026-11-24\"\nfrom = \"127.0.0.1:"), "{lock}");
    assert_eq!(lock.matches("[[pin]]").count(), 3, "{lock}");
    // Fresh pins are the user's: nothing drifts, and nothing else changes.
    let pinned = project.read("Dockerfile");
    project.ok(&["check"]);
    project.ok(&["update", "--yes"]);
    assert_eq!(project.read("Dockerfile"), pinned);
    assert!(project.read("dockwright.lock").contains("seen = \"2026-11-24\""), "update keeps the sightings");
    // Asked again, nothing moves, and what is known is asked for by its headers alone.
    let before = project.registry.requests().len();
    let said = project.ok(&["pin"]);
    assert!(said.stderr.contains("current   node:24.22.0-trixie-slim"), "{}", said.stderr);
    let asked = project.registry.requests()[before..].to_vec();
    assert!(asked.iter().all(|request| request.method == "HEAD" || request.path.contains("/tags/list")), "{asked:?}");
    assert_eq!(project.read("Dockerfile"), pinned);
}

#[test]
fn json_says_what_was_and_what_is() {
    let project = Fixture::new(full());
    let document: serde_json::Value = serde_json::from_str(&project.ok(&["pin", "--format", "json"]).stdout).unwrap();
    let node = document["pins"].as_array().unwrap().iter().find(|pin| pin["reference"] == "node:24.21.0-trixie-slim").unwrap();
    assert_eq!((document["schema"].as_u64(), node["status"].as_str()), (Some(1), Some("moved")));
    assert_eq!(node["now"]["digest"], project.registry.digest(NODE, "24.22.0-trixie-slim"));
    assert_eq!(node["where"][0]["file"], "Dockerfile");
}

#[test]
fn an_exact_version_keeps_its_tag_and_gets_its_digest() {
    let registry = full();
    for tag in ["22.19.0-trixie-slim", "22.23.2-trixie-slim"] {
        registry.put(NODE, tag, Image::index(&["linux/amd64", "linux/arm64"]));
    }
    registry.put("distroless/nodejs22-debian13", "nonroot", Image::index(&["linux/amd64", "linux/arm64"]));
    let project = Fixture::with(registry, &[(".nvmrc", "22.19.0\n")]);
    assert!(project.from()[0].starts_with("FROM node:22.19.0-trixie-slim AS"), "{:?}", project.from());
    project.refuses(&["pin", "--check"], 1, "`node:22.19.0-trixie-slim` has no digest");
    project.ok(&["pin"]);
    let line = format!("FROM node:22.19.0-trixie-slim@{} AS", project.registry.digest(NODE, "22.19.0-trixie-slim"));
    assert!(project.from()[0].starts_with(&line), "{:?}", project.from());
    project.ok(&["pin", "--check"]);
    project.ok(&["check"]);
}

#[test]
fn only_dry_run_and_offline() {
    let project = Fixture::new(full());
    let before = project.read("Dockerfile");
    let diff = project.ok(&["pin", "--dry-run"]).stdout;
    assert!(diff.contains("+FROM node:24.22.0-trixie-slim@sha256:") && diff.contains("+++ b/Dockerfile"), "{diff}");
    assert_eq!(project.read("Dockerfile"), before);
    project.refuses(&["pin", "--only", "nod"], 2, "no generated file names the image `nod`");
    project.ok(&["pin", "--only", "node"]);
    assert_eq!(project.tag("node"), "24.22.0-trixie-slim");
    let digest = project.registry.digest(DISTROLESS, "nonroot");
    assert!(!project.read("Dockerfile").contains(&digest));
    let asked = project.registry.requests().len();
    project.ok(&["pin", "--offline"]);
    assert_eq!(project.registry.requests().len(), asked, "offline asks nobody");
    // An older tag, as after a merge of an old branch: the catalog has a newer one.
    let old = before.replace("24.21.0-trixie-slim@", "24.20.0-trixie-slim@");
    project.write("Dockerfile", &old);
    project.ok(&["pin", "--offline"]);
    assert_eq!(project.read("Dockerfile"), before);
}

#[test]
fn ages_are_checked_without_asking() {
    let project = Fixture::new(full());
    let asked = project.registry.requests().len();
    project.ok(&["pin", "--check"]);
    let said = project.refuses(&["pin", "--check", "--max-age", "30d"], 1, "images want pinning");
    assert!(said.stderr.contains("days ago; at most 30 are allowed"), "{}", said.stderr);
    project.refuses(&["pin", "--check", "--max-age", "soon"], 2, "days or weeks");
    assert_eq!(project.registry.requests().len(), asked, "asks nobody");
    project.ok(&["pin"]);
    project.ok(&["pin", "--check", "--max-age", "30d"]);
    let later = project.command(&["pin", "--check", "--max-age", "30d"]).env("SOURCE_DATE_EPOCH", "1798934400").output().unwrap();
    assert_eq!(later.status.code(), Some(1), "forty days later");
}

#[test]
fn tokens_are_fetched_with_the_configured_credentials() {
    let registry = full();
    registry.protect("alice", "s3cret");
    let project = Fixture::new(registry);
    // Without credentials the token service refuses.
    project.refuses(&["pin", "--only", "node"], 1, "docker login");
    // name:password of alice:s3cret, for the host that is asked.
    let host = project.registry.url().replace("http://", "");
    project.write("docker/config.json", &format!(r#"{{"auths": {{"{host}": {{"auth": "YWxpY2U6czNjcmV0"}}}}}}"#));
    project.ok(&["pin", "--only", "node"]);
    assert_eq!(project.tag("node"), "24.22.0-trixie-slim");
    // One token for the repository, however often it is asked.
    let tokens = project.registry.requests().iter().filter(|request| request.path.starts_with("/token") && request.header("authorization").is_some()).count();
    assert_eq!(tokens, 1);
    project.write("docker/config.json", &format!(r#"{{"auths": {{"{host}": {{"auth": "YWxpY2U6d3Jvbmc="}}}}}}"#));
    project.refuses(&["pin", "--only", "node"], 1, "gives no token");
}

#[cfg(unix)]
#[test]
fn credential_helpers_are_asked() {
    use std::os::unix::fs::PermissionsExt as _;
    let registry = full();
    registry.protect("alice", "s3cret");
    let project = Fixture::new(registry);
    let helper = project.folder.path().join("bin/docker-credential-test");
    project.write("bin/docker-credential-test", "#!/bin/sh\nread -r host\necho '{\"ServerURL\": \"'$host'\", \"Username\": \"alice\", \"Secret\": \"s3cret\"}'\n");
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    project.write("docker/config.json", r#"{"credsStore": "test"}"#);
    let path = format!("{}:{}", helper.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = project.command(&["pin", "--only", "node"]).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(project.tag("node"), "24.22.0-trixie-slim");
}

#[test]
fn a_registry_that_is_busy_is_asked_again() {
    let project = Fixture::new(full());
    let limited = std::sync::atomic::AtomicUsize::new(0);
    project.registry.intercept(move |request| {
        let first = request.path.contains("/manifests/") && limited.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        first.then(|| Reply::status(429).header("Retry-After", "1"))
    });
    let started = std::time::Instant::now();
    project.ok(&["pin", "--only", "node"]);
    assert!(started.elapsed() >= std::time::Duration::from_secs(1), "it waits as long as it was told");
    assert_eq!(project.tag("node"), "24.22.0-trixie-slim");
}

/// One image of three fails, in each way that may pass: exit 7, and not one byte has changed.
#[track_caller]
fn fails_outside(text: &str, reply: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) {
    let project = Fixture::new(full());
    project.registry.intercept(move |request| if request.path.contains("distroless") { reply(request) } else { None });
    let said = project.refuses(&["pin"], 7, text);
    assert!(said.stderr.contains("nothing was changed"), "{}", said.stderr);
}

#[test]
fn a_registry_that_stays_busy_is_exit_7() {
    fails_outside("429 Too Many Requests", |_| Some(Reply::status(429).header("Retry-After", "0")));
    // Nobody waits an hour.
    fails_outside("429 Too Many Requests", |_| Some(Reply::status(429).header("Retry-After", "3600")));
}

#[test]
fn a_registry_that_fails_is_exit_7() {
    fails_outside("503 Service Unavailable", |_| Some(Reply::status(503).header("Retry-After", "0")));
}

#[test]
fn a_slow_answer_is_exit_7() {
    fails_outside("cannot be asked: timeout", |_| Some(Reply::status(200).after(std::time::Duration::from_secs(4))));
}

#[test]
fn a_broken_answer_is_exit_7() {
    fails_outside("cannot be asked", |_| Some(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")));
    fails_outside("cannot be read", |_| Some(Reply::body("not json").header("Docker-Content-Digest", &digest_of(b"not json"))));
}

#[test]
fn a_wrong_digest_is_exit_7() {
    let wrong = format!("sha256:{}", "0".repeat(64));
    fails_outside("and says sha256:0000", move |_| Some(Reply::body(&Image::index(&["linux/amd64", "linux/arm64"]).manifest).header("Docker-Content-Digest", &wrong)));
}

#[test]
fn nobody_at_home_is_exit_7() {
    let project = Fixture::new(full());
    let mut command = project.command(&["pin"]);
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    command.env("DOCKWRIGHT_MIRRORS", format!("docker.io=http://127.0.0.1:{port}"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_index_that_lacks_a_platform_or_is_empty_is_not_taken() {
    let registry = full();
    // The newest patch is still building for arm64: the one before it is taken.
    registry.put(NODE, "24.23.0-trixie-slim", Image::index(&["linux/amd64"]));
    registry.put(DISTROLESS, "nonroot", Image::index(&["linux/amd64"]));
    registry.put("library/debian", "trixie-20260918-slim", Image::index(&[]));
    let project = Fixture::new(registry);
    let before = project.from();
    let said = project.run(&["pin"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stderr.contains("nonroot has no linux/arm64, it has linux/amd64"), "{}", said.stderr);
    assert!(said.stderr.contains("is an empty index"), "{}", said.stderr);
    assert_eq!(project.tag("node"), "24.22.0-trixie-slim");
    assert_eq!(project.from().iter().filter(|line| before.contains(line)).count(), 2, "the other two stay as they are");
    let said = project.run(&["pin", "--platform", "linux/amd64", "--only", "nodejs24-debian13"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
}

#[test]
fn an_image_without_an_index_says_its_platform_itself() {
    let registry = full();
    registry.put(DISTROLESS, "nonroot", Image::single("linux", "amd64"));
    let project = Fixture::new(registry);
    let said = project.run(&["pin", "--only", "nodejs24-debian13"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stderr.contains("has no linux/arm64, it has linux/amd64"), "{}", said.stderr);
    project.ok(&["pin", "--only", "nodejs24-debian13", "--platform", "linux/amd64"]);
    assert!(project.read("Dockerfile").contains(&project.registry.digest(DISTROLESS, "nonroot")));
}

#[test]
fn storage_elsewhere_gets_no_credentials() {
    let storage = full();
    // The same machine under another name.
    let elsewhere = storage.url().replace("127.0.0.1", "localhost");
    let registry = full();
    registry.protect("alice", "s3cret");
    registry.intercept(move |request| {
        let moved = request.path.contains("/manifests/") && request.header("authorization").is_some();
        moved.then(|| Reply::status(307).header("Location", &format!("{elsewhere}{}", request.path)))
    });
    let project = Fixture::new(registry);
    let host = project.registry.url().replace("http://", "");
    project.write("docker/config.json", &format!(r#"{{"auths": {{"{host}": {{"auth": "YWxpY2U6czNjcmV0"}}}}}}"#));
    project.ok(&["pin", "--only", "node"]);
    let asked = storage.requests();
    assert!(!asked.is_empty() && asked.iter().all(|request| request.header("authorization").is_none()), "{asked:?}");
}

#[test]
fn tags_come_in_pages_and_a_tag_that_is_gone_is_named() {
    let registry = full();
    registry.page_size(2);
    let project = Fixture::new(registry);
    project.ok(&["pin", "--only", "node"]);
    assert_eq!(project.tag("node"), "24.22.0-trixie-slim");
    // By hand, to a registry of one's own that has no such image.
    project.write("Dockerfile", &project.read("Dockerfile").replace("FROM debian:trixie-20260918-slim", "FROM registry.example.org/debian:13.1"));
    let said = project.run(&["pin"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stderr.contains("has no such image or tag of registry.example.org/debian"), "{}", said.stderr);
    assert!(project.registry.requests().iter().any(|request| request.path.starts_with("/v2/hub/debian/")), "a mirror may have a folder");
}

#[test]
fn without_a_lock_there_is_nothing_to_pin() {
    let project = Fixture::new(full());
    std::fs::remove_file(project.folder.path().join("dockwright.lock")).unwrap();
    assert_eq!(project.run(&["pin"]).code, 4);
    assert_eq!(project.run(&["pin", "--check"]).code, 1);
    assert!(Path::new(project.folder.path()).join("Dockerfile").exists());
}

#[test]
fn proxies_are_used_and_left_out() {
    let project = Fixture::new(full());
    let tunnels = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let proxy = registry::proxy(project.registry.url().replace("http://", ""), tunnels.clone());
    let pin = |no_proxy: &str| {
        let mut command = project.command(&["pin", "--only", "node"]);
        // A name that only the proxy knows.
        command.env("DOCKWRIGHT_MIRRORS", "docker.io=http://hub.invalid").env("HTTPS_PROXY", &proxy).env("NO_PROXY", no_proxy);
        command.output().unwrap()
    };
    let output = pin("");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(project.tag("node"), "24.22.0-trixie-slim");
    let used = tunnels.load(std::sync::atomic::Ordering::SeqCst);
    assert!(used > 0);
    assert_eq!(pin("hub.invalid").status.code(), Some(7));
    assert_eq!(tunnels.load(std::sync::atomic::Ordering::SeqCst), used);
}

/// A snapshot of Debian with one package, whose builds differ by architecture when `builds` says so.
fn snapshot(registry: &Registry, version: &'static str, builds: bool) {
    registry.intercept(move |request| {
        let path = request.path.strip_prefix("/archive/")?;
        let suite = path.split("/dists/").nth(1)?;
        assert!(path.starts_with("debian/20261124T000000Z/") || path.starts_with("debian-security/20261124T000000Z/"), "{path}");
        let build = if builds && suite.contains("arm64") { "+b2" } else { "" };
        let text = if suite.starts_with("trixie/") { format!("Package: tini\nVersion: {version}{build}\n\nPackage: other\nVersion: 1\n") } else { String::new() };
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
        Some(Reply::body(gzip.finish().unwrap()))
    });
}

#[test]
fn exact_packages_come_with_the_snapshot_that_has_them() {
    let project = Fixture::new(full());
    snapshot(&project.registry, "0.19.0-3", false);
    let said = project.ok(&["pin", "--exact"]);
    assert!(said.stderr.contains("exact     tini=0.19.0-3"), "{}", said.stderr);
    let text = project.read("Dockerfile");
    assert!(text.contains("install -y --no-install-recommends \"tini=0.19.0-3\""), "{text}");
    assert!(text.contains("snapshot.debian.org/archive/\\1/20261124T000000Z#' /etc/apt/sources.list.d/debian.sources"), "{text}");
    // The user's now: no drift, and nothing changes that they did not ask for.
    project.ok(&["check"]);
    project.ok(&["update", "--yes"]);
    assert_eq!(project.read("Dockerfile"), text);
    // A build for one platform alone is not written for all.
    snapshot(&project.registry, "0.19.0-4", true);
    project.ok(&["pin", "--exact"]);
    assert!(project.read("Dockerfile").contains("\"tini=0.19.0-4*\""), "{}", project.read("Dockerfile"));
    assert_eq!(project.read("Dockerfile").matches("snapshot.debian.org").count(), 1);
    // Another line than the catalog's is another program.
    snapshot(&project.registry, "0.20.0-1", false);
    project.refuses(&["pin", "--exact"], 4, "no version of `tini` in Debian's trixie fits `0.19.*`");
    project.registry.intercept(|request| request.path.starts_with("/archive/").then(|| Reply::status(404)));
    project.refuses(&["pin", "--exact"], 7, "nothing was changed");
}
