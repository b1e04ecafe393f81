//! Base images: tags, digests and facts, embedded from `catalog/`.

pub mod packages;
mod pinned;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::error::{Error, Exit, Result};
pub use packages::package;
pub use pinned::{PinnedImage, is_digest, short};

static CATALOG: LazyLock<std::result::Result<Catalog, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../catalog/images.toml")).map_err(|error| error.to_string())
});

static VARIANTS: LazyLock<std::result::Result<Variants, String>> =
    LazyLock::new(|| toml::from_str(include_str!("../../catalog/variants.toml")).map_err(|error| error.to_string()));

/// First versions by distribution, repository and release line.
type Variants = BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>;

/// The embedded images.
#[derive(Debug, Deserialize)]
pub struct Catalog {
    /// The day it was made, `YYYY-MM-DD`.
    pub generated: String,
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
    /// Floating tag of the same line.
    pub floating: String,
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
    /// When it was seen: `YYYY-MM-DD`, or a month, or a year.
    pub observed: String,
    /// `build`, `runtime`, `any` or `tool`.
    pub role: String,
    /// `os/architecture[/variant]` of each part of the index.
    pub platforms: Vec<String>,
}

impl Image {
    /// Whether a default may use it: supported, with a digest that more than one source confirms. Where the newest patch
    /// of a line has no such digest, the preferred one is an earlier patch.
    pub fn is_default(&self) -> bool {
        self.preferred && self.status != "eol" && !self.digest.is_empty() && self.evidence != "public-pin-single"
    }

    /// Last part of the repository.
    pub fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
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
    /// Release line as leading version parts, empty for any; or one exact version, as [`Catalog::exact`] gave it.
    pub line: &'a str,
}

impl Catalog {
    /// The embedded catalog.
    ///
    /// # Errors
    /// Only when the embedded data is broken, which a test rules out.
    pub fn embedded() -> Result<&'static Self> {
        CATALOG.as_ref().map_err(|error| Error::bug(format!("the embedded catalog is broken: {error}")))
    }

    /// Every row.
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// The image for a query, pinned. An exact version that the catalog does not have keeps its tag and has no digest yet.
    ///
    /// # Errors
    /// Exit 4 when there is none with a confirmed digest.
    pub fn pinned(&self, query: Query<'_>) -> Result<PinnedImage> {
        let listed = self.default_image(query).and_then(Image::pinned);
        listed.or_else(|| self.unlisted(query)).ok_or_else(|| {
            Error::new(
                Exit::Unsupported,
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
            .filter(|image| image.name() == name)
            .map(|image| image.version.as_str())
            .collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version_key(version)));
        versions.dedup();
        versions
    }

    /// The exact version that a wish names (`22.19.0`, `v22.19.0`, `==3.13.7`), where an image of it is known to be published:
    /// on a supported line, and not before the distribution's release. `None` for ranges and lines, and where the newest of
    /// the line must do.
    pub fn exact<'w>(&self, query: Query<'_>, wish: &'w str) -> Option<&'w str> {
        let version = wish.trim().trim_start_matches(['=', 'v', ' ']);
        let query = Query { line: version, ..query };
        (is_exact(version) && (self.default_image(query).is_some() || self.unlisted(query).is_some())).then_some(version)
    }

    /// An exact version that is not listed: the tag of its line's default, with the version exchanged.
    fn unlisted(&self, query: Query<'_>) -> Option<PinnedImage> {
        let line = is_exact(query.line).then(|| line_of(query.name, query.distro, query.line)).flatten()?;
        let image = self.default_image(Query { line, ..query })?;
        let rest = image.tag.strip_prefix(&image.version)?;
        Some(PinnedImage::without_digest(&image.repository, &format!("{}{rest}", query.line)))
    }

    /// What a pull of an image costs: compressed, amd64, in MB. Where nobody measured this one, what the nearest version of the
    /// same repository, flavour and distribution costs; patches differ by some percent.
    pub fn megabytes(&self, reference: &str) -> Option<f64> {
        let name = reference.split('@').next()?;
        let own = self.images.iter().find(|image| name.strip_prefix(short(&image.repository)) == Some(&format!(":{}", image.tag)))?;
        let same = |image: &&Image| image.repository == own.repository && image.flavor == own.flavor && image.distro == own.distro;
        let measured = self.images.iter().filter(same).filter(|image| image.compressed_mb_amd64 > 0.0);
        let common = |image: &&Image| {
            let (one, other) = (version_key(&image.version), version_key(&own.version));
            one.iter().zip(&other).take_while(|(one, other)| one == other).count() + usize::from(image.tag == own.tag)
        };
        measured.max_by_key(common).map(|image| image.compressed_mb_amd64)
    }

    /// The default image for a query, newest version first.
    pub fn default_image(&self, query: Query<'_>) -> Option<&Image> {
        self.images
            .iter()
            .filter(|image| image.is_default())
            .filter(|image| image.name() == query.name)
            .filter(|image| image.flavor == query.flavor)
            .filter(|image| query.distro.is_empty() || image.distro == query.distro)
            .filter(|image| in_line(&image.version, query.line))
            .max_by_key(|image| version_key(&image.version))
    }
}

/// Whether `version` lies on the release line `line` (`24` holds `24.21.0`, and `8` Java's `8u502`; an empty line holds all).
pub fn in_line(version: &str, line: &str) -> bool {
    line.is_empty() || version == line || version.strip_prefix(line).is_some_and(|rest| rest.starts_with(['.', 'u']))
}

/// The version in a newer tag, where the old one began with the old version: `24.22.0` of `24.22.0-trixie-slim`.
pub fn version_of(old_tag: &str, old_version: &str, tag: &str) -> Option<String> {
    let rest = old_tag.strip_prefix(old_version)?;
    tag.strip_suffix(rest).filter(|version| !version.is_empty()).map(str::to_owned)
}

/// Whether it is one version: three numbers and nothing else.
pub fn is_exact(version: &str) -> bool {
    version.split('.').count() == 3 && version.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The release line of an exact version, if images of that version were published on the distribution's release.
fn line_of<'v>(name: &str, distro: &str, version: &'v str) -> Option<&'v str> {
    let lines = VARIANTS.as_ref().ok()?.get(distro)?.get(name)?;
    if let Some((line, first)) = lines.iter().find(|(line, _)| in_line(version, line)) {
        return (version_key(version) >= version_key(first)).then(|| &version[..line.len()]);
    }
    // A line that began after all of those had images on this release from the start; lines are written alike.
    let newest = lines.keys().max_by_key(|line| version_key(line))?;
    let end = version.match_indices('.').map(|(at, _)| at).nth(newest.matches('.').count())?;
    (version_key(&version[..end]) > version_key(newest)).then(|| &version[..end])
}

/// Numbers of a version, for comparing; what is no number ends it.
pub fn version_key(version: &str) -> Vec<u64> {
    version.split(['.', '_', '+', '-']).map_while(|part| part.parse().ok()).collect()
}
