//! Files that a program reads at run time, and those that it embeds: known by the paths in its sources that exist.

use std::sync::LazyLock;

use regex::Regex;

use super::modules::clean;
use super::program::Program;
use crate::dockerignore::Matcher;
use crate::found::{Evidence, Found};
use crate::project::Project;

/// The files beside a program.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    /// Files and folders that are read: where they lie in the build context, and where the program looks for them.
    pub read: Vec<(Found<String>, String)>,
    /// Files that are embedded: the build needs them all.
    pub embedded: Vec<String>,
    /// Patterns that no file matches: something must make the files first.
    pub unmatched: Vec<(String, Evidence)>,
}

static EMBED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^//go:embed[ \t]+([^\r\n]+)$").ok());
static LITERAL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""([^"\\\n]{2,120})"|`([^`\n]{2,120})`"#).ok());
static JOIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\bJoin\(\s*((?:"[^"\n]*"\s*,\s*)+"[^"\n]*")"#).ok());
/// Calls that take a folder or a file by its name.
static READS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:\bhttp\.Dir|\bStatic\w*|\bParseGlob|\bParseFiles|\bLoadHTML\w*|\bDirFS|\bReadDir|\bReadFile|\bOpen|\bWalk|\bWalkDir|\bServeFile|\bSetConfigFile|\bSetStaticPath|\bSetViewsPath|\bDir|\bLoad\w*|\bViews|\bhtml\.New|\bdjango\.New|\bpug\.New|\bmustache\.New|\bFile\w*|\bGlob|\bfile\.Provider|\bDirectory|\bRoot|\bSendFile|\bfs\.New)\b[^;\n]{0,60}$").ok()
});
static CONFIG_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"SetConfigName\(\s*"([\w.-]+)""#).ok());
static CONFIG_PATH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"AddConfigPath\(\s*"([^"$]*)""#).ok());
/// Endings of files that programs read.
const READ: &[&str] = &[
    ".html", ".htm", ".tmpl", ".tpl", ".gohtml", ".gotmpl", ".tpl.html", ".json", ".yaml", ".yml", ".toml", ".ini", ".csv", ".txt", ".sql", ".xml", ".conf", ".cfg",
    ".css", ".js", ".ico", ".png", ".jpg", ".svg", ".properties", ".md", ".db", ".mmdb", ".rego", ".graphql", ".graphqls", ".prompt", ".cedar", ".lua", ".wasm",
];
/// Files of the project's own that a program mentions and does not read.
const OWN: &[&str] = &["go.mod", "go.sum", "README.md", "package.json", "package-lock.json", "Dockerfile", "docker-compose.yml", "CHANGELOG.md"];

/// Looks through a program's sources. `folders` are where it is started, likeliest first.
pub fn find(project: &Project, program: &Program, folders: &[&str]) -> Assets {
    let mut assets = Assets::default();
    embeds(project, program, &mut assets);
    for file in program.files.iter().filter(|file| !file.is_generated()) {
        let imports = file.text.find("\nimport").map_or(0, |at| at + file.text[at..].find("\n)").unwrap_or(0));
        for (at, path) in paths(&file.text, imports) {
            let before = &file.text[file.text[..at].rfind('\n').map_or(0, |start| start + 1)..at];
            if before.contains("//") {
                continue;
            }
            let called = READS.as_ref().is_some_and(|regex| regex.is_match(before));
            let reason = format!("reads `{path}`");
            assets.add(project, folders, &path, called, Evidence::at(&file.path, file.line(at), reason));
        }
        configuration(project, folders, &file.path, &file.text, &mut assets);
    }
    assets
}

/// Texts that may be paths, with their places: from `start` on, where the imports end.
fn paths(text: &str, start: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let joins: Vec<_> = JOIN.iter().flat_map(|regex| regex.find_iter(&text[start..])).collect();
    for captures in LITERAL.iter().flat_map(|regex| regex.captures_iter(&text[start..])) {
        if let (Some(whole), Some(path)) = (captures.get(0), captures.get(1).or_else(|| captures.get(2)))
            && !joins.iter().any(|join| join.range().contains(&whole.start()))
        {
            found.push((start + whole.start(), path.as_str().to_owned()));
        }
    }
    for captures in JOIN.iter().flat_map(|regex| regex.captures_iter(&text[start..])) {
        if let (Some(whole), Some(parts)) = (captures.get(0), captures.get(1)) {
            let parts: Vec<&str> = parts.as_str().split('"').skip(1).step_by(2).collect();
            found.push((start + whole.start(), format!("./{}", parts.join("/"))));
        }
    }
    found
}

impl Assets {
    /// Adds a path that exists, unless it is embedded.
    fn add(&mut self, project: &Project, folders: &[&str], text: &str, called: bool, evidence: Evidence) {
        let path = text.trim_start_matches("file://");
        if path.starts_with('/') || path.contains([' ', ':', '%', '{', '$', '\\', '<', '#']) {
            return;
        }
        let pattern = path.contains('*');
        let parts: Vec<&str> = path.split('/').take_while(|part| !part.contains('*')).collect();
        let plain = parts.join("/");
        let clear = called || pattern || path.starts_with("./") || path.trim_end_matches('/').contains('/') || path.ends_with('/');
        for folder in folders {
            let Some(source) = clean(folder, &plain).filter(|source| source != "." && source != folder) else { continue };
            let Some(target) = clean(".", &plain) else { continue };
            if self.embedded.iter().any(|embedded| *embedded == source || embedded.starts_with(&format!("{source}/"))) || hidden(&source) {
                return;
            }
            let file = project.has(&source) && !OWN.contains(&source.as_str()) && (called || READ.iter().any(|ending| source.ends_with(ending)));
            let file = file && !source.ends_with(".go");
            if file || (project.has_dir(&source) && clear && is_assets(project, &source, called)) {
                self.keep(source, target, evidence);
                return;
            }
        }
    }

    /// Keeps a path, unless a folder around it is kept; what lies in it goes with it.
    fn keep(&mut self, source: String, target: String, evidence: Evidence) {
        let inside = |path: &str, folder: &str| path == folder || path.starts_with(&format!("{folder}/"));
        if self.read.iter().any(|(known, _)| inside(&source, &known.value)) {
            return;
        }
        self.read.retain(|(known, _)| !inside(&known.value, &source));
        self.read.push((Found::likely(source, evidence), target));
    }
}

/// Files of secrets are given to the container, never copied.
fn hidden(path: &str) -> bool {
    path.split('/').any(|part| part == ".env" || part.starts_with(".env.") || part == ".git") || path.ends_with(".pem") || path.ends_with(".key")
}

/// Whether a folder holds files to be read: sources beside them only where a call names the folder.
fn is_assets(project: &Project, dir: &str, called: bool) -> bool {
    let mut files = project.files_below(dir).take(2000).peekable();
    files.peek().is_some() && if called { files.any(|file| !file.ends_with(".go")) } else { files.all(|file| !file.ends_with(".go")) }
}

/// viper's way: the name of a file, and folders that it may lie in.
fn configuration(project: &Project, folders: &[&str], path: &str, text: &str, assets: &mut Assets) {
    let (Some(name), Some(places)) = (CONFIG_NAME.as_ref(), CONFIG_PATH.as_ref()) else { return };
    for captures in name.captures_iter(text) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else { continue };
        let line = text[..whole.start()].matches('\n').count() + 1;
        let dirs = places.captures_iter(text).filter_map(|found| found.get(1)).map(|found| found.as_str());
        for dir in dirs.chain(["."]) {
            for ending in ["yaml", "yml", "json", "toml", "ini"] {
                let file = format!("./{}/{}.{ending}", dir.trim_end_matches('/'), name.as_str());
                assets.add(project, folders, &file, true, Evidence::at(path, line, format!("reads `{}`", name.as_str())));
            }
        }
    }
}

/// What is embedded, relative to the file that says so.
fn embeds(project: &Project, program: &Program, assets: &mut Assets) {
    for file in &program.files {
        let dir = file.path.rsplit_once('/').map_or(".", |(dir, _)| dir);
        for captures in EMBED.iter().flat_map(|regex| regex.captures_iter(&file.text)) {
            let (Some(whole), Some(patterns)) = (captures.get(0), captures.get(1)) else { continue };
            for pattern in crate::settings::shell_split(&patterns.as_str().replace('`', "\"")).unwrap_or_default() {
                let Some(path) = clean(dir, pattern.trim_start_matches("all:")) else { continue };
                let matcher = Matcher::new(&path).ok();
                let matched: Vec<&str> = project
                    .files_below(if path.contains(['*', '?', '[']) { dir } else { &path })
                    .chain(project.has(&path).then_some(path.as_str()))
                    .filter(|found| matcher.as_ref().is_some_and(|matcher| matcher.excludes(found)))
                    .collect();
                if matched.is_empty() && !project.exists(&path) {
                    let line = file.line(whole.start());
                    assets.unmatched.push((path.clone(), Evidence::at(&file.path, line, format!("embeds `{pattern}`"))));
                }
                assets.embedded.extend(matched.into_iter().map(str::to_owned));
            }
        }
    }
    assets.embedded.sort();
    assets.embedded.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::go::{modules::Modules, program};

    #[test]
    fn what_is_read_and_what_is_embedded() {
        let main = r#"package main

import "embed"

//go:embed all:web/dist schema.sql
var files embed.FS

//go:embed gone
var gone embed.FS

func main() {
	t.ParseGlob("templates/*.html")
	http.Handle("/static/", http.FileServer(http.Dir("./static")))
	fs.ReadFile("web/dist/index.html")
	os.ReadFile("config/app.yaml")
	os.Open(filepath.Join("data", "seed.csv"))
	viper.SetConfigName("settings")
	viper.AddConfigPath("./etc")
	godotenv.Load(".env")
	log.Println("internal/api failed", "README.md", "api")
}
"#;
        let files = [
            ("go.mod", "module a\n"), ("main.go", main), ("templates/a.html", ""), ("static/a.css", ""), ("web/dist/index.html", ""), ("schema.sql", ""),
            ("config/app.yaml", ""), ("data/seed.csv", ""), ("etc/settings.toml", ""), (".env", ""), ("internal/api/a.go", ""), ("README.md", ""), ("api/x.json", ""),
        ];
        let project = Project::from_files(files);
        let modules = Modules::read(&project, &mut Vec::new()).unwrap().unwrap();
        let program = program::program(&project, &modules, 0, ".").unwrap();
        let assets = find(&project, &program, &["."]);
        let read: Vec<&str> = assets.read.iter().map(|(found, _)| found.value.as_str()).collect();
        assert_eq!(read, ["templates", "static", "config/app.yaml", "etc", "data/seed.csv"]);
        assert_eq!(assets.embedded, ["schema.sql", "web/dist/index.html"]);
        assert_eq!(assets.unmatched[0].0, "gone");
    }
}
