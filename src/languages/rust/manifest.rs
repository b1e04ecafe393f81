//! One package: its programs, its library, the files its manifest names, and what it depends on.

use toml::Value;

use crate::found::Evidence;
use crate::project::{Project, join};
use crate::toml_file::TomlFile;

/// A package with its targets. Paths are relative to the build context.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its folder, `.` for the context itself.
    pub dir: String,
    /// Its manifest.
    pub file: TomlFile,
    /// `package.name`.
    pub name: String,
    /// Programs, in the order of the manifest, then by name.
    pub programs: Vec<Program>,
    /// Root file of its library.
    pub library: Option<String>,
    /// Its build script.
    pub build_script: Option<String>,
    /// Examples, tests and benchmarks that the manifest names: Cargo wants their files to be there.
    pub named: Vec<String>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// A program of a package.
#[derive(Debug, Clone)]
pub struct Program {
    /// Name of the executable.
    pub name: String,
    /// Its root file.
    pub path: String,
    /// Features without which Cargo leaves it out.
    pub features: Vec<String>,
    /// Where it is said.
    pub evidence: Evidence,
}

/// A dependency of a package.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// Name of the package.
    pub name: String,
    /// Folder, where it is a local one; may lead out of the context (`../x`).
    pub path: Option<String>,
    /// Range of versions.
    pub version: Option<String>,
    /// Features that are switched on.
    pub features: Vec<String>,
    /// Only for tests and examples.
    pub dev: bool,
    /// Whether only a feature switches it on; the name that features call it by.
    pub optional: Option<String>,
    /// URL of its git repository.
    pub git: Option<String>,
    /// Name of the private registry it comes from.
    pub registry: Option<String>,
    /// Where it is said.
    pub evidence: Evidence,
}

impl Package {
    /// Reads a manifest; `None` where it describes no package, only a workspace. `root` is the workspace's manifest, which
    /// dependencies may be inherited from.
    pub fn new(project: &Project, dir: &str, file: TomlFile, root: &TomlFile) -> Option<Self> {
        let name = file.str(&["package", "name"])?.to_owned();
        let library = file.str(&["lib", "path"]).map(|path| join(dir, path)).or_else(|| existing(project, dir, "src/lib.rs"));
        let build_script = match file.get(&["package", "build"]) {
            Some(Value::Boolean(false)) => None,
            Some(Value::String(path)) => Some(join(dir, path)),
            _ => existing(project, dir, "build.rs"),
        };
        Some(Self {
            programs: programs(project, dir, &file, &name),
            named: ["example", "test", "bench"].iter().flat_map(|kind| named(project, dir, &file, kind)).collect(),
            dependencies: dependencies(dir, &file, root),
            dir: dir.to_owned(),
            file,
            name,
            library,
            build_script,
        })
    }

    /// The dependencies that are built when no feature is asked for but those of `programs`.
    pub fn built(&self) -> impl Iterator<Item = &Dependency> {
        let features = self.features();
        self.dependencies.iter().filter(move |dependency| {
            !dependency.dev && dependency.optional.as_ref().is_none_or(|name| features.iter().any(|feature| feature == name))
        })
    }

    /// The default features, with those that programs require and all that these switch on; optional dependencies by their names.
    fn features(&self) -> Vec<String> {
        let mut features: Vec<String> = vec!["default".to_owned()];
        features.extend(self.programs.iter().flat_map(|program| program.features.iter().cloned()));
        let mut next = 0;
        while let Some(feature) = features.get(next).cloned() {
            for word in self.file.strings(&["features", &feature]) {
                // `dep:x` and `x/feature` switch on the dependency `x`; `x?/feature` does not.
                let name = word.trim_start_matches("dep:").split('/').next().unwrap_or(word);
                if !name.ends_with('?') && !features.iter().any(|known| known == name) {
                    features.push(name.to_owned());
                }
            }
            next += 1;
        }
        features
    }

    /// A dependency of the program itself, by its package name.
    pub fn dependency(&self, name: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| !dependency.dev && dependency.name == name)
    }
}

fn existing(project: &Project, dir: &str, name: &str) -> Option<String> {
    let path = join(dir, name);
    project.has(&path).then_some(path)
}

/// The programs: those that the manifest names, `src/main.rs`, and what lies in `src/bin`.
fn programs(project: &Project, dir: &str, file: &TomlFile, package: &str) -> Vec<Program> {
    let mut programs: Vec<Program> = Vec::new();
    for target in file.get(&["bin"]).and_then(Value::as_array).into_iter().flatten() {
        let Some(name) = target.get("name").and_then(Value::as_str) else { continue };
        let path = match target.get("path").and_then(Value::as_str) {
            Some(path) => Some(join(dir, path)),
            None => [format!("src/bin/{name}.rs"), format!("src/bin/{name}/main.rs"), "src/main.rs".to_owned()]
                .iter()
                .find_map(|path| existing(project, dir, path)),
        };
        let features = target.get("required-features").and_then(Value::as_array).into_iter().flatten();
        let line = file.line_of(&format!("\"{name}\"")).filter(|_| name != package).or_else(|| file.line_of("[[bin]]"));
        programs.push(Program {
            name: name.to_owned(),
            path: path.unwrap_or_else(|| join(dir, "src/main.rs")),
            features: features.filter_map(Value::as_str).map(str::to_owned).collect(),
            evidence: Evidence::at(&file.path, line, "a `[[bin]]`"),
        });
    }
    if file.get(&["package", "autobins"]).and_then(Value::as_bool) == Some(false) {
        return programs;
    }
    let main = existing(project, dir, "src/main.rs").map(|path| (package.to_owned(), path));
    let folder = join(dir, "src/bin");
    let others = project.files_below(&folder).filter_map(|path| {
        let rest = path.strip_prefix(&folder)?.strip_prefix('/')?.strip_suffix(".rs")?;
        let name = rest.strip_suffix("/main").unwrap_or(rest);
        (!name.contains('/')).then(|| (name.to_owned(), path.to_owned()))
    });
    for (name, path) in main.into_iter().chain(others) {
        if !programs.iter().any(|known| known.path == path || known.name == name) {
            let evidence = Evidence::at(&path, None, "a program by its place");
            programs.push(Program { name, path, features: Vec::new(), evidence });
        }
    }
    programs
}

/// The files of the targets of one kind that the manifest names.
fn named(project: &Project, dir: &str, file: &TomlFile, kind: &str) -> Vec<String> {
    let folder = if kind == "bench" { "benches".to_owned() } else { format!("{kind}s") };
    let targets = file.get(&[kind]).and_then(Value::as_array).into_iter().flatten();
    targets
        .filter_map(|target| {
            if let Some(path) = target.get("path").and_then(Value::as_str) {
                return Some(join(dir, path));
            }
            let name = target.get("name").and_then(Value::as_str)?;
            [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")].iter().find_map(|path| existing(project, dir, path))
        })
        .collect()
}

/// All dependencies, those of one platform and those inherited from the workspace among them.
fn dependencies(dir: &str, file: &TomlFile, root: &TomlFile) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut add = |table: Option<&Value>, keys: &[&str], dev: bool| {
        for (key, value) in table.and_then(Value::as_table).into_iter().flatten() {
            let line = file.line(&[keys, &[key.as_str()]].concat()).or_else(|| file.line_of(key));
            let evidence = Evidence::at(&file.path, line, format!("depends on `{key}`"));
            found.push(dependency(dir, key, value, root, dev, evidence));
        }
    };
    for (kind, dev) in [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)] {
        add(file.get(&[kind]), &[kind], dev);
        for (target, tables) in file.get(&["target"]).and_then(Value::as_table).into_iter().flatten() {
            add(tables.get(kind), &["target", target, kind], dev);
        }
    }
    found
}

fn dependency(dir: &str, key: &str, value: &Value, root: &TomlFile, dev: bool, evidence: Evidence) -> Dependency {
    let inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
    let shared = root.get(&["workspace", "dependencies", key]).filter(|_| inherited);
    let spec = shared.unwrap_or(value);
    let text = |name: &str| spec.get(name).and_then(Value::as_str).map(str::to_owned);
    let features = [value, spec].into_iter().flat_map(|value| value.get("features").and_then(Value::as_array).into_iter().flatten());
    Dependency {
        name: text("package").unwrap_or_else(|| key.to_owned()),
        path: text("path").map(|path| resolve(if inherited { "." } else { dir }, &path)),
        version: spec.as_str().map(str::to_owned).or_else(|| text("version")),
        features: features.filter_map(Value::as_str).map(str::to_owned).collect(),
        dev,
        optional: (value.get("optional").and_then(Value::as_bool) == Some(true)).then(|| key.to_owned()),
        git: text("git"),
        registry: text("registry"),
        evidence,
    }
}

/// A path seen from the context: `..` and `.` resolved; it begins with `..` where it leads out.
pub fn resolve(dir: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in dir.split('/').chain(path.split(['/', '\\'])) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, &str)]) -> Package {
        let project = Project::from_files(files.iter().copied());
        let file = TomlFile::read(&project, "Cargo.toml").unwrap().unwrap();
        Package::new(&project, ".", file.clone(), &file).unwrap()
    }

    #[test]
    fn e4_programs_have_their_own_names() {
        let found = package(&[
            ("Cargo.toml", "[package]\nname = 'svc'\n\n[[bin]]\nname = \"svcd\"\npath = 'src/main.rs'\n"),
            ("src/main.rs", ""),
            ("src/bin/tool.rs", ""),
            ("src/bin/big/main.rs", ""),
            ("src/bin/big/part.rs", ""),
        ]);
        let names: Vec<&str> = found.programs.iter().map(|program| program.name.as_str()).collect();
        assert_eq!(names, ["svcd", "big", "tool"]);
        assert_eq!(found.programs[0].evidence.line, Some(5));
    }

    #[test]
    fn named_targets_want_their_files() {
        let found = package(&[
            ("Cargo.toml", "[package]\nname = 'x'\nautobins = false\n[[bench]]\nname = 'speed'\nharness = false\n[[test]]\nname = 'all'\npath = 't/all.rs'\n"),
            ("src/main.rs", ""),
            ("benches/speed.rs", ""),
            ("t/all.rs", ""),
        ]);
        assert_eq!(found.named, ["t/all.rs", "benches/speed.rs"]);
        assert!(found.programs.is_empty());
    }

    #[test]
    fn optional_dependencies_are_built_when_a_feature_asks() {
        let found = package(&[
            ("Cargo.toml", "[package]\nname = 'x'\n[features]\ndefault = ['tls']\ntls = ['dep:openssl', 'b?/c']\nother = ['d']\n[dependencies]\na = '1'\nopenssl = { version = '1', optional = true }\nb = { version = '1', optional = true }\nd = { version = '1', optional = true }\n"),
            ("src/main.rs", ""),
        ]);
        assert_eq!(found.built().map(|dependency| dependency.name.as_str()).collect::<Vec<_>>(), ["a", "openssl"]);
    }

    #[test]
    fn paths_are_resolved() {
        assert_eq!(resolve("crates/api", "../core"), "crates/core");
        assert_eq!(resolve("api", "../../x"), "../x");
        assert_eq!(resolve("a", ".."), ".");
    }
}
