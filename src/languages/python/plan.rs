//! The plan of a Python service.

use serde_json::json;

use super::PythonService;
use super::django::Host;
use super::package_manager::{Name, Source};
use super::server::PORT;
use super::version::SLIM;
use crate::catalog::{Catalog, PinnedImage, Query};
use crate::error::{Error, Exit, Result};
use crate::languages::{Detected, Facts, Kind};
use crate::render::shell_words;
use crate::plan::{EnvVar, Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::settings::Choices;

/// Where the virtual environment lies, in every stage.
const VENV: &str = "/app/.venv";
/// The Python of the distroless image, which has this one only.
const DISTROLESS_LINE: &str = "3.13";

impl Detected for PythonService {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        let facts = &choices.facts;
        let line = self.line(choices)?;
        let flavor = choices.base.unwrap_or(Flavor::Slim);
        let catalog = Catalog::embedded()?;
        let build = match flavor {
            Flavor::Alpine => catalog.pinned(Query { flavor: "alpine", distro: "", line: &line, ..SLIM })?,
            _ => catalog.pinned(Query { line: catalog.exact(SLIM, version(choices)).unwrap_or(&line), ..SLIM })?,
        };
        let mut images = std::collections::BTreeMap::from([("build".to_owned(), build.clone())]);
        if self.manager.name.value == Name::Uv {
            images.insert("uv".to_owned(), catalog.pinned(Query { name: "uv", flavor: "tool", distro: "", line: "" })?);
        }
        let runtime = self.runtime(choices, flavor, &line, build)?;
        let mut ignore: Vec<String> = [
            "**/__pycache__", "**/*.py[cod]", "**/*.egg-info", ".venv", "venv", "env", ".tox", ".nox", ".coverage", "htmlcov",
            "**/.pytest_cache", "**/.mypy_cache", "**/.ruff_cache", "**/.ipynb_checkpoints", "**/*.sqlite3", "celerybeat-schedule",
        ]
        .map(str::to_owned)
        .to_vec();
        if !facts.writable.is_empty() {
            ignore.extend(facts.writable.iter().map(|found| found.value.clone()));
        }
        Ok(Plan {
            service: facts.name.clone(),
            dir: self.facts.path.clone(),
            template: "python".to_owned(),
            images,
            details: self.details(&line, flavor),
            runtime,
            ignore,
            copied: self.manager.manifests.iter().chain(&self.manager.local).cloned().collect(),
        })
    }
}

/// The release line or exact version.
fn version(choices: &Choices) -> &str {
    choices.facts.version.as_ref().map_or("3.13", |found| found.value.as_str())
}

/// A command with its port.
pub fn with_port(command: &[String], port: Option<u16>) -> Vec<String> {
    let port = port.unwrap_or(8000).to_string();
    command.iter().map(|word| word.replace(PORT, &port)).collect()
}

impl PythonService {
    /// The release line, also of an exact version.
    fn line(&self, choices: &Choices) -> Result<String> {
        let version = version(choices);
        super::version::line_for(version)?.ok_or_else(|| {
            Error::new(Exit::Usage, format!("there is no supported image of Python `{version}`"))
                .hint("pass `--set version=` with a supported release line, for example `3.13`")
        })
    }

    /// What the template chooses by.
    fn details(&self, line: &str, flavor: Flavor) -> serde_json::Value {
        let manager = &self.manager;
        let source = if manager.source == Source::Setup { "setup" } else { "manifests" };
        let collect = self.collect.as_ref().map(|collect| {
            let mut command: Vec<String> = collect.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
            command.extend([&format!("{VENV}/bin/python"), &collect.manage, "collectstatic", "--noinput"].map(str::to_owned));
            command
        });
        // A folder that is a dependency must be there before the install of its manager; only uv can wait for it.
        let local: &[String] = if manager.name.value == Name::Uv { &[] } else { &manager.local };
        let pip = format!("pip --python {VENV}/bin/python");
        json!({
            "pip_install": if manager.name.value == Name::Uv { format!("uv pip install --python {VENV}/bin/python") } else { format!("{pip} install") },
            "cache": cache(manager.name.value),
            "install": self.install(&pip),
            "interpreter": format!("/usr/local/bin/python{line}"),
            "manager": manager.name.value.as_str(),
            "tool": manager.tool,
            "locked": manager.locked,
            "lockfile": manager.manifests.iter().any(|file| file.ends_with(".lock")),
            "options": manager.options,
            "source": source,
            "manifests": manifests(&manager.manifests),
            "local": local,
            "members": !manager.local.is_empty(),
            "python": line,
            "venv": VENV,
            "distroless": flavor == Flavor::Distroless,
            "packages": self.native.build,
            "added": self.start.as_ref().and_then(|start| start.added),
            "project": self.install_project || manager.source == Source::Setup || (manager.name.value == Name::Uv && !manager.local.is_empty()),
            "scm": self.versioned_by_git,
            "collect": collect,
            "secrets": self.secrets,
            "leaking": self.leaking,
            "links": self.links,
        })
    }

    /// The install of the dependencies alone; `None` where there are none, or where they come with the sources.
    fn install(&self, pip: &str) -> Option<String> {
        let manager = &self.manager;
        let locked = manager.locked;
        match (manager.name.value, &manager.source) {
            (Name::Uv, _) | (_, Source::Setup | Source::Nothing) => None,
            // pip installs what the lockfile says, hash by hash: its downloads are cached, and its index settings hold.
            (Name::Poetry, _) if locked => {
                let hashes = if manager.unhashed { "--without-hashes " } else { "" };
                Some(format!("poetry export --only main {hashes}--output /tmp/requirements.txt \\\n    && {pip} install -r /tmp/requirements.txt"))
            }
            (Name::Poetry, _) => Some("poetry lock --no-interaction \\\n    && poetry install --no-interaction --only main --no-root".to_owned()),
            (Name::Pdm, _) if locked => Some("pdm sync --prod --no-self --no-editable".to_owned()),
            (Name::Pdm, _) => Some("pdm install --prod --no-self --no-editable".to_owned()),
            (Name::Pipenv, _) if locked => Some("pipenv sync".to_owned()),
            (Name::Pipenv, _) => Some("pipenv install".to_owned()),
            (Name::Pip | Name::Conda, Source::Files) => Some(format!("{pip} install {}", shell_words(&manager.options))),
            (Name::Pip | Name::Conda, Source::Words(words)) => Some(format!("{pip} install {}", shell_words(words))),
            // The list stays in the manifest: a copy of it here would grow old.
            (Name::Pip | Name::Conda, Source::Pyproject) => Some(format!(
                "python -c \"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\\\\n')\" > /tmp/requirements.txt \\\n    && {pip} install -r /tmp/requirements.txt"
            )),
        }
    }

    fn runtime(&self, choices: &Choices, flavor: Flavor, line: &str, build: PinnedImage) -> Result<Runtime> {
        let facts = &choices.facts;
        let (image, user, reason) = match flavor {
            Flavor::Slim => {
                let reason = format!("Python {line} on Debian, which ready-made packages are built for, without compilers");
                (build, NonRootUser::OWN, reason)
            }
            Flavor::Alpine => {
                self.fits_no_packages("alpine")?;
                (build, NonRootUser::OWN, format!("Python {line} on Alpine, as it was asked for"))
            }
            Flavor::Distroless => {
                self.fits_no_packages("distroless")?;
                if line != DISTROLESS_LINE {
                    return Err(Error::new(Exit::Usage, format!("the distroless image has Python {DISTROLESS_LINE} only, the project runs on {line}"))
                        .hint(format!("pass `--set version={DISTROLESS_LINE}`, or leave `base` away")));
                }
                let image = Catalog::embedded()?.pinned(Query { name: "python3-debian13", flavor: "distroless", distro: "", line: "" })?;
                (image, NonRootUser::DISTROLESS, "Debian's own Python alone: no shell, no package manager, no pip".to_owned())
            }
        };
        let port = facts.port_number();
        let mut env = vec![
            EnvVar::new("PATH", format!("{VENV}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")),
            // Logs come at once; nothing can be written beside the sources.
            EnvVar::new("PYTHONUNBUFFERED", "1"),
            EnvVar::new("PYTHONDONTWRITEBYTECODE", "1"),
            // The user has no home, and libraries keep caches and sockets there.
            EnvVar::new("HOME", "/tmp"),
        ];
        env.extend(port.map(|port| EnvVar::new("PORT", port.to_string())));
        let root = self.start.as_ref().map_or("", |start| start.root.as_str());
        let below_src = root == "src";
        if below_src && !self.install_project {
            env.push(EnvVar::new("PYTHONPATH", "/app/src"));
        }
        if let Some(start) = &self.start {
            let text = |value: &str| with_port(&[value.to_owned()], port).concat();
            env.extend(start.env.iter().map(|variable| EnvVar::new(&variable.name, text(&variable.value))));
        }
        let given = facts.start_command()?;
        let own = self.start.as_ref().filter(|start| with_port(&start.command.value, self.facts.port_number()) == given);
        let command = own.map_or_else(|| given.to_vec(), |start| with_port(&start.command.value, port));
        let init = match &self.start {
            Some(start) if own.is_some() => start.init,
            _ => Some("the command that was given may have no handler for it"),
        };
        Ok(Runtime {
            image,
            flavor,
            reason,
            user,
            workdir: if root.is_empty() || below_src { "/app".to_owned() } else { format!("/app/{root}") },
            env,
            port,
            healthcheck: port.filter(|_| facts.kind.value == Kind::Web).map(|port| self.healthcheck(port, facts.health_path())),
            stop_signal: None,
            init: init.map(str::to_owned),
            packages: self.native.run.clone(),
            command: in_environment(command),
            writable: facts.writable.iter().map(|found| found.value.clone()).collect(),
        })
    }

    fn fits_no_packages(&self, base: &str) -> Result<()> {
        let Some(library) = self.native.libraries.first().filter(|_| !self.native.run.is_empty() || base == "alpine") else { return Ok(()) };
        let place = library.evidence.first().map(|evidence| format!(" ({})", evidence.place())).unwrap_or_default();
        Err(Error::new(Exit::Usage, format!("the program needs the system library {}{place}, which the {base} base cannot get here", library.value))
            .hint("leave `base` away, or pass `--set base=slim`"))
    }

    /// With a path, an HTTP request that must succeed; without, a TCP connect. Redirects are an answer: they may lead
    /// to another host or to https.
    fn healthcheck(&self, port: u16, path: Option<&str>) -> Healthcheck {
        let script = match path {
            None => format!("import socket; socket.create_connection(('127.0.0.1', {port}), 2).close()"),
            Some(path) => {
                let path = literal(path);
                let (headers, limit) = match &self.host {
                    Host::Any => (String::new(), 400),
                    Host::Named(name) => (format!(", headers={{'Host': {}}}", literal(name)), 400),
                    // Django answers a host that it does not know with 400; which it knows, only the deployment says.
                    Host::Unknown => (String::new(), 500),
                };
                format!(
                    "import http.client as h; c = h.HTTPConnection('127.0.0.1', {port}, timeout=2); c.request('GET', {path}{headers}); exit(c.getresponse().status >= {limit})"
                )
            }
        };
        Healthcheck::new(&[&format!("{VENV}/bin/python"), "-c", &script], 15)
    }
}

/// A string of Python's: in single quotes where that is safe, else as JSON writes it, which Python reads as well.
fn literal(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.:".contains(c);
    if text.chars().all(plain) { format!("'{text}'") } else { serde_json::Value::from(text).to_string() }
}

/// Where an installer keeps what it downloaded.
fn cache(name: Name) -> &'static str {
    match name {
        Name::Uv => "/root/.cache/uv",
        Name::Poetry | Name::Pip | Name::Conda => "/root/.cache/pip",
        Name::Pdm => "/root/.cache/pdm",
        Name::Pipenv => "/root/.cache/pipenv",
    }
}

/// The program with its place: those that were installed lie in the virtual environment.
fn in_environment(mut command: Vec<String>) -> Vec<String> {
    if let Some(program) = command.first_mut() {
        let name = match program.as_str() {
            "python3" => "python",
            name => name,
        };
        if !name.contains('/') && !matches!(name, "sh" | "bash" | "env") {
            *program = format!("{VENV}/bin/{name}");
        }
    }
    command
}

/// The manifests by folder, as `COPY` takes them.
fn manifests(files: &[String]) -> serde_json::Value {
    let mut folders: Vec<(&str, Vec<&str>)> = Vec::new();
    for file in files {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, files)) if !files.contains(&file.as_str()) => files.push(file),
            Some(_) => {}
            None => folders.push((folder, vec![file])),
        }
    }
    folders.into_iter().map(|(folder, files)| json!({ "files": files, "to": format!("./{folder}{}", if folder.is_empty() { "" } else { "/" }) })).collect()
}
