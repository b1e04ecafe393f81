//! Parse, run, print the error, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use dockwright::cli::{Cli, Color, Command};
use dockwright::commands;
use dockwright::output::human;
use dockwright::prompt;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.output.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => {
            anstream::ColorChoice::Never.write_global();
            prompt::without_colors();
        }
    }
    let verbosity = cli.output.verbosity();
    let result = match &cli.command {
        None => commands::init::run(&cli.init, false, verbosity),
        Some(Command::Init(args)) => commands::init::run(args, false, verbosity),
        Some(Command::Update(args)) => commands::init::run(args, true, verbosity),
        Some(Command::Detect(args)) => commands::detect::run(args, verbosity),
        Some(Command::Check(args)) => commands::check::run(args, verbosity),
        Some(Command::Diff(args)) => commands::diff::run(args),
        Some(Command::Pin(args)) => commands::pin::run(args, verbosity),
        Some(Command::Undo(args)) => commands::undo::run(args, verbosity),
        Some(Command::Audit(args)) => commands::audit::run(args, verbosity),
        Some(Command::Explain(args)) => commands::explain::run(args),
        Some(Command::Templates { command }) => commands::templates::run(command),
        Some(Command::Questions(args)) => commands::questions::run(args),
        Some(Command::Completions { shell }) => {
            commands::packaging::completions(*shell);
            Ok(())
        }
        Some(Command::Man) => commands::packaging::man(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            human::error(&error);
            ExitCode::from(error.exit as u8)
        }
    }
}
