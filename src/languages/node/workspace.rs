//! Workspaces: the members of a repository, and what one of them needs of the others.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::Value;

use crate::error::Result;
use crate::json_file::JsonFile;
use crate::project::{Project, join};
use crate::yaml_file::YamlFile;

/// A member.
#[derive(Debug, Clone)]
pub struct Member {
    /// Folder relative to the root.
    pub dir: String,
    /// Its manifest.
    pub manifest: JsonFile,
}

/// A root with members.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The members, sorted by folder.
    pub members: Vec<Member>,
}

impl Workspace {
    /// Reads the members that `workspaces` or `pnpm-workspace.yaml` name; `None` where neither does.
    ///
    /// # Errors
    /// When a manifest cannot be parsed.
    pub fn read(project: &Project, root: &JsonFile) -> Result<Option<Self>> {
        let settings = YamlFile::read(project, "pnpm-workspace.yaml")?;
        let lerna = JsonFile::read(project, "lerna.json")?;
        let listed = |value: Option<&Value>| -> Vec<String> {
            value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let pnpm = settings.as_ref().map(|file| listed(file.get(&["packages"])));
        let npm = listed(root.get(&["workspaces"]).map(|value| value.get("packages").unwrap_or(value)));
        let lerna = lerna.as_ref().map(|file| listed(file.get(&["packages"])));
        let found = pnpm.into_iter().chain([npm]).chain(lerna).find(|globs| !globs.is_empty());
        let Some(globs) = found else { return Ok(None) };
        let (excluded, included): (Vec<&String>, Vec<&String>) = globs.iter().partition(|glob| glob.starts_with('!'));
        let (included, excluded) = (set(included.into_iter()), set(excluded.into_iter()));
        let mut members = Vec::new();
        for path in project.files() {
            let Some(dir) = ["/package.json", "/package.json5"].iter().find_map(|name| path.strip_suffix(name)) else { continue };
            if included.is_match(dir)
                && !excluded.is_match(dir)
                && let Some(manifest) = JsonFile::read(project, path)?
            {
                members.push(Member { dir: dir.to_owned(), manifest });
            }
        }
        Ok((!members.is_empty()).then_some(Self { members }))
    }

    /// The members that one needs, itself first, with what those need in turn.
    pub fn closure(&self, dir: &str) -> Vec<&Member> {
        let mut closure: Vec<&Member> = self.members.iter().filter(|member| member.dir == dir).collect();
        let mut next = 0;
        while let Some(member) = closure.get(next) {
            next += 1;
            let needed: Vec<&Member> = self.members.iter().filter(|other| depends(&member.manifest, other)).collect();
            for other in needed {
                if !closure.iter().any(|known| known.dir == other.dir) {
                    closure.push(other);
                }
            }
        }
        closure
    }
}

/// Whether a manifest names a member among its dependencies.
fn depends(manifest: &JsonFile, member: &Member) -> bool {
    let Some(name) = member.manifest.str(&["name"]) else { return false };
    ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]
        .iter()
        .any(|group| manifest.str(&[group, name]).is_some_and(|range| !range.starts_with("npm:")))
}

/// A set of globs, in which `*` does not cross a `/`.
fn set<'g>(globs: impl Iterator<Item = &'g String>) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        let glob = glob.trim_start_matches('!').trim_start_matches("./").trim_end_matches('/');
        if let Ok(glob) = GlobBuilder::new(glob).literal_separator(true).build() {
            builder.add(glob);
        }
    }
    builder.build().unwrap_or_default()
}

/// The folder of a path: `.` for one without.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(dir, _)| dir)
}

/// The manifest of a folder: `package.json`, or the `package.json5` that pnpm reads as well.
///
/// # Errors
/// When it cannot be parsed.
pub fn manifest(project: &Project, dir: &str) -> Result<Option<JsonFile>> {
    match JsonFile::read(project, &join(dir, "package.json"))? {
        None => JsonFile::read(project, &join(dir, "package.json5")),
        found => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_what_one_needs() {
        let project = Project::from_files([
            ("package.json", r#"{"workspaces": ["apps/*", "packages/**", "!packages/old"]}"#),
            ("apps/web/package.json", r#"{"name": "web", "dependencies": {"@x/ui": "*", "react": "19"}}"#),
            ("apps/web/src/deep/package.json", "{}"),
            ("packages/ui/package.json", r#"{"name": "@x/ui", "devDependencies": {"@x/config": "workspace:*"}}"#),
            ("packages/config/package.json", r#"{"name": "@x/config"}"#),
            ("packages/old/package.json", r#"{"name": "old"}"#),
        ]);
        let root = manifest(&project, ".").unwrap().unwrap();
        let workspace = Workspace::read(&project, &root).unwrap().unwrap();
        let dirs = |members: Vec<&Member>| members.iter().map(|member| member.dir.clone()).collect::<Vec<_>>();
        assert_eq!(dirs(workspace.members.iter().collect()), ["apps/web", "packages/config", "packages/ui"]);
        assert_eq!(dirs(workspace.closure("apps/web")), ["apps/web", "packages/ui", "packages/config"]);
        assert_eq!(dirs(workspace.closure("packages/config")), ["packages/config"]);
    }
}
