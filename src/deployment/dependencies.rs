//! The dependencies of a service in any language, found by name in its manifests. For what is decided outside the languages:
//! backing services, telemetry, outgoing calls.

use std::rc::Rc;

use crate::found::Evidence;
use crate::project::{Project, join};

/// Manifests that name dependencies.
const MANIFESTS: &[&str] = &[
    "package.json", "requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "environment.yml", "go.mod", "Cargo.toml",
    "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "mix.exs", "build.sbt", "prisma/schema.prisma",
];
/// Packages that speak HTTPS with other hosts.
const CALLERS: &[&str] = &[
    "axios", "got", "undici", "node-fetch", "stripe", "openai", "@anthropic-ai/sdk", "anthropic", "@aws-sdk/client-s3", "aws-sdk", "boto3",
    "requests", "httpx", "aiohttp", "google-cloud-storage", "@google-cloud/storage", "reqwest", "twilio", "@sendgrid/mail", "sendgrid",
    "sentry-sdk", "@sentry/node", "next-auth", "google-api-python-client", "github.com/aws/aws-sdk-go-v2", "github.com/stripe/stripe-go",
    "spring-boot-starter-oauth2-client", "spring-cloud-starter-openfeign", "software.amazon.awssdk", "faraday", "guzzlehttp/guzzle",
];

/// Manifests of a service: its own and those of its build context.
pub struct Dependencies {
    files: Vec<(String, Rc<str>)>,
}

impl Dependencies {
    /// Reads them.
    pub fn read(project: &Project, dir: &str) -> Self {
        let mut files = Vec::new();
        let mut add = |path: String| {
            if let Ok(Some(text)) = project.read(&path) {
                files.push((path, text));
            }
        };
        for folder in if dir == "." { vec!["."] } else { vec![dir, "."] } {
            MANIFESTS.iter().for_each(|name| add(join(folder, name)));
            let lists = project.files_below(folder).filter(|path| {
                let name = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
                (name.starts_with("requirements") && name.ends_with(".txt") && name != "requirements.txt" && !name.contains("dev") && !name.contains("test"))
                    || (name.ends_with(".csproj") && !name.contains('/'))
            });
            lists.map(str::to_owned).collect::<Vec<_>>().into_iter().for_each(&mut add);
        }
        Self { files }
    }

    /// The first of some packages, with its place.
    pub fn first(&self, names: &[&str]) -> Option<(String, Evidence)> {
        names.iter().find_map(|name| self.files.iter().find_map(|(path, text)| {
            let line = line_of(path, text, name)?;
            Some(((*name).to_owned(), Evidence::at(path, line, format!("depends on `{name}`"))))
        }))
    }

    /// What speaks with other hosts, with its place.
    pub fn calls_out(&self) -> Option<String> {
        self.first(CALLERS).map(|(name, evidence)| format!("`{name}` ({})", evidence.place()))
    }

    /// The manifests with their texts.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_ref()))
    }
}

/// The line (from 1) that names a package: the whole name, in no comment, and for development or indirectly only.
fn line_of(path: &str, text: &str, name: &str) -> Option<usize> {
    let json = path.ends_with(".json");
    let mut section = String::new();
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if json && trimmed.ends_with('{') || trimmed.starts_with('[') {
            trimmed.clone_into(&mut section);
        }
        let dev = ["devDependencies", "dev-dependencies", "build-dependencies", "[dev-packages]", "group.dev", "group.test", "[dependency-groups]"];
        if dev.iter().any(|dev| section.contains(dev)) || trimmed.starts_with(['#', ';']) || trimmed.starts_with("//") || trimmed.ends_with("// indirect") {
            continue;
        }
        let found = if json { trimmed.starts_with(&format!("\"{name}\":")) } else { names(trimmed, name) };
        if found {
            return Some(number + 1);
        }
    }
    None
}

/// Whether a line holds a name that does not go on in either direction.
fn names(line: &str, name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let (line, name) = (line.to_lowercase(), name.to_lowercase());
    line.match_indices(&name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(|c| part(c) || c == '/' || c == '.') && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whole_and_for_production() {
        let project = Project::from_files([
            ("package.json", "{\n  \"name\": \"redis\",\n  \"dependencies\": {\n    \"pg\": \"8\"\n  },\n  \"devDependencies\": {\n    \"redis\": \"5\"\n  }\n}\n"),
            ("go.mod", "module x\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.0\n\tgithub.com/lib/pq v1 // indirect\n)\n"),
            ("requirements.txt", "# redis\npsycopg[binary]==3.2\nredis-om==1\n"),
        ]);
        let dependencies = Dependencies::read(&project, ".");
        let place = |names: &[&str]| dependencies.first(names).map(|(_, evidence)| evidence.place());
        assert_eq!(place(&["pg"]).as_deref(), Some("package.json:4"));
        assert_eq!(place(&["github.com/jackc/pgx"]).as_deref(), Some("go.mod:3"));
        assert_eq!(place(&["psycopg"]).as_deref(), Some("requirements.txt:2"));
        assert_eq!(place(&["redis"]), None);
        assert_eq!(place(&["github.com/lib/pq"]), None);
    }
}
