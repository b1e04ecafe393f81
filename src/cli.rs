//! The command line. The doc comments here are the help text.

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::output::Verbosity;

/// Writes production container files for any repository, and proves them.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
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
    Detect(DetectArgs),
}

/// Human or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON document on standard output.
    Json,
}

/// `init`.
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
    /// Give an answer; repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Print what would be done, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one generated file and nothing else, write nothing.
    #[arg(long, value_name = "FILE")]
    pub stdout: Option<String>,
    /// Replace files that dockwright did not write; the old ones are kept as `NAME.orig`.
    #[arg(long)]
    pub force: bool,
    /// Report for people or as JSON.
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// `detect`.
#[derive(Debug, Args)]
pub struct DetectArgs {
    /// Folder of the project.
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,
    /// Report for people or as JSON.
    #[arg(long, default_value = "human")]
    pub format: Format,
}
