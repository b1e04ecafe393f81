//! The items' texts: shown by `explain`, in reports, and as the rules of SARIF.

use super::{Judged, Subject};
use super::{application, base, build, pins, probe, secrets, signals, supply, workload};

/// One item.
pub struct Item {
    /// The contract's id.
    pub id: &'static str,
    /// What is asked, in a few words.
    pub title: &'static str,
    /// Why.
    pub why: &'static str,
    /// How it is done.
    pub fix: &'static str,
    /// Judges by it.
    pub(super) judge: fn(&Subject<'_>) -> Judged,
}

/// All of them, in the checklist's order.
pub const ITEMS: &[Item] = &[
    Item {
        id: "minimal-base",
        title: "the final image holds what the program needs, and nothing else",
        why: "Every program in the image is one that an intruder may use and that a scanner will report. Compilers, package \
              managers and a shell are not needed to run most services.",
        fix: "build on distroless, a -slim or an -alpine image; leave compilers and debugging tools in the build stage",
        judge: base::minimal,
    },
    Item {
        id: "multi-stage",
        title: "what builds the program is not part of what runs it",
        why: "In one stage, the compiler, the development dependencies and the sources stay in the image, and so does every \
              secret that the build has seen.",
        fix: "build in a stage of its own, and `COPY --from` it what runs",
        judge: base::multi_stage,
    },
    Item {
        id: "non-root",
        title: "the program runs as a numbered user that is not root",
        why: "Root in a container is root for the kernel: one flaw there, and the host is lost. A number, since Kubernetes \
              cannot check for `runAsNonRoot` that a name is not root.",
        fix: "end the final stage with `USER 10001:10001` (distroless: `USER 65532:65532`)",
        judge: base::non_root,
    },
    Item {
        id: "pinned",
        title: "images, packages and actions are pinned",
        why: "A tag moves: what was tested is not what is built tomorrow, and whoever takes over the tag is in the next build. \
              A digest names the bytes; the tag beside it lets people and bots read and raise it.",
        fix: "write `FROM name:tag@sha256:...`; `dockwright pin` finds the digests",
        judge: pins::pinned,
    },
    Item {
        id: "signals",
        title: "the program gets SIGTERM and ends by itself",
        why: "`docker stop` and Kubernetes send SIGTERM to process 1 and kill it some seconds later. A shell or a package \
              manager in between does not pass the signal on, and as process 1 many runtimes ignore it: every deployment then \
              cuts off requests.",
        fix: "start the program itself in exec form; where it has no handler, start it through an init such as tini",
        judge: signals::signals,
    },
    Item {
        id: "healthcheck",
        title: "the platform can ask whether the service is well",
        why: "Without a probe, a process that hangs counts as running and keeps getting requests.",
        fix: "add a HEALTHCHECK in exec form that uses what the image already holds; in Kubernetes, probes",
        judge: probe::healthcheck,
    },
    Item {
        id: "no-secrets",
        title: "no secret is in the image or in the repository",
        why: "A layer is for ever: what ENV, ARG or COPY put there is read by everyone who can pull the image, also when a later \
              layer removes it.",
        fix: "give secrets to the build by `--mount=type=secret`, and to the running program by the platform",
        judge: secrets::no_secrets,
    },
    Item {
        id: "dockerignore",
        title: "the build sees only what it needs",
        why: "Without `.dockerignore`, `COPY . .` takes the history of git, local secrets and installed packages along, and every \
              change in them rebuilds everything.",
        fix: "add a `.dockerignore` that keeps out .git, .env files, and what is installed or built",
        judge: build::dockerignore,
    },
    Item {
        id: "cache-order",
        title: "a change in the source installs nothing again",
        why: "A layer is rebuilt when anything before it changed. With the sources copied first, every commit installs all \
              dependencies again.",
        fix: "copy the manifest and the lockfile, install, and only then copy the sources",
        judge: build::cache_order,
    },
    Item {
        id: "scan",
        title: "the image is scanned before it is deployed",
        why: "Half of what is in an image was written by others. New vulnerabilities are found in it after it was built.",
        fix: "scan in CI with Trivy or Grype, let it fail on critical findings, and do it again every week",
        judge: supply::scan,
    },
    Item {
        id: "read-only",
        title: "the program cannot change its own files",
        why: "With a read-only root an intruder can leave nothing behind, and the program cannot come to depend on files that \
              the next restart takes away.",
        fix: "set `readOnlyRootFilesystem: true` (compose: `read_only: true`), with a volume for each path that is written to",
        judge: workload::read_only,
    },
    Item {
        id: "limits",
        title: "memory and CPU are limited",
        why: "Without a limit one service starves its neighbours, and the kernel chooses what is killed.",
        fix: "set requests and limits in the Deployment (compose: `deploy.resources.limits`)",
        judge: workload::limits,
    },
    Item {
        id: "stdout-logs",
        title: "logs go to standard output",
        why: "A log file in a container is lost with it, fills its disk, and is seen by nobody.",
        fix: "log to standard output, best as one JSON object a line",
        judge: application::stdout_logs,
    },
    Item {
        id: "telemetry",
        title: "metrics and traces leave the service",
        why: "Logs tell what one request did; how many fail, how slow they are and where, only metrics and traces tell.",
        fix: "add OpenTelemetry or a Prometheus exporter: request rate, errors, duration, saturation, restarts",
        judge: application::telemetry,
    },
    Item {
        id: "signed",
        title: "the image is signed, and unsigned ones are refused",
        why: "A signature ties the image to the pipeline that built it: one that was swapped in the registry does not start.",
        fix: "sign the digest with cosign in CI, and let the cluster admit nothing else",
        judge: supply::signed,
    },
];
