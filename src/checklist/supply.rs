//! Items 10 and 15: what happens between the build and the cluster.

use super::{Judged, Subject};

const SCANNERS: &[&str] = &["trivy", "grype", "anchore/scan-action", "snyk", "docker/scout-action", "docker scout", "clair", "container_scanning"];
const SIGNERS: &[&str] = &["cosign", "notation", "sigstore", "attest-build-provenance", "slsa-github-generator"];
/// Words of a pipeline that makes an image.
const BUILDERS: &[&str] = &["docker build", "docker/build-push-action", "docker buildx", "kaniko", "buildah", "podman build", "ko build", "skaffold", "docker compose build"];

/// Item 10.
pub fn scan(subject: &Subject<'_>) -> Judged {
    pipelines(subject, SCANNERS, "nothing scans it", "add a step that scans the image with Trivy or Grype and fails on critical findings")
}

/// Item 15.
pub fn signed(subject: &Subject<'_>) -> Judged {
    pipelines(subject, SIGNERS, "nothing signs it", "sign the digest with cosign after the push, and verify it before it is deployed")
}

fn pipelines(subject: &Subject<'_>, tools: &[&str], missing: &str, fix: &str) -> Judged {
    let mut judged = Judged::default();
    let steps = |text: &str| text.lines().map(|line| line.split(" #").next().unwrap_or(line)).filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    for pipeline in &subject.pipelines {
        let text = steps(&pipeline.text);
        if let Some(tool) = tools.iter().find(|tool| text.contains(**tool)) {
            judged.met(pipeline.at(tool));
        }
    }
    if judged.met.is_empty() {
        let builder = subject.pipelines.iter().find_map(|pipeline| {
            let text = steps(&pipeline.text);
            BUILDERS.iter().find(|builder| text.contains(**builder)).map(|builder| pipeline.at(builder))
        });
        if let Some(at) = builder {
            judged.error(at, format!("this pipeline builds an image, and {missing}"), fix);
        }
    }
    judged
}
