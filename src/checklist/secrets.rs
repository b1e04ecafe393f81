//! Item 7: no secret in a layer, nor in what is committed.

use super::{ContainerFile, Judged, Subject};
use crate::dockerfile::Kind;

/// Words of a variable's name that say its value is a secret.
const SECRET_WORDS: &[&str] =
    &["apikey", "auth", "credential", "credentials", "key", "password", "passwd", "pword", "secret", "token"];
/// Words that say it is none.
const PUBLIC_WORDS: &[&str] = &["public", "file", "version"];
/// Files that hold secrets.
const FILES: &[&str] = &[".env", "id_rsa", "id_ed25519", ".netrc", ".npmrc", ".pypirc", "credentials.json", ".git-credentials"];
const FIX: &str = "give it to the build by `--mount=type=secret`, and to the running program by the platform";

/// Whether a variable's name says that its value is a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let has = |words: &[&str]| name.split('_').any(|word| words.contains(&word));
    has(SECRET_WORDS) && !has(PUBLIC_WORDS)
}

/// Item 7.
pub(super) fn no_secrets(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    for container in &subject.dockerfiles {
        let before = judged.findings.len();
        layers(container, &mut judged);
        if judged.findings.len() == before {
            judged.met(super::Spot::new(&container.path, None));
        }
    }
    for document in subject.kubernetes.iter().filter(|document| document.value["kind"] == "Secret") {
        let values = ["data", "stringData"].iter().filter_map(|key| document.value[*key].as_object());
        if values.flat_map(|values| values.values()).any(|value| value.as_str().is_some_and(is_literal)) {
            judged.error(document.at("ata:"), "a Secret with its values is committed", "keep the names alone, and let the values come from a secret store");
        }
    }
    for document in &subject.compose {
        let services = document.value["services"].as_object();
        for service in services.into_iter().flat_map(|services| services.values()) {
            for (name, value) in environment(&service["environment"]) {
                if is_secret(&name) && is_literal(&value) {
                    judged.warning(document.at(&name), format!("the value of `{name}` is committed"), "use `secrets:` with a file that is not committed, or a variable of the environment");
                }
            }
        }
    }
    judged
}

fn layers(container: &ContainerFile, judged: &mut Judged) {
    let steps = container.file.global.iter().chain(container.file.stages.iter().flat_map(|stage| &stage.steps));
    for step in steps {
        let at = || container.at(step.line);
        match &step.kind {
            Kind::Env(pairs) => {
                for (name, _) in pairs.iter().filter(|(name, value)| is_secret(name) && is_literal(value)) {
                    judged.error(at(), format!("`ENV {name}` puts a secret into the image"), FIX);
                }
            }
            Kind::Arg(pairs) => {
                for (name, _) in pairs.iter().filter(|(name, _)| is_secret(name)) {
                    judged.error(at(), format!("`ARG {name}` leaves a secret in the history of the image"), FIX);
                }
            }
            Kind::Copy(copy) | Kind::Add(copy) if copy.from.is_none() => {
                let secret = copy.sources.iter().find(|source| FILES.contains(&source.rsplit('/').next().unwrap_or(source)));
                if let Some(source) = secret {
                    judged.error(at(), format!("`{source}` is copied into a layer"), FIX);
                }
            }
            Kind::Run { command, .. } => {
                let text = command.text();
                if ["_authToken=", "://oauth2:", "x-access-token:"].iter().any(|mark| text.split(mark).nth(1).is_some_and(|rest| !rest.starts_with('$'))) {
                    judged.error(at(), "a token stands in the command", FIX);
                }
            }
            _ => {}
        }
    }
}

/// Whether a value is the secret itself: not empty, no reference, no placeholder.
fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let placeholder = ["changeme", "change-me", "replace", "todo", "<", "xxx", "your", "example"].iter().any(|word| value.to_lowercase().starts_with(word));
    !(value.is_empty() || value.contains('$') || placeholder)
}

/// `environment` as a mapping, or as a list of `NAME=value`.
fn environment(value: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned);
    let mapping = value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
    let list = value.as_array().into_iter().flatten().filter_map(|pair| pair.as_str()?.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned()));
    mapping.chain(list).collect()
}
