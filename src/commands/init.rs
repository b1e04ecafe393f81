//! `init`: detect, plan, render, prove, write.

use crate::cli::{Format, InitArgs};
use crate::error::{Error, Exit, Result};
use crate::found::Confidence;
use crate::languages::Facts;
use crate::output::{human, json};
use crate::settings::Answers;
use crate::{prove, render, write};

/// Writes the files.
///
/// # Errors
/// Per the contract; on every error not one file has changed.
pub fn run(args: &InitArgs) -> Result<()> {
    let answers = Answers::from_pairs(args.set.iter().map(String::as_str))?;
    let detected = super::recognise(&args.path)?;
    let choices = answers.over(detected.facts())?;
    if !args.yes {
        refuse_guesses(&choices.facts)?;
    }
    let plan = detected.plan(&choices)?;
    let files = render::render(&plan)?;
    prove::prove(&plan, &files)?;
    if let Some(name) = &args.stdout {
        let file = files.iter().find(|file| file.path == *name).ok_or_else(|| {
            let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            Error::new(Exit::Usage, format!("`{name}` is not among the generated files"))
                .hint(format!("the files are: {}", names.join(", ")))
        })?;
        human::data(&file.text);
        return Ok(());
    }
    let changes = files
        .iter()
        .map(|file| Ok((file, write::action(&args.path, file, args.force)?)))
        .collect::<Result<Vec<_>>>()?;
    if !args.dry_run {
        for (file, action) in &changes {
            write::write(&args.path, file, *action)?;
        }
    }
    match args.format {
        Format::Human => human::written(&plan, &changes, args.dry_run),
        Format::Json => json::print(&json::changes(detected.facts(), &changes)),
    }
    Ok(())
}

/// Without `--yes` a guess is an answer that is missing.
fn refuse_guesses(facts: &Facts) -> Result<()> {
    let guess = |confidence: Option<Confidence>| confidence == Some(Confidence::Guess);
    let missing: Vec<&str> = [
        ("start", facts.start.is_none() || guess(facts.start.as_ref().map(|found| found.confidence))),
        ("port", guess(facts.port.as_ref().map(|found| found.confidence))),
    ]
    .into_iter()
    .filter_map(|(key, missing)| missing.then_some(key))
    .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let error = Error::new(Exit::AnswerMissing, format!("not known with certainty: {}", missing.join(", ")));
    Err(missing.iter().fold(error, |error, key| error.hint(format!("pass `--set {key}=...`")))
        .hint("`--yes` takes every default"))
}
