//! The image that a `FROM` line names.

use serde::Serialize;

/// An image with tag and digest. Only the catalog can make one without a digest: an exact version that the project asks for
/// and whose digest nobody has seen yet ([`PinnedImage::has_digest`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinnedImage {
    /// `name:tag@sha256:...`, as a `FROM` line says it.
    reference: String,
}

impl PinnedImage {
    /// `None` unless the digest is a whole sha256.
    pub fn new(repository: &str, tag: &str, digest: &str) -> Option<Self> {
        (is_digest(digest) && !tag.is_empty()).then(|| Self { reference: format!("{}:{tag}@{digest}", short(repository)) })
    }

    /// A tag that names one exact version, to be resolved by `dockwright pin`.
    pub(super) fn without_digest(repository: &str, tag: &str) -> Self {
        Self { reference: format!("{}:{tag}", short(repository)) }
    }

    /// `name:tag@sha256:...`.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Whether it has a digest; without, the report says that `pin` will add it.
    pub fn has_digest(&self) -> bool {
        self.reference.contains('@')
    }
}

/// Whether the text is a whole sha256 digest.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// A repository as people write it: without the registry and folder that are the default.
pub fn short(repository: &str) -> &str {
    repository.strip_prefix("docker.io/library/").or_else(|| repository.strip_prefix("docker.io/")).unwrap_or(repository)
}
