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

/// A route for health checks. Where routes are nested below others, the route's own path may be only a part of it: then it is
/// taken only when it stands outside of the nested ones, in the function that nests them.
pub fn find(code: &Code, notes: &mut Vec<Note>) -> Option<Found<String>> {
    let (captures, evidence) = code.matches(&ROUTE, "a health route").chain(code.matches(&BRANCH, "a health route")).next()?;
    let path = format!("/{}", captures[1].trim_start_matches('/'));
    let nests = code.matches(&PREFIX, "a prefix").next().is_some();
    if nests && !captures.get(1).is_some_and(|found| code.files().any(|(file, text)| file == evidence.file && stands_alone(text, found.start()))) {
        let message = format!("this may be a route for health checks below some prefix: pass its whole path, as `--set health={path}`");
        notes.push(Note::info(message, Some(&evidence)));
        return None;
    }
    Some(Found::likely(path, evidence))
}

/// Whether a route is one of the application itself: in the function that makes it and nests the others, outside of these.
fn stands_alone(text: &str, at: usize) -> bool {
    let start = text[..at].rfind("fn ").unwrap_or(0);
    let end = text[at..].find("\nfn ").or_else(|| text[at..].find("\npub ")).or_else(|| text[at..].find("\nasync ")).map_or(text.len(), |length| at + length);
    let body = &text[start..end];
    let prefixes: Vec<usize> = PREFIX.as_ref().into_iter().flat_map(|pattern| pattern.find_iter(body)).map(|found| found.start()).collect();
    let makes = !prefixes.is_empty() || body.contains("serve(") || body.contains("HttpServer::new");
    makes && prefixes.iter().all(|prefix| !encloses(body, *prefix, at - start))
}

/// Whether what is below a prefix holds a place: the arguments of `nest`; what is chained to a `scope`, up to the end of the
/// brackets or of the statement that it stands in.
fn encloses(body: &str, prefix: usize, at: usize) -> bool {
    let chained = body[prefix..].starts_with("scope");
    let mut depth = 0_i32;
    for (index, c) in body[prefix..].char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        let ends = if chained { depth < 0 || (depth == 0 && c == ';') } else { depth == 0 && c == ')' };
        if ends {
            return (prefix..prefix + index).contains(&at);
        }
    }
    at > prefix
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
        assert_eq!(health("fn app() { App::new().service(web::scope(\"/api\").route(\"/x\", y)).route(\"/health\", get(z)) }").as_deref(), Some("/health"));
        assert_eq!(health("fn app() { Router::new().nest(\"/api\", api()).route(\"/health\", get(z)) }").as_deref(), Some("/health"));
        assert_eq!(health("fn main() { Router::new().nest(\"/api\", api()) }\nfn api() { Router::new().route(\"/health\", get(z)) }"), None);
        assert_eq!(health("match url { \"/healthz\" => ok, _ => no }").as_deref(), Some("/healthz"));
        assert_eq!(health("client.get(format!(\"x/health\"))"), None);
    }
}
