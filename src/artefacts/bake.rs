//! `docker-bake.hcl`: all images in one build.

use tera::Context;

use super::{WHOLE, file};
use crate::deployment::Deployment;
use crate::error::Result;
use crate::render::RenderedFile;

/// The file; none without services.
///
/// # Errors
/// A template that fails is a bug.
pub(super) fn render(deployments: &[&Deployment]) -> Result<Option<RenderedFile>> {
    let Some(first) = deployments.first() else { return Ok(None) };
    let mut context = Context::new();
    context.insert("services", deployments);
    let service = if deployments.len() == 1 { first.service.as_str() } else { WHOLE };
    file("docker-bake.hcl".to_owned(), service, "docker-bake.hcl", &context).map(Some)
}
