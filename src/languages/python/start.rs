//! How a program is started where no framework says it: a Procfile, an entry point, a package, a script.

use std::sync::LazyLock;

use regex::Regex;

use super::application;
use super::manifests::Manifests;
use super::requirement::normal;
use super::server::{PORT, Start, words};
use crate::found::{Evidence, Found};
use crate::languages::{Kind, Note};
use crate::plan::EnvVar;
use crate::project::Project;
use crate::settings::shell_split;
use crate::sources::{Pattern, Sources};

/// Usual names of the file that is run.
const SCRIPTS: &[&str] = &[
    "main.py", "app.py", "server.py", "run.py", "bot.py", "start.py", "worker.py", "index.py", "hello.py", "src/main.py", "src/app.py",
    "src/server.py", "src/bot.py", "app/main.py", "api/main.py", "app/app.py", "bot/main.py",
];
/// Calls that never return.
static FOREVER: Pattern = LazyLock::new(|| {
    Regex::new(r"(\bwhile\s+(?:True|1)\b|run_forever\(|start_polling|run_polling|infinity_polling|\.polling\(|run_pending|start_consuming|BlockingScheduler|KafkaConsumer|\b(?:bot|client|app)\.run\()").ok()
});
/// Servers of the standard library and calls of others.
static SERVES: Pattern = LazyLock::new(|| {
    Regex::new(r"(HTTPServer\(|TCPServer\(|make_server\(|serve_forever\(|uvicorn\.run\(|start_server\(|grpc\.(?:aio\.)?server\(|\.bind\(\s*\(|app\.run\([^)]*port|bottle\.run\(|hug\.)").ok()
});
/// What starts a web framework in a script.
static RUNS: Pattern = LazyLock::new(|| {
    Regex::new(r"(\.run\(|\.listen\(|run_app\(|\brun\(|serve\(|\.launch\(|quickstart\(|\.start\(\)|serve_forever\(|make_server\(|run_simple\()").ok()
});
/// `os.environ.get("PORT", 5000)`, `env.int("PORT", default=5000)`.
static ENV_PORT: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?:environ\.get|getenv|config|env(?:\.int)?)\(\s*['"](?:\w+_)?PORT['"]\s*,\s*(?:default\s*=\s*)?(?:str\()?['"]?(\d{2,5})"#).ok()
});
/// `app.run(host="…", port=5000)`, `HTTPServer(("", 8000)`, `.listen(8888)`, `PORT = 8000`.
static SAID_PORT: Pattern = LazyLock::new(|| {
    Regex::new(
        r#"(?:(?:\.run|run_app|serve|run_server|launch|TCPSite|run_simple|start_server)\((?:[^()]|\([^()]*\))*?\b(?:server_)?port\s*=\s*|(?:Server|make_server|\.bind)\(\s*\(?\s*['"][^'"]*['"]\s*,\s*|\.listen\(\s*|(?m:^)(?:SERVER_|HTTP_)?PORT\s*(?::\s*int)?\s*=\s*|add_insecure_port\(\s*['"][^'"]*:)(\d{2,5})\b"#,
    )
    .ok()
});
static LOCALHOST: Pattern = LazyLock::new(|| Regex::new(r#"(?:host\s*=\s*|Server\(\s*\(\s*|\.bind\(\s*\(\s*|listen\(\s*\d+\s*,\s*)['"](127\.0\.0\.1|localhost)['"]"#).ok());

/// The port that the sources name.
pub fn port(sources: &Sources) -> Option<Found<u16>> {
    sources
        .search(&ENV_PORT, "listens on `PORT`, by default here")
        .or_else(|| sources.search(&SAID_PORT, "listens here"))
        .and_then(|(port, evidence)| Some(Found::certain(port.parse().ok()?, evidence)))
}

/// A server that only its own container can reach.
pub fn localhost(sources: &Sources) -> Option<Evidence> {
    sources.search(&LOCALHOST, "listens on the container's own loopback").map(|(_, evidence)| evidence)
}

/// What a Procfile says, made fit for a container.
pub struct Process {
    /// The start.
    pub start: Start,
    /// Whether it answers on a port.
    pub kind: Kind,
    /// The server's own port, where the command names one.
    pub port: Option<u16>,
}

/// The process of a `Procfile`: `web`, else `worker`. `None` where it needs a shell or starts a development server.
pub fn procfile(project: &Project, notes: &mut Vec<Note>) -> Option<Process> {
    let text = project.read("Procfile").ok()??;
    let lines: Vec<(usize, &str, &str)> = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| line.split_once(':').map(|(name, command)| (index + 1, name.trim(), command.trim())))
        .collect();
    let (line, name, command) = ["web", "worker", "bot"].iter().find_map(|wanted| lines.iter().find(|(_, name, _)| name == wanted))?;
    let evidence = Evidence::at("Procfile", *line, format!("the `{name}` process"));
    for (line, other, _) in lines.iter().filter(|(_, other, _)| other != name) {
        notes.push(Note::info(
            format!("the process `{other}` is not what this image starts: run it from the same image with another command"),
            Some(&Evidence::at("Procfile", *line, "")),
        ));
    }
    let (before, last) = command.rsplit_once("&&").map_or(("", *command), |(before, last)| (before.trim(), last.trim()));
    if !before.is_empty() {
        notes.push(Note::warning(
            format!("`{before}` belongs before the start, not into every one: run it as a step of its own"),
            Some(&evidence),
        ));
    }
    match process(last, *name == "web", &evidence) {
        Some(process) => Some(process),
        None => {
            notes.push(Note::warning(format!("`{last}` is not taken as it is: the start follows from the sources"), Some(&evidence)));
            None
        }
    }
}

fn process(command: &str, web: bool, evidence: &Evidence) -> Option<Process> {
    let mut command = command.trim().trim_start_matches("exec ").to_owned();
    let default = Regex::new(r"\$\{PORT:-(\d+)\}").ok()?;
    let port = default.captures(&command).and_then(|found| found[1].parse().ok());
    command = default.replace_all(&command, PORT).replace("${PORT}", PORT).replace("$PORT", PORT);
    let mut words = shell_split(&command)?;
    let mut env = Vec::new();
    while let Some((name, value)) = words.first().and_then(|word| word.split_once('='))
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        env.push(EnvVar::new(name, value));
        words.remove(0);
    }
    if matches!(words.first().map(String::as_str), Some("poetry" | "pipenv" | "uv" | "pdm")) && words.get(1).is_some_and(|word| word == "run") {
        words.drain(..2);
    }
    let shell = |word: &String| word.contains(['$', '`', '|', '>', '<', ';']) || word == "&";
    let development = ["runserver", "--reload", "--debug"].iter().any(|word| words.iter().any(|own| own == word))
        || (words.first().is_some_and(|word| word == "flask" || word == "fastapi") && words.get(1).is_some_and(|word| word == "run" || word == "dev"));
    if words.is_empty() || words.iter().any(shell) || development || matches!(words[0].as_str(), "sh" | "bash" | "npm" | "node" | "cd") {
        return None;
    }
    let told = words.iter().any(|word| word.contains(PORT)) || web && tell_address(&mut words);
    let mut start = Start { env, told_port: told, ..Start::plain(Found::certain(words, evidence.clone())) };
    if start.command.value[0].starts_with("python") || start.command.value[0].starts_with("waitress") {
        start.init = Some("no SIGTERM handler was found, and as PID 1 Python ignores the signal");
    }
    if start.command.value[0] == "gunicorn" {
        start.env.push(EnvVar::new("WEB_CONCURRENCY", "2"));
        tell_gunicorn(&mut start.command.value);
    }
    Some(Process { start, kind: if web { Kind::Web } else { Kind::Worker }, port })
}

/// Servers that would listen on the loopback only are told to listen on all addresses.
fn tell_address(words: &mut Vec<String>) -> bool {
    let options: &[&str] = match words[0].as_str() {
        "gunicorn" if !words.iter().any(|word| word.starts_with("-b") || word.starts_with("--bind")) => &["--bind", "0.0.0.0:{port}"],
        "uvicorn" if !words.iter().any(|word| word.starts_with("--port")) => &["--host", "0.0.0.0", "--port", PORT],
        "hypercorn" if !words.iter().any(|word| word.starts_with("-b") || word.starts_with("--bind")) => &["--bind", "0.0.0.0:{port}"],
        _ => return false,
    };
    words.splice(1..1, options.iter().map(|&word| word.to_owned()));
    true
}

/// Logs to standard output, and the heartbeat file where a read-only root lets it be written.
fn tell_gunicorn(words: &mut Vec<String>) {
    for (option, value) in [("--access-logfile", "-"), ("--worker-tmp-dir", "/dev/shm")] {
        if !words.iter().any(|word| word.starts_with(option)) {
            words.splice(1..1, [option.to_owned(), value.to_owned()]);
        }
    }
}

/// The program of a project without a framework, and whether its package must be installed for it.
pub fn program(project: &Project, manifests: &Manifests, sources: &Sources) -> Option<(Start, bool)> {
    let ignores = Some("no SIGTERM handler was found, and as PID 1 Python ignores the signal");
    let init = if sources.mention("SIGTERM").is_some() { None } else { ignores };
    let start = |command: Found<Vec<String>>, root: &str| Start { init, root: root.to_owned(), ..Start::plain(command) };
    if let Some(command) = entry_point(manifests) {
        return Some((start(command, ""), true));
    }
    if let Some(path) = SCRIPTS.iter().find(|path| project.has(path)) {
        let evidence = Evidence::at(*path, 1, "a usual name for the file that is run");
        return Some((start(Found::likely(words(&["python", path]), evidence), ""), false));
    }
    let files = || sources.files().filter(|(path, _)| path.ends_with(".py"));
    let usual = |path: &str| !path.starts_with("setup") && !path.starts_with("conf") && !path.contains("noxfile") && !path.contains("tasks.py");
    if let Some((path, text)) = files().find(|(path, _)| path.ends_with("/__main__.py") && path.matches('/').count() <= 2) {
        let (root, module) = application::import_root(project, path, text);
        let evidence = Evidence::at(path, 1, "a package that can be run");
        // A folder whose name is no identifier is run as a folder.
        let command = match module.strip_suffix(".__main__") {
            Some(package) => words(&["python", "-m", package]),
            None => words(&["python", &root]),
        };
        let root = if module == "__main__" { "" } else { root.as_str() };
        return Some((start(Found::likely(command, evidence), root), false));
    }
    let guarded: Vec<_> = files().filter(|(path, text)| usual(path) && text.contains("__name__ == \"__main__\"") | text.contains("__name__ == '__main__'")).collect();
    let nearest = guarded.iter().map(|(path, _)| path.matches('/').count()).min();
    let nearest: Vec<_> = guarded.iter().filter(|(path, _)| Some(path.matches('/').count()) == nearest).collect();
    if let Some((path, text)) = nearest.first() {
        let line = text.lines().position(|line| line.contains("__main__")).map(|line| line + 1);
        let evidence = Evidence::at(*path, line, "runs as a program");
        let command = words(&["python", path]);
        let found = if nearest.len() == 1 { Found::likely(command, evidence) } else { Found::guess(command, Some(evidence)) };
        return Some((start(found, ""), false));
    }
    let mut alone = files().filter(|(path, _)| !path.contains('/') && usual(path));
    let (path, _) = alone.next()?;
    let evidence = Evidence::at(path, 1, "a script in the project's root");
    Some((start(Found::guess(words(&["python", path]), Some(evidence)), ""), false))
}

/// `[project.scripts]` of a project that is a package: the one of its own name, or the only one.
fn entry_point(manifests: &Manifests) -> Option<Found<Vec<String>>> {
    if !is_package(manifests) {
        return None;
    }
    let file = manifests.pyproject.as_ref()?;
    [&["project", "scripts"][..], &["tool", "poetry", "scripts"]].into_iter().find_map(|keys| {
        let scripts: Vec<&String> = file.get(keys)?.as_table()?.keys().collect();
        let own = manifests.name().map(normal);
        let named = scripts.iter().find(|script| Some(normal(script)) == own || matches!(script.as_str(), "start" | "serve" | "server" | "run"));
        let script = named.or_else(|| scripts.first().filter(|_| scripts.len() == 1))?;
        let path: Vec<&str> = keys.iter().copied().chain([script.as_str()]).collect();
        Some(Found::certain(vec![(*script).clone()], file.evidence(&path, "the project's entry point")))
    })
}

/// Whether the project is made to be installed.
pub fn is_package(manifests: &Manifests) -> bool {
    let package = manifests.get(&["tool", "uv", "package"]).and_then(toml::Value::as_bool);
    let mode = manifests.get(&["tool", "poetry", "package-mode"]).and_then(toml::Value::as_bool);
    package.unwrap_or_else(|| manifests.get(&["build-system"]).is_some() && mode != Some(false))
}

/// What a program without a framework is, from its calls.
pub fn kind(manifests: &Manifests, sources: &Sources, framework: bool) -> Found<Kind> {
    if let Some((_, evidence)) = sources.search(if framework { &RUNS } else { &SERVES }, "serves") {
        return Found::likely(Kind::Web, evidence);
    }
    if let Some((_, evidence)) = sources.search(&FOREVER, "runs for ever") {
        return Found::likely(Kind::Worker, evidence);
    }
    if let Some(found) = manifests.first_dependency(&["click", "typer", "fire", "docopt"]) {
        return Found::likely(Kind::Cli, found.evidence.clone());
    }
    match sources.mention("argparse") {
        Some(evidence) => Found::likely(Kind::Cli, evidence),
        None => Found::guess(Kind::Job, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(procfile: &str) -> Option<String> {
        let project = Project::from_files([("Procfile", procfile)]);
        super::procfile(&project, &mut Vec::new()).map(|found| found.start.command.value.join(" "))
    }

    #[test]
    fn a_procfile_is_made_fit_for_a_container() {
        assert_eq!(
            command("release: python manage.py migrate\nweb: gunicorn app:app --bind 0.0.0.0:${PORT:-5000}\n").as_deref(),
            Some("gunicorn --worker-tmp-dir /dev/shm --access-logfile - app:app --bind 0.0.0.0:{port}")
        );
        assert_eq!(
            command("web: python manage.py migrate && uvicorn app.main:app\n").as_deref(),
            Some("uvicorn --host 0.0.0.0 --port {port} app.main:app")
        );
        assert_eq!(command("worker: python bot.py\n").as_deref(), Some("python bot.py"));
        assert_eq!(command("web: python manage.py runserver 0.0.0.0:$PORT\n"), None);
        assert_eq!(command("web: gunicorn app:app --workers $(nproc)\n"), None);
    }
}
