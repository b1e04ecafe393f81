//! `diff`: what `update` would change.

use crate::cli::{Format, ReportArgs};
use crate::error::Result;
use crate::output::{human, json};

/// Prints the unified diff; writes nothing.
///
/// # Errors
/// As those of `update`.
pub fn run(args: &ReportArgs) -> Result<()> {
    let generation = super::check::look(args)?;
    match args.format {
        Format::Json => json::print(&json::changes(&generation, &generation.checklist()?)),
        Format::Human => generation.changes.iter().for_each(|change| human::data(&change.diff())),
    }
    Ok(())
}
