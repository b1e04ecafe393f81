//! Base images: tags, digests and facts, embedded from `catalog/images.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

static CATALOG: LazyLock<Result<Catalog, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../catalog/images.toml")).map_err(|error| error.to_string())
});

static PACKAGES: LazyLock<Result<BTreeMap<String, BTreeMap<String, String>>, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../catalog/packages.toml")).map_err(|error| error.to_string())
});

/// An OS package, pinned to a release line: `libpq5=17.*`.
///
/// # Errors
/// A package that `catalog/packages.toml` does not have for this distribution is a bug.
pub fn package(distro: &str, name: &str) -> crate::error::Result<String> {
    let packages =
        PACKAGES.as_ref().map_err(|error| crate::error::Error::bug(format!("the package table is broken: {error}")))?;
    let version = packages.get(distro).and_then(|packages| packages.get(name)).ok_or_else(|| {
        crate::error::Error::bug(format!("the package table has no `{name}` for `{distro}`"))
    })?;
    Ok(format!("{name}={version}"))
}

/// The embedded images.
#[derive(Debug, Deserialize)]
pub struct Catalog {
    #[serde(rename = "image")]
    images: Vec<Image>,
}

/// One row of the catalog. The fields are described in the catalog's own header.
#[derive(Debug, Clone, Deserialize)]
pub struct Image {
    /// Full reference, registry included.
    pub repository: String,
    /// The most specific tag tied to the digest.
    pub tag: String,
    /// Index digest, empty when unknown.
    pub digest: String,
    /// Language or tool.
    pub language: String,
    /// Version of the language or tool.
    pub version: String,
    /// slim, alpine, distroless, full, ...
    pub flavor: String,
    /// Distribution release, e.g. `trixie`.
    pub distro: String,
    /// Compressed download in MB (10^6 bytes), amd64; 0 when unknown.
    pub compressed_mb_amd64: f64,
    /// End of life of the language line.
    pub eol: String,
    /// current, superseded or eol.
    pub status: String,
    /// The best pick of its line, flavour and distribution.
    pub preferred: bool,
    /// How the digest is known.
    pub evidence: String,
}

impl Image {
    /// Whether a default may use it: supported, with a digest that more than one source confirms. Where the newest patch
    /// of a line has no such digest, the preferred one is an earlier patch.
    pub fn is_default(&self) -> bool {
        self.preferred && self.status != "eol" && !self.digest.is_empty() && self.evidence != "public-pin-single"
    }

    /// The image with its digest.
    pub fn pinned(&self) -> Option<PinnedImage> {
        PinnedImage::new(&self.repository, &self.tag, &self.digest)
    }
}

/// What to look for in the catalog.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Last part of the repository, e.g. `node` or `nodejs24-debian13`.
    pub name: &'a str,
    /// Flavour, e.g. `slim`.
    pub flavor: &'a str,
    /// Distribution, empty for any.
    pub distro: &'a str,
    /// Release line as leading version parts, empty for any.
    pub line: &'a str,
}

impl Catalog {
    /// The embedded catalog.
    ///
    /// # Errors
    /// Only when the embedded data is broken, which a test rules out.
    pub fn embedded() -> crate::error::Result<&'static Self> {
        CATALOG.as_ref().map_err(|error| crate::error::Error::bug(format!("the embedded catalog is broken: {error}")))
    }

    /// Every row.
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// The default image for a query, pinned.
    ///
    /// # Errors
    /// Exit 4 when there is none with a confirmed digest.
    pub fn pinned(&self, query: Query<'_>) -> crate::error::Result<PinnedImage> {
        self.default_image(query).and_then(Image::pinned).ok_or_else(|| {
            crate::error::Error::new(
                crate::error::Exit::Unsupported,
                format!("the catalog has no confirmed {} image of `{}` {}", query.flavor, query.name, query.line),
            )
            .hint("pass `--set version=` with a supported release line, or another `--set base=`")
        })
    }

    /// Versions with a default image, newest first: what a range is solved against.
    pub fn versions(&self, name: &str, flavor: &str) -> Vec<&str> {
        let mut versions: Vec<&str> = self
            .images
            .iter()
            .filter(|image| image.is_default() && image.flavor == flavor)
            .filter(|image| image.repository.rsplit('/').next() == Some(name))
            .map(|image| image.version.as_str())
            .collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version_key(version)));
        versions.dedup();
        versions
    }

    /// The default image for a query, newest version first.
    pub fn default_image(&self, query: Query<'_>) -> Option<&Image> {
        self.images
            .iter()
            .filter(|image| image.is_default())
            .filter(|image| image.repository.rsplit('/').next() == Some(query.name))
            .filter(|image| image.flavor == query.flavor)
            .filter(|image| query.distro.is_empty() || image.distro == query.distro)
            .filter(|image| in_line(&image.version, query.line))
            .max_by_key(|image| version_key(&image.version))
    }
}

/// Whether `version` lies on the release line `line` (`24` holds `24.21.0`; an empty line holds all).
pub fn in_line(version: &str, line: &str) -> bool {
    line.is_empty() || version == line || version.strip_prefix(line).is_some_and(|rest| rest.starts_with('.'))
}

/// Numbers of a version, for comparing; what is no number ends it.
pub fn version_key(version: &str) -> Vec<u64> {
    version.split(['.', '_', '+', '-']).map_while(|part| part.parse().ok()).collect()
}

/// An image with tag and digest. There is no way to make one without a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinnedImage {
    /// `name:tag@sha256:...`, as a `FROM` line says it.
    reference: String,
}

impl PinnedImage {
    /// `None` unless the digest is a whole sha256.
    pub fn new(repository: &str, tag: &str, digest: &str) -> Option<Self> {
        let hex = digest.strip_prefix("sha256:")?;
        (hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) && !tag.is_empty()).then(|| {
            let short = repository.strip_prefix("docker.io/library/").or_else(|| repository.strip_prefix("docker.io/"));
            Self { reference: format!("{}:{tag}@{digest}", short.unwrap_or(repository)) }
        })
    }

    /// `name:tag@sha256:...`.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalog_is_sound() {
        let catalog = Catalog::embedded().expect("it parses");
        for image in catalog.images() {
            if !image.digest.is_empty() {
                assert!(image.pinned().is_some(), "{}:{} has a malformed digest", image.repository, image.tag);
            }
        }
    }

    #[test]
    fn a_line_is_numeric_not_textual() {
        assert!(in_line("24.21.0", "24"));
        assert!(!in_line("240.1.0", "24"));
    }
}
