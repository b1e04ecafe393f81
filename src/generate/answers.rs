//! Which answers hold: those of earlier runs, of flags and files, and of whoever can be asked.

use std::io::Read as _;

use super::{Open, Request};
use crate::answers_file::AnswersFile;
use crate::begin;
use crate::existing;
use crate::error::{Error, Exit, Result};
use crate::languages::{Facts, Note};
use crate::lock::LockedService;
use crate::project::Project;
use crate::questions::{self, Question};
use crate::recognise::{self, Service};
use crate::settings::{Answers, AnswersByService};
use crate::{prompt, render};

/// The file of `--answers`.
pub fn file(request: &Request<'_>) -> Result<Option<AnswersFile>> {
    let Some(name) = request.answers else { return Ok(None) };
    let text = if name == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs_err::read_to_string(name)
    };
    let text = text.map_err(|error| {
        Error::new(Exit::Usage, format!("the answers cannot be read: {error}")).hint("name a TOML file, or `-` for standard input")
    })?;
    AnswersFile::parse(name, &text).map(Some)
}

/// What flags and the file of `--answers` say.
pub fn given(request: &Request<'_>, file: Option<&AnswersFile>, names: &[&str]) -> Result<AnswersByService> {
    let mut given = AnswersByService::new(names);
    if let Some(file) = file {
        file.add_to(&mut given, names)?;
    }
    given.add_pairs(request.set.iter().map(String::as_str))?;
    if let Some(emit) = request.emit {
        given.give(None, "emit", emit)?;
    }
    Ok(given)
}

/// Asks what is open about a service, when questions may be asked.
pub fn settle(facts: &Facts, old: &AnswersByService, given: &mut AnswersByService, open: Open) -> Result<()> {
    let Open::Asked { again } = open else { return Ok(()) };
    let old = old.of(&facts.name);
    let given = given.of_mut(&facts.name);
    if again {
        return prompt::ask(facts, given, &old);
    }
    let mut both = old.clone().over_by(given.clone());
    let before = both.clone();
    prompt::ask(facts, &mut both, &old)?;
    for (key, value) in both.iter().filter(|(key, _)| before.get(key).is_none()) {
        given.insert(key, value.to_owned());
    }
    Ok(())
}

/// Where nobody can be asked, a guess is an answer that is missing. All of them are named at once.
pub fn refuse_guesses(services: &[Service], old: &AnswersByService, given: &AnswersByService) -> Result<()> {
    let mut missing: Vec<Question> = Vec::new();
    for service in services {
        let name = &service.facts.name;
        let choices = old.of(name).over_by(given.of(name)).over(&service.facts)?;
        missing.extend(questions::open(&choices.facts).into_iter().filter(|question| question.required));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let count = if missing.len() == 1 { "an answer is missing".to_owned() } else { format!("{} answers are missing", missing.len()) };
    let error = Error::new(Exit::AnswerMissing, format!("{count}, and nobody can be asked"));
    let error = missing.iter().fold(error, |error, question| {
        let key = if services.len() > 1 { format!("{}.{}", question.service, question.key) } else { question.key.to_owned() };
        let value = question.default.as_deref().unwrap_or("...");
        error.hint(format!("{}: pass `--set {}`", question.why, render::shell_words(&[format!("{key}={value}")])))
    });
    Err(error.hint("`--yes` takes every default"))
}

/// Answers that differ from what is detected belong into `dockwright.toml`; so does what describes a project to come.
pub fn keep_answers(services: &[Service], old: &AnswersByService, given: &AnswersByService, begun: bool, file: &mut AnswersFile) {
    for service in services {
        let name = service.facts.name.as_str();
        let of = (services.len() > 1).then_some(name);
        for (key, answer) in given.of(name).iter() {
            let detected = LockedService::new(&service.facts);
            let open = questions::open(&service.facts).iter().any(|question| question.key == key);
            if open || (begun && begin::KEYS.contains(&key)) || detected.facts.get(key).map(String::as_str) != Some(answer) {
                file.set(of, key, answer);
            }
        }
        // The Dockerfile that says it will be replaced.
        let facts = LockedService::new(&service.facts).facts;
        for key in existing::only_there(&service.facts).filter(|key| old.of(name).over_by(given.of(name)).get(key).is_none()) {
            if let Some(value) = facts.get(key) {
                file.set(of, key, value);
            }
        }
    }
}

/// The services that are there, or those of a project to come, with the answers that describe it.
pub fn services(project: &Project, found: Vec<Service>, request: &Request<'_>, old: &AnswersFile, file: Option<&AnswersFile>) -> Result<(Vec<Service>, Option<Answers>)> {
    let name = begin::name(request.root);
    let names = [name.as_str()];
    // What is said of services that are not there yet says nothing of the one to come.
    let given = given(request, file, &names);
    if !found.is_empty() {
        let wanted = given.ok().and_then(|given| given.of(&name).get("language").map(str::to_owned));
        return fits(found, wanted.as_deref(), old).map(|services| (services, None));
    }
    let given = given?;
    let mut before = AnswersByService::new(&names);
    old.add_to(&mut before, &names)?;
    let mut answers = before.of(&name).over_by(given.of(&name));
    let ask = request.begins && matches!(request.open, Open::Asked { .. });
    if answers.get("language").is_none() && !(request.begins && begin::is_empty(project)) {
        return Err(recognise::nothing(project));
    }
    let services = begin::services(request.root, &mut answers, ask)?;
    Ok((services, Some(answers)))
}

/// Whether what is there is of the language that was asked for.
fn fits(mut found: Vec<Service>, wanted: Option<&str>, old: &AnswersFile) -> Result<Vec<Service>> {
    let is = |language: &str| found.iter().any(|service| service.facts.language.value == language);
    if let Some(wanted) = wanted.filter(|wanted| !is(wanted)) {
        let language = &found[0].facts.language;
        let place = language.source().unwrap_or_default();
        return Err(Error::new(Exit::Usage, format!("`language={wanted}` does not fit: this is {} ({place})", language.value))
            .hint("`language` is for a folder in which nothing is yet: leave it away"));
    }
    if let Some(begun) = old.says("language") {
        let message = format!("the project is here now: `language` and `framework` in `{}` have no effect any more", crate::answers_file::FILE);
        let note = Note::info(message, None);
        found.iter_mut().take(usize::from(!begun.is_empty())).for_each(|service| service.facts.notes.push(note.clone()));
    }
    Ok(found)
}
