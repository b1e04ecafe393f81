//! What holds for the final stage: user, form, port, probe, program, signal.

use super::{Contradiction, Evidence};
use crate::dockerfile::{Command, Kind, Step};
use crate::plan::{Flavor, Plan};

/// Programs that the distroless images bring, by a part of the image's name.
const DISTROLESS: &[(&str, &[&str])] = &[
    ("distroless/nodejs", &["/nodejs/bin/node"]),
    ("distroless/python3", &["/usr/bin/python3", "python3", "/usr/bin/python"]),
    ("distroless/java", &["java", "/usr/bin/java"]),
    ("distroless/static", &[]),
    ("distroless/base", &[]),
    ("distroless/cc", &[]),
];
/// Folders that a base image fills itself.
const SYSTEM: &[&str] = &["/bin/", "/sbin/", "/usr/", "/lib/", "/opt/java/", "/opt/jboss/", "/etc/"];
/// Shells, by name.
const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/bin/dash", "/usr/bin/sh", "/usr/bin/bash", "/usr/bin/env"];

fn steps<'e>(evidence: &'e Evidence<'_>) -> &'e [Step] {
    evidence.file.last().map_or(&[], |stage| &stage.steps)
}

fn line(evidence: &Evidence<'_>) -> usize {
    evidence.file.last().map_or(1, |stage| stage.line)
}

/// The last user is the planned one: numeric, not root.
pub(super) fn user(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let user = evidence.plan.runtime.user;
    let expected = format!("{}:{}", user.uid(), user.gid());
    let last = evidence.file.last().and_then(|stage| stage.last(|kind| if let Kind::User(user) = kind { Some(user) } else { None }));
    match last {
        Some((_, user)) if *user == expected && !expected.starts_with("0:") => Vec::new(),
        Some((line, user)) => vec![Contradiction::new(line, format!("the image runs as `{user}`, planned was `{expected}`"))],
        None => vec![Contradiction::new(line(evidence), format!("no user is set, planned was `{expected}`"))],
    }
}

/// The image starts and is asked without a shell around the program; one `ENTRYPOINT`, the planned command.
pub(super) fn exec_form(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let mut entrypoints = 0;
    for step in steps(evidence) {
        let command = match &step.kind {
            Kind::Entrypoint(command) | Kind::Cmd(command) | Kind::Healthcheck(Some(command)) => command,
            _ => continue,
        };
        entrypoints += usize::from(matches!(step.kind, Kind::Entrypoint(_)));
        match command {
            Command::Shell(_) => found.push(Contradiction::new(step.line, "shell form: a shell would get the signals, not the program")),
            Command::Exec(exec) if !matches!(step.kind, Kind::Healthcheck(_)) => words.extend(exec.iter().map(String::as_str)),
            Command::Exec(_) => {}
        }
    }
    if entrypoints != 1 {
        found.push(Contradiction::new(line(evidence), format!("{entrypoints} `ENTRYPOINT`s instead of one")));
    }
    if found.is_empty() && !words.ends_with(&evidence.plan.runtime.command.iter().map(String::as_str).collect::<Vec<_>>()) {
        found.push(Contradiction::new(line(evidence), format!("it starts {words:?}, planned was {:?}", evidence.plan.runtime.command)));
    }
    found
}

/// An image without a shell runs none: neither while it is built nor to start or ask the program.
pub(super) fn no_shell(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    if evidence.plan.runtime.flavor != Flavor::Distroless {
        return Vec::new();
    }
    let uses_shell = |kind: &Kind| match kind {
        Kind::Run { command: Command::Shell(_), .. } => true,
        Kind::Run { command: Command::Exec(words), .. }
        | Kind::Entrypoint(Command::Exec(words))
        | Kind::Cmd(Command::Exec(words))
        | Kind::Healthcheck(Some(Command::Exec(words))) => words.iter().any(|word| SHELLS.contains(&word.as_str())),
        _ => false,
    };
    steps(evidence)
        .iter()
        .filter(|step| uses_shell(&step.kind))
        .map(|step| Contradiction::new(step.line, "the final image has no shell"))
        .collect()
}

/// `EXPOSE`, the variable `PORT` and the plan name one port. Which one, the program's source may decide: Docker lets any
/// user open those below 1024.
pub(super) fn one_port(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let expected: Vec<String> = evidence.plan.runtime.port.iter().map(u16::to_string).collect();
    let mut found = Vec::new();
    let mut exposed: Vec<&String> = Vec::new();
    for step in steps(evidence) {
        match &step.kind {
            Kind::Expose(ports) => {
                exposed.extend(ports);
                if ports.iter().any(|port| !expected.contains(port)) {
                    found.push(Contradiction::new(step.line, format!("exposes {ports:?}, planned was {expected:?}")));
                }
            }
            Kind::Env(pairs) => {
                let other = pairs.iter().find(|(name, value)| name == "PORT" && !expected.contains(value));
                found.extend(other.map(|(_, value)| Contradiction::new(step.line, format!("`PORT` is {value}, planned was {expected:?}"))));
            }
            _ => {}
        }
    }
    if exposed.len() != expected.len() {
        found.push(Contradiction::new(line(evidence), format!("exposes {exposed:?}, planned was {expected:?}")));
    }
    found
}

/// The probe is the planned one and asks the port that is exposed.
pub(super) fn probe(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let probes: Vec<(usize, Option<&Command>)> = steps(evidence)
        .iter()
        .filter_map(|step| if let Kind::Healthcheck(probe) = &step.kind { Some((step.line, probe.as_ref())) } else { None })
        .collect();
    let [(line, probe)] = probes.as_slice() else {
        return vec![Contradiction::new(line(evidence), format!("{} `HEALTHCHECK`s instead of one", probes.len()))];
    };
    let words = probe.and_then(Command::words);
    let planned = evidence.plan.runtime.healthcheck.as_ref();
    let mut found = Vec::new();
    if words != planned.map(|planned| planned.command.as_slice()) {
        found.push(Contradiction::new(*line, format!("the probe is {words:?}, planned was {planned:?}")));
    }
    if let (Some(words), Some(port)) = (words, evidence.plan.runtime.port)
        && !names_port(evidence.plan, words, port)
    {
        found.push(Contradiction::new(*line, format!("the probe does not ask port {port}")));
    }
    found
}

/// Whether a probe asks this port: it says the number, and no other after an address; or it reads `PORT`.
fn names_port(plan: &Plan, words: &[String], port: u16) -> bool {
    let text = words.join(" ");
    let asked: Vec<&str> = ["127.0.0.1:", "localhost:", "[::1]:"]
        .iter()
        .flat_map(|host| text.split(host).skip(1))
        .map(|after| after.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default())
        .filter(|digits| !digits.is_empty())
        .collect();
    if !asked.is_empty() {
        return asked.iter().all(|digits| *digits == port.to_string());
    }
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let reads_port = plan.runtime.env.iter().any(|variable| variable.name == "PORT");
    // A compiled probe has the number inside.
    numbers.into_iter().any(|digits| digits == port.to_string()) || reads_port || words.len() == 1
}

/// The program and the probe's program exist in the final stage, as far as can be known without an engine.
pub(super) fn program(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for step in steps(evidence) {
        let (Kind::Entrypoint(Command::Exec(words)) | Kind::Healthcheck(Some(Command::Exec(words)))) = &step.kind else { continue };
        let mut programs = vec![words.first()];
        // What the init starts.
        programs.extend(words.iter().position(|word| word == "--").map(|at| words.get(at + 1)));
        for program in programs.into_iter().flatten() {
            if !exists(evidence, program) {
                found.push(Contradiction::new(step.line, format!("nothing puts `{program}` into the final image")));
            }
        }
    }
    found
}

fn exists(evidence: &Evidence<'_>, program: &str) -> bool {
    let image = evidence.plan.runtime.image.reference();
    let distroless = DISTROLESS.iter().find(|(name, _)| image.contains(name)).map(|(_, programs)| *programs);
    if distroless.is_some_and(|programs| programs.contains(&program)) {
        return true;
    }
    if !program.contains('/') {
        // Found by PATH: what distroless brings is all in the list; other bases cannot be known here.
        return distroless.is_none() || evidence.plan.runtime.env.iter().any(|variable| variable.name == "PATH");
    }
    if distroless.is_none() && SYSTEM.iter().any(|folder| program.starts_with(folder)) {
        return true;
    }
    let program = absolute(&evidence.plan.runtime.workdir, program);
    evidence.file.final_steps().iter().any(|step| match &step.kind {
        Kind::Copy(copy) => {
            let target = absolute(&evidence.plan.runtime.workdir, &copy.target);
            program == target || target == "/" || program.starts_with(&format!("{target}/"))
        }
        Kind::Run { .. } => distroless.is_none(),
        _ => false,
    })
}

/// A path of the image: absolute, without `.` and without a slash at its end.
fn absolute(workdir: &str, path: &str) -> String {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{workdir}/{path}") };
    let parts: Vec<&str> = joined.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("/{}", parts.join("/"))
}

/// The signal for a graceful stop is the planned one.
pub(super) fn signal(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let last = evidence.file.last().and_then(|stage| stage.last(|kind| if let Kind::Stopsignal(signal) = kind { Some(signal) } else { None }));
    let planned = evidence.plan.runtime.stop_signal.as_ref();
    if last.map(|(_, signal)| signal) == planned {
        return Vec::new();
    }
    vec![Contradiction::new(last.map_or(line(evidence), |(line, _)| line), format!("the stop signal is {last:?}, planned was {planned:?}"))]
}
