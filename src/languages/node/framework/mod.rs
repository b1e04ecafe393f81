//! The frameworks of Node.js: what their build leaves behind and how that is served.

mod backend;

use crate::error::Result;
use crate::found::Found;
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::languages::static_site::Site;
use crate::plan::EnvVar;
use crate::project::Project;
use crate::sources::Sources;

/// What a framework is recognised from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The project.
    pub project: &'a Project,
    /// The service's folder.
    pub dir: &'a str,
    /// Its `package.json`.
    pub manifest: &'a JsonFile,
    /// Its sources.
    pub sources: &'a Sources,
}

/// A recognised framework.
#[derive(Debug, Clone)]
pub struct Framework {
    /// Name, as the contract spells it.
    pub name: Found<String>,
    /// The tool that builds it, e.g. `vite`; `None` where the framework itself does or nothing is built.
    pub build_tool: Option<Found<String>>,
    /// The build, where it is not the `build` script. A program of the project's own is named by its path below
    /// `node_modules/.bin`.
    pub build: Option<Found<Vec<String>>>,
    /// Variables that the build alone needs.
    pub build_env: Vec<EnvVar>,
    /// Folders, relative to the service's, that the build keeps for the next build: cache mounts, never in a layer.
    pub build_cache: Vec<String>,
    /// How the result is served.
    pub serving: Serving,
    /// The port, where the framework has a default of its own.
    pub port: Option<Found<u16>>,
    /// The health path, where the framework has one.
    pub health: Option<Found<String>>,
    /// Variables it needs at run time beside `NODE_ENV` and `PORT`.
    pub env: Vec<EnvVar>,
    /// Folders it writes to, relative to the workdir.
    pub writable: Vec<Found<String>>,
    /// Whether its server ends by itself on SIGTERM; if not, the project's own sources may.
    pub handles_sigterm: bool,
    /// What the user should know.
    pub notes: Vec<Note>,
}

/// How what was built is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serving {
    /// By the `start` script's program (see `start.rs`), from the project's tree with its production dependencies.
    Script,
    /// By this program.
    Server {
        /// The command, beginning with `node`.
        command: Found<Vec<String>>,
        /// What the program needs in the final image.
        artifacts: Artifacts,
    },
    /// By a web server: the folder is the one that the build writes.
    Static(Site),
}

/// What is copied into the final image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Artifacts {
    /// The project's tree after the build, with production dependencies only.
    Tree,
    /// These paths (from the service's folder, to the workdir) and production dependencies.
    WithDependencies(Vec<(String, String)>),
    /// These paths alone: the build bundled its dependencies.
    Bundled(Vec<(String, String)>),
}

impl Framework {
    /// A framework that is started by the project's own script and has no port or build of its own.
    pub fn plain(name: Found<String>) -> Self {
        Self {
            name,
            build_tool: None,
            build: None,
            build_env: Vec::new(),
            build_cache: Vec::new(),
            serving: Serving::Script,
            port: None,
            health: None,
            env: Vec::new(),
            writable: Vec::new(),
            handles_sigterm: false,
            notes: Vec::new(),
        }
    }
}

/// Recognises the framework. Those that build come before the libraries that only serve, since they bring one along.
///
/// # Errors
/// When a configuration file cannot be read.
pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    Ok(backend::detect(context))
}
