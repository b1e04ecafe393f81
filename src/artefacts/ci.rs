//! The pipeline: lint, build, scan, publish with SBOM and provenance, sign, verify, deploy. The scan holds no credentials, and
//! what is published is signed in the same job, so that nothing can be swapped in between.

use serde::Serialize;
use tera::Context;

use super::{WHOLE, file};
use crate::catalog::Catalog;
use crate::deployment::Deployment;
use crate::error::{Error, Exit, Result};
use crate::languages::Kind;
use crate::project::join;
use crate::render::RenderedFile;

/// Where GitHub looks for workflows.
const GITHUB: &str = ".github/workflows/container.yml";

/// Snyk's command line, from npm.
const SNYK: &str = "1.1307.4";

/// Who signs: what the certificate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Identity {
    /// Who vouches for it.
    pub issuer: &'static str,
    /// The pipeline's file at the released branch.
    pub subject: String,
}

impl Identity {
    /// `None` when nothing says which repository it is.
    pub(super) fn of(deployment: &Deployment) -> Option<Self> {
        let repository = deployment.image.repository.as_ref()?;
        let branch = &deployment.image.tag;
        Some(match deployment.ci.as_str() {
            "gitlab" => Self { issuer: "https://gitlab.com", subject: format!("https://{repository}//.gitlab-ci.yml@refs/heads/{branch}") },
            _ => Self {
                issuer: "https://token.actions.githubusercontent.com",
                subject: format!("https://{repository}/{GITHUB}@refs/heads/{branch}"),
            },
        })
    }
}

/// One service, with the names of its jobs.
#[derive(Serialize)]
struct Job<'d> {
    d: &'d Deployment,
    /// Put after the names of jobs; empty where there is one service.
    suffix: String,
    /// Dockerfile, relative to the project.
    dockerfile: String,
    /// Overlay that gets the digest.
    overlay: String,
    /// Host of the image's registry.
    registry: String,
    /// Whether there is a rollout to wait for.
    rollout: bool,
}

/// The pipeline with its files; none without services.
///
/// # Errors
/// Exit 2 for what a provider cannot do.
pub(super) fn render(deployments: &[&Deployment]) -> Result<Vec<RenderedFile>> {
    let Some(first) = deployments.first() else { return Ok(Vec::new()) };
    let service = if deployments.len() == 1 { first.service.as_str() } else { WHOLE };
    let jobs: Vec<Job<'_>> = deployments
        .iter()
        .map(|d| Job {
            d,
            suffix: if deployments.len() == 1 { String::new() } else { format!("-{}", d.name) },
            dockerfile: join(&d.context, &d.dockerfile),
            overlay: join(&d.dir, "k8s-overlays/production"),
            registry: if d.image.known { d.image.name.split('/').next().unwrap_or_default().to_owned() } else { "ghcr.io".to_owned() },
            rollout: !matches!(d.kind, Kind::Job | Kind::Cli),
        })
        .collect();
    if first.signing == "notation" {
        return Err(Error::new(Exit::Unsupported, "notation's action is in no list of reviewed pins, so no pipeline with it is written")
            .hint("sign with `--set signing=cosign` or `--set signing=cosign-key`"));
    }
    let mut context = Context::new();
    context.insert("jobs", &jobs);
    context.insert("several", &(jobs.len() > 1));
    context.insert("branch", &first.image.tag);
    context.insert("scanner", &first.scanner);
    context.insert("keyless", &(first.signing == "cosign"));
    context.insert("snyk_version", SNYK);
    context.insert("trivy", &tool("docker.io/aquasec/trivy")?);
    context.insert("known", &first.image.known);
    context.insert("folders", &folders(&jobs));
    let mut files = match first.ci.as_str() {
        "gitlab" => vec![file(".gitlab-ci.yml".to_owned(), service, "ci/gitlab-ci.yml", &context)?],
        _ => vec![
            file(GITHUB.to_owned(), service, "ci/container.yml", &context)?,
            file(".github/dependabot.yml".to_owned(), service, "ci/dependabot.yml", &context)?,
        ],
    };
    let ignore = match first.scanner.as_str() {
        "grype" => ".grype.yaml",
        "snyk" => ".snyk",
        "scout" => "",
        _ => ".trivyignore.yaml",
    };
    if !ignore.is_empty() {
        files.push(file(ignore.to_owned(), service, &format!("ci/{}", ignore.trim_start_matches('.')), &context)?);
    }
    files.push(file("renovate.json".to_owned(), service, "ci/renovate.json", &context)?);
    Ok(files)
}

/// A tool's image, pinned by the catalog.
fn tool(repository: &str) -> Result<String> {
    let image = Catalog::embedded()?.images().iter().find(|image| image.repository == repository).and_then(crate::catalog::Image::pinned);
    image.map(|image| image.reference().to_owned()).ok_or_else(|| Error::bug(format!("the catalog has no `{repository}`")))
}

/// Folders with Dockerfiles, as Dependabot wants them.
fn folders(jobs: &[Job<'_>]) -> Vec<String> {
    let mut folders: Vec<String> = jobs
        .iter()
        .map(|job| job.dockerfile.rsplit_once('/').map_or("/".to_owned(), |(folder, _)| format!("/{folder}")))
        .collect();
    folders.sort();
    folders.dedup();
    folders
}
