//! Where the image is kept, and which repository builds it: from an answer, else from the project's own manifests.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::dependencies::Dependencies;
use super::wrong;
use crate::error::Result;
use crate::languages::Note;
use crate::settings::Answers;
use crate::sources::Pattern;

/// Where a manifest says the sources are kept: `repository` fields, a module path, project links.
static HOSTED: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:^module\s+|"?(?:repository|source|source[- ]code|homepage|url)"?\s*[:=].{0,40}?)(?:git\+)?(?:https?://|git@|ssh://git@)?((?:github|gitlab)(?:\.com)?)[/:]([A-Za-z0-9][\w.-]*)/([A-Za-z0-9][\w.-]*)"#).ok()
});

/// Name of an image, and the repository that builds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// `ghcr.io/acme/shop`, without tag and digest.
    pub name: String,
    /// The branch that is released, and the tag that its builds move.
    pub tag: String,
    /// `github.com/acme/shop`, when known.
    pub repository: Option<String>,
    /// Whether somebody said the name, or it follows from the repository.
    pub known: bool,
}

impl Image {
    pub(super) fn new(answers: &Answers, dependencies: &Dependencies, service: &str) -> Result<Self> {
        let repository = match answers.get("repository") {
            Some(text) => Some(repository(text)?),
            None => dependencies.files().find_map(|(path, text)| hosted(path, text)),
        };
        let (name, known) = match (answers.get("image"), &repository) {
            (Some(image), _) => (image_name(image)?, true),
            (None, Some(repository)) => (image_of(repository, service), true),
            (None, None) => (format!("registry.example.com/{service}"), false),
        };
        let tag = branch(answers.get("branch").unwrap_or("main"))?;
        Ok(Self { name, tag, repository, known })
    }

    /// What to do where nobody says where the image is kept.
    pub(super) fn note(&self) -> Option<Note> {
        (!self.known).then(|| {
            Note::info(format!("nothing says where the image is kept, so it is `{}`: pass `--set image=ghcr.io/OWNER/NAME`", self.name), None)
        })
    }
}

fn hosted(path: &str, text: &str) -> Option<String> {
    if !["package.json", "go.mod", "Cargo.toml", "pyproject.toml"].contains(&path) {
        return None;
    }
    let pattern = HOSTED.as_ref()?;
    text.lines().find_map(|line| {
        let captures = pattern.captures(line.trim())?;
        let name = captures[3].trim_end_matches(".git").to_owned();
        // `github:acme/shop` is npm's short form.
        Some(format!("{}.com/{}/{name}", captures[1].to_lowercase().trim_end_matches(".com"), &captures[2]))
    })
}

fn image_of(repository: &str, service: &str) -> String {
    let lower = repository.to_lowercase();
    let (host, rest) = lower.split_once('/').unwrap_or(("", &lower));
    let registry = if host == "gitlab.com" { "registry.gitlab.com" } else { "ghcr.io" };
    // One repository may hold several services: each has an image of its own below it.
    let last = rest.rsplit('/').next().unwrap_or(rest);
    if super::label(last) == service { format!("{registry}/{rest}") } else { format!("{registry}/{rest}/{service}") }
}

/// A branch that is also a tag of an image.
fn branch(text: &str) -> Result<String> {
    let fits = text.len() <= 128 && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if fits { Ok(text.to_owned()) } else { Err(wrong("branch", text, "a branch whose name can be a tag, for example `main`")) }
}

/// `github.com/OWNER/NAME`, with or without `https://`.
fn repository(text: &str) -> Result<String> {
    let plain = text.trim_start_matches("https://").trim_end_matches('/').trim_end_matches(".git");
    let fits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if plain.split('/').count() >= 3 && plain.split('/').all(fits) { Ok(plain.to_owned()) } else { Err(wrong("repository", text, "HOST/OWNER/NAME, for example `github.com/acme/shop`")) }
}

/// Registry, optional port and path in lower case; no tag, no digest.
fn image_name(text: &str) -> Result<String> {
    static NAME: Pattern = LazyLock::new(|| Regex::new(r"^[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)+$|^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$").ok());
    let fits = NAME.as_ref().is_some_and(|name| name.is_match(text)) && text.len() <= 200;
    if fits { Ok(text.to_owned()) } else { Err(wrong("image", text, "a name in lower case without tag, for example `ghcr.io/acme/shop`")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_read_where_manifests_say_it() {
        let of = |path: &str, text: &str| hosted(path, text);
        assert_eq!(of("go.mod", "module github.com/Acme/shop/v2\n").as_deref(), Some("github.com/Acme/shop"));
        assert_eq!(of("package.json", "  \"repository\": \"git+https://github.com/acme/shop.git\",").as_deref(), Some("github.com/acme/shop"));
        assert_eq!(of("package.json", "  \"url\": \"git@gitlab.com:acme/shop.git\"").as_deref(), Some("gitlab.com/acme/shop"));
        assert_eq!(of("package.json", "  \"repository\": \"github:acme/shop\",").as_deref(), Some("github.com/acme/shop"));
        assert_eq!(of("package.json", "  \"bugs\": \"https://example.org\""), None);
        assert_eq!(of("go.mod", "require github.com/lib/pq v1"), None);
    }

    #[test]
    fn an_image_has_no_tag_and_no_blank() {
        assert!(image_name("ghcr.io/acme/shop").is_ok() && image_name("localhost:5000/a").is_ok());
        assert!(image_name("ghcr.io/a:1").is_err() && image_name("A b").is_err() && image_name("x\ny").is_err());
    }
}
