//! Node.js: `package_manager` says how dependencies are installed, `framework` what the build leaves, `start` what runs,
//! `plan` makes the plan of it.

mod beginning;
mod framework;
mod package_manager;
mod plan;
mod start;
mod version;

use std::sync::LazyLock;

use regex::Regex;

use super::{Detected, Facts, Kind, Language};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;
use crate::project::{Project, join};
use crate::sources::{Pattern, Sources};
use framework::{Context, Framework, Serving};
use package_manager::PackageManager;

/// Node.js projects: those with a `package.json`.
#[derive(Debug, Clone, Copy)]
pub struct Node;

/// A recognised Node.js service.
#[derive(Debug, Clone)]
struct NodeService {
    facts: Facts,
    package_manager: PackageManager,
    framework: Option<Framework>,
    npmrc: bool,
    handles_sigterm: bool,
}

const EXTENSIONS: &[&str] = &[".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/// `process.env.PORT || 3000`, `PORT ?? '3000'`, `PORT, 3000`.
static ENV_PORT: Pattern =
    LazyLock::new(|| Regex::new(r#"\bPORT\b['"\])]*\s*(?:\|\||\?\?|,)\s*['"]?(\d{2,5})\b"#).ok());
/// `.listen(3000`, `listen({ port: 3000`.
static LISTEN: Pattern = LazyLock::new(|| Regex::new(r"\blisten\(\s*(?:\{[^}]*?\bport:\s*)?(\d{2,5})\b").ok());

impl Language for Node {
    fn manifests(&self) -> &'static [&'static str] {
        &["package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"]
    }

    fn beginnings(&self) -> &'static [crate::begin::Beginning] {
        beginning::BEGINNINGS
    }

    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>> {
        Ok(service(project, ".")?.into_iter().map(|service| Box::new(service) as Box<dyn Detected>).collect())
    }
}

/// The service in a folder.
fn service(project: &Project, dir: &str) -> Result<Option<NodeService>> {
    let Some(manifest) = JsonFile::read(project, &join(dir, "package.json"))? else { return Ok(None) };
    let mut notes = Vec::new();
    let sources = Sources::read(project, dir, EXTENSIONS)?;
    let framework = framework::detect(Context { project, dir, manifest: &manifest, sources: &sources })?;
    let package_manager = package_manager::detect(project, dir, &manifest, &mut notes);
    let serving = framework.as_ref().map_or(&Serving::Script, |framework| &framework.serving);
    let start = match serving {
        Serving::Script => start::find(project, dir, &manifest),
        Serving::Server { command, .. } => Some(command.clone()),
        Serving::Static(_) => None,
    };
    let port = match serving {
        Serving::Static(_) => Some(super::static_site::port(&manifest.path)),
        _ => port(&sources).or_else(|| framework.as_ref()?.port.clone()),
    };
    let kind = match (serving, &port) {
        (Serving::Static(_), Some(port)) => kind_from(Kind::Static, port),
        (_, Some(port)) => kind_from(Kind::Web, port),
        (_, None) => Found::guess(Kind::Worker, None),
    };
    let build = framework.as_ref().and_then(|framework| framework.build.clone()).or_else(|| {
        let script = manifest.str(&["scripts", "build"])?;
        Some(Found::certain(
            [package_manager.name.value.as_str(), "run", "build"].map(str::to_owned).to_vec(),
            manifest.evidence(&["scripts", "build"], format!("`build` runs `{script}`")),
        ))
    });
    if let Some(framework) = &framework {
        notes.extend(framework.notes.iter().cloned());
    }
    let handles_sigterm = sources.mention("SIGTERM").is_some()
        || framework.as_ref().is_some_and(|framework| framework.handles_sigterm);
    let name = manifest.str(&["name"]).unwrap_or("app");
    let language = Found::certain("node".to_owned(), Evidence::at(&manifest.path, 1, "a Node.js manifest"));
    let facts = Facts {
        version: Some(version::solve(project, dir, &manifest, &mut notes)?),
        package_manager: Some(package_manager.name.clone()),
        build_tool: framework.as_ref().and_then(|framework| framework.build_tool.clone()),
        framework: framework.as_ref().map(|framework| framework.name.clone()),
        port,
        start,
        build,
        health: sources.health().or_else(|| framework.as_ref()?.health.clone()),
        writable: framework.as_ref().map(|framework| framework.writable.clone()).unwrap_or_default(),
        notes,
        ..Facts::new(name, dir, language, kind)
    };
    Ok(Some(NodeService {
        facts,
        package_manager,
        framework,
        npmrc: project.has(&join(dir, ".npmrc")),
        handles_sigterm,
    }))
}

/// The kind, as sure as the port that it follows from.
fn kind_from(kind: Kind, port: &Found<u16>) -> Found<Kind> {
    Found { value: kind, confidence: port.confidence, evidence: port.evidence.clone(), rejected: Vec::new() }
}

/// The port that the program listens on.
fn port(sources: &Sources) -> Option<Found<u16>> {
    sources
        .search(&ENV_PORT, "listens on `PORT`, by default here")
        .or_else(|| sources.search(&LISTEN, "listens here"))
        .and_then(|(found, evidence)| Some(Found::certain(found.parse().ok()?, evidence)))
}
