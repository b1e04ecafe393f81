//! The scripts of `package.json`, as the commands that they run. Nothing is run; what only a shell can decide is left out.

use crate::json_file::JsonFile;
use crate::settings::shell_split;

/// Scripts call each other no deeper than this.
const MAX_DEPTH: usize = 5;
/// Programs that only start another one with a changed environment.
const WRAPPERS: &[&str] = &["cross-env", "cross-env-shell", "env", "npx", "bunx", "exec", "env-cmd", "dotenvx", "dotenv", "c8"];
/// Programs that run the scripts they are given.
const MANAGERS: &[&str] = &["npm", "pnpm", "yarn", "bun", "npm-run-all", "run-s", "run-p"];

/// One command of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Variables set for it.
    pub env: Vec<(String, String)>,
    /// Program and arguments.
    pub words: Vec<String>,
}

impl Command {
    /// The program's name, without its folder.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word))
    }

    /// Whether it is this program with this first argument.
    pub fn is(&self, program: &str, argument: &str) -> bool {
        self.program() == program && self.words.get(1).is_some_and(|word| word == argument)
    }

    /// Whether one of some options is given.
    pub fn has(&self, options: &[&str]) -> bool {
        self.words.iter().any(|word| options.contains(&word.split('=').next().unwrap_or(word)))
    }

    /// The value of the first of some options: `-p 80`, `--port 80`, `--port=80`.
    pub fn option(&self, options: &[&str]) -> Option<&str> {
        self.words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
            Some((name, value)) if options.contains(&name) => Some(value),
            _ if options.contains(&word.as_str()) => self.words.get(at + 1).map(String::as_str),
            _ => None,
        })
    }

    /// The arguments that are no options, from this one on (1 is the first after the program). What follows an option
    /// without `=` is taken for its value when `valued` names the option.
    pub fn arguments(&self, from: usize, valued: &[&str]) -> Vec<&str> {
        let mut found = Vec::new();
        let mut words = self.words.iter().skip(from);
        while let Some(word) = words.next() {
            if valued.contains(&word.as_str()) {
                words.next();
            } else if !word.starts_with('-') {
                found.push(word.as_str());
            }
        }
        found
    }

    /// The value of a variable set for it.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().find(|(set, _)| set == name).map(|(_, value)| value.as_str())
    }

    /// The script file that Node.js, or a program in its place, runs.
    pub fn file(&self) -> Option<&str> {
        matches!(self.program(), "node" | "bun" | "tsx" | "ts-node" | "nodemon" | "babel-node" | "pm2-runtime")
            .then(|| self.arguments(1, &["-r", "--require", "--import", "--loader", "--env-file"]).into_iter().find(|word| *word != "run"))?
    }
}

/// The commands of a script, in their order; the scripts that it calls are followed.
pub fn commands(manifest: &JsonFile, script: &str) -> Vec<Command> {
    let mut found = Vec::new();
    follow(manifest, script, 0, &mut found);
    found
}

fn follow(manifest: &JsonFile, script: &str, depth: usize, found: &mut Vec<Command>) {
    let Some(text) = manifest.str(&["scripts", script]).filter(|_| depth < MAX_DEPTH) else { return };
    for part in parts(text) {
        let Some(command) = shell_split(part).map(unwrap) else { continue };
        let called = called(manifest, &command);
        if called.is_empty() {
            found.extend((!command.words.is_empty()).then_some(command));
        }
        for name in called.into_iter().filter(|name| name != script) {
            follow(manifest, &name, depth + 1, found);
        }
    }
}

/// The scripts that a command calls: `npm run build`, `yarn build`, `run-s clean build`.
fn called(manifest: &JsonFile, command: &Command) -> Vec<String> {
    if !MANAGERS.contains(&command.program()) {
        return Vec::new();
    }
    let names = command.arguments(1, &[]).into_iter().filter(|word| !matches!(*word, "run" | "run-script"));
    let scripts = names.filter(|name| manifest.str(&["scripts", name]).is_some()).map(str::to_owned);
    if command.program().contains("run") { scripts.collect() } else { scripts.take(1).collect() }
}

/// The commands of a shell line.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '&' | ';' | '|' | '\n') => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// A command without the variables and the programs before it.
fn unwrap(words: Vec<String>) -> Command {
    let mut env = Vec::new();
    let mut words = words.into_iter().peekable();
    let mut wrapped = false;
    while let Some(word) = words.peek() {
        let name = word.rsplit('/').next().unwrap_or(word);
        let is_variable = word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(char::is_numeric)
        });
        if is_variable {
            env.extend(word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
        } else if WRAPPERS.contains(&name) {
            wrapped = true;
        } else if wrapped && word.starts_with('-') {
            // `dotenv -e .env -- next start`, `env-cmd -f .env next start`: the option's value goes with it.
            if matches!(word.as_str(), "-e" | "-f" | "-p" | "--file" | "--package") {
                words.next();
            }
        } else {
            break;
        }
        words.next();
    }
    let mut words: Vec<String> = words.collect();
    // `yarn next start`, `pnpm exec vite build`, `bun --bun run vite build` run the program itself; scripts are told by `called`.
    if let [manager, exec, _, ..] = words.as_slice()
        && MANAGERS.contains(&manager.as_str())
        && matches!(exec.as_str(), "exec" | "dlx" | "x")
    {
        words.drain(..2);
    }
    Command { env, words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;

    fn of(scripts: &str, name: &str) -> Vec<String> {
        let project = Project::from_files([("package.json", format!("{{\"scripts\": {scripts}}}").as_str())]);
        let manifest = JsonFile::read(&project, "package.json").expect("JSON").expect("a file");
        commands(&manifest, name).into_iter().map(|command| command.words.join(" ")).collect()
    }

    #[test]
    fn scripts_are_followed_to_their_programs() {
        let scripts = r#"{"build": "run-s clean build:app", "clean": "rm -rf dist", "build:app": "tsc -b && npx vite build --outDir 'a b'",
            "start": "NODE_ENV=production cross-env PORT=80 serve -s build", "loop": "npm run loop", "env": "dotenv -e .env -- next start"}"#;
        assert_eq!(of(scripts, "build"), ["rm -rf dist", "tsc -b", "vite build --outDir a b"]);
        assert_eq!(of(scripts, "start"), ["serve -s build"]);
        assert_eq!(of(scripts, "env"), ["next start"]);
        assert!(of(scripts, "loop").is_empty());
        assert!(of(scripts, "none").is_empty());
    }

    #[test]
    fn options_have_values_in_either_form() {
        let command = Command { env: Vec::new(), words: ["next", "start", "-p", "80", "--host=::"].map(str::to_owned).to_vec() };
        assert_eq!((command.option(&["-p", "--port"]), command.option(&["--host"])), (Some("80"), Some("::")));
        assert_eq!(command.arguments(1, &["-p"]), ["start"]);
    }
}
