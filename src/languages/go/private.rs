//! What is secret: modules that are not public, and variables that hold secrets.

use std::sync::LazyLock;

use regex::Regex;

use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::project::Project;
use crate::sources::Sources;

static GOPRIVATE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\bGOPRIVATE"?\s*[:?]?[=:]\s*["']?([\w.,*/-]+)"#).ok());
static READ: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?:(?:Getenv|LookupEnv|\w*[eE]nv\w*)\(\s*|\benv(?:config)?:)"([A-Z][A-Z0-9_]+)[",]"#).ok());
/// Words of a name that say its value is a secret.
const SECRET: &[&str] = &["PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS", "KEY", "DSN"];
const NOT_SECRET: &[&str] = &["PUBLIC", "FILE", "PATH", "EXPIRY", "EXPIRE", "EXPIRES", "TTL", "HOUR", "LIFETIME", "LIFESPAN", "DURATION", "NAME"];

/// What `GOPRIVATE` says in the files that build the project elsewhere.
pub fn find(project: &Project, notes: &mut Vec<Note>) -> Option<String> {
    let workflows = project.files_below(".github/workflows").filter(|path| path.ends_with(".yml") || path.ends_with(".yaml"));
    let files = ["Makefile", "justfile", "Taskfile.yml", ".gitlab-ci.yml", "mise.toml", ".mise.toml", ".envrc", ".env.example"];
    files.into_iter().filter(|path| project.has(path)).chain(workflows).find_map(|path| {
        let text = project.read(path).ok()??;
        let captures = GOPRIVATE.as_ref()?.captures(&text)?;
        let value = captures.get(1)?.as_str().to_owned();
        let line = text[..captures.get(0)?.start()].matches('\n').count() + 1;
        let message = format!("`{value}` is not public: the build takes your access from a secret, `docker build --secret id=netrc,src=$HOME/.netrc`");
        notes.push(Note::info(message, Some(&Evidence::at(path, line, "`GOPRIVATE`"))));
        Some(value)
    })
}

/// Variables that are read and whose names say that they hold a secret.
pub fn secrets(sources: &Sources) -> Vec<Found<String>> {
    let mut found: Vec<Found<String>> = Vec::new();
    for (path, text) in sources.files() {
        for captures in READ.iter().flat_map(|regex| regex.captures_iter(text)) {
            let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else { continue };
            let has = |words: &[&str]| name.as_str().split('_').any(|word| words.contains(&word));
            if has(SECRET) && !has(NOT_SECRET) && found.iter().all(|known| known.value != name.as_str()) {
                let line = text[..whole.start()].matches('\n').count() + 1;
                found.push(Found::likely(name.as_str().to_owned(), Evidence::at(path, line, "is read, and its name says a secret")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_and_of_private_modules() {
        let text = "os.Getenv(\"DB_PASSWORD\")\ngetEnv(\"PORT\", \"1\")\ntype C struct {\n\tKey string `env:\"JWT_SECRET,required\"`\n\tX string `env:\"TOKEN_TTL\"`\n}\n";
        let sources = Sources::of([("a.go".to_owned(), text.into())]);
        assert_eq!(secrets(&sources).into_iter().map(|found| found.value).collect::<Vec<_>>(), ["DB_PASSWORD", "JWT_SECRET"]);
        let project = Project::from_files([("Makefile", "export GOPRIVATE ?= github.com/acme/*\n")]);
        assert_eq!(find(&project, &mut Vec::new()).as_deref(), Some("github.com/acme/*"));
        let project = Project::from_files([(".github/workflows/ci.yml", "env:\n  GOPRIVATE: git.acme.org\n")]);
        assert_eq!(find(&project, &mut Vec::new()).as_deref(), Some("git.acme.org"));
    }
}
