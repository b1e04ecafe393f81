//! Parse, run, print the error, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use dockwright::cli::{Cli, Command};
use dockwright::commands;
use dockwright::output::human;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        None => commands::init::run(&cli.init),
        Some(Command::Init(args)) => commands::init::run(args),
        Some(Command::Detect(args)) => commands::detect::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            human::error(&error);
            ExitCode::from(error.exit as u8)
        }
    }
}
