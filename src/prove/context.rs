//! What holds between the Dockerfile, the `.dockerignore` and the project.

use super::{Contradiction, Evidence};
use crate::dockerfile::{Kind, mount_option as option};
use crate::dockerignore::Matcher;

/// What is copied from the project exists there, and `.dockerignore` leaves it in.
pub(super) fn sources_exist(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for step in evidence.file.stages.iter().flat_map(|stage| &stage.steps) {
        let sources: Vec<&str> = match &step.kind {
            Kind::Copy(copy) if copy.from.is_none() => copy.sources.iter().map(String::as_str).collect(),
            Kind::Run { mounts, .. } => mounts
                .iter()
                .filter(|mount| option(mount, "from").is_none() && option(mount, "type") == Some("bind"))
                .filter_map(|mount| option(mount, "source").or_else(|| option(mount, "src")))
                .collect(),
            _ => continue,
        };
        found.extend(sources.iter().filter_map(|source| missing(evidence, source)).map(|what| Contradiction::new(step.line, what)));
    }
    found
}

/// Why a source of `COPY` would not be there, or `None` when it would.
fn missing(evidence: &Evidence<'_>, source: &str) -> Option<String> {
    let path = source.trim_start_matches("./").trim_matches('/');
    if path.is_empty() || path == "." {
        return None;
    }
    let Some(files) = files_of(evidence, path) else {
        return Some(format!("`{source}` is copied, and the project has no such file"));
    };
    let kept = files.iter().any(|file| !evidence.ignored.excludes(file));
    (!kept).then(|| format!("`{source}` is copied, and `.dockerignore` keeps it away"))
}

/// The project's files that a source means; `None` when there are none. A pattern may mean none.
fn files_of(evidence: &Evidence<'_>, path: &str) -> Option<Vec<String>> {
    if evidence.project.has(path) {
        return Some(vec![path.to_owned()]);
    }
    let prefix = format!("{path}/");
    let below: Vec<String> = evidence.project.files_below(path).filter(|file| file.starts_with(&prefix)).map(str::to_owned).collect();
    if !below.is_empty() {
        return Some(below);
    }
    if path.contains(['*', '?', '[']) {
        // The same rules of matching as in `.dockerignore`, up to the folder.
        let pattern = Matcher::new(path).ok()?;
        let matched: Vec<String> = evidence.project.files().filter(|file| pattern.excludes(file)).map(str::to_owned).collect();
        // The builder lets a pattern match nothing: a lockfile that may be there.
        return Some(if matched.is_empty() { vec![String::new()] } else { matched });
    }
    // Folders of installed things are not walked; the disk knows.
    evidence.project.exists(path).then(|| vec![path.to_owned()])
}

/// What the plan says is copied survives `.dockerignore`.
pub(super) fn copied_survive(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    evidence
        .plan
        .copied
        .iter()
        .filter(|path| evidence.project.has(path) && evidence.ignored.excludes(path))
        .map(|path| Contradiction::new(1, format!("the build needs `{path}`, and `.dockerignore` keeps it away")))
        .collect()
}

/// A file of secrets never reaches the build.
pub(super) fn secrets_stay_out(evidence: &Evidence<'_>) -> Vec<Contradiction> {
    [".env", ".env.local", ".npmrc.local", "id_rsa", "id_ed25519", ".netrc"]
        .iter()
        .filter(|path| evidence.project.has(path) && !evidence.ignored.excludes(path) && !evidence.plan.copied.iter().any(|copied| copied == *path))
        .filter(|path| !crate::dockerignore::is_public(evidence.project, path))
        .map(|path| Contradiction::new(1, format!("`{path}` holds secrets, and `.dockerignore` lets it into the build")))
        .collect()
}
