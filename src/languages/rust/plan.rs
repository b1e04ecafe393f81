//! The plan of a Rust service.

use serde_json::json;

use super::cargo_config::CargoConfig;
use super::manifest::Program;
use super::{Build, RustService, with_port};
use crate::catalog::{Catalog, PinnedImage, Query};
use crate::error::{Error, Exit, Result};
use crate::languages::{Detected, Facts, Kind};
use crate::plan::{EnvVar, Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::project::join;
use crate::render::shell_words;
use crate::settings::Choices;

/// Where the sources lie while they are compiled, and the files that the program opens afterwards: paths that were
/// compiled in stay right.
const FOLDER: &str = "/app";
/// The probe, in the final image.
const PROBE: &str = "/usr/local/bin/healthcheck";

impl Detected for RustService {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        let build = &self.build;
        if let Some(evidence) = build.outside.first() {
            return Err(Error::new(Exit::Unsupported, format!("{} {} outside of this folder", evidence.place(), evidence.reason))
                .hint("make them one workspace, by a `Cargo.toml` in the folder that holds both, and run dockwright there"));
        }
        let facts = &choices.facts;
        let flavor = self.flavor(choices)?;
        let image = self.image(choices, flavor)?;
        let (program, command) = self.command(choices)?;
        let runtime = self.runtime(choices, flavor, command)?;
        let words = build.command(program);
        let clean: Vec<String> = build.local.iter().flat_map(|name| ["--package".to_owned(), name.clone()]).collect();
        let details = json!({
            "packages": build.native.build()?,
            "toolchain_file": build.toolchain.file,
            "nightly": build.toolchain.nightly,
            "offline_queries": build.offline_queries,
            "target_dir": build.config.target_dir,
            "manifests": by_folder(&build.manifests),
            "folders": build.folders,
            "stubs": stubs(build),
            "mounts": mounts(build),
            "build": shell_words(&words),
            "clean": shell_words(&clean),
            "program": program.name,
            "host_tuple": build.config.target.is_some(),
            "locked": build.locked,
            "probe": runtime.healthcheck.is_some(),
            "certificates": flavor == Flavor::Slim,
            "assets": self.assets.iter().map(|asset| json!({ "path": asset.path, "to": target(&asset.path), "at": asset.evidence.place() })).collect::<Vec<_>>(),
        });
        let mut copied = build.manifests.clone();
        copied.extend(self.assets.iter().map(|asset| asset.path.clone()));
        Ok(Plan {
            service: facts.name.clone(),
            dir: self.facts.path.clone(),
            template: "rust".to_owned(),
            images: [("build".to_owned(), image)].into(),
            runtime,
            details,
            ignore: vec!["target".to_owned()],
            copied,
        })
    }
}

impl RustService {
    /// What was asked for, else the smallest base that has what the program loads.
    fn flavor(&self, choices: &Choices) -> Result<Flavor> {
        let native = &self.build.native;
        let needs = !native.run(Flavor::Distroless)?.is_empty();
        let library = || {
            let found = native.libraries.first();
            found.map_or_else(String::new, |found| format!("{} ({})", found.value, found.source().unwrap_or_default()))
        };
        match choices.base {
            Some(Flavor::Distroless) if needs => {
                Err(Error::new(Exit::Usage, format!("the program loads a system library that the distroless base lacks: {}", library()))
                    .hint("leave `base` away, or pass `--set base=slim`"))
            }
            Some(Flavor::Alpine) if !native.build()?.is_empty() => {
                Err(Error::new(Exit::Usage, format!("a dependency compiles against what is known for Debian only: {}", library()))
                    .hint("leave `base` away, or pass `--set base=slim`"))
            }
            Some(flavor) => Ok(flavor),
            None if needs => Ok(Flavor::Slim),
            None => Ok(Flavor::Distroless),
        }
    }

    /// The image that compiles. Its release of Debian is the final image's, so both have the same libc.
    fn image(&self, choices: &Choices, flavor: Flavor) -> Result<PinnedImage> {
        let line = choices.facts.version.as_ref().map_or("", |found| found.value.as_str());
        let catalog = Catalog::embedded()?;
        match flavor {
            Flavor::Alpine => catalog.pinned(Query { name: "rust", flavor: "alpine", distro: "", line }),
            _ => catalog.pinned(Query { name: "rust", flavor: "slim", distro: "trixie", line }),
        }
    }

    /// The program to build, and the command of the final image. An answer may name another program of the package.
    fn command(&self, choices: &Choices) -> Result<(&Program, Vec<String>)> {
        let mut command = choices.facts.start_command()?.to_vec();
        let named = |name: &str| self.programs.iter().find(|program| program.name == name);
        let asked = command.first().and_then(|word| named(word.rsplit('/').next().unwrap_or(word)));
        if let (Some(program), Some(first)) = (asked, command.first_mut()) {
            *first = installed(&program.name);
        }
        let program = asked.or_else(|| named(&self.program)).ok_or_else(|| Error::bug("a service without a program"))?;
        // The arguments that were found hold the port, which may be another by now.
        if self.facts.start.as_ref().is_some_and(|start| start.value[1..] == command[1..]) {
            command.truncate(1);
            command.extend(with_port(&self.address.arguments, choices.facts.port_number()));
        }
        Ok((program, command))
    }

    fn runtime(&self, choices: &Choices, flavor: Flavor, command: Vec<String>) -> Result<Runtime> {
        let facts = &choices.facts;
        let catalog = Catalog::embedded()?;
        let (image, user, reason) = match flavor {
            Flavor::Distroless => {
                let image = catalog.pinned(Query { name: "cc-debian13", flavor: "distroless", distro: "", line: "" })?;
                (image, NonRootUser::DISTROLESS, "what a compiled program loads (glibc, OpenSSL, libgcc), and nothing else: no shell, no package manager")
            }
            Flavor::Slim => {
                let image = catalog.pinned(Query { name: "debian", flavor: "slim", distro: "trixie", line: "" })?;
                (image, NonRootUser::OWN, "Debian, with the system libraries that the program loads")
            }
            Flavor::Alpine => {
                let image = catalog.pinned(Query { name: "alpine", flavor: "alpine", distro: "", line: "" })?;
                (image, NonRootUser::OWN, "Alpine, as it was asked for; the program is linked to musl")
            }
        };
        let port = facts.port_number();
        let text = |value: &str| with_port(&[value.to_owned()], port).concat();
        let env = self.env.iter().filter(|variable| port.is_some() || !variable.value.contains("{port}"));
        let workdir = if self.assets.iter().any(|asset| asset.from_package) { target(&self.facts.path) } else { FOLDER.to_owned() };
        Ok(Runtime {
            image,
            flavor,
            reason: reason.to_owned(),
            user,
            workdir: workdir.replace("/./", "/"),
            env: env.map(|variable| EnvVar::new(&variable.name, text(&variable.value))).collect(),
            port,
            healthcheck: port.filter(|_| facts.kind.value == Kind::Web).map(|port| probe(port, facts.health_path())),
            stop_signal: None,
            init: self.init.map(str::to_owned),
            packages: if flavor == Flavor::Slim { self.build.native.run(flavor)? } else { Vec::new() },
            command,
            writable: facts.writable.iter().map(|found| found.value.clone()).collect(),
        })
    }
}

/// With a path, a request that must succeed; without, a TCP connect.
fn probe(port: u16, path: Option<&str>) -> Healthcheck {
    let address = match path {
        Some(path) => format!("http://127.0.0.1:{port}{path}"),
        None => format!("127.0.0.1:{port}"),
    };
    Healthcheck::new(&[PROBE, &address], 5)
}

/// Where a program lies in the final image.
fn installed(name: &str) -> String {
    format!("/usr/local/bin/{name}")
}

/// Where a file of the context lies in every stage.
fn target(path: &str) -> String {
    format!("{FOLDER}/{path}")
}

/// Caches of downloads, and the tokens of private registries. Cargo's own lock lies outside of these folders, so two builds must
/// not share one at a time: `private` gives the second its own, where `locked` would let it wait for a whole compilation.
fn mounts(build: &Build) -> Vec<String> {
    let caches = ["registry"].into_iter().chain(build.git.then_some("git"));
    let mut mounts: Vec<String> = caches.map(|name| format!("type=cache,target=/usr/local/cargo/{name},sharing=private")).collect();
    for (registry, _) in &build.config.registries {
        let token = CargoConfig::token(registry);
        mounts.push(format!("type=secret,id={token},env={token}"));
    }
    mounts
}

/// Files by folder, as `COPY` takes them.
fn by_folder(files: &[String]) -> serde_json::Value {
    let mut folders: Vec<(&str, Vec<&str>)> = Vec::new();
    for file in files {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, files)) => files.push(file),
            None => folders.push((folder, vec![file])),
        }
    }
    folders.into_iter().map(|(folder, files)| json!({ "files": files, "to": format!("./{}", join(folder, "")) })).collect()
}

/// Commands that put an empty file where each target has its root: Cargo then builds the dependencies as for the real ones.
/// Each says what it is, because a project may forbid what is undocumented.
fn stubs(build: &Build) -> Vec<String> {
    let mut folders: Vec<String> = build.programs.iter().chain(&build.libraries).filter_map(|file| Some(file.rsplit_once('/')?.0.to_owned())).collect();
    folders.sort();
    folders.dedup();
    let fill = |files: &[String], lines: &str| match files {
        [] => None,
        [file] => Some(format!("printf '{lines}' > {}", shell_words(std::slice::from_ref(file)))),
        files => Some(format!("for file in {}; do printf '{lines}' > \"$file\"; done", shell_words(files))),
    };
    let mkdir = (!folders.is_empty()).then(|| format!("mkdir -p {}", shell_words(&folders)));
    mkdir.into_iter().chain(fill(&build.programs, "//! Empty.\\nfn main() {}\\n")).chain(fill(&build.libraries, "//! Empty.\\n")).collect()
}
