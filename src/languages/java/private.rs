//! Private repositories: credentials reach the build as secrets of single steps, never as files or variables of a layer.

use std::sync::LazyLock;

use regex::Regex;

use super::gradle::Gradle;
use super::is_secret;
use super::maven::Maven;
use crate::error::Result;
use crate::found::Evidence;
use crate::languages::Note;
use crate::project::Project;
use crate::sources::Pattern;

/// Words in the address of a repository that wants a login: products that companies keep their own packages in, and names
/// that only resolve inside.
const PRIVATE: &[&str] = &[
    "artifactory", "nexus", "jfrog", "codeartifact", "artifactregistry", "pkg.github", "pkgs.dev.azure", "gitlab", "private", ".internal", ".corp",
    ".local", ".lan",
];

/// `${env.NAME}` of Maven's settings.
static SETTINGS_VARIABLE: Pattern = LazyLock::new(|| Regex::new(r"\$\{env\.(\w+)\}").ok());
/// A variable that a Gradle script reads.
static SCRIPT_VARIABLE: Pattern = LazyLock::new(|| Regex::new(r#"(?:getenv\s*\(|environmentVariable\s*\(|env\[)\s*["'](\w+)["']"#).ok());

/// What the build needs to reach private repositories.
#[derive(Debug, Clone, Default)]
pub struct Private {
    /// Variables, each a secret of its own.
    pub variables: Vec<(String, Evidence)>,
    /// A repository whose credentials only the user's own Maven settings can have.
    pub settings: Option<Evidence>,
    /// The project's own Maven settings, which must be named on the command line.
    pub own_settings: Option<String>,
}

impl Private {
    /// What Maven needs.
    ///
    /// # Errors
    /// When settings are there and cannot be read.
    pub fn of_maven(project: &Project, maven: &Maven) -> Result<Self> {
        let mut found = Self::default();
        for path in [".mvn/settings.xml", "settings.xml", ".m2/settings.xml"] {
            let Some(text) = project.read(path)? else { continue };
            let configured = project.read(".mvn/maven.config")?.is_some_and(|text| text.contains("settings.xml"));
            found.own_settings = (!configured).then(|| path.to_owned());
            found.variables = variables(&SETTINGS_VARIABLE, path, &text);
            return Ok(found);
        }
        let private = maven.repositories().into_iter().find(|(url, _)| is_private(url));
        found.settings = private.map(|(_, evidence)| evidence);
        Ok(found)
    }

    /// What Gradle needs: the variables that its scripts read and whose names say that they are secrets, with those that
    /// say who asks.
    pub fn of_gradle(gradle: &Gradle) -> Self {
        let all = gradle.scripts().filter(|script| script.text.contains("credentials"));
        let found: Vec<_> = all.flat_map(|script| variables(&SCRIPT_VARIABLE, &script.path, &script.text)).collect();
        let some = found.iter().any(|(name, _)| is_secret(name));
        Self { variables: if some { found } else { Vec::new() }, ..Self::default() }
    }

    /// Tells how the secrets are passed.
    pub fn note(&self, notes: &mut Vec<Note>) {
        if let Some(evidence) = &self.settings {
            let message = "a repository that may want a login: build with `--secret id=maven_settings,src=$HOME/.m2/settings.xml`";
            notes.push(Note::info(message, Some(evidence)));
        }
        if let Some((_, evidence)) = self.variables.first() {
            let flags: Vec<String> = self.variables.iter().map(|(name, _)| format!("--secret id={name}")).collect();
            notes.push(Note::info(format!("the build reads credentials from the environment: build with `{}`", flags.join(" ")), Some(evidence)));
        }
    }
}

fn variables(pattern: &Pattern, path: &str, text: &str) -> Vec<(String, Evidence)> {
    let mut found: Vec<(String, Evidence)> = Vec::new();
    for captures in pattern.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let Some(name) = captures.get(1) else { continue };
        if found.iter().all(|(known, _)| known != name.as_str()) {
            let line = text[..name.start()].matches('\n').count() + 1;
            found.push((name.as_str().to_owned(), Evidence::at(path, line, "a credential of a repository")));
        }
    }
    found
}

fn is_private(url: &str) -> bool {
    let url = url.to_lowercase();
    url.starts_with("http") && PRIVATE.iter().any(|word| url.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_repository_wants_no_login() {
        assert!(!is_private("https://maven.example.org/milestone"));
        assert!(!is_private("file://${project.basedir}/repo"));
        assert!(is_private("https://nexus.acme.example/repository/x"));
    }

    #[test]
    fn settings_name_their_variables() {
        let project = Project::from_files([
            ("pom.xml", "<project><artifactId>x</artifactId></project>"),
            (".mvn/settings.xml", "<settings>\n<password>${env.NEXUS_PASSWORD}</password></settings>"),
        ]);
        let private = Private::of_maven(&project, &Maven::read(&project).unwrap().unwrap()).unwrap();
        assert_eq!((private.variables[0].0.as_str(), private.variables[0].1.line), ("NEXUS_PASSWORD", Some(2)));
        assert_eq!(private.own_settings.as_deref(), Some(".mvn/settings.xml"));
    }
}
