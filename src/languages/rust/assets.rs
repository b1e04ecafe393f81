//! Files that the program opens at run time: folders of pages, templates, migrations and settings. What a macro takes in
//! while it is compiled is inside the program already.

use std::sync::LazyLock;

use regex::Regex;

use super::code::Code;
use super::manifest::{Package, resolve};
use crate::dockerignore::Matcher;
use crate::found::Evidence;
use crate::project::{Project, join};
use crate::sources::Pattern;

/// A file or folder that must lie in the image where it lies in the project.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Relative to the context.
    pub path: String,
    /// Whether the program looks for it from its package's folder, not from the context.
    pub from_package: bool,
    /// Where it is named.
    pub evidence: Evidence,
}

static TEXT: Pattern = LazyLock::new(|| Regex::new(r#""([A-Za-z0-9_./*-][^"\\\n{}<>|;=?&]{0,120})""#).ok());
/// Lines that are about files.
static ABOUT_FILES: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)dir|file|path|open|read|load|join|glob|tera|template|static|asset|folder|migrat|config|source\(").ok()
});
/// What is done with a path while the program is compiled.
const COMPILED: &[&str] = &[
    "include_", "migrate!(", "embed_", "#[folder", "#[template", "include!", "env!(\"OUT_DIR", "include_dir!", "#[derive", "graphql_client", "#[graphql",
    "tonic::include", "query_file", "#[cfg", "#[path", "compile_protos",
];
/// Folders of the project itself, never of what it serves.
const OWN: &[&str] = &["src", "target", "tests", "test", "benches", "examples", ".", "Cargo.toml", "Cargo.lock", "build.rs", "docs", "README.md", ".git", "crates", ".env"];
/// What never reaches the build: a key or a log is no part of the program, though it opens it.
const KEPT_AWAY: &str = "**/*.pem\n**/*.key\n**/*.p12\n**/.env\n**/.env.*\n**/*.log\n**/*.orig\n**/secrets\n**/credentials.json\ntmp\nk8s\n";
const ENDINGS: &[&str] = &[".toml", ".yaml", ".yml", ".json"];

/// Looks for the files that a program names, and for those that its framework opens by itself.
pub fn find(project: &Project, package: &Package, code: &Code, framework: Option<&str>) -> Vec<Asset> {
    let mut assets: Vec<Asset> = Vec::new();
    let mut add = |found: Option<(String, bool)>, evidence: Evidence| {
        if let Some((path, from_package)) = found
            && !assets.iter().any(|known| path == known.path || path.starts_with(&format!("{}/", known.path)))
        {
            assets.retain(|known| !known.path.starts_with(&format!("{path}/")));
            assets.push(Asset { path, from_package, evidence });
        }
    };
    for (file, text) in code.files() {
        for captures in TEXT.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(text)) {
            let Some(found) = captures.get(1) else { continue };
            let before = &text[text[..found.start()].rfind([';', '}']).map_or(0, |at| at + 1)..found.start()];
            let line = &text[text[..found.start()].rfind('\n').map_or(0, |at| at + 1)..];
            let line = line.split('\n').next().unwrap_or(line);
            let absolute = before.contains("CARGO_MANIFEST_DIR") || before.contains("relative!(");
            let compiled = COMPILED.iter().any(|word| line.contains(word) || (before.len() < 400 && before.contains(word) && !word.starts_with("#[")));
            let about = ABOUT_FILES.as_ref().is_some_and(|pattern| pattern.is_match(line) || pattern.is_match(before.rsplit('\n').nth(1).unwrap_or_default()));
            if compiled || !(about || absolute) {
                continue;
            }
            let at = text[..found.start()].matches('\n').count() + 1;
            add(existing(project, package, found.as_str(), absolute), Evidence::at(file, at, "opened at run time"));
        }
    }
    let start = package.programs.first().map_or(package.file.path.as_str(), |program| program.path.as_str());
    let implied: &[&str] = match framework {
        Some("rocket") if package.dependency("rocket_dyn_templates").is_some() => &["Rocket.toml", "templates"],
        Some("rocket") => &["Rocket.toml"],
        Some("loco-rs") => &["config", "assets"],
        _ => &[],
    };
    for name in implied {
        add(existing(project, package, name, false), Evidence::at(start, 1, "opened by the framework"));
    }
    if let Ok(kept_away) = Matcher::new(KEPT_AWAY) {
        assets.retain(|asset| project.files_below(&asset.path).chain([asset.path.as_str()]).any(|file| project.has(file) && !kept_away.excludes(file)));
    }
    assets.sort_by(|one, other| one.path.cmp(&other.path));
    assets
}

/// What a text names: a file or folder, seen from the context or from the package's folder.
fn existing(project: &Project, package: &Package, text: &str, absolute: bool) -> Option<(String, bool)> {
    let text = text.trim_start_matches("./");
    let text = if absolute { text.trim_start_matches('/') } else { text };
    let path = text.split(['*', '?']).next().unwrap_or(text).trim_end_matches('/');
    let path = if text.contains('*') && !text.contains("/*") { path.rsplit_once('/').map_or("", |(dir, _)| dir) } else { path };
    if path.is_empty() || path.starts_with(['/', '.']) || OWN.contains(&path.split('/').next().unwrap_or(path)) || path.contains(char::is_whitespace) {
        return None;
    }
    let folders: &[(&str, bool)] = if package.dir == "." { &[(".", false)] } else if absolute { &[(&package.dir, false)] } else { &[(".", false), (&package.dir, true)] };
    folders.iter().find_map(|(dir, from_package)| {
        let full = resolve(dir, path);
        if full.ends_with(".rs") {
            return None;
        }
        if project.has(&full) || project.has_dir(&full) {
            return Some((full, *from_package));
        }
        // Settings are named without their ending, and more than one of a folder is read.
        let named = ENDINGS.iter().any(|ending| project.has(&format!("{full}{ending}")));
        let folder = path.rsplit_once('/').map(|(folder, _)| join(dir, folder));
        match folder {
            Some(folder) if named => Some((folder, *from_package)),
            None if named => ENDINGS.iter().map(|ending| format!("{full}{ending}")).find(|file| project.has(file)).map(|file| (file, *from_package)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::workspace::Workspace;
    use super::*;

    fn assets(main: &str) -> Vec<String> {
        let project = Project::from_files([
            ("Cargo.toml", "[package]\nname = 'x'\n"), ("src/main.rs", main), ("static/a.css", ""), ("templates/a.html", ""),
            ("config/default.toml", ""), ("migrations/1.sql", ""), ("Settings.toml", ""), ("words.txt", ""),
            ("cert.pem", ""), ("keys/a.key", ""),
        ]);
        let workspace = Workspace::read(&project).unwrap().unwrap();
        let code = Code::read(&project, &["."]).unwrap();
        find(&project, &workspace.packages[0], &code, None).into_iter().map(|asset| asset.path).collect()
    }

    #[test]
    fn what_is_opened_is_copied_and_what_is_compiled_in_is_not() {
        assert_eq!(assets("ServeDir::new(\"static\")"), ["static"]);
        assert_eq!(assets("Tera::new(\"templates/**/*\")"), ["templates"]);
        assert_eq!(assets("File::with_name(\"config/default\")"), ["config"]);
        assert_eq!(assets("config::File::with_name(\"Settings\")"), ["Settings.toml"]);
        assert_eq!(assets("fs::read_to_string(\"./words.txt\")"), ["words.txt"]);
        assert_eq!(assets("fs::read(\"cert.pem\"); fs::read_dir(\"keys\")"), [""; 0]);
        assert_eq!(assets("FileServer::from(relative!(\"static\"))"), ["static"]);
        assert_eq!(assets("sqlx::migrate!(\"./migrations\").run(&pool)"), [""; 0]);
        assert_eq!(assets("include_str!(\"../words.txt\"); println!(\"static\");"), [""; 0]);
        assert_eq!(assets("Router::new().route(\"/static\", get(file))"), [""; 0]);
    }
}
