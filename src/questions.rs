//! What no file says: the questions that are left open, as data. Prompts, `detect` and `--no-input` all read this list.

use serde::Serialize;

use crate::found::{Confidence, Found};
use crate::languages::{Facts, Kind};

/// A question with the answer that `--yes` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The key of `--set`.
    pub key: &'static str,
    /// The question in a few words.
    pub title: String,
    /// The service that it is about.
    pub service: String,
    /// Why it is asked.
    pub why: String,
    /// What `--yes` takes.
    pub default: Option<String>,
    /// The values to choose from; empty where any value may be typed.
    pub choices: Vec<String>,
    /// Whether `--no-input` ends with exit 3 without it. Otherwise the default is a sound one.
    pub required: bool,
}

/// The questions that a service leaves open. An answer to the first may settle those after it.
pub fn open(facts: &Facts) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut ask = |key, title: String, why: String, default: Option<String>, choices: Vec<String>, required| {
        questions.push(Question { key, title, service: facts.name.clone(), why, default, choices, required });
    };
    if guessed(&facts.kind) {
        let kinds = ["web", "worker", "cli", "job"].map(str::to_owned).to_vec();
        let why = reason("nothing says whether it answers on a port", &facts.kind);
        ask("kind", "Kind of service".to_owned(), why, Some(facts.kind.value.to_string()), kinds, true);
    }
    if let Some(version) = facts.version.as_ref().filter(|version| guessed(version)) {
        let what = format!("no file says which version of {}", facts.language.value);
        let title = format!("Version of {}", facts.language.value);
        ask("version", title, reason(&what, version), Some(version.value.clone()), Vec::new(), false);
    }
    let title = || "Start command".to_owned();
    match &facts.start {
        None if facts.kind.value != Kind::Static => {
            ask("start", title(), "nothing says how it is started".to_owned(), None, Vec::new(), true);
        }
        Some(start) if guessed(start) => {
            let default = crate::render::shell_words(&start.value);
            ask("start", title(), reason("no file says how it is started", start), Some(default), Vec::new(), true);
        }
        _ => {}
    }
    let title = || "Port".to_owned();
    match &facts.port {
        None if facts.kind.value == Kind::Web => {
            ask("port", title(), "nothing says which port it listens on".to_owned(), None, Vec::new(), true);
        }
        Some(port) if guessed(port) => {
            let why = reason("no file says which port it listens on", port);
            ask("port", title(), why, Some(port.value.to_string()), Vec::new(), true);
        }
        _ => {}
    }
    questions
}

fn guessed<T>(found: &Found<T>) -> bool {
    found.confidence == Confidence::Guess
}

/// What is asked, and what made us think of the default.
fn reason<T>(what: &str, found: &Found<T>) -> String {
    match found.evidence.first() {
        Some(evidence) => format!("{what} ({}: {})", evidence.place(), evidence.reason),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::Evidence;

    fn facts() -> Facts {
        let seen = || Evidence::at("a.json", 2, "seen");
        let mut facts = Facts::new("web", ".", Found::certain("node".to_owned(), seen()), Found::certain(Kind::Web, seen()));
        facts.start = Some(Found::certain(vec!["node".to_owned()], seen()));
        facts.port = Some(Found::certain(3000, seen()));
        facts
    }

    #[test]
    fn what_a_file_says_is_not_asked() {
        assert_eq!(open(&facts()), []);
    }

    #[test]
    fn a_guess_is_asked_with_its_source_and_default() {
        let mut facts = facts();
        facts.port = Some(Found::guess(3000, Some(Evidence::at("a.json", 2, "the default of x"))));
        let questions = open(&facts);
        assert_eq!(questions.len(), 1);
        assert_eq!((questions[0].key, questions[0].default.as_deref()), ("port", Some("3000")));
        assert!(questions[0].why.contains("a.json:2: the default of x"));
    }

    #[test]
    fn a_worker_has_no_port_to_ask_for() {
        let mut facts = facts();
        facts.port = None;
        facts.kind = Found::certain(Kind::Worker, Evidence::at("a.json", 2, "seen"));
        assert_eq!(open(&facts), []);
    }
}
