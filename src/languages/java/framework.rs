//! Frameworks: what a service is, its port and its health path, by the libraries it is built from.

use super::configuration::Configuration;
use super::module::{Dependency, Module};
use super::sources::ModuleSources;
use super::spring;
use crate::found::{Evidence, Found};
use crate::languages::{Kind, Note};
use crate::plan::EnvVar;
use crate::project::{Project, join};

/// What a framework says of a service.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// Its name.
    pub name: Option<Found<String>>,
    /// What the service is.
    pub kind: Found<Kind>,
    /// The port.
    pub port: Option<Found<u16>>,
    /// The variable that tells it another port.
    pub port_variable: Option<&'static str>,
    /// Health path.
    pub health: Option<Found<String>>,
    /// Variables that it needs.
    pub env: Vec<EnvVar>,
    /// Options of the JVM.
    pub options: Vec<&'static str>,
    /// Arguments to the program.
    pub arguments: Vec<String>,
    /// Files that the running program reads beside its archive.
    pub files: Vec<String>,
}

/// A framework that listens.
struct Server {
    name: &'static str,
    /// How `group:artifact` of its library begins.
    library: &'static [&'static str],
    /// The port it takes when told none; 0 when it must be told.
    port: u16,
    /// Keys of its configuration that say the port.
    keys: &'static [&'static str],
    variable: Option<&'static str>,
    /// Library that adds a health route, and the route.
    health: Option<(&'static [&'static str], &'static str)>,
    /// Keys that say what goes before every path.
    base: &'static [&'static str],
}

const NONE: Server = Server { name: "", library: &[], port: 0, keys: &[], variable: None, health: None, base: &[] };

const SERVERS: &[Server] = &[
    Server {
        name: "quarkus",
        library: &["io.quarkus:quarkus-rest", "io.quarkus:quarkus-resteasy", "io.quarkus:quarkus-vertx-http", "io.quarkus:quarkus-reactive-routes",
            "io.quarkus:quarkus-undertow", "io.quarkus:quarkus-smallrye-graphql", "io.quarkus:quarkus-spring-web", "io.quarkus:quarkus-grpc",
            "io.quarkus:quarkus-websockets", "io.quarkus:quarkus-smallrye-health", "io.quarkus:quarkus-qute", "io.quarkiverse.renarde:",
            "io.quarkus:quarkus-funqy-http", "io.quarkus:quarkus-jsonp", "io.quarkus:quarkus-jaxrs"],
        port: 8080,
        keys: &["quarkus.http.port"],
        variable: Some("QUARKUS_HTTP_PORT"),
        health: Some((&["io.quarkus:quarkus-smallrye-health"], "/q/health")),
        base: &["quarkus.http.root-path"],
    },
    Server {
        name: "micronaut",
        library: &["io.micronaut:micronaut-http-server", "io.micronaut.servlet:"],
        port: 8080,
        keys: &["micronaut.server.port"],
        variable: Some("MICRONAUT_SERVER_PORT"),
        health: Some((&["io.micronaut:micronaut-management"], "/health")),
        base: &["micronaut.server.context-path"],
    },
    Server {
        name: "helidon",
        library: &["io.helidon"],
        port: 8080,
        keys: &["server.port"],
        variable: Some("SERVER_PORT"),
        health: Some((&["io.helidon.microprofile.bundles:helidon-microprofile", "io.helidon.microprofile.health:"], "/health")),
        ..NONE
    },
    Server { name: "javalin", library: &["io.javalin:javalin"], port: 8080, ..NONE },
    Server { name: "spark", library: &["com.sparkjava:spark-core"], port: 4567, ..NONE },
    Server {
        name: "ktor",
        library: &["io.ktor:ktor-server"],
        port: 8080,
        keys: &["ktor.deployment.port"],
        ..NONE
    },
    Server { name: "dropwizard", library: &["io.dropwizard:dropwizard-core"], port: 8080, ..NONE },
    Server { name: "vertx", library: &["io.vertx:vertx-core", "io.vertx:vertx-web", "io.vertx:vertx-launcher"], ..NONE },
    Server { name: "http4k", library: &["org.http4k:http4k-server", "org.http4k:http4k-core"], port: 8000, ..NONE },
    Server { name: "grpc", library: &["io.grpc:grpc-netty", "io.grpc:grpc-services"], ..NONE },
    Server { name: "jetty", library: &["org.eclipse.jetty:jetty-server"], port: 8080, ..NONE },
    Server { name: "undertow", library: &["io.undertow:undertow-core"], port: 8080, ..NONE },
    Server { name: "jooby", library: &["io.jooby:jooby"], port: 8080, keys: &["server.port"], ..NONE },
    Server { name: "armeria", library: &["com.linecorp.armeria:armeria"], port: 8080, ..NONE },
    Server { name: "ratpack", library: &["io.ratpack:ratpack-core"], port: 5050, ..NONE },
];

/// Frameworks that run without listening.
const BACKGROUND: &[(&str, &[&str])] = &[("quarkus", &["io.quarkus:"]), ("micronaut", &["io.micronaut:", "io.micronaut.picocli:"])];
/// Libraries of programs that read a queue for ever.
const QUEUES: &[&str] = &[
    "org.apache.kafka:kafka-clients", "org.apache.kafka:kafka-streams", "com.rabbitmq:amqp-client", "org.quartz-scheduler:quartz",
    "io.quarkus:quarkus-kafka", "io.quarkus:quarkus-messaging", "io.quarkus:quarkus-scheduler", "io.micronaut.kafka:", "io.temporal:",
];
/// Libraries that read a command line.
const COMMAND_LINE: &[&str] = &["info.picocli:", "com.beust:jcommander", "com.github.ajalt.clikt:", "commons-cli:", "io.quarkus:quarkus-picocli", "io.micronaut.picocli:"];

/// Recognises the framework of a module.
pub fn recognise(project: &Project, module: &Module, sources: &ModuleSources, configuration: &Configuration, notes: &mut Vec<Note>) -> Recognised {
    if let Some(found) = spring::recognise(module, sources, configuration, notes) {
        return found;
    }
    let found = SERVERS.iter().find_map(|server| Some((server, module.dependency(server.library)?)));
    match found {
        // A test server among the libraries of a program that does not listen.
        Some((server, library)) if server.port != 0 || sources.port().is_some() || server.name == "vertx" => {
            listening(project, server, library, module, sources, configuration)
        }
        _ => plain(module, sources, configuration),
    }
}

fn listening(
    project: &Project,
    server: &Server,
    library: &Dependency,
    module: &Module,
    sources: &ModuleSources,
    configuration: &Configuration,
) -> Recognised {
    let told = server.keys.iter().find_map(|key| number(configuration.get(key)));
    let usual = if server.port == 0 { 8080 } else { server.port };
    let from_source = || if server.keys.is_empty() || server.name == "ktor" { sources.port() } else { None };
    let port = told.or_else(from_source).unwrap_or_else(|| {
        let evidence = Evidence { reason: format!("{} listens on {usual} when it is told nothing", server.name), ..library.evidence.clone() };
        if server.variable.is_some() { Found::likely(usual, evidence) } else { Found::guess(usual, Some(evidence)) }
    });
    let base = server.base.iter().find_map(|key| configuration.get(key)).map(|(base, _)| base).unwrap_or_default();
    let health = server
        .health
        .and_then(|(libraries, path)| Some((module.dependency(libraries)?, path)))
        .map(|(library, path)| Found::certain(below(&base, path), library.evidence.clone()))
        .or_else(|| sources.health().map(|found| found.map(|path| below(&base, &path))));
    let (arguments, files) = match server.name {
        "dropwizard" => dropwizard(project, module),
        _ => (Vec::new(), Vec::new()),
    };
    Recognised {
        name: Some(Found::certain(server.name.to_owned(), library.evidence.clone())),
        kind: Found::certain(Kind::Web, library.evidence.clone()),
        port: Some(port),
        port_variable: server.variable,
        health,
        env: Vec::new(),
        options: Vec::new(),
        arguments,
        files,
    }
}

/// What is no framework's: a server of the JDK, a loop, or a program that ends.
fn plain(module: &Module, sources: &ModuleSources, configuration: &Configuration) -> Recognised {
    let named = BACKGROUND.iter().find_map(|(name, prefixes)| Some((*name, module.dependency(prefixes)?)));
    let port = sources.port().or_else(|| number(configuration.get("server.port")));
    let listens = sources.mention(&["HttpServer.create", "ServerSocket(", "ServerSocketChannel.open", "ServerBootstrap("]);
    let kind = match (&port, listens) {
        (Some(port), _) => Found::likely(Kind::Web, port.evidence[0].clone()),
        (None, Some(evidence)) => Found::likely(Kind::Web, evidence),
        (None, None) => background(module, sources),
    };
    let web = kind.value == Kind::Web;
    Recognised {
        name: named.map(|(name, library)| Found::certain(name.to_owned(), library.evidence.clone())),
        port: if web { port.or_else(|| Some(Found::guess(8080, kind.evidence.first().cloned()))) } else { None },
        port_variable: None,
        health: if web { sources.health() } else { None },
        kind,
        env: Vec::new(),
        options: Vec::new(),
        arguments: Vec::new(),
        files: Vec::new(),
    }
}

/// A program without a port: a queue or a loop keeps it running, else it ends.
pub fn background(module: &Module, sources: &ModuleSources) -> Found<Kind> {
    let queue = module.dependency(QUEUES).map(|library| library.evidence.clone());
    if let Some(evidence) = queue.or_else(|| sources.mention(&["while (true)", "while(true)", "@Scheduled", "newScheduledThreadPool", "scheduleAtFixedRate"])) {
        return Found::likely(Kind::Worker, evidence);
    }
    match module.dependency(COMMAND_LINE) {
        Some(library) => Found::likely(Kind::Cli, library.evidence.clone()),
        None => Found::guess(Kind::Job, None),
    }
}

/// A number of the configuration.
pub fn number(found: Option<(String, Evidence)>) -> Option<Found<u16>> {
    let (text, evidence) = found?;
    Some(Found::certain(text.parse().ok().filter(|port| *port != 0)?, evidence))
}

/// A path below another, with one slash between.
pub fn below(base: &str, path: &str) -> String {
    let base = base.trim_matches('/');
    if base.is_empty() { path.to_owned() } else { format!("/{base}{path}") }
}

/// Dropwizard is started with `server` and its configuration, which lies beside the sources.
fn dropwizard(project: &Project, module: &Module) -> (Vec<String>, Vec<String>) {
    let names = ["config.yml", "config.yaml", "configuration.yml", "application.yml", "server.yml"];
    let own = project
        .files_below(&module.path)
        .find(|path| path.strip_prefix(&join(&module.path, "")).is_some_and(|name| !name.contains('/') && name.ends_with(".yml") && !name.starts_with('.')));
    let file = project.first(&module.path, &names).map(|name| join(&module.path, name)).or_else(|| own.map(str::to_owned));
    match file {
        Some(path) => {
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            (vec!["server".to_owned(), name], vec![path])
        }
        None => (vec!["server".to_owned()], Vec::new()),
    }
}
