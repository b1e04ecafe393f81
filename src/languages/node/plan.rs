//! The plan of a Node.js service.

use serde_json::json;

use super::NodeService;
use super::framework::{Artifacts, Serving};
use super::version::BUILD;
use crate::catalog::{Catalog, Query};
use crate::error::Result;
use crate::languages::{Detected, Facts, static_site};
use crate::plan::{EnvVar, Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::settings::Choices;

impl Detected for NodeService {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        let facts = &choices.facts;
        let version = facts.version.as_ref().map_or("24", |found| found.value.as_str());
        let line = version.split('.').next().unwrap_or(version);
        let build = Catalog::embedded()?.pinned(Query { line: version, ..BUILD })?;
        let copied: Vec<String> = ["package.json"]
            .into_iter()
            .chain(self.package_manager.lockfile)
            .chain(self.npmrc.then_some(".npmrc"))
            .map(str::to_owned)
            .collect();
        let mut details = json!({
            "manifests": copied,
            "install": self.package_manager.install(),
            "build": facts.build.as_ref().map(|found| &found.value),
            "build_env": self.framework.as_ref().map_or(&[][..], |framework| &framework.build_env),
            "build_cache": self.framework.iter().flat_map(|framework| &framework.build_cache)
                .map(|folder| format!("/app/{folder}")).collect::<Vec<_>>(),
        });
        let runtime = match self.framework.as_ref().map(|framework| &framework.serving) {
            Some(Serving::Static(site)) => {
                details["static"] = json!(format!("/app/{}", site.dir));
                details["site"] = json!(site);
                static_site::runtime(choices)?
            }
            serving => {
                let artifacts = match serving {
                    Some(Serving::Server { artifacts, .. }) => artifacts,
                    _ => &Artifacts::Tree,
                };
                // Whether node_modules is copied, and what else: the whole tree when null.
                (details["dependencies"], details["paths"]) = match artifacts {
                    Artifacts::Tree => (json!(true), json!(null)),
                    Artifacts::WithDependencies(paths) => (json!(true), copies(paths)),
                    Artifacts::Bundled(paths) => (json!(false), copies(paths)),
                };
                self.runtime(choices, line)?
            }
        };
        Ok(Plan {
            service: facts.name.clone(),
            dir: self.facts.path.clone(),
            template: "node".to_owned(),
            images: [("build".to_owned(), build)].into(),
            details,
            runtime,
            ignore: ["node_modules", "npm-debug.log*", "coverage", ".nyc_output"].map(str::to_owned).to_vec(),
            copied,
        })
    }
}

impl NodeService {
    /// The final stage of what Node.js itself serves.
    fn runtime(&self, choices: &Choices, line: &str) -> Result<Runtime> {
        let facts = &choices.facts;
        let name = format!("nodejs{line}-debian13");
        let image = Catalog::embedded()?.pinned(Query { name: &name, flavor: "distroless", distro: "", line: "" })?;
        let mut command = vec!["/nodejs/bin/node".to_owned()];
        command.extend(facts.start_command()?.iter().skip(1).cloned());
        let port = facts.port_number();
        let mut env = vec![EnvVar::new("NODE_ENV", "production")];
        env.extend(port.map(|port| EnvVar::new("PORT", port.to_string())));
        if let Some(framework) = &self.framework {
            env.extend(framework.env.iter().cloned());
        }
        let init = (!self.handles_sigterm)
            .then(|| "no SIGTERM handler was found, and as PID 1 Node.js ignores the signal".to_owned());
        Ok(Runtime {
            image,
            flavor: Flavor::Distroless,
            reason: "Node.js alone: no shell, no package manager, nothing to patch but the runtime".to_owned(),
            user: NonRootUser::DISTROLESS,
            workdir: "/app".to_owned(),
            env,
            port,
            healthcheck: port.map(|port| healthcheck(port, facts.health_path())),
            stop_signal: None,
            init,
            packages: Vec::new(),
            command,
            writable: facts.writable.iter().map(|found| found.value.clone()).collect(),
        })
    }
}

/// Pairs for `COPY --from=build`.
fn copies(paths: &[(String, String)]) -> serde_json::Value {
    paths.iter().map(|(from, to)| json!({ "from": format!("/app/{from}"), "to": format!("./{to}") })).collect()
}

/// With a path, an HTTP request that must succeed; without, a TCP connect.
fn healthcheck(port: u16, path: Option<&str>) -> Healthcheck {
    let script = match path {
        Some(path) => {
            let url = serde_json::Value::from(format!("http://127.0.0.1:{port}{path}"));
            format!("fetch({url}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))")
        }
        None => format!(
            "require('net').connect({port},'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))"
        ),
    };
    Healthcheck::new(&["/nodejs/bin/node", "-e", &script], 10)
}
