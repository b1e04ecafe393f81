//! The application object: the file that holds it, its name, and the folder that imports start from.

use std::sync::LazyLock;

use regex::Regex;

use crate::found::Evidence;
use crate::project::Project;
use crate::sources::{Pattern, Sources};

/// `app = FastAPI(`, `server: Flask = flask.Flask(`, `app, rt = fast_app(`, at the module's top level.
static OBJECT: Pattern = LazyLock::new(|| {
    Regex::new(r"(?m)^(\w+)(?:\s*,\s*\w+)*(?:\s*:\s*[\w.]+)?\s*=\s*(?:await\s+)?(?:\w+\.)*(\w+)\(").ok()
});
/// `def create_app(settings=None) -> FastAPI:`
static FACTORY: Pattern = LazyLock::new(|| {
    Regex::new(r"(?m)^def (create_app|make_app|get_app|build_app|create_application|get_application|build_application|app_factory|application_factory)\(([^)]*)\)").ok()
});
/// `from app.db import x`, `import app.db`.
static IMPORT: Pattern = LazyLock::new(|| Regex::new(r"(?m)^[ \t]*(?:from\s+(\.*)([\w.]*)\s+import|import\s+()([\w.]+))").ok());

/// File names that usually hold it, the likeliest first.
const FILES: &[&str] = &["main", "app", "wsgi", "asgi", "server", "api", "__init__", "run", "application", "__main__", "index", "web", "webapp"];
/// Names that it usually has.
const NAMES: &[&str] = &["app", "application", "api", "server", "asgi", "wsgi"];
/// Folders that hold programs beside the service.
const ASIDE: &[&str] = &["scripts", "tools", "mock", "mocks", "bench", "benchmarks", "demo", "migrations", "client", "alembic", "notebooks", "samples"];

/// An application object, or a function that makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Module, seen from `root`.
    pub module: String,
    /// Name of the object or the factory.
    pub object: String,
    /// Whether `object` is a function that makes it.
    pub factory: bool,
    /// The folder that imports start from; empty for the project's own.
    pub root: String,
    /// Where it stands.
    pub evidence: Evidence,
}

impl Application {
    /// `module:object`, as servers want it.
    pub fn reference(&self) -> String {
        format!("{}:{}", self.module, self.object)
    }
}

/// What was seen, before one is chosen.
struct Candidate<'s> {
    path: &'s str,
    text: &'s str,
    object: String,
    factory: bool,
    at: usize,
}

/// The application made by one of `classes`.
pub fn find(project: &Project, sources: &Sources, classes: &[&str]) -> Option<Application> {
    let mut candidates = Vec::new();
    let mut factories: Vec<String> = Vec::new();
    for (path, text) in python_files(sources) {
        candidates.extend(objects(path, text, |class| classes.contains(&class)));
        for candidate in factories_in(path, text, classes) {
            factories.push(candidate.object.clone());
            candidates.push(candidate);
        }
    }
    // `app = create_app()`, often in a file of its own.
    if !factories.is_empty() {
        for (path, text) in python_files(sources) {
            candidates.extend(objects(path, text, |name| factories.iter().any(|factory| factory == name)));
        }
    }
    // A module that is called `__main__` cannot be imported under that name: such a file runs as a program.
    let mut candidates: Vec<_> = candidates.into_iter().map(|candidate| (rank(&candidate), application(project, &candidate))).collect();
    candidates.retain(|(_, application)| application.module != "__main__");
    candidates.into_iter().min_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, application)| application)
}

/// The application in a file, where a setting names file and object already.
pub fn named(project: &Project, path: &str, object: &str, evidence: Evidence) -> Application {
    let text = project.read(path).ok().flatten().unwrap_or_default();
    let (root, module) = import_root(project, path, &text);
    Application { module, object: object.to_owned(), factory: false, root, evidence }
}

fn python_files(sources: &Sources) -> impl Iterator<Item = (&str, &str)> {
    sources.files().filter(|(path, _)| path.ends_with(".py"))
}

fn objects<'s>(path: &'s str, text: &'s str, wanted: impl Fn(&str) -> bool) -> Vec<Candidate<'s>> {
    let Some(pattern) = OBJECT.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter(|captures| wanted(&captures[2]));
    found
        .map(|captures| Candidate {
            path,
            text,
            object: captures[1].to_owned(),
            factory: false,
            at: captures.get(0).map_or(0, |found| found.start()),
        })
        .collect()
}

/// Factories that can be called without arguments and make one of the classes.
fn factories_in<'s>(path: &'s str, text: &'s str, classes: &[&str]) -> Vec<Candidate<'s>> {
    let Some(pattern) = FACTORY.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter(|captures| {
        let whole = captures.get(0).map_or(0..0, |found| found.range());
        let body = &text[whole.end..];
        let end = body.match_indices('\n').map(|(at, _)| at + 1).find(|at| body[*at..].starts_with(|c: char| !c.is_whitespace() && c != ')'));
        let body = &body[..end.unwrap_or(body.len())];
        let callable = captures[2].split(',').all(|parameter| {
            let parameter = parameter.trim();
            parameter.is_empty() || parameter.contains('=') || parameter.starts_with('*')
        });
        callable && classes.iter().any(|class| body.contains(&format!("{class}(")))
    });
    found
        .map(|captures| Candidate {
            path,
            text,
            object: captures[1].to_owned(),
            factory: true,
            at: captures.get(0).map_or(0, |found| found.start()),
        })
        .collect()
}

/// Smaller is likelier: an object before a factory, a usual file name, near the root, a usual name.
fn rank(candidate: &Candidate<'_>) -> (bool, bool, bool, usize, usize, usize, String, usize) {
    let stem = candidate.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".py");
    let file = FILES.iter().position(|name| *name == stem);
    let aside = candidate.path.split('/').any(|part| ASIDE.contains(&part));
    let name = NAMES.iter().position(|name| *name == candidate.object).unwrap_or(NAMES.len());
    (
        aside,
        candidate.factory,
        file.is_none(),
        candidate.path.matches('/').count(),
        file.unwrap_or(FILES.len()),
        name,
        candidate.path.to_owned(),
        candidate.at,
    )
}

fn application(project: &Project, candidate: &Candidate<'_>) -> Application {
    let (root, module) = import_root(project, candidate.path, candidate.text);
    let line = candidate.text[..candidate.at].matches('\n').count() + 1;
    let what = if candidate.factory { "the application factory" } else { "the application object" };
    Application {
        module,
        object: candidate.object.clone(),
        factory: candidate.factory,
        root,
        evidence: Evidence::at(candidate.path, line, format!("`{}` is {what}", candidate.object)),
    }
}

/// The folder that imports start from, and the module's name seen from there. The file's own imports tell: with
/// `from app.db import x` it is the folder that holds `app/db.py`, with `from db import x` the one that holds `db.py`.
pub fn import_root(project: &Project, path: &str, text: &str) -> (String, String) {
    let parts: Vec<&str> = path.split('/').collect();
    let folders = &parts[..parts.len() - 1];
    let mut scores = vec![0_usize; parts.len()];
    let mut deepest = folders.len();
    for captures in IMPORT.as_ref().map(|pattern| pattern.captures_iter(text)).into_iter().flatten() {
        let dots = captures.get(1).map_or(0, |found| found.len());
        if dots > 0 {
            // `from .db` makes the file's own folder a package, `from ..db` the one above.
            deepest = deepest.min(folders.len().saturating_sub(dots));
            continue;
        }
        let module = captures.get(2).or_else(|| captures.get(4)).map_or("", |found| found.as_str());
        let first = module.split('.').next().unwrap_or_default();
        for (depth, score) in scores.iter_mut().enumerate() {
            let root = parts[..depth].join("/");
            let at = |name: &str| crate::project::join(&root, name);
            if !first.is_empty() && at(&format!("{first}.py")) != path && (project.has(&at(&format!("{first}.py"))) || project.has_dir(&at(first))) {
                *score += 1;
            }
        }
    }
    // A folder whose name is no identifier can be no package.
    let identifier = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_') && !part.starts_with(|c: char| c.is_ascii_digit());
    let shallowest = folders.iter().rposition(|part| !identifier(part)).map_or(0, |at| at + 1);
    let deepest = deepest.max(shallowest);
    let best = (shallowest..=deepest).map(|depth| scores[depth]).max().unwrap_or(0);
    let package = |depth: usize| depth > 0 && project.has(&format!("{}/__init__.py", parts[..depth].join("/")));
    let usual = if folders.first() == Some(&"src") && !package(1) { 1 } else { 0 };
    let depth = if best == 0 {
        // Nothing tells: `src` is a place for packages, and every other folder may be one.
        usual.clamp(shallowest, deepest)
    } else {
        (shallowest..=deepest).find(|depth| scores[*depth] == best).unwrap_or(shallowest)
    };
    let mut module = parts[depth..].join(".").trim_end_matches(".py").to_owned();
    if let Some(package) = module.strip_suffix(".__init__") {
        module = package.to_owned();
    }
    (parts[..depth].join("/"), module)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(files: &[(&str, &str)], classes: &[&str]) -> Option<(String, String, bool)> {
        let project = Project::from_files(files.iter().copied());
        let sources = Sources::read(&project, ".", &[".py"]).unwrap();
        find(&project, &sources, classes).map(|found| (found.root.clone(), found.reference(), found.factory))
    }

    fn is(root: &str, reference: &str, factory: bool) -> Option<(String, String, bool)> {
        Some((root.to_owned(), reference.to_owned(), factory))
    }

    #[test]
    fn e7_a_source_folder_is_no_package() {
        let files = [("src/uvapi/main.py", "from fastapi import FastAPI\napp = FastAPI()\n"), ("src/uvapi/__init__.py", "")];
        assert_eq!(reference(&files, &["FastAPI"]), is("src", "uvapi.main:app", false));
    }

    #[test]
    fn e22_the_file_is_followed_not_guessed() {
        assert_eq!(reference(&[("app.py", "api: FastAPI = fastapi.FastAPI(title='x')\n")], &["FastAPI"]), is("", "app:api", false));
        assert_eq!(reference(&[("service/web.py", "app = FastAPI()\n")], &["FastAPI"]), is("", "service.web:app", false));
    }

    #[test]
    fn imports_tell_where_they_start() {
        let sibling = [("backend/main.py", "from db import x\napp = FastAPI()\n"), ("backend/db.py", "")];
        assert_eq!(reference(&sibling, &["FastAPI"]), is("backend", "main:app", false));
        let absolute = [("src/main.py", "from src.db import x\napp = FastAPI()\n"), ("src/db.py", "")];
        assert_eq!(reference(&absolute, &["FastAPI"]), is("", "src.main:app", false));
        let relative = [("app/main.py", "from .db import x\napp = FastAPI()\n"), ("app/db.py", "")];
        assert_eq!(reference(&relative, &["FastAPI"]), is("", "app.main:app", false));
        let hyphen = [("my-app/main.py", "app = FastAPI()\n")];
        assert_eq!(reference(&hyphen, &["FastAPI"]), is("my-app", "main:app", false));
    }

    #[test]
    fn a_made_object_goes_before_its_factory() {
        let factory = ("web/__init__.py", "def create_app(config=None):\n    app = Flask(__name__)\n    return app\n");
        assert_eq!(reference(&[factory], &["Flask"]), is("", "web:create_app", true));
        let made = ("wsgi.py", "from web import create_app\n\napplication = create_app()\n");
        assert_eq!(reference(&[factory, made], &["Flask"]), is("", "wsgi:application", false));
        let needy = ("web.py", "def create_app(config):\n    return Flask(__name__)\n");
        assert_eq!(reference(&[needy], &["Flask"]), None);
    }
}
