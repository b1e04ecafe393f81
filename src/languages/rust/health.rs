//! The route for health checks, as far as its whole path is in one place.

use std::sync::LazyLock;

use regex::Regex;

use super::code::Code;
use crate::found::Found;
use crate::languages::Note;
use crate::sources::Pattern;

static ROUTE: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?:route|get|resource|at|service|path|with_path|handle)!?\s*\(\s*"(/?(?:api/|api/v1/|v1/)?"#,
        r"(?:healthz|health|health/live|health/ready|healthcheck|health[-_]check|livez|live|readyz|ready|_health|_healthz|_ping|ping|alive|status))/?",
        r#"""#,
    ))
    .ok()
});
/// A branch over the paths of requests, in servers without a router.
static BRANCH: Pattern = LazyLock::new(|| Regex::new(r#""(/(?:healthz|health|livez|readyz|ping))"\s*\)?\s*=>"#).ok());
static PREFIX: Pattern = LazyLock::new(|| Regex::new(r#"(?:nest|nest_service|scope|mount|nest_at)\s*\(\s*(?:"/?([^"/]+)|[a-zA-Z&])"#).ok());

/// A route for health checks. Where routes are nested below others, the route's own path is only a part of it: a
/// connection is asked for instead.
pub fn find(code: &Code, notes: &mut Vec<Note>) -> Option<Found<String>> {
    let (captures, evidence) = code.matches(&ROUTE, "a health route").chain(code.matches(&BRANCH, "a health route")).next()?;
    let path = format!("/{}", captures[1].trim_start_matches('/'));
    if code.matches(&PREFIX, "a prefix").next().is_some() {
        let message = format!("this may be a route for health checks below some prefix: pass its whole path, as `--set health={path}`");
        notes.push(Note::info(message, Some(&evidence)));
        return None;
    }
    Some(Found::likely(path, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;

    #[test]
    fn a_route_is_taken_whole_or_not_at_all() {
        let health = |text: &str| {
            let project = Project::from_files([("src/main.rs", text)]);
            find(&Code::read(&project, &["."]).unwrap(), &mut Vec::new()).map(|found| found.value)
        };
        assert_eq!(health(".route(\"/healthz\", get(ok))").as_deref(), Some("/healthz"));
        assert_eq!(health("#[get(\"/health_check\")]").as_deref(), Some("/health_check"));
        assert_eq!(health("warp::path!(\"health\")").as_deref(), Some("/health"));
        assert_eq!(health("web::scope(\"/api\").route(\"/health\", x)"), None);
        assert_eq!(health("rocket.mount(\"/\", routes![x]) #[get(\"/health\")]").as_deref(), Some("/health"));
        assert_eq!(health("match url { \"/healthz\" => ok, _ => no }").as_deref(), Some("/healthz"));
        assert_eq!(health("client.get(format!(\"x/health\"))"), None);
    }
}
