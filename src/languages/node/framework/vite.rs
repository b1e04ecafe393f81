//! Vite: a page that is served, or the front end of the project's own server.

use super::config::Config;
use super::{Context, Framework, Serving, Variables, backend};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::languages::static_site::Site;
use crate::project::join;

/// What the pages are written with, by package.
const LIBRARIES: &[(&str, &str)] = &[
    ("react", "react"), ("vue", "vue"), ("svelte", "svelte"), ("preact", "preact"), ("solid-js", "solid"), ("lit", "lit"),
    ("@builder.io/qwik", "qwik"), ("@qwik.dev/core", "qwik"), ("@angular/core", "angular"), ("alpinejs", "alpine"),
];

/// The library that the pages are written with, else the tool that builds them.
pub fn library(context: Context<'_>, tool: &str, evidence: &Evidence) -> Found<String> {
    let found = LIBRARIES.iter().find_map(|(package, name)| Some(((*name).to_owned(), context.dependency(&[package])?)));
    let (name, evidence) = found.unwrap_or_else(|| (tool.to_owned(), evidence.clone()));
    Found::certain(name, evidence)
}

pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let commands = context.commands("build");
    let build = commands.iter().find(|command| command.is("vite", "build") || (command.program() == "vite" && command.words.len() == 1));
    let Some(evidence) = context.dependency(&["vite", "rolldown-vite", "vite-plus"]).or_else(|| build.map(|_| context.script("build"))) else {
        return Ok(None);
    };
    let config = Config::read(context, &["vite.config"])?;
    let argument = |options: &[&str]| build.and_then(|command| command.option(options)).map(str::to_owned);
    let setting = |key: &str| config.as_ref().and_then(|config| config.path(key)).map(|(value, _)| value);
    let positional = build.and_then(|command| command.arguments(2, &["-c", "--config", "--outDir", "--base", "-m", "--mode"]).first().map(|dir| (*dir).to_owned()));
    let root = positional.or_else(|| setting("root")).unwrap_or_default();
    let Some(root) = inside(".", &root) else { return Ok(None) };
    let has_page = context.project.has(&join(context.dir, &join(&root, "index.html")));
    // Present for its tests or for a library alone, Vite makes no page.
    if build.is_none() && !has_page {
        return Ok(None);
    }
    let tool = Found::certain("vite".to_owned(), evidence.clone());
    let variables = Variables::read(context, &["VITE_"])?;
    if context.own_server(&[]).is_some() {
        let own = backend::detect(context).unwrap_or_else(|| Framework::plain(library(context, "vite", &evidence)));
        return Ok(Some(Framework { build_tool: Some(tool), build: context.build_by(&["vite", "build"], &evidence), variables, ..own }));
    }
    if !has_page || config.as_ref().is_some_and(|config| config.capture(r"(\blib)\s*:\s*\{").is_some()) {
        return Ok(None);
    }
    let out = argument(&["--outDir"]).or_else(|| setting("outDir")).unwrap_or_else(|| "dist".to_owned());
    let Some(dir) = inside(&root, &out) else { return Ok(None) };
    let base = argument(&["--base"]).or_else(|| config.as_ref().and_then(|config| config.string("base")).map(|(base, _)| base));
    let folder = join(context.dir, &root);
    let prefix = if folder == "." { String::new() } else { format!("{folder}/") };
    let pages = context.project.files_below(&folder).filter(|file| file.strip_prefix(&prefix).is_some_and(|name| !name.contains('/') && name.ends_with(".html")));
    let several = pages.count() > 1 || setting("appType").is_some_and(|kind| kind == "mpa");
    // Names without a hash must not be kept for ever.
    let named = config.as_ref().is_some_and(|config| config.mention("FileNames").is_some() && config.mention("[hash").is_none());
    let assets = setting("assetsDir").unwrap_or_else(|| "assets".to_owned());
    let site = if several { Site::pages(dir) } else { Site::application(dir) };
    Ok(Some(Framework {
        build: context.build_by(&["vite", "build"], &evidence),
        build_tool: Some(tool),
        variables,
        serving: Serving::Static(site.below(base.as_deref()).hashed((!named).then_some(assets.as_str()))),
        ..Framework::plain(library(context, "vite", &evidence))
    }))
}

/// A path below a folder, with `..` resolved; `None` when it leaves the service's folder.
pub fn inside(dir: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let whole = if path.starts_with('/') { return None } else { format!("{dir}/{path}") };
    for part in whole.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." { parts.pop()?; } else { parts.push(part) }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, framework, site};
    use super::*;

    const PAGE: (&str, &str) = ("index.html", "");

    fn manifest(build: &str, start: &str) -> String {
        format!(r#"{{"dependencies": {{"vue": "3"}}, "devDependencies": {{"vite": "8"}}, "scripts": {{"build": "{build}", "start": "{start}"}}}}"#)
    }

    #[test]
    fn the_output_folder_is_found() {
        let of = |build: &str, config: &str| {
            site(&[("package.json", &manifest(build, "vite")), PAGE, ("vite.config.ts", config), ("src/client/index.html", "")]).map(|site| site.dir)
        };
        assert_eq!(of("vite build", "").as_deref(), Some("dist"));
        assert_eq!(of("tsc -b && vite build --outDir out", "").as_deref(), Some("out"));
        assert_eq!(of("vite build", "export default {root: 'src/client', build: {outDir: '../../built'}}").as_deref(), Some("built"));
        assert_eq!(of("vite build", "export default {build: {outDir: '../static'}}"), None);
    }

    #[test]
    fn a_page_is_served_and_a_server_is_started() {
        let page = framework(&[("package.json", &manifest("vite build", "vite preview")), PAGE]).expect("Vite");
        assert_eq!((page.name.value.as_str(), page.build_tool.map(|tool| tool.value).as_deref()), ("vue", Some("vite")));
        assert_eq!(page.serving, Serving::Static(Site::application("dist").hashed(Some("assets"))));
        let own = manifest("vite build", "node server.js");
        assert_eq!(command(&[("package.json", &own), PAGE, ("server.js", "")]).as_deref(), Some(""));
        let two = site(&[("package.json", &manifest("vite build", "vite")), PAGE, ("about.html", "")]);
        assert_eq!(two.and_then(|site| site.fallback), None);
    }

    #[test]
    fn a_library_and_a_test_runner_are_no_pages() {
        let tested = r#"{"dependencies": {"express": "5"}, "devDependencies": {"vite": "8"}, "scripts": {"start": "node index.js"}}"#;
        assert_eq!(framework(&[("package.json", tested)]).expect("Express").name.value, "express");
        let library = [("package.json", manifest("vite build", "")), ("vite.config.js", "export default {build: {lib: {entry: 'a'}}}".to_owned())];
        assert_eq!(site(&library.each_ref().map(|(path, text)| (*path, text.as_str()))), None);
    }
}
