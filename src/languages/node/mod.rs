//! Node.js.

mod source;
mod start;
mod version;

use serde_json::json;

use super::{Detected, Facts, Kind, Language, Note};
use crate::catalog::{Catalog, PinnedImage, Query};
use crate::error::{Error, Exit, Result};
use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;
use crate::plan::{EnvVar, Healthcheck, NonRootUser, Plan, Runtime};
use crate::project::{Project, join};
use crate::settings::Answers;

/// Node.js projects: those with a `package.json`.
#[derive(Debug, Clone, Copy)]
pub struct Node;

/// A recognised Node.js service.
#[derive(Debug, Clone)]
struct NodeService {
    facts: Facts,
    manifest: JsonFile,
    lockfile: Option<&'static str>,
    npmrc: bool,
    handles_sigterm: bool,
}

const FRAMEWORKS: &[(&str, &str)] =
    &[("@nestjs/core", "nest"), ("fastify", "fastify"), ("koa", "koa"), ("express", "express")];

impl Language for Node {
    fn detect(&self, project: &Project, dir: &str) -> Result<Option<Box<dyn Detected>>> {
        let Some(manifest) = JsonFile::read(project, &join(dir, "package.json"))? else { return Ok(None) };
        let lockfile = project.first(dir, &["npm-shrinkwrap.json", "package-lock.json"]);
        let start = start::find(project, dir, &manifest);
        let sources = source::Sources::read(project, dir)?;
        let framework = FRAMEWORKS.iter().find_map(|(dependency, name)| {
            manifest.str(&["dependencies", dependency])?;
            let reason = format!("depends on `{dependency}`");
            Some(Found::certain((*name).to_owned(), manifest.evidence(&["dependencies", dependency], reason)))
        });
        let port = sources.port().or_else(|| {
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
        let facts = Facts {
            name: manifest.str(&["name"]).unwrap_or("app").to_owned(),
            path: dir.to_owned(),
            language: Found::certain("node".to_owned(), Evidence::at(&manifest.path, 1, "a Node.js manifest")),
            version: Some(version::solve(project, dir, &manifest, &mut notes)?),
            package_manager: Some(package_manager),
            build_tool: None,
            framework,
            kind,
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
        };
        let npmrc = project.has(&join(dir, ".npmrc"));
        Ok(Some(Box::new(NodeService { facts, manifest, lockfile, npmrc, handles_sigterm: sources.mentions("SIGTERM") })))
    }
}

impl Detected for NodeService {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, _answers: &Answers) -> Result<Plan> {
        let catalog = Catalog::embedded()?;
        let version = self.facts.version.as_ref().map_or("24", |found| found.value.as_str());
        let line = version.split('.').next().unwrap_or(version);
        let build = image(catalog, Query { name: "node", flavor: "slim", distro: "trixie", line })?;
        let runtime_name = format!("nodejs{line}-debian13");
        let runtime = image(catalog, Query { name: &runtime_name, flavor: "distroless", distro: "", line: "" })?;
        let start = self.facts.start.as_ref().ok_or_else(|| {
            Error::new(Exit::AnswerMissing, format!("`{}` names no start command", self.manifest.path))
                .hint("add a `start` script, or pass `--set start=\"node server.js\"`")
        })?;
        let mut command = vec!["/nodejs/bin/node".to_owned()];
        command.extend(start.value.iter().skip(1).cloned());
        let port = self.facts.port.as_ref().map(|found| found.value);
        let init = (!self.handles_sigterm).then(|| {
            "no SIGTERM handler was found: as PID 1, Node.js would ignore the signal and be killed after the grace period".to_owned()
        });
        let mut env = vec![EnvVar::new("NODE_ENV", "production")];
        if let Some(port) = port {
            env.push(EnvVar::new("PORT", port.to_string()));
        }
        let copied: Vec<String> =
            ["package.json"].into_iter().chain(self.lockfile).chain(self.npmrc.then_some(".npmrc")).map(str::to_owned).collect();
        Ok(Plan {
            service: self.facts.name.clone(),
            template: "node".to_owned(),
            images: [("build".to_owned(), build)].into(),
            details: json!({
                "manifests": copied,
                "install": if self.lockfile.is_some() { "npm ci" } else { "npm install --no-save" },
                "build": self.facts.build.as_ref().map(|found| &found.value),
                "init": init.is_some(),
            }),
            runtime: Runtime {
                image: runtime,
                flavor: "distroless".to_owned(),
                reason: "Node.js alone: no shell, no package manager, nothing to patch but the runtime".to_owned(),
                user: NonRootUser::DISTROLESS,
                workdir: "/app".to_owned(),
                env,
                port,
                healthcheck: port.map(|port| healthcheck(port, self.facts.health.as_ref().map(|found| found.value.as_str()))),
                stop_signal: None,
                init,
                command,
                writable: Vec::new(),
            },
            ignore: ["node_modules", "npm-debug.log*", "coverage", ".nyc_output"].map(str::to_owned).to_vec(),
            copied,
        })
    }
}

fn image(catalog: &Catalog, query: Query<'_>) -> Result<PinnedImage> {
    catalog.default_image(query).and_then(crate::catalog::Image::pinned).ok_or_else(|| {
        Error::new(Exit::Unsupported, format!("the catalog has no confirmed image `{}` for `{}`", query.name, query.line))
            .hint("pass `--set version=` with a supported release line")
    })
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
    let command = ["/nodejs/bin/node", "-e", &script].map(str::to_owned).to_vec();
    Healthcheck { command, start_period: 10 }
}
