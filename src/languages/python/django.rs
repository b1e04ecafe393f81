//! Django: the application module from the settings, static files, and what the settings want from the environment.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::application::Application;
use super::manifests::Manifests;
use super::server::{self, Interface, Start};
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::project::Project;
use crate::sources::{Pattern, Sources};

static WSGI: Pattern = LazyLock::new(|| Regex::new(r#"(?m)^WSGI_APPLICATION\s*=\s*["']([\w.]+)["']"#).ok());
static ASGI: Pattern = LazyLock::new(|| Regex::new(r#"(?m)^ASGI_APPLICATION\s*=\s*["']([\w.]+)["']"#).ok());
static SETTINGS: Pattern = LazyLock::new(|| Regex::new(r#"DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']"#).ok());
static STATIC_ROOT: Pattern = LazyLock::new(|| Regex::new(r"(?m)^\s*STATIC_ROOT\s*=\s*(.+)$").ok());
static ELSEWHERE: Pattern =
    LazyLock::new(|| Regex::new(r"(?m)^[^#\n]*(s3boto3?|S3Storage|S3StaticStorage|GoogleCloudStorage|AzureStorage|StaticS3|CloudinaryStorage)").ok());
static HOSTS: Pattern = LazyLock::new(|| Regex::new(r"(?m)^ALLOWED_HOSTS\s*=\s*(.+)$").ok());
static HOST: Pattern = LazyLock::new(|| Regex::new(r#"^\s*[\[(]\s*["']\.?([\w.-]+|\*)["']"#).ok());
static HEALTH: Pattern = LazyLock::new(|| {
    Regex::new(r#"path\(\s*r?["']\^?/?((?:api/)?(?:healthz|health|health/live|healthcheck|health-check|health_check|livez|_health|_healthz|up|ping|ht)/?)\$?["']"#).ok()
});
/// `os.environ["X"]`, `os.environ.get("X")`, `os.getenv("X")`, `env.bool("X")`, `config("X")`, with what follows.
static VARIABLE: Pattern = LazyLock::new(|| {
    Regex::new(r#"\b(?:os\.environ(\[)|environ(\[)|(?:os\.)?environ\.get\(|(?:os\.)?getenv\(|(?:\w*env|config|decouple\.config)(?:\.(\w+))?\()\s*["']([A-Z][A-Z0-9_]*)["']([^\n]*)"#).ok()
});

/// A Django project.
pub struct Django {
    /// The dependency, or `manage.py`.
    pub name: Found<String>,
    /// The server and the module.
    pub start: Option<Start>,
    /// `collectstatic`, where the settings say where to.
    pub collect: Option<Collect>,
    /// A health route of the root's URLs.
    pub health: Option<Found<String>>,
    /// The host name that the health check must send.
    pub host: Host,
    /// Names of secrets that the settings read.
    pub secrets: Vec<Found<String>>,
}

/// What `ALLOWED_HOSTS` says of the health check's `Host` header: Django answers any other with 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// This name is allowed.
    Named(String),
    /// Every name is, or none is needed.
    Any,
    /// Known only when it runs: an answer with 400 is an answer all the same.
    Unknown,
}

/// The collection of static files at build time.
#[derive(Debug, Clone)]
pub struct Collect {
    /// `manage.py` with its folder.
    pub manage: String,
    /// Values that the settings cannot do without: for this one step, none of them real.
    pub env: BTreeMap<String, String>,
    /// Where it is said.
    pub evidence: Evidence,
}

/// Recognises it.
pub fn detect(project: &Project, manifests: &Manifests, sources: &Sources, notes: &mut Vec<Note>) -> Option<Django> {
    let manage = project.files().filter(|path| path.rsplit('/').next() == Some("manage.py")).min_by_key(|path| path.matches('/').count())?;
    let text = project.read(manage).ok()??;
    if !text.to_lowercase().contains("django") {
        return None;
    }
    let folder = manage.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = match manifests.dependency("django") {
        Some(found) => Found::certain("django".to_owned(), found.evidence.clone()),
        None => Found::certain("django".to_owned(), Evidence::at(manage, 1, "Django's `manage.py`")),
    };
    let application = application(project, manifests, sources, folder);
    let settings = settings_files(project, sources, folder, &text, application.as_ref());
    let (health, host) = (health(project, sources, folder), host(&settings));
    let mut collect = collect(manage, folder, &settings, manifests, notes);
    let start = application.map(|(interface, application)| {
        server::serve(interface, &application, manifests, project.has("gunicorn.conf.py"), notes)
    });
    if let Some(collect) = &mut collect {
        // `manage.py` often names the settings of development, whose tools are not installed.
        let named = |path: &str| settings_module(&project.read(path).ok().flatten()?);
        let module = start.as_ref().and_then(|start| {
            let module = start.command.value.last()?.split(':').next()?.replace('.', "/");
            named(&crate::project::join(folder, &format!("{module}.py")))
        });
        if let Some(module) = module.filter(|module| Some(module.as_str()) != settings_module(&text).as_deref()) {
            collect.env.insert("DJANGO_SETTINGS_MODULE".to_owned(), module);
        }
    }
    notes.push(Note::info(
        "migrations are a step of their own: run `manage.py migrate` in the image before the new version serves",
        Some(&Evidence::at(manage, 1, "")),
    ));
    let secrets = secrets(&settings);
    Some(Django { name, start, collect, health, host, secrets })
}

fn settings_module(text: &str) -> Option<String> {
    Some(SETTINGS.as_ref()?.captures(text)?[1].to_owned())
}

/// The module from the settings, else the file beside them. ASGI only where a server for it is installed.
fn application(project: &Project, manifests: &Manifests, sources: &Sources, folder: &str) -> Option<(Interface, Application)> {
    let asynchronous = manifests.first_dependency(&["channels", "uvicorn", "daphne", "hypercorn", "granian"]).is_some()
        && manifests.first_dependency(&["gunicorn", "waitress"]).is_none_or(|_| manifests.first_dependency(&["channels", "uvicorn-worker"]).is_some());
    let said = |pattern: &Pattern, reason: &str| {
        let (dotted, evidence) = sources.search(pattern, reason)?;
        let (module, object) = dotted.rsplit_once('.')?;
        let path = crate::project::join(folder, &format!("{}.py", module.replace('.', "/")));
        project.has(&path).then(|| made(module, object, folder, evidence))
    };
    let beside = |file: &str| {
        let path = project
            .files()
            .filter(|path| path.rsplit('/').next() == Some(file) && (folder.is_empty() || path.starts_with(&format!("{folder}/"))))
            .min_by_key(|path| path.matches('/').count())?;
        let module = path.strip_prefix(folder)?.trim_start_matches('/').trim_end_matches(".py").replace('/', ".");
        Some(made(&module, "application", folder, Evidence::at(path, 1, "Django's application module")))
    };
    let asgi = || said(&ASGI, "`ASGI_APPLICATION`").or_else(|| beside("asgi.py")).map(|found| (Interface::Asgi, found));
    let wsgi = || said(&WSGI, "`WSGI_APPLICATION`").or_else(|| beside("wsgi.py")).map(|found| (Interface::Wsgi, found));
    if asynchronous { asgi().or_else(wsgi) } else { wsgi().or_else(asgi) }
}

fn made(module: &str, object: &str, root: &str, evidence: Evidence) -> Application {
    Application { module: module.to_owned(), object: object.to_owned(), factory: false, root: root.to_owned(), evidence }
}

type Files<'s> = Vec<(&'s str, &'s str)>;

/// The settings that production uses: those that the application module names, and what lies in their folder.
fn settings_files<'s>(project: &Project, sources: &'s Sources, folder: &str, manage: &str, application: Option<&(Interface, Application)>) -> Files<'s> {
    let from_application = application.and_then(|(_, application)| {
        let path = crate::project::join(folder, &format!("{}.py", application.module.replace('.', "/")));
        settings_module(&project.read(&path).ok().flatten()?)
    });
    let module = from_application.or_else(|| settings_module(manage));
    let Some(module) = module else {
        return sources.files().filter(|(path, _)| path.contains("settings")).collect();
    };
    let path = crate::project::join(folder, &module.replace('.', "/"));
    let own = [format!("{path}.py"), format!("{path}/__init__.py")];
    let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    // Split settings import one another: `base.py` and the like.
    let package = beside.ends_with("settings") || beside.ends_with("config");
    let other = |name: &str| ["local", "dev", "test", "stag", "ci"].iter().any(|part| name.contains(part));
    sources
        .files()
        .filter(|(file, _)| {
            let (dir, name) = file.rsplit_once('/').unwrap_or(("", file));
            own.iter().any(|own| own == file) || (package && dir == beside && !other(name)) || (dir == path && !other(name))
        })
        .collect()
}

fn search(files: &Files<'_>, pattern: &Pattern, reason: &str) -> Option<(String, Evidence)> {
    let pattern = pattern.as_ref()?;
    files.iter().find_map(|(path, text)| {
        let found = pattern.captures(text)?.get(1)?;
        let line = text[..found.start()].matches('\n').count() + 1;
        Some((found.as_str().to_owned(), Evidence::at(*path, line, reason)))
    })
}

fn host(settings: &Files<'_>) -> Host {
    let Some((value, _)) = search(settings, &HOSTS, "") else { return Host::Any };
    match HOST.as_ref().and_then(|pattern| Some(pattern.captures(&value)?[1].to_owned())) {
        Some(name) if name == "*" => Host::Any,
        Some(name) => Host::Named(name),
        // `[]` with DEBUG allows localhost; without it, nothing at all.
        None if value.trim().starts_with("[]") => Host::Any,
        None => Host::Unknown,
    }
}

/// A health route in the URLs of the root: those of an application may get a prefix.
fn health(project: &Project, sources: &Sources, folder: &str) -> Option<Found<String>> {
    let roots: Files<'_> = sources
        .files()
        .filter(|(path, _)| {
            let inside = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
            let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
            inside.ends_with("urls.py") && (project.has(&format!("{dir}/wsgi.py")) || project.has(&format!("{dir}/asgi.py")))
        })
        .collect();
    let (path, evidence) = search(&roots, &HEALTH, "a health route")?;
    Some(Found::likely(format!("/{path}"), evidence))
}

fn collect(manage: &str, folder: &str, settings: &Files<'_>, manifests: &Manifests, notes: &mut Vec<Note>) -> Option<Collect> {
    let (value, evidence) = search(settings, &STATIC_ROOT, "`STATIC_ROOT` says where static files are collected")?;
    let absolute = value.trim().trim_start_matches(['r', 'f']).trim_start_matches(['"', '\'']).starts_with('/');
    let elsewhere = search(settings, &ELSEWHERE, "").is_some();
    if absolute || elsewhere || value.trim() == "None" {
        notes.push(Note::warning(
            "static files are not collected in the image: they go to another place; run `manage.py collectstatic` when you deploy",
            Some(&evidence),
        ));
        return None;
    }
    if manifests.first_dependency(&["whitenoise", "dj-static", "servestatic"]).is_none() {
        notes.push(Note::warning(
            "static files are collected, and nothing serves them: add `whitenoise`, or serve them from a CDN or a web server",
            Some(&evidence),
        ));
    }
    let _ = folder;
    Some(Collect { manage: manage.to_owned(), env: stand_ins(settings), evidence })
}

/// What the settings read from the environment without a default, with a value that lets them load.
fn stand_ins(settings: &Files<'_>) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    for variable in variables(settings) {
        let secret = variable.name.contains("SECRET_KEY");
        if variable.required || (secret && !variable.defaulted) {
            env.insert(variable.name.clone(), variable.stand_in());
        }
    }
    env
}

fn secrets(settings: &Files<'_>) -> Vec<Found<String>> {
    let mut found: Vec<Found<String>> = Vec::new();
    for variable in variables(settings) {
        let secret = ["SECRET", "PASSWORD", "TOKEN", "API_KEY", "DATABASE_URL", "DSN"].iter().any(|part| variable.name.contains(part));
        if secret && found.iter().all(|known| known.value != variable.name) {
            found.push(Found::likely(variable.name, variable.evidence));
        }
    }
    found
}

struct Variable {
    name: String,
    /// `bool`, `int`, ... where the call says it.
    cast: String,
    /// Whether the settings do not load without it.
    required: bool,
    defaulted: bool,
    evidence: Evidence,
}

fn variables(settings: &Files<'_>) -> Vec<Variable> {
    let Some(pattern) = VARIABLE.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for (path, text) in settings {
        for captures in pattern.captures_iter(text) {
            let Some(whole) = captures.get(0) else { continue };
            let start = text[..whole.start()].rfind('\n').map_or(0, |at| at + 1);
            if text[start..].trim_start().starts_with('#') {
                continue;
            }
            let rest = &captures[5];
            let call = whole.as_str();
            let indexed = captures.get(1).or(captures.get(2)).is_some();
            let lenient = call.contains("environ.get(") || call.contains("getenv(");
            let end = rest.find(')').unwrap_or(rest.len());
            let defaulted = !indexed && (rest.contains("default") || rest[..end].trim_start().starts_with(',') && !rest[..end].trim_start().starts_with(", cast"));
            let before = &text[start..whole.start()];
            let cast = captures.get(3).map_or_else(
                || if rest.contains("cast=bool") { "bool" } else if rest.contains("cast=int") || before.ends_with("int(") { "int" } else { "" }.to_owned(),
                |found| found.as_str().to_owned(),
            );
            // `int(os.getenv("X"))` and `dj_database_url.parse(os.getenv("X"))` fail on nothing.
            let needed = before.ends_with("int(") || before.ends_with("float(") || before.ends_with("parse(");
            let line = text[..whole.start()].matches('\n').count() + 1;
            found.push(Variable {
                name: captures[4].to_owned(),
                cast,
                required: !defaulted && (!lenient || needed),
                defaulted,
                evidence: Evidence::at(*path, line, "read by the settings"),
            });
        }
    }
    found
}

impl Variable {
    /// A value that no program takes for a real one.
    fn stand_in(&self) -> String {
        match (self.cast.as_str(), self.name.as_str()) {
            ("bool", _) => "False",
            ("int" | "float", _) => "1",
            ("db" | "db_url" | "dj_db_url", _) | (_, "DATABASE_URL") => "sqlite:////tmp/build.sqlite3",
            ("cache" | "cache_url", _) => "locmemcache://",
            ("email_url" | "email", _) => "consolemail://",
            (_, name) if name.ends_with("_PORT") => "1",
            (_, name) if name.contains("REDIS") || name.contains("BROKER") => "redis://localhost",
            (_, name) if name.ends_with("_URL") => "http://localhost",
            (_, name) if name.contains("DEBUG") => "False",
            _ => "only-for-the-build",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_say_what_they_cannot_do_without() {
        let text = "import os\nSECRET_KEY = os.environ['SECRET_KEY']\nDEBUG = env.bool('DEBUG')\nX = os.getenv('X')\nY = config('Y', default='a')\n\
                    P = config('EMAIL_PORT', cast=int)\nDATABASES = {'default': env.db('DATABASE_URL')}\nN = int(os.environ.get('N'))\n# os.environ['OLD']\n";
        let env = stand_ins(&vec![("config/settings.py", text)]);
        let names: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            names,
            [
                ("DATABASE_URL", "sqlite:////tmp/build.sqlite3"), ("DEBUG", "False"), ("EMAIL_PORT", "1"), ("N", "1"), ("SECRET_KEY", "only-for-the-build"),
            ]
        );
    }

    #[test]
    fn the_probe_sends_a_host_that_django_accepts() {
        let host = |text| host(&vec![("settings.py", text)]);
        assert_eq!(host("ALLOWED_HOSTS = ['.example.com', 'x']\n"), Host::Named("example.com".to_owned()));
        assert_eq!(host("ALLOWED_HOSTS = ['*']\n"), Host::Any);
        assert_eq!(host("ALLOWED_HOSTS = env.list('HOSTS')\n"), Host::Unknown);
    }
}
