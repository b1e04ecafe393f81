//! Text from a project stays text: whatever a name, a command or a path holds, the generated files have the same
//! instructions, and the program gets the words as they are.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use camino::Utf8PathBuf;
use dockwright::dockerfile::{self, Command, Dockerfile, Kind};
use dockwright::languages::{Detected, Language, node::Node};
use dockwright::project::Project;
use dockwright::recognise::{Service, recognise};
use dockwright::settings::Answers;
use dockwright::{artefacts, prove, render};
use proptest::prelude::*;

/// Pieces that mean something to a shell, a Dockerfile, YAML, JSON, a template or a workflow.
const PIECES: &[&str] = &[
    "a", "b c", "'", "\"", "$", "$HOME", "${x}", "${{ secrets.X }}", "{{ x }}", "{% raw %}", "#", " #", "\\", "\n", "\r\n", "\nUSER root\n", "\t",
    "`id`", "$(id)", ";", "&&", "|", ">", "*", "é", "日本", "--flag", "@", ":", ": ", "- ", "%", "!", "<<EOF", ",", "[", "]", "\u{2028}",
];

fn hostile() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 1..6).prop_map(|pieces| pieces.concat())
}

/// Every service of every fixture.
fn services() -> Vec<Service> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| recognise(&Utf8PathBuf::from_path_buf(path).unwrap()).unwrap()).collect()
}

fn dockerfile(detected: &dyn Fn(&dockwright::settings::Choices) -> dockwright::plan::Plan, project: &Project, choices: &dockwright::settings::Choices) -> Dockerfile {
    let plan = detected(choices);
    let files = render::render(&plan, project).unwrap();
    prove::prove(&plan, project, &files).unwrap();
    let file = files.iter().find(|file| artefacts::of(&file.path) == Some("dockerfile")).unwrap();
    dockerfile::read(&file.text).unwrap_or_else(|error| panic!("{error:?}\n{}", file.text))
}

/// What the container runs.
fn command(file: &Dockerfile) -> Vec<String> {
    let words = |kind: &Kind| match kind {
        Kind::Entrypoint(Command::Exec(words)) | Kind::Cmd(Command::Exec(words)) => words.clone(),
        _ => Vec::new(),
    };
    file.stages.last().unwrap().steps.iter().flat_map(|step| words(&step.kind)).collect()
}

#[test]
fn answers_stay_text_in_every_fixture() {
    let services = services();
    proptest!(ProptestConfig::with_cases(96), |(at in any::<prop::sample::Index>(), name in hostile(), path in hostile(), words in prop::collection::vec(hostile(), 1..3))| {
        let service = &services[at.index(services.len())];
        let program = service.facts.start.as_ref().map(|start| start.value[0].clone());
        let written = |name: &str, path: &str, words: &[String]| {
            let mut answers = Answers::default();
            answers.insert("name", name.to_owned());
            if service.facts.health.is_some() {
                answers.insert("health", format!("/{path}"));
            }
            if let Some(program) = &program {
                let start: Vec<String> = std::iter::once(program.clone()).chain(words.iter().cloned()).collect();
                answers.insert("start", render::shell_words(&start));
            }
            dockerfile(&|choices| service.plan(choices).unwrap(), &service.project, &answers.over(&service.facts).unwrap())
        };
        let harmless = written("x", "x", &vec!["x".to_owned(); words.len()]);
        let file = written(&name, &path, &words);
        prop_assert_eq!(file.count, harmless.count, "instructions came from the text");
        if program.is_some() {
            prop_assert!(command(&file).ends_with(&words), "{:?} does not end with {words:?}", command(&file));
        }
    });
}

#[test]
fn a_manifest_stays_text() {
    proptest!(ProptestConfig::with_cases(96), |(name in hostile(), file in hostile())| {
        let main = format!("{}.js", file.replace(['/', '\r'], "_"));
        let manifest = serde_json::json!({ "name": name, "main": main }).to_string();
        let project = Project::from_files([("package.json", manifest.as_str()), (main.as_str(), "require('http').createServer().listen(3000)")]);
        let detected: Vec<Box<dyn Detected>> = Node.detect(&project).unwrap();
        let choices = Answers::default().over(detected[0].facts()).unwrap();
        let file = dockerfile(&|choices| detected[0].plan(choices).unwrap(), &project, &choices);
        let words = command(&file);
        prop_assert_eq!(words.last(), Some(&main));
    });
}
