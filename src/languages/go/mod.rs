//! Go: `go_mod` and `modules` read what is asked for, `program` and `source` which programs there are and what they are built
//! from; `framework`, `listen`, `health`, `native`, `assets` and `start` say what a program is, from the files of its own
//! build alone; `select` makes services of programs, `plan` the plan.

mod assets;
mod beginning;
mod framework;
mod go_mod;
mod health;
mod listen;
mod modules;
mod native;
mod plan;
mod private;
mod program;
mod select;
mod source;
mod start;
mod version;

use super::{Detected, Facts, Kind, Language, Note};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::project::{Project, join};
use crate::sources::Sources;
use assets::Assets;
use go_mod::GoMod;
use listen::Setting;
use modules::Modules;
use native::Native;
use program::Program;
use select::Selected;

/// Go modules, workspaces, and programs without a module.
///
/// A `package.json` beside a `go.mod` is for assets or tools where the Go program serves; else it decides.
#[derive(Debug, Clone, Copy)]
pub struct Go;

/// A recognised Go program.
#[derive(Debug, Clone)]
struct GoService {
    facts: Facts,
    /// Folder that the go command runs in, relative to the build context.
    build_dir: String,
    /// Package that is built, relative to that folder: `./cmd/api`.
    package: String,
    /// Name of the program in the image.
    binary: String,
    /// Names by which people call the program.
    names: Vec<String>,
    /// Manifests, relative to the build context.
    manifests: Vec<String>,
    /// Folders with the sources; the whole context when empty.
    folders: Vec<String>,
    dependencies: Dependencies,
    native: Native,
    assets: Assets,
    setting: Option<Setting>,
    /// A version of Go that no image has.
    fetched: Option<String>,
    /// What `GOPRIVATE` says.
    private: Option<String>,
    grpc: bool,
    /// A build tag without which there is no program.
    tag: Option<String>,
    /// Lines of `.dockerignore`.
    ignore: Vec<&'static str>,
}

/// Where the modules come from that a program needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Dependencies {
    /// Nothing is needed.
    None,
    /// Downloaded, as `go.sum` says.
    Locked,
    /// Downloaded; `go.sum` is missing or incomplete.
    Loose,
    /// In `vendor/`.
    Vendored,
    /// There is no module: one is made.
    Unlisted,
}

impl Language for Go {
    fn manifests(&self) -> &'static [&'static str] {
        &["go.mod", "go.sum", "go.work"]
    }

    fn beginnings(&self) -> &'static [crate::begin::Beginning] {
        beginning::BEGINNINGS
    }

    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>> {
        let mut notes = Vec::new();
        let (modules, programs) = match Modules::read(project, &mut notes)? {
            Some(modules) => {
                let programs = program::find(project, &modules);
                (modules, programs)
            }
            // Without a module, only a program in the folder itself says Go: what lies below belongs to someone else.
            None => {
                let modules = Modules::bare();
                let program = program::program(project, &modules, 0, ".");
                (modules, program.into_iter().collect())
            }
        };
        let selected = select::services(project, &modules, programs, &mut notes);
        let serves = |one: &Selected| matches!(one.character.kind.value, Kind::Web | Kind::Worker);
        if project.has("package.json") && !selected.iter().any(serves) {
            return Ok(Vec::new());
        }
        let mut services: Vec<Box<dyn Detected>> = Vec::new();
        for (index, one) in selected.iter().enumerate() {
            let common = if index == 0 { std::mem::take(&mut notes) } else { Vec::new() };
            services.push(Box::new(service(project, &modules, one, common)?));
        }
        Ok(services)
    }
}

fn service(project: &Project, modules: &Modules, one: &Selected, mut notes: Vec<Note>) -> Result<GoService> {
    let Selected { program, character, path, name, .. } = one;
    let module = &modules.list[program.module];
    let build_dir = if modules.work.is_some() { "." } else { module.dir.as_str() };
    let manifests: Vec<&GoMod> = module.file.iter().chain(&modules.work).collect();
    let version = version::solve(project, build_dir, &manifests, &mut notes)?;
    let dependencies = dependencies(project, modules, program, build_dir, &mut notes)?;
    let mut folders = vec![module.dir.as_str(), program.dir.as_str()];
    folders.dedup();
    let assets = assets::find(project, program, &folders);
    let native = native::detect(program)?;
    let sources = program.sources();
    let web = character.kind.value == Kind::Web;
    let listening = web.then(|| listen::find(&sources, &settings(project, &assets), character.port.clone()));
    let private = private::find(project, &mut notes);
    remark(one, &sources, &assets, &native, &mut notes);
    if let Some(evidence) = listening.as_ref().and_then(|listening| listening.loopback.as_ref()) {
        notes.push(Note::warning("it listens on the container's own loopback, where nothing outside reaches it: listen on all addresses (`:8080`)", Some(evidence)));
    }
    if let Some(port) = listening.as_ref().map(|listening| &listening.port).filter(|port| port.value < 1024) {
        let message = format!(
            "it listens on {}, which Docker lets any user open, and some clusters only with the sysctl `net.ipv4.ip_unprivileged_port_start=0`: a port from 1024, read from `PORT`, works everywhere",
            port.value
        );
        notes.push(Note::warning(message, port.evidence.first()));
    }
    let own = program::last(&program.dir);
    let binary = crate::render::image_name(if program.dir == module.dir || matches!(own, "cmd" | "src" | "main") { name } else { own });
    let start_command = start_command(modules, one, &binary);
    let build = Found::certain(["go", "build", package(build_dir, &program.dir).as_str()].map(str::to_owned).to_vec(), program.main.clone());
    let language = module.file.as_ref().map_or_else(|| program.main.clone(), GoMod::evidence);
    let names = vec![binary.clone(), program.name(modules), program::last(module.path()).to_owned(), name.clone(), "app".to_owned(), "main".to_owned()];
    let facts = Facts {
        version: Some(version.line),
        package_manager: Some(Found::certain("go".to_owned(), language.clone())),
        framework: character.framework.clone(),
        port: listening.as_ref().map(|listening| listening.port.clone()),
        start: Some(start_command),
        build: Some(build),
        health: if web && !character.grpc { health::find(&sources) } else { None },
        native: native.found.clone(),
        secrets: private::secrets(&sources),
        notes,
        ..Facts::new(name.clone(), path, Found::certain("go".to_owned(), language), character.kind.clone())
    };
    Ok(GoService {
        build_dir: build_dir.to_owned(),
        package: package(build_dir, &program.dir),
        binary,
        names,
        manifests: files(project, modules, program.module, build_dir),
        folders: needed(modules, program),
        dependencies,
        native,
        assets,
        setting: listening.and_then(|listening| listening.setting),
        fetched: version.fetched,
        private,
        grpc: character.grpc,
        tag: program.tag.clone(),
        ignore: ignored(project),
        facts,
    })
}

/// The package as the go command takes it, from the folder that it runs in.
fn package(build_dir: &str, dir: &str) -> String {
    let below = if build_dir == "." { dir } else { dir.strip_prefix(build_dir).unwrap_or(dir).trim_start_matches('/') };
    if below.is_empty() || below == "." { ".".to_owned() } else { format!("./{below}") }
}

/// The program with its arguments: a Procfile's, else the command that serves.
fn start_command(modules: &Modules, one: &Selected, binary: &str) -> Found<Vec<String>> {
    let program = format!("{}/{binary}", plan::BIN);
    let with = |arguments: &[String]| std::iter::once(program.clone()).chain(arguments.iter().cloned()).collect::<Vec<_>>();
    if let Some(process) = &one.process {
        return Found::certain(with(&process.arguments), process.evidence.clone());
    }
    let module = &modules.list[one.program.module];
    match start::serving(&one.program).filter(|_| matches!(one.character.kind.value, Kind::Web | Kind::Worker)) {
        Some((command, evidence)) => Found::likely(with(&[command]), evidence).and(one.program.main.clone()),
        None if module.file.is_some() => Found::certain(with(&[]), one.program.main.clone()),
        None => Found::likely(with(&[]), one.program.main.clone()),
    }
}

/// Where the modules come from. Says what is missing.
fn dependencies(project: &Project, modules: &Modules, program: &Program, build_dir: &str, notes: &mut Vec<Note>) -> Result<Dependencies> {
    let module = &modules.list[program.module];
    let outside = |(path, _): &&(String, Evidence)| path.split('/').next().is_some_and(|first| first.contains('.'));
    let Some(file) = &module.file else {
        let Some((path, evidence)) = program.imports.iter().find(outside) else { return Ok(Dependencies::None) };
        notes.push(Note::warning(
            format!("there is no `go.mod`, so each build takes the newest `{path}` and all else that is imported: run `go mod init` and `go mod tidy`, and commit both files"),
            Some(evidence),
        ));
        return Ok(Dependencies::Unlisted);
    };
    if project.exists(&join(build_dir, "vendor/modules.txt")) {
        return Ok(Dependencies::Vendored);
    }
    let local: Vec<&str> = modules.list.iter().map(modules::Module::path).collect();
    let needed: Vec<_> = file.requires().filter(|require| !local.contains(&require.module.as_str())).collect();
    if needed.is_empty() && modules.list.len() == 1 {
        if let Some((path, evidence)) = program.imports.iter().find(outside) {
            notes.push(Note::warning(format!("`{path}` is imported, and `{}` does not ask for it: run `go mod tidy`", file.path), Some(evidence)));
            return Ok(Dependencies::Loose);
        }
        return Ok(Dependencies::None);
    }
    let mut sums = String::new();
    for path in modules.list.iter().map(|module| join(&module.dir, "go.sum")).chain(["go.work.sum".to_owned()]) {
        sums += &project.read(&path)?.unwrap_or_default();
    }
    let missing = go_mod::missing_sums(file, &sums).into_iter().find(|require| !local.contains(&require.module.as_str()));
    if let Some(require) = missing {
        let what = if sums.is_empty() { "there is no `go.sum`".to_owned() } else { format!("`go.sum` has no line for `{}`", require.module) };
        notes.push(Note::warning(
            format!("{what}, so nothing tells whether what is downloaded is what was tested: run `go mod tidy`, and commit the result"),
            Some(&Evidence::at(&file.path, require.line, "asked for")),
        ));
        return Ok(Dependencies::Loose);
    }
    Ok(Dependencies::Locked)
}

/// The manifests that a download needs: a workspace names all of its members, a module those that replace others.
fn files(project: &Project, modules: &Modules, module: usize, build_dir: &str) -> Vec<String> {
    let members: Vec<usize> = if modules.work.is_some() { (0..modules.list.len()).collect() } else { modules.closure(module) };
    let mut files: Vec<String> = Vec::new();
    if modules.work.is_some() {
        files.extend(["go.work", "go.work.sum"].map(|name| join(build_dir, name)));
    }
    files.extend(members.iter().flat_map(|index| ["go.mod", "go.sum"].map(|name| join(&modules.list[*index].dir, name))));
    files.retain(|file| project.has(file));
    files
}

/// The folders with the modules that a program is built from; empty when it is the whole context.
fn needed(modules: &Modules, program: &Program) -> Vec<String> {
    let mut needed = modules.closure(program.module);
    // Members of a workspace import each other without asking in their manifests.
    let imported = program.files.iter().filter_map(|file| modules.of_folder(file.path.rsplit_once('/').map_or(".", |(dir, _)| dir)));
    needed.extend(imported);
    let mut folders: Vec<String> = needed.into_iter().map(|index| modules.list[index].dir.clone()).collect();
    folders.sort();
    folders.dedup();
    if folders.iter().any(|dir| dir == ".") { Vec::new() } else { folders }
}

/// What a build leaves in the tree. `bin` may hold sources as well.
fn ignored(project: &Project) -> Vec<&'static str> {
    let built = ["bin", "out"].into_iter().filter(|dir| !project.files_below(dir).any(|path| path.ends_with(".go")));
    ["**/*_test.go", "**/*.test", "**/*.out", "**/node_modules", "**/.air.toml"].into_iter().chain(built).collect()
}

/// The files of settings that a program reads.
fn settings(project: &Project, assets: &Assets) -> Sources {
    let is = |path: &&str| [".yaml", ".yml", ".toml", ".ini", ".json", ".conf"].iter().any(|ending| path.ends_with(ending));
    let read = assets.read.iter().flat_map(|(found, _)| {
        let below = project.files_below(&found.value);
        below.chain(project.has(&found.value).then_some(found.value.as_str())).filter(is).take(20)
    });
    let example = [".env.example", ".env.sample", "example.env", ".env.dist"].into_iter().filter(|path| project.has(path));
    Sources::of(read.chain(example).filter_map(|path| Some((path.to_owned(), project.read(path).ok()??))))
}

/// What the owner should know.
fn remark(one: &Selected, sources: &Sources, assets: &Assets, native: &Native, notes: &mut Vec<Note>) {
    if let Some((dir, evidence)) = one.program.missing.first() {
        notes.push(Note::warning(format!("`{dir}` is imported and holds no Go file: the build runs no generator, so generate it and commit it"), Some(evidence)));
    }
    if let Some((path, evidence)) = assets.unmatched.first() {
        notes.push(Note::warning(format!("`{path}` is embedded and not there: the build does not make it, so make it first, or commit it"), Some(evidence)));
    }
    for (found, _) in &assets.read {
        notes.push(Note::info(format!("`{}` is read at run time: it lies beside the program", found.value), found.evidence.first()));
    }
    if let Some(evidence) = &native.cgo {
        notes.push(Note::info("C is compiled as well, so the image is built for the builder's own platform", Some(evidence)));
    }
    if one.character.kind.value == Kind::Web && sources.mention("signal.Notify").is_none() && sources.mention("Shutdown(").is_none() && sources.mention("GracefulStop(").is_none() {
        notes.push(Note::info("it stops at once on SIGTERM, in the middle of a request: `signal.NotifyContext` and `Server.Shutdown` let it finish", Some(&one.program.main)));
    }
}
