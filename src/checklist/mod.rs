//! The fifteen items. Each has one text (why, fix) and one function that judges container files by it, whoever wrote them:
//! the report of `init`, `audit` and `explain` read the same. A function looks at files alone, never at what was planned.

mod application;
mod base;
mod build;
mod items;
mod pins;
mod probe;
pub mod secrets;
mod signals;
mod subject;
mod supply;
mod workload;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, Exit, Result};
pub use items::{ITEMS, Item};
use subject::ContainerFile;
pub use subject::Subject;

/// How a project stands on an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is met.
    Pass,
    /// It is met in part, or nothing in the project says so.
    Warn,
    /// It is not met.
    Fail,
    /// Only the application's own code can do it.
    App,
    /// Waived, with a reason.
    Off,
}

/// How much a finding matters. The names are SARIF's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the item is met all the same.
    Note,
    /// Should be mended.
    Warning,
    /// The item is not met.
    Error,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// Path relative to the project.
    pub file: String,
    /// Line, from 1; absent for the file as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl Spot {
    /// A line of a file.
    pub fn new(file: &str, line: impl Into<Option<usize>>) -> Self {
        Self { file: file.to_owned(), line: line.into() }
    }

    /// `file:line`.
    pub fn text(&self) -> String {
        self.line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file))
    }
}

/// Something that keeps an item from being met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Number of the item.
    pub item: usize,
    /// Its id.
    pub id: &'static str,
    /// Where.
    #[serde(flatten)]
    pub at: Spot,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// How the project stands on one item.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// Number, from 1.
    pub item: usize,
    /// Id.
    pub id: &'static str,
    /// Status.
    pub status: Status,
    /// The lines that decide it.
    #[serde(rename = "where")]
    pub at: Vec<Spot>,
    /// What to do, or why nothing is to be done; empty when it is simply met.
    pub advice: String,
    /// What keeps it from being met.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// What an item's function saw.
#[derive(Debug, Default)]
struct Judged {
    met: Vec<Spot>,
    findings: Vec<(Severity, Spot, String, String)>,
    application: Option<String>,
}

impl Judged {
    fn met(&mut self, at: Spot) {
        self.met.push(at);
    }

    fn error(&mut self, at: Spot, message: impl Into<String>, fix: impl Into<String>) {
        self.findings.push((Severity::Error, at, message.into(), fix.into()));
    }

    fn warning(&mut self, at: Spot, message: impl Into<String>, fix: impl Into<String>) {
        self.findings.push((Severity::Warning, at, message.into(), fix.into()));
    }

    fn note(&mut self, at: Spot, message: impl Into<String>, fix: impl Into<String>) {
        self.findings.push((Severity::Note, at, message.into(), fix.into()));
    }
}

/// Judges container files by all fifteen items. `waived` gives the reason for each item that is switched off.
pub fn judge(subject: &Subject<'_>, waived: &BTreeMap<String, String>) -> Vec<Verdict> {
    ITEMS.iter().enumerate().map(|(index, item)| verdict(index + 1, item, (item.judge)(subject), waived.get(item.id))).collect()
}

fn verdict(number: usize, item: &'static Item, judged: Judged, waived: Option<&String>) -> Verdict {
    if let Some(reason) = waived {
        let advice = format!("switched off: {reason}");
        return Verdict { item: number, id: item.id, status: Status::Off, at: Vec::new(), advice, findings: Vec::new() };
    }
    let mut findings: Vec<Finding> = judged
        .findings
        .into_iter()
        .map(|(severity, at, message, fix)| Finding { item: number, id: item.id, at, severity, message, fix })
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let worst = findings.first();
    let (status, advice) = match (worst.map(|finding| finding.severity), &judged.application) {
        (Some(Severity::Error), _) => (Status::Fail, advice(worst)),
        (Some(Severity::Warning), _) => (Status::Warn, advice(worst)),
        (_, Some(advice)) => (Status::App, advice.clone()),
        (_, None) if judged.met.is_empty() => (Status::Warn, item.fix.to_owned()),
        (_, None) => (Status::Pass, advice(worst)),
    };
    let at = match status {
        Status::Fail | Status::Warn => findings.iter().filter(|found| found.severity > Severity::Note).map(|found| found.at.clone()).collect(),
        _ => judged.met,
    };
    Verdict { item: number, id: item.id, status, at, advice, findings }
}

fn advice(finding: Option<&Finding>) -> String {
    finding.map_or_else(String::new, |finding| format!("{}: {}", finding.message, finding.fix))
}

/// The items that are met, of those that are not switched off.
pub fn score(verdicts: &[Verdict]) -> (usize, usize) {
    let count = |is: fn(Status) -> bool| verdicts.iter().filter(|verdict| is(verdict.status)).count();
    (count(|status| status == Status::Pass), count(|status| status != Status::Off))
}

/// The item of a number or an id.
///
/// # Errors
/// Exit 2 for what is neither.
pub fn item(name: &str) -> Result<(usize, &'static Item)> {
    let index = match name.parse::<usize>() {
        Ok(number) => number.checked_sub(1).filter(|index| *index < ITEMS.len()),
        Err(_) => ITEMS.iter().position(|item| item.id == name),
    };
    let ids: Vec<&str> = ITEMS.iter().map(|item| item.id).collect();
    index.map(|index| (index + 1, &ITEMS[index])).ok_or_else(|| crate::settings::unknown("item", name, &ids))
}

/// Refuses waivers of items that do not exist, and those without a reason.
///
/// # Errors
/// Exit 2, naming the item that was meant.
pub fn check_waivers(waived: &BTreeMap<String, String>) -> Result<()> {
    for (id, reason) in waived {
        item(id)?;
        if reason.trim().is_empty() {
            return Err(Error::new(Exit::Usage, format!("`{id}` is waived without a reason"))
                .hint(format!("write in `dockwright.toml`, below `[waive]`: {id} = \"why this project does without\"")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
