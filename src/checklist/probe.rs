//! Item 6: a probe, and one that can work.

use crate::dockerfile::shell::commands;
use super::{ContainerFile, Judged, Subject};
use crate::dockerfile::{Command, Kind};

pub fn healthcheck(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    // Probes of the platform are as good as one in the image.
    for document in &subject.kubernetes {
        for container in super::workload::containers(&document.value) {
            if container["livenessProbe"].is_object() || container["readinessProbe"].is_object() {
                judged.met(document.at("Probe:"));
            } else if document.value["kind"] == "Deployment" || document.value["kind"] == "StatefulSet" {
                judged.warning(document.at("containers:"), "a container without probes", "add startup, readiness and liveness probes");
            }
        }
    }
    for document in subject.compose.iter().filter(|document| document.text.contains("healthcheck:")) {
        judged.met(document.at("healthcheck:"));
    }
    let elsewhere = !judged.met.is_empty();
    for container in &subject.dockerfiles {
        let file = &container.file;
        let listens = file.last_step(|kind| if let Kind::Expose(ports) = kind { Some(ports) } else { None }).is_some();
        let probe = file.last_step(|kind| if let Kind::Healthcheck(probe) = kind { Some(probe) } else { None });
        match probe {
            Some((line, Some(command))) => match broken(container, command) {
                Some(what) => judged.error(container.at(line), what, "ask with what the image holds: the language's own HTTP client, or a small program from the build stage"),
                None => judged.met(container.at(line)),
            },
            Some((line, None)) if listens && !elsewhere => {
                judged.warning(container.at(line), "it listens on a port, and nobody asks whether it is well", "add a HEALTHCHECK that asks the port");
            }
            Some((line, None)) => judged.met(container.at(line)),
            None if elsewhere => {}
            None if listens => {
                let line = file.last().map_or(1, |stage| stage.line);
                judged.error(container.at(line), "no `HEALTHCHECK`: a process that hangs counts as running", "add one in exec form that needs no curl, or probes in Kubernetes");
            }
            None => {
                let line = file.last().map_or(1, |stage| stage.line);
                judged.warning(container.at(line), "no `HEALTHCHECK`", "add one; for what listens on no port, `HEALTHCHECK NONE` says so");
            }
        }
    }
    judged
}

/// Why a probe cannot work in its image, as far as a name tells.
fn broken(container: &ContainerFile, command: &Command) -> Option<String> {
    let (_, image) = container.file.base()?;
    let text = command.text();
    let program = commands(&text).first().map(|command| command.program.to_owned())?;
    let bare = image == "scratch" || image.contains("distroless");
    if bare && matches!(command, Command::Shell(_)) {
        return Some(format!("the probe needs a shell, and `{image}` has none"));
    }
    if !matches!(program.as_str(), "curl" | "wget") {
        return None;
    }
    let small = image.contains("slim") || image.contains("alpine") || bare;
    let brought = program == "wget" && image.contains("alpine");
    let installed = container.file.final_steps().iter().any(|step| match &step.kind {
        Kind::Run { command, .. } => commands(&command.text()).iter().any(|found| found.installs_packages() && found.names().any(|name| name.starts_with(&program))),
        Kind::Copy(copy) => copy.sources.iter().any(|source| source.ends_with(&program)),
        _ => false,
    });
    (small && !brought && !installed).then(|| format!("the probe calls `{program}`, which `{image}` does not have: the container is never healthy"))
}
