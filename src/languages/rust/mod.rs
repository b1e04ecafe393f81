//! Rust: `workspace` and `manifest` read what is built together, `lockfile`, `toolchain`, `cargo_config` and `native` with
//! what, `service` and `address` what a program is and where it listens, `assets` what it opens; `plan` makes the plan of it.

mod beginning;
mod address;
mod assets;
mod cargo_config;
mod code;
mod database;
mod health;
mod lockfile;
mod manifest;
mod native;
mod plan;
mod program;
mod service;
mod settings_files;
mod toolchain;
mod workspace;

use super::{Detected, Facts, Kind, Language, Note};
use crate::error::{Error, Exit, Result};
use crate::found::{Evidence, Found};
use crate::plan::EnvVar;
use crate::project::{Project, join};
use address::Address;
use assets::Asset;
use cargo_config::CargoConfig;
use code::Code;
use lockfile::Lockfile;
use manifest::{Package, Program};
use native::Native;
use service::Service;
use toolchain::Toolchain;
use workspace::Workspace;

/// Rust projects: one service per member that serves; where none does, per member that can be run.
#[derive(Debug, Clone, Copy)]
pub struct Rust;

/// A recognised program of one package.
#[derive(Debug, Clone)]
struct RustService {
    facts: Facts,
    /// The program that is started when nothing else is asked for.
    program: String,
    /// All programs of its package: any of them may be asked for.
    programs: Vec<Program>,
    build: Build,
    address: Address,
    assets: Vec<Asset>,
    /// Variables of the final image.
    env: Vec<EnvVar>,
    /// Why PID 1 must be an init.
    init: Option<&'static str>,
}

/// How a package is built.
#[derive(Debug, Clone)]
struct Build {
    /// Name of the package, where the workspace has several.
    package: Option<String>,
    /// Manifests and settings that decide which dependencies are built.
    manifests: Vec<String>,
    /// Folders that dependencies are compiled from.
    folders: Vec<String>,
    /// Root files of programs and build scripts of all local packages.
    programs: Vec<String>,
    /// Root files of their libraries.
    libraries: Vec<String>,
    /// The local packages that are compiled, by name.
    local: Vec<String>,
    locked: bool,
    git: bool,
    offline_queries: bool,
    native: Native,
    config: CargoConfig,
    toolchain: Toolchain,
    /// Local dependencies that lie outside of what is built.
    outside: Vec<Evidence>,
}

impl Language for Rust {
    fn manifests(&self) -> &'static [&'static str] {
        &["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rust-toolchain", "Rocket.toml"]
    }

    fn beginnings(&self) -> &'static [crate::begin::Beginning] {
        beginning::BEGINNINGS
    }

    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>> {
        let Some(workspace) = Workspace::read(project)? else { return Ok(Vec::new()) };
        let candidates = candidates(project, &workspace)?;
        if candidates.is_empty() || yields(project, &candidates) {
            return Ok(Vec::new());
        }
        let lockfile = Lockfile::read(project)?;
        let config = CargoConfig::read(project, &workspace)?;
        let (chosen, others) = program::serving(candidates, &workspace);
        let mut services: Vec<RustService> = Vec::new();
        for candidate in &chosen {
            services.push(recognise(project, &workspace, lockfile.as_ref(), &config, candidate)?);
        }
        if !others.is_empty() {
            let names: Vec<String> = others.iter().map(|other| format!("`{}`", other.package.name)).collect();
            services[0].facts.notes.push(Note::info(format!("programs that serve nothing got no files: {}", names.join(", ")), None));
        }
        Ok(services.into_iter().map(|service| Box::new(service) as Box<dyn Detected>).collect())
    }
}

/// A package that can be run, and what its program is.
struct Candidate<'w> {
    package: &'w Package,
    closure: Vec<&'w Package>,
    program: program::Choice<'w>,
    service: Service,
    code: Code,
}

/// The members that can be run. Front ends that become WebAssembly are none.
fn candidates<'w>(project: &Project, workspace: &'w Workspace) -> Result<Vec<Candidate<'w>>> {
    let mut found = Vec::new();
    let mut front_end = None;
    for package in workspace.members().iter().filter(|package| !package.programs.is_empty()) {
        if let Some(evidence) = program::front_end(project, package) {
            front_end = Some(evidence);
            continue;
        }
        let closure = workspace.closure(package);
        let dirs: Vec<&str> = closure.iter().map(|package| package.dir.as_str()).collect();
        let all = Code::read(project, &dirs)?;
        let own = Code::read(project, &dirs[..1])?;
        let program = program::choose(project, package, &own);
        let others: Vec<&str> = package.programs.iter().map(|program| program.path.as_str()).filter(|path| *path != program.program.path).collect();
        let code = all.starting_at(project, &program.program.path).without(|path| others.contains(&path));
        let own = own.starting_at(project, &program.program.path).without(|path| others.contains(&path));
        let service = service::classify(&closure, &code, &own);
        found.push(Candidate { package, closure, program, service, code });
    }
    match front_end {
        Some((what, evidence)) if found.is_empty() && !project.has("package.json") => Err(Error::new(
            Exit::Unsupported,
            format!("`{}` is a front end for the browser, built by {what}, which is not supported yet", evidence.place()),
        )
        .hint("build it with that tool, and run dockwright in the folder of what comes out")),
        _ => Ok(found),
    }
}

/// Whether another manifest at the same place says more: a `package.json` that starts a server, beside a program that does
/// not serve.
fn yields(project: &Project, candidates: &[Candidate<'_>]) -> bool {
    let serves = candidates.iter().any(|candidate| matches!(candidate.service.kind.value, Kind::Web | Kind::Worker));
    let starts = |text: &str| text.contains("\"start\"") || text.contains("\"next\"") || text.contains("\"express\"") || text.contains("\"vite\"");
    !serves && project.read("package.json").ok().flatten().is_some_and(|text| starts(&text))
}

fn recognise(project: &Project, workspace: &Workspace, lockfile: Option<&Lockfile>, config: &CargoConfig, candidate: &Candidate<'_>) -> Result<RustService> {
    let Candidate { package, closure, program, service, code } = candidate;
    let mut notes: Vec<Note> = Vec::new();
    let toolchain = toolchain::solve(project, &workspace.root, code, &mut notes)?;
    let framework = service.framework.as_ref().map(|(framework, _)| *framework);
    let settings = settings_files::read(project, &package.dir, code);
    let web = service.kind.value == Kind::Web;
    let examples = |name: &str| settings_files::example(project, &package.dir, name);
    let mut address = if web { address::find(code, framework, &settings, &examples) } else { Address::default() };
    notes.extend(address_notes(&address));
    let mut native = native::detect(lockfile, closure, google_protos(project));
    for (package, evidence) in &config.linkers {
        native.needs(package, &[package], evidence.clone());
    }
    let locked = lock_state(lockfile, workspace, &mut notes);
    let offline = database::offline(project, &closure[..], code, &mut notes);
    let mut env: Vec<EnvVar> = std::mem::take(&mut address.env);
    if let Some((name, _)) = settings_files::environment(project, &package.dir, code) {
        env.push(EnvVar::new(name, "production"));
    }
    let mut start = program.command();
    if start.value.len() == 1 {
        start.value.extend(address.arguments.iter().cloned());
    }
    let build = Build::new(project, workspace, package, closure, BuildParts { locked, offline_queries: offline, native, config, toolchain });
    let port = address.port.take();
    let start_for = |port: Option<u16>| with_port(&start.value, port);
    let health = web.then(|| health::find(code, &mut notes)).flatten();
    let language = Found::certain("rust".to_owned(), Evidence::at(&package.file.path, package.file.line(&["package", "name"]).or(Some(1)), "a Cargo package"));
    let manager = match lockfile {
        Some(_) => Found::certain("cargo".to_owned(), Evidence::at(lockfile::NAME, 1, "Cargo's lockfile")),
        None => Found::certain("cargo".to_owned(), Evidence::at(&package.file.path, 1, "a Cargo manifest")),
    };
    let shown = port.as_ref().map(|found| found.value);
    let facts = Facts {
        version: Some(build.toolchain.version.clone()),
        package_manager: Some(manager),
        framework: service.framework.as_ref().map(|(framework, evidence)| Found::certain(framework.name.to_owned(), evidence.clone())),
        start: Some(Found { value: start_for(shown), confidence: start.confidence, evidence: start.evidence.clone(), rejected: start.rejected.clone() }),
        build: Some(Found::certain(build.command(program.program), program.program.evidence.clone())),
        health,
        port,
        native: build.native.libraries.clone(),
        secrets: database::secrets(code),
        notes,
        ..Facts::new(package.name.clone(), &package.dir, language, service.kind.clone())
    };
    let assets = assets::find(project, package, code, framework.map(|framework| framework.name));
    Ok(RustService {
        facts,
        program: program.program.name.clone(),
        programs: package.programs.clone(),
        build,
        address: Address { arguments: start.value[1..].to_vec(), ..address },
        assets,
        env,
        init: service::init(framework, code),
    })
}

/// What is decided before the build is put together.
struct BuildParts<'p> {
    locked: bool,
    offline_queries: bool,
    native: Native,
    config: &'p CargoConfig,
    toolchain: Toolchain,
}

impl Build {
    fn new(project: &Project, workspace: &Workspace, package: &Package, closure: &[&Package], parts: BuildParts<'_>) -> Self {
        let all = &workspace.packages;
        let BuildParts { locked, offline_queries, native, config, toolchain } = parts;
        let in_patch = |path: &str| workspace.patches.iter().any(|folder| path.starts_with(&format!("{folder}/")));
        let mut manifests: Vec<String> = vec!["Cargo.toml".to_owned()];
        manifests.extend(project.has(lockfile::NAME).then(|| lockfile::NAME.to_owned()));
        manifests.extend(config.path.clone());
        manifests.extend(all.iter().map(|package| join(&package.dir, "Cargo.toml")).filter(|path| path != "Cargo.toml" && !in_patch(path)));
        let mut programs: Vec<String> = Vec::new();
        for package in all {
            programs.extend(package.programs.iter().map(|program| program.path.clone()));
            programs.extend(package.build_script.iter().chain(&package.named).cloned());
        }
        programs.retain(|path| !in_patch(path));
        let mut folders = workspace.patches.clone();
        folders.extend(config.vendored.clone());
        Self {
            package: (all.len() > 1).then(|| package.name.clone()),
            manifests,
            folders,
            programs: unique(programs),
            libraries: unique(all.iter().filter_map(|package| package.library.clone()).filter(|path| !in_patch(path)).collect()),
            local: unique(closure.iter().map(|package| package.name.clone()).collect()),
            locked,
            git: all.iter().flat_map(|package| &package.dependencies).any(|dependency| dependency.git.is_some()),
            offline_queries,
            native,
            config: config.clone(),
            toolchain,
            outside: workspace.outside.clone(),
        }
    }

    /// The command that builds a program.
    fn command(&self, program: &Program) -> Vec<String> {
        let mut words: Vec<&str> = vec!["cargo", "build", "--release"];
        words.extend(self.locked.then_some("--locked"));
        // `build.target` would choose one machine's: this is the one that the image runs on.
        words.extend(self.config.target.iter().flat_map(|_| ["--target", "host-tuple"]));
        words.extend(self.package.iter().flat_map(|name| ["--package", name.as_str()]));
        words.extend(["--bin", &program.name]);
        let features = program.features.join(",");
        if !features.is_empty() {
            words.extend(["--features", &features]);
        }
        words.into_iter().map(str::to_owned).collect()
    }
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

/// Whether the lockfile is taken as it is, and a word where it cannot be.
fn lock_state(lockfile: Option<&Lockfile>, workspace: &Workspace, notes: &mut Vec<Note>) -> bool {
    let Some(lockfile) = lockfile else {
        let at = Evidence::at("Cargo.toml", None, "");
        notes.push(Note::warning("there is no `Cargo.lock`: every build may get other versions; run `cargo generate-lockfile` and commit it", Some(&at)));
        return false;
    };
    match lockfile.outdated(&workspace.packages) {
        Some(evidence) => {
            notes.push(Note::warning("`Cargo.lock` lacks this dependency, so it is not taken as it is: run `cargo check` and commit it", Some(evidence)));
            false
        }
        None => true,
    }
}

fn address_notes(address: &Address) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(evidence) = &address.loopback {
        notes.push(Note::warning("it listens on the container's own loopback, where nothing outside reaches it: listen on 0.0.0.0", Some(evidence)));
    }
    if let Some((port, evidence)) = &address.privileged {
        notes.push(Note::warning(format!("port {port} is for root only, and it is written into the sources: read it from `PORT`, with a default of 8080"), Some(evidence)));
    }
    notes
}

/// Whether protocol files use those that Google's package brings.
fn google_protos(project: &Project) -> bool {
    project.files().filter(|file| file.ends_with(".proto")).any(|file| project.read(file).ok().flatten().is_some_and(|text| text.contains("\"google/protobuf/")))
}

/// Words with `{port}` replaced.
fn with_port(words: &[String], port: Option<u16>) -> Vec<String> {
    let port = port.map_or_else(String::new, |port| port.to_string());
    words.iter().map(|word| word.replace("{port}", &port)).collect()
}

#[cfg(test)]
mod tests;
