//! The self-proof: before anything is written, the output is read again as the builder will read it, and must agree with
//! the plan, with the project and with itself. What does not agree is a bug in dockwright, never a file.

mod context;
mod image;
mod runtime;

use std::collections::BTreeMap;

use crate::artefacts;
use crate::dockerfile::{self, Dockerfile};
use crate::dockerignore::Matcher;
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::project::Project;
use crate::render::RenderedFile;
use crate::templates::Templates;

/// A contradiction: the line of the generated file, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Contradiction {
    line: usize,
    what: String,
}

impl Contradiction {
    fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

/// What every check may look at.
struct Evidence<'e> {
    plan: &'e Plan,
    project: &'e Project,
    file: &'e Dockerfile,
    ignored: &'e Matcher,
}

type Check = fn(&Evidence<'_>) -> Vec<Contradiction>;

/// Every promise, one function each, with the item of the checklist that it belongs to.
const CHECKS: &[(&str, Check)] = &[
    ("multi-stage", image::stages_exist),
    ("pinned", image::no_latest),
    ("pinned", image::pinned),
    ("no-secrets", image::no_secrets),
    ("pinned", image::no_add),
    ("multi-stage", image::caches_in_build_stages),
    ("minimal-base", image::lists_removed),
    ("non-root", runtime::user),
    ("signals", runtime::exec_form),
    ("minimal-base", runtime::no_shell),
    ("healthcheck", runtime::one_port),
    ("healthcheck", runtime::probe),
    ("signals", runtime::program),
    ("signals", runtime::signal),
    ("dockerignore", context::sources_exist),
    ("dockerignore", context::copied_survive),
    ("no-secrets", context::secrets_stay_out),
];

/// Checks the rendered files against the plan and the project.
///
/// # Errors
/// Exit 70, pointing at the line that does not agree.
pub fn prove(plan: &Plan, project: &Project, files: &[RenderedFile]) -> Result<()> {
    prove_with(plan, project, files, &Templates::default(), &BTreeMap::new())
}

/// The same for files that templates of one's own have made: a contradiction is theirs, and may be waived by its item.
///
/// # Errors
/// Exit 2, naming the promise and the templates; exit 70 where all templates are the built-in ones.
pub fn prove_with(plan: &Plan, project: &Project, files: &[RenderedFile], own: &Templates, waived: &BTreeMap<String, String>) -> Result<()> {
    let text = |artefact| files.iter().find(|file| artefacts::of(&file.path) == Some(artefact)).map_or("", |file| file.text.as_str());
    let (dockerfile, dockerignore) = (text("dockerfile"), text("dockerignore"));
    let ignored = Matcher::new(dockerignore).map_err(|line| {
        contradiction(".dockerignore", dockerignore, &Contradiction::new(line, "the builder would refuse this pattern"))
    })?;
    let file = dockerfile::read(dockerfile)
        .map_err(|(line, what)| contradiction("Dockerfile", dockerfile, &Contradiction::new(line, what)))?;
    let evidence = Evidence { plan, project, file: &file, ignored: &ignored };
    for (item, check) in CHECKS {
        match check(&evidence).first() {
            None => {}
            Some(found) if own.is_empty() => return Err(contradiction("Dockerfile", dockerfile, found)),
            Some(_) if waived.contains_key(*item) => {}
            Some(found) => return Err(own.broken(item, &found.what).at(dockerfile::place("Dockerfile", dockerfile, found.line))),
        }
    }
    Ok(())
}

fn contradiction(file: &str, text: &str, found: &Contradiction) -> Error {
    Error::bug(format!("the generated `{file}` contradicts itself: {}", found.what))
        .at(dockerfile::place(file, text, found.line))
}

#[cfg(test)]
mod tests;
