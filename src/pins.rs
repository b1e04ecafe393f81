//! Pinned image references in text: found, compared, and carried through a merge when a bot or a person moved them.

use std::sync::LazyLock;

use regex::Regex;

use crate::catalog::version_key;

/// `name:tag@sha256:digest`, wherever it stands.
static REFERENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?P<name>[a-z0-9][a-z0-9._/-]*(?::\d+/[a-z0-9._/-]+)?):(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})@sha256:[0-9a-f]{64}").ok()
});

/// A pinned image reference.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reference<'t> {
    text: &'t str,
    name: &'t str,
    tag: &'t str,
}

impl Reference<'_> {
    /// The version that the tag begins with.
    fn version(&self) -> Vec<u64> {
        version_key(self.tag)
    }

    /// The tag without its version: flavour and distribution.
    fn flavor(&self) -> &str {
        self.tag.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
    }

    /// Whether both name the same image, at any version.
    fn same_image(&self, other: &Reference<'_>) -> bool {
        self.name == other.name && self.flavor() == other.flavor()
    }
}

fn references(text: &str) -> Vec<Reference<'_>> {
    let Some(pattern) = REFERENCE.as_ref() else { return Vec::new() };
    let mut found: Vec<Reference<'_>> = Vec::new();
    for captures in pattern.captures_iter(text) {
        let part = |name| captures.name(name).map_or("", |found| found.as_str());
        let reference = Reference { text: captures.get(0).map_or("", |found| found.as_str()), name: part("name"), tag: part("tag") };
        if !found.contains(&reference) {
            found.push(reference);
        }
    }
    found
}

/// Prepares a merge so that pins which moved on disk are no conflict: the base gets them, and so does the fresh text unless it
/// names a newer version itself.
pub fn carry(base: &str, disk: &str, fresh: &str) -> (String, String) {
    let (old, new) = (references(base), references(disk));
    let (mut merged_base, mut merged_fresh) = (base.to_owned(), fresh.to_owned());
    for was in old.iter().filter(|was| !new.contains(was)) {
        let Some(is) = new.iter().find(|is| !old.contains(is) && is.same_image(was)) else { continue };
        merged_base = merged_base.replace(was.text, is.text);
        for wanted in references(fresh).iter().filter(|wanted| wanted.same_image(was)) {
            if wanted == was || is.version() >= wanted.version() {
                merged_fresh = merged_fresh.replace(wanted.text, is.text);
            }
        }
    }
    (merged_base, merged_fresh)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(tag: &str, digit: char) -> String {
        format!("FROM node:{tag}@sha256:{}\n", digit.to_string().repeat(64))
    }

    #[test]
    fn a_moved_pin_is_carried() {
        let (base, disk) = (pin("24.1.0-slim", 'a'), pin("24.2.0-slim", 'b'));
        assert_eq!(carry(&base, &disk, &base), (disk.clone(), disk.clone()));
        // The generator knows a newer one: it wins, without a conflict.
        let newer = pin("24.3.0-slim", 'c');
        assert_eq!(carry(&base, &disk, &newer), (disk.clone(), newer));
        // Only the digest moved.
        let rebuilt = pin("24.1.0-slim", 'd');
        assert_eq!(carry(&base, &rebuilt, &base), (rebuilt.clone(), rebuilt));
    }

    #[test]
    fn another_flavour_is_an_edit() {
        let (base, disk) = (pin("24.1.0-slim", 'a'), pin("24.1.0-alpine", 'b'));
        assert_eq!(carry(&base, &disk, &base), (base.clone(), base));
    }
}
