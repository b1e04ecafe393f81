//! Java and Kotlin. `maven` (with `pom`) and `gradle` (with `script`) read what the build says into `module`s; `sources`
//! and `configuration` what the program says; `framework` and `spring` what runs, `version` which Java, `layout` what is
//! built and how it lies in the image; `plan` makes the plan of it.

mod beginning;
mod configuration;
mod framework;
mod gradle;
mod layout;
mod maven;
mod module;
mod plan;
mod pom;
mod private;
mod script;
mod sources;
mod spring;
mod version;

use super::{Detected, Facts, Kind, Language, Note};
use crate::error::{Error, Exit, Result};
use crate::found::{Confidence, Evidence, Found};
use crate::plan::EnvVar;
use crate::project::Project;
use configuration::Configuration;
use framework::Recognised;
use gradle::Gradle;
use layout::Built;
use maven::Maven;
use module::{Module, Packaging, Tool};
use private::Private;
use sources::ModuleSources;

/// Java and Kotlin projects that Maven or Gradle builds.
#[derive(Debug, Clone, Copy)]
pub struct Java;

/// A recognised service.
#[derive(Debug, Clone)]
struct JavaService {
    facts: Facts,
    tool: Tool,
    module: Module,
    built: Built,
    port_variable: Option<&'static str>,
    env: Vec<EnvVar>,
    /// Options of the JVM.
    options: Vec<&'static str>,
    /// Files that the running program reads beside its archive.
    files: Vec<String>,
    build: Build,
}

/// What holds for all modules of a build.
#[derive(Debug, Clone, Default)]
struct Build {
    /// Whether there are several modules.
    several: bool,
    /// Whether the build has a build of its own inside, for its plugins.
    nested: bool,
    /// Folders of the modules.
    folders: Vec<String>,
    /// The scripts at the root.
    manifests: Vec<String>,
    /// Files at the root that the build reads beside its manifests.
    settings: Vec<String>,
    /// Version of Gradle that the wrapper names.
    gradle: Option<String>,
    /// Whether the wrapper can fetch it.
    wrapper: bool,
    /// Whether tests of one module are a library of another.
    test_jars: bool,
    /// A plugin that reads git, which is not in the build, and the property that makes it do without.
    skipped: Vec<&'static str>,
    private: Private,
}

impl Language for Java {
    fn manifests(&self) -> &'static [&'static str] {
        &["pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "mvnw", "gradlew"]
    }

    fn beginnings(&self) -> &'static [crate::begin::Beginning] {
        beginning::BEGINNINGS
    }

    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>> {
        let (tool, modules, mut build) = if let Some(maven) = Maven::read(project)? {
            (Tool::Maven, maven.modules(), of_maven(project, &maven)?)
        } else if let Some(gradle) = Gradle::read(project)?.filter(|gradle| !gradle.is_android()) {
            (Tool::Gradle, gradle.modules(), of_gradle(project, &gradle)?)
        } else {
            return Ok(Vec::new());
        };
        build.several = build.folders.len() > 1;
        let mut services = Vec::new();
        for module in &modules {
            services.extend(service(project, tool, module, &build)?);
        }
        // Where something says that it is a program, a class with a `main` beside it is a tool.
        let certain = |service: &JavaService| !service.module.needed && service.facts.start.as_ref().is_some_and(|start| start.confidence == Confidence::Certain);
        if services.iter().any(certain) {
            services.retain(certain);
        } else if services.iter().any(|service| !service.module.needed) {
            services.retain(|service| !service.module.needed);
        }
        // A library: recognised all the same, and the start is asked for.
        if services.is_empty()
            && let Some(module) = modules.iter().find(|module| module.packaging != Packaging::Pom)
        {
            services.extend(any(project, tool, module, &build)?);
        }
        if services.iter().any(|service| !matches!(service.facts.kind.value, Kind::Web | Kind::Worker)) && serves_node(project)? {
            return Ok(Vec::new());
        }
        Ok(services.into_iter().map(|service| Box::new(service) as Box<dyn Detected>).collect())
    }
}

/// A `package.json` beside the build that names a server.
fn serves_node(project: &Project) -> Result<bool> {
    let servers = ["\"express\"", "\"fastify\"", "\"next\"", "\"nuxt\"", "\"@nestjs/core\"", "\"koa\""];
    Ok(project.read("package.json")?.is_some_and(|text| servers.iter().any(|name| text.contains(name))))
}

fn of_maven(project: &Project, maven: &Maven) -> Result<Build> {
    let settings = [".mvn/maven.config", ".mvn/jvm.config", ".mvn/extensions.xml", ".mvn/settings.xml", ".mvn/toolchains.xml", "settings.xml"];
    Ok(Build {
        folders: maven.folders().map(str::to_owned).collect(),
        settings: settings.iter().filter(|path| project.has(path)).map(|path| (*path).to_owned()).collect(),
        test_jars: maven.has_test_jars(),
        private: Private::of_maven(project, maven)?,
        ..Build::default()
    })
}

fn of_gradle(project: &Project, gradle: &Gradle) -> Result<Build> {
    Ok(Build {
        folders: gradle.folders().map(str::to_owned).collect(),
        nested: ["buildSrc", "build-logic", "buildLogic"].iter().any(|folder| project.has_dir(folder)),
        manifests: gradle::SCRIPTS.iter().filter(|path| project.has(path)).map(|path| (*path).to_owned()).collect(),
        gradle: gradle.wrapper.as_ref().map(|(version, _)| version.clone()),
        wrapper: gradle.wrapper_runs,
        private: Private::of_gradle(gradle),
        settings: ["gradle.properties", "gradle/libs.versions.toml", "gradle/verification-metadata.xml"]
            .iter()
            .filter(|path| project.has(path))
            .map(|path| (*path).to_owned())
            .collect(),
        ..Build::default()
    })
}

/// The service that a module is, if it is one.
fn service(project: &Project, tool: Tool, module: &Module, build: &Build) -> Result<Option<JavaService>> {
    if module.packaging == Packaging::Pom {
        return Ok(None);
    }
    let found = any(project, tool, module, build)?;
    // A build's plugins may come from a parent that says them for libraries too.
    Ok(found.filter(|service| service.facts.start.is_some()))
}

/// A module as a service, whether it can be started or not.
fn any(project: &Project, tool: Tool, module: &Module, build: &Build) -> Result<Option<JavaService>> {
    let mut notes = Vec::new();
    let sources = ModuleSources::read(project, module)?;
    let configuration = Configuration::read(project, &module.path, &mut notes)?;
    let uber = ["quarkus.package.jar.type", "quarkus.package.type"];
    let is_uber = |value: &str| value == "uber-jar";
    let uber_jar = uber.iter().any(|key| configuration.get(key).is_some_and(|(value, _)| is_uber(&value)))
        || module.plugin(&["quarkus-maven-plugin"]).is_some_and(|plugin| plugin.says("uber-jar"));
    let built = layout::of(module, tool, uber_jar);
    let main = module.main.clone().map(|(main, evidence)| Found::certain(main, evidence)).or_else(|| sources.main());
    let framework_makes_it = layout::quarkus(module).is_some() || module.packaging == Packaging::War;
    let mut start = layout::start(&built, module, main.as_ref());
    if main.is_none() && !(framework_makes_it && (sources.any() || module.packaging == Packaging::War)) {
        start = None;
    }
    let Recognised { name, kind, port, port_variable, health, env, options, arguments, files } =
        framework::recognise(project, module, &sources, &configuration, &mut notes);
    if let Some(start) = &mut start {
        start.value.extend(arguments);
    }
    let version = version::solve(project, module, &mut notes)?;
    let manifest = Evidence::at(&module.manifest, 1, "a build");
    let language = match sources.language {
        "kotlin" => Found::certain("kotlin".to_owned(), manifest.clone()),
        _ => Found::certain("java".to_owned(), manifest.clone()),
    };
    let manager = match tool {
        Tool::Maven => "maven",
        Tool::Gradle => "gradle",
    };
    let mut build = build.clone();
    build.skipped = skipped(module);
    build.private.note(&mut notes);
    let port = port.map(|found| match found.value {
        0..1024 => {
            notes.push(Note::warning(format!("port {} is for root only: 8080 is taken", found.value), found.evidence.first()));
            found.map(|_| 8080)
        }
        _ => found,
    });
    let secrets = configuration.variables().into_iter().filter(|(name, _)| is_secret(name)).map(|(name, evidence)| Found::certain(name, evidence));
    let name_of = if module.name.contains("${") || module.name.is_empty() { "app".to_owned() } else { module.name.clone() };
    let mut facts = Facts {
        version: Some(version),
        package_manager: Some(Found::certain(manager.to_owned(), manifest.clone())),
        build_tool: Some(Found::certain(manager.to_owned(), manifest.clone())),
        framework: name,
        port,
        health,
        start,
        secrets: secrets.collect(),
        notes,
        ..Facts::new(name_of, &module.path, language, kind)
    };
    let mut service = JavaService { facts: facts.clone(), tool, module: module.clone(), built, port_variable, env, options, files, build };
    facts.build = Some(Found::certain(service.build_command(), manifest));
    service.facts = facts;
    Ok(Some(service))
}

/// Plugins that read the git history, which no build context holds, and the properties that make them do without.
fn skipped(module: &Module) -> Vec<&'static str> {
    [
        ("git-commit-id-maven-plugin", "maven.gitcommitid.skip"),
        ("git-commit-id-plugin", "maven.gitcommitid.skip"),
        ("buildnumber-maven-plugin", "maven.buildNumber.skip"),
    ]
    .into_iter()
    .filter(|(plugin, _)| module.plugin(&[plugin]).is_some())
    .map(|(_, property)| property)
    .collect()
}

/// Whether a variable's name says that its value is a secret.
fn is_secret(name: &str) -> bool {
    ["PASSWORD", "SECRET", "TOKEN", "CREDENTIAL", "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY"].iter().any(|word| name.contains(word))
}

/// A web archive needs a server that no catalog image brings.
fn archive_without_server(service: &JavaService) -> Error {
    Error::new(Exit::Unsupported, format!("`{}` makes a web archive, which needs a servlet container around it", service.module.manifest))
        .hint("make it start by itself: Spring Boot's plugin, or an embedded Tomcat or Jetty with a `main`, and packaging `jar`")
        .hint("or put the archive into the image of your servlet container, and let `dockwright audit` judge that Dockerfile")
}

#[cfg(test)]
mod tests;
