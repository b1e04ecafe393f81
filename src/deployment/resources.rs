//! Requests and limits by runtime, and what the runtime must be told of them.

use serde::Serialize;

use super::wrong;
use crate::error::Result;
use crate::languages::Facts;
use crate::plan::{EnvVar, Plan};
use crate::settings::Answers;

/// What a container asks for and may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// Requested CPU, in thousandths of a core.
    pub cpu_request: u32,
    /// Most CPU, in thousandths: a burst, so that a start is not throttled.
    pub cpu_limit: u32,
    /// Memory in MiB; the request is the limit, so that a pod is not evicted for what it was promised.
    pub memory_mib: u32,
    /// Space on the node in MiB that is asked for.
    pub storage_request_mib: u32,
    /// Most space on the node in MiB: the writable folders and the log.
    pub storage_limit_mib: u32,
}

/// Languages with millicores and MiB to start from; measure and change.
const BY_LANGUAGE: &[(&[&str], u32, u32)] = &[
    (&["static"], 50, 64),
    (&["go", "rust", "c", "cpp", "zig", "crystal", "swift", "gleam"], 100, 128),
    (&["java", "kotlin", "scala", "clojure"], 250, 768),
    (&["ruby"], 200, 512),
    (&["dotnet", "elixir", "erlang"], 100, 256),
];

impl Resources {
    /// By answer, else by language.
    ///
    /// # Errors
    /// Exit 2 for what is no quantity.
    pub(super) fn new(answers: &Answers, facts: &Facts, plan: &Plan) -> Result<Self> {
        // What a build tool made into files is served by nginx, whatever language made it.
        let served = plan.runtime.image.reference().starts_with("nginx") || plan.runtime.image.reference().contains("/nginx");
        let language = if served { "static" } else { facts.language.value.as_str() };
        let (cpu, memory) = BY_LANGUAGE
            .iter()
            .find(|(languages, ..)| languages.contains(&language))
            .map_or((100, 384), |(_, cpu, memory)| (*cpu, *memory));
        let cpu_request = answers.get("cpu").map_or(Ok(cpu), millicores)?;
        let memory_mib = answers.get("memory").map_or(Ok(memory), mebibytes)?;
        let volumes = 128 * (1 + u32::try_from(plan.runtime.writable.len()).unwrap_or(8));
        Ok(Self {
            cpu_request,
            cpu_limit: (cpu_request * 4).max(1000),
            memory_mib,
            storage_request_mib: 64,
            storage_limit_mib: volumes + 128,
        })
    }

    /// What the runtime must be told, since it does not see the limit by itself, or takes too little or too much of it.
    pub(super) fn env(&self, facts: &Facts, plan: &Plan) -> Vec<EnvVar> {
        let command = plan.runtime.command.join(" ");
        let image = plan.runtime.image.reference();
        let memory = self.memory_mib;
        if image.contains("nginx") {
            return Vec::new();
        }
        match facts.language.value.as_str() {
            "node" => vec![EnvVar::new("NODE_OPTIONS", format!("--max-old-space-size={}", memory * 3 / 4))],
            "go" => vec![EnvVar::new("GOMEMLIMIT", format!("{}MiB", memory * 9 / 10))],
            "java" | "kotlin" | "scala" | "clojure" => {
                // Below 512 MiB the memory outside the heap is the larger part.
                let share = if memory <= 512 { 60 } else { 75 };
                vec![EnvVar::new("JAVA_TOOL_OPTIONS", format!("-XX:MaxRAMPercentage={share} -XX:+ExitOnOutOfMemoryError"))]
            }
            "python" => {
                let mut env = vec![EnvVar::new("MALLOC_ARENA_MAX", "2")];
                // Counted by memory: the processors that Python sees are those of the node.
                let counts = ["gunicorn", "uvicorn", "hypercorn"].iter().any(|server| command.contains(server));
                if counts && !command.contains("--workers") && !command.contains(" -w ") {
                    env.insert(0, EnvVar::new("WEB_CONCURRENCY", (memory / 192).clamp(1, 4).to_string()));
                }
                env
            }
            "ruby" => vec![
                EnvVar::new("WEB_CONCURRENCY", (memory / 256).clamp(1, 4).to_string()),
                EnvVar::new("MALLOC_ARENA_MAX", "2"),
            ],
            "dotnet" => vec![EnvVar::new("DOTNET_gcServer", "0")],
            _ => Vec::new(),
        }
    }
}

/// `250m`, `0.5` or `2`.
fn millicores(text: &str) -> Result<u32> {
    let parsed = match text.strip_suffix('m') {
        Some(milli) => milli.parse::<u32>().ok(),
        None => text.parse::<f64>().ok().filter(|cores| *cores > 0.0 && *cores <= 1000.0).map(|cores| (cores * 1000.0).round() as u32),
    };
    parsed.filter(|milli| (10..=1_000_000).contains(milli)).ok_or_else(|| wrong("cpu", text, "cores such as `250m` or `0.5`"))
}

/// `512Mi`, `1Gi` or a number of MiB.
fn mebibytes(text: &str) -> Result<u32> {
    let parsed = if let Some(gibi) = text.strip_suffix("Gi") {
        gibi.parse::<u32>().ok().and_then(|gibi| gibi.checked_mul(1024))
    } else {
        text.strip_suffix("Mi").unwrap_or(text).parse().ok()
    };
    parsed.filter(|mib| (16..=1_048_576).contains(mib)).ok_or_else(|| wrong("memory", text, "memory such as `512Mi` or `1Gi`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_their_units() {
        assert_eq!((millicores("250m").unwrap(), millicores("0.5").unwrap(), millicores("2").unwrap()), (250, 500, 2000));
        assert_eq!((mebibytes("512Mi").unwrap(), mebibytes("1Gi").unwrap(), mebibytes("256").unwrap()), (512, 1024, 256));
        assert!(millicores("-1").is_err() && mebibytes("1\nGi").is_err() && mebibytes("9999999Gi").is_err());
    }
}
