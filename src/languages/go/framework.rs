//! What a program is: its framework, and whether it serves, works or ends.

use std::sync::LazyLock;

use regex::Regex;

use super::listen;
use super::program::Program;
use crate::found::{Confidence, Evidence, Found};
use crate::languages::Kind;
use crate::sources::Pattern;

/// Import path, name, and the port that it takes when nothing is said.
const WEB: &[(&str, &str, Option<u16>)] = &[
    ("github.com/gin-gonic/gin", "gin", Some(8080)), ("github.com/labstack/echo", "echo", None), ("github.com/gofiber/fiber", "fiber", None),
    ("github.com/go-chi/chi", "chi", None), ("github.com/gorilla/mux", "gorilla/mux", None), ("github.com/beego/beego", "beego", Some(8080)),
    ("github.com/astaxie/beego", "beego", Some(8080)), ("github.com/kataras/iris", "iris", None), ("github.com/gobuffalo/buffalo", "buffalo", Some(3000)),
    ("github.com/revel/revel", "revel", Some(9000)), ("github.com/go-kratos/kratos", "kratos", None), ("github.com/zeromicro/go-zero", "go-zero", None),
    ("github.com/gogf/gf", "goframe", Some(8000)), ("github.com/danielgtaylor/huma", "huma", None), ("github.com/go-fuego/fuego", "fuego", Some(9999)),
    ("github.com/cloudwego/hertz", "hertz", Some(8888)), ("github.com/pocketbase/pocketbase", "pocketbase", Some(8090)),
    ("github.com/GoogleCloudPlatform/functions-framework-go", "functions-framework", Some(8080)), ("connectrpc.com/connect", "connect", None),
    ("github.com/99designs/gqlgen", "gqlgen", None), ("github.com/julienschmidt/httprouter", "httprouter", None), ("goji.io", "goji", None),
    ("github.com/go-martini/martini", "martini", Some(3000)), ("github.com/valyala/fasthttp", "fasthttp", None), ("gofr.dev", "gofr", Some(8000)),
];
/// Web packages that clients import as well: only with a call that listens.
const ALSO_CLIENTS: &[&str] = &["fasthttp", "connect", "kratos", "go-zero", "goframe"];
const WORKERS: &[(&str, &str)] = &[
    ("github.com/hibiken/asynq", "asynq"), ("go.temporal.io/sdk/worker", "temporal"), ("go.uber.org/cadence/worker", "cadence"),
    ("github.com/RichardKnop/machinery", "machinery"), ("github.com/gocraft/work", "gocraft/work"), ("github.com/riverqueue/river", "river"),
    ("github.com/ThreeDotsLabs/watermill", "watermill"), ("github.com/robfig/cron", "cron"), ("github.com/go-co-op/gocron", "gocron"),
    ("github.com/bwmarrin/discordgo", "discordgo"), ("gopkg.in/telebot", "telebot"), ("github.com/go-telegram-bot-api/telegram-bot-api", "telegram-bot-api"),
    ("github.com/slack-go/slack/socketmode", "slack"), ("sigs.k8s.io/controller-runtime", "controller-runtime"),
];
const COMMAND_LINES: &[(&str, &str)] = &[
    ("github.com/spf13/cobra", "cobra"), ("github.com/urfave/cli", "urfave/cli"), ("github.com/alecthomas/kong", "kong"),
    ("gopkg.in/alecthomas/kingpin", "kingpin"), ("github.com/alecthomas/kingpin", "kingpin"), ("github.com/mitchellh/cli", "mitchellh/cli"),
    ("github.com/charmbracelet/bubbletea", "bubbletea"),
];
/// Names of programs that end, and of those that do not.
const JOBS: &[&str] = &[
    "migrate", "migrates", "migration", "migrations", "migrator", "seed", "seeder", "seeds", "job", "jobs", "cronjob", "backfill", "cleanup", "import", "importer", "initdb",
    "setup", "bootstrap", "dbmigrate", "db-migrate", "batch",
];
const WORKING: &[&str] = &["worker", "workers", "consumer", "scheduler", "subscriber", "poller", "processor", "cron", "daemon", "agent", "bot", "dispatcher", "controller"];
/// Calls that wait for ever.
static FOREVER: Pattern = LazyLock::new(|| {
    Regex::new(r"(\bsignal\.Notify(?:Context)?\(|\bselect\s*\{\s*\}|\bfor\s*\{|\btime\.(?:NewTicker|Tick)\(|\bfor\s+range\s+[\w.]*[tT]icker|\.Subscribe\(|\.Consume\(|\bfor\s+true\s*\{)").ok()
});
static FLAGS: Pattern = LazyLock::new(|| Regex::new(r"(\bflag\.(?:Parse|String|Int|Bool)|\bos\.Args\b|\bbufio\.New(?:Scanner|Reader)\(os\.Stdin)").ok());

/// What a program is.
#[derive(Debug, Clone)]
pub struct Character {
    /// Framework.
    pub framework: Option<Found<String>>,
    /// Kind.
    pub kind: Found<Kind>,
    /// The port that the framework takes when nothing is said.
    pub port: Option<(u16, Evidence)>,
    /// Whether it speaks gRPC and no other protocol.
    pub grpc: bool,
}

fn first<'t, T>(program: &Program, table: &'t [T], path: impl Fn(&'t T) -> &'static str) -> Option<(&'t T, Evidence)> {
    table.iter().find_map(|row| Some((row, program.import(path(row)).or_else(|| program.versioned(path(row)))?.clone())))
}

/// Looks at what a program imports and calls.
pub fn detect(program: &Program, name: &str) -> Character {
    let sources = program.sources();
    let own = program.own_sources();
    let serves = listen::serves(&sources);
    let named = |names: &[&str]| names.contains(&name.to_lowercase().as_str()) && listen::serves(&own).is_none();
    let web = first(program, WEB, |row| row.0).filter(|(row, _)| serves.is_some() || !ALSO_CLIENTS.contains(&row.1));
    let worker = first(program, WORKERS, |row| row.0);
    let command_line = first(program, COMMAND_LINES, |row| row.0);
    let grpc = serves.as_ref().and(program.import("google.golang.org/grpc")).filter(|_| sources.mention("grpc.NewServer(").is_some());
    let framework = |found: &Option<(&'static str, Evidence)>| found.clone().map(|(name, evidence)| Found::certain(name.to_owned(), evidence));
    let web_name = web.as_ref().map(|(row, evidence)| (row.1, evidence.clone())).or_else(|| grpc.map(|evidence| ("grpc", evidence.clone())));
    let worker_name = worker.as_ref().map(|(row, evidence)| (row.1, evidence.clone()));
    let command_name = command_line.as_ref().map(|(row, evidence)| (row.1, evidence.clone()));
    let likely = |kind, evidence: &Evidence| Found::likely(kind, evidence.clone());
    let by_name = Evidence::at(&program.main.file, program.main.line, format!("is called `{name}`"));
    let speaks_only_grpc = web.is_none() && grpc.is_some() && sources.mention("ListenAndServe").is_none();
    let port = web.as_ref().and_then(|(row, evidence)| Some((row.2?, Evidence::at(&evidence.file, evidence.line, format!("the default of {}", row.1)))));
    let ends = |kind, framework| Character { framework, kind, port: None, grpc: false };
    if named(JOBS) {
        return ends(likely(Kind::Job, &by_name), None);
    }
    if named(WORKING) {
        return ends(likely(Kind::Worker, &by_name), framework(&worker_name));
    }
    if let Some(evidence) = serves.as_ref().or(web.as_ref().map(|(_, evidence)| evidence)) {
        return Character { framework: framework(&web_name), kind: Found::certain(Kind::Web, evidence.clone()), port, grpc: speaks_only_grpc };
    }
    if let Some((_, evidence)) = &worker_name {
        return ends(likely(Kind::Worker, evidence), framework(&worker_name));
    }
    if let Some((_, evidence)) = &command_name {
        return ends(likely(Kind::Cli, evidence), framework(&command_name));
    }
    if let Some((_, evidence)) = own.search(&FLAGS, "reads its command line") {
        return ends(likely(Kind::Cli, &evidence), None);
    }
    if let Some((_, evidence)) = own.search(&FOREVER, "runs for ever") {
        return ends(likely(Kind::Worker, &evidence), None);
    }
    // Everything that it calls of the project was read, and nothing listens or waits.
    let outside = program.imports.iter().any(|(path, _)| path.split('/').next().is_some_and(|first| first.contains('.')));
    let confidence = if outside { Confidence::Guess } else { Confidence::Likely };
    let evidence = Evidence::at(&program.main.file, program.main.line, "nothing listens or waits");
    ends(Found { value: Kind::Job, confidence, evidence: vec![evidence], rejected: vec![] }, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::go::modules::Modules;
    use crate::project::Project;

    fn kind(dir: &str, text: &str) -> (Kind, Option<String>) {
        let path = format!("{dir}/main.go");
        let text = format!("package main\n{text}\nfunc main() {{}}\n");
        let project = Project::from_files([("go.mod", "module a\n"), (path.as_str(), text.as_str())]);
        let modules = Modules::read(&project, &mut Vec::new()).unwrap().unwrap();
        let program = super::super::program::program(&project, &modules, 0, dir).unwrap();
        let found = detect(&program, dir);
        (found.kind.value, found.framework.map(|found| found.value))
    }

    #[test]
    fn kinds() {
        for (dir, text, expected, framework) in [
            ("api", "import \"github.com/labstack/echo/v4\"\n", Kind::Web, Some("echo")),
            ("api", "import \"net/http\"\nvar x = http.ListenAndServe(\":80\", nil)\n", Kind::Web, None),
            ("client", "import \"google.golang.org/grpc\"\nvar c = grpc.NewClient()\n", Kind::Job, None),
            ("srv", "import \"google.golang.org/grpc\"\nvar c = grpc.NewServer()\n", Kind::Web, Some("grpc")),
            ("x", "import \"github.com/hibiken/asynq\"\n", Kind::Worker, Some("asynq")),
            ("migrate", "import \"github.com/gin-gonic/gin\"\n", Kind::Job, None),
            ("x", "import \"github.com/spf13/cobra\"\n", Kind::Cli, Some("cobra")),
            ("x", "import \"fmt\"\n", Kind::Job, None),
            ("x", "func f() { for {\n} }", Kind::Worker, None),
        ] {
            assert_eq!(kind(dir, text), (expected, framework.map(str::to_owned)), "{dir} {text}");
        }
    }
}
