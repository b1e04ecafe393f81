//! For people: reports and errors on standard error, data on standard output.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use camino::Utf8Path;
use owo_colors::OwoColorize;

use super::Verbosity;
use crate::base;
use crate::checklist::Verdict;
use crate::commands::pin::Pinned;
use crate::error::Error;
use crate::found::{Confidence, Found, Rejected};
use crate::languages::Kind;
use crate::generate::Generation;
use crate::pins::{Outcome as PinOutcome, Target};
use crate::project::join;
use crate::recognise::Service;
use crate::reconcile::Outcome;
use crate::render::{image_name, shell_words};
use crate::write::Recovered;

/// A closed pipe is no error: whoever read has read enough.
fn out(text: impl Display) {
    let _ = write!(anstream::stdout(), "{text}");
}

fn err(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Data for a pipe, as it is.
pub fn data(text: &str) {
    out(text);
}

/// Something to read on the way, on standard error.
pub fn note(text: &str) {
    let _ = write!(anstream::stderr(), "{text}");
}

/// What was recognised and why; with [`Verbosity::Verbose`] also what lost.
pub fn facts(service: &Service, verbosity: Verbosity) -> String {
    let facts = &service.facts;
    let mut text = format!("{} ({})\n", facts.name.bold(), facts.path);
    let mut row = |name: &str, value: Option<Row>| {
        let Some((value, source, rejected)) = value else { return };
        text += &format!("  {name:<16}{value:<24}  {}\n", source.dimmed());
        if verbosity == Verbosity::Verbose {
            for lost in rejected {
                text += &format!("  {:<16}{}\n", "", format!("not {}: {} ({})", lost.value, lost.reason, lost.evidence.place()).dimmed());
            }
        }
    };
    row("language", Some(shown(&facts.language, String::clone)));
    row("version", facts.version.as_ref().map(|found| shown(found, String::clone)));
    row("package manager", facts.package_manager.as_ref().map(|found| shown(found, String::clone)));
    row("build tool", facts.build_tool.as_ref().map(|found| shown(found, String::clone)));
    row("framework", facts.framework.as_ref().map(|found| shown(found, String::clone)));
    row("kind", Some(shown(&facts.kind, Kind::to_string)));
    row("port", facts.port.as_ref().map(|found| shown(found, u16::to_string)));
    row("start", facts.start.as_ref().map(|found| shown(found, |words| shell_words(words))));
    row("build", facts.build.as_ref().map(|found| shown(found, |words| shell_words(words))));
    row("health", facts.health.as_ref().map(|found| shown(found, String::clone)));
    for (name, found) in facts
        .writable
        .iter()
        .map(|found| ("writes to", found))
        .chain(facts.native.iter().map(|found| ("native library", found)))
        .chain(facts.secrets.iter().map(|found| ("secret", found)))
    {
        row(name, Some(shown(found, String::clone)));
    }
    if let Some(base) = base::of(service) {
        let name = base.image.split('@').next().unwrap_or_default();
        text += &format!("  {:<16}{name:<24}  {}\n", "base", base.sizes().dimmed());
    }
    for note in &facts.notes {
        text += &format!("{}: {}\n", note.level.yellow(), note.message);
    }
    text
}

type Row<'f> = (String, String, &'f [Rejected]);

fn shown<T>(found: &Found<T>, show: impl Fn(&T) -> String) -> Row<'_> {
    let source = match (found.evidence.first(), found.confidence) {
        (Some(evidence), Confidence::Guess) => format!("{} {} (a guess)", evidence.place(), evidence.reason),
        (Some(evidence), _) => format!("{} {}", evidence.place(), evidence.reason),
        (None, _) => "the default".to_owned(),
    };
    (show(&found.value), source, &found.rejected)
}

/// The files that are about to be written.
pub fn planned(generation: &Generation) {
    changed_facts(generation);
    for change in &generation.changes {
        let word = match &change.outcome {
            Outcome::Created(_) => "create",
            Outcome::Updated(_) | Outcome::Foreign(_) => "replace",
            Outcome::Merged(_) => "merge",
            Outcome::Conflict { .. } => "conflict",
            Outcome::Removed => "remove",
            Outcome::Unchanged | Outcome::Kept(_) => "keep",
        };
        err(format!("  {word:<9}{}", change.path));
    }
}

/// What changed in the stack since the last run.
pub fn changed_facts(generation: &Generation) {
    for change in &generation.facts {
        let text = match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("{}: {before} became {after}", change.fact),
            (None, Some(after)) => format!("{}: now {after}", change.fact),
            (Some(before), None) => format!("{}: no longer {before}", change.fact),
            (None, None) => continue,
        };
        err(format!("changed   {} {text}", change.service.bold()));
    }
}

/// What was written, how it stands, and what to do next: the command is for where dockwright was called, `root` being the project.
pub fn written(generation: &Generation, checklist: &[Verdict], root: &Utf8Path) {
    changed_facts(generation);
    for change in &generation.changes {
        let reason = match &change.outcome {
            Outcome::Kept(reason) => format!(" ({reason})"),
            Outcome::Merged(_) => " (with your edits)".to_owned(),
            Outcome::Foreign(_) => format!(" (the old one is {}.orig)", change.path),
            _ => String::new(),
        };
        err(format!("{:<10}{}{}", change.outcome.action(), change.path, reason.dimmed()));
    }
    for note in generation.notes() {
        let place = note.evidence.as_ref().map(|place| match place.line {
            Some(line) => format!(" ({}:{line})", place.file),
            None => format!(" ({})", place.file),
        });
        err(format!("{}: {}{}", note.level.yellow(), note.message, place.unwrap_or_default().dimmed()));
    }
    err(super::checklist::rows(checklist).trim_end());
    for (service, plan) in generation.services.iter().zip(&generation.plans) {
        let sizes = base::compare(service, plan).map(|base| base.sizes()).unwrap_or_default();
        let comma = if sizes.is_empty() { "" } else { ", " };
        err(format!("base: {}{comma}{sizes} ({})", plan.runtime.image.reference(), plan.runtime.reason));
        let name = image_name(&plan.service);
        let publish = plan.runtime.port.map(|port| format!(" -p 127.0.0.1:{port}:{port}")).unwrap_or_default();
        let place = |path: &str| shell_words(&[join(root.as_str(), path).trim_end_matches("/.").to_owned()]);
        let context = place(&service.context);
        let file = if plan.dir == "." { String::new() } else { format!(" -f {}", place(&join(&service.facts.path, "Dockerfile"))) };
        err(format!(
            "next: docker build -t {name}{file} {context} && docker run --rm --read-only --tmpfs /tmp --cap-drop ALL{publish} {name}"
        ));
    }
}

/// What became of a run that was interrupted.
pub fn recovered(recovered: Recovered) {
    err(match recovered {
        Recovered::Forward => "an earlier run was interrupted: its files are in place now",
        Recovered::Back => "an earlier run was interrupted: what it had done was taken back",
    });
}

/// How far something is that takes a while; on a terminal only, and gone at the end.
pub fn progress(what: &str, done: usize, total: usize) {
    let mut stderr = anstream::stderr();
    if !std::io::stderr().is_terminal() {
        return;
    }
    let _ = if done < total { write!(stderr, "\r{what} {done} of {total}") } else { write!(stderr, "\r\x1b[2K") };
}

/// What `pin` did.
pub fn pinned(pinned: &Pinned) {
    for (target, outcome) in pinned.targets.iter().zip(&pinned.outcomes) {
        let places: Vec<String> = target.places.iter().map(|(file, line)| format!("{file}:{line}")).collect();
        let (word, text) = match outcome {
            PinOutcome::Moved(record) if record.reference == target.reference() => ("pinned", format!("{} {}", record.reference, record.digest)),
            PinOutcome::Moved(record) => ("moved", format!("{} -> {} {}", target.reference(), record.reference, record.digest)),
            PinOutcome::Current(record) => ("current", record.reference.clone()),
            PinOutcome::Left { why, .. } => ("left", format!("{}: {why}", target.reference())),
        };
        err(format!("{word:<10}{text} {}", format!("({})", places.join(", ")).dimmed()));
    }
    for ((distro, name), version) in &pinned.packages {
        err(format!("{:<10}{name}={version} {}", "exact", format!("({distro})").dimmed()));
    }
    for (path, old, new) in &pinned.files {
        err(format!("{:<10}{path}", if old == new { "unchanged" } else { "updated" }));
    }
}

/// What `pin --check` found.
pub fn stale_pins(found: &[(&Target, String)]) {
    for (target, what) in found {
        let place = target.places.first().map(|(file, line)| format!("{file}:{line}: ")).unwrap_or_default();
        err(format!("{place}`{}` {what}", target.reference()));
    }
}

/// The unified diff of a file; empty when nothing changed.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    let names = (format!("a/{path}"), format!("b/{path}"));
    similar::TextDiff::from_lines(old, new).unified_diff().header(&names.0, &names.1).to_string()
}

/// What `undo` brought back.
pub fn undone(paths: &[String]) {
    paths.iter().for_each(|path| err(format!("as before {path}")));
}

/// A difference, to be looked at before an answer.
pub fn shown_diff(diff: &str) {
    for line in diff.lines() {
        match line.as_bytes().first() {
            Some(b'+') => err(line.green()),
            Some(b'-') => err(line.red()),
            _ => err(line),
        }
    }
}

/// The answers that can be given, a block each.
pub fn questions(rows: &[serde_json::Value]) {
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    for row in rows {
        out(format!("{}.{}\n", text(row, "service"), text(row, "key")));
        out(format!("  {}\n", text(row, "help")));
        let choices: Vec<&str> = row["choices"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
        out(format!("  takes    {}\n", if choices.is_empty() { text(row, "type") } else { choices.join(", ") }));
        out(format!("  asked    {}\n", text(row, "asked")));
        if let Some(value) = row["value"].as_str() {
            out(format!("  is       {value} ({})\n", text(row, "source")));
        }
    }
}

/// An error with its place and hints.
pub fn error(error: &Error) {
    err(format!("{}: {}", "error".red().bold(), error.message));
    if let Some(place) = &error.place {
        let width = place.line.to_string().len();
        err(format!("{:width$}--> {}:{}:{}", "", place.file, place.line, place.column));
        err(format!("{:width$} |", ""));
        err(format!("{} | {}", place.line, place.text));
        err(format!("{:width$} | {:column$}^", "", "", column = place.column - 1));
    }
    for hint in &error.hints {
        err(format!("{}: {hint}", "hint".cyan()));
    }
}
