//! Which artefacts are written (`--emit dockerfile,k8s`, `--emit +compose`, `--emit -k8s`), and one file for each family.
//! What belongs to one service is rendered from its [`Deployment`]; what belongs to the whole, from those of all services.

mod bake;
mod ci;
mod compose;
mod kubernetes;
mod policy;

use crate::deployment::Deployment;
use crate::error::{Error, Result};
use crate::render::{self, RenderedFile};
use crate::settings::unknown;

/// What can be written.
const KNOWN: &[&str] = &["dockerfile", "dockerignore", "k8s", "compose", "ci", "bake", "policy"];
/// The service that files of the whole project belong to.
pub const WHOLE: &str = "";
/// What is written when nobody says.
const DEFAULT: &[&str] = &["dockerfile", "dockerignore", "k8s"];

/// The artefacts of a list; the default without one.
///
/// # Errors
/// Exit 2 for a name that is unknown.
pub fn select(list: Option<&str>) -> Result<Vec<&'static str>> {
    let words: Vec<&str> = list.unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let changes_default = words.iter().all(|word| word.starts_with(['+', '-']));
    let mut selected: Vec<&'static str> = if changes_default { DEFAULT.to_vec() } else { Vec::new() };
    for word in words {
        let name = word.trim_start_matches(['+', '-']);
        match (KNOWN.iter().find(|known| **known == name), word.starts_with('-')) {
            (None, _) => return Err(unknown("artefact", name, KNOWN)),
            (Some(known), true) => selected.retain(|artefact| artefact != known),
            (Some(known), false) if !selected.contains(known) => selected.push(known),
            _ => {}
        }
    }
    Ok(selected)
}

/// The artefact that a file belongs to.
pub fn of(path: &str) -> Option<&'static str> {
    match path.rsplit('/').next()? {
        "Dockerfile" => Some("dockerfile"),
        ".dockerignore" | "Dockerfile.dockerignore" => Some("dockerignore"),
        "compose.yaml" => Some("compose"),
        "docker-bake.hcl" => Some("bake"),
        "container.yml" | ".gitlab-ci.yml" | ".trivyignore.yaml" | ".grype.yaml" | ".snyk" | "scout.vex.json" | "renovate.json" | "dependabot.yml" => Some("ci"),
        _ if path.starts_with("policy/") => Some("policy"),
        _ if path.split('/').any(|part| part == "k8s" || part == "k8s-overlays") => Some("k8s"),
        _ => None,
    }
}

/// The files of one service beside its Dockerfile, with paths relative to the project.
///
/// # Errors
/// A template that fails is a bug.
pub fn of_service(deployment: &Deployment, emit: &[&str]) -> Result<Vec<RenderedFile>> {
    if emit.contains(&"k8s") { kubernetes::render(deployment, emit.contains(&"policy")) } else { Ok(Vec::new()) }
}

/// The files of the whole project, with paths relative to it: from the deployments of all services, each with its artefacts.
///
/// # Errors
/// A template that fails is a bug.
pub fn of_whole(services: &[(Deployment, Vec<&'static str>)]) -> Result<Vec<RenderedFile>> {
    let of = |artefact: &str| services.iter().filter(|(_, emit)| emit.contains(&artefact)).map(|(deployment, _)| deployment).collect::<Vec<_>>();
    let mut files = Vec::new();
    files.extend(compose::render(&of("compose"))?);
    files.extend(bake::render(&of("bake"))?);
    files.extend(ci::render(&of("ci"))?);
    files.extend(policy::render(&of("policy"))?);
    Ok(files)
}

/// Renders one file.
fn file(path: String, service: &str, template: &str, context: &tera::Context) -> Result<RenderedFile> {
    let text = render::template_text(template, context)?;
    if text.trim().is_empty() {
        return Err(Error::bug(format!("template `{template}` makes nothing")));
    }
    Ok(RenderedFile { path, service: service.to_owned(), text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exit;

    #[test]
    fn a_list_replaces_the_default_and_signs_change_it() {
        assert_eq!(select(None).unwrap(), ["dockerfile", "dockerignore", "k8s"]);
        assert_eq!(select(Some("dockerfile")).unwrap(), ["dockerfile"]);
        assert_eq!(select(Some("-dockerignore,+ci")).unwrap(), ["dockerfile", "k8s", "ci"]);
        assert_eq!(select(Some("dockerfle")).unwrap_err().exit, Exit::Usage);
        assert_eq!(select(Some("+k9s")).unwrap_err().exit, Exit::Usage);
    }
}
