//! Queries that are checked against a database while they are compiled, and the secrets a program reads.

use std::sync::LazyLock;

use regex::Regex;

use super::code::Code;
use super::manifest::Package;
use crate::found::Found;
use crate::languages::Note;
use crate::project::{Project, join};
use crate::sources::Pattern;

static CHECKED: Pattern = LazyLock::new(|| Regex::new(r"\b(query(?:_as|_scalar|_file|_file_as|_file_scalar)?(?:_unchecked)?!)\s*[({]").ok());
static VARIABLE: Pattern = LazyLock::new(|| Regex::new(r#"\b(?:var(?:_os)?|secret)\(\s*"([A-Z][A-Z0-9_]*)"|\benv\s*=\s*"([A-Z][A-Z0-9_]*)""#).ok());
const SECRETS: &[&str] = &["SECRET", "PASSWORD", "PASSWD", "TOKEN", "KEY", "CREDENTIALS", "DATABASE_URL", "REDIS_URL", "AMQP_URL", "MONGODB_URI"];

/// Whether queries were prepared for a build without a database; a word where they were not.
pub fn offline(project: &Project, closure: &[&Package], code: &Code, notes: &mut Vec<Note>) -> bool {
    let prepared = |dir: &str| project.has_dir(&join(dir, ".sqlx")) || project.has(&join(dir, "sqlx-data.json"));
    if prepared(".") || closure.iter().any(|package| prepared(&package.dir)) {
        return true;
    }
    if closure.iter().any(|package| package.dependency("sqlx").is_some())
        && let Some((_, evidence)) = code.matches(&CHECKED, "a query that is checked while it is compiled").next()
    {
        notes.push(Note::warning("this query is checked against a database while it is compiled, and the build has none: run `cargo sqlx prepare` and commit `.sqlx`", Some(&evidence)));
    }
    false
}

/// Names of variables that hold secrets.
pub fn secrets(code: &Code) -> Vec<Found<String>> {
    let mut found: Vec<Found<String>> = Vec::new();
    for (captures, evidence) in code.matches(&VARIABLE, "read from the environment") {
        let Some(name) = captures.get(1).or_else(|| captures.get(2)).map(|name| name.as_str()) else { continue };
        let secret = SECRETS.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")));
        if secret && !name.contains("PUBLIC") && found.iter().all(|known| known.value != name) {
            found.push(Found::likely(name.to_owned(), evidence));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepared_queries_and_secrets() {
        let project = Project::from_files([("src/main.rs", "env::var(\"DATABASE_URL\"); env::var(\"PORT\"); env::var(\"JWT_SECRET\")"), (".sqlx/query-1.json", "{}")]);
        let code = Code::read(&project, &["."]).unwrap();
        assert!(offline(&project, &[], &code, &mut Vec::new()));
        let names: Vec<String> = secrets(&code).into_iter().map(|found| found.value).collect();
        assert_eq!(names, ["DATABASE_URL", "JWT_SECRET"]);
    }
}
