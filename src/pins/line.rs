//! Newer tags of the same release line.

use super::find::numbers;
use crate::catalog::{Catalog, Image, short};

/// A tag by its version: `24.21.0-trixie-slim` is `24.21.0` with nothing before and `-trixie-slim` after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'t> {
    before: &'t str,
    version: Vec<u64>,
    after: &'t str,
}

impl<'t> Tag<'t> {
    /// Splits a tag at its first number.
    pub fn parse(tag: &'t str) -> Self {
        let start = tag.find(|c: char| c.is_ascii_digit()).unwrap_or(tag.len());
        let rest = &tag[start..];
        // Dots, and `_` or `+` for a build, join numbers; what ends without a number does not belong to it.
        let end = rest.find(|c: char| !c.is_ascii_digit() && !"._+".contains(c)).unwrap_or(rest.len());
        let end = rest[..end].trim_end_matches(['.', '_', '+']).len();
        Self { before: &tag[..start], version: numbers(&rest[..end]), after: &rest[end..] }
    }

    /// Whether there may be a newer one when this many numbers stay.
    pub fn movable(&self, fixed: usize) -> bool {
        fixed < self.version.len()
    }

    fn is_beside(&self, other: &Tag<'_>) -> bool {
        self.before == other.before && self.after == other.after && self.version.len() == other.version.len()
    }
}

/// How many leading numbers of the tag's version stay: those of the line that the catalog and the project name. Where neither
/// says anything, only the last of three or more moves. `asked` are the versions of the project's services.
pub fn fixed(name: &str, tag: &Tag<'_>, asked: &[&str]) -> usize {
    let listed = Catalog::embedded().ok().and_then(|catalog| {
        let same = |image: &&Image| short(&image.repository) == name && image.is_default() && Tag::parse(&image.tag).is_beside(tag);
        let floating = &catalog.images().iter().find(same)?.floating;
        let length = Tag::parse(floating).version.len();
        // `24-trixie-slim` fixes one number and `trixie-slim` none; `stable-alpine` says nothing about numbers.
        (length < tag.version.len() && (length > 0 || floating.starts_with(tag.before.trim_end_matches('-')) && !tag.before.is_empty()))
            .then_some(length)
    });
    let named = |version: &Vec<u64>| tag.version.starts_with(version);
    let asked = asked.iter().map(|version| numbers(version)).filter(named).map(|version| version.len()).max();
    let otherwise = if tag.version.len() >= 3 { tag.version.len() - 1 } else { tag.version.len() };
    listed.unwrap_or(otherwise).max(asked.unwrap_or(0))
}

/// The tags that are newer on the same line, newest first.
pub fn newer<'n>(tag: &Tag<'_>, fixed: usize, tags: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let mut found: Vec<(Vec<u64>, &str)> = Vec::new();
    for name in tags {
        let other = Tag::parse(name);
        if other.is_beside(tag) && other.version[..fixed] == tag.version[..fixed] && other.version > tag.version {
            found.push((other.version, name));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| name).collect()
}

/// The newer tags of an image's line, newest first. `asked` are the versions of the project's services.
pub fn newer_tags<'n>(name: &str, tag: &str, asked: &[&str], tags: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let tag = Tag::parse(tag);
    newer(&tag, fixed(name, &tag, asked), tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_newer(name: &str, tag: &str, asked: &[&str], tags: &[&str], expected: &[&str]) {
        let parsed = Tag::parse(tag);
        let fixed = fixed(name, &parsed, asked);
        assert_eq!(newer(&parsed, fixed, tags.iter().copied()), expected, "{name}:{tag} with {fixed} fixed");
    }

    #[test]
    fn the_line_is_the_catalogs_or_the_projects() {
        let tags = [
            "24.21.0-trixie-slim", "24.22.0-trixie-slim", "24.21.1-trixie-slim", "24.9.0-trixie-slim", "25.0.0-trixie-slim", "24-trixie-slim",
            "24.23.0-bookworm-slim", "24.23.0-trixie-slim-rc", "24.23.0rc1-trixie-slim",
        ];
        assert_newer("node", "24.21.0-trixie-slim", &[], &tags, &["24.22.0-trixie-slim", "24.21.1-trixie-slim"]);
        assert_newer("node", "24.21.0-trixie-slim", &["24.21"], &tags, &["24.21.1-trixie-slim"]);
        assert_newer("node", "24.21.0-trixie-slim", &["24.21.0"], &tags, &[]);
        assert_newer("python", "3.13.16-slim-trixie", &["3.13"], &["3.13.17-slim-trixie", "3.14.1-slim-trixie"], &["3.13.17-slim-trixie"]);
    }

    #[test]
    fn unknown_images_move_by_patches() {
        assert_newer("team/base", "1.2.3", &[], &["1.2.4", "1.3.0", "2.0.0", "1.2.10"], &["1.2.10", "1.2.4"]);
        assert_newer("team/base", "1.2", &[], &["1.2.4", "1.3"], &[]);
        assert_newer("team/base", "latest", &[], &["1.2", "latest"], &[]);
    }

    #[test]
    fn distributions_stay_and_dates_move() {
        assert_newer("debian", "trixie-20260918-slim", &[], &["trixie-20261101-slim", "forky-20261101-slim"], &["trixie-20261101-slim"]);
        let tags = ["24.22.0-alpine3.24", "24.22.0-alpine3.25"];
        assert_newer("node", "24.21.0-alpine3.24", &[], &tags, &["24.22.0-alpine3.24"]);
        assert_newer("eclipse-temurin", "21.0.12.1_1-jre-noble", &[], &["21.0.13.1_4-jre-noble", "25.0.1.1_1-jre-noble"], &["21.0.13.1_4-jre-noble"]);
    }
}
