//! `.dockerignore`: what its lines mean, and which lines a project gets.

mod matcher;

pub use matcher::{Matcher, literal};

use serde::Serialize;

use crate::plan::Plan;
use crate::project::Project;

/// Lines of one kind, with the reason for them.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    title: &'static str,
    lines: Vec<String>,
}

/// Names that people also give to folders of sources (`internal/secrets`, `pkg/tmp`): there the line is left away.
const ALSO_SOURCES: &[&str] = &["**/secrets", "**/k8s", "tmp"];
/// Endings of files that a build reads.
const SOURCES: &[&str] = &[
    ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".vue", ".svelte", ".py", ".go", ".rs", ".java", ".kt", ".scala", ".rb", ".php", ".cs",
    ".fs", ".ex", ".exs", ".erl", ".gleam", ".clj", ".c", ".cc", ".cpp", ".h", ".hs", ".swift", ".dart", ".zig", ".cr", ".proto",
];

/// The lines for a planned service: what its stack needs, and what no image should ever hold.
pub fn groups(plan: &Plan, project: &Project) -> Vec<Group> {
    let sources: Vec<&str> = project.files().filter(|file| SOURCES.iter().any(|ending| file.ends_with(ending))).collect();
    let holds_sources = |line: &str| {
        ALSO_SOURCES.contains(&line) && Matcher::new(line).is_ok_and(|matcher| sources.iter().any(|file| matcher.excludes(file)))
    };
    let group = |title, lines: &[&str]| Group {
        title,
        lines: lines.iter().filter(|line| !holds_sources(line)).map(|line| (*line).to_owned()).collect(),
    };
    let mut groups = vec![
        group("Secrets: they belong to the running container, never into a layer", &[
            "**/.env", "**/.env.*", "!**/.env.example", "**/*.pem", "**/*.key", "**/*.p12", "**/id_rsa*", "**/id_ed25519*",
            "**/.aws", "**/.azure", "**/.gcp", "**/.kube", "**/.netrc", "**/credentials.json", "**/secrets",
        ]),
        Group { title: "Installed, built and cached: made again inside the image", lines: plan.ignore.clone() },
        group("Version control, editors and systems", &[
            ".git", ".gitignore", ".gitattributes", ".github", ".gitlab-ci.yml", ".hg", ".svn", "**/.idea", "**/.vscode",
            "**/*.swp", "**/.DS_Store", "**/Thumbs.db",
        ]),
        group("Container files: a change in them must not rebuild the application", &[
            "**/Dockerfile", "**/Dockerfile.*", "**/.dockerignore", "compose*.yaml", "docker-compose*.yml", "docker-bake.hcl", "**/k8s", "**/k8s-overlays",
            "dockwright.toml", "dockwright.lock", ".dockwright",
        ]),
        group("Logs and leftovers", &["**/*.log", "**/*.orig", "**/*.dockwright-new", "tmp"]),
    ];
    let lines: Vec<&str> = groups.iter().flat_map(|group| &group.lines).map(String::as_str).collect();
    if let Ok(matcher) = Matcher::new(&lines.join("\n")) {
        let back = plan.copied.iter().filter(|path| project.has(path) && matcher.excludes(path)).map(|path| format!("!{}", literal(path)));
        groups.push(Group { title: "All the same: the build names these", lines: back.collect() });
    }
    groups.retain(|group| !group.lines.is_empty());
    groups
}

/// Prefixes of variables whose values a front end shows to everybody.
const PUBLIC: &[&str] = &[
    "VITE_", "NEXT_PUBLIC_", "REACT_APP_", "PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "NG_APP_", "VUE_APP_", "EXPO_PUBLIC_",
    "STORYBOOK_",
];

/// Whether an environment file holds only what ends up in everybody's browser anyway.
pub fn is_public(project: &Project, path: &str) -> bool {
    let Ok(Some(text)) = project.read(path) else { return false };
    let mut names = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.strip_prefix("export ").unwrap_or(line).split('=').next().unwrap_or_default().trim())
        .peekable();
    names.peek().is_some() && names.all(|name| PUBLIC.iter().any(|prefix| name.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_sources_is_never_kept_away() {
        let lines = |path: &str| {
            let project = Project::from_files([("package.json", "{\"name\": \"x\", \"scripts\": {\"start\": \"node a.js\"}}"), (path, "")]);
            let detected = crate::languages::Language::detect(&crate::languages::node::Node, &project).unwrap().remove(0);
            let choices = crate::settings::Answers::default().over(detected.facts()).unwrap();
            let groups = groups(&detected.plan(&choices).unwrap(), &project);
            groups.into_iter().flat_map(|group| group.lines).collect::<Vec<_>>()
        };
        assert!(lines("lib/secrets/token.txt").contains(&"**/secrets".to_owned()));
        assert!(!lines("lib/secrets/read.js").contains(&"**/secrets".to_owned()));
    }
}
