//! `undo`: what the last run replaced comes back.

use crate::cli::PathArgs;
use crate::error::Result;
use crate::output::{Verbosity, human};
use crate::write::{self, RealDisk};

/// Brings back what the last run replaced.
///
/// # Errors
/// Exit 4 when there is nothing to bring back, exit 6 when a file was edited since.
pub fn run(args: &PathArgs, verbosity: Verbosity) -> Result<()> {
    let _guard = write::guard(&args.path)?;
    if let Some(recovered) = write::recover(&RealDisk, &args.path)? {
        human::recovered(recovered);
    }
    let paths = write::undo(&RealDisk, &args.path)?;
    if verbosity > Verbosity::Quiet {
        human::undone(&paths);
    }
    Ok(())
}
