//! The program behind `npm start`: npm as PID 1 drops requests on SIGTERM, so it must not run in the container. The script
//! is followed through runners, variables and development tools to the program that really serves.

use super::package_manager::Tool;
use super::program::{self, Program};
use super::script::{self, Command};
use super::typescript::TypeScript;
use crate::error::Result;
use crate::found::{Confidence, Evidence, Found};
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::plan::EnvVar;
use crate::project::{Project, join};

/// What the start is found in.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub project: &'a Project,
    pub dir: &'a str,
    pub manifest: &'a JsonFile,
    pub tool: Tool,
    pub typescript: Option<&'a TypeScript>,
    /// Whether something is built before the start.
    pub builds: bool,
}

/// The start, with what comes before it.
#[derive(Debug, Clone)]
pub struct Start {
    /// The program with its arguments; begins with `node`, `bun` or a shell.
    pub command: Found<Vec<String>>,
    /// Variables that the script sets.
    pub env: Vec<EnvVar>,
    /// Commands of the script that build: they run while the image is built.
    pub build: Vec<Command>,
    /// Whether what starts it is a development dependency.
    pub needs_dev: bool,
    /// What the user should know.
    pub notes: Vec<Note>,
}

/// Scripts that start a server in production, before the plain `start` where that is a development tool.
const OTHER_SCRIPTS: &[&str] = &["start:prod", "start:production", "production", "prod", "serve", "server"];
/// Usual names of the entry file.
pub const FILES: &[&str] = &[
    "server.js", "index.js", "app.js", "main.js", "bot.js", "server.mjs", "index.mjs", "src/server.js", "src/index.js", "src/app.js",
    "src/main.js", "src/index.mjs", "index.cjs", "bin/www", "index.ts", "server.ts", "main.ts", "app.ts", "src/index.ts", "src/server.ts",
    "src/main.ts", "src/app.ts", "src/index.mts",
];

/// The start command: a `Procfile`, the `start` script, another one, then `main`, then a usual file.
///
/// # Errors
/// When the `Procfile` cannot be read.
pub fn find(context: Context<'_>) -> Result<Option<Start>> {
    let path = join(context.dir, "Procfile");
    if let Some(text) = context.project.read(&path)? {
        for (number, line) in text.lines().enumerate() {
            let Some(command) = line.strip_prefix("web:").or_else(|| line.strip_prefix("worker:")) else { continue };
            let evidence = Evidence::at(&path, number + 1, format!("starts `{}`", command.trim()));
            if let Some(start) = follow(context, command.trim(), evidence) {
                return Ok(Some(start));
            }
        }
    }
    let script = |name: &str| {
        let text = context.manifest.str(&["scripts", name])?;
        follow(context, text, context.manifest.evidence(&["scripts", name], format!("`{name}` runs `{text}`")))
    };
    let start = script("start");
    // `nest start` or `nodemon`: a script for production may say better what runs there.
    if start.as_ref().is_none_or(|start| start.needs_dev || start.command.confidence != Confidence::Certain) {
        let better = OTHER_SCRIPTS.iter().filter_map(|name| script(name)).find(|other| !other.needs_dev);
        if better.is_some() {
            return Ok(better);
        }
    }
    Ok(start.or_else(|| entry_file(context)))
}

/// `main`, `module`, or a usual name.
fn entry_file(context: Context<'_>) -> Option<Start> {
    for key in ["main", "module"] {
        let Some(main) = context.manifest.str(&[key]) else { continue };
        let main = main.trim_start_matches("./");
        let there = |name: &str| context.project.has(&join(context.dir, name));
        let found = [main.to_owned(), format!("{main}.js"), format!("{main}/index.js")].into_iter().find(|name| there(name));
        // What a build writes is not there yet.
        let built = || context.builds.then(|| main.to_owned()).filter(|main| !main.ends_with("/index") && main != "index.js");
        if let Some(file) = found.or_else(built) {
            let evidence = context.manifest.evidence(&[key], format!("`{key}` names the entry file"));
            return Some(file_start(context, &file, evidence, Confidence::Likely));
        }
    }
    let file = context.project.first(context.dir, FILES)?;
    let evidence = Evidence::at(join(context.dir, file), 1, "a usual name for the entry file");
    Some(file_start(context, file, evidence, Confidence::Guess))
}

/// The start of one file, by `node`, `bun` or what runs TypeScript here.
fn file_start(context: Context<'_>, file: &str, evidence: Evidence, confidence: Confidence) -> Start {
    let mut program = program::file(context, file);
    let command = Found { value: std::mem::take(&mut program.command), confidence, evidence: vec![evidence], rejected: vec![] };
    Start { command, env: Vec::new(), build: Vec::new(), needs_dev: program.needs_dev, notes: program.notes(None) }
}

/// The program behind a script's text.
fn follow(context: Context<'_>, text: &str, evidence: Evidence) -> Option<Start> {
    let mut trail = Trail { context, env: Vec::new(), build: Vec::new(), before: Vec::new(), evidence: vec![evidence.clone()] };
    let program = trail.script(text, 0)?;
    let confidence = if program.certain { Confidence::Certain } else { Confidence::Likely };
    let mut notes = program.notes(Some(&evidence));
    if !trail.before.is_empty() {
        let commands: Vec<String> = trail.before.iter().map(|words| format!("`{}`", words.join(" "))).collect();
        notes.push(Note::warning(
            format!(
                "{} ran before the server: the container starts the server alone; run it as a step of its own when you deploy, \
                 so that copies do not race and a restart changes nothing",
                commands.join(" and ")
            ),
            Some(&evidence),
        ));
    }
    Some(Start {
        command: Found { value: program.command, confidence, evidence: trail.evidence, rejected: vec![] },
        env: trail.env.iter().filter(|(name, _)| !matches!(name.as_str(), "NODE_ENV" | "PORT")).map(|(name, value)| EnvVar::new(name, value.clone())).collect(),
        build: trail.build,
        needs_dev: program.needs_dev,
        notes,
    })
}

/// The way from a script to its program.
struct Trail<'a> {
    context: Context<'a>,
    env: Vec<(String, String)>,
    build: Vec<Command>,
    before: Vec<Vec<String>>,
    evidence: Vec<Evidence>,
}

impl Trail<'_> {
    fn script(&mut self, text: &str, depth: usize) -> Option<Program> {
        let mut commands = script::parse(text)?;
        let mut last = commands.pop()?;
        // What waits for nothing and says something at the end is not the program.
        while matches!(last.words.first().map(String::as_str), Some("echo" | "true" | "exit") | None) {
            last = commands.pop()?;
        }
        let mut folder = None;
        for command in commands {
            match role(&self.context, &command) {
                Role::Nothing => {}
                Role::Folder(dir) => folder = Some(dir),
                Role::Build => self.build.push(command),
                Role::Before => self.before.push(command.words),
            }
        }
        let program = self.command(last, depth)?;
        match folder {
            // `cd dist && node main.js`
            Some(dir) => program.below(&dir),
            None => Some(program),
        }
    }

    fn command(&mut self, command: Command, depth: usize) -> Option<Program> {
        self.env.extend(command.env.into_iter().filter(|(_, value)| !value.contains('$')));
        let words = program::without_wrappers(command.words, &mut self.env);
        if let Some((name, arguments)) = program::script_call(self.context, &words) {
            if depth > 8 {
                return None;
            }
            let text = self.context.manifest.str(&["scripts", &name])?.to_owned();
            let evidence = self.context.manifest.evidence(&["scripts", &name], format!("`{name}` runs `{text}`"));
            self.evidence.push(evidence);
            let mut program = self.script(&text, depth + 1)?;
            program.command.extend(arguments);
            return Some(program);
        }
        Program::new(self.context, &words)
    }
}

/// What a command in front of the program does.
enum Role {
    Build,
    Before,
    Folder(String),
    Nothing,
}

const BUILDERS: &[&str] = &[
    "tsc", "rimraf", "rm", "mkdir", "mkdirp", "shx", "cp", "cpx", "cpy", "copyfiles", "webpack", "babel", "esbuild", "tsup", "rollup", "swc",
    "ncc", "gulp", "grunt", "tsc-alias", "tspc", "vite", "next", "nest", "nuxt", "parcel", "sass", "tailwindcss", "del-cli", "ttsc",
];

fn role(context: &Context<'_>, command: &Command) -> Role {
    let mut unused = Vec::new();
    let words = program::without_wrappers(command.words.clone(), &mut unused);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    if let Some((name, _)) = program::script_call(*context, &words) {
        return if ["build", "compile", "generate", "transpile", "clean"].iter().any(|part| name.contains(part)) { Role::Build } else { Role::Before };
    }
    match word(0) {
        "cd" => Role::Folder(word(1).trim_start_matches("./").to_owned()),
        "echo" | "sleep" | "wait-on" | "set" | "export" | "true" | "test" | "clear" | "sync" => Role::Nothing,
        "npm" | "yarn" | "pnpm" | "bun" if matches!(word(1), "install" | "i" | "ci" | "") => Role::Nothing,
        "prisma" if word(1) == "generate" => Role::Build,
        name if BUILDERS.contains(&name) => Role::Build,
        _ => Role::Before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::node::workspace;

    /// The start of a project with these files; the first is its `package.json`.
    fn start(files: &[(&str, &str)]) -> Option<Start> {
        let project = Project::from_files(files.iter().copied());
        let manifest = workspace::manifest(&project, ".").unwrap().unwrap();
        let typescript = TypeScript::read(&project, ".").unwrap();
        let builds = manifest.str(&["scripts", "build"]).is_some();
        find(Context { project: &project, dir: ".", manifest: &manifest, tool: Tool::Npm, typescript: typescript.as_ref(), builds }).unwrap()
    }

    fn command(script: &str) -> String {
        let scripts = serde_json::json!({
            "scripts": { "start": script, "serve:real": "node real.js", "migrate": "knex migrate:latest" },
            "dependencies": { "tsx": "4", "next": "15", "knex": "3" }, "devDependencies": { "ts-node": "10", "serve": "14" },
        });
        start(&[("package.json", &scripts.to_string())]).map_or_else(String::new, |start| start.command.value.join(" "))
    }

    #[test]
    fn a_script_is_followed_to_its_program() {
        for (script, expected) in [
            ("node server.js", "node server.js"),
            ("NODE_ENV=production node --max-old-space-size=400 server.js --port 4000", "node --max-old-space-size=400 server.js --port 4000"),
            ("cross-env A=b node -r dotenv/config dist/main.js", "node -r dotenv/config dist/main.js"),
            ("dotenv -e .env.production -- node a.js", "node a.js"),
            ("env-cmd -f .env node a.js", "node a.js"),
            ("node --env-file .env --watch --inspect=0.0.0.0:9229 a.js", "node a.js"),
            ("nodemon --watch src --ext js a.js", "node a.js"),
            ("nodemon --exec 'tsx src/a.ts'", "node --import tsx src/a.ts"),
            ("tsx src/a.ts", "node --import tsx src/a.ts"),
            ("npx ts-node -r tsconfig-paths/register src/a.ts", "node node_modules/.bin/ts-node -r tsconfig-paths/register src/a.ts"),
            ("npm run serve:real", "node real.js"),
            ("npm run migrate && npm run serve:real -- --x", "node real.js --x"),
            ("knex migrate:latest && node a.js", "node a.js"),
            ("tsc && cd dist && node main.js", "node dist/main.js"),
            ("pm2-runtime start app.js -i max", "node app.js"),
            ("yarn nodemon a.js", "node a.js"),
            ("next start -p 4000", "node node_modules/.bin/next start -p 4000"),
            ("node -r ./.pnp.cjs a.js", "node a.js"),
            ("exec node a.js 2>&1", "node a.js"),
            ("./start.sh --now", "sh ./start.sh --now"),
            ("bun run src/index.ts", "bun src/index.ts"),
            ("nest start", "node dist/main.js"),
            ("react-scripts start", ""),
            ("concurrently 'node a.js' 'node b.js'", ""),
        ] {
            assert_eq!(command(script), expected, "{script}");
        }
    }

    #[test]
    fn a_development_tool_gives_way_to_the_built_program() {
        let files = [
            ("package.json", r#"{"scripts": {"build": "tsc", "start": "ts-node src/index.ts"}, "devDependencies": {"ts-node": "10"}}"#),
            ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#),
            ("src/index.ts", ""),
        ];
        let start = start(&files).unwrap();
        assert_eq!(start.command.value, ["node", "dist/index.js"]);
        assert!(!start.needs_dev);
    }

    #[test]
    fn what_ran_before_the_server_is_named() {
        let files = [("package.json", r#"{"scripts": {"start": "prisma migrate deploy && node a.js"}}"#)];
        let notes = start(&files).unwrap().notes;
        assert!(notes[0].message.starts_with("`prisma migrate deploy` ran before the server"), "{}", notes[0].message);
    }

    #[test]
    fn a_procfile_goes_first_and_main_last() {
        let manifest = r#"{"main": "lib/x", "scripts": {}}"#;
        assert_eq!(start(&[("package.json", manifest), ("Procfile", "web: node web.js\n")]).unwrap().command.value, ["node", "web.js"]);
        assert_eq!(start(&[("package.json", manifest), ("lib/x.js", "")]).unwrap().command.value, ["node", "lib/x.js"]);
        assert_eq!(start(&[("package.json", "{}"), ("src/index.js", "")]).unwrap().command.value, ["node", "src/index.js"]);
    }
}
