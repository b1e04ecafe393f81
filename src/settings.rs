//! Answers: from flags, later from files; defaults are applied last, by the language.

use std::collections::BTreeMap;

use crate::found::{Confidence, Evidence, Found};
use crate::languages::{Facts, Kind};
use crate::plan::Flavor;
use crate::error::{Error, Exit, Result};

/// What kind of value a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// A command: words, with quotes in pairs.
    Command,
    /// One of a few words.
    Choice,
}

/// An answer that can be given.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Key {
    /// Name.
    pub key: &'static str,
    /// Type.
    #[serde(rename = "type")]
    pub kind: KeyType,
    /// The values of a [`KeyType::Choice`].
    pub choices: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
    /// When it is asked.
    pub asked: &'static str,
}

/// The keys of `--set`, `--answers` and `dockwright.toml`.
pub const KEYS: &[Key] = &[
    Key { key: "name", kind: KeyType::Text, choices: &[], help: "name of image and service", asked: "never" },
    Key { key: "language", kind: KeyType::Choice, choices: &[], help: "language of a project that is still to come", asked: "in an empty folder" },
    Key {
        key: "framework",
        kind: KeyType::Choice,
        choices: &[],
        help: "framework of a project that is still to come",
        asked: "in an empty folder",
    },
    Key { key: "version", kind: KeyType::Text, choices: &[], help: "release line of the language", asked: "when no file says it" },
    Key {
        key: "kind",
        kind: KeyType::Choice,
        choices: &["web", "worker", "cli", "static", "job"],
        help: "what the service is",
        asked: "when nothing says whether it answers on a port",
    },
    Key { key: "port", kind: KeyType::Number, choices: &[], help: "port that it listens on, from 1024", asked: "when no file says it" },
    Key { key: "start", kind: KeyType::Command, choices: &[], help: "the program with its arguments", asked: "when no file says it" },
    Key { key: "health", kind: KeyType::Text, choices: &[], help: "path that answers when it is well", asked: "never" },
    Key {
        key: "emit",
        kind: KeyType::Text,
        choices: &[],
        help: "which artefacts: dockerfile, dockerignore, k8s, compose, ci, bake, policy; `+x` and `-x` add to and take from the default",
        asked: "never",
    },
    Key {
        key: "base",
        kind: KeyType::Choice,
        choices: &["distroless", "slim", "alpine"],
        help: "family of the final image",
        asked: "never: the smallest that is right is taken",
    },
    Key { key: "image", kind: KeyType::Text, choices: &[], help: "name of the image with its registry, without tag", asked: "never: it follows from the repository" },
    Key { key: "repository", kind: KeyType::Text, choices: &[], help: "where the sources are kept, as HOST/OWNER/NAME", asked: "never: a manifest may say it" },
    Key { key: "branch", kind: KeyType::Text, choices: &[], help: "branch that is released", asked: "never: `main`" },
    Key { key: "ci", kind: KeyType::Choice, choices: &["github", "gitlab"], help: "provider of the CI", asked: "never: github" },
    Key { key: "scanner", kind: KeyType::Choice, choices: &["trivy", "grype", "snyk", "scout"], help: "scanner of vulnerabilities", asked: "never: trivy" },
    Key { key: "signing", kind: KeyType::Choice, choices: &["cosign", "cosign-key", "notation"], help: "how images are signed: keyless, by key, or by notation", asked: "never: cosign" },
    Key { key: "namespace", kind: KeyType::Text, choices: &[], help: "namespace in the cluster", asked: "never: the service's name is taken" },
    Key { key: "replicas", kind: KeyType::Number, choices: &[], help: "number of pods", asked: "never: 2, or 1 for what may run only once" },
    Key { key: "autoscale", kind: KeyType::Text, choices: &[], help: "fewest and most pods, as `2-10`", asked: "never" },
    Key { key: "cpu", kind: KeyType::Text, choices: &[], help: "CPU that is requested, as `250m` or `0.5`; the limit is a burst above it", asked: "never: by runtime" },
    Key { key: "memory", kind: KeyType::Text, choices: &[], help: "memory that is requested and the limit, as `512Mi`", asked: "never: by runtime" },
    Key { key: "schedule", kind: KeyType::Text, choices: &[], help: "when a job runs, in five fields of cron", asked: "never: a job without one is suspended" },
    Key {
        key: "secrets",
        kind: KeyType::Choice,
        choices: crate::deployment::STORES,
        help: "where the values of secrets are kept",
        asked: "never: variables from a Kubernetes Secret",
    },
    Key { key: "expose", kind: KeyType::Choice, choices: &["none", "httproute", "ingress"], help: "how the service is published", asked: "never" },
    Key { key: "host", kind: KeyType::Text, choices: &[], help: "host name that the service is published under", asked: "never" },
    Key { key: "gateway", kind: KeyType::Text, choices: &[], help: "name of the Gateway, or class of the Ingress", asked: "never" },
    Key { key: "monitor", kind: KeyType::Choice, choices: &["none", "servicemonitor"], help: "who is told of the metrics", asked: "never" },
    Key { key: "cluster", kind: KeyType::Choice, choices: &["kubernetes", "openshift"], help: "kind of cluster; OpenShift gives out user ids itself", asked: "never" },
];

fn known_keys() -> Vec<&'static str> {
    KEYS.iter().map(|key| key.key).collect()
}

/// Answers by key.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    values: BTreeMap<String, String>,
}

impl Answers {
    /// The answer to a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// Gives an answer. Whether it fits is seen when it is laid over the facts.
    pub fn insert(&mut self, key: &str, value: String) {
        self.values.insert(key.to_owned(), value);
    }

    /// Takes an answer back.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.values.remove(key)
    }

    /// These answers, with others over them.
    #[must_use]
    pub fn over_by(mut self, others: Self) -> Self {
        self.values.extend(others.values);
        self
    }

    /// Keys and values, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// The answers for each service.
#[derive(Debug, Clone, Default)]
pub struct AnswersByService {
    services: BTreeMap<String, Answers>,
}

impl AnswersByService {
    /// No answers, for these services.
    pub fn new(services: &[&str]) -> Self {
        Self { services: services.iter().map(|name| ((*name).to_owned(), Answers::default())).collect() }
    }

    /// Adds `KEY=VALUE` pairs, which hold for every service, and `SERVICE.KEY=VALUE` pairs, which hold for one.
    ///
    /// # Errors
    /// Exit 2 when a pair has no `=`, or names an unknown key or service.
    pub fn add_pairs<'a>(&mut self, pairs: impl IntoIterator<Item = &'a str>) -> Result<()> {
        for pair in pairs {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                Error::new(Exit::Usage, format!("`--set {pair}` has no `=`")).hint("write `--set KEY=VALUE`")
            })?;
            match name.rsplit_once('.') {
                Some((service, key)) => self.give(Some(service), key, value)?,
                None => self.give(None, name, value)?,
            }
        }
        Ok(())
    }

    /// Gives an answer to one service, or to all.
    ///
    /// # Errors
    /// Exit 2 when there is no such key or service.
    pub fn give(&mut self, service: Option<&str>, key: &str, value: &str) -> Result<()> {
        if !known_keys().contains(&key) {
            return Err(unknown("answer", key, &known_keys()));
        }
        let choices = KEYS.iter().find(|known| known.key == key).map_or(&[][..], |known| known.choices);
        if !choices.is_empty() && !choices.contains(&value) {
            return Err(wrong(key, value, &choices.join(", ")));
        }
        match service {
            None => self.services.values_mut().for_each(|answers| answers.insert(key, value.to_owned())),
            Some(name) => match self.services.get_mut(name) {
                Some(answers) => answers.insert(key, value.to_owned()),
                None => {
                    let names: Vec<&str> = self.services.keys().map(String::as_str).collect();
                    return Err(unknown("service", name, &names));
                }
            },
        }
        Ok(())
    }

    /// The answers for a service.
    pub fn of(&self, service: &str) -> Answers {
        self.services.get(service).cloned().unwrap_or_default()
    }

    /// The answers for a service, to be added to.
    pub fn of_mut(&mut self, service: &str) -> &mut Answers {
        self.services.entry(service.to_owned()).or_default()
    }
}

/// Exit 2 for a name that nobody knows, with the one that was meant.
pub fn unknown(what: &str, name: &str, known: &[&str]) -> Error {
    let error = Error::new(Exit::Usage, format!("there is no {what} `{name}`"));
    match nearest(name, known) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error.hint(format!("known: {}", known.join(", "))),
    }
}

/// The known name that a misspelt one is nearly equal to.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()), *known))
        // Two slips, and no more than a third of the word.
        .filter(|(slips, known)| *slips <= 2 && *slips * 3 <= known.len())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
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
    let choices = KEYS.iter().find(|known| known.key == key).map_or(&[][..], |known| known.choices);
    let error = Error::new(Exit::Usage, format!("`{value}` does not fit `{key}`"));
    let error = nearest(value, choices).into_iter().fold(error, |error, meant| error.hint(format!("did you mean `{meant}`?")));
    error.hint(format!("`{key}` takes {expected}"))
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
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_known_one() {
        let known = ["requirements.txt", "package.json", "port"];
        assert_eq!(nearest("requirments.txt", &known), Some("requirements.txt"));
        assert_eq!(nearest("pakcage.json", &known), Some("package.json"));
        assert_eq!(nearest("part", &known), Some("port"));
        assert_eq!(nearest("kind", &known), None);
    }

    #[test]
    fn an_answer_is_for_all_services_or_for_one() {
        let mut answers = AnswersByService::new(&["web", "api"]);
        answers.add_pairs(["port=8080", "web.port=9090"]).unwrap();
        assert_eq!(answers.of("web").get("port"), Some("9090"));
        assert_eq!(answers.of("api").get("port"), Some("8080"));
        let error = answers.add_pairs(["prot=1"]).unwrap_err();
        assert_eq!((error.exit, error.hints.as_slice()), (Exit::Usage, &["did you mean `port`?".to_owned()][..]));
    }

    #[test]
    fn words_are_split_as_a_shell_would() {
        let split = |command| shell_split(command).unwrap_or_default();
        assert_eq!(split("node  server.js"), ["node", "server.js"]);
        assert_eq!(split(r#"a "b c" 'd "e' f\ g ''"#), ["a", "b c", "d \"e", "f g", ""]);
        assert_eq!(shell_split("a 'b"), None);
    }
}
