//! Files served as they are, and the server that every static build ends in.

use serde_json::json;

use super::{Detected, Facts, Kind, Language};
use crate::catalog::{Catalog, Query, package};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::plan::{Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::project::{Project, join};
use crate::settings::Choices;

/// The port of the unprivileged server.
pub const PORT: u16 = 8080;
/// Where the server looks for the files.
pub const ROOT: &str = "/usr/share/nginx/html";

/// The server's port, for what `file` says is static.
pub fn port(file: &str) -> Found<u16> {
    Found::likely(PORT, Evidence::at(file, 1, "the unprivileged server's port"))
}

/// A folder with an `index.html` and no manifest.
#[derive(Debug, Clone, Copy)]
pub struct StaticSite;

#[derive(Debug, Clone)]
struct Site {
    facts: Facts,
    root: String,
}

impl Language for StaticSite {
    fn manifests(&self) -> &'static [&'static str] {
        &["index.html"]
    }

    fn detect(&self, project: &Project, dir: &str) -> Result<Option<Box<dyn Detected>>> {
        let Some(index) = project.first(dir, &["index.html", "public/index.html", "dist/index.html", "www/index.html"]) else {
            return Ok(None);
        };
        let file = join(dir, index);
        let seen = |reason: &str| Evidence::at(&file, 1, reason);
        let name = project.root().canonicalize_utf8().ok().and_then(|root| root.file_name().map(str::to_owned));
        let language = Found::likely("static".to_owned(), seen("a page, and no manifest of another stack"));
        let kind = Found::likely(Kind::Static, seen("a page"));
        let facts = Facts {
            package_manager: Some(Found::likely("none".to_owned(), seen("nothing to install"))),
            port: Some(port(&file)),
            health: Some(Found::likely("/".to_owned(), seen("the page itself"))),
            ..Facts::new(name.unwrap_or_else(|| "site".to_owned()), dir, language, kind)
        };
        let root = index.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned();
        Ok(Some(Box::new(Site { facts, root })))
    }
}

impl Detected for Site {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        Ok(Plan {
            service: choices.facts.name.clone(),
            template: "static".to_owned(),
            images: [].into(),
            details: json!({ "spa": false, "root": self.root }),
            runtime: runtime(choices)?,
            ignore: Vec::new(),
            copied: Vec::new(),
        })
    }
}

/// The final stage of everything static: nginx, unprivileged, with its temporary files in `/tmp`. The template includes
/// `static/serve` with `plan.details.spa`.
///
/// # Errors
/// When the catalog has no image for the base that was asked for.
pub fn runtime(choices: &Choices) -> Result<Runtime> {
    let port = choices.facts.port_number().unwrap_or(PORT);
    let alpine = choices.base == Some(Flavor::Alpine);
    let query = if alpine {
        // 1.30 is the stable line; the newest is the mainline.
        Query { name: "nginx-unprivileged", flavor: "alpine", distro: "", line: "1.30" }
    } else {
        // Debian's own nginx: the official image would also bring curl, an entrypoint script and an exposed port 80.
        Query { name: "debian", flavor: "slim", distro: "trixie", line: "" }
    };
    let image = Catalog::embedded()?.pinned(query)?;
    let path = choices.facts.health_path().unwrap_or("/");
    let healthcheck = if alpine {
        Healthcheck::new(&["wget", "-q", "--spider", &format!("http://127.0.0.1:{port}{path}")], 5)
    } else {
        // perl-base is part of every Debian: nothing is installed for the probe.
        let request = format!(
            "my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:{port}', Timeout => 2) or exit 1; \
             print $s \"GET {path} HTTP/1.0\\r\\n\\r\\n\"; exit(<$s> !~ / [23]\\d\\d /)"
        );
        Healthcheck::new(&["perl", "-MIO::Socket::INET", "-e", &request], 5)
    };
    Ok(Runtime {
        image,
        flavor: if alpine { Flavor::Alpine } else { Flavor::Slim },
        reason: "a web server is all that static files need, and Debian patches this one".to_owned(),
        user: NonRootUser::OWN,
        workdir: ROOT.to_owned(),
        env: Vec::new(),
        port: Some(port),
        healthcheck: Some(healthcheck),
        // nginx drops requests on SIGTERM and finishes them on SIGQUIT.
        stop_signal: Some("SIGQUIT".to_owned()),
        init: None,
        packages: if alpine { Vec::new() } else { vec![package("trixie", "nginx-light")?] },
        command: ["nginx", "-e", "stderr", "-g", "daemon off;"].map(str::to_owned).to_vec(),
        writable: Vec::new(),
    })
}
