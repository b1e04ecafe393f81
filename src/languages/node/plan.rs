//! The plan of a Node.js service.

use serde_json::{Value, json};

use super::NodeService;
use super::framework::{Artifacts, Serving};
use super::native::Needs;
use super::package_manager::Tool;
use super::version::DEFAULT_LINE;
use crate::catalog::{Catalog, PinnedImage, Query, package};
use crate::error::{Error, Exit, Result};
use crate::languages::{Detected, Facts, Kind, static_site};
use crate::plan::{EnvVar, Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::project::join;
use crate::settings::Choices;

/// What is never part of a build context of Node.js.
const IGNORE: &[&str] = &["**/node_modules", "**/npm-debug.log*", "**/coverage", "**/.nyc_output", "**/*.tsbuildinfo", "**/.turbo", "**/.eslintcache"];

impl Detected for NodeService {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        let facts = &choices.facts;
        if let (None, true, Some(Serving::Static(site))) = (&facts.build, self.steps.is_empty(), self.serving()) {
            return static_site::plan(choices, &self.facts.path, site);
        }
        let mut details = self.install_details(facts);
        let base = Base::choose(self, choices)?;
        let runtime = match self.serving() {
            Some(Serving::Static(site)) => {
                details["static"] = json!(self.inside(&site.dir));
                details["site"] = json!(site);
                details["modules"] = json!(null);
                static_site::runtime(choices)?
            }
            serving => {
                let artifacts = match serving {
                    Some(Serving::Server { artifacts, .. }) => artifacts,
                    _ => &Artifacts::Tree,
                };
                details["paths"] = match artifacts {
                    Artifacts::Tree => json!(null),
                    Artifacts::WithDependencies(paths) | Artifacts::Bundled(paths) => self.copies(paths),
                };
                if matches!(artifacts, Artifacts::Bundled(_)) {
                    details["modules"] = json!(null);
                }
                self.runtime(choices, &base, matches!(artifacts, Artifacts::Bundled(_)))?
            }
        };
        let commands = self.commands(&details);
        if details["steps"].as_array().is_some_and(|steps| steps.len() == commands.len()) {
            details["leave"] = json!(null);
        }
        details["commands"] = json!(commands);
        let packages = self.native.build.iter().chain(if self.install.git { &["ca-certificates", "git"][..] } else { &[] });
        details["packages"] = json!(packages.map(|name| package("trixie", name)).collect::<Result<Vec<_>>>()?);
        if base.flavor == Flavor::Alpine && details["packages"] != json!([]) {
            return Err(Error::new(Exit::Usage, "`base=alpine` does not fit: dependencies must be compiled, and the packages for it are known for Debian")
                .hint("`--set base=slim` (Debian) is the small one that fits"));
        }
        let mut copied: Vec<String> = self.install.manifests.iter().flat_map(|(files, _)| files.iter().cloned()).collect();
        copied.extend(self.sources.iter().cloned());
        Ok(Plan {
            service: facts.name.clone(),
            dir: self.facts.path.clone(),
            template: "node".to_owned(),
            images: [("build".to_owned(), base.build)].into(),
            details,
            runtime,
            ignore: self.ignored(),
            copied,
        })
    }
}

impl NodeService {
    fn serving(&self) -> Option<&Serving> {
        self.framework.as_ref().map(|framework| &framework.serving)
    }

    /// A path of the service in the build stage.
    fn inside(&self, path: &str) -> String {
        join("/app", &join(&self.facts.path, path)).trim_end_matches("/.").to_owned()
    }

    /// Pairs for `COPY --from=build`.
    fn copies(&self, paths: &[(String, String)]) -> Value {
        paths.iter().map(|(from, to)| json!({ "from": self.inside(from), "to": if to == "." { "./".to_owned() } else { format!("./{to}") } })).collect()
    }

    /// What the templates need of the install and the build.
    fn install_details(&self, facts: &Facts) -> Value {
        let manager = &self.package_manager;
        let member = self.facts.path != ".";
        let is_bun = facts.language.value == "bun";
        let needs_dev = self.start.as_ref().is_some_and(|start| start.needs_dev);
        let mut steps = self.steps.clone();
        if let Some(build) = &facts.build {
            let own = build.evidence.first().is_some_and(|evidence| evidence.reason.contains("` runs `"));
            steps.push(if own { build.value.clone() } else { self.local(&build.value) });
        }
        let static_site = matches!(self.serving(), Some(Serving::Static(_)));
        let built = !steps.is_empty() || static_site;
        // Installed again without development dependencies, beside the build; or kept from the build.
        let pruned = built && self.install.prune && !member;
        // What scripts of members did to the dependencies is not made again: the development dependencies stay.
        let kept = needs_dev || (built && member && self.install.of_members.iter().any(|(_, hook)| hook != "prepare"));
        let modules = match (self.install.dependencies || kept, built && (pruned || kept)) {
            (false, _) => None,
            (true, true) => Some("build"),
            (true, false) => Some("deps"),
        };
        let mut held_back = Vec::new();
        if !self.install.held_back.is_empty() {
            held_back.push(manager.without_scripts(".", &self.install.held_back, is_bun));
        }
        for (dir, hook) in &self.install.of_members {
            held_back.push(manager.without_scripts(dir, std::slice::from_ref(hook), is_bun));
        }
        let manifests: Vec<Value> = self.install.manifests.iter().map(|(files, to)| json!({ "files": files, "to": to })).collect();
        json!({
            "setup": if is_bun { None } else { manager.setup() },
            "tool": manager.name.value,
            "tool_reason": manager.version.as_ref().and_then(|version| version.evidence.first()).map(|found| {
                let what = if found.reason.contains("ockfile") { "reads the lockfile as it was written" } else { "is what the project names" };
                format!("This version {what} ({}), whatever is newest today.", found.place())
            }),
            "settings": self.settings(facts),
            "manifests": manifests,
            "held_back": held_back,
            "cache": manager.cache(),
            "secrets": self.install.secrets,
            "secret_npmrc": self.install.secret_npmrc,
            "install": manager.install(false, None),
            "install_production": manager.install(!needs_dev, member.then_some(self.package.as_str())),
            "prune": (pruned && !kept).then(|| manager.prune()),
            "modules": modules,
            "member": member.then(|| self.inside(".")),
            "sources": self.sources.iter().map(|path| json!({ "from": path, "to": self.target(path, built) })).collect::<Vec<_>>(),
            "built": built,
            "steps": steps,
            "build_env": self.framework.as_ref().map_or(&[][..], |framework| &framework.build_env),
            "build_cache": self.framework.iter().flat_map(|framework| &framework.build_cache)
                .map(|folder| self.inside(folder)).collect::<Vec<_>>(),
            "variables": self.framework.iter().flat_map(|framework| framework.variables.iter()).collect::<Vec<_>>(),
            "fetch_handler": self.framework.as_ref().and_then(|framework| framework.fetch_handler),
            "paths": null,
            "static": null,
            "leave": if kept { None } else { Some("The development dependencies go before the result is copied.") },
        })
    }

    /// Lines of `.dockerignore`: what is installed and built, and the files of public values that the build reads.
    fn ignored(&self) -> Vec<String> {
        let built = self.framework.iter().flat_map(|framework| &framework.outputs).map(|folder| join(&self.facts.path, folder));
        let public = self.framework.iter().flat_map(|framework| &framework.variables.files).map(|file| format!("!{file}"));
        let secret = self.install.secret_npmrc.then(|| ".npmrc".to_owned());
        let mut lines: Vec<String> = Vec::new();
        for line in IGNORE.iter().map(|&line| line.to_owned()).chain(built).chain(secret).chain(public) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    /// Where a folder or file of the sources is copied to: in the build stage, or in the final image.
    fn target(&self, path: &str, built: bool) -> String {
        let root = if built { "./" } else { "/app/" };
        if !self.members.contains(&path.to_owned()) { root.to_owned() } else { format!("{root}{path}/") }
    }

    /// What the build stage runs: the steps, and what must not be copied goes.
    fn commands(&self, details: &Value) -> Vec<Vec<String>> {
        let list = |key: &str| serde_json::from_value::<Vec<Vec<String>>>(details[key].clone()).unwrap_or_default();
        let mut commands = list("steps");
        let whole_tree = details["paths"].is_null() && details["static"].is_null();
        // What is not copied needs no pruning.
        if let Some(prune) = serde_json::from_value::<Vec<String>>(details["prune"].clone()).ok().filter(|_| details["modules"] == "build") {
            commands.push(prune);
        } else if whole_tree && details["modules"] != "build" {
            let remove = if self.facts.path == "." {
                "rm -rf node_modules"
            } else {
                "find . -name node_modules -prune -exec rm -rf {} +"
            };
            commands.push(remove.split(' ').map(str::to_owned).collect());
        }
        commands
    }

    /// A program below `node_modules/.bin` is run by the package manager, which finds it at the root as well.
    fn local(&self, command: &[String]) -> Vec<String> {
        match command.first().and_then(|word| word.strip_prefix("node_modules/.bin/")) {
            Some(name) => self.package_manager.exec(&[&[name.to_owned()], &command[1..]].concat()),
            None => command.to_vec(),
        }
    }

    /// Settings of the package manager for the build stage.
    fn settings(&self, facts: &Facts) -> Vec<EnvVar> {
        let starts_program = facts.start.iter().any(|start| start.value.iter().any(|word| word.contains("node_modules/.bin/")));
        let mut settings = Vec::new();
        match self.package_manager.tool {
            Tool::Yarn => {
                // Plug'n'Play needs a loader in front of the program; the lockfile is the same for both.
                settings.push(EnvVar::new("YARN_NODE_LINKER", "node-modules"));
                settings.push(EnvVar::new("YARN_ENABLE_TELEMETRY", "0"));
                let zero_install = self.install.manifests.iter().any(|(files, _)| files.iter().any(|file| file == ".yarn/cache"));
                if !zero_install {
                    settings.push(EnvVar::new("YARN_ENABLE_GLOBAL_CACHE", "true"));
                }
            }
            // Programs of dependencies as links instead of shell scripts: the final image may have no shell.
            Tool::Pnpm if starts_program => {
                let prefix = if self.package_manager.major() > 10 { "PNPM" } else { "NPM" };
                settings.push(EnvVar::new(&format!("{prefix}_CONFIG_PREFER_SYMLINKED_EXECUTABLES"), "true"));
            }
            Tool::Pnpm | Tool::Npm | Tool::Yarn1 | Tool::Bun => {}
        }
        settings
    }

    /// The final stage of what Node.js or bun itself serves.
    fn runtime(&self, choices: &Choices, base: &Base, bundled: bool) -> Result<Runtime> {
        let facts = &choices.facts;
        let start = facts.start_command()?;
        let mut command = vec![base.program(&start[0])];
        command.extend(start.iter().skip(1).cloned());
        let port = facts.port_number().filter(|_| facts.kind.value == Kind::Web);
        for word in &mut command {
            if let Some(expanded) = super::script::expand(word, |name| (name == "PORT").then(|| port.map(|port| port.to_string())).flatten()) {
                *word = expanded;
            }
        }
        let mut env = vec![EnvVar::new("NODE_ENV", "production")];
        env.extend(port.map(|port| EnvVar::new("PORT", port.to_string())));
        env.extend(self.framework.iter().flat_map(|framework| framework.env.iter().cloned()));
        env.extend(self.start.iter().flat_map(|start| start.env.iter().cloned()));
        let init = (!self.handles_sigterm)
            .then(|| format!("no SIGTERM handler was found, and as PID 1 {} ignores the signal", base.title));
        let packages = if base.flavor == Flavor::Slim { &self.native.run[..] } else { &[] };
        Ok(Runtime {
            image: base.image.clone(),
            flavor: base.flavor,
            reason: base.reason.clone(),
            user: if base.flavor == Flavor::Distroless { NonRootUser::DISTROLESS } else { NonRootUser::OWN },
            workdir: if bundled { "/app".to_owned() } else { self.inside(".") },
            env,
            port,
            healthcheck: port.map(|port| healthcheck(&base.program("node"), port, facts.health_path())),
            stop_signal: None,
            init,
            packages: packages.iter().map(|name| package("trixie", name)).collect::<Result<_>>()?,
            command,
            writable: facts.writable.iter().map(|found| found.value.clone()).collect(),
        })
    }
}

/// The images: of the build and of the final stage, of one libc.
struct Base {
    build: PinnedImage,
    image: PinnedImage,
    flavor: Flavor,
    title: &'static str,
    reason: String,
}

impl Base {
    fn choose(service: &NodeService, choices: &Choices) -> Result<Self> {
        let facts = &choices.facts;
        let version = facts.version.as_ref().map_or(DEFAULT_LINE, |found| found.value.as_str());
        let line = version.split('.').next().unwrap_or(version);
        let catalog = Catalog::embedded()?;
        let needs = unfit_for_distroless(&service.native, facts);
        let wanted = choices.base.filter(|_| !matches!(service.serving(), Some(Serving::Static(_))));
        if facts.language.value == "bun" {
            let flavor = wanted.unwrap_or(Flavor::Slim);
            let pinned = |flavor| catalog.pinned(Query { name: "bun", flavor, distro: "", line: "" });
            let (build, image) = match flavor {
                Flavor::Alpine => (pinned("alpine")?, pinned("alpine")?),
                Flavor::Slim => (pinned("slim")?, pinned("slim")?),
                Flavor::Distroless => (pinned("slim")?, pinned("distroless")?),
            };
            return Ok(Self { build, image, flavor, title: "bun", reason: "bun and the libraries it needs".to_owned() });
        }
        let node = |flavor, distro| catalog.pinned(Query { name: "node", flavor, distro, line: version });
        let flavor = wanted.unwrap_or(if needs.is_some() { Flavor::Slim } else { Flavor::Distroless });
        if let (Some(needs), Flavor::Distroless | Flavor::Alpine) = (&needs, flavor) {
            let name = if flavor == Flavor::Distroless { "distroless" } else { "alpine" };
            return Err(Error::new(Exit::Usage, format!("`base={name}` does not fit: {needs}")).hint("`--set base=slim` is the small one that fits"));
        }
        let (build, image, reason) = match flavor {
            Flavor::Alpine => (node("alpine", "")?, node("alpine", "")?, format!("Node.js {line} on Alpine, as it was asked for")),
            Flavor::Slim => {
                let why = needs.unwrap_or_else(|| "as it was asked for".to_owned());
                (node("slim", "trixie")?, node("slim", "trixie")?, format!("Node.js {line} on a small Debian: {why}"))
            }
            Flavor::Distroless => {
                let name = format!("nodejs{line}-debian13");
                let image = catalog.pinned(Query { name: &name, flavor: "distroless", distro: "", line: "" })?;
                let reason = "Node.js alone: no shell, no package manager, nothing to patch but the runtime";
                (node("slim", "trixie")?, image, reason.to_owned())
            }
        };
        Ok(Self { build, image, flavor, title: "Node.js", reason })
    }

    /// A program by the path that it has in the image.
    fn program(&self, name: &str) -> String {
        match (name, self.title, self.flavor) {
            ("node", "Node.js", Flavor::Distroless) => "/nodejs/bin/node".to_owned(),
            ("node" | "bun", "bun", _) => "/usr/local/bin/bun".to_owned(),
            ("node", ..) => "/usr/local/bin/node".to_owned(),
            ("sh", ..) => "/bin/sh".to_owned(),
            _ => name.to_owned(),
        }
    }
}

/// Why an image without a shell and without packages will not do.
fn unfit_for_distroless(native: &Needs, facts: &Facts) -> Option<String> {
    if let Some(first) = native.run.first() {
        let name = native.found.iter().map(|found| found.value.as_str()).collect::<Vec<_>>().join(", ");
        return Some(format!("{name} needs {first}{}", if native.run.len() > 1 { " and more" } else { "" }));
    }
    let start = facts.start.as_ref()?;
    (start.value.first().is_some_and(|word| word == "sh")).then(|| "a shell script starts it".to_owned())
}

/// With a path, an HTTP request that must succeed; without, a TCP connect.
fn healthcheck(program: &str, port: u16, path: Option<&str>) -> Healthcheck {
    let script = match path {
        Some(path) => {
            let url = serde_json::Value::from(format!("http://127.0.0.1:{port}{path}"));
            format!("fetch({url}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))")
        }
        None => format!(
            "require('net').connect({port},'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))"
        ),
    };
    Healthcheck::new(&[program, "-e", &script], 10)
}
