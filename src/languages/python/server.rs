//! The production server for an application object: the one among the dependencies, else a pinned one that is added.

use super::application::Application;
use super::manifests::Manifests;
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::plan::EnvVar;

/// Added where no server is among the dependencies.
const GUNICORN: &str = "gunicorn==27.0.1";
const UVICORN: &str = "uvicorn==0.54.0";

/// Stands for the port in a command, until it is decided.
pub const PORT: &str = "{port}";

/// What an application object can be called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// Synchronous: Django, Flask.
    Wsgi,
    /// Asynchronous: FastAPI, Starlette.
    Asgi,
}

/// How the program is started.
#[derive(Debug, Clone)]
pub struct Start {
    /// The command; [`PORT`] stands for the port.
    pub command: Found<Vec<String>>,
    /// A server to install beside the dependencies, pinned.
    pub added: Option<&'static str>,
    /// Variables that it needs.
    pub env: Vec<EnvVar>,
    /// The folder that imports start from; empty for the project's own.
    pub root: String,
    /// Why PID 1 must be an init.
    pub init: Option<&'static str>,
    /// Whether the command says the port, so that any can be taken.
    pub told_port: bool,
}

impl Start {
    /// A program that is told nothing.
    pub fn plain(command: Found<Vec<String>>) -> Self {
        Self { command, added: None, env: Vec::new(), root: String::new(), init: None, told_port: false }
    }
}

/// The command's words, owned.
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// The start of an application object.
pub fn serve(interface: Interface, application: &Application, manifests: &Manifests, configured: bool, notes: &mut Vec<Note>) -> Start {
    let has = |names: &[&str]| manifests.first_dependency(names);
    let brings_uvicorn = || {
        let standard = |name| manifests.dependency(name).filter(|found| found.has_extra(&["standard", "all"]));
        has(&["uvicorn", "python-fasthtml", "fasthtml", "gradio", "uvicorn-worker"])
            .or_else(|| ["fastapi", "litestar", "starlette"].into_iter().find_map(standard))
    };
    let from = |words: Vec<String>, server: Option<&super::requirement::Requirement>| {
        let found = Found::certain(words, application.evidence.clone());
        server.map_or(found.clone(), |server| found.and(server.evidence.clone()))
    };
    let start = |words: Vec<String>, server| Start {
        root: application.root.clone(),
        told_port: true,
        ..Start::plain(from(words, server))
    };
    match interface {
        Interface::Wsgi => {
            if let Some(server) = has(&["waitress"]).filter(|_| has(&["gunicorn"]).is_none()) {
                let listen = format!("--listen=0.0.0.0:{PORT}");
                let mut command = words(&["waitress-serve", &listen]);
                command.extend(application.factory.then(|| "--call".to_owned()));
                command.push(application.reference());
                return Start { init: Some("waitress ignores the signal"), ..start(command, Some(server)) };
            }
            let server = has(&["gunicorn"]);
            if server.is_none() {
                added(GUNICORN, &application.evidence, notes);
            }
            Start {
                added: server.is_none().then_some(GUNICORN),
                env: vec![EnvVar::new("WEB_CONCURRENCY", "2")],
                ..start(gunicorn(application, configured), server)
            }
        }
        Interface::Asgi => {
            let reference = application.reference();
            let uvicorn = brings_uvicorn();
            if uvicorn.is_none() {
                let called = if application.factory { format!("{reference}()") } else { reference.clone() };
                if let Some(server) = has(&["hypercorn", "quart"]) {
                    return start(words(&["hypercorn", "--bind", &format!("0.0.0.0:{PORT}"), "--access-logfile", "-", &called]), Some(server));
                }
                if let Some(server) = has(&["granian"]) {
                    let mut command = words(&["granian", "--interface", "asgi", "--host", "0.0.0.0", "--port", PORT]);
                    command.extend(application.factory.then(|| "--factory".to_owned()));
                    command.push(reference);
                    return start(command, Some(server));
                }
                if let Some(server) = has(&["daphne"]) {
                    notes.push(Note::warning(
                        "daphne drops requests that are under way when it is stopped; uvicorn and hypercorn finish them",
                        Some(&server.evidence),
                    ));
                    return start(words(&["daphne", "-b", "0.0.0.0", "-p", PORT, &reference]), Some(server));
                }
                added(UVICORN, &application.evidence, notes);
            }
            let mut command = words(&["uvicorn", "--host", "0.0.0.0", "--port", PORT]);
            command.extend(application.factory.then(|| "--factory".to_owned()));
            command.push(reference);
            Start { added: uvicorn.is_none().then_some(UVICORN), ..start(command, uvicorn) }
        }
    }
}

fn added(server: &str, evidence: &Evidence, notes: &mut Vec<Note>) {
    let name = server.split('=').next().unwrap_or(server);
    notes.push(Note::warning(
        format!("no production server is among the dependencies: `{server}` is installed in the image; add `{name}` to them to choose its version"),
        Some(evidence),
    ));
}

/// The command of gunicorn. A `gunicorn.conf.py` of the project is read by gunicorn itself and says the rest.
fn gunicorn(application: &Application, configured: bool) -> Vec<String> {
    let mut command = words(&["gunicorn", "--bind", &format!("0.0.0.0:{PORT}")]);
    if !configured {
        // Threads serve the slow clients; /dev/shm is the one place that is always memory and writable.
        command.extend(words(&["--threads", "4", "--access-logfile", "-", "--worker-tmp-dir", "/dev/shm"]));
    }
    let reference = application.reference();
    command.push(if application.factory { format!("{reference}()") } else { reference });
    command
}
