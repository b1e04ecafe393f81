//! The plan: everything that will be written, decided; and the types that hold the promises.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::PinnedImage;

/// A numeric user and group that is not root. Above 10000, so that it meets no user of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NonRootUser {
    uid: u32,
    gid: u32,
}

impl NonRootUser {
    /// The user that distroless images bring.
    pub const DISTROLESS: Self = Self { uid: 65532, gid: 65532 };
    /// The user of every other image.
    pub const OWN: Self = Self { uid: 10001, gid: 10001 };

    /// User id.
    pub fn uid(self) -> u32 {
        self.uid
    }

    /// Group id.
    pub fn gid(self) -> u32 {
        self.gid
    }
}

/// The family of the final image's base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// No shell, no package manager.
    Distroless,
    /// Debian without documentation and compilers.
    Slim,
    /// musl and busybox.
    Alpine,
}

impl Flavor {
    /// The value of `--set base=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Distroless => "distroless",
            Self::Slim => "slim",
            Self::Alpine => "alpine",
        }
    }
}

/// How a container is asked whether it is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Healthcheck {
    /// Exec form, in the language the image already runs.
    pub command: Vec<String>,
    /// Seconds a slow start may take before failures count.
    pub start_period: u32,
}

/// A variable of the final image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnvVar {
    /// Name.
    pub name: String,
    /// Value, unquoted.
    pub value: String,
}

impl Healthcheck {
    /// A probe in exec form, with the seconds a slow start may take.
    pub fn new(command: &[&str], start_period: u32) -> Self {
        Self { command: command.iter().map(|&word| word.to_owned()).collect(), start_period }
    }
}

impl EnvVar {
    /// A variable.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}

/// The final stage.
#[derive(Debug, Clone, Serialize)]
pub struct Runtime {
    /// Base image.
    pub image: PinnedImage,
    /// Family of the base.
    pub flavor: Flavor,
    /// Why this base.
    pub reason: String,
    /// Who runs.
    pub user: NonRootUser,
    /// Where the program lies.
    pub workdir: String,
    /// Variables.
    pub env: Vec<EnvVar>,
    /// The port it listens on.
    pub port: Option<u16>,
    /// How to ask whether it is well; `None` for what listens on no port.
    pub healthcheck: Option<Healthcheck>,
    /// Signal for a graceful stop, where it is not SIGTERM.
    pub stop_signal: Option<String>,
    /// The reason why PID 1 must be an init; `None` where the program handles signals itself.
    pub init: Option<String>,
    /// OS packages, as `name=version`.
    pub packages: Vec<String>,
    /// The program with its arguments, without the init.
    pub command: Vec<String>,
    /// Folders it writes to, beside `/tmp`.
    pub writable: Vec<String>,
}

/// One service, planned.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Service name.
    pub service: String,
    /// Folder of its files, relative to the build context; `.` when it is the context itself.
    pub dir: String,
    /// Folder of its templates.
    pub template: String,
    /// Images of the build stages, by stage.
    pub images: BTreeMap<String, PinnedImage>,
    /// The final stage.
    pub runtime: Runtime,
    /// What the language's templates need beside this.
    pub details: serde_json::Value,
    /// Lines of `.dockerignore` for this stack.
    pub ignore: Vec<String>,
    /// Paths that the build copies by name, which `.dockerignore` must leave in.
    pub copied: Vec<String>,
}

impl Plan {
    /// The images of exact versions whose digest nobody has seen yet.
    pub fn without_digest(&self) -> impl Iterator<Item = &str> {
        let all = self.images.values().chain([&self.runtime.image]);
        all.filter(|image| !image.has_digest()).map(PinnedImage::reference)
    }
}
