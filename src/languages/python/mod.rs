//! Python: `manifests` reads what is asked for, `package_manager` says how it is installed, `framework`, `django` and
//! `start` what runs, `server` by which server, `plan` makes the plan of it.

mod application;
mod beginning;
mod django;
mod framework;
mod index;
mod manifests;
mod native;
mod package_manager;
mod plan;
mod requirement;
mod server;
mod start;
mod version;
mod wheels;

use super::{Detected, Facts, Kind, Language, Note};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::project::Project;
use crate::sources::Sources;
use django::{Collect, Host};
use index::Secret;
use manifests::Manifests;
use native::Native;
use package_manager::PackageManager;
use server::Start;

/// Python projects.
///
/// A repository may hold another stack's manifest as well: a `package.json` for assets or tools, a `Cargo.toml` for an
/// extension module. The rule: Python goes first where it has an application object (Django, `app = FastAPI()`, a web
/// process) and the `package.json` names no server; everywhere else the other manifest decides.
#[derive(Debug, Clone, Copy)]
pub struct Python;

/// A recognised Python service.
#[derive(Debug, Clone)]
struct PythonService {
    facts: Facts,
    manager: PackageManager,
    start: Option<Start>,
    native: Native,
    collect: Option<Collect>,
    host: Host,
    /// Whether the project itself is installed, not only its dependencies.
    install_project: bool,
    /// Whether its version is read from git, which is not in the image.
    versioned_by_git: bool,
    /// Files that the framework writes beside the sources.
    links: Vec<&'static str>,
    /// Build secrets of private package indexes.
    secrets: Vec<Secret>,
    /// Manifests that hold credentials: they must not reach the final image.
    leaking: Vec<String>,
}

/// Files that say Python without any manifest.
const PROGRAMS: &[&str] = &["main.py", "app.py", "manage.py", "server.py", "bot.py", "start.py", "run.py", "hello.py", "streamlit_app.py", "wsgi.py"];
/// Manifests of other stacks that may stand beside Python's.
const RIVALS: &[&str] = &["package.json", "package.json5", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts"];
/// Packages that make a `package.json` a server of its own.
const NODE_SERVERS: &[&str] = &[
    "\"express\"", "\"fastify\"", "\"koa\"", "\"@nestjs/core\"", "\"next\"", "\"nuxt\"", "\"@remix-run/node\"", "\"@react-router/node\"",
    "\"@sveltejs/kit\"", "\"astro\"", "\"@hapi/hapi\"", "\"hono\"",
];

impl Language for Python {
    fn manifests(&self) -> &'static [&'static str] {
        &["requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "environment.yml", "uv.lock", "poetry.lock", "manage.py"]
    }

    fn beginnings(&self) -> &'static [crate::begin::Beginning] {
        beginning::BEGINNINGS
    }

    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>> {
        let program = project.first(".", PROGRAMS);
        if !Manifests::present(project) && program.is_none() {
            return Ok(Vec::new());
        }
        let mut manifests = Manifests::read(project)?;
        if !manifests.any() && program.is_none() {
            return Ok(Vec::new());
        }
        let mut service = recognise(project, &mut manifests, program)?;
        if let Some(rival) = project.first(".", RIVALS) {
            let server = project.read(rival)?.is_some_and(|text| NODE_SERVERS.iter().any(|name| text.contains(name)));
            let certain = |start: &Start| start.command.confidence == crate::found::Confidence::Certain;
            let serves = matches!(service.facts.kind.value, Kind::Web | Kind::Worker);
            let object = serves && service.start.as_ref().is_some_and(certain);
            if server || !object {
                return Ok(Vec::new());
            }
            service.facts.language = service.facts.language.over("another stack", "Python holds the application object", Evidence::at(rival, 1, "a manifest"));
        }
        Ok(vec![Box::new(service)])
    }
}

fn recognise(project: &Project, manifests: &mut Manifests, program: Option<&str>) -> Result<PythonService> {
    let mut notes: Vec<Note> = Vec::new();
    let manager = package_manager::detect(project, manifests, &mut notes)?;
    let manifests = &*manifests;
    let version = version::solve(project, manifests, &mut notes)?;
    let sources = Sources::read(project, ".", &[".py"])?;
    let web = Web::find(project, manifests, &sources, &mut notes);
    let process = start::procfile(project, &mut notes);
    let mut install_project = false;
    let mut kind = web.kind.clone();
    let mut port = None;
    let mut start = web.start;
    if let Some(process) = process {
        // A Procfile is written for this very purpose; what was found in the sources only lends its import root.
        let root = start.as_ref().map(|start| start.root.clone()).unwrap_or_default();
        port = process.port.map(|port| Found::certain(port, process.start.command.evidence[0].clone()));
        kind = Some(Found::certain(process.kind, process.start.command.evidence[0].clone()));
        start = Some(Start { root, ..process.start });
    }
    if start.is_none()
        && let Some((found, install)) = start::program(project, manifests, &sources)
    {
        install_project = install;
        start = Some(found);
        // A web framework without an application object at hand serves from the script, or the script does not serve.
        let framework = kind.as_ref().is_some_and(|kind| kind.value == Kind::Web);
        if framework || kind.is_none() {
            kind = Some(start::kind(manifests, &sources, framework));
        }
    }
    if start.is_none() {
        notes.push(Note::warning(
            "nothing says which program is started: the image starts Python itself, and takes a program as its argument; name it with `--set start=\"python PROGRAM.py\"`",
            Some(&language_evidence(manifests, &manager, program)),
        ));
        start = Some(Start::plain(Found::guess(server::words(&["python"]), None)));
    }
    let kind = kind.unwrap_or_else(|| Found::guess(Kind::Job, None));
    if let Some(start) = &mut start
        && start.root == "src"
        && start::is_package(manifests)
    {
        // A package below `src` is installed, as its build settings say.
        install_project = true;
    }
    let port = (kind.value == Kind::Web).then(|| port.or_else(|| service_port(&sources, start.as_ref(), web.port, &mut notes))).flatten();
    let told = start.as_ref().is_some_and(|start| start.told_port);
    if kind.value == Kind::Web && !told && let Some(evidence) = start::localhost(&sources) {
        notes.push(Note::warning("it listens on the container's own loopback, where nothing outside reaches it: listen on 0.0.0.0", Some(&evidence)));
    }
    let (secrets, leaking) = index::secrets(project, manifests, &mut notes);
    let native = native::detect(manifests, sources.mention("django.contrib.gis").filter(|_| web.name.is_some()))?;
    let language = Found::certain("python".to_owned(), language_evidence(manifests, &manager, program));
    let name = manifests.name().map(str::to_owned).or_else(|| folder_name(project)).unwrap_or_else(|| "app".to_owned());
    let shown_port = port.as_ref().map(|found| found.value);
    let facts = Facts {
        version: Some(version),
        package_manager: Some(manager.name.clone().map(|name| name.as_str().to_owned())),
        framework: web.name,
        start: start.as_ref().map(|start| start.command.clone().map(|command| plan::with_port(&command, shown_port))),
        build: web.collect.as_ref().map(|collect| {
            let words = server::words(&["python", &collect.manage, "collectstatic", "--noinput"]);
            Found::certain(words, collect.evidence.clone())
        }),
        health: if kind.value == Kind::Web { web.health } else { None },
        port,
        native: native.libraries.clone(),
        secrets: web.secrets,
        notes,
        ..Facts::new(name, ".", language, kind)
    };
    Ok(PythonService { facts, manager, start, native, collect: web.collect, host: web.host, links: web.links, install_project, versioned_by_git: manifests.versioned_by_git(), secrets, leaking })
}

/// What frameworks say, Django's among them.
struct Web {
    name: Option<Found<String>>,
    start: Option<Start>,
    kind: Option<Found<Kind>>,
    port: Option<u16>,
    health: Option<Found<String>>,
    collect: Option<Collect>,
    host: Host,
    links: Vec<&'static str>,
    secrets: Vec<Found<String>>,
}

impl Web {
    fn find(project: &Project, manifests: &Manifests, sources: &Sources, notes: &mut Vec<Note>) -> Self {
        let kind = |kind, name: &Found<String>| Some(Found { value: kind, confidence: name.confidence, evidence: name.evidence.clone(), rejected: vec![] });
        if let Some(django) = django::detect(project, manifests, sources, notes) {
            return Self {
                kind: kind(Kind::Web, &django.name),
                name: Some(django.name),
                start: django.start,
                port: Some(8000),
                health: django.health,
                collect: django.collect,
                host: django.host,
                links: Vec::new(),
                secrets: django.secrets,
            };
        }
        let none = Self {
            name: None, start: None, kind: None, port: None, health: None, collect: None, host: Host::Any, links: Vec::new(), secrets: Vec::new(),
        };
        let Some(found) = framework::detect(project, manifests, sources, notes) else { return none };
        let evidence = found.name.evidence[0].clone();
        Self {
            kind: kind(found.kind, &found.name),
            start: found.start,
            port: found.port,
            links: found.links,
            health: found.health.map(|path| Found::certain(path.to_owned(), evidence)).or_else(|| index::health(sources)),
            name: Some(found.name),
            ..none
        }
    }
}

/// The port: what the sources say, else the server's own. A server that is told its port may get any.
fn service_port(sources: &Sources, start: Option<&Start>, usual: Option<u16>, notes: &mut Vec<Note>) -> Option<Found<u16>> {
    let told = start.filter(|start| start.told_port);
    if let Some(found) = start::port(sources) {
        if found.value >= 1024 || told.is_none() {
            return Some(found);
        }
        notes.push(Note::warning(
            format!("port {} is for root only: another is taken", found.value),
            found.evidence.first(),
        ));
    }
    match told {
        Some(start) => Some(Found::likely(usual.unwrap_or(8000), start.command.evidence[0].clone())),
        None => usual.map(|port| Found::guess(port, start.map(|start| start.command.evidence[0].clone()))),
    }
}

fn language_evidence(manifests: &Manifests, manager: &PackageManager, program: Option<&str>) -> Evidence {
    match (&manifests.pyproject, manager.name.evidence.first()) {
        (Some(file), _) if manifests.project() => Evidence::at(&file.path, 1, "a Python project"),
        (_, Some(evidence)) => Evidence::at(&evidence.file, 1, "a Python manifest"),
        (_, None) => Evidence::at(program.unwrap_or("."), 1, "a Python program"),
    }
}

fn folder_name(project: &Project) -> Option<String> {
    project.root().canonicalize_utf8().ok()?.file_name().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(files: &[(&str, &str)]) -> Option<Facts> {
        let project = Project::from_files(files.iter().copied());
        Python.detect(&project).unwrap().first().map(|found| found.facts().clone())
    }

    #[test]
    fn e8_django_is_served_and_migrates_elsewhere() {
        let facts = service(&[
            ("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x.settings')\nfrom django import x\n"),
            ("x/settings.py", "WSGI_APPLICATION = 'x.wsgi.application'\n"),
            ("x/wsgi.py", "application = 1\n"),
            ("pyproject.toml", "[project]\nname = 'x'\ndependencies = ['django', 'gunicorn']\n"),
            ("uv.lock", "requires-python = '>=3.12'\n[[package]]\nname = 'django'\n[[package]]\nname = 'gunicorn'\n"),
        ])
        .unwrap();
        let start = facts.start.unwrap().value;
        assert_eq!((start[0].as_str(), start.last().map(String::as_str)), ("gunicorn", Some("x.wsgi:application")));
        assert_eq!(facts.package_manager.unwrap().value, "uv");
    }

    #[test]
    fn e23_a_lockfile_goes_before_requirements_and_says_so() {
        let facts = service(&[
            ("main.py", "print()\n"),
            ("pyproject.toml", "[project]\nname = 'x'\ndependencies = []\n"),
            ("uv.lock", "version = 1\n"),
            ("requirements.txt", "flask==3\n"),
        ])
        .unwrap();
        let manager = facts.package_manager.unwrap();
        assert_eq!((manager.value.as_str(), manager.rejected[0].value.as_str()), ("uv", "pip"));
        assert!(facts.notes.iter().any(|note| note.message.contains("`uv.lock` and `requirements.txt`")));
    }

    #[test]
    fn another_stack_wins_only_without_an_application_object() {
        let app = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
        let needs = ("requirements.txt", "flask==3.1.2\n");
        let tools = ("package.json", "{\"devDependencies\": {\"tailwindcss\": \"4\"}}");
        let server = ("package.json", "{\"dependencies\": {\"express\": \"5\"}}");
        assert!(service(&[app, needs, tools]).is_some());
        assert!(service(&[app, needs, server]).is_none());
        assert!(service(&[("build.py", "print()\n"), needs, tools]).is_none());
    }

    #[test]
    fn e24_flask_cors_is_not_flask() {
        let facts = service(&[("main.py", "print()\n"), ("requirements.txt", "flask-cors==4.0 # flask\n")]).unwrap();
        assert!(facts.framework.is_none());
    }
}
