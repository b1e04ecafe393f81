//! What a program is started with: a Procfile's words, or the command that serves.

use std::sync::LazyLock;

use regex::Regex;

use super::program::Program;
use crate::found::Evidence;
use crate::languages::Kind;
use crate::project::{Project, join};
use crate::settings::shell_split;

/// Stands for the port in a command.
pub const PORT: &str = "{port}";
/// Names of commands that serve, likeliest first.
const SERVING: &[&str] = &["serve", "server", "start", "web", "http", "api", "run", "daemon", "start-server", "runserver", "worker", "listen"];
static COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:(\w+)(?:\s*\*cobra\.Command)?\s*(?::=|=)\s*|return\s+)?&?(?:cobra\.Command|cli\.Command|cli\.App)\{").ok());
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("\\b(?:Use|Name):\\s*\"([\\w-]+)").ok());
static RUNS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(?:Run|RunE|Action):").ok());
static EXECUTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(\w+)(?:\(\))?\.Execute(?:Context|C)?\(").ok());

/// A line of a Procfile that starts this program: its kind, and what follows the program's name.
pub struct Process {
    /// Whether it answers on a port.
    pub kind: Kind,
    /// Arguments, with [`PORT`] for the port.
    pub arguments: Vec<String>,
    /// Where it stands.
    pub evidence: Evidence,
}

/// The line of a Procfile that starts a program. `names` are what it may be called; `only` says that there is no other.
pub fn procfile(project: &Project, dir: &str, program: &Program, names: &[&str], only: bool) -> Option<Process> {
    let path = join(dir, "Procfile");
    let text = project.read(&path).ok()??;
    for (index, line) in text.lines().enumerate() {
        let Some((name, command)) = line.split_once(':').map(|(name, command)| (name.trim(), command.trim())) else { continue };
        let kind = match name {
            "web" => Kind::Web,
            "release" | "" => continue,
            _ => Kind::Worker,
        };
        let command = command.trim_start_matches("exec ").replace("${PORT}", PORT).replace("$PORT", PORT);
        let Some(words) = shell_split(&command).filter(|words| !words.iter().any(|word| word.contains(['$', '|', ';', '&', '>', '<']))) else { continue };
        let Some(arguments) = arguments(&words, program, names).or_else(|| (only && kind == Kind::Web && words.len() == 1).then(Vec::new)) else { continue };
        return Some(Process { kind, arguments, evidence: Evidence::at(&path, index + 1, format!("the `{name}` process")) });
    }
    None
}

/// What follows the program in a command, if the command starts this program.
pub fn arguments(words: &[String], program: &Program, names: &[&str]) -> Option<Vec<String>> {
    if let [go, run, rest @ ..] = words
        && go == "go"
        && run == "run"
    {
        let target = rest.first()?.trim_start_matches("./").trim_end_matches('/');
        let folder = target.rsplit_once('/').filter(|_| target.ends_with(".go")).map_or(if target.ends_with(".go") { "." } else { target }, |(dir, _)| dir);
        let same = folder == program.dir || (folder.is_empty() && program.dir == ".");
        return same.then(|| rest.iter().skip(1).filter(|word| !word.ends_with(".go")).cloned().collect());
    }
    let own = words.first()?.rsplit('/').next()?;
    names.contains(&own).then(|| words[1..].to_vec())
}

/// The command that serves, where the program alone only prints its help.
pub fn serving(program: &Program) -> Option<(String, Evidence)> {
    let (command, named, runs, executed) = (COMMAND.as_ref()?, NAMED.as_ref()?, RUNS.as_ref()?, EXECUTED.as_ref()?);
    let mut roots: Vec<&str> = program.files.iter().flat_map(|file| executed.captures_iter(&file.text)).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    roots.push("app");
    let mut best: Option<(usize, String, Evidence)> = None;
    for file in &program.files {
        for captures in command.captures_iter(&file.text) {
            let Some(whole) = captures.get(0) else { continue };
            let body = top_level(&file.text[whole.end()..]);
            let runs = runs.is_match(&body);
            let variable = captures.get(1).map_or("", |found| found.as_str());
            // The constructor of the root stands in a function: `func NewRootCmd() *cobra.Command { return &cobra.Command{`.
            let function = file.text[..whole.start()].rfind("\nfunc ").map_or("", |at| file.text[at + 6..].split('(').next().unwrap_or_default());
            let root = roots.contains(&variable) || (!function.is_empty() && roots.contains(&function)) || whole.as_str().contains("cli.App");
            if root && runs {
                return None;
            }
            let Some(name) = named.captures(&body).and_then(|found| found.get(1)).map(|found| found.as_str()).filter(|_| !root && runs) else { continue };
            let rank = SERVING.iter().position(|known| *known == name);
            if let Some(rank) = rank.filter(|rank| best.as_ref().is_none_or(|(other, ..)| rank < other)) {
                let evidence = Evidence::at(&file.path, file.line(whole.start()), format!("the command `{name}`"));
                best = Some((rank, name.to_owned(), evidence));
            }
        }
    }
    best.map(|(_, name, evidence)| (name, evidence))
}

/// The text of a block without what stands in inner brackets, up to its end.
fn top_level(text: &str) -> String {
    let mut depth = 0;
    let mut kept = String::new();
    for character in text.chars() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' if depth == 0 => break,
            '}' | ')' | ']' => depth -= 1,
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::go::{modules::Modules, program};

    fn with_program<T>(files: &[(&str, &str)], take: impl Fn(&Project, &Program) -> T) -> T {
        let project = Project::from_files(files.iter().copied());
        let modules = Modules::read(&project, &mut Vec::new()).unwrap().unwrap();
        let programs = program::find(&project, &modules);
        take(&project, &programs[0])
    }

    #[test]
    fn a_procfile_names_the_program() {
        for (line, expected) in [
            ("web: bin/api --port $PORT", Some("--port {port}")), ("web: go run main.go", None), ("web: go run ./cmd/api serve", Some("serve")),
            ("release: api migrate\nworker: ./api work", Some("work")), ("web: other", Some("")), ("web: cd x && api", None),
        ] {
            let files = [("go.mod", "module x\n"), ("cmd/api/main.go", "package main\nfunc main() {}\n"), ("Procfile", line)];
            let found = with_program(&files, |project, program| procfile(project, ".", program, &["api"], true).map(|found| found.arguments.join(" ")));
            assert_eq!(found.as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn the_command_that_serves() {
        let command = |root: &str| {
            let text = format!(
                "package main\n\nvar rootCmd = &cobra.Command{{\n\tUse: \"app\",\n{root}}}\n\nvar x = &cobra.Command{{\n\tUse: \"serve [flags]\",\n\tRunE: func(c *cobra.Command, a []string) error {{ return nil }},\n}}\n\nfunc main() {{ rootCmd.Execute() }}\n"
            );
            with_program(&[("go.mod", "module x\n"), ("main.go", text.as_str())], |_, program| serving(program).map(|(name, _)| name))
        };
        assert_eq!(command("").as_deref(), Some("serve"));
        assert_eq!(command("\tRun: run,\n"), None);
    }
}
