//! Items 11 and 12: how the container is run. Kubernetes decides; compose is for local work, and counts where nothing else is.

use serde_json::Value;

use super::subject::Document;
use super::{Judged, Subject};

/// Item 11.
pub fn read_only(subject: &Subject<'_>) -> Judged {
    each(
        subject,
        |container| container["securityContext"]["readOnlyRootFilesystem"] == true,
        "readOnlyRootFilesystem",
        |service| service["read_only"] == true,
        "read_only: true",
        "the root filesystem can be written to",
        "set it read-only, with an `emptyDir` (compose: `tmpfs`) for each path that is written to",
    )
}

/// Item 12.
pub fn limits(subject: &Subject<'_>) -> Judged {
    let limited = |container: &Value| container["resources"]["limits"]["memory"].is_string() && container["resources"]["requests"].is_object();
    let compose = |service: &Value| !service["deploy"]["resources"]["limits"]["memory"].is_null() || !service["mem_limit"].is_null();
    each(
        subject,
        limited,
        "limits:",
        compose,
        "limits:",
        "memory is not limited",
        "set `resources.requests` and `resources.limits.memory` (compose: `deploy.resources.limits`)",
    )
}

fn each(
    subject: &Subject<'_>,
    container_has: impl Fn(&Value) -> bool,
    container_mark: &str,
    service_has: impl Fn(&Value) -> bool,
    service_mark: &str,
    message: &str,
    fix: &str,
) -> Judged {
    let mut judged = Judged::default();
    for document in &subject.kubernetes {
        for container in containers(&document.value) {
            let name = container["name"].as_str().unwrap_or("?");
            match container_has(container) {
                true => judged.met(document.at(container_mark)),
                false => judged.error(document.at(&format!("name: {name}")), format!("container `{name}`: {message}"), fix),
            }
        }
    }
    if !judged.met.is_empty() || !judged.findings.is_empty() {
        return judged;
    }
    for document in &subject.compose {
        for (name, service) in own_services(document) {
            match service_has(service) {
                true => judged.met(document.at(service_mark)),
                false => judged.warning(document.at(&format!("{name}:")), format!("service `{name}`: {message}"), fix),
            }
        }
    }
    judged
}

/// The containers of a workload, of whatever kind; init containers left out.
pub fn containers(object: &Value) -> impl Iterator<Item = &Value> {
    let pod = match object["kind"].as_str() {
        Some("Pod") => &object["spec"],
        Some("CronJob") => &object["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        Some("Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicaSet") => &object["spec"]["template"]["spec"],
        _ => &Value::Null,
    };
    pod["containers"].as_array().into_iter().flatten()
}

/// The services that the project builds itself.
fn own_services(document: &Document) -> impl Iterator<Item = (&String, &Value)> {
    document.value["services"].as_object().into_iter().flatten().filter(|(_, service)| !service["build"].is_null())
}
