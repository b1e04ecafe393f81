//! What the build makes, and how it lies in the image: what changes seldom in layers of its own.

use super::module::{Module, Packaging, Tool};
use crate::catalog::version_key;
use crate::found::{Evidence, Found};

/// How the program lies in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// Spring Boot's jar, taken apart by itself: since 3.3, a plain jar beside its libraries.
    SpringTools,
    /// Spring Boot's jar, taken apart by itself: 2.4 to 3.2, with a launcher of this class.
    SpringLayers(&'static str),
    /// Spring Boot's jar before it knew layers, unpacked.
    SpringUnpacked,
    /// Quarkus' folder.
    Quarkus,
    /// One jar that holds everything.
    Jar,
    /// A jar with its libraries beside it.
    Classpath,
    /// A web archive, for a servlet container.
    WebArchive,
}

/// The archive that is built.
#[derive(Debug, Clone)]
pub struct Built {
    /// How it lies in the image.
    pub layout: Layout,
    /// Its name without the ending; `*` stands for the version.
    pub archive: String,
    /// `jar` or `war`.
    pub ending: &'static str,
    /// Whether its manifest names the main class.
    pub runnable: bool,
    /// Whether other archives whose name begins alike lie beside it.
    pub crowded: bool,
}

/// Decides what is built and taken.
pub fn of(module: &Module, tool: Tool, uber_jar: bool) -> Built {
    let war = module.packaging == Packaging::War;
    let plain = |layout| Built {
        layout,
        archive: module.archive.clone(),
        ending: if war { "war" } else { "jar" },
        runnable: true,
        crowded: tool == Tool::Maven && module.plugin(&["maven-source-plugin", "maven-javadoc-plugin", "maven-assembly-plugin"]).is_some(),
    };
    if let Some(plugin) = spring(module) {
        let classifier = plugin.setting_at("configuration.classifier").map(|(text, _)| format!("-{text}")).unwrap_or_default();
        let built = plain(spring_layout(module));
        return Built { archive: built.archive.clone() + &classifier, ..built };
    }
    if quarkus(module).is_some() {
        let runner = || Built { archive: format!("{}-runner", module.archive), ..plain(Layout::Jar) };
        return if uber_jar { runner() } else { plain(Layout::Quarkus) };
    }
    if war {
        return plain(Layout::WebArchive);
    }
    match tool {
        Tool::Gradle => Built { runnable: false, ..plain(Layout::Classpath) },
        Tool::Maven => maven(module, plain),
    }
}

fn maven(module: &Module, plain: impl Fn(Layout) -> Built) -> Built {
    let names_main = |plugin: &super::module::Plugin| plugin.setting("mainClass").or_else(|| plugin.setting("Main-Class")).is_some();
    if let Some(assembly) = module.plugin(&["maven-assembly-plugin"])
        && assembly.says("jar-with-dependencies")
        && assembly.says("single")
    {
        let name = assembly.setting_at("configuration.finalName").map_or_else(|| module.archive.clone(), |(name, _)| name.to_owned());
        let id = if assembly.setting("appendAssemblyId").is_some_and(|(value, _)| value == "false") { "" } else { "-jar-with-dependencies" };
        return Built { archive: name + id, runnable: names_main(assembly), crowded: id.is_empty(), ..plain(Layout::Jar) };
    }
    if let Some(shade) = module.plugin(&["maven-shade-plugin"])
        && (shade.says("shade") || module.plugin(&["micronaut-maven-plugin"]).is_some())
    {
        let attached = shade.setting("shadedArtifactAttached").is_some_and(|(value, _)| value == "true");
        let name = shade.setting_at("configuration.finalName").map_or_else(|| module.archive.clone(), |(name, _)| name.to_owned());
        let classifier = shade.setting("shadedClassifierName").map_or("shaded", |(name, _)| name);
        let archive = if attached { format!("{name}-{classifier}") } else { name };
        return Built { archive, runnable: names_main(shade), ..plain(Layout::Jar) };
    }
    if module.plugin(&["micronaut-maven-plugin"]).is_some() {
        return plain(Layout::Jar);
    }
    let runnable = module.plugin(&["maven-jar-plugin"]).is_some_and(names_main) && !module.has_runtime_dependencies();
    Built { runnable, ..plain(if module.has_runtime_dependencies() { Layout::Classpath } else { Layout::Jar }) }
}

/// The plugin that makes Spring Boot's own jar, where it does.
pub fn spring(module: &Module) -> Option<&super::module::Plugin> {
    let plugin = module.plugin(&["spring-boot-maven-plugin", "org.springframework.boot"])?;
    let skipped = plugin.setting_at("configuration.skip").is_some_and(|(value, _)| value == "true");
    // Without Spring Boot's parent nothing binds the goal but the project itself.
    let bound = plugin.id == "org.springframework.boot"
        || plugin.says("repackage")
        || module.boot.as_ref().is_some_and(|(_, evidence)| evidence.reason.contains("parent"));
    (bound && !skipped).then_some(plugin)
}

/// The plugin that makes Quarkus' folder.
pub fn quarkus(module: &Module) -> Option<&super::module::Plugin> {
    module.plugin(&["quarkus-maven-plugin", "io.quarkus"])
}

fn spring_layout(module: &Module) -> Layout {
    let plugin = spring(module);
    let setting = |end| plugin.and_then(|plugin| plugin.setting_at(end)).map(|(value, _)| value.to_owned());
    // Other layers than Spring's own, or none.
    if setting("layers.enabled").as_deref() == Some("false") || setting("layers.configuration").is_some() {
        return Layout::SpringUnpacked;
    }
    // The tools take a jar apart, and no archive.
    if module.packaging == Packaging::War {
        return Layout::SpringUnpacked;
    }
    let version = module.boot.as_ref().map_or_else(|| vec![4], |(version, _)| version_key(version));
    match version.as_slice() {
        [1, ..] => Layout::SpringUnpacked,
        [2, minor, ..] if *minor < 4 => Layout::SpringUnpacked,
        [2, ..] => Layout::SpringLayers("org.springframework.boot.loader.JarLauncher"),
        [3, minor, ..] if *minor < 2 => Layout::SpringLayers("org.springframework.boot.loader.JarLauncher"),
        [3, 2, ..] => Layout::SpringLayers("org.springframework.boot.loader.launch.JarLauncher"),
        _ => Layout::SpringTools,
    }
}

/// The command that starts it, in the folder it lies in.
pub fn start(built: &Built, module: &Module, main: Option<&Found<String>>) -> Option<Found<Vec<String>>> {
    let manifest = Evidence::at(&module.manifest, None, "what the build makes");
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let archive = format!("app.{}", built.ending);
    let by_main = |classpath: &str| main.map(|main| main.clone().map(|class| words(&["java", "-cp", classpath, &class])));
    let evidence = spring(module).or_else(|| quarkus(module)).map_or(manifest, |plugin| plugin.evidence.clone());
    match &built.layout {
        Layout::SpringTools => Some(Found::certain(words(&["java", "-jar", &archive]), evidence)),
        Layout::SpringLayers(launcher) => Some(Found::certain(words(&["java", launcher]), evidence)),
        Layout::SpringUnpacked => {
            let package = module.boot.as_ref().map_or_else(|| vec![4], |(version, _)| version_key(version));
            let package = if package >= vec![3, 2] { "org.springframework.boot.loader.launch" } else { "org.springframework.boot.loader" };
            let launcher = if built.ending == "war" { "WarLauncher" } else { "JarLauncher" };
            Some(Found::certain(words(&["java", &format!("{package}.{launcher}")]), evidence))
        }
        Layout::Quarkus => Some(Found::certain(words(&["java", "-jar", "quarkus-run.jar"]), evidence)),
        Layout::WebArchive => Some(Found::certain(words(&["java", "-jar", &archive]), evidence)),
        Layout::Jar if built.runnable => Some(Found::certain(words(&["java", "-jar", "app.jar"]), evidence)),
        Layout::Jar => by_main("app.jar"),
        Layout::Classpath => by_main(if module.has_runtime_dependencies() { "app.jar:lib/*" } else { "app.jar" }),
    }
}
