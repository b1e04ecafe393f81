//! The command line. The doc comments here are the help text.

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::output::Verbosity;
use crate::pins::Age;
use crate::reconcile::OnConflict;

/// The contract's exit codes, for `--help` and the manual page.
const EXIT_CODES: &str = "\
Exit codes:
  0    done, or nothing to do
  1    `check`, `audit` or `pin --check` found something
  2    the command line is wrong
  3    an answer is missing and may not be asked for
  4    nothing recognised, or not supported
  5    some files could not be merged: each is untouched, and the new text lies beside it
  6    refused: it would replace a file it did not write, or leave the project's folder
  7    something outside failed (registry, network): trying again may help
  70   a bug in dockwright
  130  interrupted; nothing was written";

/// Writes production container files for any repository, and proves them.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_long_help = EXIT_CODES)]
pub struct Cli {
    /// What to do; alone, `dockwright` is `init` in the current folder.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `init`.
    #[command(flatten)]
    pub init: InitArgs,
    /// How much is said, and how.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How much is said, and how.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Say nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also say which candidates lost, and why.
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    pub verbose: bool,
    /// When to use colours; `NO_COLOR` is honoured.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

impl OutputArgs {
    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Detect, ask for what cannot be known, write the files.
    Init(InitArgs),
    /// Say what was recognised and why; writes nothing.
    Detect(ReportArgs),
    /// Look again after a stack change and regenerate, keeping your edits.
    Update(InitArgs),
    /// Exit 1 when the files no longer fit the stack, the answers or the pins; writes nothing.
    Check(ReportArgs),
    /// The unified diff that `update` would apply; writes nothing.
    Diff(ReportArgs),
    /// Resolve image tags to digests, and to newer patches of their line; the only command that uses the network.
    Pin(PinArgs),
    /// Bring back what the last run replaced.
    Undo(PathArgs),
    /// Judge any project's container files by the fifteen items, its own or hand-written.
    Audit(AuditArgs),
    /// An item of the checklist or a decision: why, the fix, and how this project stands.
    Explain(ExplainArgs),
    /// Every answer: type, choices, default, when it is asked, and its present value.
    Questions(ReportArgs),
    /// The built-in templates; copy one out to change it.
    Templates {
        /// What to do with them.
        #[command(subcommand)]
        command: TemplatesCommand,
    },
    /// Print a completion script.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// `templates`.
#[derive(Debug, Subcommand)]
pub enum TemplatesCommand {
    /// Name every built-in template with its blocks.
    List {
        /// Say which of them this folder overrides.
        #[arg(long, value_name = "DIR")]
        templates: Option<Utf8PathBuf>,
        /// Report for people or as JSON.
        #[arg(long, default_value = "human")]
        format: Format,
    },
    /// Write a template that extends a built-in one, block by block, to be changed.
    Eject {
        /// Name, as `list` says it.
        name: String,
        /// Folder for it.
        #[arg(long, value_name = "DIR", default_value = "dockwright-templates")]
        templates: Utf8PathBuf,
        /// Copy all of it, so that nothing of the built-in one is used any more.
        #[arg(long)]
        whole: bool,
    },
}

/// Human or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON document on standard output.
    Json,
}

/// `init` and `update`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder of the project.
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,
    /// Take every detected or default answer; never prompt.
    #[arg(short, long)]
    pub yes: bool,
    /// Never prompt and never guess; a missing answer ends with exit 3.
    #[arg(long)]
    pub no_input: bool,
    /// Give an answer; repeatable. For one service of several: SERVICE.KEY=VALUE.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Answers from a TOML file; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub answers: Option<String>,
    /// Which artefacts: `dockerfile,dockerignore`; `+x` and `-x` add to and take from the default.
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub emit: Option<String>,
    /// Only this service; repeatable.
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,
    /// Print the unified diff, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one generated file and nothing else, write nothing.
    #[arg(long, value_name = "FILE")]
    pub stdout: Option<String>,
    /// What becomes of lines that you and dockwright both changed.
    #[arg(long, value_name = "POLICY", default_value = "new-file")]
    pub conflict: OnConflict,
    /// Replace files that dockwright did not write; the old ones are kept as `NAME.orig`.
    #[arg(long)]
    pub force: bool,
    /// Write the artefacts only: neither `dockwright.toml` nor `dockwright.lock`.
    #[arg(long)]
    pub no_state: bool,
    /// Templates here win over the built-in ones of the same name.
    #[arg(long, value_name = "DIR")]
    pub templates: Option<Utf8PathBuf>,
    /// Report for people or as JSON.
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// `pin`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// Folder of the project.
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,
    /// Take what the built-in catalog knows; ask no registry.
    #[arg(long)]
    pub offline: bool,
    /// Exit 1 when an image has no digest or was not seen for too long; asks no registry and writes nothing.
    #[arg(long, conflicts_with_all = ["dry_run", "offline"])]
    pub check: bool,
    /// With `--check`: how long ago a pin may have been seen, e.g. `30d` or `4w`.
    #[arg(long, value_name = "AGE", requires = "check")]
    pub max_age: Option<Age>,
    /// Only this image, by name or by name and tag; repeatable.
    #[arg(long, value_name = "IMAGE")]
    pub only: Vec<String>,
    /// Also write exact versions of Debian's packages, and the snapshot of today as their source: builds become repeatable
    /// bit by bit, and get no security revision until the next `pin --exact`.
    #[arg(long, conflicts_with_all = ["check", "offline"])]
    pub exact: bool,
    /// Print the unified diff, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// What every image must be there for.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "linux/amd64,linux/arm64")]
    pub platform: Vec<String>,
    /// Report for people or as JSON.
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// Commands that only report.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folder of the project.
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,
    /// Templates here win over the built-in ones of the same name.
    #[arg(long, value_name = "DIR")]
    pub templates: Option<Utf8PathBuf>,
    /// Report for people or as JSON.
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Item by id or number, or a decision such as `base` or `port`; all items without one.
    pub item: Option<String>,
    /// Folder of the project.
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,
    /// Report for people or as JSON.
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Folder of the project.
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,
    /// Report for people, as JSON, or for code scanning.
    #[arg(long, default_value = "human")]
    pub format: AuditFormat,
}

/// How an audit is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// For people.
    Human,
    /// One JSON document on standard output.
    Json,
    /// SARIF 2.1.0 on standard output.
    Sarif,
}

/// Commands that take a folder alone.
#[derive(Debug, Args)]
pub struct PathArgs {
    /// Folder of the project.
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,
}
