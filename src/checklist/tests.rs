use super::*;
use crate::project::Project;

fn verdicts(files: &[(&str, &str)]) -> Vec<Verdict> {
    let project = Project::from_files(files.iter().copied());
    judge(&Subject::of_project(&project).unwrap(), &BTreeMap::new())
}

fn status(files: &[(&str, &str)], id: &str) -> Status {
    let verdicts = verdicts(files);
    let found = verdicts.iter().find(|verdict| verdict.id == id).unwrap();
    found.status
}

/// The status of an item for a Dockerfile alone.
fn of(dockerfile: &str, id: &str) -> Status {
    status(&[("Dockerfile", dockerfile)], id)
}

const PIN: &str = "@sha256:0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn the_ids_are_the_contracts() {
    let ids = [
        "minimal-base", "multi-stage", "non-root", "pinned", "signals", "healthcheck", "no-secrets", "dockerignore", "cache-order", "scan",
        "read-only", "limits", "stdout-logs", "telemetry", "signed",
    ];
    assert_eq!(ITEMS.iter().map(|item| item.id).collect::<Vec<_>>(), ids);
    assert_eq!(item("4").unwrap().1.id, "pinned");
    assert_eq!(item("pined").err().unwrap().hints, ["did you mean `pinned`?"]);
    assert_eq!(item("16").err().unwrap().exit, Exit::Usage);
}

#[test]
fn bases() {
    for (image, expected) in [
        ("node:24", Status::Fail), ("node:24-slim", Status::Pass), ("golang:1.25-alpine", Status::Fail), ("ubuntu:24.04", Status::Warn),
        ("gcr.io/distroless/static-debian13", Status::Pass), ("scratch", Status::Pass), ("eclipse-temurin:21-jdk-alpine", Status::Fail),
        ("eclipse-temurin:21-jre", Status::Pass), ("mcr.microsoft.com/dotnet/sdk:9.0", Status::Fail),
    ] {
        assert_eq!(of(&format!("FROM {image}\nCMD [\"x\"]\n"), "minimal-base"), expected, "{image}");
    }
    assert_eq!(of("FROM debian:trixie-slim\nRUN apt-get update && apt-get install -y gcc\n", "minimal-base"), Status::Warn);
}

#[test]
fn stages() {
    assert_eq!(of("FROM golang:1\nRUN go build\n", "multi-stage"), Status::Fail);
    assert_eq!(of("FROM python:3-slim\nRUN pip install -r requirements.txt\n", "multi-stage"), Status::Warn);
    assert_eq!(of("FROM golang:1 AS b\nRUN go build\nFROM scratch\nCOPY --from=b /x /x\n", "multi-stage"), Status::Pass);
    assert_eq!(of("FROM golang:1 AS b\nRUN go build\nFROM b\n", "multi-stage"), Status::Fail);
    assert_eq!(of("FROM nginx:1-alpine\nCOPY . /srv\n", "multi-stage"), Status::Pass);
}

#[test]
fn users() {
    for (user, expected) in [
        ("", Status::Fail), ("USER root", Status::Fail), ("USER 0:0", Status::Fail), ("USER node", Status::Warn), ("USER 1000", Status::Pass),
        ("ARG UID=10001\nUSER $UID:$UID", Status::Pass), ("USER 1000\nUSER root", Status::Fail), ("USER $APP_UID", Status::Pass),
    ] {
        assert_eq!(of(&format!("FROM node:24-slim\n{user}\n"), "non-root"), expected, "{user}");
    }
    assert_eq!(of("FROM gcr.io/distroless/static:nonroot\n", "non-root"), Status::Pass);
    assert_eq!(of("FROM a AS base\nUSER 7\nFROM base\n", "non-root"), Status::Pass);
}

#[test]
fn pins_of_images_and_actions() {
    for (from, expected) in [
        ("node".to_owned(), Status::Fail), ("node:24".to_owned(), Status::Fail), (format!("node:24{PIN}"), Status::Pass), (format!("node{PIN}"), Status::Pass),
        ("localhost:5000/node".to_owned(), Status::Fail), ("scratch".to_owned(), Status::Warn),
    ] {
        assert_eq!(of(&format!("FROM {from}\n"), "pinned"), expected, "{from}");
    }
    assert_eq!(of(&format!("FROM node:24{PIN}\nCOPY --from=nginx:1 /x /x\n"), "pinned"), Status::Fail);
    let file = ("Dockerfile", "FROM scratch\n");
    let workflow = |uses: &str| format!("jobs:\n  a:\n    steps:\n      - uses: {uses}\n");
    assert_eq!(status(&[file, (".github/workflows/a.yml", &workflow("actions/checkout@v4"))], "pinned"), Status::Warn);
}

#[test]
fn starts() {
    for (start, expected) in [
        ("CMD npm start", Status::Fail), ("CMD [\"npm\", \"start\"]", Status::Fail), ("ENTRYPOINT [\"tini\", \"--\", \"npm\", \"start\"]", Status::Fail),
        ("CMD [\"node\", \"a.js\"]", Status::Warn), ("ENTRYPOINT [\"tini\", \"--\"]\nCMD [\"node\", \"a.js\"]", Status::Pass),
        ("CMD gunicorn app:app", Status::Fail), ("CMD exec gunicorn app:app", Status::Pass), ("CMD [\"sh\", \"-c\", \"gunicorn -b :$PORT a:a\"]", Status::Fail),
        ("CMD [\"gunicorn\", \"app:app\"]", Status::Pass), ("CMD [\"python\", \"app.py\"]", Status::Warn), ("CMD [\"flask\", \"run\"]", Status::Warn),
        ("CMD [\"/server\"]", Status::Pass), ("CMD [\"java\", \"-jar\", \"a.jar\"]", Status::Pass),
    ] {
        assert_eq!(of(&format!("FROM a\n{start}\n"), "signals"), expected, "{start}");
    }
    let file = ("Dockerfile", "FROM a\nENTRYPOINT [\"/docker-entrypoint.sh\"]\n");
    assert_eq!(status(&[file, ("docker-entrypoint.sh", "#!/bin/sh\nexec \"$@\"\n")], "signals"), Status::Pass);
    assert_eq!(status(&[file, ("docker-entrypoint.sh", "#!/bin/sh\n\"$@\"\n")], "signals"), Status::Fail);
    assert_eq!(status(&[("Dockerfile", "FROM a\nCMD [\"node\", \"a.js\"]\n"), ("a.js", "process.on('SIGTERM', f)")], "signals"), Status::Pass);
}

#[test]
fn probes() {
    assert_eq!(of("FROM a\nEXPOSE 80\n", "healthcheck"), Status::Fail);
    assert_eq!(of("FROM a\n", "healthcheck"), Status::Warn);
    assert_eq!(of("FROM node:24-slim\nHEALTHCHECK CMD curl -f http://localhost\n", "healthcheck"), Status::Fail);
    assert_eq!(of("FROM node:24-slim\nRUN apt-get install -y curl\nHEALTHCHECK CMD curl -f http://localhost\n", "healthcheck"), Status::Pass);
    assert_eq!(of("FROM nginx:1-alpine\nHEALTHCHECK CMD wget -q http://localhost\n", "healthcheck"), Status::Pass);
}

#[test]
fn secret_values() {
    assert_eq!(of("FROM a\nENV API_KEY=abc\n", "no-secrets"), Status::Fail);
    assert_eq!(of("FROM a\nARG NPM_TOKEN\nRUN npm ci\n", "no-secrets"), Status::Fail);
    assert_eq!(of("FROM a\nENV API_KEY=\"\" PUBLIC_KEY=x\n", "no-secrets"), Status::Pass);
    assert_eq!(of("FROM a\nCOPY .env ./\n", "no-secrets"), Status::Fail);
    let compose = |value: &str| format!("services:\n  db:\n    image: postgres\n    environment:\n      - POSTGRES_PASSWORD={value}\n");
    assert_eq!(status(&[("compose.yaml", &compose("hunter2"))], "no-secrets"), Status::Warn);
    assert_eq!(status(&[("Dockerfile", "FROM a\n"), ("compose.yaml", &compose("${DB_PASSWORD}"))], "no-secrets"), Status::Pass);
}

#[test]
fn what_the_build_sees_and_when() {
    assert_eq!(of("FROM a\nCOPY . .\n", "dockerignore"), Status::Fail);
    assert_eq!(status(&[("Dockerfile", "FROM a\nCOPY . .\n"), (".dockerignore", ".git\n.env\n")], "dockerignore"), Status::Pass);
    assert_eq!(status(&[("Dockerfile", "FROM a\nCOPY . .\n"), (".dockerignore", "*.md\n")], "dockerignore"), Status::Warn);
    assert_eq!(of("FROM a\nCOPY . .\nRUN npm ci\n", "cache-order"), Status::Fail);
    assert_eq!(of("FROM a\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n", "cache-order"), Status::Pass);
    assert_eq!(of("FROM a\nCOPY . .\nRUN go build\n", "cache-order"), Status::Warn);
    assert_eq!(of("FROM a\nCOPY go.mod .\nRUN go mod download\nCOPY . .\nRUN go build\n", "cache-order"), Status::Pass);
}

#[test]
fn how_it_is_run() {
    let deployment = |context: &str| {
        format!("apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          {context}\n")
    };
    let read_only = deployment("securityContext: {readOnlyRootFilesystem: true}");
    assert_eq!(status(&[("k8s/a.yaml", &read_only)], "read-only"), Status::Pass);
    assert_eq!(status(&[("k8s/a.yaml", &read_only)], "limits"), Status::Fail);
    assert_eq!(status(&[("k8s/a.yaml", &deployment("image: x"))], "read-only"), Status::Fail);
    assert_eq!(status(&[("compose.yaml", "services:\n  web:\n    build: .\n")], "limits"), Status::Warn);
    assert_eq!(of("FROM a\n", "limits"), Status::Warn);
}

#[test]
fn what_ci_does() {
    let file = ("Dockerfile", "FROM a\n");
    let workflow = |step: &str| format!("jobs:\n  a:\n    steps:\n      - run: docker build .\n      - run: {step}\n");
    assert_eq!(status(&[file, (".github/workflows/a.yml", &workflow("true # trivy"))], "scan"), Status::Fail);
    assert_eq!(status(&[file, (".github/workflows/a.yml", &workflow("trivy image x"))], "scan"), Status::Pass);
    assert_eq!(status(&[file, (".github/workflows/a.yml", &workflow("cosign sign x"))], "signed"), Status::Pass);
    assert_eq!(status(&[file], "scan"), Status::Warn);
}

#[test]
fn what_the_application_does() {
    let file = ("Dockerfile", "FROM a\nCMD [\"x\"]\n");
    assert_eq!(status(&[file], "stdout-logs"), Status::Pass);
    assert_eq!(status(&[file, ("a.py", "h = logging.FileHandler('x.log')\n")], "stdout-logs"), Status::App);
    assert_eq!(of("FROM a\nCMD x > /var/log/x.log\n", "stdout-logs"), Status::Fail);
    assert_eq!(status(&[file], "telemetry"), Status::App);
    assert_eq!(status(&[file, ("requirements.txt", "opentelemetry-sdk==1\n")], "telemetry"), Status::Pass);
}

#[test]
fn a_waived_item_is_off_and_needs_a_reason() {
    let project = Project::from_files([("Dockerfile", "FROM node\n")]);
    let subject = Subject::of_project(&project).unwrap();
    let waived = BTreeMap::from([("pinned".to_owned(), "the registry is ours".to_owned())]);
    let verdicts = judge(&subject, &waived);
    assert_eq!((verdicts[3].status, verdicts[3].advice.as_str()), (Status::Off, "switched off: the registry is ours"));
    assert_eq!(score(&verdicts).1, 14);
    assert!(check_waivers(&waived).is_ok());
    assert!(check_waivers(&BTreeMap::from([("pinned".to_owned(), " ".to_owned())])).is_err());
    assert!(check_waivers(&BTreeMap::from([("pined".to_owned(), "x".to_owned())])).is_err());
}
