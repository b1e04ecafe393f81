//! Who asks: challenges of registries, tokens, and the credentials of the Docker and Podman configuration.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use serde::Deserialize;

use super::Failure;
use super::http::{Answer, Http, Method, host};

/// What `WWW-Authenticate` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// A token of another service.
    Bearer {
        /// Address of the service.
        realm: String,
        /// Name of the registry there.
        service: String,
        /// What is to be allowed.
        scope: String,
    },
    /// Name and password.
    Basic,
}

impl Challenge {
    /// Parses the header; `None` for a scheme that is not known.
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(char::is_whitespace).unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let get = |name: &str| {
            let (_, found) = parameters(rest).into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            Some(found)
        };
        Some(Self::Bearer { realm: get("realm")?, service: get("service").unwrap_or_default(), scope: get("scope").unwrap_or_default() })
    }
}

/// `key="value",key=value`; a comma inside quotes belongs to the value.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while let Some((key, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').map_or((after, ""), |(value, _)| (value, &after[value.len()..])),
        };
        found.push((key.trim_matches([' ', ',']).to_owned(), value.trim().to_owned()));
        rest = after.trim_start_matches([' ', ',']);
    }
    found
}

/// The value of `Authorization` that a challenge wants.
///
/// # Errors
/// [`Failure::Denied`] when nobody has credentials or the token service refuses them.
pub fn authorize(http: &Http, challenge: &Challenge, registry: &str, path: &str) -> Result<String, Failure> {
    let credential = credential(registry)?;
    match challenge {
        Challenge::Basic => match credential {
            Some(DockerCredential::UsernamePassword(name, password)) => Ok(basic(&name, &password)),
            _ => Err(denied(registry, "asks for a name and a password")),
        },
        Challenge::Bearer { realm, service, scope } => {
            let scope = if scope.is_empty() { format!("repository:{path}:pull") } else { scope.clone() };
            let answer = token(http, realm, service, &scope, credential.as_ref())?;
            if answer.status.is_client_error() {
                return Err(denied(registry, &format!("gives no token ({} from {})", answer.status, host(realm))));
            }
            let token: Token = serde_json::from_slice(&answer.body)
                .map_err(|error| Failure::Outside(format!("the token of {} cannot be read: {error}", host(realm))))?;
            let token = token.token.or(token.access_token).ok_or_else(|| Failure::Outside(format!("{} gives no token", host(realm))))?;
            Ok(format!("Bearer {token}"))
        }
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

fn token(http: &Http, realm: &str, service: &str, scope: &str, credential: Option<&DockerCredential>) -> Result<Answer, Failure> {
    if let Some(DockerCredential::IdentityToken(refresh)) = credential {
        // OAuth2: an identity token is exchanged, never sent as a password.
        let form = [("grant_type", "refresh_token"), ("service", service), ("scope", scope), ("client_id", "dockwright"), ("refresh_token", refresh)];
        return http.post(realm, &form);
    }
    let separator = if realm.contains('?') { '&' } else { '?' };
    let url = format!("{realm}{separator}service={}&scope={}", escape(service), escape(scope));
    match credential {
        Some(DockerCredential::UsernamePassword(name, password)) => http.send(Method::Get, &url, &[("Authorization", &basic(name, password))]),
        _ => http.send(Method::Get, &url, &[]),
    }
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// Percent-encodes a value of a query.
fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The credentials for a registry, if any are configured: `DOCKER_CONFIG` or `~/.docker/config.json` with its helpers, then
/// Podman's `auth.json`.
fn credential(registry: &str) -> Result<Option<DockerCredential>, Failure> {
    use CredentialRetrievalError as Error;
    let server = if registry == "docker.io" { "https://index.docker.io/v1/" } else { registry };
    let found = docker_credential::get_credential(server).or_else(|error| match error {
        Error::NoCredentialConfigured | Error::ConfigNotFound | Error::ConfigReadError => docker_credential::get_podman_credential(server),
        error => Err(error),
    });
    match found {
        Ok(credential) => Ok(Some(credential)),
        Err(Error::NoCredentialConfigured | Error::ConfigNotFound | Error::ConfigReadError) => Ok(None),
        // A helper that knows no credentials for this registry says so by failing.
        Err(Error::HelperFailure { stdout, stderr, .. }) if format!("{stdout}{stderr}").contains("credentials not found") => Ok(None),
        Err(error) => Err(Failure::Denied { what: format!("the credentials for {registry} cannot be read: {error}"), hint: login(registry) }),
    }
}

/// The error of a registry that refuses.
pub fn denied(registry: &str, what: &str) -> Failure {
    Failure::Denied { what: format!("{registry} {what}"), hint: login(registry) }
}

fn login(registry: &str) -> String {
    format!("run `docker login {registry}`, with an account that may read the image")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_parsed() {
        let bearer = |realm: &str, service: &str, scope: &str| {
            Some(Challenge::Bearer { realm: realm.to_owned(), service: service.to_owned(), scope: scope.to_owned() })
        };
        assert_eq!(
            Challenge::parse(r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/node:pull,push""#),
            bearer("https://auth.docker.io/token", "registry.docker.io", "repository:library/node:pull,push")
        );
        assert_eq!(Challenge::parse(r#"bearer service=x, realm="https://a/b?c=d""#), bearer("https://a/b?c=d", "x", ""));
        assert_eq!(Challenge::parse(r#"Basic realm="Registry Realm""#), Some(Challenge::Basic));
        for header in ["", "Negotiate", "Bearer service=\"x\""] {
            assert_eq!(Challenge::parse(header), None, "{header}");
        }
    }

    #[test]
    fn values_of_a_query_are_escaped() {
        assert_eq!(escape("repository:a/b:pull&x=y z"), "repository:a/b:pull%26x%3Dy%20z");
    }
}
