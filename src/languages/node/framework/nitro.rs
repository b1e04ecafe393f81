//! What ends in Nitro's `.output`: Nuxt, SolidStart, Nitro itself, Analog. The server there needs no `node_modules`.

use super::config::Config;
use super::{Artifacts, Context, Framework, Serving, Variables};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::languages::static_site::Site;
use crate::plan::EnvVar;

/// Where the server lies.
const ENTRY: &str = ".output/server/index.mjs";
/// Targets that leave a program for Node.js.
const NODE_PRESETS: &[&str] = &["node-server", "node_server", "node", "node-cluster", "node_cluster"];

/// Nuxt 3 and later; Nuxt 2 is left to its `start` script.
pub fn detect_nuxt(context: Context<'_>) -> Result<Option<Framework>> {
    let Some(evidence) = context.dependency(&["nuxt", "nuxt3", "nuxt-edge", "nuxi"]) else { return Ok(None) };
    let name = Found::certain("nuxt".to_owned(), evidence.clone());
    if context.major("nuxt") == Some(2) {
        return Ok(Some(nuxt2(context, Framework::plain(name))?));
    }
    let config = Config::read(context, &["nuxt.config"])?;
    let base = config.as_ref().and_then(|config| config.string("baseURL")).map(|(base, _)| base);
    let client_only = config.as_ref().and_then(|config| config.boolean("ssr")).filter(|(ssr, _)| !ssr);
    let generates = context.commands("build").iter().any(|command| command.is("nuxt", "generate") || command.is("nuxi", "generate"));
    let mut framework = Framework {
        build: context.build_by(&["nuxt", "build"], &evidence),
        build_env: vec![EnvVar::new("NUXT_TELEMETRY_DISABLED", "1")],
        outputs: vec![".nuxt".to_owned(), ".output".to_owned()],
        variables: Variables::read(context, &["VITE_"])?,
        ..Framework::plain(name)
    };
    if generates || client_only.is_some() {
        if let (false, Some((_, at))) = (generates, &client_only) {
            // `nuxt build` would leave a server that only answers with the same page.
            let words = ["node_modules/.bin/nuxt", "generate"].map(str::to_owned).to_vec();
            framework.build = Some(Found::certain(words, at.clone()));
        }
        let site = Site::pages(".output/public").below(base.as_deref()).hashed(Some("_nuxt"));
        // Without rendering on the server there is one page for every path; with it, the pages and a 404.
        framework.serving = Serving::Static(if client_only.is_some() { site.fallback(Some("200.html")) } else { site });
        return Ok(Some(framework));
    }
    framework.env = vec![EnvVar::new("HOST", "0.0.0.0")];
    framework.health = context.health_route(&["server/routes/{}", "server/{}"], &[".ts", ".get.ts", ".js", ".get.js"]);
    serve(context, &mut framework, config.as_ref(), &evidence);
    Ok(Some(framework))
}

/// Nuxt 2 has reached its end of life; what it generates is served, else its `start` script runs.
fn nuxt2(context: Context<'_>, mut framework: Framework) -> Result<Framework> {
    let evidence = framework.name.evidence[0].clone();
    let config = Config::read(context, &["nuxt.config"])?;
    let generated = config.as_ref().and_then(|config| config.string("target")).is_some_and(|(target, _)| target == "static")
        || context.commands("build").iter().any(|command| command.is("nuxt", "generate"));
    framework.notes.push(Note::warning("Nuxt 2 has reached its end of life: its dependencies get no security fixes", Some(&evidence)));
    framework.build_env = vec![EnvVar::new("NUXT_TELEMETRY_DISABLED", "1"), legacy_openssl()];
    framework.outputs = vec![".nuxt".to_owned()];
    if generated {
        let words = ["node_modules/.bin/nuxt", "generate"].map(str::to_owned).to_vec();
        framework.build = Some(Found::likely(words, evidence));
        framework.serving = Serving::Static(Site::pages("dist").fallback(Some("200.html")).hashed(Some("_nuxt")));
        return Ok(framework);
    }
    framework.build = context.build_by(&["nuxt", "build"], &evidence);
    framework.port = Some(context.port(3000, &evidence));
    framework.env = vec![EnvVar::new("HOST", "0.0.0.0")];
    if context.own_server(&[]).is_none() {
        let package = if context.dependency(&["nuxt-start"]).is_some() { "nuxt-start" } else { "nuxt" };
        let command = ["node".to_owned(), format!("node_modules/{package}/bin/{package}.js"), "start".to_owned()].to_vec();
        framework.serving = Serving::Server { command: Found::likely(command, evidence), artifacts: Artifacts::Tree };
    }
    Ok(framework)
}

/// webpack 4 hashes with MD4, which OpenSSL 3 (Node.js 17 and later) has put into its legacy provider.
pub fn legacy_openssl() -> EnvVar {
    EnvVar::new("NODE_OPTIONS", "--openssl-legacy-provider")
}

/// SolidStart, Nitro alone, Analog, and what is built with vinxi.
pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let rows: [(&str, &[&str], &str); 4] = [
        ("solid-start", &["@solidjs/start"], ENTRY),
        ("analog", &["@analogjs/platform"], "dist/analog/server/index.mjs"),
        ("vinxi", &["vinxi"], ENTRY),
        ("nitro", &["nitropack", "nitro", "nitro-nightly", "nitropack-nightly"], ENTRY),
    ];
    let Some((name, evidence, entry)) = rows.into_iter().find_map(|(name, packages, entry)| Some((name, context.dependency(packages)?, entry))) else {
        return Ok(None);
    };
    let config = Config::read(context, &["app.config", "nitro.config", "vite.config"])?;
    let builder = match name {
        "nitro" => "nitro",
        "analog" => "vite",
        _ => "vinxi",
    };
    let mut framework = Framework {
        build: context.build_by(&[builder, "build"], &evidence),
        outputs: [".output", ".vinxi", ".nitro", "dist"].map(str::to_owned).to_vec(),
        variables: Variables::read(context, &["VITE_"])?,
        env: vec![EnvVar::new("HOST", "0.0.0.0")],
        ..Framework::plain(Found::certain(name.to_owned(), evidence.clone()))
    };
    framework.health = context.health_route(&["routes/{}", "server/routes/{}"], &[".ts", ".get.ts"]);
    // `ssr: false` leaves the pages of a single page application.
    if let Some((false, _)) = config.as_ref().and_then(|config| config.boolean("ssr")).filter(|_| name == "solid-start") {
        framework.serving = Serving::Static(Site::application(".output/public").hashed(Some("_build/assets")));
        return Ok(Some(framework));
    }
    serve(context, &mut framework, config.as_ref(), &evidence);
    if entry != ENTRY {
        framework.serving = Serving::Server {
            command: context.server(entry, &evidence),
            artifacts: Artifacts::Bundled(vec![("dist/analog".to_owned(), "dist/analog".to_owned())]),
        };
    }
    Ok(Some(framework))
}

/// Nitro's own server, whatever platform the configuration is made for: the build variable goes before it.
pub fn serve(context: Context<'_>, framework: &mut Framework, config: Option<&Config>, evidence: &Evidence) {
    if let Some((preset, at)) = config.and_then(|config| config.string("preset"))
        && !NODE_PRESETS.contains(&preset.as_str())
    {
        framework.build_env.push(EnvVar::new("NITRO_PRESET", "node-server"));
        let message = format!("the configuration builds for `{preset}`; in the image `NITRO_PRESET` makes it a Node.js server");
        framework.notes.push(Note::info(message, Some(&at)));
    }
    framework.port = Some(context.port(3000, evidence));
    framework.handles_sigterm = true;
    framework.serving = Serving::Server {
        command: context.server(ENTRY, evidence),
        artifacts: Artifacts::Bundled(vec![(".output".to_owned(), ".output".to_owned())]),
    };
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, framework, site};
    use super::*;

    const NUXT: (&str, &str) = ("package.json", r#"{"dependencies": {"nuxt": "^4"}, "scripts": {"build": "nuxt build"}}"#);

    #[test]
    fn nuxt_is_a_server_unless_it_generates() {
        assert_eq!(command(&[NUXT]).as_deref(), Some("node .output/server/index.mjs"));
        let client_only = framework(&[NUXT, ("nuxt.config.ts", "export default defineNuxtConfig({ ssr: false, app: { baseURL: '/a/' } })")]).expect("Nuxt");
        assert_eq!(client_only.build.map(|build| build.value.join(" ")).as_deref(), Some("node_modules/.bin/nuxt generate"));
        let expected = Site::pages(".output/public").below(Some("/a")).hashed(Some("_nuxt")).fallback(Some("200.html"));
        assert_eq!(client_only.serving, Serving::Static(expected));
        let generated = [("package.json", r#"{"dependencies": {"nuxt": "^4"}, "scripts": {"build": "nuxt generate"}}"#)];
        assert_eq!(site(&generated).map(|site| (site.dir, site.fallback)), Some((".output/public".to_owned(), None)));
    }

    #[test]
    fn another_platform_is_overridden() {
        let found = framework(&[NUXT, ("nuxt.config.ts", "export default defineNuxtConfig({ nitro: { preset: 'vercel' } })")]).expect("Nuxt");
        assert!(found.build_env.contains(&EnvVar::new("NITRO_PRESET", "node-server")));
    }
}
