//! `completions` and `man`: for packagers.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::error::{Error, Result};
use crate::output::human;

/// Prints a completion script.
pub fn completions(shell: clap_complete::Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dockwright", &mut script);
    human::data(&String::from_utf8_lossy(&script));
}

/// Prints the manual page.
///
/// # Errors
/// A page that cannot be rendered is a bug.
pub fn man() -> Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(|error| Error::bug(format!("the manual page: {error}")))?;
    human::data(&String::from_utf8_lossy(&page));
    Ok(())
}
