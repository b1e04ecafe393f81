//! Which secrets a program needs, by name and from evidence, and where their values are kept. No value is ever read into an
//! output; what a project has written down literally is named with its place.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::environment::Environment;
use super::{label, wrong};
use crate::error::Result;
use crate::found::Evidence;
use crate::languages::{Facts, Note};
use crate::plan::EnvVar;
use crate::project::Project;
use crate::sources::Pattern;

/// Words of a variable's name that say its value is secret.
const WORDS: &[&str] = &["SECRET", "TOKEN", "PASSWORD", "PASSWD", "PWD", "PASS", "PASSPHRASE", "APIKEY", "CREDENTIALS", "CREDENTIAL", "DSN", "SALT"];
/// Addresses that carry a user and a password.
const ADDRESSES: &[&str] = &[
    "DATABASE_URL", "DATABASE_URI", "DB_URL", "DB_URI", "POSTGRES_URL", "POSTGRES_URI", "POSTGRESQL_URL", "MYSQL_URL", "REDIS_URL",
    "MONGO_URL", "MONGO_URI", "MONGODB_URL", "MONGODB_URI", "AMQP_URL", "RABBITMQ_URL", "CLOUDAMQP_URL", "CELERY_BROKER_URL", "BROKER_URL",
    "SQLALCHEMY_DATABASE_URI", "SPRING_DATASOURCE_URL", "CELERY_RESULT_BACKEND", "DIRECT_URL",
];
/// Prefixes and parts of what everybody may see, or what is no value: a path, a name, a length of time.
const PUBLIC: &[&str] = &["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "EXPO_PUBLIC_", "NG_APP_", "VUE_APP_", "npm_", "NPM_", "GITHUB_", "CI_"];
const NO_VALUE: &[&str] = &["_FILE", "_PATH", "_TTL", "_EXPIRES", "_EXPIRES_IN", "_EXPIRY", "_EXPIRATION", "_LENGTH", "_NAME", "_HEADER", "_ALGORITHM", "_ROUNDS", "_MINUTES", "_SECONDS", "_LIFETIME", "_LIMIT", "_DAYS", "_HOURS", "_COUNT", "_PUBLIC_KEY", "PUBLISHABLE_KEY"];

/// A secret by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// The variable that the program reads.
    pub name: String,
    /// The key in a Secret, and the file below the mount: lower case with dashes.
    pub key: String,
    /// Where it was seen.
    pub place: String,
    /// The variable that names a file instead, where the program reads one (`NAME_FILE`).
    pub file_variable: Option<String>,
}

/// Where the values are kept, by the word of `--set secrets=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretStore {
    /// Variables from a Kubernetes Secret.
    Env,
    /// The same, with a Secret without values to fill.
    K8s,
    /// Files from a Kubernetes Secret.
    Files,
    /// Files from Swarm or Compose secrets.
    Swarm,
    /// AWS Secrets Manager through External Secrets.
    Aws,
    /// AWS Secrets Manager through the CSI driver.
    AwsCsi,
    /// GCP Secret Manager through External Secrets.
    Gcp,
    /// GCP Secret Manager through the CSI driver.
    GcpCsi,
    /// HashiCorp Vault through External Secrets.
    Vault,
    /// HashiCorp Vault through its agent.
    VaultAgent,
    /// HashiCorp Vault through the CSI driver.
    VaultCsi,
}

/// The words, in the order of [`SecretStore`].
pub const STORES: &[&str] = &["env", "k8s", "files", "swarm", "aws", "aws-csi", "gcp", "gcp-csi", "vault", "vault-agent", "vault-csi"];

impl SecretStore {
    pub(super) fn of(word: Option<&str>) -> Result<Self> {
        Ok(match word {
            None | Some("env") => Self::Env,
            Some("k8s") => Self::K8s,
            Some("files") => Self::Files,
            Some("swarm") => Self::Swarm,
            Some("aws") => Self::Aws,
            Some("aws-csi") => Self::AwsCsi,
            Some("gcp") => Self::Gcp,
            Some("gcp-csi") => Self::GcpCsi,
            Some("vault") => Self::Vault,
            Some("vault-agent") => Self::VaultAgent,
            Some("vault-csi") => Self::VaultCsi,
            Some(other) => return Err(wrong("secrets", other, &STORES.join(", "))),
        })
    }

    /// Whether the program finds them as files.
    pub fn is_files(self) -> bool {
        matches!(self, Self::Files | Self::Swarm | Self::VaultAgent)
    }

    /// The provider of a CSI volume.
    pub fn csi(self) -> Option<&'static str> {
        match self {
            Self::AwsCsi => Some("aws"),
            Self::GcpCsi => Some("gcp"),
            Self::VaultCsi => Some("vault"),
            _ => None,
        }
    }

    /// The provider of an External Secret.
    pub fn external(self) -> Option<&'static str> {
        match self {
            Self::Aws => Some("aws"),
            Self::Gcp => Some("gcp"),
            Self::Vault => Some("vault"),
            _ => None,
        }
    }

    /// The folder that files are mounted in.
    pub fn folder(self) -> &'static str {
        if self == Self::VaultAgent { "/vault/secrets" } else { "/run/secrets" }
    }
}

/// The secrets that a program reads, sorted by name.
pub(super) fn detect(facts: &Facts, environment: &Environment, in_image: &[EnvVar]) -> Vec<Secret> {
    let mut found: Vec<Secret> = Vec::new();
    let stated = facts.secrets.iter().map(|found| (found.value.as_str(), found.source().unwrap_or_default()));
    let read = environment.reads().filter(|(name, _)| is_secret(name)).map(|(name, evidence)| (name, evidence.place()));
    for (name, place) in stated.chain(read) {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty() && name.len() < 128;
        if !plain || found.iter().any(|known| known.name == name) || in_image.iter().any(|variable| variable.name == name) {
            continue;
        }
        let file = format!("{name}_FILE");
        let file_variable = environment.has(&file).then_some(file);
        found.push(Secret { name: name.to_owned(), key: label(name), place, file_variable });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Whether a variable's name says that its value is secret.
pub fn is_secret(name: &str) -> bool {
    if PUBLIC.iter().any(|prefix| name.starts_with(prefix)) || NO_VALUE.iter().any(|end| name.ends_with(end)) {
        return false;
    }
    let key = |words: &[&str]| {
        words.last() == Some(&"KEY") && ["API", "PRIVATE", "ACCESS", "SECRET", "ENCRYPTION", "SIGNING", "STRIPE", "APP", "JWT", "AUTH", "MASTER", "SERVICE", "LICENSE"].iter().any(|word| words.contains(word))
    };
    let words: Vec<&str> = name.split('_').collect();
    ADDRESSES.contains(&name) || key(&words) || words.iter().any(|word| WORDS.contains(word))
}

/// Where the program can read a file, it is told its path.
pub(super) fn read_from_files(secrets: &[Secret], env: &mut Vec<EnvVar>) {
    for secret in secrets {
        if let Some(variable) = &secret.file_variable {
            env.push(EnvVar::new(variable, format!("/run/secrets/{}", secret.key)));
        }
    }
}

/// A secret written into a file: a key block, a cloud key, or a literal beside a telling name.
static LITERAL: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<block>-----BEGIN (?:RSA |EC |OPENSSH |DSA |ENCRYPTED )?PRIVATE KEY-----)",
        r"|(?P<cloud>\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bsk_live_[A-Za-z0-9]{16,}\b|\bxox[abprs]-[A-Za-z0-9-]{20,}\b|\bglpat-[\w-]{20,}\b|\bnpm_[A-Za-z0-9]{36}\b)",
        r#"|(?i:\b(?P<name>[a-z0-9_.-]*(?:secret[_-]?key(?:_base)?|password|passwd|api[_-]?key|auth[_-]?token|access[_-]?token|client[_-]?secret|private[_-]?key|jwt[_-]?secret))["']?\s*[:=]\s*["'](?P<value>[^"'\s]{8,})["'])"#
    ))
    .ok()
});
/// What stands where a secret would, and is none.
const PLACEHOLDERS: &[&str] = &[
    "change", "example", "your", "xxx", "placeholder", "dummy", "todo", "replace", "<", "${", "{{", "process.env", "env(", "insecure", "development", "localhost",
    "test", "sample", "secret_key", "password",
];
/// Files that a person writes secrets into.
const LOOKED_AT: &[&str] = &[
    ".js", ".mjs", ".cjs", ".ts", ".py", ".go", ".rs", ".java", ".kt", ".rb", ".php", ".cs", ".ex", ".exs", ".json", ".yml", ".yaml", ".toml",
    ".properties", ".ini", ".cfg", ".conf", ".xml", ".pem", ".key", "Dockerfile",
];

/// The secrets that stand in the project literally, each as a warning with its place and without its value.
pub fn literals(project: &Project, dir: &str) -> Vec<Note> {
    let Some(pattern) = LITERAL.as_ref() else { return Vec::new() };
    let aside = |path: &str| {
        path.split('/').any(|part| ["test", "tests", "spec", "__tests__", "fixtures", "testdata", "docs", "examples", "example", "node_modules", "dist", "e2e"].contains(&part))
            || path.ends_with("package-lock.json") || path.ends_with(".lock") || path.contains(".example") || path.contains("compose") || path.contains(".test.") || path.contains(".spec.")
            || path.ends_with("dockwright.lock")
    };
    let mut notes = Vec::new();
    for path in project.files_below(dir).filter(|path| LOOKED_AT.iter().any(|end| path.ends_with(end)) && !aside(path)).take(2000) {
        let Ok(Some(text)) = project.read(path) else { continue };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| line.len() < 2000) {
            let Some(captures) = pattern.captures(line) else { continue };
            let what = if captures.name("block").is_some() {
                "a private key".to_owned()
            } else if captures.name("cloud").is_some() {
                "an access key".to_owned()
            } else {
                let value = captures.name("value").map_or("", |found| found.as_str()).to_lowercase();
                let dull = value.chars().collect::<std::collections::BTreeSet<_>>().len() < 5;
                if dull || PLACEHOLDERS.iter().any(|word| value.contains(word)) {
                    continue;
                }
                format!("a value for `{}`", captures.name("name").map_or("", |found| found.as_str()))
            };
            let message = format!("{what} stands in the sources, so everybody who has them has it: take it from the environment, and make a new one");
            notes.push(Note::warning(message, Some(&Evidence::at(path, number + 1, "literal secret"))));
        }
    }
    notes.truncate(20);
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_secret() {
        for name in ["DATABASE_URL", "SECRET_KEY", "STRIPE_API_KEY", "JWT_SECRET", "DB_PASSWORD", "SENTRY_DSN", "GITHUB", "AWS_SECRET_ACCESS_KEY"] {
            assert_eq!(is_secret(name), name != "GITHUB", "{name}");
        }
        for name in ["NEXT_PUBLIC_API_KEY", "PORT", "TOKEN_TTL", "JWT_SECRET_FILE", "KEYCLOAK_URL", "PASSENGER", "STRIPE_PUBLISHABLE_KEY", "CACHE_KEY"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_literal_secret_is_named_and_not_copied() {
        let project = Project::from_files([
            ("settings.py", "SECRET_KEY = os.environ['SECRET_KEY']\nDB_PASSWORD = 'hunter2-9Xq!'\n"),
            ("config/dev.js", "const password = 'changeme-please'\n"),
            ("tests/a.py", "PASSWORD = 'hunter2-9Xq!'\n"),
            ("id.pem", "-----BEGIN PRIVATE KEY-----\nabc\n"),
        ]);
        let notes = literals(&project, ".");
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes.iter().all(|note| !note.message.contains("hunter2")));
        assert_eq!(notes[1].evidence.as_ref().map(|place| (place.file.as_str(), place.line)), Some(("settings.py", Some(2))));
    }
}
