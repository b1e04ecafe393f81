//! Item 4: what is fetched from outside is named so that it cannot change.

use crate::dockerfile::shell::commands;
use super::subject::Document;
use super::{ContainerFile, Judged, Subject};
use crate::dockerfile::{Kind, mount_option};

pub fn pinned(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    for container in &subject.dockerfiles {
        images(container, &mut judged);
        installs(container, &mut judged);
    }
    for document in &subject.compose {
        let services = document.value["services"].as_object();
        for service in services.into_iter().flat_map(|services| services.values()).filter(|service| service["build"].is_null()) {
            if let Some(image) = service["image"].as_str() {
                let at = document.at(image);
                match unpinned(image) {
                    None => judged.met(at),
                    Some(what) => judged.warning(at, format!("`{image}` {what}"), "write tag and digest: `dockwright pin` finds it"),
                }
            }
        }
    }
    subject.pipelines.iter().for_each(|pipeline| actions(pipeline, &mut judged));
    judged
}

/// Why an image reference may change its content.
pub fn unpinned(image: &str) -> Option<&'static str> {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let tag = name.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
    match (tag, digest) {
        (_, Some(digest)) if digest.strip_prefix("sha256:").is_none_or(|hex| hex.len() != 64) => Some("has a malformed digest"),
        (_, Some(_)) => None,
        (None | Some("latest"), None) => Some("follows `latest`: any build may get another major version"),
        (Some(_), None) => Some("has no digest: whoever may push the tag changes the build"),
    }
}

/// Whether the tag begins with a whole version: `node:22.19.0-slim`.
fn names_exact_version(image: &str) -> bool {
    let tag = image.rsplit('/').next().and_then(|last| last.split_once(':')).map_or("", |(_, tag)| tag);
    !tag.contains('@') && tag.split('-').next().is_some_and(crate::catalog::is_exact)
}

fn images(container: &ContainerFile, judged: &mut Judged) {
    let file = &container.file;
    let mut check = |line: usize, image: &str| {
        let at = container.at(line);
        match unpinned(image) {
            None => judged.met(at),
            Some(what) => {
                let (message, fix) = (format!("`{image}` {what}"), "write `name:tag@sha256:...`; `dockwright pin` finds the digest");
                // One exact version is half of a pin: what it holds is known, as long as nobody pushes the tag again.
                if names_exact_version(image) { judged.warning(at, message, fix) } else { judged.error(at, message, fix) }
            }
        }
    };
    for (index, stage) in file.stages.iter().enumerate() {
        if !file.is_earlier_stage(index, &stage.image) && stage.image != "scratch" {
            check(stage.line, &file.image_at(index));
        }
        for step in &stage.steps {
            let from = match &step.kind {
                Kind::Copy(copy) => copy.from.as_deref().into_iter().collect(),
                Kind::Run { mounts, .. } => mounts.iter().filter_map(|mount| mount_option(mount, "from")).collect(),
                _ => Vec::new(),
            };
            for from in from {
                let is_number = from.parse::<usize>().is_ok();
                // A name that is no stage may be a build context of its own.
                if !is_number && !file.is_earlier_stage(index, from) && from.contains(['/', ':']) {
                    check(step.line, from);
                }
            }
        }
    }
}

fn installs(container: &ContainerFile, judged: &mut Judged) {
    for step in container.file.stages.iter().flat_map(|stage| &stage.steps) {
        let Kind::Run { command, .. } = &step.kind else { continue };
        let text = command.text();
        for command in commands(&text) {
            let at = || container.at(step.line);
            let named: Vec<&str> = command.names().filter(|name| !name.contains(['$', '/', '\\', '"', '\''])).collect();
            let global = command.words.iter().any(|word| matches!(*word, "-g" | "--global"));
            if command.program == "pip" && command.verb() == "install" && !command.words.contains(&"-r") {
                if let Some(package) = named.iter().find(|name| !name.contains(['=', '<', '>', '~', '.', '[']) && !matches!(**name, "pip" | "install" | "setuptools" | "wheel")) {
                    judged.warning(at(), format!("`pip install {package}` takes whatever version is newest"), format!("write `{package}==VERSION`, best in a requirements file with a lock"));
                }
            } else if command.program == "npm" && global && let Some(package) = named.iter().find(|name| !name.trim_start_matches('@').contains('@')) {
                judged.warning(at(), format!("`npm install -g {package}` takes whatever version is newest"), format!("write `{package}@VERSION`"));
            } else if command.installs_packages() && let Some(package) = named.iter().find(|name| !name.contains(['=', '~'])) {
                judged.note(at(), format!("`{package}` is installed in any version"), format!("pin the release line that the distribution keeps: `{package}=LINE.*`"));
            }
        }
    }
}

/// Actions of other repositories by commit.
fn actions(pipeline: &Document, judged: &mut Judged) {
    for line in pipeline.text.lines() {
        let Some(action) = line.trim_start().trim_start_matches("- ").strip_prefix("uses:").map(str::trim) else { continue };
        let action = action.split(" #").next().unwrap_or(action).trim_matches(['"', '\'']);
        let commit = action.split_once('@').is_some_and(|(_, rest)| rest.len() == 40 && rest.chars().all(|c| c.is_ascii_hexdigit()));
        let digest = action.starts_with("docker://") && action.contains("@sha256:");
        if !(commit || digest || action.starts_with("./")) {
            judged.warning(pipeline.at(line), format!("the action `{action}` is named by a tag that can be moved"), "name it by commit: `@<40 digits> # v1.2.3`");
        }
    }
}
