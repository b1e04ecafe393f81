//! The final image: what it is made from, what builds it, who it runs as.

use crate::dockerfile::shell::commands;
use super::{Judged, Subject};
use crate::dockerfile::{Dockerfile, Kind};

/// Parts of an image's name or tag that say it was made small.
const SMALL: &[&str] = &["distroless", "alpine", "slim", "chiseled", "micro", "minimal", "busybox", "chainguard", "wolfi", "tiny", "-jre", "static"];
/// Images of a language with its build tools.
const TOOLCHAINS: &[&str] = &["golang", "rust", "maven", "gradle", "sdk", "gcc", "swift", "haskell", "openjdk", "elixir", "erlang", "sbt", "buildpack-deps", "composer", "clang"];
/// Images of a language that have small variants.
const LANGUAGES: &[&str] = &["node", "python", "ruby", "php", "perl", "deno", "bun", "eclipse-temurin", "amazoncorretto", "nginx", "httpd", "pypy"];
/// General operating systems.
const SYSTEMS: &[&str] = &["ubuntu", "debian", "centos", "fedora", "rockylinux", "almalinux", "amazonlinux", "ubi", "leap", "archlinux"];
/// Images whose own user is not root.
const UNPRIVILEGED: &[&str] = &["nonroot", "unprivileged", "chainguard", "cgr.dev", "bitnami/"];
/// OS packages that a running service has no use for.
const TOOLS: &[&str] = &["build-essential", "gcc", "g++", "make", "git", "vim", "nano", "telnet", "openssh-server", "openssh-client", "sudo", "wget", "netcat", "gdb", "strace"];

/// Item 1.
pub fn minimal(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    for container in &subject.dockerfiles {
        let Some((line, image)) = container.file.base() else { continue };
        let at = container.at(line);
        let (name, tag) = name_and_tag(&image);
        let small = image == "scratch" || SMALL.iter().any(|part| image.contains(part));
        if TOOLCHAINS.contains(&name) || tag.contains("jdk") {
            judged.error(at, format!("the final image is `{image}`, with the tools that build"), "copy what was built into a small image without them");
        } else if small {
            judged.met(at);
        } else if LANGUAGES.contains(&name) {
            judged.error(at, format!("`{image}` is the full image, with a compiler and hundreds of packages"), format!("take the `-slim` or `-alpine` variant of `{name}`, or distroless"));
        } else if SYSTEMS.iter().any(|system| name.starts_with(system)) {
            judged.warning(at, format!("`{image}` is a whole operating system"), "take `debian:...-slim`, `alpine` or distroless");
        } else if image.contains("${") {
            judged.warning(at, format!("`{image}` depends on an argument without a default"), "give the `ARG` a default, so that the base is known");
        } else {
            judged.met(container.at(line));
            judged.note(at, format!("nothing in the name says whether `{image}` is a small image"), "look at its size, and for a smaller variant");
        }
        tools(&container.file, |line, tool| {
            judged.warning(container.at(line), format!("`{tool}` is installed in the final image"), "install it in a build stage, where it is needed at all");
        });
    }
    judged
}

fn tools(file: &Dockerfile, mut found: impl FnMut(usize, &str)) {
    for step in file.final_steps() {
        let Kind::Run { command, .. } = &step.kind else { continue };
        let text = command.text();
        // What is removed in the same layer was never there.
        let removed = text.contains("purge") || text.contains("apk del");
        for command in commands(&text).iter().filter(|command| command.installs_packages() && !removed) {
            if let Some(tool) = command.names().find(|name| TOOLS.contains(&name.split(['=', '~']).next().unwrap_or(name))) {
                found(step.line, tool);
            }
        }
    }
}

/// Item 2.
pub fn multi_stage(subject: &Subject<'_>) -> Judged {
    let mut judged = Judged::default();
    for container in &subject.dockerfiles {
        let Some(last) = container.file.last() else { continue };
        let mut clean = true;
        for step in container.file.final_steps() {
            let Kind::Run { command, .. } = &step.kind else { continue };
            let text = command.text();
            let commands = commands(&text);
            if let Some(build) = commands.iter().find(|command| command.builds()) {
                clean = false;
                judged.error(container.at(step.line), format!("`{}` builds in the final image", build.program), "build in a stage before, and `COPY --from` it what runs");
            } else if let Some(install) = commands.iter().find(|command| command.installs()) {
                clean = false;
                judged.warning(
                    container.at(step.line),
                    format!("`{}` installs in the final image, which keeps the package manager and what it needed to build", install.program),
                    "install in a stage before, and `COPY --from` it what was installed",
                );
            }
        }
        if clean {
            judged.met(container.at(last.line));
        }
    }
    judged
}

/// Item 3.
pub fn non_root(subject: &Subject<'_>) -> Judged {
    const FIX: &str = "end the final stage with `USER 10001:10001` (distroless: `USER 65532:65532`)";
    let mut judged = Judged::default();
    for container in &subject.dockerfiles {
        let file = &container.file;
        let Some((from, image)) = file.base() else { continue };
        let user = file.last_step(|kind| if let Kind::User(user) = kind { Some(user) } else { None });
        let Some((line, user)) = user else {
            if UNPRIVILEGED.iter().any(|part| image.contains(part)) {
                judged.met(container.at(from));
            } else {
                let line = file.last().map_or(from, |stage| stage.line);
                judged.error(container.at(line), "no `USER`: the program runs as root", FIX);
            }
            continue;
        };
        let user = file.resolved(user);
        let id = user.split(':').next().unwrap_or(&user);
        let at = container.at(line);
        match id {
            "root" | "0" | "" => judged.error(at, format!("the program runs as root (`USER {user}`)"), FIX),
            _ if id.chars().all(|c| c.is_ascii_digit()) => judged.met(at),
            // .NET's images give the number in this variable.
            "${APP_UID}" => judged.met(at),
            _ => judged.warning(at, format!("`USER {user}` is a name: Kubernetes cannot see that it is not root"), "write the number: `USER 10001:10001`"),
        }
    }
    judged
}

/// The last part of the name, and the tag.
fn name_and_tag(image: &str) -> (&str, &str) {
    let plain = image.split('@').next().unwrap_or(image);
    let last = plain.rsplit('/').next().unwrap_or(plain);
    last.split_once(':').unwrap_or((last, ""))
}
