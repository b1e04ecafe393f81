//! What Renovate and Dependabot change in pull requests: `check` stays green, `update` changes nothing else, and a later
//! change of the stack is merged with it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod registry;

use dockwright::reconcile::{OnConflict, Outcome, reconcile};
use registry::project::Project;

const NEW: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

/// The Dockerfile with every `name:tag@digest` of an image exchanged.
fn bumped(project: &Project, name: &str, new: &str) -> String {
    let text = project.read("Dockerfile");
    let start = text.find(&format!("{name}:")).unwrap_or_else(|| panic!("{name} is not in {text}"));
    let old: String = text[start..].split_whitespace().next().unwrap().to_owned();
    text.replace(&old, new)
}

/// The bump is the user's, alone and after the stack has changed.
#[track_caller]
fn stays(project: &Project, name: &str, new: &str) {
    let text = bumped(project, name, new);
    assert_ne!(project.read("Dockerfile"), text);
    project.write("Dockerfile", &text);
    project.ok(&["check"]);
    project.ok(&["update", "--yes"]);
    assert_eq!(project.read("Dockerfile"), text, "update changes nothing");
    project.ok(&["pin", "--check"]);
    // The port moves: the new line comes, the bump stays.
    project.write("server.js", "require('express')().listen(4321)\n");
    assert_eq!(project.run(&["check"]).code, 1, "the port is drift, the pin is none");
    project.ok(&["update", "--yes"]);
    assert_eq!(project.read("Dockerfile"), text.replace("3000", "4321"));
    project.ok(&["check"]);
}

fn project() -> Project {
    Project::new("http://127.0.0.1:9", &[])
}

#[test]
fn renovate_digest_only() {
    stays(&project(), "node", &format!("node:24.21.0-trixie-slim@{NEW}"));
}

#[test]
fn renovate_tag_and_digest() {
    stays(&project(), "node", &format!("node:24.22.1-trixie-slim@{NEW}"));
}

#[test]
fn renovate_digest_of_a_floating_tag() {
    stays(&project(), "gcr.io/distroless/nodejs24-debian13", &format!("gcr.io/distroless/nodejs24-debian13:nonroot@{NEW}"));
}

#[test]
fn renovate_date_in_the_tag() {
    stays(&project(), "debian", &format!("debian:trixie-20261101-slim@{NEW}"));
}

#[test]
fn dependabot_major_with_digest() {
    stays(&project(), "node", &format!("node:26.10.0-trixie-slim@{NEW}"));
}

#[test]
fn dependabot_tag_without_digest() {
    // An exact version has no digest yet, and Dependabot raises what it finds.
    let project = Project::new("http://127.0.0.1:9", &[(".nvmrc", "22.19.0\n")]);
    let text = bumped(&project, "node", "node:22.20.0-trixie-slim");
    project.write("Dockerfile", &text);
    project.ok(&["check"]);
    project.ok(&["update", "--yes"]);
    assert_eq!(project.read("Dockerfile"), text);
}

#[test]
fn a_patch_back_is_the_users_too() {
    // 24.21.0 had a regression: somebody pins the one before.
    let project = project();
    let text = bumped(&project, "node", &format!("node:24.20.0-trixie-slim@{NEW}"));
    project.write("Dockerfile", &text);
    project.ok(&["check"]);
    project.ok(&["update", "--yes"]);
    assert_eq!(project.read("Dockerfile"), text);
}

/// A generated file that a bot changed, while the next version of dockwright changes another line of it.
#[track_caller]
fn merges(base: &str, from: &str, to: &str) {
    assert!(base.contains(from), "{from}");
    let disk = base.replace(from, to);
    assert_eq!(reconcile(Some(base), Some(&disk), Some(base), OnConflict::NewFile), Outcome::Unchanged, "no drift");
    // The new version also knows another pin of the same thing, which is older than the bot's.
    let fresh = base.replace("# first", "# first line");
    assert_eq!(reconcile(Some(base), Some(&disk), Some(&fresh), OnConflict::NewFile), Outcome::Merged(disk.replace("# first", "# first line")));
}

const WORKFLOW: &str = "\
# first
jobs:
  image:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
      - uses: docker/setup-buildx-action@e468171a9de216ec08956ac3ada2f0791b6bd435 # v3.11.1
      - name: Scan
        run: docker run --rm aquasec/trivy:0.74.0@sha256:2222222222222222222222222222222222222222222222222222222222222222 image app
      - uses: sigstore/cosign-installer@d58896d6a1865668819e1d91763c7751a165e159 # v3.9.2
        with:
          # renovate: datasource=github-releases depName=sigstore/cosign
          cosign-release: v3.0.1
";

#[test]
fn an_action_by_commit_with_its_version() {
    merges(
        WORKFLOW,
        "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
        "actions/checkout@1af3b93b6815bc44a9784bd300feb67ff0d1eeb3 # v6.0.0",
    );
}

#[test]
fn an_action_by_commit_alone() {
    merges(WORKFLOW, "e468171a9de216ec08956ac3ada2f0791b6bd435", "8d2750c68a42422c14e847fe6c8ac0403b4cbd6f");
}

#[test]
fn an_image_in_a_command_of_ci() {
    merges(
        WORKFLOW,
        "trivy:0.74.0@sha256:2222222222222222222222222222222222222222222222222222222222222222",
        &format!("trivy:0.75.1@{NEW}"),
    );
}

#[test]
fn a_version_under_a_renovate_comment() {
    merges(WORKFLOW, "cosign-release: v3.0.1", "cosign-release: v3.0.2");
}

#[test]
fn an_image_of_compose() {
    let compose = format!("# first\nservices:\n  db:\n    image: postgres:18.1-trixie@{}\n    ports: ['5432:5432']\n", NEW.replace('1', "3"));
    let old = compose.split("image: ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    merges(&compose, &old, &format!("postgres:18.2-trixie@{NEW}"));
    // Dependabot knows no digests in compose files: it drops nothing, and moves the tag alone.
    merges(&compose, "postgres:18.1-trixie@", "postgres:18.2-trixie@");
}
