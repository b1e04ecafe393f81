//! `compose.yaml`: all services with what they talk to, for work on one machine, locked down as in the cluster.

use serde::Serialize;
use tera::Context;

use super::{WHOLE, file};
use crate::deployment::{Backing, Deployment, SecretStore};
use crate::error::Result;
use crate::languages::Kind;
use crate::plan::EnvVar;
use crate::render::RenderedFile;

/// A service with what Compose alone needs.
#[derive(Serialize)]
struct Service<'d> {
    d: &'d Deployment,
    /// Port on the machine: the service's own, or the next that no other has.
    published: Option<u16>,
    /// Variables, with `$` kept as text except in what is told of the backing services.
    env: Vec<EnvVar>,
    /// Names of the secrets that no backing service answers.
    secrets: Vec<&'d str>,
    /// Whether it is started with the others.
    profile: Option<&'static str>,
}

/// The file; none without services.
///
/// # Errors
/// A template that fails is a bug.
pub(super) fn render(deployments: &[&Deployment]) -> Result<Option<RenderedFile>> {
    let Some(first) = deployments.first() else { return Ok(None) };
    let mut taken: Vec<u16> = Vec::new();
    let mut backing: Vec<&Backing> = Vec::new();
    let mut services = Vec::new();
    for &d in deployments {
        let published = d.port.map(|port| (port..=u16::MAX).find(|port| !taken.contains(port)).unwrap_or(port));
        taken.extend(published);
        let told = d.needs.iter().flat_map(|need| need.told.iter().cloned());
        let own = d.env.iter().map(|variable| EnvVar::new(&variable.name, variable.value.replace('$', "$$")));
        let env: Vec<EnvVar> = own.chain(told).collect();
        let secrets = d.secrets.iter().map(|secret| secret.name.as_str()).filter(|name| env.iter().all(|variable| variable.name != *name)).collect();
        let profile = matches!(d.kind, Kind::Job | Kind::Cli).then_some("jobs");
        for need in &d.needs {
            if !backing.iter().any(|known| known.name == need.name) {
                backing.push(need);
            }
        }
        services.push(Service { d, published, env, secrets, profile });
    }
    let as_files = matches!(first.store, SecretStore::Files | SecretStore::Swarm);
    let mut names: Vec<&str> = services.iter().flat_map(|service| service.secrets.iter().copied()).collect();
    names.sort_unstable();
    names.dedup();
    let mut context = Context::new();
    context.insert("name", &first.namespace);
    context.insert("services", &services);
    context.insert("backing", &backing);
    context.insert("secrets_as_files", &as_files);
    context.insert("swarm", &(first.store == SecretStore::Swarm));
    context.insert("secret_names", &names);
    let service = if deployments.len() == 1 { first.service.as_str() } else { WHOLE };
    file("compose.yaml".to_owned(), service, "compose.yaml", &context).map(Some)
}
