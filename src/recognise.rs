//! Which services a repository holds: the root when a language recognises it, else the folders below.

use std::rc::Rc;

use camino::Utf8Path;

use crate::error::{Error, Exit, Result};
use crate::languages::{self, Detected, Facts, Language, Note};
use crate::plan::Plan;
use crate::project::Project;
use crate::settings::Choices;

/// Folders deeper than this below the root are not looked at for services.
const MAX_DEPTH: usize = 3;
/// Folders that hold no service of their own, even when they look like one.
const NOT_SERVICES: &[&str] = &["docs", "doc", "examples", "example", "test", "tests", "fixtures", "testdata", "scripts"];
/// Manifests of stacks that are recognised and not supported yet.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("Gemfile", "Ruby"), ("composer.json", "PHP"), ("mix.exs", "Elixir"), ("gleam.toml", "Gleam"), ("rebar.config", "Erlang"),
    ("deno.json", "Deno"), ("deno.jsonc", "Deno"), ("build.sbt", "Scala"), ("project.clj", "Clojure"), ("deps.edn", "Clojure"),
    ("CMakeLists.txt", "C and C++"), ("meson.build", "C and C++"), ("Package.swift", "Swift"), ("pubspec.yaml", "Dart"),
    ("stack.yaml", "Haskell"), ("shard.yml", "Crystal"), ("build.zig", "Zig"), ("hugo.toml", "Hugo"), ("_config.yml", "Jekyll"),
];

/// A recognised service, its facts seen from the project's root.
pub struct Service {
    /// What is true of it.
    pub facts: Facts,
    /// Its folder.
    pub project: Rc<Project>,
    detected: Box<dyn Detected>,
}

impl Service {
    /// Decides everything that will be written, with paths relative to the service's folder.
    ///
    /// # Errors
    /// When an answer is missing or does not fit.
    pub fn plan(&self, choices: &Choices) -> Result<Plan> {
        self.detected.plan(choices)
    }
}

/// Recognises the services in a folder.
///
/// # Errors
/// Exit 4 when no language recognises anything, or a manifest is broken.
pub fn recognise(path: &Utf8Path) -> Result<Vec<Service>> {
    let project = Rc::new(Project::open(path)?);
    let misspelt = misspelt(&project);
    let mut services: Vec<Service> = service(&project, ".", languages::all())?.into_iter().collect();
    if services.is_empty() {
        services = below(&project)?;
    }
    if services.is_empty() {
        return Err(nothing(&project, path, &misspelt));
    }
    services[0].facts.notes.extend(misspelt);
    distinct_names(&mut services);
    Ok(services)
}

/// Asks the languages about one folder.
fn service(project: &Rc<Project>, dir: &str, languages: &[&dyn Language]) -> Result<Option<Service>> {
    let folder = if dir == "." { project.clone() } else { Rc::new(project.below(dir)) };
    for language in languages {
        if let Some(detected) = language.detect(&folder, ".")? {
            let facts = detected.facts().clone();
            let facts = if dir == "." { facts } else { facts.below(dir) };
            return Ok(Some(Service { facts, project: folder, detected }));
        }
    }
    Ok(None)
}

/// The services in the folders below: those nearest to the root, and none inside another.
fn below(project: &Rc<Project>) -> Result<Vec<Service>> {
    let mut folders: Vec<&str> = project
        .files()
        .flat_map(|file| file.match_indices('/').take(MAX_DEPTH).map(|(at, _)| &file[..at]))
        .filter(|dir| dir.split('/').all(|part| !part.starts_with('.') && !NOT_SERVICES.contains(&part)))
        .collect();
    folders.sort_by_key(|dir| (dir.matches('/').count(), *dir));
    folders.dedup();
    let mut services: Vec<Service> = Vec::new();
    for dir in folders {
        let taken = services.iter().any(|service| dir.starts_with(&format!("{}/", service.facts.path)));
        if !taken && let Some(found) = service(project, dir, languages::all())? {
            services.push(found);
        }
    }
    // A page in a folder is a service only where nothing else is: beside a server it is one of its files.
    if services.iter().any(|service| service.facts.language.value != "static") {
        services.retain(|service| service.facts.language.value != "static");
    }
    Ok(services)
}

/// Two services of one name get the names of their folders.
fn distinct_names(services: &mut [Service]) {
    let names: Vec<String> = services.iter().map(|service| service.facts.name.clone()).collect();
    for service in services {
        if names.iter().filter(|name| **name == service.facts.name).count() > 1 {
            service.facts.name = service.facts.path.replace('/', "-");
        }
    }
}

/// Files of the root whose names are nearly a manifest's.
fn misspelt(project: &Project) -> Vec<Note> {
    let known: Vec<&str> = languages::all().iter().flat_map(|language| language.manifests()).copied().collect();
    project
        .files()
        .filter(|file| !file.contains('/') && !known.contains(file))
        .filter_map(|file| {
            // The real manifest beside it: then this is another file, such as a second list of requirements.
            let meant = crate::settings::nearest(file, &known).filter(|meant| !project.has(meant))?;
            let message = format!("`{file}` is not read; if it is meant to be `{meant}`, rename it");
            Some(Note::warning(message, Some(&crate::found::Evidence::at(file, None, "a name nearly known"))))
        })
        .collect()
}

fn nothing(project: &Project, path: &Utf8Path, misspelt: &[Note]) -> Error {
    let unsupported = UNSUPPORTED.iter().find(|(file, _)| project.has(file));
    let error = match unsupported {
        Some((file, stack)) => Error::new(Exit::Unsupported, format!("`{file}` says {stack}, which is not supported yet"))
            .hint("supported are Node.js, Python, Go, Rust, Java, Kotlin and static sites"),
        None if project.files().next().is_none() => Error::new(Exit::Unsupported, format!("`{path}` is empty"))
            .hint("stand in the folder that holds the project, or name it: `dockwright init PATH`"),
        None => Error::new(Exit::Unsupported, format!("nothing was recognised in `{path}`"))
            .hint("stand in the folder that holds the manifest, for example `package.json`, or name it: `dockwright init PATH`"),
    };
    misspelt.iter().fold(error, |error, note| error.hint(note.message.clone()))
}
