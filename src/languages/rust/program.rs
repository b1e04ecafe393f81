//! Which program of a package is the service, and which members of a workspace are services at all.

use std::sync::LazyLock;

use regex::Regex;

use super::Candidate;
use super::code::Code;
use super::manifest::{Package, Program};
use super::workspace::Workspace;
use crate::found::{Confidence, Evidence, Found};
use crate::languages::Kind;
use crate::project::{Project, join};
use crate::sources::Pattern;

static COMMANDS: Pattern = LazyLock::new(|| Regex::new(r"(?s)derive\([^)]*(?:Subcommand|Parser)[^)]*\)\](?:\s*#\[[^\n]*\])*\s*(?:pub(?:\([^)]*\))? )?enum\s+\w+\s*\{(.*?)\n\}").ok());
static VARIANT: Pattern = LazyLock::new(|| Regex::new(r"(?m)^\s{2,8}(Serve|Server|Run|RunServer|Start|StartServer|Web|Api)\b\s*[,({]").ok());
/// Texts of a program that answers.
const LISTENING: &[&str] = &["HttpServer::new", "axum::serve", "TcpListener::bind", "Server::bind", "rocket::build", "#[launch]", "#[rocket::main]", "warp::serve", "Server::builder", "serve(", ".listen("];
/// Folders of programs that are for those who work on the project.
const TOOLS: &[&str] = &["xtask", "xtasks", "tools", "tool", "scripts", "examples", "example", "benches", "bench", "benchmarks", "tests", "test", "fuzz", "ci", "dev"];

/// The program that was chosen.
pub struct Choice<'w> {
    /// The program.
    pub program: &'w Program,
    /// Command line, with how sure it is.
    command: Found<Vec<String>>,
}

impl Choice<'_> {
    /// The command line.
    pub fn command(&self) -> Found<Vec<String>> {
        self.command.clone()
    }
}

/// Chooses by `default-run`, by the package's name, by being the only one, by listening.
pub fn choose<'w>(project: &Project, package: &'w Package, code: &Code) -> Choice<'w> {
    let programs = &package.programs;
    let default = package.file.str(&["package", "default-run"]);
    let serving = || -> Vec<&Program> {
        let listens = |program: &&Program| {
            let text = project.read(&program.path).ok().flatten();
            text.is_some_and(|text| LISTENING.iter().any(|word| text.contains(word)))
        };
        programs.iter().filter(listens).collect()
    };
    let by_default = default.and_then(|name| programs.iter().find(|program| program.name == name));
    let (program, found) = if let Some(program) = by_default {
        (program, Found::certain((), package.file.evidence(&["package", "default-run"], "the program that `cargo run` takes")))
    } else if let [only] = programs.as_slice() {
        (only, Found::certain((), only.evidence.clone()))
    } else {
        let main = programs.iter().find(|program| program.path == join(&package.dir, "src/main.rs"));
        match (main, serving().as_slice()) {
            (_, [only]) => (*only, Found::likely((), Evidence::at(&only.path, 1, "the only one that listens"))),
            (Some(main), _) => (main, Found::likely((), Evidence::at(&main.path, 1, "the package's main program"))),
            (None, [first, ..]) => (*first, Found::guess((), Some(Evidence::at(&first.path, 1, "one of those that listen")))),
            (None, []) => {
                let named = programs.iter().find(|program| program.name == package.name).unwrap_or(&programs[0]);
                (named, Found::guess((), Some(named.evidence.clone())))
            }
        }
    };
    let mut command = found.map(|()| vec![program.name.clone()]);
    for other in programs.iter().filter(|other| other.name != program.name) {
        command = command.over(&other.name, "another program of the package", other.evidence.clone());
    }
    let code = code.clone().starting_at(project, &program.path);
    if let Some((name, evidence)) = subcommand(&code, &program.path) {
        command.value.push(name);
        command.confidence = command.confidence.min(Confidence::Likely);
        command = command.and(evidence);
    }
    Choice { program, command }
}

/// The subcommand that serves, where the command line has one.
fn subcommand(code: &Code, main: &str) -> Option<(String, Evidence)> {
    let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (captures, evidence) = code.matches(&COMMANDS, "a subcommand that serves").find(|(captures, evidence)| {
        evidence.file.starts_with(folder) && VARIANT.as_ref().is_some_and(|pattern| pattern.is_match(&captures[1]))
    })?;
    let variant = VARIANT.as_ref()?.captures(captures.get(1)?.as_str())?[1].to_owned();
    let name: String = variant.chars().enumerate().flat_map(|(at, c)| (c.is_uppercase() && at > 0).then_some('-').into_iter().chain(c.to_lowercase())).collect();
    Some((name, evidence))
}

/// A front end that becomes WebAssembly: by which tool, and where that is said.
pub fn front_end(project: &Project, package: &Package) -> Option<(&'static str, Evidence)> {
    if let Some(line) = package.file.line(&["package", "metadata", "leptos"]) {
        return Some(("cargo-leptos", Evidence::at(&package.file.path, line, "a Leptos application")));
    }
    let page = join(&package.dir, "index.html");
    let trunk = project.has(&join(&package.dir, "Trunk.toml")) || project.read(&page).ok().flatten().is_some_and(|text| text.contains("data-trunk"));
    let browser = |name: &str| package.dependency(name).map(|dependency| dependency.evidence.clone());
    if let Some(evidence) = ["yew", "leptos", "sycamore", "dioxus", "seed", "percy-dom"].iter().find_map(|name| browser(name))
        && (trunk || project.has(&page))
    {
        return Some(("trunk", evidence));
    }
    let evidence = browser("dioxus").filter(|_| project.has(&join(&package.dir, "Dioxus.toml")))?;
    Some(("dx", evidence))
}

/// The members that are services, and the programs beside them: those that serve, where there are any; of others, what
/// `cargo run` would take at the root, or every one that is not a tool.
pub fn serving<'w>(candidates: Vec<Candidate<'w>>, workspace: &Workspace) -> (Vec<Candidate<'w>>, Vec<Candidate<'w>>) {
    let serves = |candidate: &Candidate<'_>| {
        matches!(candidate.service.kind.value, Kind::Web | Kind::Worker) && candidate.service.kind.confidence != Confidence::Guess
    };
    let tool = |candidate: &Candidate<'_>| candidate.package.dir.split('/').any(|part| TOOLS.contains(&part));
    let default = workspace.default_members();
    let by_default = |candidate: &Candidate<'_>| default.contains(&candidate.package.dir);
    let rules: [&dyn Fn(&Candidate<'_>) -> bool; 6] = [
        &|candidate| serves(candidate) && by_default(candidate),
        &|candidate| serves(candidate) && !tool(candidate),
        &|candidate| serves(candidate),
        &by_default,
        &|candidate| candidate.package.dir == ".",
        &|candidate| !tool(candidate),
    ];
    for rule in rules {
        if candidates.iter().any(rule) {
            return candidates.into_iter().partition(rule);
        }
    }
    (candidates, Vec::new())
}
