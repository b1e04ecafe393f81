//! Item 5: the program is process 1 or has an init that passes signals on.

use crate::dockerfile::shell::commands;
use super::{ContainerFile, Judged, Subject};
use crate::dockerfile::{Command, Kind};
use crate::sources::Sources;

/// Programs that pass signals on.
const INITS: &[&str] = &["tini", "tini-static", "dumb-init", "docker-init", "s6-svscan", "init", "catatonit", "supervisord"];
/// Package managers, which do not pass SIGTERM on in time.
const RUNNERS: &[&str] = &["npm", "npx", "yarn", "pnpm", "pnpx", "bunx"];
/// Runtimes that ignore SIGTERM as process 1 unless the program handles it, and the endings of its sources.
const DEAF: &[(&str, &[&str])] = &[("node", &[".js", ".mjs", ".cjs", ".ts"]), ("bun", &[".js", ".ts"]), ("python", &[".py"]), ("php", &[".php"])];

pub fn signals(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    let compose_init = subject.compose.iter().any(|document| document.text.contains("init: true"));
    for container in &subject.dockerfiles {
        let Some(start) = Start::of(container) else { continue };
        start.judge(container, subject, compose_init, &mut judged);
    }
    judged
}

/// What a container starts, and the line that says so.
struct Start {
    line: usize,
    words: Vec<String>,
    /// The shell form's text.
    shell: Option<String>,
}

impl Start {
    fn of(container: &ContainerFile) -> Option<Self> {
        let file = &container.file;
        let entrypoint = file.last_step(|kind| if let Kind::Entrypoint(command) = kind { Some(command) } else { None });
        let cmd = file.last_step(|kind| if let Kind::Cmd(command) = kind { Some(command) } else { None });
        let (line, first) = entrypoint.or(cmd)?;
        let mut start = Self { line, words: Vec::new(), shell: None };
        match first {
            Command::Shell(text) => start.shell = Some(text.clone()),
            Command::Exec(words) => start.words.extend(words.iter().cloned()),
        }
        if let (Some(_), Some((_, Command::Exec(words)))) = (entrypoint, cmd) {
            start.words.extend(words.iter().cloned());
        }
        // `sh -c TEXT` is the shell form, written out.
        if let [shell, flag, text, ..] = start.words.as_slice()
            && matches!(name(shell), "sh" | "bash" | "ash" | "dash")
            && flag.starts_with('-')
            && flag.ends_with('c')
        {
            start.shell = Some(text.clone());
        }
        Some(start)
    }

    fn judge(&self, container: &ContainerFile, subject: &Subject<'_>, compose_init: bool, judged: &mut Judged) {
        let at = || container.at(self.line);
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        if let Some(text) = &self.shell {
            let commands = commands(text);
            let Some(last) = commands.last() else { return };
            let execs = text.trim_start().starts_with("exec ") || text.contains("&& exec ") || text.contains("; exec ");
            if !execs {
                return judged.error(at(), "shell form: a shell gets SIGTERM, and does not pass it on", format!("write it in exec form, or put `exec` before `{}`", last.program));
            }
            words = std::iter::once(last.program).chain(last.words.iter().copied()).collect();
        }
        let Some(first) = words.first().map(|word| name(word)) else { return };
        if INITS.contains(&first) || words.iter().any(|word| INITS.contains(&name(word))) {
            let after = words.iter().skip_while(|word| INITS.contains(&name(word)) || word.starts_with('-')).map(|word| name(word)).next();
            match after.filter(|program| RUNNERS.contains(program)) {
                Some(runner) => judged.error(at(), format!("`{runner}` is started, and the program below it is cut off"), "start the program itself, for example `node server.js`"),
                None => judged.met(at()),
            }
            return;
        }
        if RUNNERS.contains(&first) || (first == "bun" && words.get(1) == Some(&"run")) {
            return judged.error(at(), format!("`{first}` is process 1, and cuts the program off when it gets SIGTERM"), "start the program itself, for example `node server.js`");
        }
        if first.ends_with(".sh") || first.starts_with("docker-entrypoint") || first.starts_with("entrypoint") {
            return script(container, subject, first, self.line, judged);
        }
        let deaf = DEAF.iter().find(|(runtime, _)| first.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') == *runtime);
        // `python -m gunicorn` is a server with handlers of its own; `flask run` and `http.server` are none.
        let server = first.starts_with("python") && words.windows(2).any(|pair| pair[0] == "-m" && matches!(pair[1], "gunicorn" | "uvicorn" | "hypercorn" | "granian" | "celery"));
        let flask = words.starts_with(&["flask", "run"]);
        match deaf.map(|(_, endings)| *endings).or_else(|| flask.then_some(&[".py"][..])) {
            Some(_) if server || compose_init => judged.met(at()),
            Some(endings) => match Sources::read(subject.project, ".", endings).ok().and_then(|sources| sources.mention("SIGTERM")) {
                Some(found) => {
                    judged.met(at());
                    judged.note(super::Spot::new(&found.file, found.line), "a handler for SIGTERM", "see that it ends what is open");
                }
                None => judged.warning(at(), format!("as process 1 `{first}` ignores SIGTERM, and no handler was found"), "start it through tini, or handle SIGTERM in the program"),
            },
            None => judged.met(at()),
        }
    }
}

/// A start script of the project must hand over to the program.
fn script(container: &ContainerFile, subject: &Subject<'_>, script: &str, line: usize, judged: &mut Judged) {
    let path = subject.project.files().find(|file| name(file) == script);
    let text = path.and_then(|path| Some((path, subject.project.read(path).ok()??)));
    match text {
        Some((path, text)) if !text.lines().any(|line| line.trim_start().starts_with("exec ")) => judged.error(
            super::Spot::new(path, None),
            format!("`{script}` starts the program below a shell, which does not pass SIGTERM on"),
            "let it end in `exec \"$@\"`, or in `exec` and the program",
        ),
        _ => judged.met(container.at(line)),
    }
}

fn name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}
