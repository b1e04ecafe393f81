//! Remix and React Router 7 and later: a server, or the pages of a single page application (`ssr: false`).

use super::config::Config;
use super::{Context, Framework, Serving, Variables};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::languages::static_site::Site;
use crate::plan::EnvVar;
use crate::project::join;

/// One of the two.
struct Kin {
    name: &'static str,
    build: &'static [&'static str],
    program: &'static str,
    package: &'static str,
    /// The folder of their server's program, below `node_modules`.
    file: fn(Context<'_>) -> &'static str,
}

const REMIX: Kin = Kin {
    name: "remix",
    build: &["remix", "vite:build"],
    program: "remix-serve",
    package: "@remix-run/serve",
    file: |_| "dist/cli.js",
};
const REACT_ROUTER: Kin = Kin {
    name: "react-router",
    build: &["react-router", "build"],
    program: "react-router-serve",
    package: "@react-router/serve",
    file: |context| if context.major("@react-router/serve").is_some_and(|major| major < 8) { "bin.js" } else { "bin.cjs" },
};

pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let (kin, evidence) = if let Some(evidence) = context.dependency(&["@react-router/dev"]) {
        (REACT_ROUTER, evidence)
    } else if let Some(evidence) = context.dependency(&["@remix-run/dev"]) {
        (REMIX, evidence)
    } else {
        return Ok(None);
    };
    let config = Config::read(context, &["react-router.config", "vite.config", "remix.config"])?;
    let string = |key: &str| config.as_ref().and_then(|config| config.string(key)).map(|(value, _)| value);
    let build = string("buildDirectory").unwrap_or_else(|| "build".to_owned()).trim_start_matches("./").to_owned();
    let classic = kin.name == "remix" && Config::read(context, &["vite.config"])?.is_none();
    let mut framework = Framework {
        build: context.build_by(if classic { &["remix", "build"] } else { kin.build }, &evidence),
        build_tool: (!classic).then(|| Found::likely("vite".to_owned(), evidence.clone())),
        outputs: vec![build.clone(), ".react-router".to_owned(), ".cache".to_owned(), "public/build".to_owned()],
        variables: Variables::read(context, &["VITE_"])?,
        ..Framework::plain(Found::certain(kin.name.to_owned(), evidence.clone()))
    };
    if config.as_ref().and_then(|config| config.boolean("ssr")).is_some_and(|(ssr, _)| !ssr) {
        // With pages made in advance, the start page is one of them, and unknown paths have a page of their own.
        let prerendered = config.as_ref().is_some_and(|config| config.mention("prerender").is_some());
        let page = if prerendered { "__spa-fallback.html" } else { "index.html" };
        let site = Site::application(join(&build, "client")).below(string("basename").as_deref()).hashed(Some("assets"));
        framework.serving = Serving::Static(site.fallback(Some(page)));
        return Ok(Some(framework));
    }
    framework.port = Some(context.port(3000, &evidence));
    framework.health = context
        .health_route(&["app/routes/{}", "app/routes/[{}]"], &[".ts", ".tsx", ".js", "/route.ts", "/route.tsx"])
        .map(|health| health.map(|path| path.replace('.', "/")));
    let served = context.commands("start").into_iter().rev().find(|command| command.program() == kin.program);
    if served.is_none() && context.own_server(&[]).is_some() {
        return Ok(Some(framework));
    }
    if context.dependency(&[kin.package]).is_none() {
        let message = format!("nothing here serves what is built: add `{}` to the dependencies, which the image starts", kin.package);
        framework.notes.push(Note::warning(message, Some(&evidence)));
    }
    let entry = served
        .as_ref()
        .and_then(|command| command.arguments(1, &["--port"]).first().map(|word| (*word).to_owned()))
        .unwrap_or_else(|| if classic { "./build/index.js".to_owned() } else { format!("./{build}/server/index.js") });
    let command = vec!["node".to_owned(), format!("node_modules/{}/{}", kin.package, (kin.file)(context)), entry];
    let command = if served.is_some() { Found::certain(command, context.script("start")) } else { Found::likely(command, evidence.clone()) };
    // The manifest says that the build is made of ES modules; the classic one is served from `public`, too.
    let mut paths = vec!["package.json", build.as_str()];
    if classic || context.project.has_dir(&join(context.dir, "public")) {
        paths.push("public");
    }
    framework.env = vec![EnvVar::new("HOST", "0.0.0.0")];
    framework.handles_sigterm = true;
    framework.serving = Serving::Server { command, artifacts: context.with_dependencies(&paths) };
    notes(&mut framework, context, &evidence);
    Ok(Some(framework))
}

fn notes(framework: &mut Framework, context: Context<'_>, evidence: &Evidence) {
    if context.dependency(&["@shopify/hydrogen"]).is_some() {
        let message = "Hydrogen builds for Oxygen's workers; the image starts what `react-router build` or `remix build` leaves for Node.js";
        framework.notes.push(Note::warning(message, Some(evidence)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, site};
    use super::*;

    const ROUTER: &str = r#"{"dependencies": {"@react-router/serve": "^7.1.0"}, "devDependencies": {"@react-router/dev": "^7.1.0"},
        "scripts": {"build": "react-router build", "start": "react-router-serve ./build/server/index.js"}}"#;

    #[test]
    fn the_server_is_started_by_node() {
        let expected = "node node_modules/@react-router/serve/bin.js ./build/server/index.js";
        assert_eq!(command(&[("package.json", ROUTER)]).as_deref(), Some(expected));
        let newer = ROUTER.replace("^7", "^8");
        assert_eq!(command(&[("package.json", &newer)]).as_deref(), Some(expected.replace("bin.js", "bin.cjs").as_str()));
        let own = ROUTER.replace("react-router-serve ./build/server/index.js", "node server.js");
        assert_eq!(command(&[("package.json", &own)]).as_deref(), Some(""));
    }

    #[test]
    fn without_rendering_it_is_a_page() {
        let files = [("package.json", ROUTER), ("react-router.config.ts", "export default { ssr: false, buildDirectory: 'out' }")];
        assert_eq!(site(&files), Some(Site::application("out/client").hashed(Some("assets"))));
    }
}
