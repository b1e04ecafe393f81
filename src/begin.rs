//! A project that is still to come. Its language says what a small one would look like; that one is kept in memory and recognised
//! as any other, so there is no second way to a plan. Once real files are there, they are recognised instead.

use std::rc::Rc;

use camino::Utf8Path;

use crate::error::{Error, Exit, Result};
use crate::languages::{self, Note};
use crate::project::Project;
use crate::prompt;
use crate::recognise::{self, Service};
use crate::render::image_name;
use crate::settings::{Answers, nearest};

/// What a project of a language and framework looks like at first.
#[derive(Debug)]
pub struct Beginning {
    /// Name of the language.
    pub language: &'static str,
    /// Name of the framework; `none` without one.
    pub framework: &'static str,
    /// The framework's usual port; `None` for what listens on none.
    pub port: Option<u16>,
    /// The fewest files that say all of it, with `{name}` and `{port}` for the answers.
    pub files: &'static [(&'static str, &'static str)],
    /// What the written files expect of the real ones, for a person.
    pub expects: &'static str,
}

/// The answers that describe a project to come.
pub const KEYS: &[&str] = &["language", "framework", "port"];

/// Every beginning; those of one language together, its usual framework first.
pub fn all() -> impl Iterator<Item = &'static Beginning> {
    languages::all().iter().flat_map(|language| language.beginnings())
}

/// The languages that a project can be begun in.
pub fn languages() -> Vec<&'static str> {
    let mut names: Vec<&str> = all().map(|beginning| beginning.language).collect();
    names.dedup();
    names
}

/// The frameworks of a language.
pub fn frameworks(language: &str) -> Vec<&'static str> {
    all().filter(|beginning| beginning.language == language).map(|beginning| beginning.framework).collect()
}

/// The name of the one service of a project to come: that of its folder.
pub fn name(root: &Utf8Path) -> String {
    image_name(root.canonicalize_utf8().ok().as_deref().and_then(Utf8Path::file_name).unwrap_or("app"))
}

/// Whether nothing is there yet but what every repository begins with, and dockwright's own files.
pub fn is_empty(project: &Project) -> bool {
    const FIRST: &[&str] = &["README", "LICENSE", "LICENCE", "COPYING", "CONTRIBUTING", "CODEOWNERS", ".git", ".editorconfig", "dockwright.", ".dockwright/", "Dockerfile", ".dockerignore"];
    project.files().all(|file| FIRST.iter().any(|name| file.starts_with(name)))
}

/// The services of a project to come.
///
/// # Errors
/// Exit 3 when no language is given and nobody can be asked, exit 2 when there is no such language or framework.
pub fn services(root: &Utf8Path, answers: &mut Answers, ask: bool) -> Result<Vec<Service>> {
    let language = choose(answers, "language", "Language", &languages(), ask)?;
    let framework = match answers.get("framework") {
        None if !ask => frameworks(&language).first().map(|name| (*name).to_owned()).unwrap_or_default(),
        _ => choose(answers, "framework", "Framework", &frameworks(&language), ask)?,
    };
    let beginning = all()
        .find(|beginning| beginning.language == language && beginning.framework == framework)
        .ok_or_else(|| Error::bug(format!("there is no beginning of {language} with {framework}")))?;
    let port = match (beginning.port, answers.get("port")) {
        (None, _) => None,
        (Some(usual), _) if ask => Some(prompt::port(answers.get("port").and_then(|port| port.parse().ok()).unwrap_or(usual))?),
        (Some(usual), None) => Some(usual),
        // A port that is none is refused where the answers are laid over the facts.
        (Some(usual), Some(port)) => Some(port.parse().unwrap_or(usual)),
    };
    answers.insert("language", language);
    answers.insert("framework", framework);
    if let Some(port) = port.filter(|port| Some(*port) != beginning.port || answers.get("port").is_some()) {
        answers.insert("port", port.to_string());
    }
    let fill = |text: &str| text.replace("{name}", &name(root)).replace("{port}", &port.unwrap_or_default().to_string());
    let files: Vec<(&str, String)> = beginning.files.iter().map(|(path, text)| (*path, fill(text))).collect();
    let project = Rc::new(Project::from_files(files.iter().map(|(path, text)| (*path, text.as_str()))));
    let mut services = recognise::services(&project)?;
    for service in &mut services {
        service.facts.name = name(root);
        service.facts.each_evidence(|evidence| evidence.reason = format!("to come: {}", evidence.reason));
        let message = format!("nothing is here yet: the files expect {}; `dockwright update` looks again", fill(beginning.expects));
        // What is said of files that are not there would only confuse.
        service.facts.notes = vec![Note::info(message, None)];
    }
    Ok(services)
}

fn choose(answers: &Answers, key: &str, title: &str, known: &[&str], ask: bool) -> Result<String> {
    if ask {
        return prompt::choose(title, known, answers.get(key));
    }
    match answers.get(key) {
        Some(given) if known.contains(&given) => Ok(given.to_owned()),
        Some(given) => {
            let error = Error::new(Exit::Usage, format!("there is no {key} `{given}` to begin with"));
            let error = nearest(given, known).into_iter().fold(error, |error, meant| error.hint(format!("did you mean `{meant}`?")));
            Err(error.hint(format!("known: {}", known.join(", "))))
        }
        None => Err(Error::new(Exit::AnswerMissing, "the folder is empty, and an answer is missing: the language of the project to come")
            .hint(format!("pass `--set language=NAME`, one of {}", known.join(", ")))
            .hint("`--set framework=NAME` and `--set port=NUMBER` say more; without them the usual ones are taken")
            .hint("to begin from a project that is there, stand in its folder, or name it: `dockwright init PATH`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_is_recognised_as_what_it_says() {
        assert!(languages().len() >= 3);
        for beginning in all() {
            let port = beginning.port.map(|port| port + 1);
            let mut answers = Answers::default();
            answers.insert("language", beginning.language.to_owned());
            answers.insert("framework", beginning.framework.to_owned());
            if let Some(port) = port {
                answers.insert("port", port.to_string());
            }
            let what = format!("{} {}", beginning.language, beginning.framework);
            let services = services(Utf8Path::new("."), &mut answers, false).unwrap_or_else(|error| panic!("{what}: {error:?}"));
            let [service] = services.as_slice() else { panic!("{what}: {} services", services.len()) };
            let facts = &service.facts;
            assert_eq!(facts.language.value, beginning.language, "{what}");
            let framework = facts.framework.as_ref().map_or("none", |found| found.value.as_str());
            assert_eq!(framework, beginning.framework, "{what}");
            assert_eq!(crate::questions::open(facts).iter().filter(|question| question.required).count(), 0, "{what}: {:?}", crate::questions::open(facts));
            let choices = answers.over(facts).unwrap();
            assert_eq!(choices.facts.port_number(), port, "{what}");
            service.plan(&choices).unwrap_or_else(|error| panic!("{what}: {error:?}"));
        }
    }

    #[test]
    fn without_a_language_the_flag_is_named() {
        let error = services(Utf8Path::new("."), &mut Answers::default(), false).err().unwrap();
        assert_eq!(error.exit, Exit::AnswerMissing);
        assert!(error.hints[0].contains("--set language=") && error.hints[0].contains("python"), "{error:?}");
        let mut answers = Answers::default();
        answers.insert("language", "pyton".to_owned());
        let error = services(Utf8Path::new("."), &mut answers, false).err().unwrap();
        assert_eq!((error.exit, error.hints[0].as_str()), (Exit::Usage, "did you mean `python`?"));
    }
}
