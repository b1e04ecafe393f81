//! Source files read as text, for what no manifest says: ports, health routes, signal handlers. Nothing is executed.

use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;

use crate::error::Result;
use crate::found::Evidence;
use crate::project::Project;

/// Most servers start in one of the first files; more than this many are not read.
const MAX_FILES: usize = 300;

/// A pattern whose first group is what is looked for.
pub type Pattern = LazyLock<Option<Regex>>;

/// A route made for health checks, in any language: a quoted path that nobody uses for anything else.
static HEALTH: Pattern = LazyLock::new(|| {
    Regex::new(r#"['"`](/(?:api/)?(?:healthz|health|health/live|healthcheck|health-check|livez|_health|_healthz|up))/?['"`]"#).ok()
});

/// A service's own sources, those nearest to its root first.
#[derive(Debug)]
pub struct Sources {
    files: Vec<(String, Rc<str>)>,
}

impl Sources {
    /// Reads the files below `dir` that end with one of `extensions` (with the dot); tests and output are left out.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(project: &Project, dir: &str, extensions: &[&str]) -> Result<Self> {
        Self::pick(project, dir, extensions, |path| !is_test_or_output(path))
    }

    /// Reads all files below `dir` that end with one of `extensions`: for layouts that keep tests and output elsewhere,
    /// where `com/example/docs` is a package like any other.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read_all(project: &Project, dir: &str, extensions: &[&str]) -> Result<Self> {
        Self::pick(project, dir, extensions, |_| true)
    }

    fn pick(project: &Project, dir: &str, extensions: &[&str], wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let mut paths: Vec<&str> = project
            .files_below(dir)
            .filter(|path| extensions.iter().any(|extension| path.ends_with(extension)) && wanted(path))
            .collect();
        paths.sort_by_key(|path| (path.matches('/').count(), path.to_owned()));
        let mut files = Vec::new();
        for path in paths.into_iter().take(MAX_FILES) {
            // One unreadable or huge source is no reason to give up: the manifests decide.
            if let Ok(Some(text)) = project.read(path) {
                files.push((path.to_owned(), text));
            }
        }
        Ok(Self { files })
    }

    /// Files that were read already, in the order in which they are to be searched.
    pub fn of(files: impl IntoIterator<Item = (String, Rc<str>)>) -> Self {
        Self { files: files.into_iter().collect() }
    }

    /// The files with their texts.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_ref()))
    }

    /// The first match of a pattern's first group, with its place.
    pub fn search(&self, pattern: &Pattern, reason: &str) -> Option<(String, Evidence)> {
        let pattern = pattern.as_ref()?;
        self.files.iter().find_map(|(path, text)| {
            pattern.captures_iter(text).find_map(|captures| {
                let found = captures.get(1)?;
                let start = text[..found.start()].rfind('\n').map_or(0, |at| at + 1);
                let comment = text[start..].trim_start().starts_with(['#', '*']) || text[start..].trim_start().starts_with("//");
                let line = text[..found.start()].matches('\n').count() + 1;
                (!comment).then(|| (found.as_str().to_owned(), Evidence::at(path, line, reason)))
            })
        })
    }

    /// A route made for health checks.
    pub fn health(&self) -> Option<crate::found::Found<String>> {
        self.search(&HEALTH, "a health route").map(|(path, evidence)| crate::found::Found::likely(path, evidence))
    }

    /// The first file and line that hold a word.
    pub fn mention(&self, word: &str) -> Option<Evidence> {
        self.files.iter().find_map(|(path, text)| {
            let at = text.find(word)?;
            Some(Evidence::at(path, text[..at].matches('\n').count() + 1, format!("mentions `{word}`")))
        })
    }
}

fn is_test_or_output(path: &str) -> bool {
    path.split('/').any(|part| {
        matches!(
            part,
            "test" | "tests" | "__tests__" | "spec" | "e2e" | "dist" | "build" | "public" | "static" | "coverage" | "docs" | "examples"
        ) || [".test.", ".spec.", ".config.", ".min."].iter().any(|mark| part.contains(mark))
            || part.ends_with(".d.ts")
            || part.ends_with("_test.go")
            || part.starts_with("test_")
    })
}
