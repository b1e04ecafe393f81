//! `init` and `update`: detect, ask, plan, render, prove, reconcile, write.

use crate::checklist::Verdict;
use crate::cli::{Format, InitArgs};
use crate::error::{Error, Exit, Result};
use crate::generate::{Generation, Open, Request, generate};
use crate::output::{Verbosity, human, json};
use crate::prompt::{self, Foreign};
use crate::recognise::recognise;
use crate::reconcile::{OnConflict, Outcome};
use crate::write::{self, RealDisk};

/// Writes the files; `update` asks only what is new.
///
/// # Errors
/// Per the contract; on every error but a conflict not one file has changed.
pub fn run(args: &InitArgs, update: bool, verbosity: Verbosity) -> Result<()> {
    let writes = !args.dry_run && args.stdout.is_none();
    let _guard;
    if writes && args.path.is_dir() {
        _guard = write::guard(&args.path)?;
        if let Some(recovered) = write::recover(&RealDisk, &args.path)? {
            human::recovered(recovered);
        }
    }
    let interactive = !args.yes && !args.no_input && prompt::possible();
    if interactive && verbosity > Verbosity::Quiet {
        // What is wrong with it, the generation says.
        recognise(&args.path).iter().flatten().for_each(|service| human::note(&human::facts(service, verbosity)));
    }
    let open = match (args.yes, interactive) {
        (true, _) => Open::Defaulted,
        (false, true) => Open::Asked { again: !update },
        (false, false) => Open::Refused,
    };
    let mut generation = generate(&Request {
        root: &args.path,
        set: &args.set,
        answers: args.answers.as_deref(),
        emit: args.emit.as_deref(),
        only: &args.service,
        open,
        begins: !update,
        force: args.force,
        on_conflict: args.conflict,
        templates: args.templates.as_deref(),
    })?;
    if let Some(name) = &args.stdout {
        human::data(one(&generation, name)?);
        return Ok(());
    }
    if args.dry_run {
        report(args, &generation, &generation.checklist()?, verbosity);
        return Ok(());
    }
    if interactive && !args.force {
        ask_about_foreign(&mut generation)?;
    } else if !args.force {
        generation.refuse_foreign()?;
    }
    if interactive && args.conflict == OnConflict::NewFile {
        for (path, hunks) in generation.conflicts() {
            if let Some(sides) = prompt::sides(&path, &hunks)? {
                generation.settle(&path, &sides);
            }
        }
    }
    let changed = generation.changes.iter().filter(|change| change.is_drift()).count();
    if interactive && changed > 0 {
        human::planned(&generation);
        prompt::confirm(changed)?;
    }
    // All that can fail comes before the writing.
    let checklist = generation.checklist()?;
    write::apply(&RealDisk, &args.path, &generation.steps(&args.path, !args.no_state)?)?;
    report(args, &generation, &checklist, verbosity);
    conflicts(&generation)
}

fn report(args: &InitArgs, generation: &Generation, checklist: &[Verdict], verbosity: Verbosity) {
    match args.format {
        Format::Json => json::print(&json::changes(generation, checklist)),
        Format::Human if args.dry_run => generation.changes.iter().for_each(|change| human::data(&change.diff())),
        Format::Human if verbosity == Verbosity::Quiet => {}
        Format::Human => human::written(generation, checklist, &args.path),
    }
}

fn ask_about_foreign(generation: &mut Generation) -> Result<()> {
    let files: Vec<(String, String)> = generation.foreign().map(|change| (change.path.clone(), change.diff())).collect();
    for (path, diff) in files {
        if prompt::foreign(&path, &diff)? == Foreign::Keep {
            generation.leave(&path);
        }
    }
    Ok(())
}

fn one<'g>(generation: &'g Generation, name: &str) -> Result<&'g str> {
    generation.rendered.iter().find(|file| file.path == name).map(|file| file.text.as_str()).ok_or_else(|| {
        let names: Vec<&str> = generation.rendered.iter().map(|file| file.path.as_str()).collect();
        Error::new(Exit::Usage, format!("`{name}` is not among the generated files"))
            .hint(format!("the files are: {}", names.join(", ")))
    })
}

/// Exit 5 when some files could not be merged.
fn conflicts(generation: &Generation) -> Result<()> {
    let conflicts: Vec<_> = generation.changes.iter().filter(|change| matches!(change.outcome, Outcome::Conflict { .. })).collect();
    if conflicts.is_empty() {
        return Ok(());
    }
    let paths: Vec<String> = conflicts.iter().map(|change| format!("`{}`", change.path)).collect();
    let error = Error::new(Exit::Conflict, format!("you and dockwright changed the same lines of {}", paths.join(", ")));
    Err(conflicts.iter().fold(error, |error, change| match change.text() {
        Some(_) => error.hint(format!("`{}` has conflict markers: choose, and remove them", change.path)),
        None => error.hint(format!(
            "`{path}` is untouched; compare it with `{path}.dockwright-new`, take over what you want, and remove that file",
            path = change.path
        )),
    }))
}
