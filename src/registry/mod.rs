//! Registries, by the OCI distribution API: <https://github.com/opencontainers/distribution-spec>. The only place that uses
//! the network, and `dockwright pin` the only command that calls it.

mod auth;
pub mod debian;
mod http;
mod manifest;
pub mod reference;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::catalog::is_digest;
use crate::error::{Error, Exit};
use auth::Challenge;
use http::{Answer, Http, Method};
use manifest::Manifest;
use reference::{Repository, is_loopback};

/// Why an image was not resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The registry or the way to it failed: trying again may help.
    Outside(String),
    /// There is no such image or tag.
    NotFound(String),
    /// The registry refuses.
    Denied {
        /// What it said.
        what: String,
        /// What to do.
        hint: String,
    },
    /// It is there and does not fit: an empty index, or a platform is missing.
    Unfit(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outside(what) | Self::NotFound(what) | Self::Unfit(what) | Self::Denied { what, .. } => f.write_str(what),
        }
    }
}

/// How registries are reached.
#[derive(Debug, Clone)]
pub struct Options {
    /// Other places to ask, by registry: `docker.io` -> `https://mirror.example.org/hub`.
    pub mirrors: BTreeMap<String, String>,
    /// How long one answer may take.
    pub timeout: Duration,
}

impl Options {
    /// Mirrors from `DOCKWRIGHT_MIRRORS` (`docker.io=mirror.example.org,ghcr.io=...`), and how many seconds an answer may take
    /// from `DOCKWRIGHT_TIMEOUT`, 30 when it is not set.
    ///
    /// # Errors
    /// Exit 2 when one of them is malformed.
    pub fn from_environment() -> Result<Self, Error> {
        let mut mirrors = BTreeMap::new();
        for pair in std::env::var("DOCKWRIGHT_MIRRORS").unwrap_or_default().split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (registry, mirror) = pair.split_once('=').ok_or_else(|| {
                Error::new(Exit::Usage, format!("`{pair}` in `DOCKWRIGHT_MIRRORS` has no `=`")).hint("write `docker.io=mirror.example.org`")
            })?;
            mirrors.insert(registry.to_owned(), mirror.to_owned());
        }
        let text = std::env::var("DOCKWRIGHT_TIMEOUT").unwrap_or_else(|_| "30".to_owned());
        let seconds = text.parse().ok().filter(|seconds| (1..=3600).contains(seconds)).ok_or_else(|| {
            Error::new(Exit::Usage, format!("`DOCKWRIGHT_TIMEOUT` is `{text}`, which is no number of seconds")).hint("write 1 to 3600")
        })?;
        Ok(Self { mirrors, timeout: Duration::from_secs(seconds) })
    }
}

/// What a tag points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Digest of the index, or of the manifest where there is no index.
    pub digest: String,
    /// The host that was asked.
    pub from: String,
    /// What it runs on; empty when the digest was known already.
    pub platforms: Vec<String>,
}

/// A client of all registries.
#[derive(Debug)]
pub struct Registries {
    http: Http,
    mirrors: BTreeMap<String, String>,
    /// `Authorization` by address of the repository.
    tokens: Mutex<BTreeMap<String, String>>,
    /// `https` or `http` by host of this machine.
    schemes: Mutex<BTreeMap<String, &'static str>>,
}

/// Where a repository is asked for.
struct Place<'r> {
    repository: &'r Repository,
    /// Whose credentials count.
    host: String,
    /// `https://host/v2/path`.
    url: String,
}

impl Registries {
    /// A client; nothing is asked yet.
    pub fn new(options: Options) -> Self {
        Self {
            http: Http::new(options.timeout),
            mirrors: options.mirrors,
            tokens: Mutex::default(),
            schemes: Mutex::default(),
        }
    }

    /// The digest of a tag, whose image holds the wanted platforms. `known` is a digest that was already found to hold them:
    /// while the tag points to it, nothing more is asked.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn resolve(&self, repository: &Repository, tag: &str, wanted: &[String], known: Option<&str>) -> Result<Resolved, Failure> {
        let place = self.place(repository);
        let url = format!("{}/manifests/{tag}", place.url);
        let name = format!("{repository}:{tag}");
        let from = place.host.clone();
        if let Some(known) = known
            && let Ok(answer) = self.ask(&place, Method::Head, &url)
            && answer.header("docker-content-digest") == Some(known)
        {
            return Ok(Resolved { digest: known.to_owned(), from, platforms: Vec::new() });
        }
        let answer = self.ask(&place, Method::Get, &url)?;
        let digest = digest_of(&answer.body);
        if let Some(said) = answer.header("docker-content-digest").filter(|said| is_digest(said) && *said != digest) {
            return Err(Failure::Outside(format!("{from} sends for {name} what has the digest {digest}, and says {said}")));
        }
        let broken = |error: serde_json::Error| Failure::Outside(format!("the manifest of {name} cannot be read: {error}"));
        let manifest: Manifest = serde_json::from_slice(&answer.body).map_err(broken)?;
        let platforms = match manifest.platforms() {
            Some(platforms) => platforms,
            None => vec![self.single(&place, &name, &manifest)?],
        };
        if platforms.is_empty() {
            return Err(Failure::Unfit(format!("{name} is an empty index ({digest})")));
        }
        match manifest::missing(wanted, &platforms)[..] {
            [] => Ok(Resolved { digest, from, platforms }),
            ref missing => Err(Failure::Unfit(format!("{name} has no {}, it has {}", missing.join(" and no "), platforms.join(", ")))),
        }
    }

    /// What a pull of an image costs on a platform, compressed, in bytes.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn compressed_size(&self, repository: &Repository, digest: &str, platform: &str) -> Result<u64, Failure> {
        let place = self.place(repository);
        let mut digest = digest.to_owned();
        // An index leads to a manifest, and that to the layers.
        for _ in 0..2 {
            let answer = self.ask(&place, Method::Get, &format!("{}/manifests/{digest}", place.url))?;
            let manifest: Manifest = serde_json::from_slice(&answer.body)
                .map_err(|error| Failure::Outside(format!("the manifest {digest} of {repository} cannot be read: {error}")))?;
            match manifest.part(platform) {
                Some(part) => digest = part.to_owned(),
                None => return Ok(manifest.size()),
            }
        }
        Err(Failure::Unfit(format!("{repository}@{digest} is an index of indexes")))
    }

    /// The tags of a repository.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn tags(&self, repository: &Repository) -> Result<Vec<String>, Failure> {
        #[derive(serde::Deserialize)]
        struct Page {
            tags: Option<Vec<String>>,
        }
        let place = self.place(repository);
        let mut url = format!("{}/tags/list?n=1000", place.url);
        let mut tags = Vec::new();
        // As many pages as the largest repository has; a registry that turns in circles ends here.
        for _ in 0..100 {
            let answer = self.ask(&place, Method::Get, &url)?;
            let page: Page = serde_json::from_slice(&answer.body)
                .map_err(|error| Failure::Outside(format!("the tags of {repository} cannot be read: {error}")))?;
            tags.extend(page.tags.unwrap_or_default());
            let Some(next) = answer.header("link").and_then(next_page) else { break };
            // Only the question is taken from the answer: it must not lead to another host.
            let Some((_, question)) = next.split_once('?') else { break };
            url = format!("{}/tags/list?{question}", place.url);
        }
        Ok(tags)
    }

    /// The newest version of each package of a release of Debian on a platform, as the archive was on a day
    /// (`20261124T000000Z`). A mirror of `snapshot.debian.org` counts here too.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn packages(&self, release: &str, platform: &str, day: &str) -> Result<BTreeMap<String, String>, Failure> {
        let base = self.mirrors.get(debian::HOST).map_or_else(|| format!("https://{}", debian::HOST), Clone::clone);
        debian::versions(&self.http, base.trim_end_matches('/'), release, debian::architecture(platform), day)
    }

    /// The platform of an image that has no index.
    fn single(&self, place: &Place<'_>, name: &str, manifest: &Manifest) -> Result<String, Failure> {
        let config = manifest.config.as_ref().ok_or_else(|| Failure::Unfit(format!("{name} is neither an index nor an image")))?;
        let answer = self.ask(place, Method::Get, &format!("{}/blobs/{}", place.url, config.digest))?;
        if digest_of(&answer.body) != config.digest {
            return Err(Failure::Outside(format!("{} sends another configuration of {name} than the manifest names", place.host)));
        }
        let platform: manifest::Platform = serde_json::from_slice(&answer.body)
            .map_err(|error| Failure::Unfit(format!("{name} does not say which platform it is for: {error}")))?;
        Ok(platform.name())
    }

    /// Asks with the credentials that are wanted.
    fn ask(&self, place: &Place<'_>, method: Method, url: &str) -> Result<Answer, Failure> {
        let send = |authorization: Option<&str>| {
            let mut headers = vec![("Accept", manifest::ACCEPT)];
            headers.extend(authorization.map(|value| ("Authorization", value)));
            self.http.send(method, url, &headers)
        };
        let known = lock(&self.tokens).get(&place.url).cloned();
        let mut answer = send(known.as_deref())?;
        if answer.status.as_u16() == 401
            && let Some(challenge) = challenge(&answer)
        {
            let authorization = auth::authorize(&self.http, &challenge, registry(&place.host), path(place))?;
            answer = send(Some(&authorization))?;
            lock(&self.tokens).insert(place.url.clone(), authorization);
        }
        match answer.status.as_u16() {
            200 => Ok(answer),
            401 | 403 => Err(auth::denied(registry(&place.host), &format!("refuses {} ({})", place.repository, answer.status))),
            404 => Err(Failure::NotFound(format!("{} has no such image or tag of {}", place.host, place.repository))),
            _ => Err(Failure::Outside(format!("{} answers {} for {}", place.host, answer.status, place.repository))),
        }
    }

    fn place<'r>(&self, repository: &'r Repository) -> Place<'r> {
        let mirror = self.mirrors.get(&repository.registry).map(|mirror| mirror.trim_end_matches('/'));
        let address = mirror.unwrap_or_else(|| repository.host());
        let (scheme, rest) = match address.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_owned()), rest),
            None => (None, address),
        };
        let (host, folder) = rest.split_once('/').map_or((rest, String::new()), |(host, folder)| (host, format!("{folder}/")));
        let scheme = scheme.unwrap_or_else(|| self.scheme(host).to_owned());
        Place { repository, host: host.to_owned(), url: format!("{scheme}://{host}/v2/{folder}{}", repository.path) }
    }

    /// TLS, except for a registry of this machine that knows none.
    fn scheme(&self, host: &str) -> &'static str {
        if !is_loopback(host) {
            return "https";
        }
        if let Some(scheme) = lock(&self.schemes).get(host) {
            return scheme;
        }
        let scheme = if self.http.speaks_tls(host) { "https" } else { "http" };
        lock(&self.schemes).insert(host.to_owned(), scheme);
        scheme
    }
}

/// Docker's registry is configured under its public name.
fn registry(host: &str) -> &str {
    if host == "registry-1.docker.io" { "docker.io" } else { host }
}

fn path<'p>(place: &'p Place<'_>) -> &'p str {
    place.url.split_once("/v2/").map_or("", |(_, path)| path)
}

/// A token is preferred where a registry offers both.
fn challenge(answer: &Answer) -> Option<Challenge> {
    let offered = answer.headers.get_all("www-authenticate").iter().filter_map(|value| Challenge::parse(value.to_str().ok()?));
    let mut offered: Vec<Challenge> = offered.collect();
    offered.sort_by_key(|challenge| *challenge == Challenge::Basic);
    offered.into_iter().next()
}

/// The address in `<...>; rel="next"`.
fn next_page(link: &str) -> Option<&str> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\"") || part.contains("rel=next"))?;
    Some(next.trim().strip_prefix('<')?.split('>').next().unwrap_or_default())
}

fn digest_of(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A thread that died has left nothing half done in these maps.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
