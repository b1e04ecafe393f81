//! Node.js.

mod start;
mod version;

use std::sync::LazyLock;

use regex::Regex;
use serde_json::json;

use super::{Detected, Facts, Kind, Language, Note};
use crate::catalog::{Catalog, Query};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;
use crate::plan::{EnvVar, Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::project::{Project, join};
use crate::settings::Choices;
use crate::sources::{Pattern, Sources};

/// Node.js projects: those with a `package.json`.
#[derive(Debug, Clone, Copy)]
pub struct Node;

/// A recognised Node.js service.
#[derive(Debug, Clone)]
struct NodeService {
    facts: Facts,
    lockfile: Option<&'static str>,
    npmrc: bool,
    handles_sigterm: bool,
}

const EXTENSIONS: &[&str] = &[".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/// `process.env.PORT || 3000`, `PORT ?? '3000'`, `PORT, 3000`.
static ENV_PORT: Pattern =
    LazyLock::new(|| Regex::new(r#"\bPORT\b['"\])]*\s*(?:\|\||\?\?|,)\s*['"]?(\d{2,5})\b"#).ok());
/// `.listen(3000`, `listen({ port: 3000`.
static LISTEN: Pattern = LazyLock::new(|| Regex::new(r"\blisten\(\s*(?:\{[^}]*?\bport:\s*)?(\d{2,5})\b").ok());

const FRAMEWORKS: &[(&str, &str)] =
    &[("@nestjs/core", "nest"), ("fastify", "fastify"), ("koa", "koa"), ("express", "express")];

impl Language for Node {
    fn detect(&self, project: &Project, dir: &str) -> Result<Option<Box<dyn Detected>>> {
        let Some(manifest) = JsonFile::read(project, &join(dir, "package.json"))? else { return Ok(None) };
        let lockfile = project.first(dir, &["npm-shrinkwrap.json", "package-lock.json"]);
        let start = start::find(project, dir, &manifest);
        let sources = Sources::read(project, dir, EXTENSIONS)?;
        let framework = FRAMEWORKS.iter().find_map(|(dependency, name)| {
            manifest.str(&["dependencies", dependency])?;
            let reason = format!("depends on `{dependency}`");
            Some(Found::certain((*name).to_owned(), manifest.evidence(&["dependencies", dependency], reason)))
        });
        let port = port(&sources).or_else(|| {
            framework.as_ref().map(|framework| {
                Found::guess(3000, framework.evidence.first().cloned())
            })
        });
        let kind = match &port {
            Some(port) => Found { value: Kind::Web, confidence: port.confidence, evidence: port.evidence.clone(), rejected: vec![] },
            None => Found::guess(Kind::Worker, None),
        };
        let mut notes = Vec::new();
        let package_manager = match lockfile {
            Some(file) => Found::certain("npm".to_owned(), Evidence::at(join(dir, file), None, "npm's lockfile")),
            None => {
                notes.push(Note::warning(
                    "no lockfile: the install is not reproducible; run `npm install` and commit `package-lock.json`",
                    Some(&Evidence::at(&manifest.path, 1, "")),
                ));
                Found::guess("npm".to_owned(), Some(Evidence::at(&manifest.path, 1, "no lockfile names another")))
            }
        };
        let name = manifest.str(&["name"]).unwrap_or("app");
        let language = Found::certain("node".to_owned(), Evidence::at(&manifest.path, 1, "a Node.js manifest"));
        let facts = Facts {
            version: Some(version::solve(project, dir, &manifest, &mut notes)?),
            package_manager: Some(package_manager),
            framework,
            port,
            start,
            build: manifest.str(&["scripts", "build"]).map(|script| {
                Found::certain(
                    ["npm", "run", "build"].map(str::to_owned).to_vec(),
                    manifest.evidence(&["scripts", "build"], format!("`build` runs `{script}`")),
                )
            }),
            health: sources.health(),
            notes,
            ..Facts::new(name, dir, language, kind)
        };
        let npmrc = project.has(&join(dir, ".npmrc"));
        Ok(Some(Box::new(NodeService { facts, lockfile, npmrc, handles_sigterm: sources.mention("SIGTERM").is_some() })))
    }
}

impl Detected for NodeService {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        let facts = &choices.facts;
        let catalog = Catalog::embedded()?;
        let version = facts.version.as_ref().map_or("24", |found| found.value.as_str());
        let line = version.split('.').next().unwrap_or(version);
        let build = catalog.pinned(Query { name: "node", flavor: "slim", distro: "trixie", line })?;
        let runtime_name = format!("nodejs{line}-debian13");
        let image = catalog.pinned(Query { name: &runtime_name, flavor: "distroless", distro: "", line: "" })?;
        let mut command = vec!["/nodejs/bin/node".to_owned()];
        command.extend(facts.start_command()?.iter().skip(1).cloned());
        let port = facts.port_number();
        let init = (!self.handles_sigterm).then(|| {
            "no SIGTERM handler was found, and as PID 1 Node.js ignores the signal".to_owned()
        });
        let mut env = vec![EnvVar::new("NODE_ENV", "production")];
        if let Some(port) = port {
            env.push(EnvVar::new("PORT", port.to_string()));
        }
        let copied: Vec<String> =
            ["package.json"].into_iter().chain(self.lockfile).chain(self.npmrc.then_some(".npmrc")).map(str::to_owned).collect();
        Ok(Plan {
            service: facts.name.clone(),
            template: "node".to_owned(),
            images: [("build".to_owned(), build)].into(),
            details: json!({
                "manifests": copied,
                "install": if self.lockfile.is_some() { "npm ci" } else { "npm install --no-save" },
                "build": facts.build.as_ref().map(|found| &found.value),
            }),
            runtime: Runtime {
                image,
                flavor: Flavor::Distroless,
                reason: "Node.js alone: no shell, no package manager, nothing to patch but the runtime".to_owned(),
                user: NonRootUser::DISTROLESS,
                workdir: "/app".to_owned(),
                env,
                port,
                healthcheck: port.map(|port| healthcheck(port, facts.health_path())),
                stop_signal: None,
                init,
                packages: Vec::new(),
                command,
                writable: Vec::new(),
            },
            ignore: ["node_modules", "npm-debug.log*", "coverage", ".nyc_output"].map(str::to_owned).to_vec(),
            copied,
        })
    }
}

/// The port that the program listens on.
fn port(sources: &Sources) -> Option<Found<u16>> {
    sources
        .search(&ENV_PORT, "listens on `PORT`, by default here")
        .or_else(|| sources.search(&LISTEN, "listens here"))
        .and_then(|(found, evidence)| Some(Found::certain(found.parse().ok()?, evidence)))
}

/// With a path, an HTTP request that must succeed; without, a TCP connect.
fn healthcheck(port: u16, path: Option<&str>) -> Healthcheck {
    let script = match path {
        Some(path) => {
            let url = serde_json::Value::from(format!("http://127.0.0.1:{port}{path}"));
            format!("fetch({url}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))")
        }
        None => format!(
            "require('net').connect({port},'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))"
        ),
    };
    Healthcheck::new(&["/nodejs/bin/node", "-e", &script], 10)
}
