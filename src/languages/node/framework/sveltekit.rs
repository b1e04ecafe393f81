//! SvelteKit: its adapter decides what the build leaves.

use super::config::Config;
use super::{Context, Framework, Serving, Variables};
use crate::error::Result;
use crate::found::Found;
use crate::languages::Note;
use crate::languages::static_site::Site;
use crate::plan::EnvVar;

pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let Some(evidence) = context.dependency(&["@sveltejs/kit"]) else { return Ok(None) };
    let config = Config::read(context, &["svelte.config", "vite.config"])?;
    let string = |key: &str| config.as_ref().and_then(|config| config.string(key)).map(|(value, _)| value);
    let mut framework = Framework {
        build_tool: Some(Found::likely("vite".to_owned(), evidence.clone())),
        build: context.build_by(&["vite", "build"], &evidence),
        outputs: [".svelte-kit", "build"].map(str::to_owned).to_vec(),
        variables: Variables::read(context, &["PUBLIC_", "VITE_"])?,
        ..Framework::plain(Found::certain("sveltekit".to_owned(), evidence.clone()))
    };
    let named = config.as_ref().and_then(|config| config.capture(r#"['"]@sveltejs/adapter-([\w-]+)['"]"#));
    let adapter = named.as_ref().map_or("auto", |(name, _)| name.as_str());
    let at = named.as_ref().map_or(&evidence, |(_, at)| at);
    let base = config.as_ref().and_then(|config| config.capture(r#"\bpaths\s*:\s*\{[^}]*?\bbase\s*:\s*['"]([^'"\n]*)['"]"#)).map(|(base, _)| base);
    if adapter == "static" {
        let site = Site::pages(string("pages").unwrap_or_else(|| "build".to_owned()));
        let site = site.below(base.as_deref()).hashed(Some("_app/immutable")).fallback(string("fallback").as_deref());
        framework.serving = Serving::Static(site);
        return Ok(Some(framework));
    }
    let folder = string("out").filter(|_| adapter == "node").unwrap_or_else(|| "build".to_owned());
    let folder = folder.trim_start_matches("./").trim_end_matches('/').to_owned();
    framework.port = Some(context.port(3000, &evidence));
    framework.health = context
        .health_route(&["src/routes/{}/+server"], &[".ts", ".js"])
        .map(|health| health.map(|path| format!("{}{path}", base.as_deref().unwrap_or_default())));
    match adapter {
        "node" => {}
        "auto" => {
            // The one platform for which adapter-auto makes a Node.js server is told by this variable.
            framework.build_env.push(EnvVar::new("GCP_BUILDPACKS", "1"));
            let message = "adapter-auto knows no container: `GCP_BUILDPACKS` makes it install and take `@sveltejs/adapter-node` during the build, \
                           outside the lockfile; add `@sveltejs/adapter-node` to the project instead";
            framework.notes.push(Note::warning(message, Some(at)));
        }
        other => {
            let message = format!(
                "`@sveltejs/adapter-{other}` builds for another platform: replace it by `@sveltejs/adapter-node`, which the image expects in `{folder}`"
            );
            framework.notes.push(Note::warning(message, Some(at)));
        }
    }
    framework.notes.push(Note::info("forms need the site's address: set `ORIGIN=https://...` on the running container", Some(at)));
    if context.own_server(&[&folder]).is_some() {
        return Ok(Some(framework));
    }
    // What stands in `dependencies` is not bundled.
    framework.handles_sigterm = true;
    framework.serving = Serving::Server {
        command: context.server(&folder, &evidence),
        artifacts: context.with_dependencies(&["package.json", &folder]),
    };
    Ok(Some(framework))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, framework, site};
    use super::*;

    const MANIFEST: (&str, &str) = ("package.json", r#"{"devDependencies": {"@sveltejs/kit": "^2"}, "scripts": {"build": "vite build"}}"#);

    #[test]
    fn the_adapter_decides() {
        let with = |config: &'static str| [MANIFEST, ("svelte.config.js", config)];
        assert_eq!(command(&with("import adapter from '@sveltejs/adapter-node'; export default {kit: {adapter: adapter({out: 'dist'})}}")).as_deref(), Some("node dist"));
        let page = site(&with("import adapter from '@sveltejs/adapter-static'; export default {kit: {adapter: adapter({fallback: '200.html'})}}"));
        assert_eq!(page, Some(Site::pages("build").hashed(Some("_app/immutable")).fallback(Some("200.html"))));
        let auto = framework(&with("import adapter from '@sveltejs/adapter-auto';")).expect("SvelteKit");
        assert!(auto.build_env.contains(&EnvVar::new("GCP_BUILDPACKS", "1")));
    }
}
