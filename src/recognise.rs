//! Which services a repository holds: the root when a language recognises it, else the folders below.

use std::rc::Rc;

use camino::Utf8Path;

use crate::error::{Error, Exit, Result};
use crate::existing;
use crate::languages::{self, Detected, Facts, Language, Note};
use crate::plan::Plan;
use crate::project::Project;
use crate::settings::Choices;

/// Folders deeper than this below the root are not looked at for services.
const MAX_DEPTH: usize = 3;
/// Folders that hold no service of their own, even when they look like one.
const NOT_SERVICES: &[&str] = &["docs", "doc", "examples", "example", "test", "tests", "fixtures", "testdata", "scripts"];
/// A recognised service, its facts seen from the project's root.
pub struct Service {
    /// What is true of it.
    pub facts: Facts,
    /// The folder that it is built from, relative to the root: its own, or that of the workspace it is a member of.
    pub context: String,
    /// That folder.
    pub project: Rc<Project>,
    detected: Box<dyn Detected>,
}

impl Service {
    /// Whether files can be written for it.
    ///
    /// # Errors
    /// Exit 4 for what is recognised only.
    pub fn supported(&self) -> Result<()> {
        self.detected.supported()
    }

    /// What was detected or answered, with the base left open.
    pub fn choices(&self) -> Choices {
        Choices { facts: self.facts.clone(), base: None }
    }

    /// Decides everything that will be written, with paths relative to the build context.
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
    match services(&project)? {
        found if found.is_empty() => Err(nothing(&project)),
        found => Ok(found),
    }
}

/// Recognises the services of a project that is open; there may be none.
///
/// # Errors
/// Exit 4 when a manifest is broken.
pub fn services(project: &Rc<Project>) -> Result<Vec<Service>> {
    let mut services = in_folder(project, ".", languages::all())?;
    // A workspace's members say nothing of the folders that belong to another language.
    if services.iter().all(|service| service.facts.path != ".") {
        below(project, &mut services)?;
    }
    if services.is_empty() {
        services = in_folder(project, ".", languages::last())?;
    }
    if let Some(first) = services.first_mut() {
        first.facts.notes.extend(misspelt(project));
        first.facts.notes.extend(crate::deployment::literals(project, "."));
    }
    distinct_names(&mut services);
    services.iter_mut().for_each(|service| existing::add(project, &mut service.facts));
    Ok(services)
}

/// Asks the languages about one folder: the first that recognises it has it.
fn in_folder(project: &Rc<Project>, dir: &str, languages: &[&dyn Language]) -> Result<Vec<Service>> {
    let folder = if dir == "." { project.clone() } else { Rc::new(project.below(dir)) };
    for language in languages {
        let found = language.detect(&folder)?;
        if !found.is_empty() {
            let service = |detected: Box<dyn Detected>| {
                let facts = detected.facts().clone();
                let facts = if dir == "." { facts } else { facts.below(dir) };
                Service { facts, context: dir.to_owned(), project: folder.clone(), detected }
            };
            return Ok(found.into_iter().map(service).collect());
        }
    }
    Ok(Vec::new())
}

/// Adds the services in the folders below: those nearest to the root, and none inside another. A folder of the language
/// that has members at the root is one of its libraries or examples.
fn below(project: &Rc<Project>, services: &mut Vec<Service>) -> Result<()> {
    let at_root: Vec<String> = services.iter().map(|service| service.facts.language.value.clone()).collect();
    let mut folders: Vec<&str> = project
        .files()
        .flat_map(|file| file.match_indices('/').take(MAX_DEPTH).map(|(at, _)| &file[..at]))
        .filter(|dir| dir.split('/').all(|part| !part.starts_with('.') && !NOT_SERVICES.contains(&part)))
        .collect();
    folders.sort_by_key(|dir| (dir.matches('/').count(), *dir));
    folders.dedup();
    for dir in folders {
        let inside = |folder: &str| folder != "." && (dir == folder || dir.starts_with(&format!("{folder}/")));
        if services.iter().any(|service| inside(&service.context) || inside(&service.facts.path)) {
            continue;
        }
        services.extend(in_folder(project, dir, languages::all())?.into_iter().filter(|found| !at_root.contains(&found.facts.language.value)));
    }
    // A page in a folder is a service only where nothing else is: beside a server it is one of its files.
    if services.iter().any(|service| service.facts.language.value != "static") {
        services.retain(|service| service.facts.language.value != "static");
    }
    Ok(())
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

/// Exit 4: nothing was recognised, and what may be the reason.
pub fn nothing(project: &Project) -> Error {
    let path = project.root();
    let error = if project.files().next().is_none() {
        Error::new(Exit::Unsupported, format!("`{path}` is empty"))
            .hint("stand in the folder that holds the project, or name it: `dockwright init PATH`")
    } else {
        Error::new(Exit::Unsupported, format!("nothing was recognised in `{path}`"))
            .hint("stand in the folder that holds the manifest, for example `package.json`, or name it: `dockwright init PATH`")
    };
    misspelt(project).iter().fold(error, |error, note| error.hint(note.message.clone()))
}
