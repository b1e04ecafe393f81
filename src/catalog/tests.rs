//! The embedded data is sound.

use std::collections::BTreeSet;

use super::*;

const TRIXIE_NODE: Query<'_> = Query { name: "node", flavor: "slim", distro: "trixie", line: "" };

fn catalog() -> &'static Catalog {
    Catalog::embedded().expect("it parses")
}

fn is_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    matches!(shape.as_str(), "0000-00-00" | "0000-00" | "0000")
}

#[test]
fn every_row_is_well_formed() {
    assert_eq!(catalog().generated.len(), 10);
    for image in catalog().images() {
        let name = format!("{}:{}", image.repository, image.tag);
        let known = |value: &str, values: &[&str]| assert!(values.contains(&value), "{name}: `{value}`");
        assert!(image.digest.is_empty() || image.pinned().is_some(), "{name}: malformed digest");
        assert_eq!(image.digest.is_empty(), image.evidence == "tag-only", "{name}: a digest needs evidence");
        assert!(image.repository.matches('/').count() >= 1 && !image.repository.contains(['@', ' ']), "{name}: repository");
        assert!(image.eol == "unknown" || is_date(&image.eol), "{name}: eol `{}`", image.eol);
        assert!(is_date(&image.observed), "{name}: observed `{}`", image.observed);
        assert!(image.platforms.iter().any(|platform| platform == "linux/amd64"), "{name}: platforms");
        assert!(image.compressed_mb_amd64 >= 0.0, "{name}: size");
        known(&image.role, &["build", "runtime", "any", "tool"]);
        known(&image.status, &["current", "superseded", "eol"]);
        known(&image.evidence, &["registry", "repo-info", "public-report", "public-pins", "public-pin-single", "tag-only"]);
    }
}

#[test]
fn no_row_is_there_twice_and_no_index_is_the_empty_one() {
    let mut seen = BTreeSet::new();
    for image in catalog().images() {
        assert!(seen.insert((&image.repository, &image.tag)), "{}:{} is there twice", image.repository, image.tag);
        assert!(!image.digest.starts_with("sha256:eb37f58646a901dc"), "{}:{} has no platforms", image.repository, image.tag);
    }
}

#[test]
fn no_default_is_past_its_end_of_life() {
    let mut defaults = 0;
    for image in catalog().images().iter().filter(|image| image.is_default()) {
        defaults += 1;
        // A month ends with its last day. Rust's dates are those of the next release, not an end of support.
        let eol = if image.eol.len() == 7 { format!("{}-31", image.eol) } else { image.eol.clone() };
        let supported = image.eol == "unknown" || image.language == "rust" || eol >= catalog().generated;
        assert!(supported, "{}:{} ended on {}", image.repository, image.tag, image.eol);
    }
    assert!(defaults > 50, "{defaults}");
}

#[test]
fn a_line_is_numeric_not_textual() {
    assert!(in_line("24.21.0", "24"));
    assert!(!in_line("240.1.0", "24"));
}

#[test]
fn an_exact_version_keeps_its_tag() {
    let exact = |query, wish| catalog().exact(query, wish).map(str::to_owned);
    let reference = |query: Query<'_>, line: &str| catalog().pinned(Query { line, ..query }).unwrap().reference().to_owned();
    // Listed: with its digest.
    assert_eq!(exact(TRIXIE_NODE, "v22.23.2").as_deref(), Some("22.23.2"));
    assert!(reference(TRIXIE_NODE, "22.23.2").starts_with("node:22.23.2-trixie-slim@sha256:"));
    // Not listed, but published: the tag alone.
    assert_eq!(exact(TRIXIE_NODE, "22.19.0").as_deref(), Some("22.19.0"));
    assert_eq!(reference(TRIXIE_NODE, "22.19.0"), "node:22.19.0-trixie-slim");
    assert_eq!(reference(Query { name: "python", ..TRIXIE_NODE }, "3.14.1"), "python:3.14.1-slim-trixie");
    // A tag that never was: before the distribution's release, past its end of life, a range, a line.
    for wish in ["22.1.0", "18.20.1", "^22.19.0", "22", "22.19", "22.19.x"] {
        assert_eq!(exact(TRIXIE_NODE, wish), None, "{wish}");
    }
    assert_eq!(exact(Query { name: "python", ..TRIXIE_NODE }, "3.12.4"), None);
    // Distroless has no tags of versions.
    assert_eq!(exact(Query { name: "nodejs22-debian13", flavor: "distroless", distro: "", line: "" }, "22.19.0"), None);
}

#[test]
fn an_image_without_a_whole_digest_cannot_be_made() {
    let whole = format!("sha256:{}", "0a".repeat(32));
    assert!(PinnedImage::new("docker.io/library/node", "24", &whole).unwrap().has_digest());
    for digest in ["", "sha256:", "sha256:0a", &whole[..70], &whole.to_uppercase()] {
        assert_eq!(PinnedImage::new("docker.io/library/node", "24", digest), None, "{digest}");
    }
}
