//! `init`: detect, ask, plan, render, prove, write.

use crate::cli::{Format, InitArgs};
use crate::error::{Error, Exit, Result};
use crate::output::{Verbosity, human, json};
use crate::plan::Plan;
use crate::project::join;
use crate::prompt;
use crate::questions::{self, Question};
use crate::recognise::{Service, recognise};
use crate::render::RenderedFile;
use crate::settings::{Answers, AnswersByService};
use crate::write::Action;
use crate::{prove, render, write};

/// Writes the files.
///
/// # Errors
/// Per the contract; on every error not one file has changed.
pub fn run(args: &InitArgs, verbosity: Verbosity) -> Result<()> {
    let services = recognise(&args.path)?;
    let names: Vec<&str> = services.iter().map(|service| service.facts.name.as_str()).collect();
    let mut answers = AnswersByService::from_pairs(args.set.iter().map(String::as_str), &names)?;
    let interactive = !args.yes && !args.no_input && prompt::possible();
    if interactive {
        for service in &services {
            human::note(&human::facts(&service.facts, verbosity), verbosity);
            prompt::ask(&service.facts, answers.of(&service.facts.name))?;
        }
    } else if !args.yes {
        refuse_guesses(&services, &mut answers)?;
    }
    let mut plans = Vec::new();
    let mut files = Vec::new();
    for service in &services {
        let (plan, rendered) = plan(service, answers.of(&service.facts.name))?;
        plans.push(plan);
        files.extend(rendered);
    }
    if let Some(name) = &args.stdout {
        human::data(&one(&files, name)?.text);
        return Ok(());
    }
    let changes = files
        .iter()
        .map(|file| Ok((file, write::action(&args.path, file, args.force)?)))
        .collect::<Result<Vec<_>>>()?;
    let changed = changes.iter().filter(|(_, action)| *action != Action::Unchanged).count();
    if interactive && !args.dry_run && changed > 0 {
        human::planned(&changes);
        prompt::confirm(changed)?;
    }
    if !args.dry_run {
        for (file, action) in &changes {
            write::write(&args.path, file, *action)?;
        }
    }
    match args.format {
        Format::Human => human::written(&services, &plans, &changes, args.dry_run, verbosity),
        Format::Json => json::print(&json::changes(&services, &changes)),
    }
    Ok(())
}

/// Plan and files of a service, proven.
fn plan(service: &Service, answers: &Answers) -> Result<(Plan, Vec<RenderedFile>)> {
    let choices = answers.over(&service.facts)?;
    let plan = service.plan(&choices)?;
    let mut files = render::render(&plan)?;
    prove::prove(&plan, &files)?;
    for file in &mut files {
        file.path = join(&service.facts.path, &file.path);
    }
    Ok((plan, files))
}

fn one<'a>(files: &'a [RenderedFile], name: &str) -> Result<&'a RenderedFile> {
    files.iter().find(|file| file.path == name).ok_or_else(|| {
        let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        Error::new(Exit::Usage, format!("`{name}` is not among the generated files"))
            .hint(format!("the files are: {}", names.join(", ")))
    })
}

/// Where nobody can be asked, a guess is an answer that is missing. All of them are named at once.
fn refuse_guesses(services: &[Service], answers: &mut AnswersByService) -> Result<()> {
    let mut missing: Vec<Question> = Vec::new();
    for service in services {
        let choices = answers.of(&service.facts.name).over(&service.facts)?;
        missing.extend(questions::open(&choices.facts).into_iter().filter(|question| question.required));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let count = if missing.len() == 1 { "an answer is missing".to_owned() } else { format!("{} answers are missing", missing.len()) };
    let error = Error::new(Exit::AnswerMissing, format!("{count}, and nobody can be asked"));
    let error = missing.iter().fold(error, |error, question| {
        let key = if services.len() > 1 { format!("{}.{}", question.service, question.key) } else { question.key.to_owned() };
        let value = question.default.as_deref().unwrap_or("...");
        error.hint(format!("{}: pass `--set {}`", question.why, render::shell_words(&[format!("{key}={value}")])))
    });
    Err(error.hint("`--yes` takes every default"))
}
