//! Files served as they are, and the server that every static build ends in.

use serde::Serialize;
use serde_json::json;

use super::{Detected, Facts, Kind, Language};
use crate::begin::Beginning;
use crate::catalog::{Catalog, Query, package};
use crate::error::{Error, Exit, Result};
use crate::found::{Evidence, Found};
use crate::plan::{Flavor, Healthcheck, NonRootUser, Plan, Runtime};
use crate::project::{Project, join};
use crate::settings::Choices;

/// The port of the unprivileged server.
pub const PORT: u16 = 8080;
/// Where the server looks for the files. Debian's nginx has a welcome page in its own folder, so not there.
pub const ROOT: &str = "/srv";
/// Folders that a site without a build is kept in, in this order.
const FOLDERS: &[&str] = &[".", "public", "dist", "www", "site", "html"];

/// The server's port, for what `file` says is static.
pub fn port(file: &str) -> Found<u16> {
    Found::likely(PORT, Evidence::at(file, 1, "the unprivileged server's port"))
}

/// What the server is given. The template `static/serve` reads it as `plan.details.site`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Site {
    /// The folder with the files, relative to the service's folder.
    pub dir: String,
    /// The page that every unknown path gets (single page application); `None` answers 404.
    pub fallback: Option<String>,
    /// The path that the pages expect to be served below: `/`, or `/docs/`.
    pub base: String,
    /// The folder below `base` in which every name holds a hash of its content, e.g. `assets/`: kept by browsers for ever.
    pub hashed: Option<String>,
}

impl Site {
    /// Pages at the root, with 404 for unknown paths.
    pub fn pages(dir: impl Into<String>) -> Self {
        Self { dir: folder(&dir.into()), fallback: None, base: "/".to_owned(), hashed: None }
    }

    /// One page that routes by itself.
    pub fn application(dir: impl Into<String>) -> Self {
        Self { fallback: Some("index.html".to_owned()), ..Self::pages(dir) }
    }

    /// Served below this path, if it is one: an address, a relative or an unusual path changes nothing.
    #[must_use]
    pub fn below(mut self, base: Option<&str>) -> Self {
        if let Some(base) = base
            && base.starts_with('/')
            && !base.starts_with("//")
            && is_plain(base)
            && !base.trim_matches('/').is_empty()
        {
            self.base = format!("/{}/", base.trim_matches('/'));
        }
        self
    }

    /// With a folder of hashed names.
    #[must_use]
    pub fn hashed(mut self, folder: Option<&str>) -> Self {
        self.hashed = folder.filter(|folder| is_plain(folder)).map(|folder| format!("{}/", folder.trim_matches('/')));
        self
    }

    /// With this page for unknown paths.
    #[must_use]
    pub fn fallback(mut self, page: Option<&str>) -> Self {
        self.fallback = page.filter(|page| is_plain(page)).map(|page| page.trim_start_matches('/').to_owned());
        self
    }

    /// The path of the start page.
    pub fn health(&self, evidence: Evidence) -> Found<String> {
        Found::likely(self.base.clone(), evidence)
    }
}

/// Whether a path is safe to stand in the server's configuration as it is.
fn is_plain(path: &str) -> bool {
    !path.split('/').any(|part| part == "..") && path.chars().all(|c| c.is_ascii_alphanumeric() || "/._~-".contains(c))
}

/// `./dist/` is `dist`, and the folder itself is `.`.
fn folder(dir: &str) -> String {
    let parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// A folder with an `index.html` and nothing to build.
#[derive(Debug, Clone, Copy)]
pub struct StaticSite;

#[derive(Debug, Clone)]
struct Pages {
    facts: Facts,
    site: Site,
}

impl Language for StaticSite {
    fn manifests(&self) -> &'static [&'static str] {
        &["index.html"]
    }

    fn beginnings(&self) -> &'static [Beginning] {
        const FILES: &[(&str, &str)] = &[("public/index.html", "<!doctype html>\n")];
        &[Beginning { language: "static", framework: "none", port: Some(PORT), files: FILES, expects: "the pages in `public/`" }]
    }

    fn detect(&self, project: &Project) -> Result<Vec<Box<dyn Detected>>> {
        Ok(pages(project, ".")?.into_iter().map(|pages| Box::new(pages) as Box<dyn Detected>).collect())
    }
}

/// The folder, relative to the service's, that a site without a build is kept in.
pub fn folder_of_pages(project: &Project, dir: &str) -> Option<&'static str> {
    FOLDERS.iter().copied().find(|folder| project.has(&join(dir, &join(folder, "index.html"))))
}

fn pages(project: &Project, dir: &str) -> Result<Option<Pages>> {
    let staticfile = Staticfile::read(project, dir)?;
    let named = staticfile.as_ref().and_then(|file| file.root.clone());
    let root = named.clone().or_else(|| {
        let folder = folder_of_pages(project, dir)?;
        Some(Found::likely(folder.to_owned(), Evidence::at(join(dir, &join(folder, "index.html")), 1, "a page")))
    });
    let root = match (root, &staticfile) {
        (Some(root), _) => root,
        // A `Staticfile` says by itself that the folder is a site.
        (None, Some(file)) => Found::certain(".".to_owned(), Evidence::at(&file.path, None, "says that files are served")),
        (None, None) => return Ok(None),
    };
    let Some(evidence) = root.evidence.first().cloned() else { return Ok(None) };
    let seen = |reason: &str| Evidence { reason: reason.to_owned(), ..evidence.clone() };
    let mut site = Site::pages(root.value);
    if let Some(file) = &staticfile {
        site = file.over(site);
    }
    let index = join(dir, &join(&site.dir, "index.html"));
    let name = project.root().canonicalize_utf8().ok().and_then(|root| root.file_name().map(str::to_owned));
    let language = Found::likely("static".to_owned(), seen("pages, and nothing that builds or runs them"));
    let kind = Found::likely(Kind::Static, seen("pages"));
    let facts = Facts {
        package_manager: Some(Found::likely("none".to_owned(), seen("nothing to install"))),
        port: Some(port(&evidence.file)),
        health: project.has(&index).then(|| site.health(Evidence::at(&index, 1, "the start page"))),
        ..Facts::new(name.unwrap_or_else(|| "site".to_owned()), dir, language, kind)
    };
    Ok(Some(Pages { facts, site }))
}

/// A buildpack's `Staticfile`: `root: public`, `index_fallback: true` or `pushstate: enabled`.
#[derive(Debug, Clone)]
pub struct Staticfile {
    path: String,
    root: Option<Found<String>>,
    fallback: Option<bool>,
}

impl Staticfile {
    /// Reads the one of a folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(project: &Project, dir: &str) -> Result<Option<Self>> {
        let path = join(dir, "Staticfile");
        let Some(text) = project.read(&path)? else { return Ok(None) };
        let mut file = Self { path: path.clone(), root: None, fallback: None };
        for (number, line) in text.lines().enumerate() {
            let Some((key, value)) = line.split('#').next().and_then(|line| line.split_once(':')) else { continue };
            let value = value.trim().trim_matches(['"', '\'']);
            let on = matches!(value, "true" | "enabled" | "on");
            match key.trim() {
                "root" if !value.split('/').any(|part| part == "..") => {
                    let evidence = Evidence::at(&path, number + 1, format!("`root` is `{value}`"));
                    file.root = Some(Found::certain(folder(value), evidence));
                }
                "index_fallback" | "pushstate" => file.fallback = Some(on),
                _ => {}
            }
        }
        Ok(Some(file))
    }

    /// What it says of unknown paths, laid over what is known of the site.
    pub fn over(&self, site: Site) -> Site {
        match self.fallback {
            Some(true) if site.fallback.is_none() => site.fallback(Some("index.html")),
            Some(false) => site.fallback(None),
            _ => site,
        }
    }
}

impl Detected for Pages {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn plan(&self, choices: &Choices) -> Result<Plan> {
        plan(choices, &self.facts.path, &self.site)
    }
}

/// The plan of pages that nothing builds.
///
/// # Errors
/// See [`runtime`].
pub fn plan(choices: &Choices, dir: &str, site: &Site) -> Result<Plan> {
    let ignore: &[&str] = if site.dir == "." {
        // The whole folder is served: nothing that is not a page may come along.
        &[
            "**/.*", "!**/.well-known", "**/node_modules", "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
            "Staticfile*", "Makefile", "*.md",
        ]
    } else {
        &["**/.*", "!**/.well-known"]
    };
    // The site's folder is relative to the service's, the copy to the build context.
    let site = Site { dir: folder(&join(dir, &site.dir)), ..site.clone() };
    Ok(Plan {
        service: choices.facts.name.clone(),
        dir: dir.to_owned(),
        template: "static".to_owned(),
        images: [].into(),
        details: json!({ "site": site }),
        runtime: runtime(choices)?,
        ignore: ignore.iter().map(|&line| line.to_owned()).collect(),
        copied: if site.dir == "." { Vec::new() } else { vec![site.dir.clone()] },
    })
}

/// The final stage of everything static: nginx, unprivileged, with its temporary files in `/tmp`. The template includes
/// `static/serve` with `plan.details.site`.
///
/// # Errors
/// Exit 2 for a base that holds no web server.
pub fn runtime(choices: &Choices) -> Result<Runtime> {
    if choices.base == Some(Flavor::Distroless) {
        return Err(Error::new(Exit::Usage, "`base=distroless` does not fit: no distroless image holds a web server")
            .hint("static files take `--set base=slim` (the default) or `--set base=alpine`"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn site(files: &[(&str, &str)]) -> Option<Site> {
        pages(&Project::from_files(files.iter().copied()), ".").expect("readable").map(|pages| pages.site)
    }

    #[test]
    fn the_folder_with_the_start_page_is_served() {
        let dir = |files: &[(&str, &str)]| site(files).map(|site| site.dir);
        assert_eq!(dir(&[("index.html", ""), ("public/index.html", "")]).as_deref(), Some("."));
        assert_eq!(dir(&[("public/index.html", "")]).as_deref(), Some("public"));
        assert_eq!(dir(&[("notes.txt", "")]), None);
    }

    #[test]
    fn a_staticfile_names_the_root_and_the_fallback() {
        let found = site(&[("Staticfile", "root: ./site/\nindex_fallback: true # routes\n"), ("site/index.html", "")]);
        assert_eq!(found, Some(Site { fallback: Some("index.html".to_owned()), ..Site::pages("site") }));
        // A root outside the project is not followed.
        assert_eq!(site(&[("Staticfile", "root: ../etc\n")]).map(|site| site.dir).as_deref(), Some("."));
    }

    #[test]
    fn only_plain_paths_reach_the_configuration() {
        let base = |text| Site::pages("dist").below(Some(text)).base;
        assert_eq!(base("/docs"), "/docs/");
        for text in ["./", "", "/", "https://cdn.example/x/", "//cdn.example/", "/a;b/", "/a b/", "/../x/", "/$x/", "/{/"] {
            assert_eq!(base(text), "/", "{text}");
        }
        assert_eq!(Site::pages("dist").fallback(Some("a;b")).fallback, None);
    }
}
