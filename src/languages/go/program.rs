//! Programs: packages `main` with everything of the project that they are built from.

use super::modules::{Modules, folders};
use super::source::{GoFile, is_test_or_hidden};
use crate::found::Evidence;
use crate::project::{Project, join};
use crate::sources::Sources;

/// More files of one program are not read.
const MAX_FILES: usize = 2000;
/// Folders whose programs are no services: the same that are not searched for services, and what tests need.
const NEVER: &[&str] = &["docs", "doc", "examples", "example", "_examples", "test", "tests", "fixtures", "testdata", "scripts", "vendor", "node_modules"];
/// Folders with programs for developers, which count where nothing else does.
const TOOLS: &[&str] = &[
    "tools", "tool", "hack", "build", "ci", "gen", "generate", "generator", "codegen", "bench", "benchmark", "benchmarks", "magefiles", "e2e",
    "integration", "dev", "contrib", "misc", "_tools", "devtools", "mocks", "samples", "sample", "demo",
];

/// A program.
#[derive(Debug, Clone)]
pub struct Program {
    /// Folder of its package, relative to the build context.
    pub dir: String,
    /// Index of its module.
    pub module: usize,
    /// The file with `func main`, and its line.
    pub main: Evidence,
    /// How many of `files` are of its own package.
    pub own: usize,
    /// Its files, and then those of the project's packages that it imports, nearest first.
    pub files: Vec<GoFile>,
    /// Packages from outside and of the standard library, with the first import of each.
    pub imports: Vec<(String, Evidence)>,
    /// The build tag without which its own package holds nothing.
    pub tag: Option<String>,
    /// Packages of the project that hold no Go file: generated, and not committed.
    pub missing: Vec<(String, Evidence)>,
}

/// All programs, sorted by folder; those for developers only when there is no other.
pub fn find(project: &Project, modules: &Modules) -> Vec<Program> {
    let mut programs = Vec::new();
    let mut tools = Vec::new();
    for dir in folders(project, modules) {
        let Some(module) = modules.of_folder(dir) else { continue };
        let within = dir.strip_prefix(&modules.list[module].dir).unwrap_or(dir).trim_start_matches('/');
        let ignored = |name: &&str| within == *name || within.starts_with(&format!("{name}/"));
        let parts = || dir.split('/').filter(|part| *part != ".");
        if parts().any(|part| NEVER.contains(&part) || part.starts_with(['_', '.']))
            || modules.list[module].file.as_ref().is_some_and(|file| file.ignores().any(|name| ignored(&name)))
        {
            continue;
        }
        if let Some(program) = program(project, modules, module, dir) {
            let tool = parts().any(|part| TOOLS.contains(&part));
            if tool { tools.push(program) } else { programs.push(program) }
        }
    }
    if programs.is_empty() { tools } else { programs }
}

/// The program in a folder, if its package is `main`.
pub fn program(project: &Project, modules: &Modules, module: usize, dir: &str) -> Option<Program> {
    let (mut own, mut tag) = (package(project, dir, true, None), None);
    if own.is_empty() {
        tag = tagged(project, dir);
        own = package(project, dir, true, Some(tag.as_deref()?));
    }
    let main = own.iter().find(|file| file.has_main() && file.package() == "main")?;
    let at = main.text.find("func main()").unwrap_or_default();
    let main = Evidence::at(&main.path, main.line(at), "`func main`");
    let mut program = Program { dir: dir.to_owned(), module, main, own: own.len(), files: own, imports: Vec::new(), tag, missing: Vec::new() };
    program.follow(project, modules);
    Some(program)
}

/// The files of a package that a build takes. `main` stops at the first file that is of another package.
fn package(project: &Project, dir: &str, main: bool, tag: Option<&str>) -> Vec<GoFile> {
    let mut files = Vec::new();
    for file in files_in(project, dir) {
        if file.is_built(tag) {
            if main && file.package() != "main" {
                return Vec::new();
            }
            files.push(file);
        }
    }
    files
}

/// The Go files of a folder.
fn files_in<'p>(project: &'p Project, dir: &'p str) -> impl Iterator<Item = GoFile> + 'p {
    let inside = project.files_below(dir).filter(move |path| path.rsplit_once('/').map_or(".", |(folder, _)| folder) == dir);
    let sources = inside.filter(|path| !is_test_or_hidden(path.rsplit('/').next().unwrap_or_default()));
    // One unreadable or huge source is no reason to give up.
    sources.filter_map(move |path| Some(GoFile { path: path.to_owned(), text: project.read(path).ok()?? }))
}

/// The tag that the file with `func main` asks for.
fn tagged(project: &Project, dir: &str) -> Option<String> {
    files_in(project, dir).find(|file| file.package() == "main" && file.has_main())?.tag().map(str::to_owned)
}

impl Program {
    /// Adds what the program imports, level by level.
    fn follow(&mut self, project: &Project, modules: &Modules) {
        let mut seen = vec![self.dir.clone()];
        let mut at = 0;
        while at < self.files.len() && self.files.len() < MAX_FILES {
            let file = self.files[at].clone();
            at += 1;
            for (import, line) in file.imports() {
                let evidence = || Evidence::at(&file.path, line, format!("imports `{import}`"));
                let Some((_, dir)) = modules.package(import) else {
                    if !self.imports.iter().any(|(known, _)| known == import) {
                        self.imports.push((import.to_owned(), evidence()));
                    }
                    continue;
                };
                if !seen.contains(&dir) {
                    let files = package(project, &dir, false, self.tag.as_deref());
                    if files.is_empty() && !project.exists(&join(&dir, "go.mod")) {
                        self.missing.push((dir.clone(), evidence()));
                    }
                    self.files.extend(files);
                    seen.push(dir);
                }
            }
        }
    }

    /// Last part of its folder, or of its module's path.
    pub fn name(&self, modules: &Modules) -> String {
        let module = &modules.list[self.module];
        if self.dir == module.dir { last(module.path()).to_owned() } else { last(&self.dir).to_owned() }
    }

    /// The first import of a package or of one below it.
    pub fn import(&self, path: &str) -> Option<&Evidence> {
        let is = |import: &str| import == path || import.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        self.imports.iter().find(|(import, _)| is(import)).map(|(_, evidence)| evidence)
    }

    /// The first import of a package that carries its major version in its last part: `gopkg.in/telebot.v3`.
    pub fn versioned(&self, path: &str) -> Option<&Evidence> {
        let is = |import: &str| import.strip_prefix(path).is_some_and(|rest| rest.starts_with(".v"));
        self.imports.iter().find(|(import, _)| is(import)).map(|(_, evidence)| evidence)
    }

    /// Its sources, to be searched: nearest first.
    pub fn sources(&self) -> Sources {
        Sources::of(self.files.iter().filter(|file| !file.is_generated()).map(|file| (file.path.clone(), file.text.clone())))
    }

    /// The sources of its own package.
    pub fn own_sources(&self) -> Sources {
        Sources::of(self.files[..self.own].iter().map(|file| (file.path.clone(), file.text.clone())))
    }
}

/// The last part of a module's path that is no major version.
pub fn last(path: &str) -> &str {
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty() && !is_version(part));
    parts.next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(files: &[(&str, &str)]) -> Vec<Program> {
        let project = Project::from_files(files.iter().copied());
        let modules = Modules::read(&project, &mut Vec::new()).unwrap().unwrap();
        super::find(&project, &modules)
    }

    #[test]
    fn programs_and_what_they_are_built_from() {
        let main = "package main\n\nimport (\n\t\"example.com/a/internal/api\"\n\t\"example.com/a/gen/pb\"\n\t\"net/http\"\n)\n\nfunc main() {}\n";
        let found = find(&[
            ("go.mod", "module example.com/a\nignore ./web\n"),
            ("cmd/api/main.go", main),
            ("cmd/api/main_test.go", "package main\n"),
            ("internal/api/api.go", "package api\n\nimport \"github.com/gin-gonic/gin\"\n"),
            ("internal/api/gen.go", "//go:build ignore\n\npackage main\n\nfunc main() {}\n"),
            ("tools/lint/main.go", "package main\nfunc main() {}\n"),
            ("examples/x/main.go", "package main\nfunc main() {}\n"),
            ("web/main.go", "package main\nfunc main() {}\n"),
            ("other/go.mod", "module other\n"),
            ("other/main.go", "package main\nfunc main() {}\n"),
        ]);
        assert_eq!(found.iter().map(|program| program.dir.as_str()).collect::<Vec<_>>(), ["cmd/api"]);
        let program = &found[0];
        assert_eq!((program.main.line, program.files.len()), (Some(9), 2));
        assert_eq!(program.import("github.com/gin-gonic/gin").unwrap().place(), "internal/api/api.go:3");
        assert_eq!(program.missing[0].0, "gen/pb");
    }

    #[test]
    fn a_program_behind_a_tag_of_its_own() {
        let program = |line: &str| find(&[("go.mod", "module a\n"), ("main.go", &format!("{line}\n\npackage main\n\nfunc main() {{}}\n"))]).pop();
        assert_eq!(program("// +build heroku").unwrap().tag.as_deref(), Some("heroku"));
        assert!(program("//go:build ignore").is_none() && program("//go:build windows").is_none());
    }

    #[test]
    fn a_major_version_is_no_name() {
        assert_eq!((last("example.com/a/v2"), last("gin"), last("v2")), ("a", "gin", "v2"));
    }
}
