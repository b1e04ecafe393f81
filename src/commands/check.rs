//! `check`: for CI, whether the files still fit the stack, the answers and the pins.

use crate::cli::{Format, ReportArgs};
use crate::error::{Error, Exit, Result};
use crate::generate::{Generation, Open, Request, generate};
use crate::output::{Verbosity, human, json};

/// Looks and compares; writes nothing.
///
/// # Errors
/// Exit 1 when something no longer fits.
pub fn run(args: &ReportArgs, verbosity: Verbosity) -> Result<()> {
    let generation = look(args)?;
    let drift = generation.changes.iter().filter(|change| change.is_drift()).count();
    match args.format {
        Format::Json => json::print(&json::changes(&generation, &generation.checklist()?)),
        Format::Human if verbosity == Verbosity::Quiet => {}
        Format::Human => {
            human::changed_facts(&generation);
            generation.changes.iter().filter(|change| change.is_drift()).for_each(|change| human::data(&change.diff()));
        }
    }
    if !generation.has_state {
        return Err(Error::new(Exit::Findings, "there is no `dockwright.lock`: dockwright has written nothing here")
            .hint("run `dockwright init`, and commit what it writes"));
    }
    match drift {
        0 => Ok(()),
        _ => Err(Error::new(Exit::Findings, format!("{drift} of {} files no longer fit the project", generation.changes.len()))
            .hint("run `dockwright update`, and commit what it writes")),
    }
}

/// What `update --yes` would do.
pub(super) fn look(args: &ReportArgs) -> Result<Generation> {
    generate(&Request {
        root: &args.path,
        set: &[],
        answers: None,
        emit: None,
        only: &[],
        open: Open::Defaulted,
        begins: false,
        force: false,
        on_conflict: crate::reconcile::OnConflict::NewFile,
        templates: args.templates.as_deref(),
    })
}
