//! Programs that serve a folder: what their flags say holds for the image's server too.

use super::scripts::Command;
use super::vite::inside;
use super::{Context, Framework, Serving};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::languages::static_site::{self, Site};
use crate::project::join;

/// Name; options of which one means that unknown paths get the start page; options that take a value.
const SERVERS: &[(&str, &[&str], &[&str])] = &[
    ("serve", &["-s", "--single"], &["-l", "--listen", "-p", "--port", "-c", "--config"]),
    ("http-server", &[], &["-p", "--port", "-a", "-c", "-e", "-P", "--proxy"]),
    ("sirv", &["-s", "--single"], &["-p", "--port", "-H", "--host", "-m", "--maxage"]),
    ("http-server-spa", &["http-server-spa"], &[]),
    ("spa-http-server", &["spa-http-server"], &[]),
    ("static-server", &[], &["-p", "--port"]),
    ("live-server", &["--entry-file"], &[]),
    ("lite-server", &["lite-server"], &["-c"]),
    ("superstatic", &[], &["-p", "--port", "-c"]),
];

/// The command of the `start` script that serves a folder, with whether it sends unknown paths to the start page.
fn server(context: Context<'_>) -> Option<(Command, String, bool)> {
    context.commands("start").into_iter().rev().find_map(|command| {
        let (_, single, valued) = SERVERS.iter().find(|(name, ..)| command.program() == *name)?;
        let application = command.has(single) || single.contains(&command.program()) || proxies_to_itself(&command);
        let dir = command.arguments(1, valued).first().map_or(".", |dir| dir).to_owned();
        Some((command, dir, application))
    })
}

/// `http-server --proxy http://localhost:8080?` sends what is not found to itself, with the path as a query.
fn proxies_to_itself(command: &Command) -> bool {
    command.option(&["-P", "--proxy"]).is_some_and(|proxy| proxy.ends_with('?'))
}

/// What the flags of `start` say, laid over what is known of a site.
pub fn over(context: Context<'_>, site: Site) -> Site {
    match server(context) {
        Some((_, _, true)) if site.fallback.is_none() => site.fallback(Some("index.html")),
        _ => site,
    }
}

/// A `start` script that serves a folder, built by whatever `build` runs; or a folder of pages beside a manifest that
/// neither builds nor starts anything.
pub fn detect(context: Context<'_>) -> Result<Option<Framework>> {
    let manifest = |reason: &str| Evidence::at(&context.manifest.path, 1, reason);
    if let Some((command, dir, application)) = server(context) {
        let Some(dir) = inside(".", &dir) else { return Ok(None) };
        let site = if application { Site::application(dir) } else { Site::pages(dir) };
        let name = Found::certain(command.program().to_owned(), context.script("start"));
        return Ok(Some(Framework { serving: Serving::Static(site), ..Framework::plain(name) }));
    }
    let runs = ["start", "build", "serve"].iter().any(|script| context.manifest.str(&["scripts", script]).is_some())
        || context.manifest.str(&["main"]).is_some_and(|main| context.project.has(&join(context.dir, main.trim_start_matches("./"))))
        || super::super::start::FILES.iter().any(|file| context.project.has(&join(context.dir, file)));
    let pages = if runs { None } else { static_site::folder_of_pages(context.project, context.dir) };
    Ok(pages.map(|dir| {
        let name = Found::likely("static".to_owned(), manifest("nothing here builds or starts, and there are pages"));
        Framework { serving: Serving::Static(Site::pages(dir)), ..Framework::plain(name) }
    }))
}

#[cfg(test)]
mod tests {
    use super::super::tests::site;
    use super::*;

    #[test]
    fn the_flags_decide() {
        let of = |start: &str| site(&[("package.json", &format!(r#"{{"scripts": {{"start": "{start}"}}}}"#))]);
        assert_eq!(of("npx serve -s build -l 3000"), Some(Site::application("build")));
        assert_eq!(of("serve public"), Some(Site::pages("public")));
        assert_eq!(of("http-server ./dist -p 80"), Some(Site::pages("dist")));
        assert_eq!(of("http-server dist --proxy http://localhost:8080?"), Some(Site::application("dist")));
        assert_eq!(of("node server.js"), None);
    }

    #[test]
    fn pages_beside_a_manifest_that_runs_nothing() {
        let manifest = ("package.json", r#"{"devDependencies": {"prettier": "3"}}"#);
        assert_eq!(site(&[manifest, ("public/index.html", "")]), Some(Site::pages("public")));
        assert_eq!(site(&[manifest, ("public/index.html", ""), ("server.js", "")]), None);
    }
}
