//! The languages. To add one: a file or folder here with a [`Language`], a line in [`all`], and data folders of the
//! same name in `templates/`, `tests/fixtures/` and `snapshots/`.

pub mod go;
pub mod java;
pub mod node;
pub mod python;
pub mod recognised;
pub mod rust;
pub mod static_site;

use crate::begin::Beginning;
use crate::error::{Error, Exit, Result};
use crate::found::{Evidence, Found};
use crate::plan::Plan;
use crate::project::{Project, join};
use crate::settings::Choices;
use recognised::Recognised;

/// A language: recognises its projects.
pub trait Language: Sync {
    /// The services of one folder, which is also the build context of them all: none when the folder is not of this
    /// language, one for most, several for a workspace or a module with several programs. The path of each
    /// ([`Facts::path`]) is relative to the folder: `.` for the folder itself, `apps/web` for a member.
    ///
    /// # Errors
    /// When a manifest is there but cannot be read or parsed.
    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>>;

    /// The file names that this language is recognised by, for telling a misspelt one.
    fn manifests(&self) -> &'static [&'static str];

    /// What a project of this language looks like at first, for `init` in an empty folder: one for each framework that people
    /// begin with, the usual one first. None where it cannot be begun.
    fn beginnings(&self) -> &'static [Beginning] {
        &[]
    }
}

/// A recognised service of one language.
pub trait Detected {
    /// What was recognised.
    fn facts(&self) -> &Facts;

    /// Whether files can be written for it.
    ///
    /// # Errors
    /// Exit 4 for what is recognised only, with the nearest way on.
    fn supported(&self) -> Result<()> {
        Ok(())
    }

    /// Decides everything that will be written. Facts are taken from `choices.facts`, where the answers are laid over
    /// what was detected.
    ///
    /// # Errors
    /// When an answer is missing or does not fit.
    fn plan(&self, choices: &Choices) -> Result<Plan>;
}

/// All languages, in the order they are asked. The first that recognises a folder wins.
pub fn all() -> &'static [&'static dyn Language] {
    &[&python::Python, &go::Go, &rust::Rust, &Recognised::PROGRAMS, &java::Java, &node::Node, &static_site::StaticSite]
}

/// Asked at the root when no folder holds anything else.
pub fn last() -> &'static [&'static dyn Language] {
    &[&Recognised::TOOLS]
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

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Web => "web",
            Self::Worker => "worker",
            Self::Cli => "cli",
            Self::Static => "static",
            Self::Job => "job",
        })
    }
}

/// What every language says of a service. A fact that is not known is `None`.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Name for images and files.
    pub name: String,
    /// Folder that the service's files are written to, `.` for the root.
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
    /// Folders that the program writes to, beside `/tmp`.
    pub writable: Vec<Found<String>>,
    /// Native libraries by their common name, e.g. `libpq`.
    pub native: Vec<Found<String>>,
    /// Names of secrets that the running program needs; never their values.
    pub secrets: Vec<Found<String>>,
    /// What the user should know.
    pub notes: Vec<Note>,
}

impl Facts {
    /// Facts of which only name, language and kind are known yet.
    pub fn new(name: impl Into<String>, path: &str, language: Found<String>, kind: Found<Kind>) -> Self {
        Self {
            name: name.into(),
            path: path.to_owned(),
            language,
            version: None,
            package_manager: None,
            build_tool: None,
            framework: None,
            kind,
            port: None,
            start: None,
            build: None,
            health: None,
            writable: Vec::new(),
            native: Vec::new(),
            secrets: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The same facts seen from the folder above: every path gets `dir` in front.
    #[must_use]
    pub fn below(mut self, dir: &str) -> Self {
        self.path = join(dir, &self.path).trim_end_matches("/.").to_owned();
        self.each_evidence(|evidence| evidence.file = join(dir, &evidence.file));
        for place in self.notes.iter_mut().filter_map(|note| note.evidence.as_mut()) {
            place.file = join(dir, &place.file);
        }
        self
    }

    /// Changes every source of every fact.
    pub fn each_evidence(&mut self, change: impl Fn(&mut Evidence)) {
        fn each<'f, T: 'f>(found: impl IntoIterator<Item = &'f mut Found<T>>, change: &impl Fn(&mut Evidence)) {
            for found in found {
                found.evidence.iter_mut().for_each(change);
                found.rejected.iter_mut().map(|rejected| &mut rejected.evidence).for_each(change);
            }
        }
        let change = &change;
        each([&mut self.language].into_iter().chain(&mut self.version), change);
        each(self.package_manager.iter_mut().chain(&mut self.build_tool).chain(&mut self.framework), change);
        each(self.health.iter_mut().chain(&mut self.writable).chain(&mut self.native).chain(&mut self.secrets), change);
        each([&mut self.kind], change);
        each(&mut self.port, change);
        each(self.start.iter_mut().chain(&mut self.build), change);
    }

    /// The start command.
    ///
    /// # Errors
    /// Exit 3 when nothing says it.
    pub fn start_command(&self) -> Result<&[String]> {
        self.start.as_ref().map(|found| found.value.as_slice()).ok_or_else(|| {
            Error::new(Exit::AnswerMissing, format!("nothing says how `{}` is started", self.name))
                .hint("pass it: `--set start=\"PROGRAM ARGUMENT\"`")
        })
    }

    /// The port, if it listens on one.
    pub fn port_number(&self) -> Option<u16> {
        self.port.as_ref().map(|found| found.value)
    }

    /// The health path, if one is known.
    pub fn health_path(&self) -> Option<&str> {
        self.health.as_ref().map(|found| found.value.as_str())
    }
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
    /// Something to know that needs no mending.
    pub fn info(message: impl Into<String>, evidence: Option<&Evidence>) -> Self {
        Self { level: "info", ..Self::warning(message, evidence) }
    }

    /// Something that works but should be mended.
    pub fn warning(message: impl Into<String>, evidence: Option<&Evidence>) -> Self {
        let evidence = evidence.map(|found| NotePlace { file: found.file.clone(), line: found.line });
        Self { level: "warning", message: message.into(), evidence }
    }
}
