//! Spring Boot: web or not, by its starters; port, context path and actuator, by its configuration.

use super::configuration::Configuration;
use super::framework::{Recognised, background, below, number};
use super::module::Module;
use super::sources::ModuleSources;
use crate::catalog::version_key;
use crate::found::{Evidence, Found};
use crate::languages::{Kind, Note};
use crate::plan::EnvVar;

/// Libraries that bring a server.
const WEB: &[&str] = &[
    "org.springframework.boot:spring-boot-starter-web", "org.springframework.boot:spring-boot-starter-jersey",
    "org.springframework.boot:spring-boot-starter-tomcat", "org.springframework.boot:spring-boot-starter-jetty",
    "org.springframework.boot:spring-boot-starter-undertow", "org.springframework.boot:spring-boot-starter-reactor-netty",
    "org.springframework.boot:spring-boot-starter-graphql", "org.springframework.boot:spring-boot-starter-hateoas",
    "org.springframework.boot:spring-boot-starter-data-rest", "org.springframework.cloud:spring-cloud-starter-netflix-eureka-server",
    "org.springframework.cloud:spring-cloud-config-server", "org.springframework.cloud:spring-cloud-starter-gateway",
    "org.springframework.cloud:spring-cloud-starter-netflix-zuul", "de.codecentric:spring-boot-admin-starter-server",
    "com.vaadin:vaadin-spring-boot-starter", "org.springdoc:springdoc-openapi-starter-web", "org.springframework.ai:spring-ai-starter-mcp-server-web",
];
/// Libraries by which it runs without a server.
const QUEUES: &[&str] = &[
    "org.springframework.boot:spring-boot-starter-amqp", "org.springframework.boot:spring-boot-starter-kafka", "org.springframework.boot:spring-boot-starter-artemis",
    "org.springframework.boot:spring-boot-starter-activemq", "org.springframework.boot:spring-boot-starter-pulsar", "org.springframework.kafka:",
    "org.springframework.amqp:", "org.springframework.boot:spring-boot-starter-quartz", "org.springframework.cloud:spring-cloud-starter-stream",
];

/// Recognises Spring Boot.
pub fn recognise(module: &Module, sources: &ModuleSources, configuration: &Configuration, notes: &mut Vec<Note>) -> Option<Recognised> {
    let library = module.dependency(&["org.springframework.boot:spring-boot", "org.springframework.cloud:spring-cloud"]);
    let evidence = library.map(|library| library.evidence.clone()).or_else(|| super::layout::spring(module).map(|plugin| plugin.evidence.clone()))?;
    let version = module.boot.as_ref().map_or_else(|| vec![4], |(version, _)| version_key(version));
    let name = module.boot.as_ref().map_or_else(
        || Found::certain("spring-boot".to_owned(), evidence.clone()),
        |(_, place)| Found::certain("spring-boot".to_owned(), place.clone()).and(evidence.clone()),
    );
    let kind = kind(module, sources, configuration);
    let web = kind.value == Kind::Web;
    let mut env = Vec::new();
    let mut health = None;
    if web {
        // Requests that are under way are finished; since 3.4 that is so without being asked.
        if version >= vec![2, 3] && version < vec![3, 4] && configuration.get("server.shutdown").is_none() {
            env.push(EnvVar::new("SERVER_SHUTDOWN", "graceful"));
        }
        health = actuator(module, sources, configuration, notes)
            .or_else(|| sources.health().map(|found| found.map(|path| below(&context_path(configuration), &path))));
        let groups = health.as_ref().is_some_and(|found| found.value.ends_with("/health") && module.dependency(ACTUATOR).is_some());
        if groups && version >= vec![2, 3] && version < vec![4] {
            // Liveness and readiness as paths of their own, which an orchestrator can ask.
            env.push(EnvVar::new("MANAGEMENT_ENDPOINT_HEALTH_PROBES_ENABLED", "true"));
        }
    }
    for key in ["logging.file.name", "logging.file.path", "logging.file"] {
        if let Some((_, evidence)) = configuration.get(key) {
            env.push(EnvVar::new(&key.to_uppercase().replace('.', "_"), ""));
            let message = format!("`{key}` is switched off in the image: logs go to standard output, and no file can be written there");
            notes.push(Note::info(message, Some(&evidence)));
        }
    }
    let port = web.then(|| {
        number(configuration.get("server.port")).unwrap_or_else(|| {
            Found::likely(8080, Evidence { reason: "Spring Boot listens on 8080 when it is told nothing".to_owned(), ..evidence })
        })
    });
    // When the last request is done, Reactor Netty waits for two seconds of silence, which only delay the stop.
    let reactive = web && module.dependency(REACTIVE).is_some();
    let options = if reactive { vec!["-Dreactor.netty.ioShutdownQuietPeriod=0"] } else { Vec::new() };
    Some(Recognised { name: Some(name), kind, port, port_variable: Some("SERVER_PORT"), health, env, options, arguments: Vec::new(), files: Vec::new() })
}

/// Libraries by which Reactor Netty may be the server.
const REACTIVE: &[&str] = &[
    "org.springframework.boot:spring-boot-starter-webflux", "org.springframework.boot:spring-boot-starter-reactor-netty",
    "org.springframework.cloud:spring-cloud-starter-gateway",
];
const ACTUATOR: &[&str] = &["org.springframework.boot:spring-boot-starter-actuator"];

fn kind(module: &Module, sources: &ModuleSources, configuration: &Configuration) -> Found<Kind> {
    if let Some((_, evidence)) = configuration.get("spring.main.web-application-type").filter(|(value, _)| value.eq_ignore_ascii_case("none")) {
        return Found::certain(background(module, sources).value, evidence);
    }
    let web = module.dependencies.iter().find(|library| !library.name.ends_with("client") && WEB.iter().any(|prefix| library.name.starts_with(prefix)));
    if let Some(library) = web {
        return Found::certain(Kind::Web, library.evidence.clone());
    }
    if let Some(library) = module.dependency(&["org.springframework.boot:spring-boot-starter-batch"]) {
        return Found::likely(Kind::Job, library.evidence.clone());
    }
    match module.dependency(QUEUES) {
        Some(library) => Found::likely(Kind::Worker, library.evidence.clone()),
        None => background(module, sources),
    }
}

/// The actuator's health path, where it answers on the same port and without a login.
fn actuator(module: &Module, sources: &ModuleSources, configuration: &Configuration, notes: &mut Vec<Note>) -> Option<Found<String>> {
    let library = module.dependency(ACTUATOR)?;
    let port = number(configuration.get("management.server.port"));
    if let Some(found) = port.filter(|found| number(configuration.get("server.port")).map_or(8080, |port| port.value) != found.value) {
        notes.push(Note::info(
            format!("the actuator answers on port {}, apart from the application's: the probe connects to the application's port", found.value),
            found.evidence.first(),
        ));
        return None;
    }
    let guarded = module.dependency(&["org.springframework.boot:spring-boot-starter-security", "org.springframework.boot:spring-boot-starter-oauth2"]);
    let rules = guarded.and_then(|_| sources.mention(&["SecurityFilterChain", "SecurityWebFilterChain", "WebSecurityConfigurerAdapter"]));
    if let Some(evidence) = rules.filter(|_| sources.mention(&["actuator", "EndpointRequest", "/health"]).is_none()) {
        notes.push(Note::warning(
            "the security rules do not open `/actuator/health`: the probe only connects; permit that path to everybody to have it asked",
            Some(&evidence),
        ));
        return None;
    }
    let base = configuration.get("management.endpoints.web.base-path").map_or_else(|| "/actuator".to_owned(), |(base, _)| base);
    let mapped = configuration.get("management.endpoints.web.path-mapping.health").map_or_else(|| "health".to_owned(), |(path, _)| path);
    let path = below(&base, &format!("/{}", mapped.trim_start_matches('/')));
    Some(Found::certain(below(&context_path(configuration), &path), library.evidence.clone()))
}

/// What goes before every path.
fn context_path(configuration: &Configuration) -> String {
    ["server.servlet.context-path", "spring.webflux.base-path", "server.context-path"]
        .iter()
        .find_map(|key| configuration.get(key))
        .map(|(path, _)| path)
        .unwrap_or_default()
}
