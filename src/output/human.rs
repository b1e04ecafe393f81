//! For people: reports and errors on standard error, data on standard output.

use std::fmt::Display;
use std::io::Write as _;

use owo_colors::OwoColorize;

use crate::error::Error;
use crate::found::Found;
use crate::languages::Facts;
use crate::plan::Plan;
use crate::render::{RenderedFile, image_name};
use crate::write::Action;

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

/// What was recognised.
pub fn facts(facts: &Facts) {
    fn row<T>(name: &str, found: Option<&Found<T>>, show: impl Fn(&T) -> String) {
        let Some(found) = found else { return };
        let source = found.evidence.first().map_or("default".to_owned(), |evidence| {
            format!("{} {}", evidence.place(), evidence.reason)
        });
        out(format!("  {:<16}{:<24}{}\n", name, show(&found.value), source.dimmed()));
    }
    out(format!("{} ({})\n", facts.name.bold(), facts.path));
    row("language", Some(&facts.language), String::clone);
    row("version", facts.version.as_ref(), String::clone);
    row("package manager", facts.package_manager.as_ref(), String::clone);
    row("build tool", facts.build_tool.as_ref(), String::clone);
    row("framework", facts.framework.as_ref(), String::clone);
    row("kind", Some(&facts.kind), |kind| format!("{kind:?}").to_lowercase());
    row("port", facts.port.as_ref(), u16::to_string);
    row("start", facts.start.as_ref(), |words| words.join(" "));
    row("build", facts.build.as_ref(), |words| words.join(" "));
    row("health", facts.health.as_ref(), String::clone);
    for note in &facts.notes {
        out(format!("{}: {}\n", note.level.yellow(), note.message));
    }
}

/// What was written, and what to do next.
pub fn written(plan: &Plan, changes: &[(&RenderedFile, Action)], dry_run: bool) {
    for (file, action) in changes {
        let word = format!("{action:?}").to_lowercase();
        err(format!("{:<10}{}", if dry_run { format!("would be {word}") } else { word }, file.path));
    }
    err(format!("base: {} ({})", plan.runtime.image.reference(), plan.runtime.reason));
    let name = image_name(&plan.service);
    let publish = plan.runtime.port.map(|port| format!(" -p 127.0.0.1:{port}:{port}")).unwrap_or_default();
    err(format!("next: docker build -t {name} . && docker run --rm --read-only --tmpfs /tmp --cap-drop ALL{publish} {name}"));
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
