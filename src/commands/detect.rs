//! `detect`: what was recognised and why.

use crate::cli::{ReportArgs, Format};
use crate::error::Result;
use crate::output::{Verbosity, human, json};
use crate::recognise::recognise;

/// Prints the facts.
///
/// # Errors
/// When nothing is recognised or a manifest is broken.
pub fn run(args: &ReportArgs, verbosity: Verbosity) -> Result<()> {
    let services = recognise(&args.path)?;
    match args.format {
        Format::Human => services.iter().for_each(|service| human::data(&human::facts(service, verbosity))),
        Format::Json => json::print(&json::detect(&services)),
    }
    Ok(())
}
