//! What a program is: which framework it serves with, whether it serves at all, and who handles SIGTERM.

use std::sync::LazyLock;

use regex::Regex;

use super::code::Code;
use super::manifest::{Dependency, Package};
use crate::found::{Confidence, Evidence, Found};
use crate::languages::Kind;
use crate::sources::Pattern;

/// A way to serve.
#[derive(Debug)]
pub struct Framework {
    /// Name of its package, and of the fact.
    pub name: &'static str,
    /// The port it takes when nothing says another.
    pub port: u16,
    /// Whether it ends on SIGTERM by itself.
    pub handles_sigterm: bool,
    /// Texts without which the package is used for something else; none where it is only used for serving.
    serves: &'static [&'static str],
}

const fn framework(name: &'static str, port: u16, handles_sigterm: bool, serves: &'static [&'static str]) -> Framework {
    Framework { name, port, handles_sigterm, serves }
}

/// Those that stand on another one first.
pub const FRAMEWORKS: &[Framework] = &[
    framework("loco-rs", 5150, true, &[]),
    framework("leptos_axum", 3000, false, &[]),
    framework("leptos_actix", 3000, true, &[]),
    framework("rocket", 8000, true, &["rocket::build", "rocket::custom", "#[launch]", "rocket::ignite", "ignite()", "#[rocket::main]", "#[rocket::launch]"]),
    framework("actix-web", 8080, true, &["HttpServer", "actix_server"]),
    framework("ntex", 8080, true, &["HttpServer", "server("]),
    framework("axum", 3000, false, &["axum::serve", "axum_server", "Server::bind", "into_make_service", "serve(", "Router", "lambda_http"]),
    framework("warp", 3030, false, &["warp::serve", "serve("]),
    framework("poem", 3000, false, &["Server::new", "Server::", "poem_lambda"]),
    framework("salvo", 8698, false, &["Server::new", "Server::", "TcpListener"]),
    framework("tide", 8080, false, &[".listen(", "tide::"]),
    framework("gotham", 7878, false, &["gotham::start", "start("]),
    framework("trillium-tokio", 8080, true, &[]),
    framework("trillium-smol", 8080, true, &[]),
    framework("viz", 3000, false, &["serve("]),
    framework("rouille", 8000, false, &["start_server", "Server::new"]),
    framework("tiny_http", 8000, false, &["Server::http", "Server::https", "Server::new"]),
    framework("iron", 3000, false, &[".http(", "Iron::new"]),
    framework("tonic", 50051, false, &["Server::builder", "transport::Server"]),
    framework("jsonrpsee", 8080, false, &["ServerBuilder", "Server::builder", "HttpServerBuilder"]),
    framework("hyper", 3000, false, &["Server::bind", "serve_connection", "http1::Builder", "server::conn"]),
    framework("tokio-tungstenite", 8080, false, &["accept_async", "accept_hdr_async"]),
];

static LISTENS: Pattern = LazyLock::new(|| Regex::new(r"\b((?:Tcp|Unix)Listener::bind|HttpServer::new|Server::bind|UdpSocket::bind)\b").ok());
static LOOP: Pattern = LazyLock::new(|| Regex::new(r"(?s)fn main\b.*?\b(loop \{|signal::ctrl_c|while let Some|while let Ok|\.run\(\)|\.start\(\))").ok());
/// Packages that a worker lives on: queues, schedules, chats.
const WORKERS: &[&str] = &[
    "lapin", "apalis", "tokio-cron-scheduler", "clokwerk", "teloxide", "serenity", "poise", "twilight-gateway", "fang", "sidekiq",
    "async-nats", "kube-runtime", "celery", "faktory", "underway", "sqlxmq", "rdkafka", "rumqttc", "frankenstein", "temporal-sdk",
];
/// Packages that read a command line.
const CLIS: &[&str] = &["clap", "structopt", "argh", "pico-args", "lexopt", "gumdrop", "docopt", "bpaf", "getopts", "ratatui", "dialoguer", "inquire"];
/// What a program says that ends on SIGTERM itself.
const SIGTERM: &[&str] = &["SignalKind::terminate", "SIGTERM", "signal::unix::terminate", "Signal::Term", "TERM_SIGNALS"];

/// What a program was found to be.
#[derive(Debug, Clone)]
pub struct Service {
    /// Framework that it serves with.
    pub framework: Option<(&'static Framework, Evidence)>,
    /// What it is.
    pub kind: Found<Kind>,
}

/// Tells what a program is, from what its own package and the packages below it depend on, and from their sources, its own
/// first.
pub fn classify(closure: &[&Package], code: &Code, own: &Code) -> Service {
    let package = closure[0];
    for framework in FRAMEWORKS {
        let Some((direct, dependency)) = dependency(closure, framework.name) else { continue };
        let serves = framework.serves.is_empty() || code.any(framework.serves).is_some();
        // A tool may share a library with the server: then the tool's own sources start nothing.
        let starts = direct || own.any(&["serve", "server", "listen", "start", "run"]).is_some();
        if serves && starts {
            let evidence = dependency.evidence.clone();
            let kind = Found::certain(Kind::Web, evidence.clone());
            return Service { framework: Some((framework, evidence)), kind };
        }
    }
    let at = |name: &str| package.dependency(name).map(|dependency| dependency.evidence.clone());
    let first = |names: &[&str]| names.iter().find_map(|name| at(name));
    let kind = if let Some((_, evidence)) = own.matches(&LISTENS, "it listens").chain(code.matches(&LISTENS, "it listens")).next() {
        Found::likely(Kind::Web, evidence)
    } else if let Some(evidence) = first(WORKERS) {
        Found::likely(Kind::Worker, evidence)
    } else if let Some(evidence) = first(CLIS).or_else(|| own.any(&["env::args"])) {
        Found::likely(Kind::Cli, evidence)
    } else if let Some((captures, evidence)) = own.matches(&LOOP, "it runs until it is stopped").next() {
        let confidence = if captures[1].starts_with("loop") || captures[1].starts_with("signal") { Confidence::Likely } else { Confidence::Guess };
        Found { confidence, ..Found::likely(Kind::Worker, evidence) }
    } else {
        Found::likely(Kind::Job, Evidence::at(&own.files().next().map_or(package.file.path.clone(), |(path, _)| path.to_owned()), 1, "it runs and ends"))
    };
    Service { framework: None, kind }
}

/// The dependency on a package, and whether the program's own package has it.
fn dependency<'p>(closure: &[&'p Package], name: &str) -> Option<(bool, &'p Dependency)> {
    closure.iter().enumerate().find_map(|(at, package)| Some((at == 0, package.dependency(name)?)))
}

/// Why PID 1 must be an init; `None` where the program ends on SIGTERM itself.
pub fn init(framework: Option<&Framework>, code: &Code) -> Option<&'static str> {
    let handled = match framework {
        Some(framework) if framework.handles_sigterm => code.any(&[".disable_signals()", "shutdown_signals(false)"]).is_none(),
        _ => false,
    };
    if handled || code.any(SIGTERM).is_some() {
        return None;
    }
    Some("the program sets no handler for it, and as PID 1 it would be deaf to it")
}

#[cfg(test)]
mod tests {
    use super::super::workspace::Workspace;
    use super::*;
    use crate::project::Project;

    fn service(dependencies: &str, main: &str) -> (Option<&'static str>, Kind, bool) {
        let manifest = format!("[package]\nname = 'x'\n[dependencies]\n{dependencies}\n");
        let project = Project::from_files([("Cargo.toml", manifest.as_str()), ("src/main.rs", main)]);
        let workspace = Workspace::read(&project).unwrap().unwrap();
        let code = Code::read(&project, &["."]).unwrap();
        let found = classify(&[&workspace.packages[0]], &code, &code);
        let framework = found.framework.as_ref().map(|(framework, _)| *framework);
        (framework.map(|framework| framework.name), found.kind.value, init(framework, &code).is_some())
    }

    #[test]
    fn what_serves_is_told_from_what_asks() {
        assert_eq!(service("axum = '0.8'\nhyper = '1'", "axum::serve(l, app)"), (Some("axum"), Kind::Web, true));
        assert_eq!(service("hyper = '1'", "Client::new()").1, Kind::Job);
        assert_eq!(service("actix-web = '4'", "HttpServer::new(x)"), (Some("actix-web"), Kind::Web, false));
        assert_eq!(service("actix-web = '4'", "HttpServer::new(x).disable_signals()").2, true);
        assert_eq!(service("axum = '0.8'", "axum::serve(l, app); signal(SignalKind::terminate())").2, false);
        assert_eq!(service("", "let l = TcpListener::bind(\"0.0.0.0:80\")"), (None, Kind::Web, true));
        assert_eq!(service("clap = '4'", "fn main() {}").1, Kind::Cli);
        assert_eq!(service("lapin = '2'", "fn main() {}").1, Kind::Worker);
        assert_eq!(service("", "fn main() { println!() }").1, Kind::Job);
    }
}
