//! What holds for every stage: pins, names, secrets, layers.

use super::{Contradiction, Evidence};
use crate::checklist::secrets::is_secret;
use crate::dockerfile::{Kind, Stage, mount_option as option};

/// Every image has tag and digest. An exact version that the plan itself holds without a digest has none yet, and no other.
pub(super) fn pinned(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    images(evidence)
        .into_iter()
        .filter_map(|(line, image)| {
            let name = image.split('@').next().unwrap_or(image);
            let tagged = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
            let digest = image.split_once("@sha256:").is_some_and(|(_, hex)| hex.len() == 64);
            if !digest && tagged && evidence.plan.without_digest().any(|known| known == image) {
                None
            } else if !digest {
                Some(Contradiction::new(line, format!("`{image}` has no digest")))
            } else if !tagged {
                Some(Contradiction::new(line, format!("`{image}` has no tag")))
            } else {
                None
            }
        })
        .collect()
}

/// Every image from outside, with the line that names it.
fn images<'e>(evidence: &'e Evidence<'_>) -> Vec<(usize, &'e str)> {
    let mut images = Vec::new();
    for (index, stage) in evidence.file.stages.iter().enumerate() {
        if !evidence.file.is_earlier_stage(index, &stage.image) && stage.image != "scratch" {
            images.push((stage.line, stage.image.as_str()));
        }
        images.extend(sources(stage).into_iter().filter(|(_, from)| !evidence.file.is_earlier_stage(index, from)));
    }
    images
}

/// What `COPY --from` and `--mount=from` name in a stage.
fn sources(stage: &Stage) -> Vec<(usize, &str)> {
    let mut sources = Vec::new();
    for step in &stage.steps {
        match &step.kind {
            Kind::Copy(copy) => sources.extend(copy.from.as_deref().map(|from| (step.line, from))),
            Kind::Run { mounts, .. } => sources.extend(mounts.iter().filter_map(|mount| Some((step.line, option(mount, "from")?)))),
            _ => {}
        }
    }
    sources
}

/// What is copied from is a stage before, or an image. That stage names are unique, the parser sees to.
pub(super) fn stages_exist(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for (index, stage) in evidence.file.stages.iter().enumerate() {
        for (line, from) in sources(stage) {
            if !evidence.file.is_earlier_stage(index, from) && !from.contains(['/', ':', '@']) {
                found.push(Contradiction::new(line, format!("no stage before this one is called `{from}`")));
            }
        }
    }
    found
}

/// Nothing floats.
pub(super) fn no_latest(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    images(evidence)
        .into_iter()
        .filter(|(_, image)| image.split('@').next().is_some_and(|name| name.ends_with(":latest")))
        .map(|(line, image)| Contradiction::new(line, format!("`{image}` follows `latest`")))
        .collect()
}

/// No variable of the build or of the image holds a secret.
pub(super) fn no_secrets(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let steps = evidence.file.global.iter().chain(evidence.file.stages.iter().flat_map(|stage| &stage.steps));
    let mut found = Vec::new();
    for step in steps {
        let names: Vec<&str> = match &step.kind {
            Kind::Env(pairs) => pairs.iter().map(|(name, _)| name.as_str()).collect(),
            Kind::Arg(pairs) => pairs.iter().map(|(name, _)| name.as_str()).collect(),
            _ => continue,
        };
        let secret = names.into_iter().filter(|name| is_secret(name));
        found.extend(secret.map(|name| Contradiction::new(step.line, format!("`{name}` would put a secret into a layer"))));
    }
    found
}

/// `ADD` fetches and unpacks; `COPY` does what it says.
pub(super) fn no_add(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let steps = evidence.file.stages.iter().flat_map(|stage| &stage.steps);
    steps
        .filter(|step| matches!(step.kind, Kind::Add(_)))
        .map(|step| Contradiction::new(step.line, "`ADD` instead of `COPY`"))
        .collect()
}

/// Cache mounts belong to build stages: what the final stage holds must not depend on a cache.
pub(super) fn caches_in_build_stages(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let Some(last) = evidence.file.last() else { return Vec::new() };
    let cached = |kind: &Kind| match kind {
        Kind::Run { mounts, .. } => mounts.iter().any(|mount| option(mount, "type") == Some("cache")),
        _ => false,
    };
    last.steps
        .iter()
        .filter(|step| cached(&step.kind))
        .map(|step| Contradiction::new(step.line, "a cache mount in the final stage"))
        .collect()
}

/// Package lists are removed in the layer that fetched them.
pub(super) fn lists_removed(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for step in evidence.file.stages.iter().flat_map(|stage| &stage.steps) {
        let Kind::Run { mounts, command } = &step.kind else { continue };
        let text = command.text();
        let cached = mounts.iter().any(|mount| option(mount, "target").is_some_and(|target| target.starts_with("/var/lib/apt")));
        if text.contains("apt-get update") && !cached && !text.contains("rm -rf /var/lib/apt/lists/*") {
            found.push(Contradiction::new(step.line, "the package lists stay in the layer"));
        }
        if text.contains("apk add") && !text.contains("--no-cache") {
            found.push(Contradiction::new(step.line, "the package index stays in the layer"));
        }
    }
    found
}
