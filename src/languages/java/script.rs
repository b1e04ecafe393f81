//! A Gradle build script, read by patterns: neither Groovy nor Kotlin is executed. Comments are blanked, so that a line
//! that is switched off says nothing; what is found keeps its line.

use std::sync::LazyLock;

use regex::Regex;

use super::module::{Dependency, Plugin};
use crate::error::Result;
use crate::found::Evidence;
use crate::project::Project;
use crate::sources::Pattern;
use crate::toml_file::TomlFile;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: Pattern = LazyLock::new(|| Regex::new($text).ok());
    };
}

pattern!(PLUGIN, r#"\bid[ \t]*\(?[ \t]*["']([\w.\-]+)["'][ \t]*\)?(?:[ \t]*\.?version[ \t]*\(?[ \t]*["']([^"']+)["'])?"#);
pattern!(PLUGIN_ALIAS, r"alias\s*\(?\s*libs\.plugins\.([\w.]+?)(?:\.asProvider\(\))?\s*\)?\s*(?:\n|;|apply|\}|$)");
pattern!(KOTLIN_PLUGIN, r#"\bkotlin\s*\(\s*["']([\w.\-]+)["']\s*\)\s*(?:version\s*["']([^"']+)["'])?"#);
pattern!(APPLY, r#"apply\s*\(?\s*(?:plugin\s*[:=]\s*)["']([\w.\-]+)["']"#);
pattern!(BARE_PLUGIN, r"(?m)^\s*`?(java|java-library|application|war|groovy)`?\s*$");
pattern!(CLASSPATH, r#"classpath\s*\(?\s*["']org\.springframework\.boot:spring-boot-gradle-plugin:([^"']+)["']"#);
pattern!(LIBRARY, r#"["']([\w.\-]+:[\w.\-]+)(?::[^"'@]+)?(?:@\w+)?["']"#);
pattern!(LIBRARY_ALIAS, r"\blibs\.([\w.]+)");
pattern!(CONFIGURATION, r"\b(implementation|api|compile|runtimeOnly|runtime|compileOnly|providedCompile|developmentOnly|annotationProcessor|kapt|ksp|testImplementation|testCompile|testRuntimeOnly|testCompileOnly|classpath|[a-z]\w*(?:Implementation|Api|RuntimeOnly|Only|Processor))\b");
pattern!(PROJECT, r#"\bproject\s*\(\s*(?:path\s*[:=]\s*)?["']([^"']+)["']"#);
pattern!(PROJECT_ALIAS, r"\bprojects\.([\w.]+)");

/// A script.
#[derive(Debug, Clone)]
pub struct Script {
    /// Path relative to the project.
    pub path: String,
    /// Its text without comments.
    pub text: String,
}

/// The version catalog.
#[derive(Debug, Default)]
pub struct Versions {
    file: Option<TomlFile>,
}

impl Script {
    /// Reads a script; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(project: &Project, path: &str) -> Result<Option<Self>> {
        Ok(project.read(path)?.map(|text| Self { path: path.to_owned(), text: without_comments(&text) }))
    }

    /// The first match of a pattern's first group, with its place.
    pub fn find(&self, pattern: &Pattern, reason: &str) -> Option<(String, Evidence)> {
        let found = pattern.as_ref()?.captures(&self.text)?.get(1)?;
        Some((found.as_str().to_owned(), self.at(found.start(), reason)))
    }

    fn at(&self, offset: usize, reason: &str) -> Evidence {
        Evidence::at(&self.path, self.text[..offset].matches('\n').count() + 1, reason)
    }

    fn all<'s>(&'s self, pattern: &'s Pattern) -> impl Iterator<Item = regex::Captures<'s>> {
        pattern.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(&self.text))
    }

    /// The plugins that it applies.
    pub fn plugins(&self, versions: &Versions) -> Vec<Plugin> {
        let mut plugins = Vec::new();
        let mut push = |id: String, version: Option<String>, offset: usize| {
            plugins.push(Plugin { id, version, settings: Vec::new(), evidence: self.at(offset, "a plugin") });
        };
        let start = |captures: &regex::Captures<'_>| captures.get(1).map_or(0, |found| found.start());
        let later = |offset: usize| self.text[offset..].lines().next().is_some_and(|line| line.contains("apply false") || line.contains("apply(false)"));
        for captures in self.all(&PLUGIN).filter(|captures| !later(start(captures))) {
            push(captures[1].to_owned(), captures.get(2).map(|version| version.as_str().to_owned()), start(&captures));
        }
        for captures in self.all(&PLUGIN_ALIAS).filter(|captures| !later(start(captures))) {
            if let Some((id, version)) = versions.plugin(&captures[1]) {
                push(id, version, start(&captures));
            }
        }
        for captures in self.all(&KOTLIN_PLUGIN).filter(|captures| !later(start(captures))) {
            push(format!("org.jetbrains.kotlin.{}", &captures[1]), captures.get(2).map(|version| version.as_str().to_owned()), start(&captures));
        }
        for pattern in [&APPLY, &BARE_PLUGIN] {
            for captures in self.all(pattern) {
                push(captures[1].to_owned(), None, start(&captures));
            }
        }
        if let Some((version, evidence)) = self.find(&CLASSPATH, "the plugin's version")
            && let Some(plugin) = plugins.iter_mut().find(|plugin| plugin.id == "org.springframework.boot")
        {
            plugin.version = Some(version);
            plugin.evidence = evidence;
        }
        plugins
    }

    /// The libraries that it asks for; those of tests and of the build itself are left out.
    pub fn dependencies(&self, versions: &Versions) -> Vec<Dependency> {
        let mut found = Vec::new();
        for (captures, configuration) in self.with_configuration(&LIBRARY) {
            found.push((captures[1].to_owned(), configuration, captures.get(0).map_or(0, |all| all.start())));
        }
        for (captures, configuration) in self.with_configuration(&LIBRARY_ALIAS) {
            for name in versions.libraries(&captures[1]) {
                found.push((name, configuration.clone(), captures.get(0).map_or(0, |all| all.start())));
            }
        }
        found.sort_by_key(|(_, _, offset)| *offset);
        found
            .into_iter()
            .filter(|(_, configuration, _)| !configuration.starts_with("test") && configuration != "classpath")
            .map(|(name, configuration, offset)| Dependency {
                name,
                runtime: !matches!(configuration.as_str(), "compileOnly" | "providedCompile" | "developmentOnly" | "annotationProcessor" | "kapt" | "ksp"),
                evidence: self.at(offset, "a dependency"),
            })
            .collect()
    }

    /// The modules that it needs, as folders.
    pub fn siblings(&self) -> Vec<String> {
        let named = self.with_configuration(&PROJECT).map(|(captures, configuration)| (captures[1].replace(':', "/"), configuration));
        let aliased = self.with_configuration(&PROJECT_ALIAS).map(|(captures, configuration)| (captures[1].replace('.', "/"), configuration));
        named.chain(aliased).filter(|(_, kind)| !kind.starts_with("test")).map(|(path, _)| path.trim_matches('/').to_owned()).collect()
    }

    /// Each match with the configuration it is added to: the nearest word before it.
    fn with_configuration<'s>(&'s self, pattern: &'s Pattern) -> impl Iterator<Item = (regex::Captures<'s>, String)> {
        self.all(pattern).filter_map(|captures| {
            let start = captures.get(0)?.start();
            let from = self.text[..start].rfind("dependencies")?;
            let before = &self.text[from..start];
            let word = CONFIGURATION.as_ref()?.find_iter(before).last()?;
            Some((captures, word.as_str().to_owned()))
        })
    }
}

impl Versions {
    /// Reads `gradle/libs.versions.toml`.
    ///
    /// # Errors
    /// When it is there and is no TOML.
    pub fn read(project: &Project) -> Result<Self> {
        Ok(Self { file: TomlFile::read(project, "gradle/libs.versions.toml")? })
    }

    /// A version by its name in the catalog.
    pub fn version(&self, name: &str) -> Option<(String, Evidence)> {
        let file = self.file.as_ref()?;
        let (key, value) = self.entry("versions", name)?;
        Some((value.as_str()?.to_owned(), file.evidence(&["versions", &key], "the version catalog")))
    }

    fn entry(&self, table: &str, alias: &str) -> Option<(String, &toml::Value)> {
        let table = self.file.as_ref()?.get(&[table])?.as_table()?;
        table.iter().find(|(key, _)| same(key, alias)).map(|(key, value)| (key.clone(), value))
    }

    fn version_of(&self, value: &toml::Value) -> Option<String> {
        let version = value.get("version")?;
        match version.get("ref").and_then(toml::Value::as_str) {
            Some(name) => self.version(name).map(|(version, _)| version),
            None => version.as_str().map(str::to_owned),
        }
    }

    fn plugin(&self, alias: &str) -> Option<(String, Option<String>)> {
        let (_, value) = self.entry("plugins", alias)?;
        match value.as_str() {
            Some(text) => text.split_once(':').map(|(id, version)| (id.to_owned(), Some(version.to_owned()))),
            None => Some((value.get("id")?.as_str()?.to_owned(), self.version_of(value))),
        }
    }

    /// The libraries that an alias stands for: one, or those of a bundle.
    fn libraries(&self, alias: &str) -> Vec<String> {
        if let Some(bundle) = alias.strip_prefix("bundles.") {
            let names = self.entry("bundles", bundle).and_then(|(_, value)| value.as_array().cloned()).unwrap_or_default();
            return names.iter().filter_map(toml::Value::as_str).flat_map(|name| self.libraries(name)).collect();
        }
        let Some((_, value)) = self.entry("libraries", alias) else { return Vec::new() };
        let text = |key: &str| value.get(key).and_then(toml::Value::as_str);
        let name = match (value.as_str(), text("module")) {
            (Some(text), _) => text.splitn(3, ':').take(2).collect::<Vec<_>>().join(":"),
            (None, Some(module)) => module.to_owned(),
            (None, None) => format!("{}:{}", text("group").unwrap_or_default(), text("name").unwrap_or_default()),
        };
        vec![name]
    }
}

/// Gradle turns `-` and `_` of an alias into `.`.
fn same(key: &str, alias: &str) -> bool {
    key.replace(['-', '_'], ".") == alias.replace(['-', '_'], ".")
}

/// The text with comments turned to blanks; what stands in quotes is none.
fn without_comments(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut quote: Option<char> = None;
    while let Some(character) = characters.next() {
        match (quote, character, characters.peek()) {
            (Some(open), '\\', Some(_)) if open != '`' => {
                clean.push(character);
                clean.extend(characters.next());
                continue;
            }
            (Some(open), _, _) if character == open || character == '\n' => quote = None,
            (None, '"' | '\'', _) => quote = Some(character),
            (None, '/', Some('/')) => {
                while characters.next_if(|next| *next != '\n').is_some() {}
                continue;
            }
            (None, '/', Some('*')) => {
                characters.next();
                let mut last = ' ';
                for next in characters.by_ref() {
                    if next == '\n' {
                        clean.push('\n');
                    }
                    if last == '*' && next == '/' {
                        break;
                    }
                    last = next;
                }
                continue;
            }
            _ => {}
        }
        clean.push(character);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        Script { path: "build.gradle".to_owned(), text: without_comments(text) }
    }

    fn names(found: &[Dependency]) -> Vec<&str> {
        found.iter().map(|found| found.name.as_str()).collect()
    }

    #[test]
    fn both_dialects_say_the_same() {
        let versions = Versions::default();
        for text in [
            "plugins {\n id 'application'\n id 'org.springframework.boot' version '3.5.7'\n}\ndependencies {\n implementation 'a.b:c:1.0'\n testImplementation 'x:y'\n implementation project(':lib:core')\n}",
            "plugins {\n application\n id(\"org.springframework.boot\") version \"3.5.7\"\n}\ndependencies {\n implementation(\"a.b:c:1.0\")\n testImplementation(\"x:y\")\n implementation(project(\":lib:core\"))\n}",
        ] {
            let script = script(text);
            let plugins = script.plugins(&versions);
            assert!(plugins.iter().any(|plugin| plugin.id == "application"), "{plugins:?}");
            let boot = plugins.iter().find(|plugin| plugin.id == "org.springframework.boot").unwrap();
            assert_eq!((boot.version.as_deref(), boot.evidence.line), (Some("3.5.7"), Some(3)));
            assert_eq!(names(&script.dependencies(&versions)), ["a.b:c"]);
            assert_eq!(script.siblings(), ["lib/core"]);
        }
    }

    #[test]
    fn what_is_switched_off_says_nothing() {
        let script = script("/*\nid 'war'\n*/\nplugins {\n  // id 'application'\n  id 'java' version 'x' apply false\n}\nval url = \"https://x\"\n");
        assert!(script.plugins(&Versions::default()).is_empty());
        assert!(script.text.contains("https://x"));
    }

    #[test]
    fn the_catalog_fills_in_aliases() {
        let project = Project::from_files([(
            "gradle/libs.versions.toml",
            "[versions]\nboot = '3.5.7'\n[libraries]\nspring-web = { module = 'org.springframework.boot:spring-boot-starter-web' }\nguava = 'com.google.guava:guava:33'\n[bundles]\nall = ['spring-web', 'guava']\n[plugins]\nspring-boot = { id = 'org.springframework.boot', version.ref = 'boot' }\n",
        )]);
        let versions = Versions::read(&project).unwrap();
        let script = script("plugins {\n alias(libs.plugins.spring.boot)\n}\ndependencies {\n implementation(libs.bundles.all)\n}\n");
        assert_eq!(script.plugins(&versions)[0].version.as_deref(), Some("3.5.7"));
        assert_eq!(names(&script.dependencies(&versions)), ["org.springframework.boot:spring-boot-starter-web", "com.google.guava:guava"]);
    }
}
