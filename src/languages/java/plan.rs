//! The plan of a Java service.

use std::collections::BTreeMap;

use serde_json::json;

use super::layout::Layout;
use super::module::Tool;
use super::{JavaService, archive_without_server};
use crate::catalog::{Catalog, PinnedImage, Query, version_key};
use crate::error::{Error, Exit, Result};
use crate::languages::{Detected, Facts};
use crate::plan::{EnvVar, Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::project::join;
use crate::render::shell_words;
use crate::settings::Choices;

/// Lines whose distroless image is the default: the one that our container tests run on. Others are there on request.
const DISTROLESS: &[u32] = &[21];
/// The heap's share of the memory limit. Classes, threads and compiled code take 150 to 200 MB beside it, whatever the
/// limit, and the probe is a JVM of its own for a moment: of 512 MB, 75 % would leave too little.
const HEAP: &str = "-XX:MaxRAMPercentage=60.0";

impl Detected for JavaService {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn supported(&self) -> Result<()> {
        if self.built.layout == Layout::WebArchive { Err(archive_without_server(self)) } else { Ok(()) }
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        self.supported()?;
        let line = line(choices)?;
        let mut images = BTreeMap::new();
        let (details, builder) = match self.tool {
            Tool::Maven => (self.maven_details(), maven_images(line, &mut images)?),
            Tool::Gradle => self.gradle_details(line, &mut images)?,
        };
        images.insert("build".to_owned(), builder);
        let output = if self.tool == Tool::Maven { "target" } else { "build" };
        let mut ignore: Vec<String> = match self.build.folders.len() {
            0..=20 => self.build.folders.iter().map(|folder| join(folder, output)).collect(),
            // In a build of that size a line each would be longer than the rest.
            _ => vec![format!("**/{output}")],
        };
        // Maven's wrapper is not used: a change in it is no change of the build.
        let own: &[&str] = if self.tool == Tool::Maven { &[".mvn/wrapper", "mvnw", "mvnw.cmd"] } else { &["**/.gradle", "gradlew.bat"] };
        ignore.extend(own.iter().chain(&["**/*.class", "**/.classpath", "**/.project", "**/.settings"]).map(|line| (*line).to_owned()));
        Ok(Plan {
            service: choices.facts.name.clone(),
            dir: self.facts.path.clone(),
            template: "java".to_owned(),
            images,
            details,
            runtime: self.runtime(choices, line)?,
            ignore,
            copied: self.build.settings.iter().chain(&self.files).cloned().chain([self.module.manifest.clone()]).collect(),
        })
    }
}

/// The release line.
fn line(choices: &Choices) -> Result<u32> {
    let version = choices.facts.version.as_ref().map_or("21", |found| found.value.as_str());
    let asked = super::module::release(version);
    asked.and_then(|asked| super::version::LINES.iter().copied().find(|line| *line >= asked)).ok_or_else(|| {
        Error::new(Exit::Usage, format!("there is no supported image of Java `{version}`"))
            .hint("pass `--set version=` with a long-term release: 8, 11, 17, 21 or 25")
    })
}

/// The image that Maven runs in. For lines without one of Maven's own, its program is copied into the JDK's.
fn maven_images(line: u32, images: &mut BTreeMap<String, PinnedImage>) -> Result<PinnedImage> {
    let catalog = Catalog::embedded()?;
    let maven = |line: u32| catalog.pinned(Query { name: "maven", flavor: &format!("jdk{line}"), distro: "", line: "" });
    if line >= 17 {
        return maven(line);
    }
    images.insert("maven".to_owned(), maven(17)?);
    temurin(line, "jdk")
}

fn temurin(line: u32, flavor: &str) -> Result<PinnedImage> {
    Catalog::embedded()?.pinned(Query { name: "eclipse-temurin", flavor, distro: "", line: &line.to_string() })
}

impl JavaService {
    /// The words that build it.
    pub(super) fn build_command(&self) -> Vec<String> {
        match self.tool {
            Tool::Maven => self.maven(if self.build.test_jars { "-DskipTests" } else { "-Dmaven.test.skip=true" }, true),
            Tool::Gradle => {
                let mut words = vec!["gradle".to_owned(), "--no-daemon".to_owned()];
                words.extend(self.gradle_tasks());
                words
            }
        }
    }

    fn maven(&self, skip: &str, whole: bool) -> Vec<String> {
        let mut words: Vec<String> = ["mvn", skip].map(str::to_owned).to_vec();
        if let Some(settings) = &self.build.private.own_settings {
            words.extend(["-s".to_owned(), settings.clone()]);
        }
        words.extend(self.build.skipped.iter().map(|property| format!("-D{property}")));
        if self.facts.path != "." {
            // The module, and the modules that it is made of.
            words.extend(["-pl".to_owned(), self.facts.path.clone(), "-am".to_owned()]);
        }
        words.push("package".to_owned());
        if self.copies_libraries() {
            words.push("dependency:copy-dependencies".to_owned());
            words.push("-DincludeScope=runtime".to_owned());
            if !whole {
                // No module is packaged before there are sources.
                words.truncate(words.len() - 2);
            }
        }
        words
    }

    fn copies_libraries(&self) -> bool {
        self.built.layout == Layout::Classpath && (self.tool == Tool::Gradle || self.module.has_runtime_dependencies())
    }

    fn maven_details(&self) -> serde_json::Value {
        let mut prefetch = self.maven("-Dmaven.test.skip=true", false);
        prefetch.insert(1, "-fn".to_owned());
        if matches!(self.built.layout, Layout::SpringTools | Layout::SpringLayers(_) | Layout::SpringUnpacked) {
            prefetch.insert(2, "-Dspring-boot.repackage.skip=true".to_owned());
        }
        let find = format!("-name 'pom*.xml'{}", self.build.settings.iter().map(|path| format!(" -o -path ./{}", shell_words(std::slice::from_ref(path)))).collect::<String>());
        let mut details = self.details("/root/.m2/repository", &prefetch, &find, "target");
        details["manifests"] = groups(self.build.settings.iter().chain([&self.module.manifest]));
        details
    }

    fn gradle_details(&self, line: u32, images: &mut BTreeMap<String, PinnedImage>) -> Result<(serde_json::Value, PinnedImage)> {
        let (image, jdk, wrapper) = self.gradle_image(line)?;
        let program: Vec<String> = if wrapper { vec!["sh".to_owned(), "gradlew".to_owned()] } else { vec!["gradle".to_owned()] };
        let mut options: Vec<String> = ["--no-daemon", "--console=plain", "--init-script", "/opt/container.gradle"].map(str::to_owned).to_vec();
        if !wrapper || self.build.gradle.as_deref().is_some_and(|version| version_key(version) >= vec![7]) {
            // The tasks of the init script look at the build while it runs.
            options.push("--no-configuration-cache".to_owned());
        }
        let toolchain = self.module.java.iter().any(|asked| asked.exact) && line != jdk;
        if toolchain {
            images.insert("toolchain".to_owned(), temurin(line, "jdk")?);
            options.push("-Porg.gradle.java.installations.paths=/opt/toolchain".to_owned());
        }
        let words = |tasks: &[String]| program.iter().chain(&options).chain(tasks).cloned().collect::<Vec<_>>();
        let find = "-name '*.gradle' -o -name '*.gradle.kts' -o -name gradle.properties -o -name gradle.lockfile -o -path './gradle/*' -o -path './buildSrc/*' -o -path './build-logic/*' -o -name gradlew";
        let cache = if wrapper { "/root/.gradle" } else { "/home/gradle/.gradle" };
        let mut details = self.details(cache, &words(&["downloadLibraries".to_owned()]), find, "build");
        details["build"] = json!(words(&self.gradle_tasks()));
        details["wrapper"] = json!(wrapper);
        details["release"] = json!((line != jdk).then_some(line));
        details["toolchain"] = json!(toolchain);
        let mut files = self.build.settings.clone();
        files.extend(self.build.manifests.iter().cloned());
        if wrapper {
            files.extend(["gradlew", "gradle/wrapper/gradle-wrapper.jar", "gradle/wrapper/gradle-wrapper.properties"].map(str::to_owned));
        }
        details["manifests"] = groups(files.iter());
        Ok((details, image))
    }

    fn gradle_tasks(&self) -> Vec<String> {
        let module = if self.facts.path == "." { String::new() } else { format!(":{}", self.facts.path.replace('/', ":")) };
        let task = |name: &str| format!("{module}:{name}");
        match (&self.built.layout, self.built.ending) {
            (Layout::SpringTools | Layout::SpringLayers(_) | Layout::SpringUnpacked, ending) => {
                let one = self.module.boot.as_ref().is_some_and(|(version, _)| version.starts_with('1'));
                vec![task(if one { "assemble" } else if ending == "war" { "bootWar" } else { "bootJar" })]
            }
            (Layout::Quarkus, _) => vec![task("quarkusBuild")],
            (Layout::Jar, _) => vec![task("build"), "-x".to_owned(), "test".to_owned()],
            _ => vec![task("jar"), task("copyLibraries")],
        }
    }

    /// The image that Gradle runs in, the Java in it, and whether the wrapper fetches another Gradle there.
    fn gradle_image(&self, line: u32) -> Result<(PinnedImage, u32, bool)> {
        let version = self.build.gradle.as_deref().map_or_else(|| vec![8], version_key);
        let catalog = Catalog::embedded()?;
        let major = version.first().copied().unwrap_or(8);
        let of = |major: u64, jdk: u32| catalog.pinned(Query { name: "gradle", flavor: &format!("jdk{jdk}"), distro: "", line: &major.to_string() });
        let own = if major >= 9 && line == 25 { Some((of(major, 25), 25)) } else { Some((of(major, 21), 21)) };
        match own {
            Some((Ok(image), jdk)) => Ok((image, jdk, false)),
            _ if self.build.wrapper => {
                let jdk = if version >= vec![7, 3] { 17 } else if version >= vec![5] { 11 } else { 8 };
                Ok((temurin(jdk, "jdk")?, jdk, true))
            }
            _ => Ok((of(8, 21)?, 21, false)),
        }
    }

    /// What the template chooses by.
    fn details(&self, cache: &str, prefetch: &[String], find: &str, output: &str) -> serde_json::Value {
        // Gradle locks its cache by asking the other process over the network, which another container does not hear; Maven
        // moves whole files into place.
        let sharing = if self.tool == Tool::Gradle { ",sharing=locked" } else { "" };
        let mut mounts = vec![format!("type=cache,target={cache}{sharing}")];
        mounts.extend(self.build.private.settings.iter().map(|_| "type=secret,id=maven_settings,target=/root/.m2/settings.xml".to_owned()));
        mounts.extend(self.build.private.variables.iter().map(|(name, _)| format!("type=secret,id={name},env={name}")));
        let (layout, launcher) = match &self.built.layout {
            Layout::SpringTools => ("spring-tools", ""),
            Layout::SpringLayers(launcher) => ("spring-layers", *launcher),
            Layout::SpringUnpacked => ("spring-unpacked", ""),
            Layout::Quarkus => ("quarkus", ""),
            Layout::Jar | Layout::WebArchive => ("jar", ""),
            Layout::Classpath => ("classpath", ""),
        };
        json!({
            "tool": if self.tool == Tool::Maven { "maven" } else { "gradle" },
            "several": self.build.several || self.build.nested,
            "mounts": mounts,
            "prefetch": prefetch,
            "build": self.build_command(),
            "find": find,
            "take": self.take(output),
            "layout": layout,
            "launcher": launcher,
            "libraries": self.copies_libraries(),
            "archive": format!("app.{}", self.built.ending),
            "inf": if self.built.ending == "war" { "WEB-INF" } else { "BOOT-INF" },
            "files": self.files,
            "port": self.facts.port_number().is_some(),
        })
    }

    /// Shell text that moves what was built to `/app`.
    fn take(&self, output: &str) -> Vec<String> {
        let dir = join(&self.facts.path, output);
        let quoted = |path: &str| shell_words(&[path.to_owned()]);
        if self.built.layout == Layout::Quarkus {
            return vec![format!("mv {} /app", quoted(&format!("{dir}/quarkus-app")))];
        }
        let folder = if self.tool == Tool::Gradle { format!("{dir}/libs") } else { dir.clone() };
        let name = format!("{}.{}", self.built.archive, self.built.ending);
        let target = format!("/app/app.{}", self.built.ending);
        let mut commands = vec!["mkdir /app".to_owned()];
        commands.push(if self.built.crowded {
            let others = ["sources", "javadoc", "tests", "test-sources", "jar-with-dependencies"]
                .iter()
                .filter(|suffix| !self.built.archive.ends_with(*suffix))
                .map(|suffix| format!(" ! -name '*-{suffix}.jar'"))
                .collect::<String>();
            format!("find {} -maxdepth 1 -name {}{others} -exec mv {{}} {target} ';'", quoted(&folder), quoted(&name))
        } else {
            format!("mv {} {target}", glob(&format!("{folder}/{name}")))
        });
        if self.copies_libraries() {
            let libraries = if self.tool == Tool::Gradle { "libraries" } else { "dependency" };
            commands.push(format!("mv {} /app/lib", quoted(&format!("{dir}/{libraries}"))));
        }
        commands
    }

    /// The final stage.
    fn runtime(&self, choices: &Choices, line: u32) -> Result<Runtime> {
        let facts = &choices.facts;
        let catalog = Catalog::embedded()?;
        let flavor = choices.base.unwrap_or(if DISTROLESS.contains(&line) { Flavor::Distroless } else { Flavor::Slim });
        let (image, user, reason) = match flavor {
            Flavor::Distroless => {
                let name = format!("java{line}-debian13");
                let image = catalog.pinned(Query { name: &name, flavor: "distroless", distro: "", line: "" })?;
                (image, NonRootUser::DISTROLESS, format!("the runtime of Java {line} alone: no shell, no package manager, no compiler"))
            }
            Flavor::Slim => (temurin(line, "jre")?, NonRootUser::OWN, format!("the runtime of Java {line}, without the compiler")),
            Flavor::Alpine => (temurin(line, "jre-alpine")?, NonRootUser::OWN, format!("the runtime of Java {line} on Alpine, as it was asked for")),
        };
        let port = facts.port_number();
        // In a variable, so that a deployment that knows its memory limit can say a better share; the probe's own `-Xmx`
        // goes before it.
        let mut env = vec![EnvVar::new("JAVA_TOOL_OPTIONS", format!("{HEAP} -XX:+ExitOnOutOfMemoryError"))];
        env.extend(port.map(|port| EnvVar::new("PORT", port.to_string())));
        if let (Some(port), Some(variable)) = (port, self.port_variable) {
            env.push(EnvVar::new(variable, port.to_string()));
        }
        env.extend(self.env.iter().cloned());
        let given = facts.start_command()?;
        let mut command = given.to_vec();
        if command.first().is_some_and(|program| program == "java") {
            // The user has no home, and libraries keep caches there.
            let options = ["-Duser.home=/tmp"].into_iter().chain(self.options.iter().copied()).map(str::to_owned);
            command.splice(1..1, options);
        }
        Ok(Runtime {
            image,
            flavor,
            reason,
            user,
            workdir: "/app".to_owned(),
            env,
            port,
            healthcheck: port.map(|port| healthcheck(port, facts.health_path())),
            stop_signal: None,
            init: None,
            packages: Vec::new(),
            command,
            writable: facts.writable.iter().map(|found| found.value.clone()).collect(),
        })
    }
}

/// With a path, an HTTP request that must succeed; without, a TCP connect. A small, quick JVM: about 0.3 s of half a core.
fn healthcheck(port: u16, path: Option<&str>) -> Healthcheck {
    let target = path.map_or_else(|| format!("127.0.0.1:{port}"), |path| format!("http://127.0.0.1:{port}{}", escaped(path)));
    let options = ["java", "-Xmx16m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", "/opt/probe", "HealthCheck"];
    Healthcheck::new(&[&options[..], &[&target]].concat(), 60)
}

/// A path as it stands in a URL.
fn escaped(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~:@!$&'()*+,;=?%".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A pattern for a shell: everything quoted but its `*`.
fn glob(pattern: &str) -> String {
    let quoted = |part: &str| if part.is_empty() { String::new() } else { shell_words(&[part.to_owned()]) };
    pattern.split('*').map(quoted).collect::<Vec<_>>().join("*")
}

/// Files by folder, as `COPY` takes them.
fn groups<'f>(files: impl Iterator<Item = &'f String>) -> serde_json::Value {
    let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(file);
    }
    let to = |folder: &str| if folder.is_empty() { "./".to_owned() } else { format!("./{folder}/") };
    folders.into_iter().map(|(folder, files)| json!({ "files": files, "to": to(folder) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_text() {
        assert_eq!(glob("a b/target/x;rm -rf *-1.jar"), "'a b/target/x;rm -rf '*-1.jar");
        assert_eq!(escaped("/a b\"\n"), "/a%20b%22%0A");
    }
}
