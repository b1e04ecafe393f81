//! Astro: pages, or a server where some are rendered on demand.

use super::config::Config;
use super::{Context, Framework, Serving, Variables};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::languages::static_site::Site;
use crate::plan::EnvVar;
use crate::project::join;

pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let Some(evidence) = context.dependency(&["astro"]) else { return Ok(None) };
    let config = Config::read(context, &["astro.config"])?;
    let string = |key: &str| config.as_ref().and_then(|config| config.string(key));
    let folder = config.as_ref().and_then(|config| config.path("outDir")).map_or_else(|| "dist".to_owned(), |(dir, _)| dir);
    let folder = folder.trim_start_matches("./").trim_end_matches('/').to_owned();
    let base = string("base").map(|(base, _)| base);
    let mut framework = Framework {
        build_tool: Some(Found::likely("vite".to_owned(), evidence.clone())),
        build: context.build_by(&["astro", "build"], &evidence),
        build_env: vec![EnvVar::new("ASTRO_TELEMETRY_DISABLED", "1")],
        outputs: vec![folder.clone(), ".astro".to_owned()],
        variables: Variables::read(context, &["PUBLIC_"])?,
        ..Framework::plain(Found::certain("astro".to_owned(), evidence.clone()))
    };
    let Some(dynamic) = on_demand(context, string("output"))? else {
        framework.serving = Serving::Static(Site::pages(folder).below(base.as_deref()).hashed(Some("_astro")));
        return Ok(Some(framework));
    };
    framework.port = Some(context.port(4321, &evidence));
    framework.health = context
        .health_route(&["src/pages/{}"], &[".ts", ".js", "/index.ts"])
        .map(|health| health.map(|path| format!("{}{path}", base.as_deref().unwrap_or_default().trim_end_matches('/'))));
    let node = config.as_ref().and_then(|config| config.mention("@astrojs/node"));
    if node.is_none() {
        let message = format!(
            "pages are rendered on demand, and no adapter makes a Node.js server of them: `npx astro add node`, with `mode: 'standalone'`; the image expects `{folder}/server/entry.mjs`"
        );
        framework.notes.push(Note::warning(message, Some(&dynamic)));
    }
    // In `middleware` mode the project has a server of its own, which `start` names.
    let middleware = string("mode").is_some_and(|(mode, _)| mode == "middleware");
    if middleware || context.own_server(&[&folder]).is_some() {
        return Ok(Some(framework));
    }
    framework.env = vec![EnvVar::new("HOST", "0.0.0.0")];
    framework.serving = Serving::Server {
        command: context.server(&format!("{folder}/server/entry.mjs"), &evidence),
        artifacts: context.with_dependencies(&["package.json", &folder]),
    };
    Ok(Some(framework))
}

/// What says that a page is rendered on demand: the setting, or a page that opts out of being made in advance.
fn on_demand(context: Context<'_>, output: Option<(String, Evidence)>) -> Result<Option<Evidence>> {
    if let Some((_, at)) = output.filter(|(output, _)| matches!(output.as_str(), "server" | "hybrid")) {
        return Ok(Some(at));
    }
    let pages = join(context.dir, "src/pages");
    for path in context.project.files_below(&pages) {
        if let Some(text) = context.project.read(path)?
            && let Some(at) = text.find("prerender = false")
        {
            let line = text[..at].matches('\n').count() + 1;
            return Ok(Some(Evidence::at(path, line, "is rendered on demand")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, framework, site};

    const MANIFEST: (&str, &str) = ("package.json", r#"{"dependencies": {"astro": "^5"}, "scripts": {"build": "astro build"}}"#);

    #[test]
    fn pages_on_demand_make_a_server() {
        assert_eq!(site(&[MANIFEST, ("astro.config.mjs", "export default {outDir: './out', base: '/x'}")]).map(|site| (site.dir, site.base)), Some(("out".to_owned(), "/x/".to_owned())));
        let adapter = ("astro.config.mjs", "import node from '@astrojs/node'; export default { adapter: node({mode: 'standalone'}) }");
        assert!(site(&[MANIFEST, adapter]).is_some());
        let page = ("src/pages/now.astro", "---\nexport const prerender = false;\n---\n");
        assert_eq!(command(&[MANIFEST, adapter, page]).as_deref(), Some("node dist/server/entry.mjs"));
        let without = framework(&[MANIFEST, page]).expect("Astro");
        assert_eq!(without.notes.len(), 1);
    }
}
