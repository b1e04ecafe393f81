//! Angular: `angular.json` says where the pages go, and whether a server renders them.

use serde_json::Value;

use super::{Artifacts, Context, Framework, Serving, Variables};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::languages::static_site::Site;
use crate::plan::EnvVar;
use crate::project::join;

pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let Some(workspace) = JsonFile::read(context.project, &join(context.dir, "angular.json"))? else { return Ok(None) };
    let Some(evidence) = context.dependency(&["@angular/core"]) else { return Ok(None) };
    let mut framework = Framework {
        build_tool: Some(Found::certain("angular-cli".to_owned(), Evidence::at(&workspace.path, 1, "an Angular workspace"))),
        build: context.build_by(&["ng", "build"], &evidence),
        build_env: vec![EnvVar::new("NG_CLI_ANALYTICS", "false")],
        build_cache: vec![".angular/cache".to_owned()],
        outputs: [".angular", "dist"].map(str::to_owned).to_vec(),
        variables: Variables::read(context, &["NG_APP_"])?,
        ..Framework::plain(Found::certain("angular".to_owned(), evidence.clone()))
    };
    let Some(name) = application(&workspace, context, &mut framework.notes) else { return Ok(Some(framework)) };
    let Some(build) = target(&workspace, &name, "build") else { return Ok(Some(framework)) };
    let at = |key: &str| workspace.evidence(&["projects", &name], format!("the application `{name}`{key}"));
    let option = |key: &str| {
        let production = build.pointer(&format!("/configurations/production/{key}"));
        production.or_else(|| build.pointer(&format!("/options/{key}")))
    };
    let builder = build.get("builder").and_then(Value::as_str).unwrap_or_default();
    let output = option("outputPath");
    let base = output.and_then(|path| path.as_str().or_else(|| path.get("base")?.as_str())).map_or_else(|| format!("dist/{name}"), str::to_owned);
    let base = base.trim_start_matches("./").trim_end_matches('/').to_owned();
    // The application builder writes the pages into a folder of their own; the older builders do not.
    let modern = builder.ends_with(":application");
    let browser = output.and_then(|path| path.get("browser")?.as_str()).unwrap_or("browser");
    let pages = if modern { join(&base, browser) } else { base.clone() };
    let renders = modern && option("ssr").is_some_and(|ssr| ssr.is_object() || ssr == &Value::Bool(true));
    if renders && option("outputMode").and_then(Value::as_str) != Some("static") {
        let entry = format!("{base}/server/server.mjs");
        framework.port = Some(context.port(4000, &evidence));
        framework.notes.push(Note::info(
            "Angular's server answers for the hosts it knows: set `NG_ALLOWED_HOSTS=your.host` on the running container, or `allowedHosts` in `angular.json`",
            Some(&at("")),
        ));
        // The probe asks by address.
        framework.env.push(EnvVar::new("NG_ALLOWED_HOSTS", "localhost,127.0.0.1"));
        framework.serving = Serving::Server {
            command: Found::certain(["node".to_owned(), entry].to_vec(), at(" is rendered by a server")),
            artifacts: Artifacts::Bundled(vec![(base.clone(), base)]),
        };
        return Ok(Some(framework));
    }
    let href = context.commands("build").iter().find_map(|command| command.option(&["--base-href"]).map(str::to_owned));
    let href = href.or_else(|| option("baseHref").and_then(Value::as_str).map(str::to_owned));
    let site = Site::application(pages).below(href.as_deref());
    framework.serving = Serving::Static(if renders { site.fallback(Some("index.csr.html")) } else { site });
    Ok(Some(framework))
}

/// The application that `ng build` builds: the default one, or the only one.
fn application(workspace: &JsonFile, context: Context<'_>, notes: &mut Vec<Note>) -> Option<String> {
    if let Some(name) = workspace.str(&["defaultProject"]) {
        return Some(name.to_owned());
    }
    let named = context.commands("build").iter().find(|command| command.is("ng", "build")).and_then(|command| {
        command.arguments(2, &["-c", "--configuration", "--base-href", "--output-path"]).first().map(|name| (*name).to_owned())
    });
    let projects = workspace.get(&["projects"])?.as_object()?;
    let mut names: Vec<&String> = projects
        .iter()
        .filter(|(_, project)| project.get("projectType").and_then(Value::as_str).is_none_or(|kind| kind == "application"))
        .map(|(name, _)| name)
        .collect();
    names.sort_by_key(|name| workspace.line(&["projects", name]));
    let chosen = named.filter(|named| projects.contains_key(named)).or_else(|| names.first().map(|name| (*name).clone()))?;
    if names.len() > 1 {
        let message = format!("of {} applications `{chosen}` is served; a `build` script such as `ng build NAME` names another", names.len());
        notes.push(Note::info(message, Some(&workspace.evidence(&["projects", &chosen], ""))));
    }
    Some(chosen)
}

fn target<'w>(workspace: &'w JsonFile, name: &str, target: &str) -> Option<&'w Value> {
    let project = workspace.get(&["projects", name])?;
    project.get("architect").or_else(|| project.get("targets"))?.get(target)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, site};

    fn with(build: &str) -> [(&'static str, String); 2] {
        let manifest = r#"{"dependencies": {"@angular/core": "^20"}, "scripts": {"build": "ng build", "start": "ng serve"}}"#;
        let workspace = format!(r#"{{"projects": {{"shop": {{"projectType": "application", "architect": {{"build": {build}}}}}}}}}"#);
        [("package.json", manifest.to_owned()), ("angular.json", workspace)]
    }

    #[test]
    fn the_builder_and_its_options_decide() {
        let site = |build: &str| {
            let files = with(build);
            site(&files.each_ref().map(|(path, text)| (*path, text.as_str()))).map(|site| site.dir)
        };
        assert_eq!(site(r#"{"builder": "@angular/build:application", "options": {}}"#).as_deref(), Some("dist/shop/browser"));
        assert_eq!(site(r#"{"builder": "@angular/build:application", "options": {"outputPath": {"base": "out", "browser": ""}}}"#).as_deref(), Some("out"));
        assert_eq!(site(r#"{"builder": "@angular-devkit/build-angular:browser", "options": {"outputPath": "dist/a"}}"#).as_deref(), Some("dist/a"));
        let ssr = with(r#"{"builder": "@angular/build:application", "options": {"ssr": {"entry": "src/server.ts"}, "outputMode": "server"}}"#);
        let ssr = ssr.each_ref().map(|(path, text)| (*path, text.as_str()));
        assert_eq!(command(&ssr).as_deref(), Some("node dist/shop/server/server.mjs"));
    }
}
