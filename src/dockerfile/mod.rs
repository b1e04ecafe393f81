//! A Dockerfile as it will be understood: stages and instructions with their lines, words expanded as the builder
//! expands them. Read by the self-proof and by the checklist.

mod image;
pub mod shell;
pub mod words;

use parse_dockerfile::{Command as Parsed, Flag, HealthcheckArguments, Instruction, JsonOrStringArray, Source};

use crate::dockerfile::words::{expand, split};
use crate::error::Place;

/// A Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// The `ARG`s before the first `FROM`.
    pub global: Vec<Step>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// How many instructions there are, all stages together.
    pub count: usize,
}

/// One stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Line of its `FROM`.
    pub line: usize,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it builds on: an image, or the name of an earlier stage.
    pub image: String,
    /// The constant `--platform`, if given.
    pub platform: Option<String>,
    /// Its instructions.
    pub steps: Vec<Step>,
}

/// One instruction.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its first line, from 1.
    pub line: usize,
    /// What it does.
    pub kind: Kind,
}

/// What an instruction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `RUN`
    Run {
        /// The values of `--mount`.
        mounts: Vec<String>,
        /// What is run.
        command: Command,
    },
    /// `COPY`
    Copy(Copy),
    /// `ADD`
    Add(Copy),
    /// `ENV`, name by name.
    Env(Vec<(String, String)>),
    /// `ARG`, with its default.
    Arg(Vec<(String, Option<String>)>),
    /// `USER`
    User(String),
    /// `WORKDIR`
    Workdir(String),
    /// `EXPOSE`
    Expose(Vec<String>),
    /// `ENTRYPOINT`
    Entrypoint(Command),
    /// `CMD`
    Cmd(Command),
    /// `HEALTHCHECK`; `None` for `NONE`.
    Healthcheck(Option<Command>),
    /// `STOPSIGNAL`
    Stopsignal(String),
    /// `VOLUME`
    Volume(Vec<String>),
    /// `LABEL`, `SHELL`, `ONBUILD`, `MAINTAINER`
    Other(&'static str),
}

/// What `COPY` and `ADD` say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copy {
    /// `--from`: a stage or an image.
    pub from: Option<String>,
    /// The sources, here-documents left out.
    pub sources: Vec<String>,
    /// How many of the sources are here-documents.
    pub documents: usize,
    /// Where to.
    pub target: String,
}

/// A command in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The words, as the program gets them.
    Exec(Vec<String>),
    /// Text for a shell, continued lines joined.
    Shell(String),
}

/// Reads a Dockerfile.
///
/// # Errors
/// Where it is no Dockerfile: the line, from 1, and what is wrong.
pub fn read(text: &str) -> Result<Dockerfile, (usize, String)> {
    let parsed = parse_dockerfile::parse(text).map_err(|error| (error.line().max(1), error.to_string()))?;
    let reader = Reader { text };
    let mut file = Dockerfile { global: Vec::new(), stages: Vec::new(), count: parsed.instructions.len() };
    for instruction in &parsed.instructions {
        if let Instruction::From(from) = instruction {
            file.stages.push(Stage {
                line: reader.line(from.from.span.start),
                name: from.as_.as_ref().map(|(_, name)| name.value.to_string()),
                image: from.image.value.to_string(),
                platform: flag(&from.options, "platform"),
                steps: Vec::new(),
            });
            continue;
        }
        let step = reader.step(instruction);
        match file.stages.last_mut() {
            Some(stage) => stage.steps.push(step),
            None => file.global.push(step),
        }
    }
    Ok(file)
}

impl Dockerfile {
    /// The stage that becomes the image.
    pub fn last(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// Whether a name is that of a stage before the one at `index`.
    pub fn is_earlier_stage(&self, index: usize, name: &str) -> bool {
        self.stages[..index].iter().any(|stage| stage.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name)))
    }

    /// The final stage's steps, with those of the stages it builds on before them.
    pub fn final_steps(&self) -> Vec<&Step> {
        let mut chain = Vec::new();
        let mut at = self.stages.len().checked_sub(1);
        while let Some(index) = at {
            chain.push(index);
            let image = &self.stages[index].image;
            at = (0..index).rev().find(|&below| self.stages[below].name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(image)));
        }
        chain.iter().rev().flat_map(|&index| &self.stages[index].steps).collect()
    }
}

impl Stage {
    /// The last of the steps that `pick` takes, with its line.
    pub fn last<'s, T: 's>(&'s self, pick: impl Fn(&'s Kind) -> Option<T>) -> Option<(usize, T)> {
        self.steps.iter().rev().find_map(|step| Some((step.line, pick(&step.kind)?)))
    }

    /// The variables that its own `ENV` sets, with their lines.
    pub fn env(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.steps.iter().flat_map(|step| match &step.kind {
            Kind::Env(pairs) => pairs.iter().map(|(name, value)| (step.line, name.as_str(), value.as_str())).collect(),
            _ => Vec::new(),
        })
    }
}

impl Command {
    /// The words of the exec form.
    pub fn words(&self) -> Option<&[String]> {
        match self {
            Self::Exec(words) => Some(words),
            Self::Shell(_) => None,
        }
    }

    /// All of it as text.
    pub fn text(&self) -> String {
        match self {
            Self::Exec(words) => words.join(" "),
            Self::Shell(text) => text.clone(),
        }
    }
}

/// The value of an option of `--mount`.
pub fn mount_option<'m>(mount: &'m str, name: &str) -> Option<&'m str> {
    mount.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// The place of a line, for an error that points at it.
pub fn place(file: &str, text: &str, line: usize) -> Place {
    Place {
        file: file.to_owned(),
        line,
        column: 1,
        text: text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned(),
    }
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        self.text.as_bytes()[..offset.min(self.text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1
    }

    fn step(&self, instruction: &Instruction<'_>) -> Step {
        Step { line: self.line(keyword(instruction)), kind: self.kind(instruction) }
    }

    fn kind(&self, instruction: &Instruction<'_>) -> Kind {
        match instruction {
            Instruction::Run(run) => Kind::Run {
                mounts: run
                    .options
                    .iter()
                    .filter(|flag| flag.name.value == "mount")
                    .filter_map(|flag| flag.value.as_ref().map(|value| value.value.to_string()))
                    .collect(),
                command: match run.here_docs.first() {
                    Some(document) => Command::Shell(document.value.to_string()),
                    None => command(&run.arguments),
                },
            },
            Instruction::Copy(copy) => Kind::Copy(copied(&copy.options, &copy.src, &copy.dest.value)),
            Instruction::Add(add) => Kind::Add(copied(&add.options, &add.src, &add.dest.value)),
            Instruction::Env(env) => Kind::Env(pairs(&env.arguments.value)),
            Instruction::Arg(arg) => Kind::Arg(
                split(&arg.arguments.value)
                    .iter()
                    .map(|word| match word.split_once('=') {
                        Some((name, value)) => (name.to_owned(), Some(literal(value))),
                        None => (word.clone(), None),
                    })
                    .collect(),
            ),
            Instruction::User(user) => Kind::User(literal(&user.arguments.value)),
            Instruction::Workdir(workdir) => Kind::Workdir(literal(&workdir.arguments.value)),
            Instruction::Expose(expose) => {
                Kind::Expose(expose.arguments.iter().map(|port| port.value.to_string()).collect())
            }
            Instruction::Entrypoint(entrypoint) => Kind::Entrypoint(command(&entrypoint.arguments)),
            Instruction::Cmd(cmd) => Kind::Cmd(command(&cmd.arguments)),
            Instruction::Healthcheck(check) => Kind::Healthcheck(match &check.arguments {
                HealthcheckArguments::Cmd { arguments, .. } => Some(command(arguments)),
                _ => None,
            }),
            Instruction::Stopsignal(signal) => Kind::Stopsignal(literal(&signal.arguments.value)),
            Instruction::Volume(volume) => Kind::Volume(match &volume.arguments {
                JsonOrStringArray::Json(words) => words.value.iter().map(|word| word.value.to_string()).collect(),
                JsonOrStringArray::String(words) => words.iter().map(|word| literal(&word.value)).collect(),
            }),
            Instruction::Label(_) => Kind::Other("LABEL"),
            Instruction::Shell(_) => Kind::Other("SHELL"),
            Instruction::Onbuild(_) => Kind::Other("ONBUILD"),
            _ => Kind::Other("MAINTAINER"),
        }
    }
}

/// Where an instruction begins.
fn keyword(instruction: &Instruction<'_>) -> usize {
    let keyword = match instruction {
        Instruction::Add(add) => &add.add,
        Instruction::Arg(arg) => &arg.arg,
        Instruction::Cmd(cmd) => &cmd.cmd,
        Instruction::Copy(copy) => &copy.copy,
        Instruction::Entrypoint(entrypoint) => &entrypoint.entrypoint,
        Instruction::Env(env) => &env.env,
        Instruction::Expose(expose) => &expose.expose,
        Instruction::From(from) => &from.from,
        Instruction::Healthcheck(healthcheck) => &healthcheck.healthcheck,
        Instruction::Label(label) => &label.label,
        Instruction::Maintainer(maintainer) => &maintainer.maintainer,
        Instruction::Onbuild(onbuild) => &onbuild.onbuild,
        Instruction::Run(run) => &run.run,
        Instruction::Shell(shell) => &shell.shell,
        Instruction::Stopsignal(signal) => &signal.stopsignal,
        Instruction::User(user) => &user.user,
        Instruction::Volume(volume) => &volume.volume,
        Instruction::Workdir(workdir) => &workdir.workdir,
        _ => return 0,
    };
    keyword.span.start
}

fn flag(options: &[Flag<'_>], name: &str) -> Option<String> {
    let flag = options.iter().find(|flag| flag.name.value == name)?;
    Some(flag.value.as_ref().map_or_else(String::new, |value| value.value.to_string()))
}

fn copied(options: &[Flag<'_>], sources: &[Source<'_>], target: &str) -> Copy {
    let paths = sources.iter().filter_map(|source| match source {
        Source::Path(path) => Some(literal(&path.value)),
        _ => None,
    });
    let paths: Vec<String> = paths.collect();
    Copy {
        from: flag(options, "from"),
        documents: sources.len() - paths.len(),
        sources: paths,
        target: literal(target),
    }
}

/// A word with its quotes and escapes taken away; variables stay as they are written.
fn literal(word: &str) -> String {
    expand(word, &|name| Some(format!("${{{name}}}")))
}

fn pairs(arguments: &str) -> Vec<(String, String)> {
    let words = split(arguments);
    match words.first() {
        // The old form: one name, a blank, and the rest of the line.
        Some(first) if !first.contains('=') => {
            let value = arguments.trim().strip_prefix(first.as_str()).unwrap_or_default().trim();
            vec![(first.clone(), literal(value))]
        }
        _ => words
            .iter()
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (literal(name), literal(value)))
            .collect(),
    }
}

fn command(parsed: &Parsed<'_>) -> Command {
    match parsed {
        Parsed::Exec(words) => Command::Exec(words.value.iter().map(|word| word.value.to_string()).collect()),
        Parsed::Shell(text) => Command::Shell(join_lines(text.value)),
        _ => Command::Shell(String::new()),
    }
}

/// Continued lines as one, without the comments between them.
fn join_lines(text: &str) -> String {
    let mut joined = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with('#') && !joined.is_empty() {
            continue;
        }
        match line.trim_end().strip_suffix('\\') {
            Some(before) => joined += before,
            None => joined += line,
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# A comment
FROM node:24@sha256:00 AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Another
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npm \
    # in between
    npm ci \
    && rm -rf x

FROM gcr.io/distroless/nodejs24-debian13@sha256:00 AS runtime
ENV A=1 \
    B="two words \$HOME \"q\" \\"
COPY --from=build ["/app/a b", "./"]
COPY <<'NGINX' /etc/nginx.conf
FROM not an instruction
NGINX

USER 65532:65532
EXPOSE 3000
HEALTHCHECK --interval=15s CMD ["/nodejs/bin/node", "-e", "a(\"b\\n\")"]
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["server.js"]
"#;

    #[test]
    fn stages_and_steps_with_their_lines() {
        let file = read(TEXT).expect("it parses");
        assert_eq!(file.count, 13);
        assert_eq!(file.stages.iter().map(|stage| stage.line).collect::<Vec<_>>(), [2, 11]);
        let Kind::Run { mounts, command } = &file.stages[0].steps[2].kind else { panic!("not RUN") };
        assert_eq!(mounts, &["type=cache,target=/root/.npm", "type=secret,id=npm"]);
        assert_eq!(command.text().split_whitespace().collect::<Vec<_>>().join(" "), "npm ci && rm -rf x");
        let last = file.last().expect("a stage");
        let env: Vec<_> = last.env().collect();
        assert_eq!(env, [(12, "A", "1"), (12, "B", "two words $HOME \"q\" \\")]);
        let Kind::Copy(copy) = &last.steps[1].kind else { panic!("not COPY") };
        assert_eq!((copy.from.as_deref(), copy.sources.as_slice(), copy.target.as_str()), (Some("build"), &["/app/a b".to_owned()][..], "./"));
        let Kind::Copy(document) = &last.steps[2].kind else { panic!("not COPY") };
        assert_eq!((document.documents, document.target.as_str()), (1, "/etc/nginx.conf"));
        let (line, user) = last.last(|kind| if let Kind::User(user) = kind { Some(user) } else { None }).expect("a user");
        assert_eq!((line, user.as_str()), (19, "65532:65532"));
        let (_, words) = last.last(|kind| if let Kind::Healthcheck(Some(command)) = kind { command.words() } else { None }).expect("one");
        assert_eq!(words[2], "a(\"b\\n\")");
    }
}
