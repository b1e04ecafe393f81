//! What `tsc` writes: `tsconfig.json`, as far as the place of its output goes.

use super::workspace::folder;
use crate::error::Result;
use crate::json_file::JsonFile;
use crate::project::{Project, join};

/// A TypeScript project's folders, relative to the service's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeScript {
    /// Where the output goes; `None`: beside the sources.
    pub out: Option<String>,
    /// The folder of the sources that is not repeated below `out`; empty for none.
    root: String,
    /// Whether it only checks types.
    pub no_emit: bool,
    /// The file that says so, relative to the service's folder.
    pub path: String,
}

/// Configurations that a build may use, the one for building first.
const NAMES: &[&str] = &["tsconfig.build.json", "tsconfig.json"];

impl TypeScript {
    /// Reads the configuration of a service.
    ///
    /// # Errors
    /// When it cannot be parsed.
    pub fn read(project: &Project, dir: &str) -> Result<Option<Self>> {
        let Some(name) = project.first(dir, NAMES) else { return Ok(None) };
        let path = join(dir, name);
        let mut chain = Vec::new();
        let mut next = Some(path.clone());
        // A chain of `extends`; what is not in the repository is passed over.
        while let Some(path) = next.take().filter(|_| chain.len() < 8) {
            let Some(file) = JsonFile::read(project, &path)? else { break };
            let extends = file.get(&["extends"]).map(|value| value.get(0).unwrap_or(value)).and_then(|value| value.as_str());
            next = extends.filter(|name| name.starts_with('.')).map(|name| {
                let name = if name.ends_with(".json") { name.to_owned() } else { format!("{name}.json") };
                normal(&join(folder(&path), &name))
            });
            chain.push((path, file));
        }
        // A path in a configuration is relative to that configuration.
        let option = |name: &str| {
            chain.iter().find_map(|(path, file)| {
                let value = file.str(&["compilerOptions", name])?;
                let inside = normal(&join(folder(path), value));
                Some(if dir == "." { inside } else { inside.strip_prefix(&format!("{dir}/")).map_or(String::new(), str::to_owned) })
            })
        };
        let out = option("outDir").filter(|out| !out.is_empty());
        let no_emit = chain.iter().find_map(|(_, file)| file.get(&["compilerOptions", "noEmit"])?.as_bool()).unwrap_or(false);
        let root = option("rootDir").unwrap_or_else(|| common_root(project, dir));
        Ok(Some(Self { out, root, no_emit, path }))
    }

    /// The program that a source becomes.
    pub fn output(&self, source: &str) -> String {
        let source = source.trim_start_matches("./");
        let (stem, extension) = source.rsplit_once('.').unwrap_or((source, "ts"));
        let extension = match extension {
            "mts" => "mjs",
            "cts" => "cjs",
            _ => "js",
        };
        let inside = if self.root.is_empty() { stem } else { stem.strip_prefix(&format!("{}/", self.root)).unwrap_or(stem) };
        join(self.out.as_deref().unwrap_or("."), &format!("{inside}.{extension}"))
    }
}

/// The deepest folder that holds all sources: what `tsc` takes when `rootDir` is not said.
fn common_root(project: &Project, dir: &str) -> String {
    let prefix = if dir == "." { String::new() } else { format!("{dir}/") };
    let mut folders = project
        .files_below(dir)
        .filter(|path| [".ts", ".tsx", ".mts", ".cts"].iter().any(|end| path.ends_with(end)) && !path.ends_with(".d.ts"))
        .filter_map(|path| path.strip_prefix(&prefix))
        .filter(|path| !["test", "tests", "e2e", "__tests__", "dist", "build"].contains(&path.split('/').next().unwrap_or_default()))
        .filter(|path| !path.ends_with(".config.ts"))
        .map(|path| folder(path).split('/').filter(|part| *part != ".").collect::<Vec<_>>());
    let Some(first) = folders.next() else { return String::new() };
    let common = folders.fold(first, |common, other| {
        let same = common.iter().zip(&other).take_while(|(a, b)| a == b).count();
        common[..same].to_vec()
    });
    common.join("/")
}

/// A path without `.` and `..`.
pub fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(files: &[(&str, &str)], source: &str) -> String {
        TypeScript::read(&Project::from_files(files.iter().copied()), ".").unwrap().unwrap().output(source)
    }

    #[test]
    fn sources_become_programs() {
        let config = r#"{"compilerOptions": {"outDir": "./dist"}, /* comment */ "include": ["src"]}"#;
        assert_eq!(output(&[("tsconfig.json", config), ("src/a.ts", ""), ("src/b/c.ts", "")], "src/a.ts"), "dist/a.js");
        assert_eq!(output(&[("tsconfig.json", config), ("src/a.ts", ""), ("seed.ts", "")], "./src/a.ts"), "dist/src/a.js");
        assert_eq!(output(&[("tsconfig.json", "{}"), ("src/a.mts", "")], "src/a.mts"), "a.mjs");
        let base = [("tsconfig.json", r#"{"extends": "./config/base"}"#), ("config/base.json", r#"{"compilerOptions": {"outDir": "../out", "rootDir": "../src"}}"#)];
        assert_eq!(output(&base, "src/x.ts"), "out/x.js");
    }
}
