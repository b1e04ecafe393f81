//! The self-proof: before anything is written, the output is read again as the builder will read it, and must agree with
//! the plan, with the project and with itself. What does not agree is a bug in dockwright, never a file.

mod context;
mod image;
mod runtime;

use crate::artefacts;
use crate::dockerfile::{self, Dockerfile};
use crate::dockerignore::Matcher;
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::project::Project;
use crate::render::RenderedFile;

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

/// Every promise, one function each.
const CHECKS: &[Check] = &[
    image::stages_exist,
    image::no_latest,
    image::pinned,
    image::no_secrets,
    image::no_add,
    image::caches_in_build_stages,
    image::lists_removed,
    runtime::user,
    runtime::exec_form,
    runtime::no_shell,
    runtime::one_port,
    runtime::probe,
    runtime::program,
    runtime::signal,
    context::sources_exist,
    context::copied_survive,
    context::secrets_stay_out,
];

/// Checks the rendered files against the plan and the project.
///
/// # Errors
/// Exit 70, pointing at the line that does not agree.
pub fn prove(plan: &Plan, project: &Project, files: &[RenderedFile]) -> Result<()> {
    let text = |artefact| files.iter().find(|file| artefacts::of(&file.path) == Some(artefact)).map_or("", |file| file.text.as_str());
    let (dockerfile, dockerignore) = (text("dockerfile"), text("dockerignore"));
    let ignored = Matcher::new(dockerignore).map_err(|line| {
        contradiction(".dockerignore", dockerignore, &Contradiction::new(line, "the builder would refuse this pattern"))
    })?;
    let file = dockerfile::read(dockerfile)
        .map_err(|(line, what)| contradiction("Dockerfile", dockerfile, &Contradiction::new(line, what)))?;
    let evidence = Evidence { plan, project, file: &file, ignored: &ignored };
    match CHECKS.iter().flat_map(|check| check(&evidence)).next() {
        Some(found) => Err(contradiction("Dockerfile", dockerfile, &found)),
        None => Ok(()),
    }
}

fn contradiction(file: &str, text: &str, found: &Contradiction) -> Error {
    Error::bug(format!("the generated `{file}` contradicts itself: {}", found.what))
        .at(dockerfile::place(file, text, found.line))
}

#[cfg(test)]
mod tests;
