//! What a build says of one module, whichever tool builds it.

use crate::found::Evidence;

/// What builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Maven.
    Maven,
    /// Gradle.
    Gradle,
}

/// What a module becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packaging {
    /// A jar.
    Jar,
    /// A web archive.
    War,
    /// Nothing: it is there for the modules below.
    Pom,
}

/// A library that the module needs, itself or by the modules it is built from.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// `group:artifact`.
    pub name: String,
    /// Whether it is there at run time.
    pub runtime: bool,
    /// Where.
    pub evidence: Evidence,
}

/// A plugin of the build.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// `group:artifact` for Maven, the id for Gradle.
    pub id: String,
    /// Version, where one is said.
    pub version: Option<String>,
    /// Path and value of every setting, and where it stands.
    pub settings: Vec<(String, String, Evidence)>,
    /// Where.
    pub evidence: Evidence,
}

/// A Java version that a file names.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Feature release, e.g. 17; `1.8` is 8.
    pub release: u32,
    /// Whether it is this one, and not this or a later one: a toolchain, not the byte code's version.
    pub exact: bool,
    /// Where.
    pub evidence: Evidence,
}

/// One module.
#[derive(Debug, Clone)]
pub struct Module {
    /// Folder, relative to the build's root; `.` for the root.
    pub path: String,
    /// Its build file.
    pub manifest: String,
    /// Name of the artifact.
    pub name: String,
    /// What it becomes.
    pub packaging: Packaging,
    /// Name of the archive without its ending, for a shell: the version is a `*`.
    pub archive: String,
    /// Libraries, with those of the modules it needs.
    pub dependencies: Vec<Dependency>,
    /// Plugins, its own first.
    pub plugins: Vec<Plugin>,
    /// Java versions, strongest first.
    pub java: Vec<Asked>,
    /// The version of Spring Boot.
    pub boot: Option<(String, Evidence)>,
    /// The main class that the build names.
    pub main: Option<(String, Evidence)>,
    /// Whether another module needs it.
    pub needed: bool,
}

impl Module {
    /// The first library of which `group:artifact` begins so.
    pub fn dependency(&self, prefixes: &[&str]) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| prefixes.iter().any(|prefix| dependency.name.starts_with(prefix)))
    }

    /// The first plugin of one of these ids; for Maven the artifact alone is enough.
    pub fn plugin(&self, ids: &[&str]) -> Option<&Plugin> {
        self.plugins.iter().find(|plugin| {
            let artifact = plugin.id.rsplit(':').next().unwrap_or(&plugin.id);
            ids.iter().any(|id| *id == plugin.id || *id == artifact)
        })
    }

    /// Libraries that must lie beside the program.
    pub fn has_runtime_dependencies(&self) -> bool {
        self.dependencies.iter().any(|dependency| dependency.runtime)
    }
}

impl Plugin {
    /// The first setting whose last part has this name.
    pub fn setting(&self, name: &str) -> Option<(&str, Evidence)> {
        let found = self.settings.iter().find(|(path, value, _)| path.rsplit('.').next() == Some(name) && !value.is_empty());
        found.map(|(_, value, evidence)| (value.as_str(), evidence.clone()))
    }

    /// The first setting whose path ends so.
    pub fn setting_at(&self, end: &str) -> Option<(&str, Evidence)> {
        let found = self.settings.iter().find(|(path, value, _)| path.ends_with(end) && !value.is_empty());
        found.map(|(_, value, evidence)| (value.as_str(), evidence.clone()))
    }

    /// Whether some setting has this value.
    pub fn says(&self, value: &str) -> bool {
        self.settings.iter().any(|(_, found, _)| found == value)
    }
}

/// The feature release that a text names: `17`, `1.8`, `17.0.2`, `VERSION_17`, `JVM_1_8`.
pub fn release(text: &str) -> Option<u32> {
    let text = text.trim().trim_matches(['"', '\'']);
    let text = text.rsplit("VERSION_").next().unwrap_or(text);
    let text = text.rsplit("JVM_").next().unwrap_or(text).replace('_', ".");
    let text = text.strip_prefix("1.").unwrap_or(&text);
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|release| (5..100).contains(release))
}

#[cfg(test)]
mod tests {
    #[test]
    fn java_eight_has_two_names() {
        let release = super::release;
        assert_eq!([release("1.8"), release("8"), release("JavaVersion.VERSION_1_8"), release("JvmTarget.JVM_1_8")], [Some(8); 4]);
        assert_eq!([release("'17'"), release("17.0.9-tem"), release("VERSION_17")], [Some(17); 3]);
        assert_eq!([release("${java}"), release(""), release("1.x")], [None; 3]);
    }
}
