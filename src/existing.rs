//! A Dockerfile that was written by hand is evidence: weaker than what a manifest says, stronger than a guess. What it does that the
//! new one will not do is said.

use std::sync::LazyLock;

use regex::Regex;

use crate::dockerfile::shell::commands;
use crate::dockerfile::{self, Command, Dockerfile, Kind};
use crate::found::{Confidence, Evidence, Found};
use crate::languages::{Facts, Kind as ServiceKind, Note};
use crate::lock::{self, Lock};
use crate::project::{Project, join};
use crate::sources::Pattern;

/// `http://127.0.0.1:8080/healthz` in a probe.
static PROBED: Pattern = LazyLock::new(|| Regex::new(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\$?\{?\w+\}?)?(/[\w./-]+)").ok());
/// Programs that stand between the builder and the real one.
const WRAPPERS: &[&str] = &["npm", "npx", "yarn", "pnpm", "sh", "bash", "/bin/sh", "/bin/bash", "docker-entrypoint.sh"];
/// Variables that every such file sets.
const USUAL: &[&str] = &["PATH", "PORT", "NODE_ENV", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "LANG", "LC_ALL", "DEBIAN_FRONTEND", "CGO_ENABLED", "GOOS", "HOME"];

/// Lays what a service's hand-written Dockerfile says below its facts. One that dockwright wrote says nothing new.
pub fn add(project: &Project, facts: &mut Facts) {
    let path = join(&facts.path, "Dockerfile");
    let Ok(Some(text)) = project.read(&path) else { return };
    let lock = project.read(lock::FILE).ok().flatten().and_then(|text| Lock::parse(&text).ok());
    if lock.is_some_and(|lock| lock.base(&path).is_some()) {
        return;
    }
    let Ok(file) = dockerfile::read(&text) else { return };
    let existing = Existing { path, file };
    existing.port(facts);
    existing.start(facts);
    existing.health(facts);
    existing.left_out(facts);
}

/// The answers that would be lost with the file: facts that it alone gives.
pub fn only_there<'f>(facts: &'f Facts) -> impl Iterator<Item = &'static str> + use<'f> {
    let path = join(&facts.path, "Dockerfile");
    let is_there = move |evidence: &[Evidence]| evidence.first().is_some_and(|evidence| evidence.file == path);
    let given = [
        ("kind", is_there(&facts.kind.evidence)),
        ("port", facts.port.as_ref().is_some_and(|found| is_there(&found.evidence))),
        ("start", facts.start.as_ref().is_some_and(|found| is_there(&found.evidence))),
        ("health", facts.health.as_ref().is_some_and(|found| is_there(&found.evidence))),
    ];
    given.into_iter().filter_map(|(key, there)| there.then_some(key))
}

struct Existing {
    path: String,
    file: Dockerfile,
}

impl Existing {
    fn at(&self, line: usize, reason: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, line, reason)
    }

    fn port(&self, facts: &mut Facts) {
        let exposed = self.file.last_step(|kind| if let Kind::Expose(ports) = kind { ports.first() } else { None });
        let Some((line, port)) = exposed else { return };
        let Some(port) = self.file.resolved(port).split('/').next().and_then(|port| port.parse::<u16>().ok()) else { return };
        let evidence = self.at(line, format!("exposes {port}"));
        match &mut facts.port {
            Some(known) if known.confidence > Confidence::Guess => {
                if known.value != port {
                    *known = known.clone().over(port.to_string(), "the project itself says another", evidence);
                }
                return;
            }
            _ if port < 1024 => {
                facts.notes.push(Note::warning(format!("port {port} is for root only: another is taken"), Some(&evidence)));
                return;
            }
            slot => *slot = Some(Found::likely(port, evidence.clone())),
        }
        if facts.kind.confidence == Confidence::Guess {
            facts.kind = Found::likely(ServiceKind::Web, evidence);
        }
    }

    fn start(&self, facts: &mut Facts) {
        let words = |kind: &'_ Kind, entry: bool| match kind {
            Kind::Entrypoint(Command::Exec(words)) if entry => Some(words.clone()),
            Kind::Cmd(Command::Exec(words)) if !entry => Some(words.clone()),
            _ => None,
        };
        let entry = self.file.last_step(|kind| words(kind, true));
        let cmd = self.file.last_step(|kind| words(kind, false));
        let Some(line) = cmd.as_ref().or(entry.as_ref()).map(|(line, _)| *line) else { return };
        let all: Vec<String> = entry.into_iter().chain(cmd).flat_map(|(_, words)| words).collect();
        let words: Vec<String> = all.iter().skip_while(|word| matches!(word.rsplit('/').next(), Some("tini" | "dumb-init" | "--" | "-g"))).cloned().collect();
        let Some(program) = words.first() else { return };
        // A path of the old image means nothing in the new one.
        let foreign = words.iter().any(|word| word.starts_with('/') || word.contains('$')) || WRAPPERS.contains(&program.as_str());
        let known = facts.start.as_ref().is_some_and(|found| found.confidence > Confidence::Guess);
        if !foreign && !known && facts.kind.value != ServiceKind::Static {
            facts.start = Some(Found::likely(words, self.at(line, "starts it")));
        }
    }

    fn health(&self, facts: &mut Facts) {
        let probe = self.file.last_step(|kind| if let Kind::Healthcheck(Some(command)) = kind { Some(command.text()) } else { None });
        let Some((line, text)) = probe else { return };
        let path = PROBED.as_ref().and_then(|pattern| pattern.captures(&text)).and_then(|found| found.get(1)).map(|path| path.as_str().to_owned());
        if let (None, Some(path)) = (&facts.health, path) {
            facts.health = Some(Found::likely(path, self.at(line, "asks this path")));
        }
    }

    /// What the old file has and the new one will not.
    fn left_out(&self, facts: &mut Facts) {
        for step in self.file.final_steps() {
            let (what, names): (&str, Vec<String>) = match &step.kind {
                Kind::Env(pairs) => {
                    let names = pairs.iter().map(|(name, _)| name).filter(|name| !USUAL.contains(&name.as_str()));
                    ("sets", names.cloned().collect())
                }
                Kind::Arg(pairs) => ("takes the build argument", pairs.iter().map(|(name, _)| name.clone()).collect()),
                Kind::Run { command, .. } => {
                    let text = command.text();
                    let packages = commands(&text).into_iter().filter(|command| command.installs_packages());
                    ("installs", packages.flat_map(|command| command.names().map(str::to_owned).collect::<Vec<_>>()).collect())
                }
                _ => continue,
            };
            if !names.is_empty() {
                let message = format!("the hand-written Dockerfile {what} `{}`: see whether the new one needs it", names.join("`, `"));
                facts.notes.push(Note::warning(message, Some(&self.at(step.line, ""))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(dockerfile: &str, change: impl Fn(&mut Facts)) -> Facts {
        let seen = || Evidence::at("a.json", 1, "seen");
        let mut facts = Facts::new("web", ".", Found::certain("node".to_owned(), seen()), Found::guess(ServiceKind::Worker, None));
        change(&mut facts);
        add(&Project::from_files([("Dockerfile", dockerfile)]), &mut facts);
        facts
    }

    const TEXT: &str = "FROM node:20\nENV PORT=4000 REGION=eu\nRUN apt-get update && apt-get install -y ffmpeg\nEXPOSE ${PORT}/tcp\n\
                        HEALTHCHECK CMD curl -f http://localhost:4000/ready\nENTRYPOINT [\"tini\", \"--\"]\nCMD [\"node\", \"b.js\"]\n";

    #[test]
    fn it_fills_what_nothing_else_says() {
        let facts = facts(TEXT, |_| {});
        let port = facts.port.as_ref().unwrap();
        assert_eq!((port.value, port.confidence, port.source().as_deref()), (4000, Confidence::Likely, Some("Dockerfile:4")));
        assert_eq!(facts.kind.value, ServiceKind::Web);
        assert_eq!(facts.start.as_ref().unwrap().value, ["node", "b.js"]);
        assert_eq!(facts.health_path(), Some("/ready"));
        assert_eq!(only_there(&facts).collect::<Vec<_>>(), ["kind", "port", "start", "health"]);
        let said: Vec<&str> = facts.notes.iter().map(|note| note.message.as_str()).collect();
        assert!(said[0].contains("sets `REGION`") && said[1].contains("installs `ffmpeg`"), "{said:?}");
    }

    #[test]
    fn it_never_wins_over_the_project() {
        let facts = facts(TEXT, |facts| {
            facts.port = Some(Found::certain(3000, Evidence::at("server.js", 1, "listens")));
            facts.start = Some(Found::certain(vec!["node".to_owned(), "a.js".to_owned()], Evidence::at("package.json", 1, "start")));
        });
        let port = facts.port.as_ref().unwrap();
        assert_eq!((port.value, port.rejected[0].value.as_str()), (3000, "4000"));
        assert_eq!(facts.start.as_ref().unwrap().value[1], "a.js");
    }

    #[test]
    fn paths_of_the_old_image_and_ports_of_root_are_not_taken() {
        let facts = facts("FROM a\nEXPOSE 80\nCMD [\"/usr/src/app/run\"]\n", |_| {});
        assert!(facts.port.is_none() && facts.start.is_none());
        assert!(facts.notes[0].message.contains("port 80 is for root only"));
    }
}
