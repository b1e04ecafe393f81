//! From the words of a command to the program that runs in production, without the tools that only help to develop.

use super::script;
use super::start::Context;
use crate::found::Evidence;
use crate::languages::Note;
use crate::project::join;

/// The program of a start command.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Begins with `node`, `bun` or a shell.
    pub command: Vec<String>,
    /// Whether it is what the script says, or follows from it.
    pub certain: bool,
    /// Whether a development dependency runs it.
    pub needs_dev: bool,
    /// The tool that was left out, with the reason.
    left_out: Option<&'static str>,
}

/// Programs that run TypeScript, or restart on a change.
const RUNNERS: &[&str] = &[
    "tsx", "ts-node", "ts-node-esm", "ts-node-dev", "tsnd", "nodemon", "node-dev", "supervisor", "esno", "swc-node", "vite-node", "babel-node",
    "forever", "babel-watch", "sucrase-node", "esr",
];
/// Servers for development: what they serve is built for production.
const DEVELOPMENT_SERVERS: &[&str] = &[
    "react-scripts", "ng", "vite", "webpack", "webpack-dev-server", "parcel", "vue-cli-service", "expo", "gatsby", "turbo", "nx", "lerna",
    "moon", "concurrently", "run-p", "npm-run-all", "electron", "storybook", "jest", "vitest", "tsc", "docker", "docker-compose", "make",
];
/// Options of `node` that take the next word.
const VALUE_OPTIONS: &[&str] = &["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file"];
/// Options of the runners that take the next word.
const RUNNER_OPTIONS: &[&str] = &[
    "-w", "--watch", "-e", "--ext", "-i", "--ignore", "-c", "--config", "--delay", "-P", "--project", "--tsconfig", "-r", "--require", "--import",
    "--loader", "-O", "--compiler-options", "--signal", "-V", "--presets", "--extensions",
];
const SOURCES: &[&str] = &[".ts", ".tsx", ".mts", ".cts"];

/// Takes away what sets variables or loads them from a file: in the container they come from outside.
pub fn without_wrappers(mut words: Vec<String>, env: &mut Vec<(String, String)>) -> Vec<String> {
    loop {
        let Some(first) = words.first().map(String::as_str) else { return words };
        let skip = match first {
            "cross-env" | "cross-env-shell" | "env" | "exec" | "time" | "npx" | "bunx" => 1,
            "pnpm" | "yarn" | "npm" if words.get(1).is_some_and(|word| matches!(word.as_str(), "exec" | "dlx" | "x")) => 2,
            "dotenv" | "dotenvx" | "env-cmd" | "dotenv-cli" | "doppler" | "infisical" | "op" => match words.iter().position(|word| word == "--") {
                Some(at) => at + 1,
                None => options(&words, &["-e", "-f", "-v", "-r", "--file", "--environments"]),
            },
            _ => return words,
        };
        words.drain(..skip.min(words.len()));
        while let Some((name, value)) = words.first().and_then(|word| script::assignment(word)) {
            if !value.contains('$') {
                env.push((name.to_owned(), value.to_owned()));
            }
            words.remove(0);
        }
        while words.first().is_some_and(|word| word == "--" || word == "--yes" || word == "-y" || word == "--no-install") {
            words.remove(0);
        }
    }
}

/// The place of the first word that is neither the program, nor an option, nor an option's value.
fn options(words: &[String], with_value: &[&str]) -> usize {
    let mut at = 1;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        at += if with_value.contains(&word.as_str()) { 2 } else { 1 };
    }
    at
}

/// The script that a command runs through a package manager, with the arguments for it.
pub fn script_call(context: Context<'_>, words: &[String]) -> Option<(String, Vec<String>)> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let known = |name: &str| context.manifest.str(&["scripts", name]).is_some();
    let (at, name) = match (word(0), word(1)) {
        ("npm", "start" | "test") => (2, word(1)),
        ("npm" | "pnpm" | "yarn" | "bun", "run" | "run-script") => (3, word(2)),
        ("pnpm" | "yarn" | "bun", name) => (2, name),
        ("node", "--run") => (3, word(2)),
        ("run-s" | "npm-run-all" | "run-script-os", _) => (words.len(), words.last().map_or("", String::as_str)),
        _ => return None,
    };
    // A silent run is a run.
    let arguments = words.get(at..).unwrap_or_default().iter().filter(|word| *word != "--" && *word != "--silent" && *word != "-s");
    known(name).then(|| (name.to_owned(), arguments.cloned().collect()))
}

/// The start of one file.
pub fn file(context: Context<'_>, file: &str) -> Program {
    if SOURCES.iter().any(|ending| file.ends_with(ending)) { typescript(context, None, file, &[]) } else { node(&["node".to_owned(), file.to_owned()]) }
}

fn node(words: &[String]) -> Program {
    Program { command: words.to_vec(), certain: true, ..Program::default() }
}

impl Program {
    /// The program of a command; `None` for what serves only in development, or is not known.
    pub fn new(context: Context<'_>, words: &[String]) -> Option<Self> {
        let name = words.first()?.as_str();
        let base = name.rsplit('/').next().unwrap_or(name);
        let direct = name.contains("node_modules/");
        match base {
            "node" | "nodejs" => Self::node(context, words),
            "bun" => Self::bun(words),
            // A program of a dependency, not a script: `yarn nodemon server.js`.
            "yarn" | "pnpm" if words.len() > 1 && !matches!(words[1].as_str(), "run" | "start" | "dev" | "install") => Self::new(context, &words[1..]),
            "npm" | "yarn" | "pnpm" => None,
            "nest" if words.get(1).is_some_and(|word| word == "start") => Some(Self::nest(context)),
            "pm2" | "pm2-runtime" | "pm2-docker" => Self::pm2(context, words),
            _ if RUNNERS.contains(&base) => Self::runner(context, words),
            _ if DEVELOPMENT_SERVERS.contains(&base) => None,
            "sh" | "bash" => Some(Self { command: [&["sh".to_owned()], &words[1..]].concat(), ..Self::default() }),
            _ if name.ends_with(".sh") => Some(Self { command: [&["sh".to_owned()], words].concat(), ..Self::default() }),
            _ if name.starts_with(['.', '/']) && !direct => None,
            _ => {
                let program = if direct { name.trim_start_matches("./").to_owned() } else { format!("node_modules/.bin/{name}") };
                let production = context.manifest.str(&["dependencies", base]).is_some();
                let development = context.manifest.str(&["devDependencies", base]).is_some();
                let command = [&["node".to_owned(), program], &words[1..]].concat();
                Some(Self { command, certain: production, needs_dev: development && !production, left_out: None })
            }
        }
    }

    /// `node`, without options that watch, debug or read an environment file.
    fn node(context: Context<'_>, words: &[String]) -> Option<Self> {
        let mut command = vec!["node".to_owned()];
        let mut rest = words.iter().skip(1).peekable();
        let mut left_out = None;
        while let Some(word) = rest.next_if(|word| word.starts_with('-')) {
            let value = VALUE_OPTIONS.contains(&word.as_str()).then(|| rest.next()).flatten();
            let dropped = ["--watch", "--inspect", "--env-file", "--trace-", "--nolazy"].iter().any(|start| word.starts_with(start));
            if word.starts_with("--env-file") && !word.starts_with("--env-file-if-exists") {
                left_out = Some("`--env-file` is left out: the container gets its variables from outside, and node ends when the file is missing");
            }
            // `node_modules` is made here, so its loader is not there.
            let pnp = [Some(word), value].into_iter().flatten().any(|word| word.contains(".pnp."));
            if !dropped && !pnp {
                command.push(word.clone());
                command.extend(value.cloned());
            }
        }
        let file = rest.next()?;
        if SOURCES.iter().any(|ending| file.ends_with(ending)) {
            // A loader for TypeScript in front, or node's own.
            let loaders: Vec<String> = command.drain(1..).collect();
            let arguments: Vec<String> = rest.cloned().collect();
            return Some(typescript(context, Some(&loaders), file, &arguments));
        }
        command.push(file.clone());
        command.extend(rest.cloned());
        Some(Self { command, certain: true, needs_dev: false, left_out })
    }

    fn bun(words: &[String]) -> Option<Self> {
        let rest: Vec<&String> = words.iter().skip(1).filter(|word| !matches!(word.as_str(), "run" | "--watch" | "--hot" | "--bun")).collect();
        let file = rest.iter().find(|word| !word.starts_with('-'))?;
        let is_file = file.contains('/') || file.contains('.');
        let command = [vec!["bun".to_owned()], rest.iter().map(|word| (*word).clone()).collect()].concat();
        is_file.then_some(Self { command, certain: true, ..Self::default() })
    }

    /// `nest start` compiles and watches; what it starts is what `nest build` leaves.
    fn nest(context: Context<'_>) -> Self {
        let entry = crate::json_file::JsonFile::read(context.project, &join(context.dir, "nest-cli.json")).ok().flatten();
        let entry = entry.as_ref().and_then(|file| file.str(&["entryFile"])).unwrap_or("main").to_owned();
        let output = context.typescript.map_or_else(|| format!("dist/{entry}.js"), |typescript| typescript.output(&format!("src/{entry}.ts")));
        Self { command: vec!["node".to_owned(), output], ..Self::default() }
    }

    /// The program that pm2 would keep alive: here the container's restart does.
    fn pm2(context: Context<'_>, words: &[String]) -> Option<Self> {
        let start = options(words, &["-i", "--name", "-n", "--env"]);
        let at = if words.get(start).is_some_and(|word| word == "start") { start + 1 } else { start };
        let mut file = words.get(at)?.trim_start_matches("./").to_owned();
        if file.contains("ecosystem") || file.ends_with(".json") || file.ends_with(".config.js") {
            let text = context.project.read(&join(context.dir, &file)).ok().flatten()?;
            let after = &text[text.find("script")?..];
            let value = after.split_once(':')?.1.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
            file = value[1..].split(quote).next()?.trim_start_matches("./").to_owned();
        }
        let program = Self::new(context, &["node".to_owned(), file])?;
        Some(Self { left_out: Some("pm2 is left out: the container platform restarts, counts and logs"), certain: false, ..program })
    }

    /// A tool for development, with the file that it runs.
    fn runner(context: Context<'_>, words: &[String]) -> Option<Self> {
        let at = words.iter().position(|word| matches!(word.as_str(), "--exec" | "-x"));
        // `nodemon --exec "tsx src/x.ts"`; `--exec ts-node src/x.ts`.
        if let Some(executed) = at.and_then(|at| words.get(at + 1)) {
            let inner: Vec<String> = executed.split_whitespace().map(str::to_owned).collect();
            let rest = words.iter().skip(at.unwrap_or_default() + 2).cloned();
            let inner: Vec<String> = if inner.len() > 1 { inner } else { inner.into_iter().chain(rest).collect() };
            return Self::new(context, &inner).map(|program| Self { certain: false, ..program });
        }
        let mut at = 1;
        while words.get(at).is_some_and(|word| word.starts_with('-') || matches!(word.as_str(), "watch" | "start")) {
            at += if RUNNER_OPTIONS.contains(&words[at].as_str()) { 2 } else { 1 };
        }
        let file = words.get(at)?;
        let arguments = words.get(at + 1..).unwrap_or_default();
        let runner = words[0].as_str();
        if SOURCES.iter().any(|ending| file.ends_with(ending)) || matches!(runner, "tsx" | "ts-node" | "babel-node" | "ts-node-esm") {
            let options: Vec<String> = words[1..at].iter().filter(|word| !matches!(word.as_str(), "watch" | "--watch")).cloned().collect();
            let mut command = vec![runner.to_owned()];
            command.extend(options);
            return Some(typescript(context, Some(&command), file, arguments));
        }
        Some(Self {
            command: [&["node".to_owned(), file.trim_start_matches("./").to_owned()], arguments].concat(),
            left_out: Some("what restarts on a change is for development: node runs the file itself"),
            ..Self::default()
        })
    }

    /// Remarks on what was left out.
    pub fn notes(&self, evidence: Option<&Evidence>) -> Vec<Note> {
        let mut notes: Vec<Note> = self.left_out.iter().map(|what| Note::info(*what, evidence)).collect();
        if self.needs_dev {
            let message = "what starts it is a development dependency, so all of them go into the image: move it to `dependencies`";
            notes.push(Note::warning(message, evidence));
        }
        notes
    }

    /// The same program, started from the folder above.
    pub fn below(mut self, dir: &str) -> Option<Self> {
        let file = self.command.iter_mut().skip(1).find(|word| !word.starts_with('-'))?;
        *file = join(dir, file.trim_start_matches("./"));
        Some(self)
    }
}

/// How a TypeScript file runs: as the build's output where a build compiles it, else by the tool that the script names,
/// else by node itself. `runner` is a tool with its options, or options of `node`.
fn typescript(context: Context<'_>, runner: Option<&[String]>, file: &str, arguments: &[String]) -> Program {
    let file = file.trim_start_matches("./");
    if context.tool == super::package_manager::Tool::Bun && runner.is_none() {
        return Program { command: vec!["bun".to_owned(), file.to_owned()], certain: false, ..Program::default() };
    }
    let in_group = |group: &str, name: &str| context.manifest.str(&[group, name]).is_some();
    let tool = runner.and_then(|runner| runner.first()).filter(|word| RUNNERS.contains(&word.as_str())).map_or("", String::as_str);
    // `--import tsx`, `-r ts-node/register`: the package is in front of the slash.
    let package = match tool {
        "" => runner.into_iter().flatten().find(|word| !word.starts_with('-')).map_or("", |word| word.split('/').next().unwrap_or(word)),
        "ts-node-esm" => "ts-node",
        "tsnd" => "ts-node-dev",
        "babel-node" => "@babel/node",
        name => name,
    };
    let production = in_group("dependencies", package) && package != "ts-node-dev";
    let compiled = context.typescript.filter(|typescript| context.builds && !typescript.no_emit && typescript.out.is_some());
    if !production && let Some(compiled) = compiled {
        let command = [vec!["node".to_owned(), compiled.output(file)], arguments.to_vec()].concat();
        return Program { command, certain: false, left_out: Some("node runs what the build has compiled"), needs_dev: false };
    }
    let with = |words: &[&str]| [words.iter().map(|&word| word.to_owned()).collect(), vec![file.to_owned()], arguments.to_vec()].concat();
    let command = match tool {
        // Node.js runs TypeScript itself where it only has types to strip.
        "" if package.is_empty() => with(&["node"]),
        "" => [vec!["node".to_owned()], runner.unwrap_or_default().to_vec(), vec![file.to_owned()], arguments.to_vec()].concat(),
        // As a loader: its own program would start a second process.
        "tsx" | "esno" => with(&["node", "--import", "tsx"]),
        "ts-node-dev" | "tsnd" | "nodemon" => with(&["node", "node_modules/.bin/ts-node"]),
        name => {
            let options = runner.unwrap_or_default().get(1..).unwrap_or_default();
            [vec!["node".to_owned(), format!("node_modules/.bin/{name}")], options.to_vec(), vec![file.to_owned()], arguments.to_vec()].concat()
        }
    };
    Program { command, certain: production, needs_dev: !production && !package.is_empty(), left_out: None }
}
