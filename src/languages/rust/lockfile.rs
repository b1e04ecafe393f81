//! `Cargo.lock`: which packages are really built, and whether it still fits the manifests.

use semver::{Version, VersionReq};
use toml::Value;

use super::manifest::Package;
use crate::error::Result;
use crate::found::Evidence;
use crate::project::Project;
use crate::toml_file::TomlFile;

/// Name of the lockfile.
pub const NAME: &str = "Cargo.lock";

/// A lockfile.
#[derive(Debug, Clone)]
pub struct Lockfile {
    file: TomlFile,
    packages: Vec<Locked>,
}

#[derive(Debug, Clone)]
struct Locked {
    name: String,
    version: String,
    dependencies: Vec<String>,
}

impl Lockfile {
    /// Reads it; `None` when there is none.
    ///
    /// # Errors
    /// When it is broken.
    pub fn read(project: &Project) -> Result<Option<Self>> {
        let Some(file) = TomlFile::read(project, NAME)? else { return Ok(None) };
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let packages = file.get(&["package"]).and_then(Value::as_array).into_iter().flatten().map(|package| {
            let words = package.get("dependencies").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let dependencies = words.filter_map(|word| word.split(' ').next()).map(str::to_owned).collect();
            Locked { name: text(package, "name"), version: text(package, "version"), dependencies }
        });
        Ok(Some(Self { packages: packages.collect(), file }))
    }

    /// Where a package is locked.
    pub fn package(&self, name: &str) -> Option<Evidence> {
        self.packages.iter().any(|package| package.name == name).then(|| {
            Evidence::at(NAME, self.file.line_of(&format!("name = \"{name}\"\n")), format!("`{name}` is built"))
        })
    }

    /// Whether a locked package depends on another.
    pub fn depends(&self, name: &str, on: &str) -> bool {
        self.packages.iter().any(|package| package.name == name && package.dependencies.iter().any(|dependency| dependency == on))
    }

    /// The locked packages that depend on another.
    pub fn dependents<'l>(&'l self, on: &'l str) -> impl Iterator<Item = &'l str> {
        self.packages.iter().filter(move |package| package.dependencies.iter().any(|name| name == on)).map(|package| package.name.as_str())
    }

    /// The same lockfile with only what some packages lead to: features that nobody asked for stay out.
    #[must_use]
    pub fn reached_from<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut reached: Vec<&str> = names.into_iter().filter_map(|name| self.packages.iter().find(|package| package.name == name)).map(|package| package.name.as_str()).collect();
        let mut next = 0;
        while let Some(name) = reached.get(next).copied() {
            for package in self.packages.iter().filter(|package| package.name == name) {
                for dependency in &package.dependencies {
                    if !reached.contains(&dependency.as_str()) {
                        reached.push(dependency);
                    }
                }
            }
            next += 1;
        }
        let packages = self.packages.iter().filter(|package| reached.contains(&package.name.as_str())).cloned().collect();
        Self { file: self.file.clone(), packages }
    }

    /// The first dependency of a manifest that it does not have: then `cargo build --locked` refuses.
    pub fn outdated<'p>(&self, packages: &'p [Package]) -> Option<&'p Evidence> {
        packages.iter().flat_map(|package| &package.dependencies).find_map(|dependency| {
            let range = dependency.version.as_deref().and_then(|text| VersionReq::parse(text).ok());
            let fits = |version: &str| match (&range, Version::parse(version)) {
                (Some(range), Ok(version)) => range.matches(&version),
                _ => true,
            };
            let locked = self.packages.iter().any(|package| package.name == dependency.name && fits(&package.version));
            (!locked).then_some(&dependency.evidence)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::workspace::Workspace;
    use super::*;

    #[test]
    fn an_outdated_lockfile_is_told_by_what_it_lacks() {
        let outdated = |dependency: &str| {
            let manifest = format!("[package]\nname = 'x'\n[dependencies]\n{dependency}\n");
            let project = Project::from_files([
                ("Cargo.toml", manifest.as_str()),
                (NAME, "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\ndependencies = [\n \"b 2.0.0\",\n]\n"),
            ]);
            let workspace = Workspace::read(&project).unwrap().unwrap();
            let lockfile = Lockfile::read(&project).unwrap().unwrap();
            assert!(lockfile.depends("a", "b"));
            lockfile.outdated(&workspace.packages).and_then(|evidence| evidence.line)
        };
        assert_eq!(outdated("a = '1'"), None);
        assert_eq!(outdated("a = '2'"), Some(4));
        assert_eq!(outdated("c = '1'"), Some(4));
        assert_eq!(outdated("z = { package = 'a', version = '1.2' }"), None);
    }
}
