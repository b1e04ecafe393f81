//! The route that answers when the program is well, with the prefixes of the groups that it stands in.

use std::sync::LazyLock;

use regex::Regex;

use crate::found::{Evidence, Found};
use crate::sources::Sources;

/// Routes made for this, best first: those that do not ask the database.
const PATHS: &[&str] = &[
    "/healthz", "/livez", "/health/live", "/health", "/healthcheck", "/health-check", "/health_check", "/_healthz", "/_health", "/api/health", "/api/healthz",
    "/api/v1/health", "/v1/health", "/up", "/ping",
];
/// A call that adds a route: what it is called on, and the path.
static ROUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(\w+)\s*\.\s*(?:GET|Get|Handle|HandleFunc|HandlerFunc|Any|All|Add|Method|Path|Use)\(\s*(?:(?:"GET"|http\.MethodGet)\s*,\s*)?"(?:GET )?(/[\w/.-]*)""#).ok()
});
/// A group with its prefix, called on another.
static GROUP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(\w+)\s*(?::=|=)\s*(\w+)(?:\.\w+)*?\.(?:Group|PathPrefix|Party|Route)\(\s*"([^"]*)""#).ok());
/// A group whose routes stand in a function of its own.
static BLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\.(?:Route|Group|Party|PartyFunc|Mount)\(\s*"([^"]*)"\s*,\s*func\([^{]*\{"#).ok());
/// A parameter that is a group: its prefix is given elsewhere.
static PARAMETER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"func[^{\n]*[(,]\s*(\w+)\s+(?:\*gin\.RouterGroup|gin\.IRouter|\*echo\.Group|fiber\.Router|chi\.Router|iris\.Party|\*fiber\.Group)\b").ok());

/// The best route for a health check whose whole path is known.
pub fn find(sources: &Sources) -> Option<Found<String>> {
    let route = ROUTE.as_ref()?;
    let mut best: Option<(usize, Found<String>)> = None;
    for (path, text) in sources.files() {
        for captures in route.captures_iter(text) {
            let (Some(whole), Some(receiver), Some(own)) = (captures.get(0), captures.get(1), captures.get(2)) else { continue };
            let start = text[..whole.start()].rfind('\n').map_or(0, |at| at + 1);
            let Some(rank) = PATHS.iter().position(|known| *known == own.as_str().trim_end_matches('/')) else { continue };
            if text[start..whole.start()].contains("//") || best.as_ref().is_some_and(|(other, _)| *other <= rank) {
                continue;
            }
            if let Some(prefix) = prefix(text, whole.start(), receiver.as_str(), 0) {
                let line = text[..whole.start()].matches('\n').count() + 1;
                best = Some((rank, Found::likely(format!("{prefix}{}", own.as_str()), Evidence::at(path, line, "a health route"))));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// What stands before the routes of a receiver; `None` when another function decides.
fn prefix(text: &str, at: usize, receiver: &str, depth: usize) -> Option<String> {
    let before = &text[..at];
    let function = before.rfind("\nfunc ").map_or(0, |at| at + 1);
    let blocks: Vec<(usize, &str)> = BLOCK
        .as_ref()?
        .captures_iter(before)
        .filter_map(|captures| Some((captures.get(0)?.end(), captures.get(1)?.as_str())))
        .filter(|(start, _)| *start > function && is_open(&before[*start..]))
        .collect();
    let groups = GROUP.as_ref()?.captures_iter(before).filter(|found| found.get(1).is_some_and(|name| name.as_str() == receiver));
    let last = groups.filter(|found| found.get(0).is_some_and(|whole| whole.start() >= function)).last();
    if let Some(group) = last.filter(|_| depth < 8) {
        let outer = prefix(text, group.get(0)?.start(), group.get(2)?.as_str(), depth + 1)?;
        return Some(format!("{outer}{}", group.get(3)?.as_str().trim_end_matches('/')));
    }
    if blocks.is_empty() {
        let signature = before[function..].split('\n').next().unwrap_or_default();
        let parameters: Vec<&str> = PARAMETER.as_ref()?.captures_iter(signature).filter_map(|found| Some(found.get(1)?.as_str())).collect();
        if parameters.contains(&receiver) {
            return None;
        }
    }
    Some(blocks.iter().map(|(_, prefix)| prefix.trim_end_matches('/')).collect())
}

/// Whether a block that was opened before this text is still open at its end.
fn is_open(text: &str) -> bool {
    let mut depth = 1;
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Option<String> {
        super::find(&Sources::of([("main.go".to_owned(), text.into())])).map(|found| found.value)
    }

    #[test]
    fn routes_with_their_groups() {
        for (text, path) in [
            ("func main() {\n\thttp.HandleFunc(\"/healthz\", ok)\n}", Some("/healthz")),
            ("func main() {\n\tmux.HandleFunc(\"GET /health\", ok)\n}", Some("/health")),
            ("func main() {\n\tr.GET(\"/ping\", p)\n\tv1 := r.Group(\"/api/v1\")\n\tv1.GET(\"/health\", h)\n}", Some("/api/v1/health")),
            ("func main() {\n\tr.Route(\"/api\", func(r chi.Router) {\n\t\tr.Get(\"/x\", x)\n\t})\n\tr.Get(\"/health\", h)\n}", Some("/health")),
            ("func main() {\n\tr.Route(\"/api\", func(r chi.Router) {\n\t\tr.Get(\"/health\", h)\n\t})\n}", Some("/api/health")),
            ("func add(g *gin.RouterGroup) {\n\tg.GET(\"/health\", h)\n}", None),
            ("func main() {\n\t// r.GET(\"/health\", h)\n\tr.POST(\"/health\", h)\n}", None),
            ("func main() {\n\ts := r.PathPrefix(\"/v1\").Subrouter()\n\ts.HandleFunc(\"/healthz\", h)\n}", Some("/v1/healthz")),
        ] {
            assert_eq!(find(text).as_deref(), path, "{text}");
        }
    }
}
