//! How a planned service is run: one [`Deployment`] that feeds Kubernetes, Compose, CI and policy, so that port, user, paths,
//! probes, limits, names and secrets cannot drift between them. It is derived from the plan, the facts, the answers and what
//! the project's files say; no language needs to know of it.

mod backing;
mod dependencies;
mod environment;
mod image;
mod probes;
mod resources;
mod secrets;
mod telemetry;

pub use backing::Backing;
pub use image::Image;
pub use probes::{Handler, Probes};
pub use resources::Resources;
pub use secrets::{STORES, Secret, SecretStore, literals};
pub use telemetry::Telemetry;

use serde::Serialize;

use crate::error::{Error, Exit, Result};
use crate::languages::{Facts, Kind, Note};
use crate::plan::{EnvVar, Healthcheck, NonRootUser, Plan};
use crate::project::{Project, join};
use crate::settings::Answers;
use dependencies::Dependencies;
use environment::Environment;

/// Seconds that a load balancer may go on sending requests to a pod that is being stopped.
const PRE_STOP: u32 = 5;
/// Seconds that a program which handles SIGTERM gets for what is in flight.
const DRAIN: u32 = 30;
/// Size (MiB) of a writable folder in memory or on the node.
const VOLUME_MIB: u32 = 128;

/// A folder that the program writes to; all else is read-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Volume {
    /// DNS label.
    pub name: String,
    /// Absolute path.
    pub path: String,
    /// Limit in MiB.
    pub mib: u32,
}

/// Where something is published, by choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Expose {
    /// Inside the cluster only.
    None,
    /// Gateway API.
    HttpRoute,
    /// Ingress.
    Ingress,
}

/// One service, ready to be run.
#[derive(Debug, Clone, Serialize)]
pub struct Deployment {
    /// DNS label: name of every object.
    pub name: String,
    /// The service's own name, as in `--set SERVICE.KEY`.
    pub service: String,
    /// Folder of its files, relative to the project.
    pub dir: String,
    /// Build context, relative to the project.
    pub context: String,
    /// Dockerfile, relative to the context.
    pub dockerfile: String,
    /// Language.
    pub language: String,
    /// Framework.
    pub framework: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Where its image is kept.
    pub image: Image,
    /// Who runs.
    pub user: NonRootUser,
    /// Whether the cluster gives out user ids itself (OpenShift).
    pub arbitrary_user: bool,
    /// Port.
    pub port: Option<u16>,
    /// How it is asked; `None` without a port.
    pub probes: Option<Probes>,
    /// The image's own health check.
    pub healthcheck: Option<Healthcheck>,
    /// Seconds before SIGTERM in Kubernetes, for load balancers to notice; 0 without a port.
    pub pre_stop: u32,
    /// Seconds from SIGTERM to SIGKILL.
    pub drain: u32,
    /// Whether the image needs an init of the engine.
    pub init: bool,
    /// Writable folders, `/tmp` first.
    pub volumes: Vec<Volume>,
    /// Requests and limits.
    pub resources: Resources,
    /// Variables beside those of the image.
    pub env: Vec<EnvVar>,
    /// Secrets, by name.
    pub secrets: Vec<Secret>,
    /// Where their values are kept.
    pub store: SecretStore,
    /// Services that it talks to.
    pub needs: Vec<Backing>,
    /// What is among the dependencies that calls other hosts over HTTPS, with its place.
    pub calls_out: Option<String>,
    /// Metrics and traces, where the program has them.
    pub telemetry: Telemetry,
    /// Pods; 1 for what may run only once.
    pub replicas: u32,
    /// Fewest and most pods, where it is scaled by load.
    pub autoscale: Option<(u32, u32)>,
    /// Schedule of a job; suspended without one.
    pub schedule: Option<String>,
    /// How it is published.
    pub expose: Expose,
    /// The host name it is published under.
    pub host: Option<String>,
    /// Class of the Ingress, or name of the Gateway.
    pub gateway: String,
    /// Namespace of the overlay.
    pub namespace: String,
    /// Provider of the CI.
    pub ci: String,
    /// Scanner of vulnerabilities.
    pub scanner: String,
    /// How images are signed.
    pub signing: String,
    /// Whether the Prometheus operator is told of the metrics, where there are some.
    pub monitor: bool,
}

/// What a deployment is derived from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The plan.
    pub plan: &'s Plan,
    /// Facts with the answers over them.
    pub facts: &'s Facts,
    /// The answers.
    pub answers: &'s Answers,
    /// The build context.
    pub project: &'s Project,
    /// Its path, relative to the project's root.
    pub context: &'s str,
    /// Name of the whole, where it holds several services.
    pub whole: Option<&'s str>,
}

impl Deployment {
    /// Derives it.
    ///
    /// # Errors
    /// Exit 2 when an answer does not fit.
    pub fn new(source: Source<'_>) -> Result<(Self, Vec<Note>)> {
        let Source { plan, facts, answers, project, context, whole } = source;
        let runtime = &plan.runtime;
        let dependencies = Dependencies::read(project, &plan.dir);
        let environment = Environment::read(project, &plan.dir);
        let name = label(&plan.service);
        let dir = join(context, &plan.dir).trim_end_matches("/.").to_owned();
        let image = Image::new(answers, &dependencies, &name)?;
        let needs = backing::detect(project, &dependencies, &environment, facts);
        let secrets = secrets::detect(facts, &environment, &runtime.env);
        let store = SecretStore::of(answers.get("secrets"))?;
        let telemetry = telemetry::detect(&dependencies, facts, &name);
        let resources = Resources::new(answers, facts, plan)?;
        let in_image = |name: &str| runtime.env.iter().any(|known| known.name == name);
        let mut env = resources.env(facts, plan);
        env.extend(telemetry.env.iter().cloned());
        if store.is_files() {
            secrets::read_from_files(&secrets, &mut env);
        }
        env.retain(|variable| !in_image(&variable.name) && !secrets.iter().any(|secret| secret.name == variable.name));
        let absolute = |path: &String| if path.starts_with('/') { path.clone() } else { join(&runtime.workdir, path) };
        let mut paths: Vec<String> = std::iter::once("/tmp".to_owned()).chain(runtime.writable.iter().map(absolute)).collect();
        paths.dedup();
        let volumes = paths.into_iter().map(|path| Volume { name: label(&path), path, mib: VOLUME_MIB }).collect();
        let kind = facts.kind.value;
        let once = ["beat", "clock", "scheduler"].iter().any(|word| runtime.command.iter().any(|part| part.contains(word)));
        let autoscale = autoscale(answers)?;
        let replicas = match answers.get("replicas") {
            Some(text) => number("replicas", text, 1..=1000)?,
            None => if once { 1 } else { 2 },
        };
        let expose = match answers.get("expose") {
            None | Some("none") => Expose::None,
            Some("httproute") => Expose::HttpRoute,
            Some("ingress") => Expose::Ingress,
            Some(other) => return Err(wrong("expose", other, "none, httproute or ingress")),
        };
        let host = answers.get("host").map(host_name).transpose()?;
        if expose != Expose::None && host.is_none() {
            return Err(Error::new(Exit::AnswerMissing, "nothing says under which host name the service is published")
                .hint("pass `--set host=shop.example.org`, or leave `expose` away"));
        }
        let mut notes = image.note().into_iter().collect::<Vec<_>>();
        notes.extend(telemetry.advice.clone());
        let deployment = Self {
            dockerfile: join(&plan.dir, "Dockerfile"),
            context: context.to_owned(),
            service: plan.service.clone(),
            language: facts.language.value.clone(),
            framework: facts.framework.as_ref().map(|found| found.value.clone()),
            kind,
            user: runtime.user,
            arbitrary_user: answers.get("cluster") == Some("openshift"),
            port: runtime.port,
            probes: Probes::new(plan, facts),
            healthcheck: runtime.healthcheck.clone(),
            ci: answers.get("ci").unwrap_or("github").to_owned(),
            scanner: answers.get("scanner").unwrap_or("trivy").to_owned(),
            signing: answers.get("signing").unwrap_or("cosign").to_owned(),
            pre_stop: if runtime.port.is_some() { PRE_STOP } else { 0 },
            drain: if runtime.init.is_some() { 0 } else { DRAIN },
            init: runtime.init.is_none(),
            namespace: label(answers.get("namespace").or(whole).unwrap_or(&name)),
            gateway: label(answers.get("gateway").unwrap_or(if expose == Expose::Ingress { "traefik" } else { "gateway" })),
            schedule: answers.get("schedule").map(schedule).transpose()?,
            calls_out: dependencies.calls_out(),
            monitor: answers.get("monitor") == Some("servicemonitor") && telemetry.metrics.is_some(),
            name, dir, image, volumes, resources, env, secrets, store, needs, telemetry, replicas, autoscale, expose, host,
        };
        Ok((deployment, notes))
    }
}

fn autoscale(answers: &Answers) -> Result<Option<(u32, u32)>> {
    let Some(text) = answers.get("autoscale") else { return Ok(None) };
    let fits = || {
        let (least, most) = text.split_once('-')?;
        let (least, most): (u32, u32) = (least.trim().parse().ok()?, most.trim().parse().ok()?);
        (least >= 1 && most > least && most <= 1000).then_some((least, most))
    };
    fits().map(Some).ok_or_else(|| wrong("autoscale", text, "fewest and most pods, for example `2-10`"))
}

/// Five fields of cron, or a name such as `@daily`.
fn schedule(text: &str) -> Result<String> {
    let plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "*/,-".contains(c));
    let named = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"].contains(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    if named || (words.len() == 5 && words.iter().all(|word| plain(word))) {
        return Ok(words.join(" "));
    }
    Err(wrong("schedule", text, "five fields of cron, for example `0 3 * * *`"))
}

fn host_name(text: &str) -> Result<String> {
    let label = |part: &str| !part.is_empty() && part.len() <= 63 && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let lower = text.to_lowercase();
    if lower.len() <= 253 && lower.contains('.') && lower.split('.').all(label) { Ok(lower) } else { Err(wrong("host", text, "a host name such as `shop.example.org`")) }
}

/// A whole number within bounds.
fn number(key: &str, text: &str, bounds: std::ops::RangeInclusive<u32>) -> Result<u32> {
    let expected = format!("a number from {} to {}", bounds.start(), bounds.end());
    text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| wrong(key, text, &expected))
}

fn wrong(key: &str, value: &str, expected: &str) -> Error {
    Error::new(Exit::Usage, format!("`{value}` does not fit `{key}`")).hint(format!("`{key}` takes {expected}"))
}

/// A DNS label from any text, short enough for every object (a CronJob's jobs add 11 characters): what is too long ends
/// with a hash, so that two long names stay two.
pub fn label(text: &str) -> String {
    const LONGEST: usize = 52;
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let mut joined = parts.join("-");
    if !joined.starts_with(|c: char| c.is_ascii_lowercase()) {
        joined = if joined.is_empty() { "app".to_owned() } else { format!("app-{joined}") };
    }
    if joined.len() > LONGEST {
        // FNV-1a: the same on every machine and in every version.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        joined.truncate(LONGEST - 9);
        joined = format!("{}-{:08x}", joined.trim_end_matches('-'), hash & 0xffff_ffff);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_dns_label() {
        assert_eq!(label("@Scope/My App"), "scope-my-app");
        assert_eq!(label("007"), "app-007");
        assert_eq!(label("${{ x }}\n"), "x");
        assert_eq!(label("\n"), "app");
        let (one, two) = (label(&"x".repeat(300)), label(&"x".repeat(301)));
        assert!(one.len() <= 52 && one != two && one.starts_with('x'));
    }

    #[test]
    fn a_schedule_is_five_fields() {
        assert_eq!(schedule("0 3 * * 1-5").unwrap(), "0 3 * * 1-5");
        assert!(schedule("0 3 * *\nx: y").is_err() && schedule("").is_err());
        assert!(host_name("a\nb.c").is_err());
    }
}
