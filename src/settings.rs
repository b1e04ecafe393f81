//! Answers: from flags, later from files; defaults are applied last, by the language.

use std::collections::BTreeMap;

use crate::found::{Confidence, Evidence, Found};
use crate::languages::{Facts, Kind};
use crate::plan::Flavor;
use crate::error::{Error, Exit, Result};

/// The keys that `--set` takes.
pub const KEYS: &[&str] = &["name", "version", "port", "start", "health", "kind", "base"];

/// Answers by key.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    values: BTreeMap<String, String>,
}

impl Answers {
    /// Reads `KEY=VALUE` pairs.
    ///
    /// # Errors
    /// When a pair has no `=` or names an unknown key: exit 2.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut values = BTreeMap::new();
        for pair in pairs {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                Error::new(Exit::Usage, format!("`--set {pair}` has no `=`")).hint("write `--set KEY=VALUE`")
            })?;
            if !KEYS.contains(&key) {
                return Err(Error::new(Exit::Usage, format!("there is no answer `{key}`"))
                    .hint(format!("the answers are: {}", KEYS.join(", "))));
            }
            values.insert(key.to_owned(), value.to_owned());
        }
        Ok(Self { values })
    }

    /// The answer to a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }
}

/// What was detected with the answers laid over it.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The facts.
    pub facts: Facts,
    /// The base that was asked for; `None` takes the smallest that is right.
    pub base: Option<Flavor>,
}

impl Answers {
    /// Lays the answers over what was detected.
    ///
    /// # Errors
    /// Exit 2 when a value does not fit its key.
    pub fn over(&self, facts: &Facts) -> Result<Choices> {
        let mut facts = facts.clone();
        let given = |key: &str| Evidence::at(format!("--set {key}"), None, "given");
        if let Some(name) = self.get("name") {
            facts.name = name.to_owned();
        }
        if let Some(version) = self.get("version") {
            facts.version = Some(Found::certain(version.to_owned(), given("version")));
        }
        if let Some(port) = self.get("port") {
            let number = port.parse().ok().filter(|port| *port >= 1024).ok_or_else(|| {
                wrong("port", port, "a number from 1024 to 65535: below that only root may listen")
            })?;
            facts.port = Some(Found::certain(number, given("port")));
            if facts.kind.confidence == Confidence::Guess {
                facts.kind = Found::certain(Kind::Web, given("port"));
            }
        }
        if let Some(start) = self.get("start") {
            let words = shell_split(start).ok_or_else(|| wrong("start", start, "words, with quotes in pairs"))?;
            facts.start = Some(Found::certain(words, given("start")));
        }
        if let Some(health) = self.get("health") {
            if !health.starts_with('/') {
                return Err(wrong("health", health, "a path that begins with `/`"));
            }
            facts.health = Some(Found::certain(health.to_owned(), given("health")));
        }
        if let Some(kind) = self.get("kind") {
            let kind = match kind {
                "web" => Kind::Web,
                "worker" => Kind::Worker,
                "cli" => Kind::Cli,
                "static" => Kind::Static,
                "job" => Kind::Job,
                _ => return Err(wrong("kind", kind, "web, worker, cli, static or job")),
            };
            facts.kind = Found::certain(kind, given("kind"));
            if !matches!(kind, Kind::Web | Kind::Static) && self.get("port").is_none() {
                facts.port = None;
            }
        }
        let base = match self.get("base") {
            None => None,
            Some("distroless") => Some(Flavor::Distroless),
            Some("slim") => Some(Flavor::Slim),
            Some("alpine") => Some(Flavor::Alpine),
            Some(base) => return Err(wrong("base", base, "distroless, slim or alpine")),
        };
        Ok(Choices { facts, base })
    }
}

fn wrong(key: &str, value: &str, expected: &str) -> Error {
    Error::new(Exit::Usage, format!("`{value}` does not fit `{key}`")).hint(format!("`{key}` takes {expected}"))
}

/// Splits a command into words: blanks part them, single and double quotes keep them together, a backslash keeps the
/// next character. `None` when a quote is not closed. Nothing is expanded.
pub fn shell_split(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some('"') | None, '\\') => word.get_or_insert_default().push(characters.next()?),
            (Some(_), _) => word.get_or_insert_default().push(character),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::shell_split;

    #[test]
    fn words_are_split_as_a_shell_would() {
        let split = |command| shell_split(command).unwrap_or_default();
        assert_eq!(split("node  server.js"), ["node", "server.js"]);
        assert_eq!(split(r#"a "b c" 'd "e' f\ g ''"#), ["a", "b c", "d \"e", "f g", ""]);
        assert_eq!(shell_split("a 'b"), None);
    }
}
