//! Where pins stand: `FROM`, `COPY --from`, `--mount=from`, `# syntax=`, `image:` of compose, Kubernetes and CI, actions by
//! commit with the version in a comment, and versions under a `# renovate:` comment.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A name, a tag, a digest: `ghcr.io/a/b:1.2@sha256:...`.
const IMAGE: &str = r"(?P<name>[a-z0-9][a-z0-9._/-]*(?::\d+/[a-z0-9._/-]+)?)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?";
/// What stands before an image.
const BEFORE: &str = r#"(?m)(?:^[ \t]*(?i:FROM)[ \t]+(?:--\S+[ \t]+)*|[-,]from=|^#[ \t]*syntax[ \t]*=[ \t]*|\b(?:image|container)[ \t]*[:=][ \t]*["']?|\bdocker(?:-image)?://)"#;

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        placed: Regex::new(&format!("{BEFORE}{IMAGE}")).ok()?,
        // A digest says by itself what it is, for example in a `docker run` of a CI job.
        digested: Regex::new(r"(?P<name>[a-z0-9][a-z0-9._/-]*(?::\d+/[a-z0-9._/-]+)?):(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})@(?P<digest>sha256:[0-9a-f]{64})").ok()?,
        action: Regex::new(r#"\buses:[ \t]*["']?(?P<name>[\w.-]+/[\w./-]+)@(?P<digest>[0-9a-f]{40})["']?(?:[ \t]+#[ \t]*(?:tag=)?(?P<tag>[\w.+-]+))?"#).ok()?,
        tool: Regex::new(r#"(?m)^[ \t]*#[ \t]*renovate:[^\n]*\b(?:depName|packageName)=(?P<name>\S+)[^\n]*\n[^\n#]*?[=:][ \t]*["']?(?P<tag>v?\d[\w.+-]*)"#).ok()?,
    })
});

struct Patterns {
    placed: Regex,
    digested: Regex,
    action: Regex,
    tool: Regex,
}

/// What is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An image of a container.
    Image,
    /// An action of GitHub.
    Action,
    /// Anything else with a version.
    Tool,
}

/// A pin where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin<'t> {
    /// What it is.
    pub kind: Kind,
    /// The bytes of the text that it takes: from the name, or from the tag where the name stands elsewhere.
    pub range: Range<usize>,
    /// The text of these bytes.
    pub text: &'t str,
    /// Name as it is written.
    pub name: &'t str,
    /// Tag or version; empty when there is none.
    pub tag: &'t str,
    /// Digest or commit.
    pub digest: Option<&'t str>,
}

impl Pin<'_> {
    /// The numbers in the tag: `24.21.0-trixie-slim` has 24, 21, 0; `trixie-20260918-slim` has 20260918.
    pub fn version(&self) -> Vec<u64> {
        numbers(self.tag)
    }

    /// Whether both name the same thing, at any version.
    pub fn same_thing(&self, other: &Pin<'_>) -> bool {
        self.kind == other.kind && self.name == other.name && (self.kind != Kind::Image || shape(self.tag) == shape(other.tag))
    }
}

/// All pins of a text, in the order they stand.
pub fn find(text: &str) -> Vec<Pin<'_>> {
    let Some(patterns) = PATTERNS.as_ref() else { return Vec::new() };
    let kinds = [
        (Kind::Action, &patterns.action, "name"),
        (Kind::Tool, &patterns.tool, "tag"),
        (Kind::Image, &patterns.placed, "name"),
        (Kind::Image, &patterns.digested, "name"),
    ];
    let mut pins: Vec<Pin<'_>> = Vec::new();
    for (kind, pattern, first) in kinds {
        for found in pattern.captures_iter(text) {
            let Some(pin) = pin(kind, text, &found, first) else { continue };
            // An image's name alone is a stage, or what nobody can pin.
            let pinnable = !pin.tag.is_empty() || pin.digest.is_some();
            let free = pins.iter().all(|known| known.range.end <= pin.range.start || pin.range.end <= known.range.start);
            if pinnable && free {
                pins.push(pin);
            }
        }
    }
    pins.sort_by_key(|pin| pin.range.start);
    pins
}

fn pin<'t>(kind: Kind, text: &'t str, found: &Captures<'t>, first: &str) -> Option<Pin<'t>> {
    let start = found.name(first)?.start();
    let end = ["name", "tag", "digest"].iter().filter_map(|&group| found.name(group)).map(|group| group.end()).max()?;
    let part = |group: &str| found.name(group).map(|found| found.as_str());
    Some(Pin {
        kind,
        range: start..end.max(start),
        text: text.get(start..end.max(start))?,
        name: part("name")?,
        tag: part("tag").unwrap_or_default(),
        digest: part("digest"),
    })
}

/// The text with pins exchanged; `None` leaves one as it is.
pub fn replace<'t>(text: &'t str, new: impl Fn(&Pin<'t>) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for pin in find(text) {
        let Some(new) = new(&pin) else { continue };
        out += &text[done..pin.range.start];
        out += &new;
        done = pin.range.end;
    }
    out + &text[done..]
}

/// The numbers in a tag.
pub fn numbers(tag: &str) -> Vec<u64> {
    tag.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// A tag with its numbers left out: flavour and distribution.
fn shape(tag: &str) -> String {
    let mut shape = String::new();
    for c in tag.chars() {
        match c {
            '0'..='9' | '.' if shape.ends_with('#') => {}
            '0'..='9' => shape.push('#'),
            c => shape.push(c),
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn found(text: &str) -> Vec<String> {
        find(text).iter().map(|pin| pin.text.replace(DIGEST, "D")).collect()
    }

    #[test]
    fn images_of_dockerfiles() {
        let text = format!(
            "# syntax=docker/dockerfile:1.9@{DIGEST}\nFROM --platform=$BUILDPLATFORM node:24.1.0-slim@{DIGEST} AS base\nFROM base AS deps\n\
             FROM scratch\nFROM node:${{VERSION}}\nfrom localhost:5000/team/base:1.2\nCOPY --from=deps /a /a\n\
             COPY --from=ghcr.io/astral-sh/uv:0.9@{DIGEST} /uv /bin/\nRUN --mount=type=bind,from=python:3.14,target=/x true\nUSER 10001:10001\n"
        );
        assert_eq!(
            found(&text),
            [
                "docker/dockerfile:1.9@D", "node:24.1.0-slim@D", "localhost:5000/team/base:1.2", "ghcr.io/astral-sh/uv:0.9@D", "python:3.14",
            ]
        );
    }

    #[test]
    fn images_actions_and_tools_of_yaml() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let text = format!(
            "services:\n  db:\n    image: \"postgres:18.1@{DIGEST}\"\n    ports: ['8080:80']\n\
             jobs:\n  - uses: actions/checkout@{sha} # v5.0.0\n  - uses: ./local\n  - uses: docker://alpine:3.24\n\
             \x20   container: node:24\n    run: docker run aquasec/trivy:0.74.0@{DIGEST} image\n\
             \x20   # renovate: datasource=github-releases depName=sigstore/cosign\n    cosign-release: 'v3.0.1'\n"
        );
        assert_eq!(
            found(&text),
            [
                "postgres:18.1@D",
                &format!("actions/checkout@{sha} # v5.0.0"),
                "alpine:3.24",
                "node:24",
                "aquasec/trivy:0.74.0@D",
                "v3.0.1",
            ]
        );
    }

    #[test]
    fn the_same_thing_at_another_version() {
        let same = |a: &str, b: &str| find(&format!("FROM {a}\n"))[0].same_thing(&find(&format!("FROM {b}\n"))[0]);
        assert!(same("node:24.1.0-slim", "node:24.2.0-slim"));
        assert!(same("debian:trixie-20260918-slim", "debian:trixie-20261101-slim"));
        assert!(same("node:24.1.0-alpine3.23", "node:24.2.0-alpine3.24"));
        assert!(!same("node:24.1.0-slim", "node:24.1.0-alpine"));
        assert!(!same("node:24.1.0-slim", "other/node:24.1.0-slim"));
    }

    #[test]
    fn only_the_pin_is_replaced() {
        let text = "FROM node:24.1.0 AS node:24.1.0\n# node:24.1.0\n";
        assert_eq!(replace(text, |_| Some("node:25".to_owned())), "FROM node:25 AS node:24.1.0\n# node:24.1.0\n");
    }
}
