//! Which programs are services, and where the files of each belong.
//!
//! One program is the service of the build context. Of several, those that serve, work or are jobs are services of their own;
//! tools for the command line are not, unless there is nothing else. The program in the root, or else the only one that goes on
//! running, is what the repository is about: its files lie in the root.

use super::framework::{self, Character};
use super::modules::Modules;
use super::program::{self, Program};
use super::start::{self, Process};
use crate::found::Found;
use crate::languages::{Kind, Note};
use crate::project::Project;

/// A program that becomes a service.
pub struct Selected {
    /// The program.
    pub program: Program,
    /// What it is.
    pub character: Character,
    /// What a Procfile says of it.
    pub process: Option<Process>,
    /// Folder of its files, relative to the build context.
    pub path: String,
    /// Name of the service.
    pub name: String,
}

/// Makes services of programs. Says which programs are left out.
pub fn services(project: &Project, modules: &Modules, programs: Vec<Program>, notes: &mut Vec<Note>) -> Vec<Selected> {
    let only = programs.len() == 1;
    let homes: Vec<usize> = programs.iter().map(|program| program.module).collect();
    // Whether a member of a workspace has no other program.
    let sole = |program: &Program| modules.list.len() > 1 && homes.iter().filter(|home| **home == program.module).count() == 1;
    let mut all: Vec<Selected> = programs.into_iter().map(|program| (sole(&program), program)).map(|(sole, program)| look(project, modules, program, only, sole)).collect();
    let long = |one: &Selected| matches!(one.character.kind.value, Kind::Web | Kind::Worker);
    let running = all.iter().filter(|one| long(one)).count();
    let at_root = all.iter().position(|one| one.program.dir == ".");
    let named = || all.iter().position(|one| one.program.name(modules) == program::last(modules.list[one.program.module].path()));
    let primary = match (only, at_root, running) {
        (true, ..) => Some(0),
        (_, Some(index), _) => Some(index),
        (_, None, 1) => all.iter().position(long),
        (_, None, 0) => named(),
        _ => None,
    };
    if let Some(index) = primary {
        all[index].path = ".".to_owned();
        let module = &modules.list[all[index].program.module];
        let path = program::last(module.path());
        if !path.is_empty() && modules.list.len() == 1 {
            all[index].name = path.to_owned();
        }
    }
    if running > 0 || primary.is_some() {
        all.retain(|one| {
            let tool = one.path != "." && matches!(one.character.kind.value, Kind::Cli);
            let idle = one.path != "." && one.character.kind.value == Kind::Job && one.character.kind.confidence == crate::found::Confidence::Guess;
            if tool || idle {
                notes.push(Note::info(format!("`{}` is a tool: it gets no image of its own", one.program.dir), Some(&one.program.main)));
            }
            !(tool || idle)
        });
    }
    // What the repository is about comes first, then what answers.
    all.sort_by_key(|one| (one.path != ".", one.character.kind.value != Kind::Web, one.path.clone()));
    all
}

/// What a program is, before it is known whether it is a service.
fn look(project: &Project, modules: &Modules, program: Program, only: bool, sole: bool) -> Selected {
    let module = &modules.list[program.module];
    let name = match program.name(modules) {
        name if name.is_empty() => folder_name(project),
        name => name,
    };
    let mut character = framework::detect(&program, &name);
    let names = [name.as_str(), program::last(module.path())];
    let process = [module.dir.as_str(), "."].iter().find_map(|dir| start::procfile(project, dir, &program, if only { &names } else { &names[..1] }, only));
    if let Some(process) = &process
        && process.kind != character.kind.value
        && !(process.kind == Kind::Worker && character.kind.value == Kind::Job)
    {
        character.kind = Found::certain(process.kind, process.evidence.clone());
    }
    // The folder that is called after what it holds: `api/cmd/api` is `api`.
    let path = if program.dir == module.dir || sole { module.dir.clone() } else { program.dir.clone() };
    let name = if path == module.dir && path != "." { program::last(&path).to_owned() } else { name };
    Selected { program, character, process, path, name }
}

fn folder_name(project: &Project) -> String {
    let full = project.root().canonicalize_utf8().unwrap_or_else(|_| project.root().to_owned());
    full.file_name().filter(|name| !name.is_empty()).unwrap_or("app").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(files: &[(&str, &str)]) -> Vec<(String, String, Kind)> {
        let project = Project::from_files(files.iter().copied());
        let modules = Modules::read(&project, &mut Vec::new()).unwrap().unwrap();
        let programs = program::find(&project, &modules);
        let found = services(&project, &modules, programs, &mut Vec::new());
        found.into_iter().map(|one| (one.name, one.path, one.character.kind.value)).collect()
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[(&str, &str, Kind)]) {
        let found = selected(files);
        let found: Vec<_> = found.iter().map(|(name, path, kind)| (name.as_str(), path.as_str(), *kind)).collect();
        assert_eq!(found, expected);
    }

    const WEB: &str = "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":80\", nil) }\nfunc x() {}\n\nfunc main() {}\n";
    const TOOL: &str = "package main\nimport \"flag\"\nfunc main() { flag.Parse() }\n";
    const PLAIN: &str = "package main\nimport \"fmt\"\nfunc main() { fmt.Println() }\n";
    const MODULE: (&str, &str) = ("go.mod", "module example.com/shop/v2\n");

    #[test]
    fn one_program_has_the_root() {
        check(&[MODULE, ("cmd/server/main.go", WEB)], &[("shop", ".", Kind::Web)]);
        check(&[MODULE, ("main.go", PLAIN)], &[("shop", ".", Kind::Job)]);
    }

    #[test]
    fn e13_all_programs_are_listed() {
        check(&[MODULE, ("cmd/api/main.go", WEB), ("cmd/worker/main.go", PLAIN)], &[("api", "cmd/api", Kind::Web), ("worker", "cmd/worker", Kind::Worker)]);
        check(&[MODULE, ("cmd/server/main.go", WEB), ("cmd/migrate/main.go", PLAIN)], &[("shop", ".", Kind::Web), ("migrate", "cmd/migrate", Kind::Job)]);
        check(&[MODULE, ("cmd/server/main.go", WEB), ("cmd/ctl/main.go", TOOL)], &[("shop", ".", Kind::Web)]);
        check(&[MODULE, ("cmd/shop/main.go", TOOL), ("cmd/doc/main.go", TOOL)], &[("shop", ".", Kind::Cli)]);
        check(&[MODULE, ("main.go", WEB), ("cmd/admin/main.go", WEB)], &[("shop", ".", Kind::Web), ("admin", "cmd/admin", Kind::Web)]);
    }

    #[test]
    fn members_of_a_workspace() {
        let files = [
            ("go.work", "go 1.24\nuse (\n\t./api\n\t./worker\n\t./shared\n)\n"), ("api/go.mod", "module example.com/api\n"), ("api/cmd/api/main.go", WEB),
            ("worker/go.mod", "module example.com/worker\n"), ("worker/main.go", PLAIN), ("shared/go.mod", "module example.com/shared\n"), ("shared/a.go", "package shared\n"),
        ];
        check(&files, &[("api", "api", Kind::Web), ("worker", "worker", Kind::Worker)]);
    }
}
