//! Metrics and traces: wired where an exporter or SDK is among the dependencies, and nothing invented where none is.

use serde::Serialize;

use super::dependencies::Dependencies;
use crate::languages::{Facts, Note};
use crate::plan::EnvVar;

/// Exporters with the path that they answer on.
const EXPORTERS: &[(&[&str], &str)] = &[
    (&["micrometer-registry-prometheus"], "/actuator/prometheus"),
    (&["quarkus-micrometer-registry-prometheus"], "/q/metrics"),
    (&["micronaut-micrometer-registry-prometheus"], "/prometheus"),
    (
        &[
            "prom-client", "express-prom-bundle", "fastify-metrics", "nestjs-prometheus", "@willsoto/nestjs-prometheus", "prometheus-fastapi-instrumentator",
            "starlette-exporter", "django-prometheus", "prometheus-flask-exporter", "github.com/prometheus/client_golang", "axum-prometheus", "actix-web-prom",
            "metrics-exporter-prometheus", "prometheus-net.aspnetcore", "opentelemetry.exporter.prometheus.aspnetcore", "prometheus_exporter", "yabeda-prometheus",
            "telemetry_metrics_prometheus",
        ],
        "/metrics",
    ),
];
/// Libraries that read the `OTEL_*` variables.
const SDKS: &[&str] = &[
    "@opentelemetry/sdk-node", "@opentelemetry/auto-instrumentations-node", "@vercel/otel", "opentelemetry-sdk", "opentelemetry-distro", "opentelemetry-instrumentation",
    "opentelemetry-exporter-otlp", "go.opentelemetry.io/otel", "opentelemetry-otlp", "opentelemetry_sdk", "opentelemetry-spring-boot-starter", "quarkus-opentelemetry",
    "micrometer-tracing-bridge-otel", "opentelemetry.extensions.hosting", "opentelemetry.exporter.opentelemetryprotocol", "opentelemetry_exporter",
];
/// The shortest integration, by framework, else by language.
const ADVICE: &[(&str, &str)] = &[
    ("spring-boot", "add `spring-boot-starter-actuator` and `micrometer-registry-prometheus`: metrics at `/actuator/prometheus`"),
    ("quarkus", "add `quarkus-micrometer-registry-prometheus`: metrics at `/q/metrics`"),
    ("fastapi", "`Instrumentator().instrument(app).expose(app)` of `prometheus-fastapi-instrumentator`: metrics at `/metrics`"),
    ("django", "add `django-prometheus` and `path('', include('django_prometheus.urls'))`: metrics at `/metrics`"),
    ("flask", "`PrometheusMetrics(app)` of `prometheus-flask-exporter`: metrics at `/metrics`"),
    ("express", "`app.use(promBundle({ includeMethod: true }))` of `express-prom-bundle`: metrics at `/metrics`"),
    ("fastify", "`app.register(fastifyMetrics)` of `fastify-metrics`: metrics at `/metrics`"),
    ("node", "`node --import @opentelemetry/auto-instrumentations-node/register`: traces and metrics by OTLP"),
    ("python", "start it with `opentelemetry-instrument`: traces and metrics by OTLP"),
    ("go", "`http.Handle(\"/metrics\", promhttp.Handler())` of `prometheus/client_golang`"),
    ("rust", "`metrics-exporter-prometheus` with `axum-prometheus` or `actix-web-prom`: metrics at `/metrics`"),
    ("java", "the OpenTelemetry agent: `-javaagent:opentelemetry-javaagent.jar`: traces and metrics by OTLP"),
    ("kotlin", "the OpenTelemetry agent: `-javaagent:opentelemetry-javaagent.jar`: traces and metrics by OTLP"),
    ("ruby", "add `yabeda-prometheus`: metrics at `/metrics`"),
];
/// What every service should at least show.
const METRICS: &str = "rate, errors and duration of requests, saturation (queue or pool), and memory of the process";

/// What is wired.
#[derive(Debug, Clone, Serialize)]
pub struct Telemetry {
    /// Path of the metrics, on the service's own port.
    pub metrics: Option<String>,
    /// The exporter or SDK with its place.
    pub place: Option<String>,
    /// The variables of the SDK.
    pub env: Vec<EnvVar>,
    /// What to add where there is nothing.
    #[serde(skip)]
    pub advice: Option<Note>,
}

pub(super) fn detect(dependencies: &Dependencies, facts: &Facts, name: &str) -> Telemetry {
    let exporter = facts.port.as_ref().and_then(|_| {
        EXPORTERS.iter().find_map(|(names, path)| dependencies.first(names).map(|(_, evidence)| ((*path).to_owned(), evidence.place())))
    });
    let sdk = dependencies.first(SDKS).map(|(_, evidence)| evidence.place());
    let mut env = Vec::new();
    if sdk.is_some() {
        env.push(EnvVar::new("OTEL_SERVICE_NAME", name));
        env.push(EnvVar::new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        env.push(EnvVar::new("OTEL_PROPAGATORS", "tracecontext,baggage"));
    }
    let framework = facts.framework.as_ref().map(|found| found.value.as_str());
    let language = facts.language.value.as_str();
    let line = ADVICE.iter().find(|(key, _)| Some(*key) == framework).or_else(|| ADVICE.iter().find(|(key, _)| *key == language));
    let nothing = exporter.is_none() && sdk.is_none() && facts.port.is_some();
    let advice = line.filter(|_| nothing).map(|(_, line)| Note::info(format!("no metrics and no traces: {line}. At least: {METRICS}"), None));
    let place = exporter.as_ref().map(|(_, place)| place.clone()).or(sdk);
    Telemetry { metrics: exporter.map(|(path, _)| path), place, env, advice }
}
