//! The address it listens on: from the sources, the variables and arguments they read with their defaults, and settings
//! files. Where a variable decides, the image sets it, so that the service is reached from outside of its container.

use std::sync::LazyLock;

use regex::Regex;

use super::code::Code;
use super::service::Framework;
use super::settings_files::Setting;
use crate::found::{Evidence, Found};
use crate::plan::EnvVar;
use crate::sources::Pattern;

/// Lowest port that is not for root only.
const LOWEST: u16 = 1024;
/// The port that is taken where the program leaves the choice.
const FREE: u16 = 8080;

static LITERAL: Pattern = LazyLock::new(|| {
    Regex::new(r#""(?:https?://)?((0\.0\.0\.0|127\.0\.0\.1|localhost|\[::1?\]):(\d{2,5}))/?""#).ok()
});
static TUPLE: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r#"\(\s*((?:IpAddr::(?:from|V4)\()?\(?(?:"(0\.0\.0\.0|127\.0\.0\.1|localhost|::1?|\[::1?\])"|"#,
        r"\[\s*(0|127)\s*,\s*0\s*,\s*0\s*,\s*[01]\s*\]|",
        r"(?:std::net::|net::)?(?:IpAddr::V[46]\()?(?:std::net::)?Ipv[46]Addr::(UNSPECIFIED|LOCALHOST|new\(\s*(?:0|127)\s*,\s*0\s*,\s*0\s*,\s*[01]\s*\)))",
        r"[)\w.(]*\s*,\s*(\d[\d_]{1,5})(?:_?u16)?)\s*[,)]",
    ))
    .ok()
});
static HOST: Pattern = LazyLock::new(|| Regex::new(r#"\(\s*"(127\.0\.0\.1|localhost|::1)"\s*,"#).ok());
static VARIABLE: Pattern = LazyLock::new(|| Regex::new(r#"\bvar(?:_os)?\(\s*"([A-Z][A-Z0-9_]*)"\s*,?\s*\)([^;]{0,240})"#).ok());
static ARGUMENT: Pattern = LazyLock::new(|| {
    Regex::new(r"#\[(?:arg|clap|structopt|argh)\(([^\]]*)\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?(\w+)\s*:\s*([\w:<>]+)").ok()
});
static DEFAULT: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?:unwrap_or\w*|map_or\w*|or_else|or|default_value(?:_t|s_t)?|Err\(_\)\s*=>|=>)\s*[=(]?\s*(?:\|[^|]*\|)?\s*&?(?:String::from\()?(?:"([^"]+)"|(\d[\d_]*))"#).ok()
});
static PORT_CALL: Pattern = LazyLock::new(|| Regex::new(r#"(?i)(?:"port"\s*,\s*|\bport\s*(?::\s*u16\s*)?=\s*|\.port\(|\bPORT:\s*u16\s*=\s*|\bbind\(\(?\s*&?\w+(?:\.\w+(?:\(\))?)*\s*,\s*)(\d{2,5})\b"#).ok());
static ENV: Pattern = LazyLock::new(|| Regex::new(r#"\benv\s*=\s*"([A-Z][A-Z0-9_]*)""#).ok());

/// Parts of names that are about something else than this program's own address.
const FOREIGN: &[&str] = &[
    "DB", "DATABASE", "POSTGRES", "PG", "PGHOST", "PGPORT", "MYSQL", "REDIS", "SMTP", "MAIL", "MONGO", "KAFKA", "RABBITMQ", "AMQP", "NATS", "METRICS",
    "LDAP", "S3", "MINIO", "PROXY", "CLICKHOUSE", "ELASTIC", "REMOTE", "UPSTREAM", "PROMETHEUS", "ADMIN", "DEBUG", "EMAIL", "MQTT", "TLS", "HTTPS", "PUBLIC",
    "ALLOWED", "CLIENT", "GRPC", "JAEGER", "OTEL", "OTLP", "CORS", "CACHE", "MEILI", "BACKEND", "FRONTEND", "TARGET",
];

/// Where it listens, and what makes it listen there.
#[derive(Debug, Clone, Default)]
pub struct Address {
    /// The port.
    pub port: Option<Found<u16>>,
    /// Variables that decide; `{port}` stands for the port.
    pub env: Vec<EnvVar>,
    /// Arguments that decide, with `{port}`.
    pub arguments: Vec<String>,
    /// Where it listens on the loopback only, and nothing can change it.
    pub loopback: Option<Evidence>,
    /// A port that is for root only, written into the sources.
    pub privileged: Option<(u16, Evidence)>,
}

/// A variable or an argument that holds a part of the address.
struct Knob<'c> {
    name: &'c str,
    default: Option<String>,
    argument: bool,
    evidence: Evidence,
}

/// Looks for the address of a program.
pub fn find(code: &Code, framework: Option<&Framework>, settings: &[Setting], examples: &dyn Fn(&str) -> Option<String>) -> Address {
    let mut address = Address::default();
    let mut host_decided = false;
    for knob in knobs(code) {
        let default = knob.default.or_else(|| examples(knob.name));
        let (host, port) = parts(default.as_deref());
        let set = |address: &mut Address, value: &str| {
            if knob.argument {
                address.arguments.extend([format!("--{}", knob.name), value.to_owned()]);
            } else if !address.env.iter().any(|known| known.name == knob.name) {
                address.env.push(EnvVar::new(knob.name, value));
            }
        };
        match part(knob.name) {
            Some(Part::Port) => {
                let fixed = port.filter(|port| *port >= LOWEST);
                let sure = |value| Found::likely(value, knob.evidence.clone());
                // An argument with a default that fits needs not be given.
                if !(knob.argument && fixed.is_some()) {
                    set(&mut address, "{port}");
                }
                if address.port.is_none() {
                    address.port = Some(sure(fixed.unwrap_or(framework.map_or(FREE, |framework| framework.port).max(LOWEST))));
                }
            }
            Some(Part::Host) if host.is_some() || default.is_none() => {
                let with_port = port.is_some() || (default.is_none() && knob.name.contains("ADDR"));
                let open = host.is_some_and(|host| !is_loopback(host)) && port.is_none_or(|port| port >= LOWEST);
                if !(knob.argument && (open || default.is_none())) {
                    set(&mut address, if with_port { "0.0.0.0:{port}" } else { "0.0.0.0" });
                }
                host_decided = true;
                if with_port && address.port.is_none() {
                    let fixed = port.filter(|port| *port >= LOWEST).unwrap_or(framework.map_or(FREE, |framework| framework.port));
                    address.port = Some(Found::likely(fixed, knob.evidence.clone()));
                }
            }
            _ => {}
        }
    }
    if framework.is_some_and(|framework| framework.name == "rocket") {
        address.env.extend([EnvVar::new("ROCKET_ADDRESS", "0.0.0.0"), EnvVar::new("ROCKET_PORT", "{port}"), EnvVar::new("ROCKET_CLI_COLORS", "false")]);
        host_decided = true;
    }
    let literal = literal(code);
    if !host_decided {
        address.loopback = match &literal {
            Some((host, _, evidence)) if is_loopback(host) => Some(evidence.clone()),
            Some(_) => None,
            None => code.matches(&HOST, "it listens here").next().map(|(_, evidence)| evidence),
        };
    }
    if address.port.is_none() {
        address.port = port_of(code, framework, settings, literal, &mut address.privileged);
    }
    if let Some(setting) = settings.iter().find(|setting| is_loopback(&setting.value)).filter(|_| !host_decided && address.loopback.is_none()) {
        address.loopback = Some(setting.evidence.clone());
    }
    address
}

/// The port where no variable decides: a literal address, a settings file, a call, the framework's own.
fn port_of(
    code: &Code,
    framework: Option<&Framework>,
    settings: &[Setting],
    literal: Option<(String, u16, Evidence)>,
    privileged: &mut Option<(u16, Evidence)>,
) -> Option<Found<u16>> {
    let setting = settings.iter().find_map(|setting| Some(Found::likely(setting.value.parse::<u16>().ok()?, setting.evidence.clone())));
    let call = || {
        code.matches(&PORT_CALL, "the port").find_map(|(captures, evidence)| Some(Found::likely(captures[1].parse::<u16>().ok()?, evidence)))
    };
    let found = literal.map(|(_, port, evidence)| Found::certain(port, evidence)).or(setting).or_else(call);
    match found {
        Some(found) if found.value < LOWEST => {
            let evidence = found.evidence.first().cloned()?;
            *privileged = Some((found.value, evidence.clone()));
            Some(Found::guess(FREE, Some(evidence)))
        }
        Some(found) => Some(found),
        None => {
            let framework = framework?;
            let evidence = code.files().next().map(|(path, _)| Evidence::at(path, 1, format!("the usual port of {}", framework.name)));
            // Rocket's own default is documented and holds; the others' are what their examples use.
            match (framework.name, evidence) {
                ("rocket" | "loco-rs", Some(evidence)) => Some(Found::likely(framework.port, evidence)),
                (_, evidence) => Some(Found::guess(framework.port, evidence)),
            }
        }
    }
}

/// The first address that is written out: host, port and place.
fn literal(code: &Code) -> Option<(String, u16, Evidence)> {
    let text = code.matches(&LITERAL, "the address").find_map(|(captures, evidence)| {
        Some((captures[2].to_owned(), captures[3].parse().ok()?, evidence))
    });
    text.or_else(|| {
        code.matches(&TUPLE, "the address").find_map(|(captures, evidence)| {
            let host = [2, 3, 4].iter().find_map(|group| captures.get(*group)).map_or("", |found| found.as_str());
            Some((host.to_owned(), captures[5].replace('_', "").parse().ok()?, evidence))
        })
    })
    .filter(|(_, port, _): &(String, u16, Evidence)| *port > 0)
}

/// The variables and arguments that may hold an address or a part of it.
fn knobs(code: &Code) -> Vec<Knob<'_>> {
    let mut knobs = Vec::new();
    for (captures, evidence) in code.matches(&VARIABLE, "read from the environment") {
        let (Some(name), Some(rest)) = (captures.get(1), captures.get(2)) else { continue };
        knobs.push(Knob { name: name.as_str(), default: default(rest.as_str()), argument: false, evidence });
    }
    for (captures, evidence) in code.matches(&ARGUMENT, "an argument") {
        let (Some(attributes), Some(field)) = (captures.get(1), captures.get(2)) else { continue };
        let (attributes, field) = (attributes.as_str(), field.as_str());
        if part(field).is_none() {
            continue;
        }
        let default = default(attributes);
        let variable = ENV.as_ref().and_then(|pattern| pattern.captures(attributes)).and_then(|found| found.get(1));
        if let Some(variable) = variable {
            knobs.push(Knob { name: variable.as_str(), default, argument: false, evidence });
        } else if attributes.contains("long") && !field.contains('_') {
            knobs.push(Knob { name: field, default, argument: true, evidence });
        }
    }
    knobs
}

/// The default that stands after a variable or in an attribute.
fn default(text: &str) -> Option<String> {
    let captures = DEFAULT.as_ref()?.captures(text)?;
    captures.get(1).map(|found| found.as_str().to_owned()).or_else(|| captures.get(2).map(|found| found.as_str().replace('_', "")))
}

enum Part {
    Port,
    Host,
}

/// Which part of the address a name is about.
fn part(name: &str) -> Option<Part> {
    let upper = name.to_uppercase();
    let words: Vec<&str> = upper.split('_').collect();
    if words.iter().any(|word| FOREIGN.contains(word)) {
        return None;
    }
    match *words.last()? {
        "PORT" => Some(Part::Port),
        "HOST" | "ADDR" | "ADDRESS" | "BIND" | "LISTEN" | "IP" | "INTERFACE" => Some(Part::Host),
        "ON" if upper.ends_with("LISTEN_ON") => Some(Part::Host),
        _ => None,
    }
}

/// Host and port of a default value.
fn parts(value: Option<&str>) -> (Option<&str>, Option<u16>) {
    let Some(value) = value else { return (None, None) };
    if let Ok(port) = value.parse() {
        return (None, Some(port));
    }
    let known = |host: &str| is_loopback(host) || ["0.0.0.0", "::", "[::]"].contains(&host);
    match value.rsplit_once(':') {
        Some((host, port)) if known(host) => (Some(host), port.parse().ok()),
        _ if known(value) => (Some(value), None),
        _ => (None, None),
    }
}

fn is_loopback(host: &str) -> bool {
    ["127.0.0.1", "localhost", "::1", "[::1]", "127", "LOCALHOST"].contains(&host) || host.starts_with("new(127") || host.starts_with("new( 127")
}

#[cfg(test)]
mod tests {
    use super::super::service::FRAMEWORKS;
    use super::*;
    use crate::project::Project;

    fn address(main: &str) -> Address {
        let project = Project::from_files([("src/main.rs", main)]);
        let code = Code::read(&project, &["."]).unwrap();
        find(&code, FRAMEWORKS.iter().find(|framework| main.contains(framework.name)), &[], &|_| None)
    }

    fn port(main: &str) -> Option<(u16, bool)> {
        let found = address(main);
        Some((found.port?.value, found.loopback.is_some()))
    }

    #[test]
    fn addresses_are_written_in_many_ways() {
        for (main, expected) in [
            ("TcpListener::bind(\"0.0.0.0:3001\")", (3001, false)),
            ("TcpListener::bind(\"127.0.0.1:3001\")", (3001, true)),
            (".bind((\"0.0.0.0\", 8081))", (8081, false)),
            (".bind((\"127.0.0.1\", 8081))?", (8081, true)),
            ("SocketAddr::from(([0, 0, 0, 0], 3002))", (3002, false)),
            ("warp::serve(x).run(([127, 0, 0, 1], 3030))", (3030, true)),
            ("(Ipv4Addr::UNSPECIFIED, 4000)", (4000, false)),
            ("SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1)), 8082)", (8082, true)),
            ("SocketAddr::from((Ipv4Addr::LOCALHOST, 4000))", (4000, true)),
            ("\"[::]:50051\".parse()", (50051, false)),
        ] {
            assert_eq!(port(main), Some(expected), "{main}");
        }
        assert_eq!(port("connect(\"postgres://localhost:5432/x\")"), None);
    }

    #[test]
    fn a_variable_decides_and_is_set() {
        let found = address("let p = env::var(\"PORT\").unwrap_or_else(|_| \"3005\".to_string()); bind((\"0.0.0.0\", p))");
        assert_eq!((found.port.unwrap().value, found.env.as_slice(), found.loopback), (3005, &[EnvVar::new("PORT", "{port}")][..], None));
        let found = address("let a = env::var(\"BIND_ADDR\").unwrap_or(\"127.0.0.1:7000\".into());");
        assert_eq!((found.port.unwrap().value, found.env.as_slice()), (7000, &[EnvVar::new("BIND_ADDR", "0.0.0.0:{port}")][..]));
        let found = address("let h = env::var(\"HOST\").expect(\"HOST\"); let p = env::var(\"PORT\").expect(\"no\");");
        assert_eq!((found.port.unwrap().value, found.env.len()), (8080, 2));
        let found = address("let host = env::var(\"HOST\").unwrap_or(\"127.0.0.1\".to_string()); HttpServer::new(a).bind((host, 8081))");
        assert_eq!((found.port.unwrap().value, found.env.as_slice(), found.loopback), (8081, &[EnvVar::new("HOST", "0.0.0.0")][..], None));
        assert!(address("env::var(\"DB_HOST\").unwrap(); env::var(\"REDIS_PORT\").unwrap()").env.is_empty());
    }

    #[test]
    fn arguments_decide_too() {
        let found = address("#[arg(long, env = \"LISTEN_ADDR\", default_value = \"127.0.0.1:9000\")]\n pub addr: SocketAddr,");
        assert_eq!((found.port.unwrap().value, found.env[0].value.as_str()), (9000, "0.0.0.0:{port}"));
        let found = address("#[arg(short, long, default_value = \"localhost\")]\n host: String,\n #[arg(long, default_value_t = 9001)]\n port: u16,");
        assert_eq!((found.port.unwrap().value, found.arguments), (9001, vec!["--host".to_owned(), "0.0.0.0".to_owned()]));
    }

    #[test]
    fn rocket_is_told_and_root_only_ports_are_not_taken() {
        let found = address("rocket::build()");
        assert_eq!((found.port.unwrap().value, found.env.len()), (8000, 3));
        let found = address("TcpListener::bind(\"0.0.0.0:80\")");
        assert_eq!((found.port.unwrap().value, found.privileged.unwrap().0), (8080, 80));
    }
}
