//! Maven: the modules of a build, with what they inherit filled in. Profiles are left out, except what is active by default.

use std::collections::{BTreeMap, BTreeSet};

use super::module::{Asked, Dependency, Module, Packaging, Plugin, release};
use super::pom::{Coordinates, Pom, PomPlugin};
use crate::error::Result;
use crate::found::Evidence;
use crate::project::{Project, join};

/// A build that names more modules than this is not followed further.
const MAX_MODULES: usize = 400;
/// Placeholders in placeholders, deeper than anyone writes them.
const MAX_DEPTH: usize = 8;
/// Properties that say the Java version of the byte code, strongest first.
const PROPERTIES: &[&str] =
    &["maven.compiler.release", "java.version", "maven.compiler.target", "maven.compiler.source", "release.version", "jdk.version", "kotlin.compiler.jvmTarget"];

/// The build below a folder's `pom.xml`.
#[derive(Debug, Clone)]
pub struct Maven {
    poms: BTreeMap<String, Pom>,
    modules: Vec<String>,
    /// Files that switch on profiles, of all modules.
    switches: BTreeSet<String>,
}

impl Maven {
    /// Reads the root's `pom.xml`, those of its modules, and their parents inside the project.
    ///
    /// # Errors
    /// When one of them is broken.
    pub fn read(project: &Project) -> Result<Option<Self>> {
        let mut build = Self { poms: BTreeMap::new(), modules: Vec::new(), switches: BTreeSet::new() };
        let mut open = vec!["pom.xml".to_owned()];
        while let Some(path) = open.pop() {
            if build.modules.contains(&path) || build.modules.len() >= MAX_MODULES {
                continue;
            }
            let Some(pom) = Pom::read(project, &path)? else { continue };
            let mut modules: Vec<String> = pom.modules.iter().filter_map(|module| pom.module_path(module)).collect();
            modules.reverse();
            open.extend(modules);
            build.modules.push(path.clone());
            let mut parent = pom.parent_path();
            build.poms.insert(path, pom);
            while let Some(path) = parent.filter(|path| !build.poms.contains_key(path)) {
                let Some(pom) = Pom::read(project, &path)? else { break };
                parent = pom.parent_path();
                build.poms.insert(path, pom);
            }
        }
        let wanted: BTreeSet<&String> = build.poms.values().flat_map(|pom| pom.conditional_plugins.iter().map(|(file, _)| file)).collect();
        let folders = build.modules.iter().map(|path| &build.poms[path].dir);
        let switches = folders.flat_map(|dir| wanted.iter().map(move |file| switch(dir, file)));
        build.switches = switches.filter(|path| path.is_empty() || project.exists(path)).collect();
        Ok((!build.modules.is_empty()).then_some(build))
    }

    /// Folders of the modules.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|path| self.poms[path].dir.as_str())
    }

    /// Whether some module's tests are a library of another: then they must be compiled.
    pub fn has_test_jars(&self) -> bool {
        self.poms.values().flat_map(|pom| pom.dependencies.iter().chain(&pom.managed)).any(|dependency| dependency.kind == "test-jar")
    }

    /// Repositories beside Maven Central, as `(URL, evidence)`.
    pub fn repositories(&self) -> Vec<(String, Evidence)> {
        let all = self.poms.values().flat_map(|pom| {
            pom.repositories.iter().map(|(_, url, line)| (self.fill(&pom.path, url), Evidence::at(&pom.path, *line, "a repository")))
        });
        all.collect()
    }

    /// All modules, in the build's order.
    pub fn modules(&self) -> Vec<Module> {
        let needed: BTreeSet<String> = self.modules.iter().flat_map(|path| self.siblings(path)).collect();
        self.modules.iter().map(|path| Module { needed: needed.contains(path), ..self.module(path) }).collect()
    }

    fn module(&self, path: &str) -> Module {
        let pom = &self.poms[path];
        let name = self.fill(path, &pom.at.artifact);
        let main = self.property(path, "exec.mainClass").or_else(|| self.property(path, "start-class")).or_else(|| self.property(path, "mainClass"));
        let plugins = self.plugins(path);
        let settings = ["mainClass", "mainVerticle", "Main-Class"];
        let configured = plugins
            .iter()
            .filter(|plugin| !plugin.id.ends_with(":native-maven-plugin"))
            .find_map(|plugin| settings.iter().find_map(|name| plugin.setting(name)))
            .map(|(main, evidence)| (main.to_owned(), evidence));
        Module {
            path: pom.dir.clone(),
            manifest: path.to_owned(),
            packaging: match pom.packaging.as_str() {
                "pom" => Packaging::Pom,
                "war" => Packaging::War,
                _ => Packaging::Jar,
            },
            archive: self.chain(path).find_map(|pom| pom.final_name.as_deref()).map_or_else(
                || format!("{name}-*"),
                |text| {
                    let versionless = text.replace("${project.version}", "*").replace("${version}", "*").replace("${revision}", "*");
                    self.fill(path, &versionless)
                },
            ),
            name,
            dependencies: self.dependencies(path),
            java: self.java(path, &plugins),
            boot: self.boot(path),
            main: configured.or(main),
            plugins,
            needed: false,
        }
    }

    /// A `pom.xml` and its parents inside the project, nearest first.
    fn chain<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Pom> {
        let mut next = self.poms.get(path);
        let mut seen = 0;
        std::iter::from_fn(move || {
            let pom = next?;
            seen += 1;
            let (parent, _) = pom.parent.as_ref().map_or((None, ()), |(at, _)| (Some(at), ()));
            let above = pom.parent_path().and_then(|path| self.poms.get(&path));
            // Maven takes what lies at the relative path only when it is the parent that was named.
            next = above.filter(|above| parent.is_some_and(|parent| parent.artifact == above.at.artifact) && seen < MAX_DEPTH);
            Some(pom)
        })
    }

    /// The parent outside the project, e.g. Spring Boot's.
    fn outer_parent(&self, path: &str) -> Option<(Coordinates, &Pom)> {
        let last = self.chain(path).last()?;
        let (at, _) = last.parent.as_ref()?;
        let version = at.version.as_ref().map(|version| self.fill(&last.path, version));
        Some((Coordinates { version, ..at.clone() }, last))
    }

    fn property(&self, path: &str, name: &str) -> Option<(String, Evidence)> {
        self.chain(path).find_map(|pom| {
            let (_, value, line) = pom.properties.iter().find(|(key, _, _)| key == name)?;
            Some((self.fill(path, value), Evidence::at(&pom.path, *line, format!("`{name}`"))))
        })
    }

    /// Text with its `${...}` filled in; what is unknown stays.
    fn fill(&self, path: &str, text: &str) -> String {
        self.fill_to(path, text, MAX_DEPTH)
    }

    fn fill_to(&self, path: &str, text: &str, depth: usize) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            filled += before;
            let Some((name, after)) = after.split_once('}') else { return filled + "${" + after };
            match (depth > 0).then(|| self.value(path, name)).flatten() {
                Some(value) => filled += &self.fill_to(path, &value, depth - 1),
                None => filled = filled + "${" + name + "}",
            }
            rest = after;
        }
        filled + rest
    }

    fn value(&self, path: &str, name: &str) -> Option<String> {
        let own = |pick: fn(&Coordinates) -> Option<String>| {
            self.chain(path).find_map(|pom| pick(&pom.at).or_else(|| pom.parent.as_ref().and_then(|(at, _)| pick(at))))
        };
        match name {
            "project.artifactId" | "artifactId" | "pom.artifactId" => Some(self.poms.get(path)?.at.artifact.clone()),
            "project.version" | "version" | "pom.version" => own(|at| at.version.clone()),
            "project.groupId" | "groupId" => own(|at| (!at.group.is_empty()).then(|| at.group.clone())),
            "project.parent.version" => self.poms.get(path)?.parent.as_ref()?.0.version.clone(),
            _ => {
                self.chain(path).find_map(|pom| pom.properties.iter().find(|(key, _, _)| key == name).map(|(_, value, _)| value.clone()))
            }
        }
    }

    /// The modules that a module needs directly.
    fn siblings(&self, path: &str) -> Vec<String> {
        let wanted: Vec<String> = self.chain(path).flat_map(|pom| &pom.dependencies).map(|found| self.fill(path, &found.artifact)).collect();
        let is_wanted = |other: &&String| *other != path && wanted.contains(&self.fill(other, &self.poms[*other].at.artifact));
        self.modules.iter().filter(is_wanted).cloned().collect()
    }

    /// Libraries, its own first, then those of the modules it needs.
    fn dependencies(&self, path: &str) -> Vec<Dependency> {
        let names: BTreeSet<String> = self.modules.iter().map(|path| self.fill(path, &self.poms[path].at.artifact)).collect();
        let mut all = Vec::new();
        let mut seen = BTreeSet::from([path.to_owned()]);
        let mut open = vec![path.to_owned()];
        while let Some(path) = open.pop() {
            for pom in self.chain(&path) {
                for found in pom.dependencies.iter().filter(|found| found.scope != "test") {
                    let artifact = self.fill(&path, &found.artifact);
                    let name = format!("{}:{artifact}", self.fill(&path, &found.group));
                    let evidence = Evidence::at(&pom.path, found.line, if names.contains(&artifact) { "a module" } else { "a dependency" });
                    all.push(Dependency { name, runtime: !matches!(found.scope.as_str(), "provided" | "import"), evidence });
                }
            }
            open.extend(self.siblings(&path).into_iter().filter(|sibling| seen.insert(sibling.clone())));
        }
        all
    }

    /// Plugins of the build, the nearest first, with what the parents manage.
    fn plugins(&self, path: &str) -> Vec<Plugin> {
        let mut plugins: Vec<Plugin> = Vec::new();
        for pom in self.chain(path) {
            let dir = &self.poms[path].dir;
            let switched = pom.conditional_plugins.iter().filter(|(file, _)| self.switches.contains(&switch(dir, file)));
            for found in pom.plugins.iter().chain(switched.map(|(_, plugin)| plugin)) {
                let id = format!("{}:{}", self.fill(path, &found.at.group), self.fill(path, &found.at.artifact));
                let plugin = self.plugin(path, &pom.path, id, found);
                match plugins.iter_mut().find(|known| known.id == plugin.id) {
                    Some(known) => {
                        known.settings.extend(plugin.settings);
                        known.version = known.version.take().or(plugin.version);
                    }
                    None => plugins.push(plugin),
                }
            }
        }
        for plugin in &mut plugins {
            for (pom, found) in self.chain(path).flat_map(|pom| pom.managed_plugins.iter().map(move |found| (pom, found))) {
                if plugin.id.rsplit(':').next() == Some(found.at.artifact.as_str()) {
                    let managed = self.plugin(path, &pom.path, plugin.id.clone(), found);
                    plugin.settings.extend(managed.settings);
                    plugin.version = plugin.version.take().or(managed.version);
                }
            }
        }
        plugins
    }

    fn plugin(&self, path: &str, file: &str, id: String, found: &PomPlugin) -> Plugin {
        Plugin {
            id,
            version: found.at.version.as_ref().map(|version| self.fill(path, version)),
            settings: found
                .settings
                .iter()
                .map(|(name, value, line)| {
                    let last = name.rsplit('.').next().unwrap_or(name);
                    (name.clone(), self.fill(path, value), Evidence::at(file, *line, format!("`{last}`")))
                })
                .collect(),
            evidence: Evidence::at(file, found.at.line, "a plugin"),
        }
    }

    /// Spring Boot's version: the parent's, that of the imported list of versions, the plugin's, or a starter's own.
    fn boot(&self, path: &str) -> Option<(String, Evidence)> {
        let known = |version: &Option<String>| version.clone().filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
        if let Some((at, pom)) = self.outer_parent(path)
            && at.artifact == "spring-boot-starter-parent"
        {
            return Some((known(&at.version)?, Evidence::at(&pom.path, at.line, "Spring Boot's parent")));
        }
        let listed = self.chain(path).flat_map(|pom| pom.managed.iter().chain(&pom.dependencies).map(move |found| (pom, found)));
        let named = listed.filter(|(_, found)| found.artifact == "spring-boot-dependencies" || found.artifact.starts_with("spring-boot-starter"));
        let mut versions = named.filter_map(|(pom, found)| {
            let version = known(&found.version.as_ref().map(|version| self.fill(path, version)))?;
            Some((version, Evidence::at(&pom.path, found.line, "Spring Boot's versions")))
        });
        versions.next().or_else(|| {
            let plugin = self.plugins(path).into_iter().find(|plugin| plugin.id.ends_with(":spring-boot-maven-plugin"))?;
            Some((known(&plugin.version)?, plugin.evidence))
        })
    }

    /// What is said of the Java version, strongest first.
    fn java(&self, path: &str, plugins: &[Plugin]) -> Vec<Asked> {
        let mut asked = Vec::new();
        let mut say = |(text, evidence): (&str, Evidence), exact: bool| {
            let text = text.trim_start_matches(['[', '(']);
            asked.extend(release(text).map(|release| Asked { release, exact, evidence }));
        };
        let settings = |artifact: &str, end: &str| {
            let plugin = plugins.iter().find(|plugin| plugin.id.ends_with(&format!(":{artifact}")))?;
            plugin.setting_at(end)
        };
        settings("maven-toolchains-plugin", "jdk.version").into_iter().for_each(|found| say(found, true));
        for name in [".release", ".target", ".source"] {
            settings("maven-compiler-plugin", name).into_iter().for_each(|found| say(found, false));
        }
        for name in PROPERTIES {
            self.property(path, name).iter().for_each(|(value, evidence)| say((value, evidence.clone()), false));
        }
        settings("kotlin-maven-plugin", ".jvmTarget").into_iter().for_each(|found| say(found, false));
        settings("maven-enforcer-plugin", "requireJavaVersion.version").into_iter().for_each(|found| say(found, false));
        if asked.is_empty()
            && let Some((version, evidence)) = self.boot(path)
        {
            // What Spring Boot's parent sets when the project sets nothing.
            let default = if version.starts_with(['1', '2']) { 8 } else { 17 };
            asked.push(Asked { release: default, exact: false, evidence });
        }
        asked
    }
}

/// The file of a module that a profile looks for.
fn switch(dir: &str, file: &str) -> String {
    let file = file.trim_start_matches("${basedir}/").trim_start_matches("${project.basedir}/");
    super::pom::normal(&join(dir, file)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(files: &[(&str, &str)]) -> Vec<Module> {
        Maven::read(&Project::from_files(files.iter().copied())).unwrap().unwrap().modules()
    }

    const PARENT: &str = "<project><artifactId>all</artifactId><version>1.2</version><packaging>pom</packaging>
        <modules><module>api</module><module>lib</module></modules>
        <properties><jdk>21</jdk><maven.compiler.release>${jdk}</maven.compiler.release></properties>
        <build><plugins><plugin><artifactId>maven-shade-plugin</artifactId></plugin></plugins></build></project>";
    const API: &str = "<project><parent><artifactId>all</artifactId><version>1.2</version></parent><artifactId>api</artifactId>
        <dependencies><dependency><groupId>x</groupId><artifactId>lib</artifactId></dependency>
        <dependency><groupId>org.junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency></dependencies></project>";
    const LIB: &str = "<project><parent><artifactId>all</artifactId><version>1.2</version></parent><artifactId>lib</artifactId>
        <build><finalName>lib-of-${project.parent.version}</finalName></build>
        <dependencies><dependency><groupId>io.javalin</groupId><artifactId>javalin</artifactId></dependency></dependencies></project>";

    #[test]
    fn modules_inherit_and_need_each_other() {
        let modules = build(&[("pom.xml", PARENT), ("api/pom.xml", API), ("lib/pom.xml", LIB)]);
        let [root, api, lib] = modules.as_slice() else { panic!("{modules:?}") };
        assert_eq!(root.packaging, Packaging::Pom);
        assert_eq!((api.java[0].release, api.java[0].evidence.place().as_str()), (21, "pom.xml:3"));
        assert!(api.dependency(&["io.javalin:"]).is_some(), "what a module needs, it has");
        assert!(api.dependency(&["org.junit:"]).is_none());
        assert!(api.plugin(&["maven-shade-plugin"]).is_some());
        assert_eq!((api.needed, lib.needed), (false, true));
        assert_eq!((api.archive.as_str(), lib.archive.as_str()), ("api-*", "lib-of-1.2"));
    }

    #[test]
    fn a_parent_elsewhere_is_not_taken_from_the_folder_above() {
        let other = API.replace("<artifactId>all</artifactId>", "<artifactId>other</artifactId>");
        let modules = build(&[("pom.xml", PARENT), ("api/pom.xml", &other), ("lib/pom.xml", LIB)]);
        assert!(modules[1].java.is_empty());
    }

    #[test]
    fn a_profile_is_on_where_its_file_is() {
        let profile = "<profiles><profile><activation><file><exists>${basedir}/src/main/resources/a.yml</exists></file></activation>
            <build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></profile></profiles></project>";
        let parent = PARENT.replace("</project>", profile);
        let modules = build(&[("pom.xml", &parent), ("api/pom.xml", API), ("lib/pom.xml", LIB), ("api/src/main/resources/a.yml", "")]);
        let has = |module: &Module| module.plugin(&["spring-boot-maven-plugin"]).is_some();
        assert_eq!((has(&modules[0]), has(&modules[1]), has(&modules[2])), (false, true, false));
    }

    #[test]
    fn placeholders_that_meet_themselves_end() {
        let modules = build(&[("pom.xml", "<project><artifactId>${a}</artifactId><properties><a>${b}</a><b>${a}</b></properties></project>")]);
        assert!(modules[0].name.contains("${"));
    }
}
