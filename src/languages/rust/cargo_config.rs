//! `.cargo/config.toml`: what it asks of the build.

use toml::Value;

use super::workspace::Workspace;
use crate::error::Result;
use crate::found::Evidence;
use crate::project::Project;
use crate::toml_file::TomlFile;

/// What the project's own settings of Cargo mean for the build.
#[derive(Debug, Clone, Default)]
pub struct CargoConfig {
    /// Its path, where there is one.
    pub path: Option<String>,
    /// Where `build.target` stands: the compiled files then lie elsewhere, and for one machine only.
    pub target: Option<Evidence>,
    /// Linkers it names, as Debian packages.
    pub linkers: Vec<(&'static str, Evidence)>,
    /// Private registries by name: their tokens are secrets of the build.
    pub registries: Vec<(String, Evidence)>,
    /// Folder of vendored sources.
    pub vendored: Option<String>,
    /// Whether it sends the compiled files to another folder.
    pub target_dir: bool,
}

impl CargoConfig {
    /// Reads it.
    ///
    /// # Errors
    /// When it is broken.
    pub fn read(project: &Project, workspace: &Workspace) -> Result<Self> {
        let mut found = Self::default();
        for name in [".cargo/config.toml", ".cargo/config"] {
            let Some(file) = TomlFile::read(project, name)? else { continue };
            found.path = Some(name.to_owned());
            found.target = file.get(&["build", "target"]).map(|_| file.evidence(&["build", "target"], "the target"));
            found.target_dir = file.get(&["build", "target-dir"]).is_some();
            for (target, settings) in file.get(&["target"]).and_then(Value::as_table).into_iter().flatten() {
                found.linkers.extend(linkers(&file, target, settings));
            }
            for source in file.get(&["source"]).and_then(Value::as_table).into_iter().flat_map(|table| table.values()) {
                let folder = source.get("directory").and_then(Value::as_str);
                found.vendored = found.vendored.or_else(|| folder.filter(|folder| project.exists(folder)).map(str::to_owned));
            }
            for name in file.get(&["registries"]).and_then(Value::as_table).into_iter().flat_map(|table| table.keys()) {
                found.registries.push((name.clone(), file.evidence(&["registries", name], "a private registry")));
            }
            break;
        }
        for dependency in workspace.packages.iter().flat_map(|package| &package.dependencies) {
            if let Some(name) = dependency.registry.as_ref().filter(|name| found.registries.iter().all(|(known, _)| known != *name)) {
                found.registries.push((name.clone(), dependency.evidence.clone()));
            }
        }
        Ok(found)
    }

    /// The variable that holds the token of a registry.
    pub fn token(registry: &str) -> String {
        let name: String = registry.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        format!("CARGO_REGISTRIES_{name}_TOKEN")
    }
}

/// The linkers of one target's settings, where Linux's are meant.
fn linkers(file: &TomlFile, target: &str, settings: &Value) -> Vec<(&'static str, Evidence)> {
    let elsewhere = ["windows", "darwin", "macos", "musl", "wasm", "android", "ios"].iter().any(|name| target.contains(name));
    if elsewhere {
        return Vec::new();
    }
    let text = settings.to_string();
    let names = [("\"clang\"", "clang"), ("fuse-ld=lld", "lld"), ("linker=lld", "lld"), ("fuse-ld=mold", "mold"), ("/mold", "mold"), ("\"mold\"", "mold")];
    let named = names.iter().filter(|(word, _)| text.contains(word));
    let mut found: Vec<(&'static str, Evidence)> = Vec::new();
    for (_, package) in named {
        if found.iter().all(|(known, _)| known != package) {
            found.push((package, file.evidence(&["target", target], "the linker")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_build_must_know() {
        let project = Project::from_files([
            ("Cargo.toml", "[package]\nname = 'x'\n"),
            (
                ".cargo/config.toml",
                "[build]\ntarget = 'x86_64-unknown-linux-musl'\n[target.x86_64-unknown-linux-gnu]\nlinker = 'clang'\nrustflags = ['-Clink-arg=-fuse-ld=mold']\n[target.x86_64-pc-windows-msvc]\nlinker = 'lld'\n[registries.my-own]\nindex = 'sparse+https://x'\n",
            ),
        ]);
        let workspace = Workspace::read(&project).unwrap().unwrap();
        let config = CargoConfig::read(&project, &workspace).unwrap();
        let linkers: Vec<&str> = config.linkers.iter().map(|(name, _)| *name).collect();
        assert_eq!((linkers, config.target.unwrap().line), (vec!["clang", "mold"], Some(2)));
        assert_eq!(CargoConfig::token(&config.registries[0].0), "CARGO_REGISTRIES_MY_OWN_TOKEN");
    }
}
