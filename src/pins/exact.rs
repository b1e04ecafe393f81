//! Exact versions of OS packages, with a source that has just these for ever: Debian's snapshot of one day.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::catalog::packages;
use crate::dockerfile;

/// `"libpq5=17.*"` in the words of `apt-get install`.
static PACKAGE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""(?P<name>[a-z0-9][a-z0-9.+-]+)=(?P<version>[^"\s]+)""#).ok());
/// The day of a snapshot in a file that was made exact before.
static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(snapshot\.debian\.org/archive/\\1/)\d{8}T\d{6}Z").ok());

/// A package as a Dockerfile installs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Debian's release.
    pub distro: String,
    /// Name.
    pub name: String,
    /// Version as it is written.
    pub version: String,
    /// Line, from 1.
    pub line: usize,
}

/// The packages of stages on a release of Debian that `catalog/packages.toml` knows.
pub fn packages_of(text: &str) -> Vec<Package> {
    let (Some(pattern), Ok(file)) = (PACKAGE.as_ref(), dockerfile::read(text)) else { return Vec::new() };
    let mut found = Vec::new();
    let mut distro = None;
    let mut of_stages: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(stage) = file.stages.iter().position(|stage| stage.line == index + 1) {
            let image = file.image_at(stage);
            let known = || packages::distros().into_iter().find(|distro| image.contains(*distro));
            distro = of_stages.get(image.as_str()).copied().unwrap_or_else(known);
            of_stages.extend(file.stages[stage].name.as_deref().map(|name| (name, distro)));
        }
        let Some(distro) = distro else { continue };
        found.extend(pattern.captures_iter(line).map(|package| Package {
            distro: distro.to_owned(),
            name: package["name"].to_owned(),
            version: package["version"].to_owned(),
            line: index + 1,
        }));
    }
    found
}

/// The release line that a package is kept to: the catalog's, else the one that is written.
pub fn line(package: &Package) -> String {
    packages::package(&package.distro, &package.name)
        .ok()
        .and_then(|pinned| pinned.split_once('=').map(|(_, line)| line.to_owned()))
        .unwrap_or_else(|| package.version.clone())
}

/// The text with these versions, by release and name, and every list of packages as it was on that day (`20261124T000000Z`).
pub fn exact(text: &str, versions: &BTreeMap<(String, String), String>, day: &str) -> String {
    let (Some(pattern), Some(dated)) = (PACKAGE.as_ref(), DAY.as_ref()) else { return text.to_owned() };
    let packages = packages_of(text);
    let mut out = String::new();
    let source = format!(
        "sed -Ei 's#deb\\.debian\\.org/(debian(-security)?)/?$#snapshot.debian.org/archive/\\1/{day}#' /etc/apt/sources.list.d/debian.sources \\\n    \
         && apt-get -o Acquire::Check-Valid-Until=false update"
    );
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let own: Vec<&Package> = packages.iter().filter(|package| package.line == index + 1).collect();
        let line = pattern.replace_all(line, |found: &regex::Captures<'_>| {
            let package = own.iter().find(|package| package.name == found["name"]);
            let version = package.and_then(|package| versions.get(&(package.distro.clone(), package.name.clone())));
            version.map_or_else(|| found[0].to_owned(), |version| format!("\"{}={version}\"", &found["name"]))
        });
        let line = dated.replace_all(&line, |found: &regex::Captures<'_>| format!("{}{day}", &found[1]));
        // A comment about package lists is no command.
        let command = !line.trim_start().starts_with('#') && !versions.is_empty();
        out += &if command { line.replace("apt-get update", &source) } else { line.into_owned() };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "FROM debian:trixie-slim AS init\nRUN apt-get update \\\n    && apt-get install -y \"tini=0.19.*\" \\\n    && rm -rf /var/lib/apt/lists/*\n\
                        FROM init AS two\nRUN echo\nFROM alpine:3.24\nRUN apk add \"tini=0.19.0-r3\"\n";

    #[test]
    fn versions_and_their_source_are_written_and_written_again() {
        let versions = |version: &str| BTreeMap::from([(("trixie".to_owned(), "tini".to_owned()), version.to_owned())]);
        assert_eq!(packages_of(TEXT).len(), 1);
        let first = exact(TEXT, &versions("0.19.0-3+b5"), "20261124T000000Z");
        assert!(first.contains("apt-get install -y \"tini=0.19.0-3+b5\" \\\n") && first.contains("archive/\\1/20261124T000000Z#'"), "{first}");
        assert!(first.contains("&& apt-get -o Acquire::Check-Valid-Until=false update \\\n") && first.contains("apk add \"tini=0.19.0-r3\""), "{first}");
        let again = exact(&first, &versions("0.19.0-4"), "20261225T000000Z");
        assert_eq!(again, first.replace("0.19.0-3+b5", "0.19.0-4").replace("20261124", "20261225"));
        assert_eq!(line(&packages_of(&again)[0]), "0.19.*");
        assert_eq!(exact(TEXT, &BTreeMap::new(), "20261124T000000Z"), TEXT);
    }
}
