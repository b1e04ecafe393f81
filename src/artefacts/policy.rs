//! `policy/`: the cluster refuses images that the CI has not signed. The identity is exactly that of the CI's own file.

use tera::Context;

use super::ci::Identity;
use super::{WHOLE, file};
use crate::deployment::Deployment;
use crate::error::{Error, Exit, Result};
use crate::render::RenderedFile;

/// The two policies; none without services.
///
/// # Errors
/// Exit 3 when nothing says which repository signs.
pub(super) fn render(deployments: &[&Deployment]) -> Result<Vec<RenderedFile>> {
    let Some(first) = deployments.first() else { return Ok(Vec::new()) };
    let identity = match (first.signing.as_str(), Identity::of(first)) {
        ("cosign-key", _) => None,
        ("notation", _) => {
            return Err(Error::new(Exit::Usage, "the policies are those of cosign, and `signing` is notation")
                .hint("leave `policy` away, or sign with `cosign` or `cosign-key`"));
        }
        (_, None) => {
            return Err(Error::new(Exit::AnswerMissing, "nothing says which repository signs the images, so no policy can name it")
                .hint("pass `--set repository=github.com/OWNER/NAME`"));
        }
        (_, identity) => identity,
    };
    let mut context = Context::new();
    context.insert("identity", &identity);
    context.insert("images", &deployments.iter().map(|deployment| &deployment.image.name).collect::<Vec<_>>());
    context.insert("name", &first.namespace);
    let service = if deployments.len() == 1 { first.service.as_str() } else { WHOLE };
    ["cluster-image-policy", "kyverno"]
        .into_iter()
        .map(|name| file(format!("policy/{name}.yaml"), service, &format!("policy/{name}.yaml"), &context))
        .collect()
}
