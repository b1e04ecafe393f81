//! Generators and bundlers that leave pages in a folder: what differs is a row.

use super::config::Config;
use super::vite::{inside, library};
use super::{Context, Framework, Serving, Variables, nitro};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::json_file::JsonFile;
use crate::languages::static_site::Site;
use crate::plan::EnvVar;
use crate::project::join;

/// One of them.
struct Row {
    name: &'static str,
    packages: &'static [&'static str],
    /// The program and its first argument in a build command; the argument is empty where there is none.
    build: (&'static str, &'static str),
    /// Where the pages go.
    dir: &'static str,
    /// Options of the build that name another folder.
    options: &'static [&'static str],
    config: &'static [&'static str],
    /// The configuration's key for another folder, and the one for the path that the pages are served below.
    keys: (&'static str, &'static str),
    /// The page for unknown paths.
    fallback: Option<&'static str>,
    /// The folder of hashed names.
    hashed: Option<&'static str>,
    prefixes: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    outputs: &'static [&'static str],
    /// The pages' library is the framework's name, and this row the tool that builds.
    bundles: bool,
}

const ROW: Row = Row {
    name: "",
    packages: &[],
    build: ("", ""),
    dir: "dist",
    options: &[],
    config: &[],
    keys: ("", ""),
    fallback: None,
    hashed: None,
    prefixes: &[],
    env: &[],
    outputs: &[],
    bundles: false,
};

/// Those that are known by their package alone.
const GENERATORS: &[Row] = &[
    Row {
        name: "gatsby", packages: &["gatsby"], build: ("gatsby", "build"), dir: "public", prefixes: &["GATSBY_"],
        env: &[("GATSBY_TELEMETRY_DISABLED", "1")], outputs: &[".cache"], ..ROW
    },
    Row {
        name: "docusaurus", packages: &["@docusaurus/core", "docusaurus"], build: ("docusaurus", "build"), dir: "build", options: &["--out-dir"],
        config: &["docusaurus.config"], keys: ("", "baseUrl"), hashed: Some("assets"), outputs: &[".docusaurus"], ..ROW
    },
    Row {
        name: "eleventy", packages: &["@11ty/eleventy"], build: ("eleventy", ""), dir: "_site", options: &["--output"],
        config: &[".eleventy", "eleventy.config"], keys: ("output", "pathPrefix"), outputs: &[".cache"], ..ROW
    },
    Row { name: "hexo", packages: &["hexo"], build: ("hexo", "generate"), dir: "public", ..ROW },
    Row {
        name: "umi", packages: &["umi", "@umijs/max"], build: ("umi", "build"), config: &[".umirc", "config/config"], keys: ("outputPath", "base"),
        fallback: Some("index.html"), ..ROW
    },
    Row {
        name: "quasar", packages: &["@quasar/app-vite", "@quasar/app-webpack", "@quasar/app"], build: ("quasar", "build"), dir: "dist/spa",
        config: &["quasar.config", "quasar.conf"], keys: ("distDir", "publicPath"), fallback: Some("index.html"), hashed: Some("assets"), ..ROW
    },
    Row { name: "gridsome", packages: &["gridsome"], build: ("gridsome", "build"), prefixes: &["GRIDSOME_"], ..ROW },
    Row {
        name: "create-react-app", packages: &["react-scripts"], build: ("react-scripts", "build"), dir: "build", fallback: Some("index.html"),
        hashed: Some("static"), prefixes: &["REACT_APP_"], bundles: true, ..ROW
    },
    Row {
        name: "vue-cli", packages: &["@vue/cli-service"], build: ("vue-cli-service", "build"), options: &["--dest"], config: &["vue.config"],
        keys: ("outputDir", "publicPath"), fallback: Some("index.html"), prefixes: &["VUE_APP_"], bundles: true, ..ROW
    },
    Row {
        name: "ember", packages: &["ember-cli"], build: ("ember", "build"), options: &["-o", "--output-path"], fallback: Some("index.html"), ..ROW
    },
    Row { name: "preact-cli", packages: &["preact-cli"], build: ("preact", "build"), dir: "build", fallback: Some("200.html"), bundles: true, ..ROW },
    Row {
        name: "expo", packages: &["expo"], build: ("expo", "export"), options: &["--output-dir"], fallback: Some("index.html"),
        hashed: Some("_expo/static"), prefixes: &["EXPO_PUBLIC_"], env: &[("EXPO_NO_TELEMETRY", "1")], outputs: &[".expo"], ..ROW
    },
    Row { name: "sanity", packages: &["sanity"], build: ("sanity", "build"), fallback: Some("index.html"), prefixes: &["SANITY_STUDIO_"], ..ROW },
    Row {
        name: "rspress", packages: &["rspress", "@rspress/core"], build: ("rspress", "build"), dir: "doc_build", config: &["rspress.config"],
        keys: ("outDir", "base"), hashed: Some("static"), ..ROW
    },
    Row { name: "slidev", packages: &["@slidev/cli"], build: ("slidev", "build"), options: &["--out", "-o"], fallback: Some("index.html"), ..ROW },
];

/// Those that others bring along too: the build must run them.
const BUNDLERS: &[Row] = &[
    Row {
        name: "rsbuild", packages: &["@rsbuild/core"], build: ("rsbuild", "build"), config: &["rsbuild.config"], keys: ("root", "base"),
        fallback: Some("index.html"), hashed: Some("static"), prefixes: &["PUBLIC_"], bundles: true, ..ROW
    },
    Row {
        name: "parcel", packages: &["parcel", "parcel-bundler"], build: ("parcel", "build"), options: &["--dist-dir", "-d", "--out-dir"],
        fallback: Some("index.html"), outputs: &[".parcel-cache", ".cache"], bundles: true, ..ROW
    },
    Row {
        name: "stencil", packages: &["@stencil/core"], build: ("stencil", "build"), dir: "www", config: &["stencil.config"], keys: ("dir", "baseUrl"),
        fallback: Some("index.html"), ..ROW
    },
    Row { name: "brunch", packages: &["brunch"], build: ("brunch", "build"), dir: "public", fallback: Some("index.html"), ..ROW },
    Row {
        name: "polymer", packages: &["polymer-cli"], build: ("polymer", "build"), dir: "build/default", fallback: Some("index.html"), outputs: &["build"], ..ROW
    },
    Row { name: "storybook", packages: &["storybook", "@storybook/react"], build: ("storybook", "build"), dir: "storybook-static",
        options: &["-o", "--output-dir"], prefixes: &["STORYBOOK_"], ..ROW },
    Row { name: "storybook", packages: &["storybook", "@storybook/react"], build: ("build-storybook", ""), dir: "storybook-static",
        options: &["-o", "--output-dir"], prefixes: &["STORYBOOK_"], ..ROW },
];

/// webpack and its kin make pages only with the plugin for them, or beside one that lies in the output.
const WEBPACK: &[Row] = &[
    Row {
        name: "webpack", packages: &["webpack", "webpack-cli"], build: ("webpack", ""), options: &["-o", "--output-path"],
        config: &["webpack.config", "webpack.prod", "config/webpack.prod"], keys: ("path", ""), fallback: Some("index.html"), bundles: true, ..ROW
    },
    Row { name: "rspack", packages: &["@rspack/core", "@rspack/cli"], build: ("rspack", "build"), config: &["rspack.config"], keys: ("path", ""),
        fallback: Some("index.html"), bundles: true, ..ROW },
];

/// The generators.
pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    if let Some(found) = documentation(context)? {
        return Ok(Some(found));
    }
    for row in GENERATORS {
        // An own server means that the pages are only a part.
        if context.dependency(row.packages).is_some() && context.own_server(&[row.dir]).is_none() {
            return framework(context, row);
        }
    }
    Ok(None)
}

/// The bundlers, where the build runs them.
pub fn detect_bundler(context: Context<'_>) -> Result<Option<Framework>> {
    if context.own_server(&[]).is_some() {
        return Ok(None);
    }
    let commands = context.commands("build");
    let runs = |row: &Row| commands.iter().any(|command| command.program() == row.build.0 && (row.build.1.is_empty() || command.is(row.build.0, row.build.1)));
    if let Some(row) = BUNDLERS.iter().find(|row| context.dependency(row.packages).is_some() && runs(row)) {
        return framework(context, row);
    }
    let makes_pages = |row: &Row| {
        context.dependency(&["html-webpack-plugin", "@rspack/core"]).is_some()
            || context.project.has(&join(context.dir, &format!("{}/index.html", row.dir)))
            || (context.dependency(&["copy-webpack-plugin"]).is_some() && context.project.files_below(context.dir).any(|file| file.ends_with("index.html")))
    };
    match WEBPACK.iter().find(|row| context.dependency(row.packages).is_some() && runs(row) && makes_pages(row)) {
        Some(row) => framework(context, row),
        None => Ok(None),
    }
}

fn framework(context: Context<'_>, row: &Row) -> Result<Option<Framework>> {
    let Some(evidence) = context.dependency(row.packages) else { return Ok(None) };
    let config = Config::read(context, row.config)?;
    let commands = context.commands("build");
    let build = commands.iter().find(|command| command.program() == row.build.0);
    let named = build.and_then(|command| command.option(row.options)).map(str::to_owned);
    let setting = |key: &str| if key.is_empty() { None } else { config.as_ref().and_then(|config| config.path(key)).map(|(value, _)| value) };
    let dir = named.or_else(|| setting(row.keys.0)).and_then(|dir| inside(".", &dir)).filter(|dir| dir != ".").unwrap_or_else(|| row.dir.to_owned());
    let mut site = Site::pages(dir).fallback(row.fallback).hashed(row.hashed).below(setting(row.keys.1).as_deref());
    let mut env: Vec<EnvVar> = row.env.iter().map(|(name, value)| EnvVar::new(name, *value)).collect();
    match row.name {
        "gatsby" if build.is_some_and(|command| command.has(&["--prefix-paths"])) => {
            let prefix = Config::read(context, &["gatsby-config"])?.and_then(|config| config.string("pathPrefix"));
            site = site.below(prefix.map(|(prefix, _)| prefix).as_deref());
        }
        "create-react-app" => {
            // A homepage is an address or a path: the path is where the page expects its files.
            let homepage = context.manifest.str(&["homepage"]).map(|text| text.split_once("://").map_or(text, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..])));
            site = site.below(homepage);
            if let Some(path) = build.and_then(|command| command.variable("BUILD_PATH")).and_then(|path| inside(".", path)) {
                site.dir = path;
            }
            if context.major("react-scripts").is_some_and(|major| major < 5) {
                env.push(nitro::legacy_openssl());
            }
        }
        "vue-cli" if context.major("@vue/cli-service").is_some_and(|major| major < 5) => env.push(nitro::legacy_openssl()),
        "webpack" if context.major("webpack").is_some_and(|major| major < 5) => env.push(nitro::legacy_openssl()),
        "parcel" => site = site.below(build.and_then(|command| command.option(&["--public-url"]))),
        "expo" => {
            let app = JsonFile::read(context.project, &join(context.dir, "app.json"))?;
            let output = app.as_ref().and_then(|app| app.str(&["expo", "web", "output"]));
            // Without the web's own library there is nothing to serve.
            if context.dependency(&["react-native-web"]).is_none() {
                return Ok(None);
            }
            if output == Some("static") {
                site.fallback = None;
            }
        }
        _ => {}
    }
    let mut words = vec![row.build.0];
    words.extend((!row.build.1.is_empty()).then_some(row.build.1));
    if row.name == "expo" {
        words.extend(["--platform", "web"]);
    }
    let tool = row.bundles.then(|| Found::certain(row.name.to_owned(), evidence.clone()));
    let name = if row.bundles { library(context, row.name, &evidence) } else { Found::certain(row.name.to_owned(), evidence.clone()) };
    Ok(Some(Framework {
        build: context.build_by(&words, &evidence),
        build_tool: tool,
        build_env: env,
        outputs: row.outputs.iter().map(|&folder| folder.to_owned()).collect(),
        variables: Variables::read(context, row.prefixes)?,
        serving: Serving::Static(site),
        ..Framework::plain(name)
    }))
}

/// VitePress and VuePress: the folder of the pages is an argument, and the output lies below it.
fn documentation(context: Context<'_>) -> Result<Option<Framework>> {
    for (name, packages) in [("vitepress", &["vitepress"][..]), ("vuepress", &["vuepress", "vuepress-vite", "vuepress-webpack"][..])] {
        let Some(evidence) = context.dependency(packages) else { continue };
        let script = ["build", "docs:build", "build:docs"].into_iter().find_map(|script| {
            Some((script, context.commands(script).into_iter().find(|command| command.is(name, "build"))?))
        });
        let Some((script, command)) = script else { continue };
        let folder = command.arguments(2, &[]).first().and_then(|dir| inside(".", dir)).unwrap_or_else(|| ".".to_owned());
        let config = Config::read(context, &[join(&folder, &format!(".{name}/config")).as_str(), join(&folder, &format!(".{name}/config/index")).as_str()])?;
        let string = |key: &str| config.as_ref().and_then(|config| config.string(key)).map(|(value, _)| value);
        let dir = command.option(&["--outDir"]).map(str::to_owned).or_else(|| string("outDir")).and_then(|dir| inside(".", &dir));
        let dir = dir.unwrap_or_else(|| join(&folder, &format!(".{name}/dist")));
        let build = (script != "build").then(|| {
            let words = command.words.iter().enumerate().map(|(at, word)| if at == 0 { format!("node_modules/.bin/{word}") } else { word.clone() });
            Found::certain(words.collect(), Evidence { reason: format!("`{script}` builds the pages"), ..context.script(script) })
        });
        let mut env = Vec::new();
        if name == "vuepress" && context.major("vuepress").is_some_and(|major| major < 2) {
            env.push(nitro::legacy_openssl());
        }
        return Ok(Some(Framework {
            build,
            build_env: env,
            outputs: vec![join(&folder, &format!(".{name}/cache"))],
            serving: Serving::Static(Site::pages(dir).below(string("base").as_deref()).hashed(Some("assets"))),
            ..Framework::plain(Found::certain(name.to_owned(), Evidence { reason: format!("depends on `{name}`"), ..evidence }))
        }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, framework, site};
    use super::*;

    fn of(manifest: &str, others: &[(&str, &str)]) -> Option<Site> {
        let files: Vec<(&str, &str)> = [("package.json", manifest)].into_iter().chain(others.iter().copied()).collect();
        site(&files)
    }

    #[test]
    fn each_says_where_its_pages_go() {
        let gatsby = of(r#"{"dependencies": {"gatsby": "5"}, "scripts": {"build": "gatsby build"}}"#, &[]);
        assert_eq!(gatsby.map(|site| site.dir).as_deref(), Some("public"));
        let docs = of(r#"{"dependencies": {"@docusaurus/core": "3"}, "scripts": {"build": "docusaurus build"}}"#, &[("docusaurus.config.ts", "const c = {baseUrl: '/docs/'}")]);
        assert_eq!(docs, Some(Site::pages("build").below(Some("/docs/")).hashed(Some("assets"))));
        let cra = of(r#"{"homepage": "https://a.example/app", "dependencies": {"react-scripts": "4.0.1"}, "scripts": {"build": "react-scripts build", "start": "serve -s build"}}"#, &[]);
        assert_eq!(cra, Some(Site::application("build").below(Some("/app")).hashed(Some("static"))));
        let press = of(r#"{"devDependencies": {"vitepress": "1"}, "scripts": {"docs:build": "vitepress build docs"}}"#, &[("docs/.vitepress/config.mts", "export default {base: '/x/'}")]);
        assert_eq!(press, Some(Site::pages("docs/.vitepress/dist").below(Some("/x/")).hashed(Some("assets"))));
        let webpack = of(r#"{"devDependencies": {"webpack": "5", "html-webpack-plugin": "5"}, "scripts": {"build": "webpack --mode production"}}"#,
            &[("webpack.config.js", "module.exports = {output: {path: path.resolve(__dirname, 'public')}}")]);
        assert_eq!(webpack, Some(Site::application("public")));
    }

    #[test]
    fn an_own_server_is_started() {
        let manifest = r#"{"dependencies": {"react-scripts": "5", "express": "4"}, "scripts": {"build": "react-scripts build", "start": "node server.js"}}"#;
        assert_eq!(command(&[("package.json", manifest), ("server.js", "")]).as_deref(), Some(""));
        let old = framework(&[("package.json", r#"{"dependencies": {"react-scripts": "^4.0"}}"#)]).expect("CRA");
        assert_eq!(old.build_env, [nitro::legacy_openssl()]);
        assert_eq!(old.build.map(|build| build.value.join(" ")).as_deref(), Some("node_modules/.bin/react-scripts build"));
    }
}
