//! The questions on a terminal. Nothing is written before the last one is answered.

use std::io::IsTerminal as _;

use inquire::validator::Validation;
use inquire::{Confirm, InquireError, Select, Text};

use crate::error::{Error, Exit, Result};
use crate::languages::Facts;
use crate::questions::{self, Question};
use crate::reconcile::{Hunk, Side};
use crate::settings::Answers;

/// Draws the questions without colours.
pub fn without_colors() {
    inquire::set_global_render_config(inquire::ui::RenderConfig::empty());
}

/// Whether somebody can be asked.
pub fn possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks what is open about a service, one question after the other, and adds the answers to `given`. What an earlier run was
/// told (`old`) is the default.
///
/// # Errors
/// Exit 130 when the user leaves.
pub fn ask(facts: &Facts, given: &mut Answers, old: &Answers) -> Result<()> {
    let mut old = old.clone();
    let mut asked = Vec::new();
    loop {
        let facts = given.over(facts)?.facts;
        let Some(mut question) = questions::open(&facts).into_iter().find(|question| !asked.contains(&question.key)) else {
            return Ok(());
        };
        if let Some(answer) = old.get(question.key) {
            question.default = Some(answer.to_owned());
        }
        match (one(&question, given, &facts)?, asked.pop()) {
            (Some(answer), before) => {
                given.insert(question.key, answer);
                asked.extend(before);
                asked.push(question.key);
            }
            // Back to the question before, with its answer as the default.
            (None, Some(before)) => {
                if let Some(answer) = given.remove(before) {
                    old.insert(before, answer);
                }
            }
            (None, None) => return Err(left(InquireError::OperationCanceled)),
        }
    }
}

/// The answer; `None` to go back.
fn one(question: &Question, answers: &Answers, facts: &Facts) -> Result<Option<String>> {
    let message = format!("{}:", question.title);
    let help = format!("{}; esc goes back", question.why);
    if !question.choices.is_empty() {
        let start = question.choices.iter().position(|choice| Some(choice) == question.default.as_ref()).unwrap_or(0);
        return Select::new(&message, question.choices.clone())
            .with_starting_cursor(start)
            .with_help_message(&help)
            .prompt_skippable()
            .map_err(left);
    }
    let (answers, facts, key) = (answers.clone(), facts.clone(), question.key);
    let fits = move |text: &str| {
        let mut answers = answers.clone();
        answers.insert(key, text.to_owned());
        Ok(match answers.over(&facts) {
            _ if text.trim().is_empty() => Validation::Invalid("an answer is needed".into()),
            Ok(_) => Validation::Valid,
            Err(error) => Validation::Invalid(error.hints.first().unwrap_or(&error.message).as_str().into()),
        })
    };
    let prompt = Text::new(&message).with_help_message(&help).with_validator(fits);
    match &question.default {
        Some(default) => prompt.with_default(default).prompt_skippable(),
        None => prompt.prompt_skippable(),
    }
    .map_err(left)
}

/// One of a few words.
///
/// # Errors
/// Exit 130 when the user leaves.
pub fn choose(title: &str, choices: &[&str], default: Option<&str>) -> Result<String> {
    let start = choices.iter().position(|choice| Some(*choice) == default).unwrap_or(0);
    let chosen = Select::new(&format!("{title}:"), choices.to_vec()).with_starting_cursor(start).with_help_message("nothing is here yet").prompt();
    chosen.map(str::to_owned).map_err(left)
}

/// The port of a project to come.
///
/// # Errors
/// Exit 130 when the user leaves.
pub fn port(usual: u16) -> Result<u16> {
    let fits = |port: &u16| {
        Ok(if *port >= 1024 { Validation::Valid } else { Validation::Invalid("below 1024 only root may listen".into()) })
    };
    inquire::CustomType::new("Port:")
        .with_default(usual)
        .with_validator(fits)
        .with_error_message("a number from 1024 to 65535")
        .prompt()
        .map_err(left)
}

/// What to do with a file that was never ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Leave it as it is.
    Keep,
    /// Replace it, and keep the old content beside it.
    Replace,
}

/// Asks what to do with a file that stands in the way.
///
/// # Errors
/// Exit 130 when the user leaves.
pub fn foreign(path: &str, diff: &str) -> Result<Foreign> {
    const KEEP: &str = "keep it as it is";
    const SHOW: &str = "show the difference";
    let replace = format!("replace it, and keep the old one as {path}.orig");
    loop {
        let message = format!("{path} exists, and was not written by dockwright:");
        match Select::new(&message, vec![KEEP, SHOW, &replace]).prompt().map_err(left)? {
            KEEP => return Ok(Foreign::Keep),
            SHOW => crate::output::human::shown_diff(diff),
            _ => return Ok(Foreign::Replace),
        }
    }
}

/// Whose lines are taken where both sides changed the same ones: hunk by hunk, each with its difference. `None` leaves the file for
/// later.
///
/// # Errors
/// Exit 130 when the user leaves.
pub fn sides(path: &str, hunks: &[Hunk]) -> Result<Option<Vec<Side>>> {
    const MINE: &str = "keep yours";
    const FRESH: &str = "take dockwright's";
    const BACK: &str = "go back";
    const LATER: &str = "leave the file as it is, and write the new one beside it";
    let mut sides = Vec::new();
    while let Some(hunk) = hunks.get(sides.len()) {
        let number = sides.len() + 1;
        crate::output::human::shown_diff(&hunk.diff());
        let mut choices = vec![MINE, FRESH, LATER];
        if number > 1 {
            choices.insert(2, BACK);
        }
        let message = format!("{path}, line {}: you and dockwright changed the same lines ({number} of {}):", hunk.line, hunks.len());
        match Select::new(&message, choices).prompt().map_err(left)? {
            MINE => sides.push(Side::Ours),
            FRESH => sides.push(Side::Theirs),
            BACK => {
                sides.pop();
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(sides))
}

/// The last question.
///
/// # Errors
/// Exit 130 when the answer is no or the user leaves.
pub fn confirm(files: usize) -> Result<()> {
    let message = if files == 1 { "Write this file?".to_owned() } else { format!("Write these {files} files?") };
    match Confirm::new(&message).with_default(true).prompt().map_err(left)? {
        true => Ok(()),
        false => Err(Error::new(Exit::Interrupted, "declined: nothing was written")),
    }
}

fn left(error: InquireError) -> Error {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Error::new(Exit::Interrupted, "interrupted: nothing was written")
        }
        error => Error::new(Exit::AnswerMissing, format!("the terminal cannot be asked: {error}"))
            .hint("`--yes` takes every default, `--set KEY=VALUE` gives an answer"),
    }
}
