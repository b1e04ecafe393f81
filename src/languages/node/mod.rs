//! Node.js: `package_manager` says how dependencies are installed, `install` what that reads, `framework` what the build
//! leaves, `start` what runs, `workspace` which folders are services, `plan` makes the plan of it.

mod beginning;
mod build;
mod framework;
mod install;
mod native;
mod package_manager;
mod plan;
mod program;
mod script;
mod start;
mod typescript;
mod version;
mod workspace;

use std::sync::LazyLock;

use regex::Regex;

use super::{Detected, Facts, Kind, Language, Note};
use crate::error::Result;
use crate::found::{Confidence, Evidence, Found};
use crate::json_file::JsonFile;
use crate::project::{Project, join};
use crate::sources::{Pattern, Sources};
use framework::{Context, Framework, Serving};
use install::Install;
use package_manager::PackageManager;
use start::Start;
use typescript::TypeScript;
use workspace::{Member, Workspace};

/// Node.js projects: those with a `package.json`, or with a program that needs none.
#[derive(Debug, Clone, Copy)]
pub struct Node;

/// A recognised Node.js service.
#[derive(Debug, Clone)]
struct NodeService {
    facts: Facts,
    package_manager: PackageManager,
    framework: Option<Framework>,
    install: Install,
    start: Option<Start>,
    /// What runs in the build stage before the build itself.
    steps: Vec<Vec<String>>,
    /// Folders and files that the build copies; everything where it is empty.
    sources: Vec<String>,
    native: native::Needs,
    handles_sigterm: bool,
    /// The manifest's name, by which Yarn knows a member.
    package: String,
    /// The folders among them.
    members: Vec<String>,
}

const EXTENSIONS: &[&str] = &[".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];
/// Programs that need no manifest.
const PROGRAMS: &[&str] = &["server.js", "index.js", "main.js", "app.js", "server.mjs", "index.mjs"];

/// `process.env.PORT || 3000`, `PORT ?? '3000'`, `PORT, 3000`.
static ENV_PORT: Pattern =
    LazyLock::new(|| Regex::new(r#"\bPORT\b['"\])]*\s*(?:\|\||\?\?|,|:\s*\w+\s*=)\s*['"]?(\d{2,5})\b"#).ok());
/// `.listen(3000`, `listen({ port: 3000`.
static LISTEN: Pattern = LazyLock::new(|| Regex::new(r"\blisten\(\s*(?:\{[^}]*?\bport:\s*)?(\d{2,5})\b").ok());
/// `const port = 3000`, in a file that listens on it.
static CONSTANT: Pattern = LazyLock::new(|| Regex::new(r#"(?i)\b(?:const|let|var)\s+(?:\w+_)?port\s*(?::\s*\w+\s*)?=\s*['"]?(\d{2,5})\b"#).ok());
/// `Bun.serve({ port: 3000`, `Deno`-like objects.
static SERVE: Pattern = LazyLock::new(|| Regex::new(r"\bserve\(\s*\{[^}]*?\bport:\s*(\d{2,5})\b").ok());
/// `-p 4000`, `--port=4000`.
static FLAG_PORT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|\s)(?:-p|--port)[= ]+(\d{2,5})\b").ok());

impl Language for Node {
    fn manifests(&self) -> &'static [&'static str] {
        &["package.json", "package.json5", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml", "bun.lock"]
    }

    fn beginnings(&self) -> &'static [crate::begin::Beginning] {
        beginning::BEGINNINGS
    }

    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>> {
        let Some(root) = workspace::manifest(project, ".")?.or_else(|| without_manifest(project)) else { return Ok(Vec::new()) };
        let workspace = Workspace::read(project, &root)?;
        let mut services = Vec::new();
        for member in workspace.iter().flat_map(|workspace| &workspace.members) {
            services.extend(service(project, &root, workspace.as_ref(), &member.dir, &member.manifest)?.filter(NodeService::is_runnable));
        }
        let own = service(project, &root, workspace.as_ref(), ".", &root)?;
        // The root of a workspace is a service where it has a program of its own, or nobody else has; one that only holds
        // tools leaves the folders below to be looked at.
        let below = || project.files().any(|file| file.contains('/') && file.ends_with("/package.json"));
        let starts_member = |own: &NodeService| {
            let members = workspace.iter().flat_map(|workspace| &workspace.members);
            let words = || own.facts.start.iter().flat_map(|start| &start.value);
            members.into_iter().any(|member| words().any(|word| word.trim_start_matches("./").starts_with(&format!("{}/", member.dir))))
        };
        let alone = services.is_empty();
        services.extend(own.filter(|own| match &workspace {
            Some(_) if alone => own.start.is_some() || own.is_runnable(),
            Some(_) => own.is_runnable() && !starts_member(own),
            None => !below() || own.is_runnable(),
        }));
        services.iter_mut().for_each(NodeService::start_something);
        Ok(services.into_iter().map(|service| Box::new(service) as Box<dyn Detected>).collect())
    }
}

/// A program without a manifest has an empty one.
fn without_manifest(project: &Project) -> Option<JsonFile> {
    let file = PROGRAMS.iter().find(|file| project.has(file))?;
    let text = project.read(file).ok().flatten()?;
    // A page's script is no program.
    let serves = ["require(", "process.", "from 'node:", "from \"node:", "http", "module.exports"].iter().any(|word| text.contains(word));
    (serves && !project.has("index.html")).then(|| JsonFile::empty(file))
}

/// The service in a folder.
fn service(
    project: &Project, root: &JsonFile, workspace: Option<&Workspace>, dir: &str, manifest: &JsonFile,
) -> Result<Option<NodeService>> {
    let mut notes = Vec::new();
    let sources = Sources::read(project, dir, EXTENSIONS)?;
    let framework = framework::detect(Context { project, dir, manifest })?;
    let package_manager = package_manager::detect(project, root, workspace, &mut notes)?;
    let closure: Vec<&Member> = workspace.map(|workspace| workspace.closure(dir)).unwrap_or_default();
    let read: Vec<&Member> = match workspace {
        Some(workspace) if package_manager.reads_all_members() || dir == "." => workspace.members.iter().collect(),
        _ => closure.clone(),
    };
    let install = install::find(project, root, &read, &package_manager, &mut notes)?;
    let typescript = TypeScript::read(project, dir)?;
    let serving = framework.as_ref().map_or(&Serving::Script, |framework| &framework.serving);
    let build = framework
        .as_ref()
        .and_then(|framework| framework.build.clone())
        .or_else(|| build::find(manifest, &package_manager, typescript.as_ref()));
    let start = match serving {
        Serving::Script => {
            let tool = package_manager.tool;
            start::find(start::Context { project, dir, manifest, tool, typescript: typescript.as_ref(), builds: build.is_some() })?
        }
        Serving::Server { .. } | Serving::Static(_) => None,
    };
    // A compiler that nothing needs is not run: the program is there already.
    let build = build.filter(|build| build.confidence == Confidence::Certain || start.as_ref().is_none_or(|start| !starts_source(project, dir, start)));
    let command = match serving {
        Serving::Server { command, .. } => Some(command.clone()),
        _ => start.as_ref().map(|start| start.command.clone()),
    };
    let port = match serving {
        Serving::Static(_) => Some(super::static_site::port(&manifest.path)),
        // A framework's server listens where the framework says; a number in the sources is another program's.
        Serving::Server { .. } => framework.as_ref().and_then(|framework| framework.port.clone()),
        Serving::Script => port(&sources, command.as_ref()).or_else(|| framework.as_ref()?.port.clone()),
    };
    let kind = kind(serving, port.as_ref(), manifest, &sources);
    if let Some(framework) = &framework {
        notes.extend(framework.notes.iter().cloned());
    }
    notes.extend(start.iter().flat_map(|start| start.notes.iter().cloned()));
    let is_bun = command.as_ref().is_some_and(|command| command.value.first().is_some_and(|word| word == "bun"));
    let version = if is_bun { version::bun(&package_manager)? } else { version::solve(project, dir, root, manifest, &mut notes)? };
    let manifests: Vec<&JsonFile> = std::iter::once(manifest).chain(closure.iter().map(|member| &member.manifest)).collect();
    let native = native::find(&manifests, package_manager.lockfile.as_ref());
    let has_schema = ["prisma/schema.prisma", "schema.prisma", "prisma/schema"].iter().any(|path| project.exists(&join(dir, path)))
        || manifest.str(&["prisma", "schema"]).is_some();
    let mut steps = build::before(manifest, &package_manager, &install, start.as_ref(), has_schema);
    if workspace.is_some() && dir != "." {
        steps = build::of_members(&closure, &install, &package_manager);
    }
    let name = manifest.str(&["name"]).map_or_else(|| folder_name(project, dir), str::to_owned);
    let language = if is_bun { "bun" } else { "node" };
    let language = Found::certain(language.to_owned(), Evidence::at(&manifest.path, 1, "a Node.js manifest"));
    let handles_sigterm = sources.mention("SIGTERM").is_some()
        || framework.as_ref().is_some_and(|framework| framework.handles_sigterm);
    // In the sources of a front end, such a path may as well be one that it calls elsewhere.
    let own = framework.as_ref().and_then(|framework| framework.health.clone());
    let health = if *serving == Serving::Script { own.or_else(|| sources.health()) } else { own }.filter(|_| port.is_some());
    let facts = Facts {
        version: Some(version),
        package_manager: Some(package_manager.name.clone()),
        build_tool: framework.as_ref().and_then(|framework| framework.build_tool.clone()),
        framework: framework.as_ref().map(|framework| framework.name.clone()),
        health,
        port,
        start: command,
        build,
        writable: framework.as_ref().map(|framework| framework.writable.clone()).unwrap_or_default(),
        native: native.found.clone(),
        notes,
        ..Facts::new(name, dir, language, kind)
    };
    Ok(Some(NodeService {
        facts,
        package_manager,
        framework,
        install,
        start,
        steps,
        sources: if dir == "." { Vec::new() } else { sources_of(project, &closure) },
        native,
        handles_sigterm,
        package: manifest.str(&["name"]).unwrap_or(dir).to_owned(),
        members: closure.iter().map(|member| member.dir.clone()).collect(),
    }))
}

impl NodeService {
    /// Where nothing says which program is started, the interpreter is, and takes one as its argument.
    fn start_something(&mut self) {
        if self.facts.start.is_some() || self.facts.kind.value == Kind::Static {
            return;
        }
        let interpreter = self.facts.language.value.clone();
        self.facts.notes.push(Note::warning(
            format!("nothing says which program is started: the image starts `{interpreter}` itself, and takes a program as its argument; name it with `--set start=\"{interpreter} PROGRAM.js\"`"),
            self.facts.language.evidence.first(),
        ));
        self.facts.start = Some(Found::guess(vec![interpreter], None));
    }

    /// Whether it is a program, not a library or a folder of tools.
    fn is_runnable(&self) -> bool {
        let sure = |start: &Start| start.command.confidence != Confidence::Guess;
        match self.framework.as_ref().map(|framework| &framework.serving) {
            Some(Serving::Server { .. } | Serving::Static(_)) => true,
            Some(Serving::Script) => self.start.is_some(),
            None => self.start.as_ref().is_some_and(|start| match start.command.evidence.first() {
                // `main` of a library is no program, unless it listens.
                Some(evidence) if evidence.reason.contains("`main`") || evidence.reason.contains("`module`") => self.facts.kind.value == Kind::Web,
                _ => sure(start) || self.facts.kind.value == Kind::Web,
            }),
        }
    }
}

/// Whether the start names a file that is in the repository.
fn starts_source(project: &Project, dir: &str, start: &Start) -> bool {
    start.command.value.iter().skip(1).any(|word| project.has(&join(dir, word.trim_start_matches("./"))))
}

/// The folder's name, for what has no other.
fn folder_name(project: &Project, dir: &str) -> String {
    let path = if dir == "." { project.root().to_owned() } else { dir.into() };
    path.canonicalize_utf8().unwrap_or(path).file_name().unwrap_or("app").to_owned()
}

/// Files of the root that builds of members read.
const ROOT_FILES: &[&str] = &["tsconfig", "turbo.json", "nx.json", "lerna.json", "babel.config", ".babelrc", ".swcrc", "jest.preset", "project.json"];

/// What the build of a member copies: the members that it needs, and the settings at the root.
fn sources_of(project: &Project, closure: &[&Member]) -> Vec<String> {
    let shared = project.files().filter(|file| !file.contains('/') && ROOT_FILES.iter().any(|start| file.starts_with(start)));
    shared.map(str::to_owned).chain(closure.iter().map(|member| member.dir.clone())).collect()
}

/// Libraries of programs that run for ever without a port.
const WORKER_LIBRARIES: &[&str] = &[
    "bullmq", "bull", "bee-queue", "agenda", "amqplib", "kafkajs", "node-cron", "cron", "node-schedule", "discord.js", "telegraf", "grammy",
    "node-telegram-bot-api", "@slack/bolt", "mqtt", "nats", "@temporalio/worker", "inngest", "eris", "@aws-sdk/client-sqs", "whatsapp-web.js",
];

/// What the service is.
fn kind(serving: &Serving, port: Option<&Found<u16>>, manifest: &JsonFile, sources: &Sources) -> Found<Kind> {
    let from = |kind, port: &Found<u16>| Found { value: kind, confidence: port.confidence, evidence: port.evidence.clone(), rejected: Vec::new() };
    match (serving, port) {
        (Serving::Static(_), Some(port)) => return from(Kind::Static, port),
        (_, Some(port)) => return from(Kind::Web, port),
        _ => {}
    }
    if let Some(library) = WORKER_LIBRARIES.iter().find(|name| manifest.str(&["dependencies", name]).is_some()) {
        let evidence = manifest.evidence(&["dependencies", library], format!("depends on `{library}`, and listens on no port"));
        return Found::likely(Kind::Worker, evidence);
    }
    if let Some(evidence) = sources.mention("setInterval(").or_else(|| sources.mention("while (true)")) {
        return Found::likely(Kind::Worker, Evidence { reason: "goes on for ever, and listens on no port".to_owned(), ..evidence });
    }
    if manifest.get(&["bin"]).is_some() {
        return Found::likely(Kind::Cli, manifest.evidence(&["bin"], "a program for the command line"));
    }
    Found::guess(Kind::Job, Some(Evidence::at(&manifest.path, 1, "nothing in the sources listens or waits")))
}

/// The port that the program listens on: the start command's option, then the sources.
fn port(sources: &Sources, command: Option<&Found<Vec<String>>>) -> Option<Found<u16>> {
    let flag = command.and_then(|command| {
        let text = command.value.join(" ");
        let number = FLAG_PORT.as_ref()?.captures(&text)?.get(1)?.as_str().parse().ok()?;
        let evidence = command.evidence.last()?.clone();
        Some(Found::certain(number, Evidence { reason: format!("the start command names port {number}"), ..evidence }))
    });
    let source = || {
        let found = sources
            .search(&ENV_PORT, "listens on `PORT`, by default here")
            .or_else(|| sources.search(&LISTEN, "listens here"))
            .or_else(|| sources.search(&SERVE, "serves here"))
            .or_else(|| sources.mention("listen").and_then(|_| sources.search(&CONSTANT, "the port's value")))?;
        Some(Found::certain(found.0.parse().ok()?, found.1))
    };
    // A server without a number of its own takes it from the environment.
    let unnumbered = || {
        let words = ["createServer(", ".listen(", "Bun.serve(", ".bindAsync("];
        let evidence = words.iter().find_map(|word| sources.mention(word))?;
        Some(Found::likely(3000, Evidence { reason: "a server, whose port is not said: `PORT` is set".to_owned(), ..evidence }))
    };
    flag.or_else(source).or_else(unnumbered)
}
