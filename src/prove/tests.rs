//! A good pair of files, and each promise broken once.

use super::*;
use crate::languages::{self, Language as _};
use crate::render;
use crate::settings::Answers;

const FILES: &[(&str, &str)] = &[
    (
        "package.json",
        r#"{"name": "app", "scripts": {"start": "node server.js"}, "dependencies": {"express": "5"}, "engines": {"node": "24"}}"#,
    ),
    ("package-lock.json", r#"{"name": "app", "lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "5"}}}}"#),
    ("server.js", "const app = require('express')()\napp.get('/healthz', ok)\napp.listen(process.env.PORT || 3000)\n"),
    (".env", "DATABASE_PASSWORD=x"),
];

fn project() -> Project {
    Project::from_files(FILES.iter().copied())
}

fn plan(project: &Project) -> Plan {
    let detected = languages::node::Node.detect(project).unwrap().remove(0);
    detected.plan(&Answers::default().over(detected.facts()).unwrap()).unwrap()
}

/// What the proof says when `from` has become `to` in a file.
fn broken(name: &str, from: &str, to: &str) -> Error {
    let project = project();
    let plan = plan(&project);
    let mut files = render::render(&plan, &project).unwrap();
    let file = files.iter_mut().find(|file| file.path == name).unwrap();
    assert!(file.text.contains(from), "`{from}` is not in\n{}", file.text);
    file.text = file.text.replacen(from, to, 1);
    prove(&plan, &project, &files).expect_err(&format!("`{from}` -> `{to}` was not caught"))
}

#[track_caller]
fn caught(from: &str, to: &str, what: &str) {
    let error = broken("Dockerfile", from, to);
    assert!(error.message.contains(what), "{}", error.message);
    assert_eq!(error.exit, crate::error::Exit::Bug);
    assert!(error.place.is_some());
}

#[test]
fn the_files_as_they_are_prove_themselves() {
    let project = project();
    let plan = plan(&project);
    prove(&plan, &project, &render::render(&plan, &project).unwrap()).unwrap();
}

#[test]
fn every_image_is_pinned_and_known() {
    let project = project();
    let plan = plan(&project);
    let text = &render::render(&plan, &project).unwrap()[0].text;
    let digest = text.split("@sha256:").nth(1).unwrap().split_whitespace().next().unwrap();
    caught(&format!("@sha256:{digest}"), "", "has no digest");
    caught(&format!(":24.21.0-trixie-slim@sha256:{digest}"), &format!("@sha256:{digest}"), "has no tag");
    caught(":24.21.0-trixie-slim@", ":latest@", "follows `latest`");
    caught("FROM base AS deps", "FROM bsae AS deps", "has no digest");
    caught("--from=deps", "--from=dpes", "no stage before this one is called `dpes`");
    caught("base AS deps", "base AS base", "duplicate stage name");
}

#[test]
fn an_exact_version_may_wait_for_its_digest_and_no_other() {
    let project = Project::from_files(FILES.iter().copied().chain([(".nvmrc", "22.19.0")]));
    let plan = plan(&project);
    let mut files = render::render(&plan, &project).unwrap();
    assert!(files[0].text.contains("FROM node:22.19.0-trixie-slim AS base"), "{}", files[0].text);
    prove(&plan, &project, &files).unwrap();
    files[0].text = files[0].text.replace("22.19.0", "22.19.1");
    assert!(prove(&plan, &project, &files).unwrap_err().message.contains("has no digest"));
}

#[test]
fn user_form_port_probe_and_program() {
    caught("USER 65532:65532", "USER 0:0", "runs as `0:0`");
    caught("USER 65532:65532", "USER nonroot", "runs as `nonroot`");
    caught("USER 65532:65532\n", "", "no user");
    caught(r#"CMD ["server.js"]"#, "CMD server.js", "shell form");
    caught(r#"ENTRYPOINT ["/usr/bin/tini", "--", "/nodejs/bin/node"]"#, "ENTRYPOINT node", "shell form");
    caught(r#"CMD ["server.js"]"#, r#"CMD ["other.js"]"#, "it starts");
    caught(r#"CMD ["server.js"]"#, "CMD [\"server.js\"]\nENTRYPOINT [\"server.js\"]", "2 `ENTRYPOINT`s");
    caught("USER 65532", "RUN id\nUSER 65532", "no shell");
    caught("EXPOSE 3000", "EXPOSE 3001", "exposes");
    caught("EXPOSE 3000\n", "", "exposes");
    caught("PORT=3000", "PORT=3001", "`PORT` is 3001");
    caught("127.0.0.1:3000", "127.0.0.1:3001", "the probe is");
    caught("HEALTHCHECK --interval=15s", "HEALTHCHECK NONE\nHEALTHCHECK --interval=15s", "2 `HEALTHCHECK`s");
    caught("COPY --from=init /usr/bin/tini-static /usr/bin/tini\n", "", "nothing puts `/usr/bin/tini`");
    caught("ENTRYPOINT", "STOPSIGNAL SIGKILL\nENTRYPOINT", "stop signal");
}

#[test]
fn secrets_fetches_and_layers() {
    caught("PORT=3000", "PORT=3000 DB_PASSWORD=x", "`DB_PASSWORD` would put a secret");
    caught("WORKDIR /app", "ARG NPM_TOKEN\nWORKDIR /app", "`NPM_TOKEN` would put a secret");
    caught("COPY package.json", "ADD package.json", "`ADD`");
    caught("COPY . .", "ADD https://example.org/x /x\nCOPY . .", "`ADD`");
    caught("USER 65532", "RUN --mount=type=cache,target=/x [\"/nodejs/bin/node\"]\nUSER 65532", "cache mount");
    caught(" \\\n    && rm -rf /var/lib/apt/lists/*", "", "package lists");
}

#[test]
fn what_is_copied_is_there() {
    caught("COPY package.json", "COPY pakcage.json", "no such file");
    for (line, what) in [
        ("package-lock.json", "keeps it away"),
        ("*.json", "keeps it away"),
        ("!.env", "lets it into the build"),
        ("[", "refuse this pattern"),
    ] {
        let error = broken(".dockerignore", "\n.git\n", &format!("\n.git\n{line}\n"));
        assert!(error.message.contains(what), "{line}: {}", error.message);
    }
}

#[test]
fn what_is_no_dockerfile_is_pointed_at() {
    let error = broken("Dockerfile", "WORKDIR", "WROKDIR");
    assert_eq!(error.place.unwrap().text, "WROKDIR /app");
}
