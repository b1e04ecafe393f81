//! What a lockfile says: its format, which packages it holds, and whether it fits the manifest.

use std::cell::Cell;
use std::rc::Rc;

use nodejs_semver::{Range, Version};
use serde_json::Value;

use super::Tool;
use crate::error::Result;
use crate::json_file::JsonFile;
use crate::project::Project;

/// A lockfile.
#[derive(Debug, Clone)]
pub struct Lockfile {
    /// Path, at the root.
    pub path: String,
    /// The version of its format.
    pub format: Option<String>,
    /// Set when it provably does not fit the manifests.
    pub outdated: Cell<bool>,
    tool: Tool,
    text: Rc<str>,
}

/// The groups of dependencies that a lockfile must hold.
const GROUPS: &[&str] = &["dependencies", "devDependencies", "optionalDependencies"];

impl Lockfile {
    /// The lockfile of a package manager.
    ///
    /// # Errors
    /// None today: one that is too large to be read is not judged.
    pub fn find(project: &Project, tool: Tool) -> Result<Option<Self>> {
        let Some(path) = project.first(".", tool.lockfiles()) else { return Ok(None) };
        let text = project.read(path).ok().flatten().unwrap_or_else(|| "".into());
        let after = |key: &str| {
            let line = text.lines().find_map(|line| line.trim_start().strip_prefix(key))?;
            Some(line.trim().trim_matches([':', ' ', '\'', '"', ',']).to_owned())
        };
        let format = match tool {
            Tool::Npm | Tool::Bun => after("\"lockfileVersion\""),
            Tool::Pnpm => after("lockfileVersion"),
            Tool::Yarn => after("version"),
            Tool::Yarn1 => None,
        };
        Ok(Some(Self { path: path.to_owned(), format, outdated: Cell::new(false), tool, text }))
    }

    /// Whether a package is locked, however deep.
    pub fn holds(&self, name: &str) -> bool {
        let text = &self.text;
        match self.tool {
            // The first format has no paths.
            Tool::Npm if text.contains("\"packages\": {") => text.contains(&format!("node_modules/{name}\": {{")),
            Tool::Npm => text.contains(&format!("\"{name}\": {{")),
            Tool::Bun => text.contains(&format!("[\"{name}@")),
            Tool::Yarn1 | Tool::Yarn => ["\n\"", "\n"].iter().any(|before| text.contains(&format!("{before}{name}@"))),
            Tool::Pnpm => ["\n  ", "\n  '", "\n  /", "\n  '/"]
                .iter()
                .any(|before| text.contains(&format!("{before}{name}@")) || text.contains(&format!("{before}{name}/"))),
        }
    }

    /// The first dependency of the manifest in `dir` that this lockfile provably cannot serve, in words.
    pub fn misfits(&self, dir: &str, manifest: &JsonFile) -> Option<String> {
        if self.text.is_empty() {
            return None;
        }
        let root = Root::read(self.tool, &self.text, dir)?;
        for group in GROUPS {
            let wanted = manifest.get(&[group]).and_then(Value::as_object);
            for (name, range) in wanted.into_iter().flatten() {
                let Some(range) = range.as_str() else { continue };
                if let Some(misfit) = root.misfit(&self.text, name, range) {
                    return Some(format!("`{}` asks for `{name}` `{range}`, and {misfit}", manifest.path));
                }
            }
        }
        None
    }
}

/// What a lockfile says of one manifest.
enum Root {
    /// The range that was asked for when it was written, by name.
    Asked(serde_json::Map<String, Value>),
    /// The packages of npm, by their place; ranges may differ in letters as long as the version fits.
    Npm(serde_json::Map<String, Value>, String),
    /// Yarn has no entry for a manifest: each `name@range` is a key.
    Yarn1,
    Yarn,
}

impl Root {
    fn read(tool: Tool, text: &str, dir: &str) -> Option<Self> {
        match tool {
            Tool::Yarn1 => Some(Self::Yarn1),
            Tool::Yarn => Some(Self::Yarn),
            Tool::Npm => {
                let value: Value = serde_json::from_str(text).ok()?;
                let packages = value.get("packages").and_then(Value::as_object);
                if let Some(packages) = packages {
                    return Some(Self::Npm(packages.clone(), dir.to_owned()));
                }
                let old = value.get("dependencies")?.as_object()?;
                let packages = old.iter().map(|(name, value)| (format!("node_modules/{name}"), value.clone())).collect();
                Some(Self::Npm(packages, dir.to_owned()))
            }
            Tool::Bun => {
                let options = jsonc_parser::ParseOptions::default();
                let value: Value = jsonc_parser::parse_to_serde_value(text, &options).ok()?;
                let key = if dir == "." { "" } else { dir };
                Some(Self::Asked(asked(value.get("workspaces")?.get(key)?)))
            }
            Tool::Pnpm => {
                // Everything about the manifests stands before the packages.
                let head = text.split("\npackages:").next()?;
                let value: Value = serde_saphyr::from_str(head).ok()?;
                if value.get("overrides").is_some() || value.get("pnpmfileChecksum").is_some() {
                    return None;
                }
                let entry = value.get("importers").map_or(Some(&value), |importers| importers.get(dir))?;
                let asked = asked(entry);
                (!asked.is_empty() || entry.get("specifiers").is_none()).then_some(Self::Asked(asked))
            }
        }
    }

    /// Why a dependency cannot be served.
    fn misfit(&self, text: &str, name: &str, range: &str) -> Option<String> {
        match self {
            Self::Asked(asked) => match asked.get(name).and_then(Value::as_str) {
                None => Some("the lockfile does not have it".to_owned()),
                Some(other) if other != range => Some(format!("it was locked for `{other}`")),
                Some(_) => None,
            },
            Self::Npm(packages, dir) => {
                let below = format!("{dir}/node_modules/{name}");
                let Some(package) = packages.get(&below).or_else(|| packages.get(&format!("node_modules/{name}"))) else {
                    return Some("the lockfile does not have it".to_owned());
                };
                let version = package.get("version")?.as_str()?;
                let fits = Version::parse(version).ok()?.satisfies(&Range::parse(range).ok()?);
                (!fits && is_plain(range)).then(|| format!("{version} is locked"))
            }
            // An alias, a file or a repository is written in ways of its own.
            Self::Yarn1 => {
                let key = format!("{name}@{range}");
                (is_plain(range) && ![("\n", ":"), ("\n", ","), ("\"", "\""), (" ", ":"), (" ", ",")]
                    .iter()
                    .any(|(before, after)| text.contains(&format!("{before}{key}{after}"))))
                .then(|| "the lockfile does not have it".to_owned())
            }
            Self::Yarn => (is_plain(range) && !text.contains(&format!("{name}@npm:{range}")) && !text.contains(&format!("{name}@workspace:")))
                .then(|| "the lockfile does not have it".to_owned())
                .filter(|_| !text.contains(&format!("\n\"{name}@"))),
        }
    }
}

/// The ranges that were asked for, of all groups: `specifiers` in old lockfiles of pnpm, else one by one.
fn asked(entry: &Value) -> serde_json::Map<String, Value> {
    let mut all = entry.get("specifiers").and_then(Value::as_object).cloned().unwrap_or_default();
    for group in GROUPS {
        for (name, value) in entry.get(group).and_then(Value::as_object).into_iter().flatten() {
            let specifier = value.get("specifier").unwrap_or(value);
            if specifier.is_string() && !all.contains_key(name) {
                all.insert(name.clone(), specifier.clone());
            }
        }
    }
    all
}

/// A range of versions, as opposed to a tag, a file, an alias or a repository.
fn is_plain(range: &str) -> bool {
    !range.contains([':', '/', '#']) && Range::parse(range).is_ok()
}
