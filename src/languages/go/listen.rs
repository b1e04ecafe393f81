//! The port that a program listens on, and how it can be told another one.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::found::{Confidence, Evidence, Found};
use crate::sources::Sources;

/// How the port is told to the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Where.
    pub by: By,
    /// Whether it takes an address, `:8080`, instead of a number.
    pub address: bool,
}

/// The kind of a setting, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
}

/// A port with the way to set it.
#[derive(Debug, Clone)]
pub struct Listening {
    /// The port.
    pub port: Found<u16>,
    /// How to tell another one; `None` where it stands in the source alone.
    pub setting: Option<Setting>,
    /// Where only the container's own loopback is listened on.
    pub loopback: Option<Evidence>,
}

type Pattern = LazyLock<Option<Regex>>;

/// Names that mean a port or an address to listen on.
const NAME: &str = r"[\w.-]*(?:PORT|ADDR|ADDRESS|LISTEN|BIND|HOST_PORT|port|Port|addr|Addr|address|Address|listen|bind)";
/// The same, as variables of the environment are named.
const VARIABLE: &str = r"[A-Z0-9_]*(?:PORT|ADDR|ADDRESS|LISTEN|BIND|LISTEN_ON)";
/// Words in a name that mean the port of something else.
const OTHERS: &[&str] = &[
    "db", "database", "redis", "mysql", "postgres", "pg", "mongo", "smtp", "mail", "email", "rabbit", "rabbitmq", "amqp", "kafka", "nats", "etcd",
    "consul", "metrics", "debug", "pprof", "admin", "jaeger", "otel", "statsd", "ldap", "elastic", "minio", "s3", "remote", "target", "upstream",
    "proxy", "client", "memcached", "cache", "sql", "ssh", "ftp", "prometheus", "zipkin", "broker", "queue", "peer", "gossip", "tracing", "collector",
];

static SERVES: Pattern = LazyLock::new(|| {
    Regex::new(r#"(\bListenAndServe(?:TLS)?\(|\bhttp\.Serve(?:TLS)?\(|\bnet\.Listen(?:TCP)?\(\s*"tcp|\.Listen\(\s*(?:ctx|context\.\w+\(\))\s*,\s*"tcp|\bhttp\.Server\{|\bgrpc\.NewServer\(|\bfuncframework\.Start|\b(?:beego|web)\.Run\(|\bfasthttp\.Server\{)"#).ok()
});
/// `os.Getenv("PORT")`; what follows is looked at for a default.
static READS: Pattern = LazyLock::new(|| Regex::new(&format!(r#"(?:Getenv|LookupEnv)\(\s*"({VARIABLE})"\s*\)"#)).ok());
static DEFAULT: Pattern = LazyLock::new(|| Regex::new(r#"(?:=\s*|,\s*|return\s+|Setenv\(\s*"\w+"\s*,\s*)"((?:[\w.]*:)?)(\d{2,5})""#).ok());
/// `getEnv("PORT", "8080")`.
static READS_OR: Pattern = LazyLock::new(|| {
    Regex::new(&format!(r#"\w*(?i:env|default|get|lookup|fallback|string|int)\w*\(\s*"({VARIABLE})"\s*,\s*"?((?:[\w.]*:)?)(\d{{2,5}})"?\s*[,)]"#)).ok()
});
/// `env:"PORT" envDefault:"8080"`, `envconfig:"PORT" default:"8080"`, `env:"PORT,default=8080"`.
static TAG: Pattern = LazyLock::new(|| {
    Regex::new(&format!(r#"\b(?:env|envconfig)(?:\s*:\s*|=)\\?"({NAME})(?:"[^`\n]*?(?i:default)\w*:"|[^"`\n]*?,\s*default=)((?:[\w.]*:)?)(\d{{2,5}})"#)).ok()
});
/// `default:"8080" env:"PORT"`: the other way round.
static TAG_AFTER: Pattern = LazyLock::new(|| {
    Regex::new(&format!(r#"(?i:default)\w*:"((?:[\w.]*:)?)(\d{{2,5}})"[^`\n]*?\b(?:env|envconfig):"({NAME})"#)).ok()
});
/// `flag.Int("port", 8080, …)`, `Flags().StringVarP(&addr, "addr", "a", ":8080", …)`.
static FLAG: Pattern = LazyLock::new(|| {
    Regex::new(&format!(r#"\.(?:Int|Uint|String|Var)\w*\(\s*(?:&?[\w.]+\s*,\s*)?"({NAME}|http)"\s*,\s*(?:"\w?"\s*,\s*)?"?((?:[\w.]*:)?)(\d{{2,5}})\b"#)).ok()
});
/// `http.ListenAndServe(":8080", …)`, `app.Listen(":3000")`, `r.Run(":8080")`, `Addr: ":8080"`.
static LITERAL: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?:\b(?:ListenAndServe|ListenAndServeTLS|Listen|ListenTLS|Run|RunTLS|Start|StartTLS|Serve|New)\(\s*(?:[\w.()]+\s*,\s*)?(?:"tcp[46]?"\s*,\s*)?|\bAddr\s*:\s*|\b(?:iris\.Addr|WithHostPorts|http\.Address|grpc\.Address)\(\s*)"([\w.\[\]]*:)(\d{2,5})""#).ok()
});
/// `port := 8080`, `const addr = ":8080"`, `Port: 8080`, `SetDefault("port", 8080)`.
static CONSTANT: Pattern = LazyLock::new(|| {
    Regex::new(&format!(r#"(?:SetDefault\(\s*"({NAME})"\s*,|\b({NAME})(?:\s+(?:string|int|uint16))?\s*(?::=|=|:))\s*"?((?:[\w.]*:)?)(\d{{4,5}})"?\s*(?:[,;)}}\n/]|$)"#)).ok()
});
/// `port: 8080` in a file of settings.
static SETTING: Pattern = LazyLock::new(|| Regex::new(&format!(r#"(?m)^[ \t]*"?({NAME})"?[ \t]*[:=][ \t]*["']?((?:[\w.]*:)?)(\d{{2,5}})["']?[ \t]*,?[ \t]*(?:#.*)?$"#)).ok());

/// Where it begins to listen.
pub fn serves(sources: &Sources) -> Option<Evidence> {
    sources.search(&SERVES, "begins to listen").map(|(_, evidence)| evidence)
}

/// Matches of a pattern that stand in no comment, nearest file first.
fn matches<'s, T>(sources: &'s Sources, pattern: &Pattern, take: impl Fn(&Captures<'s>, &'s str) -> Option<T>) -> Option<(T, Evidence)> {
    let pattern = pattern.as_ref()?;
    sources.files().find_map(|(path, text)| {
        pattern.captures_iter(text).find_map(|captures| {
            let at = captures.get(0)?.start();
            let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
            if text[start..at].contains("//") {
                return None;
            }
            let found = take(&captures, text)?;
            Some((found, Evidence::at(path, text[..at].matches('\n').count() + 1, "")))
        })
    })
}

/// A port as written: whether in an address, of which host.
struct Written<'t> {
    name: &'t str,
    host: &'t str,
    port: u16,
}

fn written<'t>(name: &'t str, host: &'t str, port: &str) -> Option<Written<'t>> {
    let port = port.parse().ok().filter(|port| *port > 0)?;
    (!is_other(name)).then_some(Written { name, host, port })
}

/// Whether a name means the port of something that is asked, not of this program.
fn is_other(name: &str) -> bool {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase() && words.ends_with(|c: char| c.is_lowercase()) {
            words.push('_');
        }
        words.push(character);
    }
    words.to_lowercase().split(['_', '-', '.']).any(|word| OTHERS.contains(&word) || OTHERS.iter().any(|other| word.strip_suffix("port") == Some(other)))
}

fn group<'t>(captures: &Captures<'t>, index: usize) -> &'t str {
    captures.get(index).map_or("", |found| found.as_str())
}

/// The port of a program that listens. `files` are settings that it reads; `fallback` is what its framework takes.
pub fn find(sources: &Sources, files: &Sources, fallback: Option<(u16, Evidence)>) -> Listening {
    let variable = reads(sources);
    let by_variable = |name: &str| Some(By::Variable(name.to_owned()));
    let three = |captures: &Captures<'_>, order: [usize; 3]| -> Option<(String, String, u16)> {
        let found = written(group(captures, order[0]), group(captures, order[1]), group(captures, order[2]))?;
        Some((found.name.to_owned(), found.host.to_owned(), found.port))
    };
    type Take = fn(&str) -> Option<By>;
    let patterns: [(&Pattern, [usize; 3], Take, &str); 6] = [
        (&READS_OR, [1, 2, 3], |name| Some(By::Variable(name.to_owned())), "the default of"),
        (&TAG, [1, 2, 3], |name| Some(By::Variable(name.to_owned())), "the default of"),
        (&TAG_AFTER, [3, 1, 2], |name| Some(By::Variable(name.to_owned())), "the default of"),
        (&FLAG, [1, 2, 3], |name| Some(By::Flag(name.to_owned())), "the default of the flag"),
        (&LITERAL, [9, 1, 2], |_| None, "listens here"),
        (&CONSTANT, [8, 3, 4], |_| None, "says so"),
    ];
    let named = |captures: &Captures<'_>, order: [usize; 3]| match order[0] {
        8 => three(captures, if captures.get(1).is_some() { [1, 3, 4] } else { [2, 3, 4] }),
        _ => three(captures, order),
    };
    let mut found = variable.clone().and_then(|(name, default, evidence)| {
        let (host, port) = default?;
        Some((by_variable(&name), host, port, Evidence::at(evidence.file, evidence.line, format!("the default of `{name}`"))))
    });
    for (pattern, order, by, reason) in patterns {
        if found.is_some() {
            break;
        }
        // A constructor of something else may hold an address as well; a call that listens is nearer.
        found = matches(sources, pattern, |captures, _| named(captures, order)).map(|((name, host, port), evidence)| {
            let setting = by(&name).filter(|by| matches!(by, By::Flag(_)) || name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit()));
            let reason = if reason.starts_with("the default") { format!("{reason} `{name}`") } else { reason.to_owned() };
            (setting, host, port, Evidence::at(evidence.file, evidence.line, reason))
        });
    }
    if found.is_none() {
        found = matches(files, &SETTING, |captures, _| three(captures, [1, 2, 3]))
            .map(|((name, host, port), evidence)| (None, host, port, Evidence::at(evidence.file, evidence.line, format!("`{name}`"))));
    }
    // A variable that is read goes before what the source says beside it.
    let read = variable.map(|(name, ..)| name);
    match found {
        Some((by, host, port, evidence)) => {
            let local = matches!(host.trim_end_matches(':'), "localhost" | "127.0.0.1");
            let by = by.or_else(|| read.filter(|name| name == "PORT").map(By::Variable));
            let setting = by.map(|by| Setting { address: !host.is_empty() && by != By::Variable("PORT".to_owned()), by });
            let told = matches!(&setting, Some(Setting { by: By::Variable(_), .. }));
            // A port that not everybody may open, where the program takes another as well.
            let port = if told && port < 1024 { Found::likely(8080, evidence.clone()) } else { Found::certain(port, evidence.clone()) };
            Listening { setting, loopback: local.then_some(evidence), port }
        }
        None => without_number(sources, read, fallback),
    }
}

/// No number is written: a variable is read, or the framework has a default.
fn without_number(sources: &Sources, read: Option<String>, fallback: Option<(u16, Evidence)>) -> Listening {
    let setting = read.map(|name| Setting { address: !name.ends_with("PORT"), by: By::Variable(name) });
    let evidence = setting.as_ref().and_then(|setting| match &setting.by {
        By::Variable(name) => sources.mention(&format!("\"{name}\"")).map(|place| Evidence::at(place.file, place.line, format!("reads `{name}`"))),
        By::Flag(_) => None,
    });
    let port = match (evidence, fallback) {
        // Whatever the image says, the program takes.
        (Some(evidence), _) => Found::likely(8080, evidence),
        (None, Some((port, evidence))) => Found::likely(port, evidence),
        (None, None) => Found { value: 8080, confidence: Confidence::Guess, evidence: serves(sources).into_iter().collect(), rejected: vec![] },
    };
    Listening { port, setting, loopback: None }
}

/// A variable's name, its default as host and port, and where it is read.
type Read = (String, Option<(String, u16)>, Evidence);

/// The variable that is read for the port: `PORT` before others.
fn reads(sources: &Sources) -> Option<Read> {
    let read = |wanted: &dyn Fn(&str) -> bool| {
        matches(sources, &READS, |captures, text| {
            let name = captures.get(1).map(|found| found.as_str()).filter(|name| wanted(name) && !is_other(name))?;
            let end = captures.get(0)?.end();
            let after: String = text[end..].chars().take(220).collect();
            let after = after.split("env(").next().unwrap_or_default();
            let default = DEFAULT.as_ref().and_then(|regex| regex.captures(after)).and_then(|found| {
                Some((group(&found, 1).to_owned(), group(&found, 2).parse::<u16>().ok()?))
            });
            Some((name.to_owned(), default))
        })
    };
    read(&|name| name == "PORT")
        .or_else(|| read(&|name| name.ends_with("PORT")))
        .or_else(|| read(&|name| name.ends_with("ADDR") || name.ends_with("ADDRESS") || name.contains("LISTEN")))
        .map(|((name, default), evidence)| (name, default, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> (u16, Option<Setting>) {
        let sources = Sources::of([("main.go".to_owned(), text.into())]);
        let found = super::find(&sources, &Sources::of([]), None);
        (found.port.value, found.setting)
    }

    #[test]
    fn ports_as_people_write_them() {
        let variable = |name: &str, address| Some(Setting { by: By::Variable(name.to_owned()), address });
        let flag = |name: &str, address| Some(Setting { by: By::Flag(name.to_owned()), address });
        for (text, port, setting) in [
            ("port := os.Getenv(\"PORT\")\nif port == \"\" {\n\tport = \"5000\"\n}", 5000, variable("PORT", false)),
            ("http.ListenAndServe(\":\"+os.Getenv(\"PORT\"), nil)", 8080, variable("PORT", false)),
            ("addr := cmp.Or(os.Getenv(\"ADDR\"), \":9000\")", 9000, variable("ADDR", true)),
            ("x := getEnv(\"DB_PORT\", \"5432\")\ny := getEnv(\"HTTP_PORT\", \"8081\")", 8081, variable("HTTP_PORT", false)),
            ("Port int `env:\"APP_PORT\" envDefault:\"3001\"`", 3001, variable("APP_PORT", false)),
            ("Port string `env-default:\"3002\" env:\"PORT\"`", 3002, variable("PORT", false)),
            ("Port string `env:\"PORT, default=3003\"`", 3003, variable("PORT", false)),
            ("flag.StringVar(&addr, \"listen-addr\", \":5000\", \"x\")", 5000, flag("listen-addr", true)),
            ("fs.Int(\"port\", 9898, \"HTTP port\")", 9898, flag("port", false)),
            ("rootCmd.Flags().IntVarP(&p, \"port\", \"p\", 7070, \"\")", 7070, flag("port", false)),
            ("http.ListenAndServe(\":80\", r)", 80, None),
            ("p := os.Getenv(\"PORT\")\nif p == \"\" {\n\tp = \"80\"\n}", 8080, variable("PORT", false)),
            ("// http.ListenAndServe(\":81\", r)\napp.Listen(\":3000\")", 3000, None),
            ("r.Run(\"0.0.0.0:8888\")", 8888, None),
            ("lis, err := net.Listen(\"tcp\", \":50051\")", 50051, None),
            ("s := &http.Server{\n\tAddr:    \":8443\",\n}", 8443, None),
            ("const (\n\tport = \"3550\"\n)\nfunc main() { if os.Getenv(\"PORT\") != \"\" { p = os.Getenv(\"PORT\") } }", 3550, variable("PORT", false)),
            ("viper.SetDefault(\"server.port\", 8085)", 8085, None),
            ("const defaultPort string = \"8086\"\n", 8086, None),
            ("redisPort := 6379\nlog.Fatal(srv.ListenAndServe())", 8080, None),
        ] {
            assert_eq!(find(text), (port, setting), "{text}");
        }
    }

    #[test]
    fn the_loopback_is_told() {
        let sources = Sources::of([("main.go".to_owned(), "http.ListenAndServe(\"localhost:8080\", nil)".into())]);
        assert!(super::find(&sources, &Sources::of([]), None).loopback.is_some());
    }
}
