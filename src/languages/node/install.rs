//! What an install reads, and the scripts that come with it.

use serde_json::Value;

use super::package_manager::{PackageManager, Tool};
use super::script;
use super::workspace::Member;
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::project::{Project, join};

/// The install of one service.
#[derive(Debug, Clone, Default)]
pub struct Install {
    /// Files and folders that it reads, by the folder that they are copied to.
    pub manifests: Vec<(Vec<String>, String)>,
    /// Names of build secrets that are variables.
    pub secrets: Vec<String>,
    /// Whether `.npmrc` itself holds credentials: it is mounted as a secret, and copied nowhere.
    pub secret_npmrc: bool,
    /// Scripts of the root manifest that must not run while dependencies are installed.
    pub held_back: Vec<String>,
    /// Those of them that run when the sources are there.
    pub later: Vec<String>,
    /// Scripts of members that must not run either, by folder; they run when the sources are there.
    pub of_members: Vec<(String, String)>,
    /// Whether what they do to `node_modules` is needed at run time: then it is pruned instead of installed again.
    pub prune: bool,
    /// Whether a dependency is fetched with git.
    pub git: bool,
    /// Whether anything is installed that runs in production.
    pub dependencies: bool,
}

/// Scripts that package managers run around an install.
const HOOKS: &[&str] = &["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
/// Programs that prepare a checkout for developers; there is none in the image.
const CHECKOUT_TOOLS: &[&str] = &[
    "husky", "lefthook", "simple-git-hooks", "is-ci", "ts-patch", "only-allow", "npx only-allow", "pinst", "git", "lint-staged", "yorkie",
    "playwright install", "allow-scripts", "check-node-version", "corepack",
];
/// Settings of the package managers and what they name.
const SETTINGS: &[&str] = &[
    ".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml", "pnpm-workspace.yaml", ".pnpmfile.cjs", ".pnpmfile.mjs", "pnpmfile.js", ".pnp.cjs",
    ".pnp.loader.mjs",
];
/// Folders that an install reads.
const FOLDERS: &[&str] = &["patches", ".pnpm-patches", ".yarn/patches", ".yarn/plugins", ".yarn/releases", ".yarn/cache", ".yarn/versions", ".pnpm"];

/// What the install of these manifests reads; the first is the root's, `members` are the workspace's that belong to it.
///
/// # Errors
/// When a settings file cannot be read.
pub fn find(
    project: &Project, root: &JsonFile, members: &[&Member], manager: &PackageManager, notes: &mut Vec<Note>,
) -> crate::error::Result<Install> {
    let mut install = Install::default();
    if !root.path.contains("package.json") {
        return Ok(install);
    }
    let mut files = vec![root.path.clone()];
    files.extend(manager.lockfile.iter().map(|file| file.path.clone()));
    for name in SETTINGS.iter().filter(|name| project.has(name) && !name.starts_with(".pnp.")) {
        let text = project.read(name)?.unwrap_or_default();
        if *name == ".npmrc" && has_credentials(&text) {
            install.secret_npmrc = true;
            continue;
        }
        if name.starts_with(".npmrc") || name.starts_with(".yarnrc") || name.starts_with("bunfig") {
            install.secrets.extend(variables(&text).into_iter().filter(|name| !install.secrets.contains(name)).collect::<Vec<_>>());
        }
        files.push((*name).to_owned());
    }
    install.manifests.push((files, "./".to_owned()));
    for folder in FOLDERS.iter().filter(|folder| project.exists(folder)) {
        install.manifests.push((vec![(*folder).to_owned()], format!("{folder}/")));
    }
    for member in members {
        install.manifests.push((vec![member.manifest.path.clone()], format!("{}/", member.dir)));
    }
    let manifests: Vec<(&str, &JsonFile)> =
        std::iter::once((".", root)).chain(members.iter().map(|member| (member.dir.as_str(), &member.manifest))).collect();
    let dependencies = || manifests.iter().flat_map(|(dir, manifest)| ranges(manifest).map(move |(group, name, range)| (*dir, group, name, range)));
    install.dependencies = dependencies().any(|(_, group, _, _)| group != "devDependencies") || !members.is_empty();
    install.git = dependencies().any(|(_, _, _, range)| is_git(range));
    // A folder or an archive in the repository is part of the install.
    for (dir, _, _, range) in dependencies() {
        let Some(path) = ["file:", "link:", "portal:"].iter().find_map(|prefix| range.strip_prefix(prefix)) else { continue };
        let path = super::typescript::normal(&join(dir, path));
        if !path.is_empty() && !path.starts_with("..") && project.exists(&path) && !install.manifests.iter().any(|(files, _)| files.contains(&path)) {
            let target = if project.has(&path) { format!("{}/", super::workspace::folder(&path)) } else { format!("{path}/") };
            install.manifests.push((vec![path], target.replace("./", "")));
        }
    }
    hooks(root, manager, &mut install, notes);
    for member in members {
        for hook in HOOKS.iter().filter(|hook| member.manifest.str(&["scripts", hook]).is_some()) {
            install.of_members.push((member.dir.clone(), (*hook).to_owned()));
        }
    }
    Ok(install)
}

/// Name and range of every dependency, with its group.
fn ranges(manifest: &JsonFile) -> impl Iterator<Item = (&'static str, &str, &str)> {
    ["dependencies", "optionalDependencies", "devDependencies"].into_iter().flat_map(move |group| {
        let entries = manifest.get(&[group]).and_then(Value::as_object);
        entries.into_iter().flatten().filter_map(move |(name, range)| Some((group, name.as_str(), range.as_str()?)))
    })
}

/// A repository instead of a registry.
fn is_git(range: &str) -> bool {
    range.starts_with("git") || range.starts_with("ssh:") || range.contains(".git#") || range.ends_with(".git") || range.starts_with("bitbucket:")
        || (range.split('/').count() == 2 && !range.contains(':') && !range.starts_with(['.', '/', '@', '~']))
}

/// Whether a `.npmrc` holds a credential itself, not only the name of a variable.
fn has_credentials(text: &str) -> bool {
    settings(text).any(|(key, value)| is_credential(key) && !value.contains("${"))
}

/// The variables that settings put into credentials.
fn variables(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (_, value) in settings(text) {
        for part in value.split("${").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn settings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', ';']))
        .filter_map(|line| line.split_once('=').or_else(|| line.split_once(": ")))
        .map(|(key, value)| (key.trim(), value.trim()))
}

fn is_credential(key: &str) -> bool {
    ["_authToken", "_auth", "_password", "certfile", "keyfile", ":username"].iter().any(|end| key.ends_with(end)) && key != "always-auth"
}

/// The root's own install scripts: most want the sources, which are not there yet.
fn hooks(root: &JsonFile, manager: &PackageManager, install: &mut Install, notes: &mut Vec<Note>) {
    for hook in HOOKS {
        let Some(text) = root.str(&["scripts", hook]) else { continue };
        // Yarn from 2 on has no `prepare` for the project itself.
        install.held_back.push((*hook).to_owned());
        let commands = script::parse(text);
        let checkout = |words: &[String]| {
            let line = words.join(" ");
            words.is_empty() || CHECKOUT_TOOLS.iter().any(|tool| line.starts_with(tool) || line.starts_with(&format!("npx {tool}")))
        };
        if commands.as_ref().is_some_and(|commands| commands.iter().all(|command| checkout(&command.words))) {
            continue;
        }
        // What the build does anyway is not done twice.
        let build = [manager.run("build").join(" "), "npm run build".to_owned(), "yarn build".to_owned(), "pnpm build".to_owned()];
        if build.contains(&text.trim().to_owned()) {
            continue;
        }
        install.later.push((*hook).to_owned());
        install.prune = true;
    }
    if manager.tool == Tool::Yarn {
        install.held_back.retain(|hook| hook != "prepare");
    }
    if !install.later.is_empty() {
        let names: Vec<String> = install.later.iter().map(|hook| format!("`{hook}`")).collect();
        let message = format!("{} runs after the sources are copied: an edit of a source installs nothing again", names.join(" and "));
        notes.push(Note::info(message, Some(&root.evidence(&["scripts", install.later[0].as_str()], ""))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_variables_of_npmrc() {
        assert!(has_credentials("//npm.example.org/:_authToken=abc\n"));
        assert!(!has_credentials("//npm.example.org/:_authToken=${NPM_TOKEN}\n"));
        assert!(!has_credentials("# //npm.example.org/:_authToken=abc\nsave-exact=true\nalways-auth=true\n"));
        assert_eq!(variables("//r/:_authToken=${NPM_TOKEN}\nx=${A-b}"), ["NPM_TOKEN", "A"]);
    }

    #[test]
    fn repositories_are_told_from_ranges() {
        for range in ["git+https://example.org/a.git", "github:a/b", "a/b#v1", "git@example.org:a/b.git"] {
            assert!(is_git(range), "{range}");
        }
        for range in ["^1.0.0", "npm:a@1", "file:./a", "workspace:*", "https://example.org/a.tgz", "./a/b", "catalog:"] {
            assert!(!is_git(range), "{range}");
        }
    }
}
