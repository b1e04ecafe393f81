//! Variables whose values the build puts into the pages (`VITE_API_URL`): arguments of the build, told apart from secrets.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Context;
use crate::error::Result;
use crate::found::Evidence;
use crate::languages::Note;
use crate::project::join;
use crate::sources::Sources;

/// Files that hold pages and their code.
const EXTENSIONS: &[&str] =
    &[".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx", ".jsx", ".vue", ".svelte", ".astro", ".html", ".mdx"];
/// Files that the build itself reads, strongest first.
const READ: &[&str] = &[".env.production", ".env"];
/// Files that show which variables there are.
const EXAMPLES: &[&str] = &[".env.example", ".env.sample", ".env.template", ".env.dist", "example.env"];
/// Words of a name for which the builder warns of a secret, and the one that tells it otherwise.
const SECRET_WORDS: &[&str] =
    &["apikey", "auth", "credential", "credentials", "key", "password", "passwd", "pword", "secret", "token"];
const PUBLIC_WORDS: &[&str] = &["public", "file", "version"];
/// Parts of a name that hadolint's DL3064 takes for a secret wherever they stand.
const LINTED: &[&str] = &["api_key", "client_key", "password", "private", "secret", "token", "username"];
/// Words of a name that nobody should show to everybody.
const ALARMING: &[&str] = &["secret", "password", "passwd", "private", "credentials"];

/// One variable.
#[derive(Debug, Clone, Serialize)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// The value that the project's example gives it.
    pub default: Option<String>,
    /// Whether the builder would take it for a secret as an argument: then it is mounted as one.
    pub mounted: bool,
    /// Whether hadolint takes the name for a secret.
    pub linted: bool,
    #[serde(skip)]
    evidence: Option<Evidence>,
}

/// The variables of a front end, by name.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    names: BTreeMap<String, Variable>,
    /// Files of public values alone, in the repository for the build to read.
    pub files: Vec<String>,
    prefixes: &'static [&'static str],
}

impl Variables {
    /// Finds names with these prefixes in the sources.
    ///
    /// # Errors
    /// When a source cannot be read.
    pub fn read(context: Context<'_>, prefixes: &'static [&'static str]) -> Result<Self> {
        let mut found = Self { names: BTreeMap::new(), files: Vec::new(), prefixes };
        if prefixes.is_empty() {
            return Ok(found);
        }
        let sources = Sources::read(context.project, context.dir, EXTENSIONS)?;
        for (path, text) in sources.files() {
            // SvelteKit's other half of `PUBLIC_` is read when the server runs.
            if text.contains("$env/dynamic/public") && !text.contains("$env/static/public") {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                for name in names(line, prefixes) {
                    found.add(name, None, Evidence::at(path, number + 1, "its value is compiled into the pages"));
                }
            }
        }
        Ok(found)
    }

    /// Takes the values that the repository holds as defaults: those of the files that the build reads, then those of an
    /// example. A file that Git ignores is one person's.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn take_defaults(&mut self, context: Context<'_>) -> Result<()> {
        if self.prefixes.is_empty() {
            return Ok(());
        }
        for file in READ {
            let path = join(context.dir, file);
            if !context.project.has(&path) || is_ignored_by_git(context, file)? {
                continue;
            }
            if crate::dockerignore::is_public(context.project, &path) {
                // The build reads it; what is passed as an argument goes before.
                self.files.push(path);
            } else {
                self.take(context, &path, "its value for the build")?;
            }
        }
        match context.project.first(context.dir, EXAMPLES) {
            Some(file) if self.files.is_empty() => self.take(context, &join(context.dir, file), "an example of its value"),
            _ => Ok(()),
        }
    }

    /// Adds the names that a file sets, and takes its values where there are none yet.
    fn take(&mut self, context: Context<'_>, path: &str, reason: &str) -> Result<()> {
        let text = context.project.read(path)?.unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
            let Some((name, value)) = line.split_once('=') else { continue };
            let name = name.trim();
            if names(name, self.prefixes).any(|found| found == name) {
                let value = value.trim();
                let quoted = value.strip_prefix(['"', '\'']).and_then(|value| value.strip_suffix(['"', '\'']));
                let value = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or(value).trim());
                // A value that refers to others, or spans lines, is for the program that reads the file.
                let plain = !value.is_empty() && !value.contains('$') && !value.starts_with(['"', '\'']);
                self.add(name, plain.then(|| value.to_owned()), Evidence::at(path, number + 1, reason));
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, default: Option<String>, evidence: Evidence) {
        let lower = name.to_lowercase();
        let has = |words: &[&str]| lower.split('_').any(|word| words.contains(&word));
        let variable = self.names.entry(name.to_owned()).or_insert_with(|| Variable {
            name: name.to_owned(),
            default: None,
            mounted: has(SECRET_WORDS) && !has(PUBLIC_WORDS),
            linted: LINTED.iter().any(|part| lower.contains(part)),
            evidence: Some(evidence),
        });
        if variable.default.is_none() && !variable.mounted {
            variable.default = default;
        }
    }

    /// The variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.names.values()
    }

    /// What their owner should know.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let arguments: Vec<&str> = self.iter().filter(|variable| !variable.mounted).map(|variable| variable.name.as_str()).collect();
        if let Some(first) = arguments.first() {
            let at = self.names.get(*first).and_then(|variable| variable.evidence.as_ref());
            let message = format!("the build puts {} into the pages: pass `--build-arg {first}=...` to `docker build`", list(&arguments));
            notes.push(Note::info(message, at));
        }
        for variable in self.iter() {
            let lower = variable.name.to_lowercase();
            if ALARMING.iter().any(|word| lower.split('_').any(|part| part == *word)) {
                let message = format!("`{}` is named like a secret, and everybody who opens the page can read it: keep secrets on the server", variable.name);
                notes.push(Note::warning(message, variable.evidence.as_ref()));
            } else if variable.mounted {
                let message = format!(
                    "`{0}` is readable in the pages; its name looks like a secret's, so the build takes it by `--secret id={0},env={0}`",
                    variable.name
                );
                notes.push(Note::info(message, variable.evidence.as_ref()));
            }
        }
        notes
    }
}

/// Whether Git ignores a file of the service's folder.
fn is_ignored_by_git(context: Context<'_>, file: &str) -> Result<bool> {
    let mut rules = ignore::gitignore::GitignoreBuilder::new("");
    for path in [".gitignore".to_owned(), join(context.dir, ".gitignore")] {
        for line in context.project.read(&path)?.unwrap_or_default().lines() {
            // A line that is no pattern ignores nothing.
            let _ = rules.add_line(None, line);
        }
    }
    Ok(rules.build().is_ok_and(|rules| rules.matched(file, false).is_ignore()))
}

fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(4).map(|name| format!("`{name}`")).collect();
    let more = names.len() - shown.len();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// The names with one of some prefixes that stand in a line, as words of their own.
fn names<'l>(line: &'l str, prefixes: &'l [&'l str]) -> impl Iterator<Item = &'l str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.split(move |c| !word(c)).filter(|name| {
        prefixes.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest != "_"))
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::framework;

    const MANIFEST: (&str, &str) = ("package.json", r#"{"devDependencies": {"vite": "8"}, "scripts": {"build": "vite build"}}"#);

    #[test]
    fn files_of_the_repository_give_values() {
        let with = |files: &[(&'static str, &'static str)]| {
            let source = ("src/main.ts", "import.meta.env.VITE_URL");
            let all: Vec<_> = [MANIFEST, ("index.html", ""), source].into_iter().chain(files.iter().copied()).collect();
            let found = framework(&all).expect("Vite").variables;
            (found.files.clone(), found.iter().find_map(|variable| variable.default.clone()))
        };
        assert_eq!(with(&[(".env.production", "VITE_URL=/api"), (".env.example", "VITE_URL=x")]), (vec![".env.production".to_owned()], None));
        assert_eq!(with(&[(".env", "VITE_URL=/api\nDB_PASSWORD=x")]), (Vec::new(), Some("/api".to_owned())));
        assert_eq!(with(&[(".env", "VITE_URL=/mine"), (".gitignore", "/dist\n.env\n")]), (Vec::new(), None));
    }

    #[test]
    fn arguments_and_secrets_are_told_apart() {
        let source = "fetch(import.meta.env.VITE_API_URL)\nmaps(import.meta.env.VITE_MAPS_KEY, import.meta.env.VITE_CLIENT_SECRET, MY_VITE_X, VITE_)\n";
        let example = "# VITE_NO=1\nVITE_API_URL=\"http://localhost:3000\"\nVITE_MAPS_KEY=abc\nDATABASE_URL=x\nVITE_TITLE=My page # shown\n";
        let found = framework(&[MANIFEST, ("index.html", ""), ("src/main.tsx", source), (".env.example", example)]).expect("Vite");
        let seen: Vec<_> = found.variables.iter().map(|v| (v.name.as_str(), v.default.as_deref(), v.mounted)).collect();
        assert_eq!(seen, [
            ("VITE_API_URL", Some("http://localhost:3000"), false),
            ("VITE_CLIENT_SECRET", None, true),
            ("VITE_MAPS_KEY", None, true),
            ("VITE_TITLE", Some("My page"), false),
        ]);
        let warning = found.notes.iter().find(|note| note.level == "warning").expect("a warning");
        assert!(warning.message.contains("VITE_CLIENT_SECRET"));
        assert_eq!(warning.evidence.as_ref().and_then(|place| place.line), Some(2));
    }
}
