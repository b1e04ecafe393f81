//! Gradle: the modules of `settings.gradle`, their scripts, and what the root and its own plugins say for all of them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::module::{Asked, Module, Packaging, Plugin, release};
use super::script::{Script, Versions};
use crate::error::Result;
use crate::found::Evidence;
use crate::project::{Project, join};
use crate::sources::Pattern;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: Pattern = LazyLock::new(|| Regex::new($text).ok());
    };
}

/// Scripts that make a folder a build of Gradle's.
pub const SCRIPTS: &[&str] = &["build.gradle.kts", "build.gradle", "settings.gradle.kts", "settings.gradle"];

pattern!(INCLUDE, r#"(?s)\binclude\s*\(?((?:\s*["'][^"']+["']\s*,?)+)"#);
pattern!(QUOTED, r#"["']([^"']+)["']"#);
pattern!(FOLDER, r#"project\s*\(\s*["']:?([^"']+)["']\s*\)\.projectDir\s*=\s*(?:new File\s*\(\s*\w+\s*,|file\s*\()\s*["']([^"']+)["']"#);
pattern!(ROOT_NAME, r#"rootProject\.name\s*=\s*["']([^"']+)["']"#);
pattern!(MAIN, r#"\bmainClass(?:Name)?(?:\.set\s*\(|\s*=|\s)\s*["']([\w.$]+)["']"#);
pattern!(MANIFEST_MAIN, r#"["']Main-Class["']\s*\]?\s*[:=,]?\s*(?:to\s*)?["']([\w.$]+)["']"#);
pattern!(TOOLCHAIN, r"(?:JavaLanguageVersion\.of|jvmToolchain)\s*\(?\s*(\d+)");
pattern!(TOOLCHAIN_ALIAS, r"(?:JavaLanguageVersion\.of|jvmToolchain)\s*\(\s*libs\.versions\.([\w.]+?)\.get\(\)");
pattern!(TARGET, r#"(?:options\.release(?:\.set\s*\(|\s*=)|targetCompatibility\s*=?|sourceCompatibility\s*=?|jvmTarget(?:\.set\s*\(|\s*=))\s*((?:JavaVersion\.|JvmTarget\.|["'])?[\w.]+)"#);
pattern!(DISTRIBUTION, r"gradle-(\d+(?:\.\d+)*)[\w.-]*\.zip");

/// The build of a folder.
#[derive(Debug)]
pub struct Gradle {
    /// Version of the wrapper, with its place.
    pub wrapper: Option<(String, Evidence)>,
    /// Whether the wrapper's program is there, so that it can fetch that version.
    pub wrapper_runs: bool,
    root_name: Option<String>,
    root: Option<Script>,
    scripts: Vec<(String, Script)>,
    versions: Versions,
    /// The project's own plugins, by id.
    conventions: Vec<(String, Script)>,
}

impl Gradle {
    /// Reads the build; `None` when the folder has none.
    ///
    /// # Errors
    /// When a file of it cannot be read.
    pub fn read(project: &Project) -> Result<Option<Self>> {
        if project.first(".", SCRIPTS).is_none() {
            return Ok(None);
        }
        let script = |dir: &str, stem: &str| -> Result<Option<Script>> {
            let name = project.first(dir, &[&format!("{stem}.gradle.kts"), &format!("{stem}.gradle")]).map(|name| join(dir, name));
            name.map_or(Ok(None), |path| Script::read(project, &path))
        };
        let settings = script(".", "settings")?;
        let mut scripts = Vec::new();
        for dir in settings.as_ref().map(included).unwrap_or_default() {
            // A script may have its module's name instead of `build`.
            let own = dir.rsplit('/').next().unwrap_or(&dir).to_owned();
            if let Some(found) = script(&dir, "build")?.map_or_else(|| script(&dir, &own), |found| Ok(Some(found)))? {
                scripts.push((dir, found));
            }
        }
        let root = script(".", "build")?;
        let properties = "gradle/wrapper/gradle-wrapper.properties";
        let wrapper = Script::read(project, properties)?;
        // In a URL `//` is no comment.
        let text = project.read(properties)?.unwrap_or_default();
        let wrapper = wrapper.and_then(|script| Script { text: text.to_string(), ..script }.find(&DISTRIBUTION, "the wrapper's version"));
        let mut conventions = Vec::new();
        let own = |path: &&str| (path.starts_with("buildSrc/") || path.starts_with("build-logic/") || path.starts_with("buildLogic/")) && path.contains("/src/main/");
        for path in project.files().filter(own) {
            let name = path.rsplit('/').next().unwrap_or(path);
            let id = name.strip_suffix(".gradle.kts").or_else(|| name.strip_suffix(".gradle"));
            if let (Some(id), Some(script)) = (id, Script::read(project, path)?) {
                conventions.push((id.to_owned(), script));
            }
        }
        Ok(Some(Self {
            wrapper,
            wrapper_runs: project.has("gradlew") && project.has("gradle/wrapper/gradle-wrapper.jar"),
            root_name: settings.as_ref().and_then(|settings| settings.find(&ROOT_NAME, "")).map(|(name, _)| name),
            root,
            scripts,
            versions: Versions::read(project)?,
            conventions,
        }))
    }

    /// Folders of the modules.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.root.iter().map(|_| ".").chain(self.scripts.iter().map(|(dir, _)| dir.as_str()))
    }

    /// Whether it is an application for Android, which is no container's business.
    pub fn is_android(&self) -> bool {
        let all = self.root.iter().chain(self.scripts.iter().map(|(_, script)| script));
        all.flat_map(|script| script.plugins(&self.versions)).any(|plugin| plugin.id.starts_with("com.android."))
    }

    /// The texts of all scripts, for what may stand in any of them.
    pub fn scripts(&self) -> impl Iterator<Item = &Script> {
        self.root.iter().chain(self.scripts.iter().map(|(_, script)| script)).chain(self.conventions.iter().map(|(_, script)| script))
    }

    /// All modules.
    pub fn modules(&self) -> Vec<Module> {
        let root = self.root.iter().map(|script| (".", script));
        let all: Vec<(&str, &Script)> = root.chain(self.scripts.iter().map(|(dir, script)| (dir.as_str(), script))).collect();
        let needed: BTreeSet<String> = all.iter().flat_map(|(_, script)| script.siblings()).collect();
        all.iter().map(|(dir, script)| self.module(dir, script, needed.contains(*dir))).collect()
    }

    fn module(&self, dir: &str, script: &Script, needed: bool) -> Module {
        let scripts = self.that_say_for(dir, script);
        let plugins: Vec<Plugin> = scripts.iter().flat_map(|script| script.plugins(&self.versions)).collect();
        let find = |pattern: &Pattern, reason: &str| scripts.iter().find_map(|script| script.find(pattern, reason));
        let boot = plugins.iter().find(|plugin| plugin.id == "org.springframework.boot").and_then(|plugin| {
            // The version of a plugin that a module applies stands where it is declared.
            let declared = || self.scripts().find_map(|script| {
                let text = script.text.split("org.springframework.boot").nth(1)?.lines().next()?;
                let version = text.split(['"', '\'']).find(|part| part.starts_with(|c: char| c.is_ascii_digit()))?;
                Some(version.to_owned())
            });
            Some((plugin.version.clone().or_else(declared)?, plugin.evidence.clone()))
        });
        let name = if dir == "." { self.root_name.clone() } else { dir.rsplit('/').next().map(str::to_owned) };
        let mut dependencies: Vec<_> = scripts.iter().flat_map(|script| script.dependencies(&self.versions)).collect();
        let mut open = script.siblings();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while let Some(dir) = open.pop() {
            if let Some((dir, sibling)) = self.scripts.iter().find(|(known, _)| *known == dir).filter(|_| seen.insert(dir)) {
                open.extend(sibling.siblings());
                dependencies.extend(self.that_say_for(dir, sibling).iter().flat_map(|script| script.dependencies(&self.versions)));
            }
        }
        let is_war = plugins.iter().any(|plugin| plugin.id == "war");
        let says_java = plugins.iter().any(|plugin| {
            ["java", "application", "war", "groovy", "org.springframework.boot", "io.ktor.plugin"].contains(&plugin.id.as_str())
                || plugin.id.starts_with("org.jetbrains.kotlin") || plugin.id.starts_with("io.micronaut") || plugin.id.starts_with("io.quarkus")
        });
        Module {
            path: dir.to_owned(),
            manifest: script.path.clone(),
            packaging: if is_war { Packaging::War } else if says_java { Packaging::Jar } else { Packaging::Pom },
            archive: "*".to_owned(),
            name: name.unwrap_or_else(|| "app".to_owned()),
            dependencies,
            java: self.java(&scripts, boot.as_ref()),
            boot,
            main: find(&MAIN, "the main class").or_else(|| find(&MANIFEST_MAIN, "the main class")),
            plugins,
            needed,
        }
    }

    /// The scripts that say something for a module: its own, the plugins of the project that it applies, and what the
    /// root says for all modules.
    fn that_say_for(&self, dir: &str, script: &Script) -> Vec<Script> {
        // What the root says for the modules below is not said for itself.
        let own = if dir == "." { block(script, "subprojects").map_or_else(|| script.text.clone(), |(at, text)| blanked(&script.text, at, text)) } else { script.text.clone() };
        let mut scripts = vec![Script { path: script.path.clone(), text: own }];
        let mut at = 0;
        while at < scripts.len() {
            for plugin in scripts[at].plugins(&self.versions) {
                let own = self.conventions.iter().find(|(id, _)| *id == plugin.id);
                if let Some((_, own)) = own.filter(|(_, own)| scripts.iter().all(|known| known.path != own.path)) {
                    scripts.push(own.clone());
                }
            }
            at += 1;
        }
        if let Some(root) = self.root.as_ref().filter(|_| dir != ".") {
            for name in ["subprojects", "allprojects"] {
                if let Some((at, text)) = block(root, name) {
                    let blank: String = root.text[..at].chars().filter(|character| *character == '\n').collect();
                    scripts.push(Script { path: root.path.clone(), text: blank + text });
                }
            }
        }
        scripts
    }

    fn java(&self, scripts: &[Script], boot: Option<&(String, Evidence)>) -> Vec<Asked> {
        let mut asked = Vec::new();
        let mut say = |text: &str, exact: bool, evidence: Evidence| {
            asked.extend(release(text).map(|release| Asked { release, exact, evidence }));
        };
        for script in scripts {
            if let Some((text, evidence)) = script.find(&TOOLCHAIN, "the toolchain") {
                say(&text, true, evidence);
            }
            if let Some((name, _)) = script.find(&TOOLCHAIN_ALIAS, "")
                && let Some((text, evidence)) = self.versions.version(&name)
            {
                say(&text, true, evidence);
            }
            if let Some((text, evidence)) = script.find(&TARGET, "the byte code's version") {
                say(&text, false, evidence);
            }
        }
        if asked.is_empty()
            && let Some((version, evidence)) = boot
        {
            let default = if version.starts_with(['1', '2']) { 8 } else { 17 };
            asked.push(Asked { release: default, exact: false, evidence: evidence.clone() });
        }
        asked
    }
}

/// A block by its name: where it begins, and its text.
fn block<'s>(script: &'s Script, name: &str) -> Option<(usize, &'s str)> {
    let at = script.text.find(&format!("{name} {{")).or_else(|| script.text.find(&format!("{name}{{")))?;
    Some((at, braces(&script.text[at..])))
}

/// The text with a part of it turned to empty lines.
fn blanked(text: &str, at: usize, part: &str) -> String {
    let lines: String = part.chars().filter(|character| *character == '\n').collect();
    text[..at].to_owned() + &lines + &text[at + part.len()..]
}

/// The text up to the brace that closes its first one.
fn braces(text: &str) -> &str {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => return &text[..=at],
            '}' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// The folders that the settings include.
fn included(settings: &Script) -> Vec<String> {
    let moved: Vec<(String, String)> = FOLDER
        .as_ref()
        .into_iter()
        .flat_map(|pattern| pattern.captures_iter(&settings.text))
        .map(|captures| (captures[1].replace(':', "/"), captures[2].trim_matches('/').to_owned()))
        .collect();
    let lists = INCLUDE.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(&settings.text));
    let quoted = |list: &str| -> Vec<String> {
        let names = QUOTED.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(list));
        names.map(|captures| captures[1].trim_start_matches(':').replace(':', "/")).collect()
    };
    let mut folders: Vec<String> = Vec::new();
    for name in lists.flat_map(|captures| quoted(&captures[1])) {
        let folder = moved.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to.clone());
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_what_the_root_says_for_them() {
        let project = Project::from_files([
            ("settings.gradle", "rootProject.name = 'shop'\ninclude 'api', ':lib:core'\nproject(':api').projectDir = file('services/api')\n"),
            ("build.gradle", "plugins { id 'org.springframework.boot' version '3.5.7' apply false }\nsubprojects {\n  apply plugin: 'java'\n  java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }\n}\n"),
            ("services/api/build.gradle", "plugins { id 'org.springframework.boot' }\ndependencies { implementation project(':lib:core') }\n"),
            ("lib/core/build.gradle", "dependencies { api 'io.javalin:javalin:6.1.3' }\n"),
            ("gradle/wrapper/gradle-wrapper.properties", "distributionUrl=https\\://services.gradle.org/distributions/gradle-8.14.5-bin.zip\n"),
        ]);
        let build = Gradle::read(&project).unwrap().unwrap();
        assert_eq!(build.wrapper.as_ref().unwrap().0, "8.14.5");
        let modules = build.modules();
        let paths: Vec<_> = modules.iter().map(|module| (module.path.as_str(), module.packaging)).collect();
        assert_eq!(paths, [(".", Packaging::Pom), ("services/api", Packaging::Jar), ("lib/core", Packaging::Jar)]);
        assert_eq!(modules[1].boot.as_ref().unwrap().0, "3.5.7");
        assert_eq!((modules[1].java[0].release, modules[1].java[0].exact, modules[1].java[0].evidence.line), (21, true, Some(4)));
        assert!(modules[1].dependency(&["io.javalin:"]).is_some());
        assert!(modules[2].needed);
    }

    #[test]
    fn java_versions_of_both_dialects() {
        for (text, release) in [
            ("sourceCompatibility = 1.8", 8),
            ("java.sourceCompatibility = JavaVersion.VERSION_17", 17),
            ("tasks.withType<JavaCompile> { options.release.set(11) }", 11),
            ("kotlin { jvmToolchain(21) }", 21),
            ("kotlin { compilerOptions { jvmTarget.set(JvmTarget.JVM_17) } }", 17),
            ("java { toolchain { languageVersion.set(JavaLanguageVersion.of(25)) } }", 25),
        ] {
            let project = Project::from_files([("build.gradle", text)]);
            let modules = Gradle::read(&project).unwrap().unwrap().modules();
            assert_eq!(modules[0].java.first().map(|asked| asked.release), Some(release), "{text}");
        }
    }
}
