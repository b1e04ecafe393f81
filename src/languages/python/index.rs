//! Private package indexes and health routes: what is read from settings and sources by pattern.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use toml::Value;

use super::manifests::Manifests;
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::project::Project;
use crate::sources::{Pattern, Sources};

/// A secret of the build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Name for `docker build --secret id=`.
    pub id: String,
    /// The variable it becomes; otherwise it is mounted as `/root/.netrc`.
    pub variable: bool,
}

static VARIABLE: Pattern = LazyLock::new(|| Regex::new(r"\$\{?([A-Z][A-Z0-9_]*)\}?").ok());
static ROUTE: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?:@\w+(?:\.\w+)*\.(?:get|route|head|api_route)\(\s*|\bRoute\(\s*|add_url_rule\(\s*|add_get\(\s*|web\.get\(\s*|add_route\(\s*|\(\s*r)f?['"](/(?:api/|v1/|api/v1/)?(?:healthz|health|health/live|health/ready|healthcheck|health-check|health_check|livez|live|readyz|ready|_health|_healthz|ping|status|up)/?)['"]"#).ok()
});
static PREFIX: Pattern = LazyLock::new(|| Regex::new(r"\b(?:prefix|url_prefix|root_path)\s*=").ok());

/// Where the secrets of private indexes go, and the files that hold some in plain text.
pub fn secrets(project: &Project, manifests: &Manifests, notes: &mut Vec<Note>) -> (Vec<Secret>, Vec<String>) {
    let mut secrets: Vec<Secret> = Vec::new();
    let mut leaking: Vec<String> = Vec::new();
    for (url, evidence) in indexes(project, manifests) {
        let Some((_, rest)) = url.split_once("://") else { continue };
        let host = rest.split('/').next().unwrap_or(rest);
        let (credentials, host) = host.rsplit_once('@').map_or((None, host), |(credentials, host)| (Some(credentials), host));
        let variables: Vec<Secret> = VARIABLE
            .as_ref()
            .map(|pattern| pattern.captures_iter(&url).map(|found| Secret { id: found[1].to_owned(), variable: true }).collect())
            .unwrap_or_default();
        if credentials.is_some_and(|text| !text.contains('$') && text.contains(':')) {
            notes.push(Note::warning(
                "a package index with credentials in plain text: change them, and give them to the build as a secret (`--secret id=netrc,src=...`)",
                Some(&evidence),
            ));
            leaking.push(evidence.file.clone());
        }
        if variables.is_empty() && !public(host) {
            secrets.push(Secret { id: "netrc".to_owned(), variable: false });
        }
        secrets.extend(variables);
    }
    secrets.sort_by(|one, other| one.id.cmp(&other.id));
    secrets.dedup();
    leaking.dedup();
    (secrets, leaking)
}

/// Indexes that anyone may read.
fn public(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or(host);
    (name.ends_with(".org") && name.contains("pypi")) || ["download.pytorch.org", "pypi.nvidia.com", "data.pyg.org"].contains(&name) || name.ends_with(".github.io")
}

fn indexes(_project: &Project, manifests: &Manifests) -> Vec<(String, Evidence)> {
    let mut found: Vec<(String, Evidence)> = manifests.requirements_file.iter().flat_map(|file| file.indexes.iter().cloned()).collect();
    let tables = [
        (&manifests.pyproject, &["tool", "uv", "index"][..]),
        (&manifests.pyproject, &["tool", "poetry", "source"]),
        (&manifests.pyproject, &["tool", "pdm", "source"]),
        (&manifests.pipfile, &["source"]),
    ];
    for (file, keys) in tables {
        let Some(file) = file else { continue };
        for source in file.get(keys).and_then(Value::as_array).into_iter().flatten() {
            if let Some(url) = source.get("url").and_then(Value::as_str) {
                found.push((url.to_owned(), Evidence::at(&file.path, file.line_of(url), "a package index")));
            }
        }
    }
    found
}

/// A route made for health checks. Where routers get prefixes, the route's own path is only a part of it: none is taken.
pub fn health(sources: &Sources) -> Option<Found<String>> {
    let (path, evidence) = sources.search(&ROUTE, "a health route")?;
    let prefixed = PREFIX.as_ref().is_some_and(|pattern| sources.files().any(|(_, text)| pattern.is_match(text)));
    let own = sources.files().any(|(file, text)| {
        file == evidence.file && ["FastAPI(", "Flask(", "Starlette(", "Quart(", "Litestar(", "Sanic(", "fast_app(", "Application("].iter().any(|class| text.contains(class))
    });
    (own || !prefixed).then(|| Found::likely(path, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_pointed_at_and_never_taken() {
        let project = Project::from_files([(
            "requirements.txt",
            "--index-url https://me:pass@pkgs.example.com/simple\n--extra-index-url https://${PIP_USER}:${PIP_PASS}@other.example.com/simple\nflask\n",
        )]);
        let manifests = Manifests::read(&project).unwrap();
        let mut notes = Vec::new();
        let (secrets, leaking) = secrets(&project, &manifests, &mut notes);
        let ids: Vec<&str> = secrets.iter().map(|secret| secret.id.as_str()).collect();
        assert_eq!((ids, leaking), (vec!["PIP_PASS", "PIP_USER", "netrc"], vec!["requirements.txt".to_owned()]));
        assert!(!notes[0].message.contains("pass@"));
    }

    #[test]
    fn a_route_below_a_prefix_is_not_taken() {
        let health = |text| {
            let project = Project::from_files([("app.py", text), ("main.py", "app.include_router(r, prefix='/api')\n")]);
            health(&Sources::read(&project, ".", &[".py"]).unwrap()).map(|found| found.value)
        };
        assert_eq!(health("@router.get('/health')\n"), None);
        assert_eq!(health("app = FastAPI()\n@app.get(\"/health\")\n").as_deref(), Some("/health"));
    }
}
