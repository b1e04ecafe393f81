//! Items 8 and 9: what the build sees, and in which order.

use crate::dockerfile::shell::commands;
use super::{ContainerFile, Judged, Subject};
use crate::dockerfile::{Copy, Kind, mount_option};

/// Paths that no build needs, and what says that they may be there.
const OUTSIDE: &[(&str, &str)] = &[(".git/config", ""), (".env", ""), ("node_modules/x/index.js", "package.json"), (".venv/lib/x.py", "requirements.txt")];

/// Item 8.
pub fn dockerignore(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    for container in &subject.dockerfiles {
        let broad = container.file.stages.iter().flat_map(|stage| &stage.steps).find(|step| is_broad_copy(&step.kind)).map(|step| step.line);
        let Some((path, matcher)) = &container.ignore else {
            match broad {
                Some(line) => judged.error(container.at(line), "everything is copied, and there is no `.dockerignore`", "add one that keeps out .git, .env files, and what is installed or built"),
                None => judged.warning(super::Spot::new(&container.path, None), "there is no `.dockerignore`", "add one: what is sent to the builder is then small, and secrets stay out"),
            }
            continue;
        };
        let at = super::Spot::new(path, None);
        let open: Vec<&str> = OUTSIDE
            .iter()
            .filter(|(file, manifest)| (manifest.is_empty() || subject.project.has(manifest)) && !matcher.excludes(file))
            .map(|(file, _)| file.split('/').next().unwrap_or(file))
            .collect();
        match (open.is_empty(), broad) {
            (false, Some(_)) => judged.warning(at, format!("`{}` would be copied into the image", open.join("`, `")), "add a line for each"),
            _ => judged.met(at),
        }
    }
    judged
}

/// Item 9.
pub fn cache_order(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    for container in &subject.dockerfiles {
        let before = judged.findings.len();
        for index in 0..container.file.stages.len() {
            stage(container, index, &mut judged);
        }
        if judged.findings.len() == before {
            judged.met(super::Spot::new(&container.path, None));
        }
    }
    judged
}

fn stage(container: &ContainerFile, index: usize, judged: &mut Judged) {
    let mut copied = None;
    let mut installed = false;
    for step in &container.file.stages[index].steps {
        if is_broad_copy(&step.kind) {
            copied.get_or_insert(step.line);
        }
        let Kind::Run { mounts, command } = &step.kind else { continue };
        let text = command.text();
        let cached = mounts.iter().any(|mount| mount_option(mount, "type") == Some("cache"));
        for command in commands(&text) {
            let downloads = ["go", "cargo", "mvn", "mvnw", "gradle", "gradlew", "dotnet"].contains(&command.program);
            match copied {
                None => installed |= command.installs() || (downloads && command.builds()),
                // Installed before from the manifests alone: this one finds everything there.
                Some(_) if installed => {}
                Some(line) if command.installs() => {
                    judged.error(container.at(step.line), format!("`{} {}` runs after the sources were copied (line {line})", command.program, command.verb()), "copy the manifest and the lockfile first, install, and then copy the sources");
                    return;
                }
                Some(_) if command.builds() && downloads && !cached => {
                    judged.warning(container.at(step.line), format!("`{}` downloads all dependencies again after every change", command.program), "download them in a step before the sources are copied, or keep them in a cache mount");
                    return;
                }
                Some(line) if command.installs_packages() => {
                    judged.warning(container.at(step.line), format!("OS packages are installed after the sources were copied (line {line})"), "move this step above the copy");
                    return;
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether a step takes everything: `COPY . .`, or a whole folder into the working directory.
fn is_broad_copy(kind: &Kind) -> bool {
    let (Kind::Copy(Copy { from: None, sources, target, .. }) | Kind::Add(Copy { from: None, sources, target, .. })) = kind else { return false };
    let here = |path: &str| matches!(path, "." | "./");
    sources.iter().any(|source| here(source) || matches!(source.as_str(), "*" | "./*" | "/") || (source.ends_with('/') && here(target)))
}
