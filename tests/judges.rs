//! Outside judges over every generated file of `snapshots/`. What they find and we excuse stands in a table with its reason.
//!
//! Needs them on the PATH, so it is a step of its own: `cargo test --features judge-tests --test judges`. A judge of
//! [`ALWAYS`] that is missing is a failure; one of [`WHERE_BUILT`] is named as not run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Judges that must be there.
const ALWAYS: &[&str] = &["hadolint", "checkov", "kubernetes-validate", "zizmor", "yamllint", "check-jsonschema", "compose-lint"];
/// Judges that are built from source, where a module proxy gives it.
const WHERE_BUILT: &[&str] = &["kube-score", "kubeconform", "kustomize", "actionlint"];
/// Kinds that no schema of Kubernetes itself describes: they come with an operator.
const OPERATORS: &[&str] = &["Kustomization", "ServiceMonitor", "HTTPRoute", "ExternalSecret", "SecretProviderClass", "ClusterImagePolicy", "ClusterPolicy"];
/// Findings that are excused: judge, rule, reason.
const EXCUSED: &[(&str, &str, &str)] = &[
    ("hadolint", "DL3008", "packages are pinned to a release line, which the mirrors keep; an exact version would break the build within weeks"),
    ("hadolint", "DL3059", "separate RUNs have separate caches"),
    ("checkov", "CKV_DOCKER_7", "it takes Gradle's `from`, a line inside a heredoc, for the instruction"),
];

fn snapshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

/// Every generated file whose path the test takes.
fn files(takes: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(&snapshots(), &mut found);
    found.retain(|path| takes(&path.to_str().unwrap().replace('\\', "/")));
    found.sort();
    assert!(!found.is_empty(), "no file to judge");
    found
}

fn is_there(judge: &str) -> bool {
    let there = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|dir| dir.join(judge).is_file());
    assert!(there || !ALWAYS.contains(&judge), "`{judge}` is not on the PATH");
    if !there {
        assert!(WHERE_BUILT.contains(&judge));
        eprintln!("NOT RUN: `{judge}` is not on the PATH");
    }
    there
}

/// Runs a judge; its output is the finding.
fn judge(name: &str, arguments: &[&str], files: &[PathBuf]) {
    if !is_there(name) {
        return;
    }
    let output = Command::new(name).args(arguments).args(files).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} {arguments:?}:\n{}", text.chars().take(8000).collect::<String>());
    eprintln!("{name}: {} files", files.len());
}

fn kind(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or("")
}

/// Manifests that Kubernetes itself knows.
fn manifests() -> Vec<PathBuf> {
    let mut found = files(|path| path.contains("/k8s/") || path.contains("/k8s-overlays/"));
    found.retain(|path| !OPERATORS.contains(&kind(&std::fs::read_to_string(path).unwrap())));
    found
}

#[test]
fn dockerfiles() {
    let ignored: Vec<&str> = EXCUSED.iter().filter(|(judge, ..)| *judge == "hadolint").flat_map(|(_, rule, _)| ["--ignore", rule]).collect();
    let arguments: Vec<&str> = ["--no-color"].into_iter().chain(ignored).collect();
    judge("hadolint", &arguments, &files(|path| path.ends_with("/Dockerfile")));
}

#[test]
fn kubernetes_against_its_schemas() {
    judge("kubernetes-validate", &["--strict", "--quiet"], &manifests());
}

#[test]
fn kubernetes_by_kube_score() {
    if !is_there("kube-score") {
        return;
    }
    // One run for each service: it looks for the objects that belong together.
    for file in files(|path| path.ends_with("/k8s/kustomization.yaml")) {
        let dir = file.parent().unwrap();
        let mut objects = manifests();
        objects.retain(|path| path.parent() == Some(dir) && !path.ends_with("secret.example.yaml"));
        judge("kube-score", &["score", "--output-format", "ci"], &objects);
    }
}

#[test]
fn overlays_render() {
    if !is_there("kustomize") {
        return;
    }
    for file in files(|path| path.ends_with("/k8s-overlays/production/kustomization.yaml")) {
        judge("kustomize", &["build"], &[file.parent().unwrap().to_owned()]);
    }
}

/// One run over everything: it takes seconds to start.
#[test]
fn policies() {
    is_there("checkov");
    let output = Command::new("checkov")
        .args(["--framework", "dockerfile", "kubernetes", "github_actions", "gitlab_ci", "--skip-download", "--quiet", "--compact", "-d"])
        .arg(snapshots())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let excused = |line: &str| EXCUSED.iter().any(|(judge, rule, _)| *judge == "checkov" && line.contains(&format!("Check: {rule}:")));
    let found: Vec<&str> = text.lines().filter(|line| line.starts_with("Check: ") && !excused(line)).collect();
    assert!(found.is_empty(), "checkov:\n{text}");
    for framework in ["dockerfile scan results", "kubernetes scan results"] {
        assert!(text.contains(framework), "checkov did not judge: {framework}\n{text}");
    }
}

#[test]
fn workflows() {
    let workflows = files(|path| path.contains("/.github/workflows/"));
    judge("zizmor", &["--offline", "--no-progress", "--persona", "auditor"], &workflows);
    judge("actionlint", &[], &workflows);
    judge("check-jsonschema", &["--builtin-schema", "vendor.github-workflows"], &workflows);
    judge("check-jsonschema", &["--builtin-schema", "vendor.dependabot"], &files(|path| path.ends_with("/dependabot.yml")));
    judge("check-jsonschema", &["--builtin-schema", "vendor.renovate"], &files(|path| path.ends_with("/renovate.json")));
    judge("check-jsonschema", &["--builtin-schema", "vendor.gitlab-ci"], &files(|path| path.ends_with("/.gitlab-ci.yml")));
}

#[test]
fn compose_files() {
    let compose = files(|path| path.ends_with("/compose.yaml"));
    judge("check-jsonschema", &["--builtin-schema", "vendor.compose-spec"], &compose);
    compose.into_iter().for_each(|file| judge("compose-lint", &[], &[file]));
}

#[test]
fn yaml_style() {
    // Comments are sentences, and digests are long: lines are not measured.
    let rules = "{extends: default, rules: {line-length: disable, truthy: {check-keys: false}, comments: {min-spaces-from-content: 1}}}";
    judge("yamllint", &["--strict", "-d", rules], &files(|path| path.ends_with(".yaml") || path.ends_with(".yml")));
}
