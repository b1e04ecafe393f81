//! OS packages by distribution, embedded from `catalog/packages.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::error::{Error, Result};

type Packages = BTreeMap<String, BTreeMap<String, String>>;

static PACKAGES: LazyLock<Result<Packages, String>> =
    LazyLock::new(|| toml::from_str(include_str!("../../catalog/packages.toml")).map_err(|error| error.to_string()));

/// An OS package, pinned to a release line: `libpq5=17.*`.
///
/// # Errors
/// A package that `catalog/packages.toml` does not have for this distribution is a bug.
pub fn package(distro: &str, name: &str) -> Result<String> {
    let packages = PACKAGES.as_ref().map_err(|error| Error::bug(format!("the package table is broken: {error}")))?;
    let version = packages
        .get(distro)
        .and_then(|packages| packages.get(name))
        .ok_or_else(|| Error::bug(format!("the package table has no `{name}` for `{distro}`")))?;
    Ok(format!("{name}={version}"))
}

/// The releases that have packages here.
pub fn distros() -> Vec<&'static str> {
    PACKAGES.as_ref().map(|packages| packages.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A version is a release line that ends in a wildcard: an exact revision disappears from the index within weeks.
    #[test]
    fn every_package_is_pinned_to_a_release_line() {
        // A stable release gets new upstream versions of these: no line of them stays.
        let rolling = ["ca-certificates", "chromium"];
        let pattern = regex::Regex::new(r"^(\d+:)?\d[0-9A-Za-z.+~]*(\.|-)\*$").unwrap();
        for (distro, packages) in PACKAGES.as_ref().expect("it parses") {
            for (name, version) in packages {
                let fits = pattern.is_match(version) || (version == "*" && rolling.contains(&name.as_str()));
                assert!(fits, "{distro}: {name} = {version}");
                assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c)), "{distro}: {name}");
            }
        }
    }
}
