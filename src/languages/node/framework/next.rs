//! Next.js: a server of its own (`output: 'standalone'`), pages alone (`'export'`), or `next start`.

use super::config::Config;
use super::{Artifacts, Context, Framework, Serving, Variables};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::languages::static_site::Site;
use crate::plan::EnvVar;
use crate::project::join;

pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let Some(evidence) = context.dependency(&["next"]) else { return Ok(None) };
    let config = Config::read(context, &["next.config"])?;
    let string = |key: &str| config.as_ref().and_then(|config| config.string(key));
    let output = string("output");
    let dist = string("distDir").map(|(dist, _)| dist.trim_start_matches("./").to_owned());
    let base = string("basePath").map(|(base, _)| base);
    let telemetry = EnvVar::new("NEXT_TELEMETRY_DISABLED", "1");
    let folder = dist.clone().unwrap_or_else(|| ".next".to_owned());
    let mut framework = Framework {
        build: context.build_by(&["next", "build"], &evidence),
        build_env: vec![telemetry.clone()],
        build_cache: vec![format!("{folder}/cache")],
        outputs: vec![folder.clone(), "out".to_owned()],
        variables: Variables::read(context, &["NEXT_PUBLIC_"])?,
        ..Framework::plain(Found::certain("next".to_owned(), evidence.clone()))
    };
    if let Some(site) = exported(context, output.as_ref(), dist.as_deref()) {
        framework.serving = Serving::Static(site.below(base.as_deref()).hashed(Some("_next/static")));
        return Ok(Some(framework));
    }
    framework.port = Some(context.port(3000, &evidence));
    framework.env = vec![telemetry];
    framework.health = health(context).map(|health| health.map(|path| format!("{}{path}", base.unwrap_or_default())));
    framework.writable = vec![Found::likely(
        format!("{folder}/cache"),
        Evidence { reason: "optimised images and revalidated pages are kept in the cache".to_owned(), ..evidence.clone() },
    )];
    // Releases before 14 leave the signals to Node.js, which ignores them as PID 1.
    framework.handles_sigterm = context.major("next").is_none_or(|major| major >= 14);
    if let Some(own) = context.own_server(&[".next/standalone"]).filter(|_| output.is_none()) {
        framework.handles_sigterm = false;
        framework.notes.push(Note::info("the project's own server is started, not Next.js's", Some(&own)));
        return Ok(Some(framework));
    }
    framework.serving = match output {
        Some((mode, at)) if mode == "standalone" => {
            framework.env.push(EnvVar::new("HOSTNAME", "0.0.0.0"));
            standalone(context, &folder, &at)
        }
        _ => {
            let advice = "`output: 'standalone'` in `next.config` would leave out most of `node_modules`: the image would be several times smaller";
            framework.notes.push(Note::info(advice, Some(&config.as_ref().map_or(evidence.clone(), |config| config.evidence("")))));
            let command = ["node", "node_modules/next/dist/bin/next", "start"].map(str::to_owned).to_vec();
            let found = if context.commands("start").iter().any(|command| command.is("next", "start")) {
                Found::certain(command, context.script("start"))
            } else {
                Found::likely(command, evidence)
            };
            Serving::Server { command: found, artifacts: Artifacts::Tree }
        }
    };
    Ok(Some(framework))
}

/// The pages that the build leaves when it exports: by its setting, or by the command that did so before Next.js 14.
fn exported(context: Context<'_>, output: Option<&(String, Evidence)>, dist: Option<&str>) -> Option<Site> {
    if output.is_some_and(|(mode, _)| mode == "export") {
        return Some(Site::pages(dist.unwrap_or("out")));
    }
    let commands = context.commands("build");
    let export = commands.iter().find(|command| command.is("next", "export"))?;
    Some(Site::pages(export.option(&["-o", "--outdir"]).unwrap_or("out")))
}

/// The traced files lie as they do in the workspace; what a content network would serve is copied beside them.
fn standalone(context: Context<'_>, folder: &str, evidence: &Evidence) -> Serving {
    let mut paths = vec![
        (format!("{folder}/standalone"), ".".to_owned()),
        (format!("{folder}/static"), join(context.dir, &format!("{folder}/static"))),
    ];
    if context.project.has_dir(&join(context.dir, "public")) {
        paths.push(("public".to_owned(), join(context.dir, "public")));
    }
    let command = vec!["node".to_owned(), join(context.dir, "server.js")];
    Serving::Server { command: Found::certain(command, evidence.clone()), artifacts: Artifacts::Bundled(paths) }
}

/// A route of the app router or an API page.
fn health(context: Context<'_>) -> Option<Found<String>> {
    let routes = context.health_route(&["app/{}/route", "src/app/{}/route"], &[".ts", ".js", ".tsx"]);
    routes.or_else(|| context.health_route(&["pages/{}", "src/pages/{}"], &[".ts", ".js"]).filter(|found| found.value.starts_with("/api/")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, framework, site};
    use super::*;

    const MANIFEST: (&str, &str) = ("package.json", r#"{"dependencies": {"next": "^16.0.0"}, "scripts": {"build": "next build", "start": "next start -p 4000"}}"#);

    #[test]
    fn the_output_setting_decides() {
        let with = |config: &str| [MANIFEST, ("next.config.ts", config), ("app/api/health/route.ts", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let run = |config: &str, what: &dyn Fn(&[(&str, &str)])| {
            let files = with(config);
            what(&files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>());
        };
        run("export default { output: 'standalone', basePath: '/shop' }", &|files| {
            assert_eq!(command(files).as_deref(), Some("node server.js"));
            let found = framework(files).expect("Next.js");
            assert_eq!(found.health.map(|health| health.value).as_deref(), Some("/shop/api/health"));
            assert_eq!(found.port.map(|port| port.value), Some(4000));
        });
        run("export default { output: 'export', basePath: '/docs' }", &|files| {
            assert_eq!(site(files), Some(Site::pages("out").below(Some("/docs")).hashed(Some("_next/static"))));
        });
        run("export default {}", &|files| {
            assert_eq!(command(files).as_deref(), Some("node node_modules/next/dist/bin/next start"));
        });
    }

    #[test]
    fn a_server_of_the_project_is_started_itself() {
        let manifest = r#"{"dependencies": {"next": "13"}, "scripts": {"build": "next build", "start": "NODE_ENV=production node server.js"}}"#;
        assert_eq!(command(&[("package.json", manifest), ("server.js", "")]).as_deref(), Some(""), "the start script's business");
    }
}
