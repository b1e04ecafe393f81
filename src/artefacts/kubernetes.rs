//! `k8s/`: a Kustomize base of one service, and an overlay beside it that says namespace, digest and replicas. (Kustomize
//! takes no overlay that lies inside its base.)

use serde::Serialize;
use tera::Context;

use super::file;
use crate::deployment::{Deployment, Expose, Handler, Probes, Secret, SecretStore};
use crate::error::Result;
use crate::languages::Kind;
use crate::project::join;
use crate::render::{RenderedFile, yaml};

/// A probe of the kubelet, with its times in seconds.
#[derive(Serialize)]
struct Probe<'p> {
    field: &'static str,
    why: &'static str,
    handler: &'p Handler,
    period: u32,
    timeout: u32,
    failures: u32,
}

/// Every file, with paths relative to the project.
///
/// # Errors
/// A template that fails is a bug.
pub fn render(deployment: &Deployment, policy: bool) -> Result<Vec<RenderedFile>> {
    let workload = workload(deployment.kind);
    let mut context = Context::new();
    context.insert("d", deployment);
    context.insert("workload", workload);
    context.insert("policy", &policy);
    context.insert("metadata", &metadata(deployment));
    context.insert("labels", &labels(deployment));
    context.insert("selector", &selector(deployment));
    context.insert("annotations", &annotations(deployment, workload));
    context.insert("image", &format!("{}:{}", deployment.image.name, deployment.image.tag));
    context.insert("probes", &deployment.probes.as_ref().map(probes).unwrap_or_default());
    let store = deployment.store;
    let as_files = matches!(store, SecretStore::Files | SecretStore::Swarm);
    let from_secret = !as_files && store != SecretStore::VaultAgent;
    let variables: Vec<&Secret> = deployment.secrets.iter().filter(|_| from_secret).collect();
    context.insert("env", &deployment.env);
    context.insert("secret_env", &variables);
    context.insert("provider", &store.csi());
    let mounted = !deployment.secrets.is_empty() && (as_files || store.csi().is_some());
    context.insert("secret_volume", &mounted.then(|| store.folder()));
    let pod = crate::render::template_text("k8s/pod.yaml", &context)?;
    context.insert("pod", pod.trim_end());

    let mut names = vec![match workload {
        "Deployment" => "deployment",
        "CronJob" => "cronjob",
        _ => "job",
    }];
    names.push("serviceaccount");
    names.push("networkpolicy");
    if workload == "Deployment" {
        names.push("pdb");
        names.extend(deployment.port.map(|_| "service"));
        names.extend(deployment.autoscale.map(|_| "hpa"));
    }
    if deployment.port.is_some() {
        match deployment.expose {
            Expose::HttpRoute => names.push("httproute"),
            Expose::Ingress => names.push("ingress"),
            Expose::None => {}
        }
        names.extend(deployment.monitor.then_some("servicemonitor"));
    }
    if !deployment.secrets.is_empty() {
        names.extend(store.external().map(|_| "externalsecret"));
        names.extend(store.csi().map(|_| "secretproviderclass"));
    }
    let base = join(&deployment.dir, "k8s");
    let overlay = join(&deployment.dir, "k8s-overlays/production");
    let resources: Vec<String> = names.iter().map(|name| format!("{name}.yaml")).collect();
    context.insert("resources", &resources);
    context.insert("overlay", &overlay);
    let service = &deployment.service;
    let mut files = vec![file(format!("{base}/kustomization.yaml"), service, "k8s/kustomization.yaml", &context)?];
    for name in names {
        files.push(file(format!("{base}/{name}.yaml"), service, &format!("k8s/{name}.yaml"), &context)?);
    }
    if !deployment.secrets.is_empty() && matches!(store, SecretStore::Env | SecretStore::K8s | SecretStore::Files | SecretStore::Swarm) {
        files.push(file(format!("{base}/secret.example.yaml"), service, "k8s/secret.example.yaml", &context)?);
    }
    for name in ["kustomization", "namespace"] {
        files.push(file(format!("{overlay}/{name}.yaml"), service, &format!("k8s/overlay/{name}.yaml"), &context)?);
    }
    Ok(files)
}

fn workload(kind: Kind) -> &'static str {
    match kind {
        Kind::Web | Kind::Static | Kind::Worker => "Deployment",
        Kind::Job => "CronJob",
        Kind::Cli => "Job",
    }
}

/// Selectors cannot change later, so they hold what never does.
fn selector(deployment: &Deployment) -> String {
    let name = yaml(&deployment.name);
    format!("app.kubernetes.io/name: {name}\napp.kubernetes.io/instance: {name}")
}

fn labels(deployment: &Deployment) -> String {
    let component = match deployment.kind {
        Kind::Web => "web",
        Kind::Static => "frontend",
        Kind::Worker => "worker",
        Kind::Job | Kind::Cli => "job",
    };
    let (tag, whole) = (yaml(&deployment.image.tag), yaml(&deployment.namespace));
    format!(
        "{}\napp.kubernetes.io/version: {tag}\napp.kubernetes.io/component: {component}\napp.kubernetes.io/part-of: {whole}\napp.kubernetes.io/managed-by: kustomize",
        selector(deployment)
    )
}

/// Name, namespace and labels, the same for every object.
fn metadata(deployment: &Deployment) -> String {
    let labels = labels(deployment).replace('\n', "\n  ");
    format!("name: {}\nnamespace: {}\nlabels:\n  {labels}", yaml(&deployment.name), yaml(&deployment.namespace))
}

/// What a linter is told where it cannot know better, each with its reason.
fn annotations(deployment: &Deployment, workload: &str) -> String {
    let mut lines = vec!["polaris.fairwinds.com/priorityClassNotSet-exempt: \"true\"".to_owned()];
    let mut skips = vec!["CKV_K8S_43=the overlay sets the digest that the pipeline has signed".to_owned()];
    let store = deployment.store;
    if !deployment.secrets.is_empty() && !store.is_files() {
        skips.push("CKV_K8S_35=the program reads its secrets from the environment".to_owned());
    }
    if store == SecretStore::VaultAgent && !deployment.secrets.is_empty() {
        skips.push("CKV_K8S_38=the Vault agent asks with the token of the pod".to_owned());
        lines.push("polaris.fairwinds.com/automountServiceAccountToken-exempt: \"true\"".to_owned());
    }
    if deployment.arbitrary_user {
        skips.push("CKV_K8S_40=OpenShift gives out the user id from the range of the namespace".to_owned());
        lines.push("kube-score/ignore: container-security-context-user-group-id".to_owned());
    }
    if deployment.probes.is_none() && workload == "Deployment" {
        skips.push("CKV_K8S_8=it listens on no port; when it fails it ends and is started again".to_owned());
        skips.push("CKV_K8S_9=it gets no traffic that could be held back".to_owned());
        lines.push("polaris.fairwinds.com/livenessProbeMissing-exempt: \"true\"".to_owned());
        lines.push("polaris.fairwinds.com/readinessProbeMissing-exempt: \"true\"".to_owned());
    }
    if workload == "Deployment" && (deployment.autoscale.is_some() || deployment.replicas < 2) {
        lines.push("polaris.fairwinds.com/deploymentMissingReplicas-exempt: \"true\"".to_owned());
    }
    if deployment.env.iter().any(|variable| variable.name.ends_with("_FILE")) {
        lines.push("polaris.fairwinds.com/sensitiveContainerEnvVar-exempt: \"true\"".to_owned());
        lines.push("ignore-check.kube-linter.io/env-var-secret: the value is the path of a file".to_owned());
    }
    if deployment.port.is_none() && workload == "Deployment" {
        lines.push("ignore-check.kube-linter.io/no-liveness-probe: it listens on no port".to_owned());
        lines.push("ignore-check.kube-linter.io/no-readiness-probe: it gets no traffic".to_owned());
    }
    lines.extend(skips.iter().enumerate().map(|(number, skip)| format!("checkov.io/skip{}: {skip}", number + 1)));
    lines.join("\n")
}

fn probes(probes: &Probes) -> Vec<Probe<'_>> {
    // An exec probe starts a program: it is asked less often and given more time.
    let timeout = |handler: &Handler| if matches!(handler, Handler::Exec(_)) { 5 } else { 2 };
    let times = |handler: &Handler| if matches!(handler, Handler::Exec(_)) { 15 } else { 5 };
    vec![
        Probe { field: "startupProbe", why: "Time to start; the other two wait for it.", handler: &probes.startup, period: 5, timeout: timeout(&probes.startup), failures: probes.startup_failures },
        Probe { field: "livenessProbe", why: "Whether it must be started again; it asks nothing that depends on other services.", handler: &probes.liveness, period: 10, timeout: timeout(&probes.liveness), failures: 6 },
        Probe { field: "readinessProbe", why: "Whether it may get traffic.", handler: &probes.readiness, period: times(&probes.readiness), timeout: timeout(&probes.readiness), failures: 3 },
    ]
}
