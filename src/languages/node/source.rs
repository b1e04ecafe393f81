//! What the sources say: port, health route, signal handlers. Read as text; nothing is executed.

use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;

use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::project::Project;

/// Most servers start in one of the first files; more than this many are not read.
const MAX_FILES: usize = 200;

/// `process.env.PORT || 3000`, `PORT ?? '3000'`, `PORT, 3000`.
static ENV_PORT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\bPORT\b['"\])]*\s*(?:\|\||\?\?|,)\s*['"]?(\d{2,5})\b"#).ok());
/// `.listen(3000`, `listen({ port: 3000`.
static LISTEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\blisten\(\s*(?:\{[^}]*?\bport:\s*)?(\d{2,5})\b").ok());
/// A route that is there for health checks.
static HEALTH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\.(?:get|all|use|route)\(\s*['"`](/(?:healthz?|health/live|livez?|readyz?|healthcheck|ping|api/health|_health))['"`]"#).ok()
});

/// The project's own JavaScript and TypeScript.
#[derive(Debug)]
pub struct Sources {
    files: Vec<(String, Rc<str>)>,
}

impl Sources {
    /// Reads the sources, those nearest to the root first.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(project: &Project, dir: &str) -> Result<Self> {
        let mut paths: Vec<&str> = project.files_below(dir).filter(|path| is_source(path)).collect();
        paths.sort_by_key(|path| (path.matches('/').count(), path.to_owned()));
        let mut files = Vec::new();
        for path in paths.into_iter().take(MAX_FILES) {
            if let Some(text) = project.read(path)? {
                files.push((path.to_owned(), text));
            }
        }
        Ok(Self { files })
    }

    /// The port that the program listens on.
    pub fn port(&self) -> Option<Found<u16>> {
        self.search(&ENV_PORT, "listens on `PORT`, by default here")
            .or_else(|| self.search(&LISTEN, "listens here"))
            .and_then(|(found, evidence)| Some(Found::certain(found.parse().ok()?, evidence)))
    }

    /// A route made for health checks.
    pub fn health(&self) -> Option<Found<String>> {
        self.search(&HEALTH, "a health route").map(|(path, evidence)| Found::certain(path, evidence))
    }

    /// Whether any file mentions a word.
    pub fn mentions(&self, word: &str) -> bool {
        self.files.iter().any(|(_, text)| text.contains(word))
    }

    fn search(&self, pattern: &LazyLock<Option<Regex>>, reason: &str) -> Option<(String, Evidence)> {
        let pattern = pattern.as_ref()?;
        self.files.iter().find_map(|(path, text)| {
            let found = pattern.captures(text)?.get(1)?;
            let line = text[..found.start()].matches('\n').count() + 1;
            Some((found.as_str().to_owned(), Evidence::at(path, line, reason)))
        })
    }
}

fn is_source(path: &str) -> bool {
    let code = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"].iter().any(|end| path.ends_with(end));
    let test = path.split('/').any(|part| {
        matches!(part, "test" | "tests" | "__tests__" | "dist" | "build" | "public" | "coverage")
            || part.contains(".test.")
            || part.contains(".spec.")
            || part.contains(".config.")
    });
    code && !test && !path.ends_with(".d.ts") && !path.ends_with(".min.js")
}
