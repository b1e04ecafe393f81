//! The frameworks of Node.js: what their build leaves behind and how that is served.

mod angular;
mod astro;
mod backend;
mod config;
mod next;
mod nitro;
mod remix;
mod scripts;
mod served;
mod sites;
mod sveltekit;
mod tanstack;
mod variables;
mod vite;

use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::languages::static_site::{Site, Staticfile};
use crate::plan::EnvVar;
use crate::project::{Project, join};
use scripts::Command;
pub use variables::Variables;

/// What a framework is recognised from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The project.
    pub project: &'a Project,
    /// The service's folder.
    pub dir: &'a str,
    /// Its `package.json`.
    pub manifest: &'a JsonFile,
}

impl Context<'_> {
    /// The first of some packages that the manifest names, for production or for development.
    pub fn dependency(&self, names: &[&str]) -> Option<Evidence> {
        names.iter().find_map(|name| {
            ["dependencies", "devDependencies"].into_iter().find_map(|group| {
                self.manifest.str(&[group, name])?;
                Some(self.manifest.evidence(&[group, name], format!("depends on `{name}`")))
            })
        })
    }

    /// The major version that the manifest asks for: the first number of the range, `None` for a tag such as `latest`.
    pub fn major(&self, name: &str) -> Option<u64> {
        let range = ["dependencies", "devDependencies"].into_iter().find_map(|group| self.manifest.str(&[group, name]))?;
        let range = range.rsplit('@').next().unwrap_or(range).trim_start_matches(|c: char| !c.is_ascii_digit());
        range.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    /// The commands of a script; none when there is no such script.
    pub fn commands(&self, script: &str) -> Vec<Command> {
        scripts::commands(self.manifest, script)
    }

    /// Evidence at a script.
    pub fn script(&self, name: &str) -> Evidence {
        let text = self.manifest.str(&["scripts", name]).unwrap_or_default();
        self.manifest.evidence(&["scripts", name], format!("`{name}` runs `{text}`"))
    }

    /// The build by a program of the project's own, where no `build` script says how; the evidence is the framework's.
    pub fn build_by(&self, words: &[&str], evidence: &Evidence) -> Option<Found<Vec<String>>> {
        let (program, arguments) = words.split_first()?;
        let program = format!("node_modules/.bin/{program}");
        let words = std::iter::once(program).chain(arguments.iter().map(|&word| word.to_owned())).collect();
        self.manifest.str(&["scripts", "build"]).is_none().then(|| Found::likely(words, evidence.clone()))
    }

    /// The program of the project's own that `start` runs: a file that is not below one of the folders `built`, where the
    /// framework's own server lies.
    pub fn own_server(&self, built: &[&str]) -> Option<Evidence> {
        let commands = self.commands("start");
        let file = commands.iter().rev().find_map(Command::file)?.trim_start_matches("./").to_owned();
        let is_built = built.iter().any(|folder| file == *folder || file.starts_with(&format!("{folder}/")));
        (!is_built).then(|| self.script("start"))
    }

    /// How the framework's own server is started: as `start` does when that runs Node.js, else by `entry`.
    pub fn server(&self, entry: &str, evidence: &Evidence) -> Found<Vec<String>> {
        let own = self.commands("start").into_iter().rev().find(|command| command.program() == "node" && command.file().is_some());
        match own.filter(|command| command.words.iter().all(|word| !word.contains('$'))) {
            Some(command) => Found::certain(command.words, self.script("start")),
            None => Found::likely(["node", entry].map(str::to_owned).to_vec(), evidence.clone()),
        }
    }

    /// The port: the one that `start` names by an option or variable, else the framework's own.
    pub fn port(&self, default: u16, evidence: &Evidence) -> Found<u16> {
        let commands = self.commands("start");
        let named = commands.iter().rev().find_map(|command| {
            command.option(&["-p", "--port"]).or_else(|| command.variable("PORT"))?.parse().ok().filter(|port| *port >= 1024)
        });
        match named {
            Some(port) => Found::certain(port, self.script("start")),
            None => Found::likely(default, Evidence { reason: format!("listens on `PORT`, {default} by default"), ..evidence.clone() }),
        }
    }

    /// A route for health checks among the files that are routes: `{}` in a place stands for its path.
    pub fn health_route(&self, places: &[&str], endings: &[&str]) -> Option<Found<String>> {
        const NAMES: &[&str] =
            &["healthz", "health", "livez", "up", "healthcheck", "api/healthz", "api/health", "api/health/live", "api/healthcheck"];
        NAMES.iter().find_map(|name| {
            let files = places.iter().flat_map(|place| endings.iter().map(move |ending| format!("{}{ending}", place.replace("{}", name))));
            let file = files.map(|file| join(self.dir, &file)).find(|file| self.project.has(file))?;
            Some(Found::likely(format!("/{name}"), Evidence::at(file, 1, "a health route")))
        })
    }

    /// Production dependencies beside what the build leaves, where there are any.
    pub fn with_dependencies(&self, paths: &[&str]) -> Artifacts {
        let paths = paths.iter().map(|path| ((*path).to_owned(), (*path).to_owned())).collect();
        let some = self.manifest.get(&["dependencies"]).and_then(|value| value.as_object()).is_some_and(|names| !names.is_empty());
        if some { Artifacts::WithDependencies(paths) } else { Artifacts::Bundled(paths) }
    }
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
    /// Folders that the build writes, for `.dockerignore`.
    pub outputs: Vec<String>,
    /// The variables whose values the build puts into the pages.
    pub variables: Variables,
    /// The module that exports a `fetch` handler, for which the image brings the server.
    pub fetch_handler: Option<&'static str>,
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
            outputs: Vec::new(),
            variables: Variables::default(),
            fetch_handler: None,
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

/// Recognises one framework.
type Detect = fn(Context<'_>) -> Result<Option<Framework>>;

/// In this order: a framework comes before what it is made of, and what builds before the libraries that only serve.
const DETECTORS: &[Detect] = &[
    next::detect,
    nitro::detect_nuxt,
    tanstack::detect,
    nitro::detect,
    remix::detect,
    sveltekit::detect,
    astro::detect,
    angular::detect,
    sites::detect,
    vite::detect,
    sites::detect_bundler,
    served::detect,
];

/// Recognises the framework.
///
/// # Errors
/// When a configuration file cannot be read.
pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    for detect in DETECTORS {
        if let Some(framework) = detect(context)? {
            return finish(context, framework).map(Some);
        }
    }
    Ok(backend::detect(context))
}

/// What holds for all that build: how the project serves its files elsewhere, and the values it compiles into them.
fn finish(context: Context<'_>, mut framework: Framework) -> Result<Framework> {
    if let Serving::Static(site) = framework.serving {
        let site = served::over(context, site);
        let site = match Staticfile::read(context.project, context.dir)? {
            Some(file) => file.over(site),
            None => site,
        };
        framework.health = Some(site.health(Evidence { reason: "the start page".to_owned(), ..framework.name.evidence[0].clone() }));
        if site.dir != "." {
            framework.outputs.push(site.dir.clone());
        }
        framework.serving = Serving::Static(site);
    }
    framework.variables.take_defaults(context)?;
    framework.notes.extend(framework.variables.notes());
    Ok(framework)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Calls with the context of a project in memory.
    pub fn with_context<T>(files: &[(&str, &str)], call: impl FnOnce(Context<'_>) -> T) -> T {
        let project = Project::from_files(files.iter().copied());
        let manifest = JsonFile::read(&project, "package.json").expect("JSON").expect("a manifest");
        call(Context { project: &project, dir: ".", manifest: &manifest })
    }

    /// What is recognised in a project in memory.
    pub fn framework(files: &[(&str, &str)]) -> Option<Framework> {
        with_context(files, |context| detect(context).expect("readable"))
    }

    /// The site that a project in memory is served as.
    pub fn site(files: &[(&str, &str)]) -> Option<Site> {
        match framework(files)?.serving {
            Serving::Static(site) => Some(site),
            _ => None,
        }
    }

    /// The command that a project in memory is started by; empty when it is the `start` script's business.
    pub fn command(files: &[(&str, &str)]) -> Option<String> {
        match framework(files)?.serving {
            Serving::Server { command, .. } => Some(command.value.join(" ")),
            Serving::Script => Some(String::new()),
            Serving::Static(_) => None,
        }
    }
}
