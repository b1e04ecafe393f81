//! The frameworks: which dependency and which class of application object stand for each, and how it is served.

use std::sync::LazyLock;

use regex::Regex;

use super::application::{self, Application};
use super::manifests::Manifests;
use super::server::{self, Interface, PORT, Start, words};
use crate::found::{Evidence, Found};
use crate::languages::{Kind, Note};
use crate::plan::EnvVar;
use crate::project::Project;
use crate::sources::{Pattern, Sources};

/// How a framework's programs run.
#[derive(Debug, Clone, Copy)]
enum Serving {
    /// An application object behind a server.
    Object(Interface, &'static [&'static str]),
    /// A program of its own that takes the file.
    Tool(fn(&str, &Application) -> Vec<String>, &'static [&'static str]),
    /// A script that serves by itself; made by one of these calls.
    Script(&'static [&'static str]),
}

struct Row {
    /// As the contract spells it.
    name: &'static str,
    /// Dependencies, any of them.
    dependencies: &'static [&'static str],
    /// Module that sources import, for projects without a manifest.
    module: &'static str,
    serving: Serving,
    port: Option<u16>,
}

const fn row(name: &'static str, dependencies: &'static [&'static str], module: &'static str, serving: Serving, port: Option<u16>) -> Row {
    Row { name, dependencies, module, serving, port }
}

/// In this order: those that bring another one along go before it.
const FRAMEWORKS: &[Row] = &[
    row("fasthtml", &["python-fasthtml", "fasthtml"], "fasthtml", Serving::Object(Interface::Asgi, &["FastHTML", "fast_app"]), Some(8000)),
    row("litestar", &["litestar", "starlite"], "litestar", Serving::Object(Interface::Asgi, &["Litestar", "Starlite"]), Some(8000)),
    row("fastapi", &["fastapi", "fastapi-slim"], "fastapi", Serving::Object(Interface::Asgi, &["FastAPI"]), Some(8000)),
    row("quart", &["quart"], "quart", Serving::Object(Interface::Asgi, &["Quart", "QuartTrio"]), Some(8000)),
    row("sanic", &["sanic"], "sanic", Serving::Tool(sanic, &["Sanic"]), Some(8000)),
    row("starlette", &["starlette"], "starlette", Serving::Object(Interface::Asgi, &["Starlette"]), Some(8000)),
    row("dash", &["dash"], "dash", Serving::Script(&["Dash"]), Some(8050)),
    row("flask", &["flask", "apiflask", "flask-openapi3"], "flask", Serving::Object(Interface::Wsgi, &["Flask", "APIFlask", "OpenAPI"]), Some(8000)),
    row("streamlit", &["streamlit"], "streamlit", Serving::Tool(streamlit, &[]), Some(8501)),
    row("gradio", &["gradio"], "gradio", Serving::Script(&["Blocks", "Interface", "ChatInterface", "TabbedInterface"]), Some(7860)),
    row("chainlit", &["chainlit"], "chainlit", Serving::Tool(chainlit, &[]), Some(8000)),
    row("falcon", &["falcon"], "falcon", Serving::Object(Interface::Wsgi, &["App", "API"]), Some(8000)),
    row("bottle", &["bottle"], "bottle", Serving::Object(Interface::Wsgi, &["Bottle", "default_app"]), Some(8000)),
    row("aiohttp", &["aiohttp"], "aiohttp", Serving::Script(&["web.Application"]), Some(8080)),
    row("tornado", &["tornado"], "tornado", Serving::Script(&["Application", "tornado.web.Application"]), Some(8888)),
    row("robyn", &["robyn"], "robyn", Serving::Script(&["Robyn"]), Some(8080)),
    row("cherrypy", &["cherrypy"], "cherrypy", Serving::Script(&["cherrypy.quickstart"]), Some(8080)),
    row("celery", &["celery"], "celery", Serving::Tool(celery, &["Celery"]), None),
];

/// Libraries of chat bots: they run for ever, and listen on nothing.
const BOTS: &[&str] = &[
    "discord-py", "py-cord", "nextcord", "disnake", "python-telegram-bot", "aiogram", "pytelegrambotapi", "telethon", "pyrogram",
    "slack-bolt", "twitchio", "matrix-nio", "vkbottle",
];

/// `server = app.server`, which Dash offers to a production server.
static DASH_SERVER: Pattern = LazyLock::new(|| Regex::new(r"(?m)^(\w+)\s*=\s*\w+\.server\b").ok());
/// The call that starts a page, for Streamlit and Chainlit.
static PAGE: Pattern = LazyLock::new(|| Regex::new(r"(?m)^[ \t]*(?:import (?:streamlit|chainlit)|from (?:streamlit|chainlit))").ok());

/// A recognised framework with what follows from it.
pub struct Framework {
    /// Its name.
    pub name: Found<String>,
    /// How it is started; `None` where no file holds an application object.
    pub start: Option<Start>,
    /// Web, or a worker.
    pub kind: Kind,
    /// The port it usually listens on.
    pub port: Option<u16>,
    /// The health path that it brings.
    pub health: Option<&'static str>,
    /// Files that it writes beside the sources; each becomes a link to `/tmp`.
    pub links: Vec<&'static str>,
}

/// Recognises it.
pub fn detect(project: &Project, manifests: &Manifests, sources: &Sources, notes: &mut Vec<Note>) -> Option<Framework> {
    let mut without_object = None;
    for row in FRAMEWORKS {
        let Some(evidence) = evidence(row, manifests, sources) else { continue };
        let name = Found::certain(row.name.to_owned(), evidence);
        if let Some(start) = start(row, project, manifests, sources, notes) {
            let session_key = row.name == "fasthtml" && sources.mention("secret_key").is_none();
            if session_key {
                notes.push(Note::warning(
                    "no `secret_key` is given, so FastHTML makes a session key at every start: sessions end with it; pass `secret_key=` from the environment",
                    name.evidence.first(),
                ));
            }
            return Some(Framework {
                links: if session_key { vec![".sesskey"] } else { Vec::new() },
                name,
                kind: if row.port.is_some() { Kind::Web } else { Kind::Worker },
                start: Some(start),
                port: row.port,
                health: (row.name == "streamlit").then_some("/_stcore/health"),
            });
        }
        // aiohttp and tornado are clients as often as servers; the others are named all the same.
        if !matches!(row.name, "aiohttp" | "tornado" | "gradio" | "celery" | "starlette") && without_object.is_none() {
            let framework = Framework { name, start: None, kind: Kind::Web, port: row.port, health: None, links: Vec::new() };
            without_object = Some(framework);
        }
    }
    without_object.or_else(|| bot(manifests))
}

fn bot(manifests: &Manifests) -> Option<Framework> {
    let found = manifests.first_dependency(BOTS)?;
    let name = Found::certain(found.name.clone(), found.evidence.clone());
    Some(Framework { name, start: None, kind: Kind::Worker, port: None, health: None, links: Vec::new() })
}

/// A direct dependency; without any manifest, an import.
fn evidence(row: &Row, manifests: &Manifests, sources: &Sources) -> Option<Evidence> {
    if let Some(requirement) = manifests.first_dependency(row.dependencies) {
        return Some(requirement.evidence.clone());
    }
    if !manifests.requirements.is_empty() {
        return None;
    }
    let forms = [format!("import {}", row.module), format!("from {} import", row.module), format!("from {}.", row.module)];
    sources.files().find_map(|(path, text)| {
        let (line, found) = text.lines().enumerate().find(|(_, line)| forms.iter().any(|form| line.trim_start().starts_with(form.as_str())))?;
        Some(Evidence::at(path, line + 1, format!("`{}`", found.trim())))
    })
}

fn start(row: &Row, project: &Project, manifests: &Manifests, sources: &Sources, notes: &mut Vec<Note>) -> Option<Start> {
    let configured = project.has("gunicorn.conf.py");
    match row.serving {
        Serving::Object(mut interface, classes) => {
            let application = flask_app(project, row).or_else(|| application::find(project, sources, classes))?;
            if row.name == "falcon" && sources.mention("falcon.asgi").is_some() {
                interface = Interface::Asgi;
            }
            Some(server::serve(interface, &application, manifests, configured, notes))
        }
        Serving::Tool(command, classes) => tool(row, project, sources, command, classes),
        Serving::Script(calls) => {
            if row.name == "dash"
                && let Some((object, evidence)) = sources.search(&DASH_SERVER, "the server of Dash")
            {
                let path = evidence.file.clone();
                let application = application::named(project, &path, &object, evidence);
                return Some(server::serve(Interface::Wsgi, &application, manifests, configured, notes));
            }
            script(row, project, sources, calls)
        }
    }
}

/// `FLASK_APP=app:create_app` in `.flaskenv` names the application in so many words.
fn flask_app(project: &Project, row: &Row) -> Option<Application> {
    if row.name != "flask" {
        return None;
    }
    let text = project.read(".flaskenv").ok()??;
    let (index, value) = text.lines().enumerate().find_map(|(index, line)| {
        let value = line.trim().trim_start_matches("export ").strip_prefix("FLASK_APP=")?;
        Some((index, value.trim_matches(['"', '\''])))
    })?;
    let (module, object) = value.split_once(':')?;
    let path = format!("{}.py", module.trim_end_matches(".py").replace('.', "/"));
    let path = if project.has(&path) { path } else { path.replace(".py", "/__init__.py") };
    if !project.has(&path) {
        return None;
    }
    let evidence = Evidence::at(".flaskenv", index + 1, format!("`FLASK_APP` is `{value}`"));
    let factory = object.ends_with(')') || object.starts_with("create_") || object.starts_with("make_");
    let found = application::named(project, &path, object.trim_end_matches("()"), evidence);
    Some(Application { factory, ..found })
}

fn tool(row: &Row, project: &Project, sources: &Sources, command: fn(&str, &Application) -> Vec<String>, classes: &[&str]) -> Option<Start> {
    let (path, application) = if classes.is_empty() {
        let path = page(sources)?;
        let evidence = Evidence::at(&path, 1, format!("the page of {}", row.name));
        (path.clone(), application::named(project, &path, "", evidence))
    } else {
        let found = application::find(project, sources, classes)?;
        (found.evidence.file.clone(), found)
    };
    let env = match row.name {
        "streamlit" => vec![EnvVar::new("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")],
        _ => Vec::new(),
    };
    let root = if classes.is_empty() { String::new() } else { application.root.clone() };
    let words = command(&path, &application);
    Some(Start { env, root, told_port: row.port.is_some(), ..Start::plain(Found::certain(words, application.evidence)) })
}

/// The file that a page tool is given: a usual name near the root, then any file that imports the tool.
fn page(sources: &Sources) -> Option<String> {
    let pattern = PAGE.as_ref()?;
    let usual = ["streamlit_app.py", "app.py", "main.py", "Home.py", "home.py", "Hello.py", "index.py"];
    let key = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let position = usual.iter().position(|usual| *usual == name).unwrap_or(usual.len());
        (path.contains("pages/"), path.matches('/').count(), position, path.to_owned())
    };
    sources.files().filter(|(_, text)| pattern.is_match(text)).map(|(path, _)| path).min_by_key(|path| key(path)).map(str::to_owned)
}

/// A script that serves by itself.
fn script(row: &Row, project: &Project, sources: &Sources, calls: &[&str]) -> Option<Start> {
    let calls: Vec<String> = calls.iter().map(|call| format!("{call}(")).collect();
    let holds = |text: &str| calls.iter().any(|call| text.contains(call.as_str()));
    let guarded = |text: &str| text.contains("__main__") || text.contains("run_app(") || text.contains(".launch(") || text.contains(".start()");
    let named = |path: &str| matches!(path, "main.py" | "app.py" | "server.py" | "run.py" | "__main__.py");
    let (path, text) = sources
        .files()
        .filter(|(path, text)| path.ends_with(".py") && holds(text) && text.contains(row.module))
        .min_by_key(|(path, text)| (path.matches('/').count(), !guarded(text), !named(path)))?;
    let evidence = Evidence::at(path, text.lines().position(holds).map(|line| line + 1), format!("serves with {}", row.name));
    let (root, _) = application::import_root(project, path, text);
    let (env, init) = match row.name {
        "gradio" => {
            let env = vec![
                EnvVar::new("GRADIO_SERVER_NAME", "0.0.0.0"),
                EnvVar::new("GRADIO_SERVER_PORT", PORT),
                EnvVar::new("GRADIO_ANALYTICS_ENABLED", "False"),
            ];
            (env, Some("Gradio has no handler for the signal"))
        }
        "dash" => (vec![EnvVar::new("HOST", "0.0.0.0")], Some("the server that Dash brings has no handler for the signal")),
        // aiohttp's `run_app` ends on SIGTERM by itself.
        "aiohttp" if text.contains("run_app(") => (Vec::new(), None),
        _ => (Vec::new(), Some("no SIGTERM handler was found, and as PID 1 Python ignores the signal")),
    };
    let _ = root;
    let told = matches!(row.name, "gradio" | "dash");
    Some(Start { env, init, told_port: told, ..Start::plain(Found::certain(words(&["python", path]), evidence)) })
}

fn sanic(_: &str, application: &Application) -> Vec<String> {
    let mut command = words(&["sanic", &application.reference(), "--host", "0.0.0.0", "--port", PORT, "--single-process"]);
    command.extend(application.factory.then(|| "--factory".to_owned()));
    command
}

fn streamlit(path: &str, _: &Application) -> Vec<String> {
    words(&["streamlit", "run", path, "--server.address", "0.0.0.0", "--server.port", PORT, "--server.headless", "true"])
}

fn chainlit(path: &str, _: &Application) -> Vec<String> {
    words(&["chainlit", "run", path, "--headless", "--host", "0.0.0.0", "--port", PORT])
}

/// Two processes: Celery would start one for each processor of the host, whatever the container may use.
fn celery(_: &str, application: &Application) -> Vec<String> {
    words(&["celery", "--app", &application.reference(), "worker", "--loglevel", "info", "--concurrency", "2"])
}
