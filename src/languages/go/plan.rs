//! The plan of a Go program.

use std::collections::BTreeMap;

use serde_json::json;

use super::listen::By;
use super::native::Links;
use super::{Dependencies, GoService, start, version};
use crate::catalog::{Catalog, PinnedImage, Query};
use crate::error::{Error, Exit, Result};
use crate::languages::{Detected, Facts, Kind};
use crate::plan::{EnvVar, Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::settings::Choices;

/// Where programs lie in the image: beside nothing that the program reads.
pub const BIN: &str = "/usr/local/bin";
/// The program that asks.
const PROBE: &str = "/usr/local/bin/healthcheck";

impl Detected for GoService {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        let line = self.line(choices)?;
        let build = Catalog::embedded()?.pinned(Query { name: "golang", flavor: "full", distro: "trixie", line: &line })?;
        let runtime = self.runtime(choices)?;
        Ok(Plan {
            service: choices.facts.name.clone(),
            dir: self.facts.path.clone(),
            template: "go".to_owned(),
            images: BTreeMap::from([("build".to_owned(), build)]),
            details: self.details(&runtime),
            ignore: self.ignore.iter().map(|&line| line.to_owned()).collect(),
            copied: self.manifests.iter().chain(&self.assets.embedded).cloned().collect(),
            runtime,
        })
    }
}

impl GoService {
    fn line(&self, choices: &Choices) -> Result<String> {
        let Some(wanted) = choices.facts.version.as_ref() else { return version::newest() };
        version::supported(&wanted.value)?.ok_or_else(|| {
            Error::new(Exit::Usage, format!("there is no supported image of Go `{}`", wanted.value))
                .hint("pass `--set version=` with a supported release line, or leave it away: a newer Go builds what older ones built")
        })
    }

    /// Flags of the build.
    fn flags(&self) -> String {
        let modules = match self.dependencies {
            Dependencies::Vendored => "-mod=vendor ",
            Dependencies::Loose | Dependencies::Unlisted => "-mod=mod ",
            Dependencies::None | Dependencies::Locked => "",
        };
        // A tag is a plain word: `source` takes no other.
        self.tag.iter().fold(modules.to_owned(), |flags, tag| format!("{flags}-tags={tag} "))
    }

    /// What the template chooses by.
    fn details(&self, runtime: &Runtime) -> serde_json::Value {
        let mut copies: Vec<(String, Vec<&str>)> = Vec::new();
        for file in &self.manifests {
            let to = file.rsplit_once('/').map_or_else(|| "./".to_owned(), |(dir, _)| format!("./{dir}/"));
            match copies.iter_mut().find(|(known, _)| *known == to) {
                Some((_, files)) => files.push(file),
                None => copies.push((to, vec![file])),
            }
        }
        let copies: Vec<_> = copies.into_iter().map(|(to, files)| json!({ "to": to, "files": files })).collect();
        let assets: Vec<_> = self.assets.read.iter().map(|(from, to)| json!({ "from": from.value, "to": format!("./{to}") })).collect();
        json!({
            "manifests": copies,
            "folders": self.folders,
            "workspace": self.manifests.iter().any(|file| file.ends_with("go.work")),
            "workdir": if self.build_dir == "." { "/src".to_owned() } else { format!("/src/{}", self.build_dir) },
            "dependencies": self.dependencies,
            "module": self.binary,
            "flags": self.flags(),
            "package": self.package,
            "binary": self.binary,
            "cgo": self.native.cgo.is_some(),
            "packages": self.native.build,
            "fetched": self.fetched.is_some(),
            "private": self.private,
            "probe": runtime.healthcheck.as_ref().map(|probe| if probe.command.iter().any(|word| word.starts_with("http")) { "http" } else { "tcp" }),
            "assets": assets,
            "certificates": runtime.flavor == Flavor::Slim,
            "zones": runtime.flavor == Flavor::Alpine,
        })
    }

    /// The smallest base that holds what the program links and starts.
    fn base(&self, wanted: Option<Flavor>) -> Result<(PinnedImage, Flavor, String)> {
        let native = &self.native;
        let system = native.links == Links::System || !native.run.is_empty();
        let flavor = wanted.unwrap_or(if system { Flavor::Slim } else { Flavor::Distroless });
        let refuse = |why: String| Err(Error::new(Exit::Usage, why).hint("leave `base` away, or pass `--set base=slim`"));
        let named = || native.found.first().map_or("C", |found| found.value.as_str()).to_owned();
        let catalog = Catalog::embedded()?;
        let (name, reason) = match flavor {
            Flavor::Distroless if system => return refuse(format!("the program needs `{}` of the system, which the distroless base cannot get", named())),
            Flavor::Alpine if system || native.cgo.is_some() => return refuse(format!("the program links the C library of Debian ({}), which Alpine does not have", named())),
            Flavor::Distroless => match native.links {
                Links::Nothing => ("static-debian13", "a static program needs certificates and time zones, and nothing else"),
                Links::C => ("base-nossl-debian13", "the C library that the program links, of the Debian that it was built on, and nothing else"),
                Links::Cpp | Links::System => ("cc-debian13", "the C and C++ libraries that the program links, of the Debian that it was built on"),
            },
            Flavor::Slim if system => ("debian", "Debian, for the libraries and programs that it needs of the system"),
            Flavor::Slim => ("debian", "Debian, as it was asked for"),
            Flavor::Alpine => ("alpine", "Alpine, as it was asked for"),
        };
        let (flavor_name, distro) = match flavor {
            Flavor::Distroless => ("distroless", ""),
            Flavor::Slim => ("slim", "trixie"),
            Flavor::Alpine => ("alpine", ""),
        };
        Ok((catalog.pinned(Query { name, flavor: flavor_name, distro, line: "" })?, flavor, reason.to_owned()))
    }

    fn runtime(&self, choices: &Choices) -> Result<Runtime> {
        let facts = &choices.facts;
        let (image, flavor, reason) = self.base(choices.base)?;
        let port = facts.port_number();
        let mut env = Vec::new();
        let mut command = self.command(facts.start_command()?, port)?;
        let moved = port != self.facts.port_number();
        if let (Some(setting), Some(port)) = (&self.setting, port) {
            let value = if setting.address { format!(":{port}") } else { port.to_string() };
            match &setting.by {
                By::Variable(name) if name == "PORT" || moved || facts.port.as_ref().is_some_and(|port| port.confidence < crate::found::Confidence::Certain) => {
                    env.push(EnvVar::new(name, value));
                }
                By::Flag(name) if moved => command.push(format!("--{name}={value}")),
                _ => {}
            }
        }
        if facts.framework.as_ref().is_some_and(|framework| framework.value == "gin") {
            env.push(EnvVar::new("GIN_MODE", "release"));
        }
        if flavor == Flavor::Alpine {
            env.push(EnvVar::new("ZONEINFO", "/usr/local/share/zoneinfo.zip"));
        }
        let mut packages = self.native.run.clone();
        if flavor != Flavor::Slim {
            packages.clear();
        }
        let probe = port.filter(|_| facts.kind.value == Kind::Web).map(|port| {
            let path = facts.health_path().filter(|_| !self.grpc);
            let target = path.map_or_else(|| format!("127.0.0.1:{port}"), |path| format!("http://127.0.0.1:{port}{path}"));
            Healthcheck::new(&[PROBE, &target], 5)
        });
        Ok(Runtime {
            image,
            flavor,
            reason,
            user: if flavor == Flavor::Distroless { NonRootUser::DISTROLESS } else { NonRootUser::OWN },
            workdir: "/app".to_owned(),
            env,
            port,
            healthcheck: probe,
            stop_signal: None,
            // Go's own handler ends the program, also as PID 1.
            init: None,
            packages,
            command,
            writable: facts.writable.iter().map(|found| found.value.clone()).collect(),
        })
    }

    /// The program in the image, whatever folder it was called in.
    fn command(&self, given: &[String], port: Option<u16>) -> Result<Vec<String>> {
        let (program, arguments) = given.split_first().ok_or_else(|| Error::bug("an empty start command"))?;
        let name = program.rsplit('/').next().unwrap_or(program);
        if !self.names.iter().any(|known| known == name) {
            return Err(Error::new(Exit::Usage, format!("the image holds no program `{program}`"))
                .hint(format!("it holds `{BIN}/{}`: pass `--set start=\"{} ARGUMENT\"`", self.binary, self.binary)));
        }
        let port = port.unwrap_or(8080).to_string();
        let arguments = arguments.iter().map(|word| word.replace(start::PORT, &port));
        Ok(std::iter::once(format!("{BIN}/{}", self.binary)).chain(arguments).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_line_has_an_image() {
        let line = version::newest().unwrap();
        let query = Query { name: "golang", flavor: "full", distro: "trixie", line: &line };
        assert!(Catalog::embedded().unwrap().pinned(query).is_ok());
    }
}
