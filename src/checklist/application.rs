//! Items 13 and 14: what only the application's own code can do.

use std::sync::LazyLock;

use regex::Regex;

use super::{Judged, Spot, Subject};
use crate::dockerfile::Kind;
use crate::sources::{Pattern, Sources};

/// Sources that may open a log file.
const EXTENSIONS: &[&str] = &[".py", ".js", ".ts", ".mjs", ".java", ".kt", ".go", ".rb", ".php", ".xml", ".properties", ".yml", ".yaml"];
/// What opens a log file, in the libraries that most people use.
static FILE_LOG: Pattern = LazyLock::new(|| {
    Regex::new(r"(FileHandler\(|transports\.File\(|RollingFileAppender|core\.FileAppender|<RollingFile\b|logging\.file\.(?:name|path)|lumberjack\.Logger|pino\.destination\(['\x22]/)").ok()
});
/// Manifests in which a dependency on telemetry would stand.
const MANIFESTS: &[&str] = &["package.json", "requirements.txt", "pyproject.toml", "Pipfile", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "mix.exs"];
/// Parts of the names of those dependencies.
const TELEMETRY: &[&str] = &["opentelemetry", "prometheus", "prom-client", "micrometer", "metrics-exporter", "dd-trace", "ddtrace", "newrelic", "elastic-apm", "telemetry_metrics", "smallrye-metrics"];

/// Item 13.
pub fn stdout_logs(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    for container in &subject.dockerfiles {
        for step in container.file.final_steps() {
            let to_file = match &step.kind {
                Kind::Volume(paths) => paths.iter().any(|path| path.contains("log")),
                Kind::Cmd(command) | Kind::Entrypoint(command) => {
                    let text = command.text();
                    text.contains(".log") && (text.contains('>') || text.contains("--access-logfile") || text.contains("--log-file"))
                }
                _ => false,
            };
            if to_file {
                judged.error(container.at(step.line), "logs go to a file in the container", "write them to standard output: `-` or `/dev/stdout` where a path is asked for");
            }
        }
    }
    match Sources::read(subject.project, ".", EXTENSIONS).ok().and_then(|sources| sources.search(&FILE_LOG, "opens a log file")) {
        Some((what, evidence)) => {
            let what = what.trim_end_matches('(');
            judged.application = Some(format!("`{what}` in {} writes a log file: log to standard output there", evidence.place()));
            judged.met(Spot::new(&evidence.file, evidence.line));
        }
        None => judged.met.extend(subject.dockerfiles.iter().filter_map(|container| {
            let start = |kind: &Kind| matches!(kind, Kind::Cmd(_) | Kind::Entrypoint(_)).then_some(());
            Some(container.at(container.file.last_step(start)?.0))
        })),
    }
    judged
}

/// Item 14.
pub fn telemetry(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    for path in subject.project.files().filter(|path| MANIFESTS.contains(&path.rsplit('/').next().unwrap_or(path))) {
        let Ok(Some(text)) = subject.project.read(path) else { continue };
        let line = text.lines().position(|line| TELEMETRY.iter().any(|name| line.to_lowercase().contains(name)));
        judged.met.extend(line.map(|line| Spot::new(path, line + 1)));
    }
    if judged.met.is_empty() {
        judged.application = Some("no exporter and no SDK is among the dependencies: add OpenTelemetry or a Prometheus client to the application".to_owned());
    }
    judged
}
