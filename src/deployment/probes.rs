//! The kubelet's three questions. Liveness says that the process answers, readiness that it may get traffic, startup gives a
//! slow starter its time. Paths come from evidence; without one a port that accepts is all that can be asked for.

use serde::Serialize;

use crate::languages::Facts;
use crate::plan::Plan;

/// How a question is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "what")]
pub enum Handler {
    /// GET of a path.
    Http(String),
    /// A connection.
    Tcp,
    /// The image's own health check.
    Exec(Vec<String>),
}

/// The three of them, never the same for liveness and readiness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probes {
    /// Whether it has started.
    pub startup: Handler,
    /// Whether it must be started again.
    pub liveness: Handler,
    /// Whether it may get traffic.
    pub readiness: Handler,
    /// Failures, five seconds apart, that a start may take.
    pub startup_failures: u32,
}

impl Probes {
    /// `None` for what listens on no port.
    pub(super) fn new(plan: &Plan, facts: &Facts) -> Option<Self> {
        plan.runtime.port?;
        let check = plan.runtime.healthcheck.as_ref();
        let exec = check.map_or(Handler::Tcp, |check| Handler::Exec(check.command.clone()));
        let path = facts.health_path();
        let framework = facts.framework.as_ref().map_or("", |found| found.value.as_str());
        let (liveness, readiness) = match path {
            // The actuator, Quarkus and Micronaut answer both questions apart.
            Some(path) if path.ends_with("/actuator/health") => both(path, "liveness", "readiness"),
            Some(path) if path.ends_with("/q/health") => both(path, "live", "ready"),
            // Django answers 400 to a host name that it does not know, and the kubelet asks by address.
            Some(_) if framework == "django" => (Handler::Tcp, exec),
            Some(path) => (Handler::Tcp, Handler::Http(path.to_owned())),
            None if facts.language.value == "static" => (Handler::Tcp, Handler::Http("/".to_owned())),
            None => (Handler::Tcp, exec),
        };
        let startup_failures = check.map_or(30, |check| 30.max(check.start_period * 2 / 5));
        Some(Self { startup: liveness.clone(), liveness, readiness, startup_failures })
    }
}

fn both(path: &str, live: &str, ready: &str) -> (Handler, Handler) {
    (Handler::Http(format!("{path}/{live}")), Handler::Http(format!("{path}/{ready}")))
}
