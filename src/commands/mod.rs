//! One verb per file.

pub mod detect;
pub mod init;

use camino::Utf8Path;

use crate::error::{Error, Exit, Result};
use crate::languages::{self, Detected};
use crate::project::Project;

/// Recognises the service in a folder.
///
/// # Errors
/// Exit 4 when no language recognises it.
pub fn recognise(path: &Utf8Path) -> Result<Box<dyn Detected>> {
    let project = Project::open(path)?;
    for language in languages::all() {
        if let Some(detected) = language.detect(&project, ".")? {
            return Ok(detected);
        }
    }
    Err(Error::new(Exit::Unsupported, format!("nothing was recognised in `{path}`"))
        .hint("stand in the folder that holds the manifest, for example `package.json`"))
}
