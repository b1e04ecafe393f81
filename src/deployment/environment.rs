//! The variables that a program reads: named in its example files and read in its sources. Values are never taken.

use std::sync::LazyLock;

use regex::Regex;

use crate::found::Evidence;
use crate::project::{Project, join};
use crate::sources::{Pattern, Sources};

/// Files that show which variables there are, without values that matter.
const EXAMPLES: &[&str] = &[".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", ".env.production.example", "example.env"];
const SOURCES: &[&str] = &[
    ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".py", ".go", ".rs", ".java", ".kt", ".scala", ".rb", ".php", ".cs", ".ex", ".exs", ".yml",
    ".yaml", ".properties", ".prisma", ".clj", ".gleam",
];
/// Reading the environment, in the languages there are; the first group that matched is the name.
static READ: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?:process\.env\.|import\.meta\.env\.|Bun\.env\.|\bENV\[["']|\bENV\.fetch\(\s*["']|process\.env\[["']|environ\[["']"#,
        r#"|environ\.get\(\s*["']|[gG]etenv\(\s*["']|LookupEnv\(\s*["']|\benv(?:::|!\(|\.)?(?:var(?:_os)?\(\s*)?\(?["']|option_env!\(["']"#,
        r#"|Deno\.env\.get\(\s*["']|GetEnvironmentVariable\(\s*["']|System\.(?:get_env|fetch_env!)\(\s*["']|\bconfig\(\s*["']|env\.(?:str|bool|int|url|db|list)\(\s*["'])"#,
        r"([A-Z][A-Z0-9_]{2,})"
    ))
    .ok()
});
/// `${NAME}` and `${NAME:default}` in Spring's and Quarkus' settings.
static PLACEHOLDER: Pattern = LazyLock::new(|| Regex::new(r"\$\{([A-Z][A-Z0-9_]{2,})(?::[^}]*)?\}").ok());

/// The variables, in the order they were found.
pub struct Environment {
    reads: Vec<(String, Evidence)>,
}

impl Environment {
    /// Looks for them.
    pub fn read(project: &Project, dir: &str) -> Self {
        let mut reads: Vec<(String, Evidence)> = Vec::new();
        let mut add = |name: &str, file: &str, line: usize, reason: &str| {
            if !reads.iter().any(|(known, _)| known == name) {
                reads.push((name.to_owned(), Evidence::at(file, line, reason)));
            }
        };
        for example in EXAMPLES.iter().map(|name| join(dir, name)) {
            let Ok(Some(text)) = project.read(&example) else { continue };
            for (number, line) in text.lines().enumerate() {
                let name = line.trim().trim_start_matches("export ").split('=').next().unwrap_or_default().trim();
                if line.contains('=') && is_name(name) {
                    add(name, &example, number + 1, "named in the example");
                }
            }
        }
        let Ok(sources) = Sources::read(project, dir, SOURCES) else { return Self { reads } };
        for (path, text) in sources.files() {
            let settings = path.ends_with(".yml") || path.ends_with(".yaml") || path.ends_with(".properties");
            if settings && !path.rsplit('/').next().is_some_and(|name| name.starts_with("application") || name.starts_with("bootstrap")) {
                continue;
            }
            let Some(pattern) = (if settings { PLACEHOLDER.as_ref() } else { READ.as_ref() }) else { continue };
            for (number, line) in text.lines().enumerate() {
                if line.trim_start().starts_with(['#', '*']) || line.trim_start().starts_with("//") {
                    continue;
                }
                for found in pattern.captures_iter(line).filter_map(|captures| captures.get(1)) {
                    add(found.as_str(), path, number + 1, "read from the environment");
                }
            }
        }
        Self { reads }
    }

    /// Names with their places.
    pub fn reads(&self) -> impl Iterator<Item = (&str, &Evidence)> {
        self.reads.iter().map(|(name, evidence)| (name.as_str(), evidence))
    }

    /// Whether a variable is read.
    pub fn has(&self, name: &str) -> bool {
        self.reads.iter().any(|(known, _)| known == name)
    }
}

fn is_name(name: &str) -> bool {
    name.len() < 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_found_in_many_languages() {
        let project = Project::from_files([
            (".env.example", "# comment\nSTRIPE_KEY=x\nexport MAIL_FROM=\"a\"\n"),
            ("a.js", "const a = process.env.DATABASE_URL || process.env['REDIS_URL'];\n// process.env.OLD_NAME\n"),
            ("b.py", "import os\nx = os.environ['API_TOKEN']; y = os.getenv(\"MODE_NAME\"); z = env('SECRET_KEY')\n"),
            ("c.go", "package main\nvar p = os.Getenv(\"GO_PORT\")\n"),
            ("d.rs", "let x = std::env::var(\"RUST_DSN\");\n"),
            ("src/main/resources/application.yml", "url: ${SPRING_URL:jdbc}\n"),
        ]);
        let environment = Environment::read(&project, ".");
        for name in ["STRIPE_KEY", "MAIL_FROM", "DATABASE_URL", "REDIS_URL", "API_TOKEN", "MODE_NAME", "SECRET_KEY", "GO_PORT", "RUST_DSN", "SPRING_URL"] {
            assert!(environment.has(name), "{name}");
        }
        assert!(!environment.has("OLD_NAME"));
    }
}
