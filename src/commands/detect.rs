//! `detect`: what was recognised and why.

use crate::cli::{DetectArgs, Format};
use crate::error::Result;
use crate::output::{human, json};

/// Prints the facts.
///
/// # Errors
/// When nothing is recognised or a manifest is broken.
pub fn run(args: &DetectArgs) -> Result<()> {
    let detected = super::recognise(&args.path)?;
    match args.format {
        Format::Human => human::facts(detected.facts()),
        Format::Json => json::print(&json::detect(detected.facts())),
    }
    Ok(())
}
