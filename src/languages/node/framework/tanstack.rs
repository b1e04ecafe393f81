//! TanStack Start: Nitro's server where the project has it, else a handler that a server of a few lines calls.

use super::config::Config;
use super::{Context, Framework, Serving, Variables, nitro};
use crate::error::Result;
use crate::found::Found;
use crate::languages::Note;
use crate::languages::static_site::Site;

pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let Some(evidence) = context.dependency(&["@tanstack/react-start", "@tanstack/solid-start", "@tanstack/vue-start", "@tanstack/start"]) else {
        return Ok(None);
    };
    let config = Config::read(context, &["vite.config", "app.config"])?;
    let mut framework = Framework {
        build_tool: Some(Found::likely("vite".to_owned(), evidence.clone())),
        build: context.build_by(&["vite", "build"], &evidence),
        outputs: ["dist", ".output", ".tanstack", ".nitro", ".vinxi"].map(str::to_owned).to_vec(),
        variables: Variables::read(context, &["VITE_"])?,
        ..Framework::plain(Found::certain("tanstack-start".to_owned(), evidence.clone()))
    };
    framework.health = context.health_route(&["src/routes/{}", "app/routes/{}"], &[".ts", ".tsx"]);
    let page = config.as_ref().and_then(|config| config.capture(r"\bspa\s*:\s*\{[^}]*?\benabled\s*:\s*(true)"));
    if page.is_some() {
        framework.health = None;
        framework.serving = Serving::Static(Site::application("dist/client").fallback(Some("_shell.html")).hashed(Some("assets")));
        return Ok(Some(framework));
    }
    let start = context.commands("start");
    let says_nitro = start.iter().any(|command| command.words.iter().any(|word| word.contains(".output/")))
        || context.dependency(&["nitro", "nitropack", "vinxi", "@tanstack/nitro-v2-vite-plugin", "nitro-nightly"]).is_some()
        || config.as_ref().is_some_and(|config| config.mention("nitro").is_some());
    if says_nitro {
        nitro::serve(context, &mut framework, config.as_ref(), &evidence);
        return Ok(Some(framework));
    }
    framework.port = Some(context.port(3000, &evidence));
    if context.own_server(&["dist"]).is_some() {
        return Ok(Some(framework));
    }
    let artifacts = context.with_dependencies(&["package.json", "dist"]);
    framework.handles_sigterm = true;
    if let Some(command) = start.iter().rev().find(|command| command.program() == "srvx") {
        let mut words = ["node", "node_modules/srvx/bin/srvx.mjs"].map(str::to_owned).to_vec();
        words.extend(command.words.iter().skip(1).cloned());
        framework.serving = Serving::Server { command: Found::certain(words, context.script("start")), artifacts };
        return Ok(Some(framework));
    }
    framework.fetch_handler = Some("./dist/server/server.js");
    framework.notes.push(Note::info(
        "the build leaves a handler and no server: the image brings one of a few lines; the `nitro` plugin would bring its own",
        Some(&evidence),
    ));
    framework.serving = Serving::Server { command: Found::likely(["node", "serve.mjs"].map(str::to_owned).to_vec(), evidence), artifacts };
    Ok(Some(framework))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, framework, site};

    const MANIFEST: (&str, &str) =
        ("package.json", r#"{"dependencies": {"@tanstack/react-start": "latest", "vite": "^8"}, "scripts": {"build": "vite build"}}"#);

    #[test]
    fn the_plugins_decide() {
        let with = |config: &'static str| [MANIFEST, ("vite.config.ts", config)];
        assert_eq!(command(&with("plugins: [tanstackStart(), nitro()]")).as_deref(), Some("node .output/server/index.mjs"));
        assert_eq!(framework(&with("plugins: [tanstackStart()]")).and_then(|found| found.fetch_handler), Some("./dist/server/server.js"));
        let page = site(&with("plugins: [tanstackStart({ spa: { enabled: true } })]"));
        assert_eq!(page.and_then(|site| site.fallback).as_deref(), Some("_shell.html"));
    }
}
