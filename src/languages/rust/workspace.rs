//! What is built together: the package or workspace at the root, its members, and the local packages they depend on.

use globset::GlobBuilder;

use super::manifest::{Package, resolve};
use crate::error::{Error, Exit, Place, Result};
use crate::found::Evidence;
use crate::project::{Project, join};
use crate::toml_file::TomlFile;

/// Everything whose manifest Cargo reads.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The manifest at the root.
    pub root: TomlFile,
    /// Members first, then the local packages outside the members, each sorted by folder.
    pub packages: Vec<Package>,
    /// How many of the packages are members.
    members: usize,
    /// Folders that replace packages of a registry: dependencies are compiled against what is really in them.
    pub patches: Vec<String>,
    /// Local dependencies that lie outside the context.
    pub outside: Vec<Evidence>,
}

impl Workspace {
    /// Reads the root and everything it leads to; `None` without a `Cargo.toml`.
    ///
    /// # Errors
    /// When a manifest is broken.
    pub fn read(project: &Project) -> Result<Option<Self>> {
        let Some(root) = TomlFile::read(project, "Cargo.toml")? else { return Ok(None) };
        if root.get(&["package"]).is_none() && root.get(&["workspace"]).is_none() {
            return Err(Error::new(Exit::Unsupported, "`Cargo.toml` has neither `[package]` nor `[workspace]`")
                .at(Place::at_offset("Cargo.toml", &project.read("Cargo.toml")?.unwrap_or_default(), 0))
                .hint("add one of them: Cargo refuses the file as it is"));
        }
        let mut packages: Vec<Package> = Package::new(project, ".", root.clone(), &root).into_iter().collect();
        for dir in member_folders(project, &root) {
            packages.extend(read(project, &dir, &root)?);
        }
        let mut members = packages.len();
        let mut outside = Vec::new();
        let mut next = 0;
        while let Some(package) = packages.get(next) {
            let local: Vec<(String, Evidence)> = package
                .dependencies
                .iter()
                .filter_map(|dependency| Some((dependency.path.clone()?, dependency.evidence.clone())))
                .collect();
            for (dir, evidence) in local {
                if dir.starts_with("..") {
                    outside.push(evidence);
                } else if !packages.iter().any(|known| known.dir == dir) {
                    packages.extend(read(project, &dir, &root)?);
                }
            }
            next += 1;
        }
        // Local packages below a workspace's root are members, whether they are listed or not.
        if root.get(&["workspace"]).is_some() {
            members = packages.len();
        }
        packages[..members].sort_by(|one, other| one.dir.cmp(&other.dir));
        packages[members..].sort_by(|one, other| one.dir.cmp(&other.dir));
        Ok(Some(Self { patches: patches(&root), root, packages, members, outside }))
    }

    /// The members: those that may be run.
    pub fn members(&self) -> &[Package] {
        &self.packages[..self.members]
    }

    /// Members that `cargo build` takes when nothing else is said; empty where the manifest does not say it.
    pub fn default_members(&self) -> Vec<String> {
        self.root.strings(&["workspace", "default-members"]).into_iter().map(|dir| resolve(".", dir)).collect()
    }

    /// A package with the local packages that it is made of, itself first.
    pub fn closure<'w>(&'w self, package: &'w Package) -> Vec<&'w Package> {
        let mut closure = vec![package];
        let mut next = 0;
        while let Some(package) = closure.get(next).copied() {
            for dir in package.dependencies.iter().filter(|dependency| !dependency.dev).filter_map(|dependency| dependency.path.as_ref()) {
                let found = self.packages.iter().find(|known| known.dir == *dir);
                closure.extend(found.filter(|found| !closure.iter().any(|known| known.dir == found.dir)));
            }
            next += 1;
        }
        closure
    }
}

fn read(project: &Project, dir: &str, root: &TomlFile) -> Result<Option<Package>> {
    let file = TomlFile::read(project, &join(dir, "Cargo.toml"))?;
    Ok(file.and_then(|file| Package::new(project, dir, file, root)))
}

/// Folders of the members: `members` with its patterns, without `exclude`.
fn member_folders(project: &Project, root: &TomlFile) -> Vec<String> {
    let excluded: Vec<String> = root.strings(&["workspace", "exclude"]).into_iter().map(|dir| resolve(".", dir)).collect();
    let is_excluded = |dir: &str| excluded.iter().any(|folder| dir == folder || dir.starts_with(&format!("{folder}/")));
    let mut folders: Vec<String> = Vec::new();
    for member in root.strings(&["workspace", "members"]) {
        let pattern = resolve(".", member);
        let Ok(glob) = GlobBuilder::new(&pattern).literal_separator(true).build() else { continue };
        let matcher = glob.compile_matcher();
        let found = project.files().filter_map(|file| file.strip_suffix("/Cargo.toml")).filter(|dir| matcher.is_match(dir));
        folders.extend(found.filter(|dir| *dir == pattern || !is_excluded(dir)).map(str::to_owned));
    }
    folders.sort();
    folders.dedup();
    folders
}

/// Folders named by `[patch]` and `[replace]`, inside the context.
fn patches(root: &TomlFile) -> Vec<String> {
    let sources = root.get(&["patch"]).and_then(toml::Value::as_table).into_iter().flat_map(|table| table.values());
    let mut folders: Vec<String> = sources
        .chain(root.get(&["replace"]))
        .filter_map(toml::Value::as_table)
        .flat_map(|packages| packages.values())
        .filter_map(|package| package.get("path")?.as_str())
        .map(|path| resolve(".", path))
        .filter(|path| !path.starts_with(".."))
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e5_members_by_pattern_and_by_path_dependency() {
        let project = Project::from_files([
            ("Cargo.toml", "[workspace]\nmembers = ['crates/*']\nexclude = ['crates/old']\n[workspace.dependencies]\ncore = { path = 'libs/core' }\n"),
            ("crates/api/Cargo.toml", "[package]\nname = 'api'\n[dependencies]\ncore.workspace = true\n"),
            ("crates/api/src/main.rs", ""),
            ("crates/old/Cargo.toml", "[package]\nname = 'old'\n"),
            ("crates/deep/down/Cargo.toml", "[package]\nname = 'down'\n"),
            ("libs/core/Cargo.toml", "[package]\nname = 'core'\n[dependencies]\nx = { path = '../../../x' }\n"),
        ]);
        let workspace = Workspace::read(&project).unwrap().unwrap();
        let dirs: Vec<&str> = workspace.members().iter().map(|package| package.dir.as_str()).collect();
        assert_eq!(dirs, ["crates/api", "libs/core"]);
        assert_eq!(workspace.closure(&workspace.packages[0]).len(), 2);
        assert_eq!(workspace.outside[0].file, "libs/core/Cargo.toml");
    }
}
