//! Image references as people write them, and where the image lies.

use std::fmt;

/// Docker's own registry, as people write it, and as it is asked.
const DOCKER: &str = "docker.io";
const DOCKER_HOST: &str = "registry-1.docker.io";

/// A repository: the registry and the path in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    /// Host, with a port if one was written; `docker.io` when none was written.
    pub registry: String,
    /// Path, e.g. `library/node`.
    pub path: String,
}

impl Repository {
    /// Parses a name without tag and digest: `node`, `ghcr.io/astral-sh/uv`, `localhost:5000/app`.
    pub fn parse(name: &str) -> Self {
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path.to_owned()),
            Some(_) => (DOCKER, name.to_owned()),
            None => (DOCKER, format!("library/{name}")),
        };
        let registry = if registry == "index.docker.io" { DOCKER } else { registry };
        // `docker.io/node` is `docker.io/library/node`.
        let path = if registry == DOCKER && !path.contains('/') { format!("library/{path}") } else { path };
        Self { registry: registry.to_owned(), path }
    }

    /// The host that answers for the registry.
    pub fn host(&self) -> &str {
        if self.registry == DOCKER { DOCKER_HOST } else { &self.registry }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// Whether a host is this machine, where registries need no TLS.
pub fn is_loopback(host: &str) -> bool {
    let name = host.strip_prefix('[').map_or_else(|| host.split(':').next().unwrap_or(host), |rest| rest.split(']').next().unwrap_or(rest));
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_registries() {
        for (name, registry, path) in [
            ("node", "docker.io", "library/node"),
            ("docker.io/node", "docker.io", "library/node"),
            ("index.docker.io/library/node", "docker.io", "library/node"),
            ("oven/bun", "docker.io", "oven/bun"),
            ("ghcr.io/astral-sh/uv", "ghcr.io", "astral-sh/uv"),
            ("localhost/app", "localhost", "app"),
            ("localhost:5000/a/b/c", "localhost:5000", "a/b/c"),
        ] {
            assert_eq!(Repository::parse(name), Repository { registry: registry.to_owned(), path: path.to_owned() }, "{name}");
        }
        assert_eq!(Repository::parse("node").host(), "registry-1.docker.io");
    }

    #[test]
    fn loopback_is_the_machine_itself() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:1", "127.1.2.3", "[::1]:5000"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.org", "10.0.0.1:5000", "ghcr.io"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
