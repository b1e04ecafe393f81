//! What a run is about to do, on disk, so that the next one can end it.

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Exit, Result};

/// The folder of what is staged.
pub const STAGE: &str = "stage";
/// The folder of what was replaced last.
pub const UNDO: &str = "undo";
/// The journal of a run that goes forward.
pub const FORWARD: &str = "journal.toml";
/// The journal of a run that is being taken back.
pub const BACK: &str = "journal-back.toml";

/// The file that holds the old content of an entry.
pub fn before(number: usize) -> String {
    format!("{number}.before")
}

/// The file that will be moved to an entry's path.
pub fn after(number: usize) -> String {
    format!("{number}.after")
}

/// A copy of what was written, for seeing later whether it was edited.
pub fn written(number: usize) -> String {
    format!("{number}.written")
}

/// The entries, in order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Journal {
    #[serde(default, rename = "entry")]
    pub entries: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    pub path: String,
    /// Whether it was there before.
    pub existed: bool,
    /// Whether it is to be removed.
    pub removed: bool,
}

impl Journal {
    /// Reads a journal; `None` when there is none.
    pub fn read(path: &Utf8Path) -> Result<Option<Self>> {
        let Ok(text) = std::fs::read_to_string(path) else { return Ok(None) };
        toml::from_str(&text).map(Some).map_err(|error| {
            Error::new(Exit::Outside, format!("`{path}` is broken: {}", error.message()))
                .hint("remove the folder `.dockwright`, and look at the changes of the last run with your version control")
        })
    }

    pub fn text(&self) -> std::io::Result<String> {
        toml::to_string(self).map_err(std::io::Error::other)
    }
}
