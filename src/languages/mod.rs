//! The languages. To add one: a file or folder here with a [`Language`], a line in [`all`], and data folders of the
//! same name in `templates/`, `tests/fixtures/` and `snapshots/`.

pub mod node;

use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::plan::Plan;
use crate::project::Project;
use crate::settings::Answers;

/// A language: recognises its projects.
pub trait Language {
    /// Looks at one folder of the project.
    ///
    /// # Errors
    /// When a manifest is there but cannot be read or parsed.
    fn detect(&self, project: &Project, dir: &str) -> Result<Option<Box<dyn Detected>>>;
}

/// A recognised service of one language.
pub trait Detected {
    /// What was recognised.
    fn facts(&self) -> &Facts;

    /// Decides everything that will be written.
    ///
    /// # Errors
    /// When an answer is missing or does not fit.
    fn plan(&self, answers: &Answers) -> Result<Plan>;
}

/// All languages, in the order they are asked. The first that recognises a folder wins.
pub fn all() -> [&'static dyn Language; 1] {
    [&node::Node]
}

/// What a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Answers on a port.
    Web,
    /// Runs for ever, without a port.
    Worker,
    /// Runs and ends, started by a person.
    Cli,
    /// Files, served.
    Static,
    /// Runs and ends, started by a schedule.
    Job,
}

/// What every language says of a service. A fact that is not known is `None`.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Name for images and files.
    pub name: String,
    /// Folder, `.` for the root.
    pub path: String,
    /// Language.
    pub language: Found<String>,
    /// Release line or exact version.
    pub version: Option<Found<String>>,
    /// Package manager.
    pub package_manager: Option<Found<String>>,
    /// Build tool.
    pub build_tool: Option<Found<String>>,
    /// Framework.
    pub framework: Option<Found<String>>,
    /// Kind.
    pub kind: Found<Kind>,
    /// Port.
    pub port: Option<Found<u16>>,
    /// Start command.
    pub start: Option<Found<Vec<String>>>,
    /// Build command.
    pub build: Option<Found<Vec<String>>>,
    /// Health path.
    pub health: Option<Found<String>>,
    /// What the user should know.
    pub notes: Vec<Note>,
}

/// A remark about the project.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Note {
    /// `info` or `warning`.
    pub level: &'static str,
    /// What, and what to do.
    pub message: String,
    /// Where.
    #[serde(flatten)]
    pub evidence: Option<NotePlace>,
}

/// Where a note points.
#[derive(Debug, Clone, serde::Serialize)]
pub struct NotePlace {
    /// Path relative to the project.
    pub file: String,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl Note {
    /// Something that works but should be mended.
    pub fn warning(message: impl Into<String>, evidence: Option<&Evidence>) -> Self {
        let evidence = evidence.map(|found| NotePlace { file: found.file.clone(), line: found.line });
        Self { level: "warning", message: message.into(), evidence }
    }
}
