//! What a tag points to: an index of platforms, or one manifest alone.

use serde::Deserialize;

/// What is asked for: an index before a single manifest.
pub const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json;q=0.5, application/vnd.docker.distribution.manifest.v2+json;q=0.5";

/// An index or a manifest, as far as it matters here.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// The parts of an index.
    manifests: Option<Vec<Part>>,
    /// The configuration of a single image.
    pub config: Option<Blob>,
    /// The layers of a single image.
    #[serde(default)]
    layers: Vec<Blob>,
}

/// A blob that a manifest names.
#[derive(Debug, Deserialize)]
pub struct Blob {
    /// Its digest.
    pub digest: String,
    /// Bytes, compressed.
    #[serde(default)]
    size: u64,
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    digest: String,
    platform: Option<Platform>,
}

/// Where an image runs; the configuration of a single image has the same names.
#[derive(Debug, Deserialize)]
pub struct Platform {
    os: String,
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

impl Platform {
    /// `linux/amd64`, `linux/arm/v7`. The variant of arm64 is always v8 and not said.
    pub fn name(&self) -> String {
        match self.variant.as_deref().filter(|variant| !variant.is_empty() && self.architecture != "arm64") {
            Some(variant) => format!("{}/{}/{variant}", self.os, self.architecture),
            None => format!("{}/{}", self.os, self.architecture),
        }
    }
}

impl Manifest {
    /// The digest of an index's part for a platform.
    pub fn part(&self, platform: &str) -> Option<&str> {
        let own = |part: &&Part| part.platform.as_ref().is_some_and(|own| own.name() == platform);
        self.manifests.iter().flatten().find(own).map(|part| part.digest.as_str())
    }

    /// Bytes of the layers, compressed.
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }

    /// The platforms of an index, `None` for a single manifest. Attestations are parts for `unknown/unknown`.
    pub fn platforms(&self) -> Option<Vec<String>> {
        let parts = self.manifests.as_ref()?;
        let mut platforms: Vec<String> = parts.iter().filter_map(|part| part.platform.as_ref()).map(Platform::name).collect();
        platforms.retain(|name| name != "unknown/unknown");
        platforms.sort();
        platforms.dedup();
        Some(platforms)
    }
}

/// The platforms that are wanted and not there. `linux/arm` is any of its variants.
pub fn missing<'w>(wanted: &'w [String], there: &[String]) -> Vec<&'w str> {
    let has = |wanted: &str| there.iter().any(|name| name == wanted || name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/')));
    wanted.iter().map(String::as_str).filter(|name| !has(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_platforms_and_attestations_are_none() {
        let index = r#"{"manifests": [
            {"platform": {"os": "linux", "architecture": "amd64"}},
            {"platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
            {"platform": {"os": "linux", "architecture": "arm", "variant": "v7"}},
            {"platform": {"os": "unknown", "architecture": "unknown"}}]}"#;
        let platforms = serde_json::from_str::<Manifest>(index).unwrap().platforms().unwrap();
        assert_eq!(platforms, ["linux/amd64", "linux/arm/v7", "linux/arm64"]);
        let wanted = ["linux/amd64", "linux/arm", "linux/s390x"].map(str::to_owned);
        assert_eq!(missing(&wanted, &platforms), ["linux/s390x"]);
        assert!(serde_json::from_str::<Manifest>(r#"{"config": {"digest": "sha256:1"}}"#).unwrap().platforms().is_none());
        assert_eq!(serde_json::from_str::<Manifest>(r#"{"manifests": []}"#).unwrap().platforms(), Some(vec![]));
    }
}
