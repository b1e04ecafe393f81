//! The fifteen items, for people.

use owo_colors::OwoColorize;

use crate::checklist::{ITEMS, Severity, Spot, Status, Verdict, score};

/// One line for each item, with its advice where there is something to do.
pub fn rows(verdicts: &[Verdict]) -> String {
    listed(verdicts, |verdict| !verdict.advice.is_empty())
}

fn listed(verdicts: &[Verdict], advised: impl Fn(&Verdict) -> bool) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        text += &format!("{} {:>2} ", word(verdict.status), verdict.item);
        // No blanks at the end of a row without places.
        match verdict.at.as_slice() {
            [] => text += verdict.id,
            at => text += &format!("{:<13} {}", verdict.id, places(at).dimmed()),
        }
        text.push('\n');
        if verdict.status != Status::Pass && advised(verdict) {
            text += &format!("          {}\n", verdict.advice);
        }
    }
    let (pass, of) = score(verdicts);
    text + &format!("{pass} of {of} items are met\n")
}

/// Every finding with its fix, item by item, and the rows.
pub fn audit(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for finding in verdicts.iter().flat_map(|verdict| &verdict.findings) {
        let level = match finding.severity {
            Severity::Error => "error".red().to_string(),
            Severity::Warning => "warning".yellow().to_string(),
            Severity::Note => "note".dimmed().to_string(),
        };
        text += &format!("{}: {level}: {} [{}]\n    {}\n", finding.at.text(), finding.message, finding.id, finding.fix);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    // Their fixes stand above.
    text + &listed(verdicts, |verdict| verdict.findings.is_empty())
}

/// One item: what, why, how, and how the project stands.
pub fn explained(verdict: &Verdict) -> String {
    let item = &ITEMS[verdict.item - 1];
    let mut text = format!("{} {}: {}\n\n{}\n\n", verdict.item, item.id.bold(), item.title, item.why);
    text += &format!("how        {}\n", item.fix);
    text += &format!("here       {} {}\n", word(verdict.status).trim_end(), places(&verdict.at));
    for finding in &verdict.findings {
        text += &format!("           {}: {}\n             {}\n", finding.at.text(), finding.message, finding.fix);
    }
    if verdict.findings.is_empty() && !verdict.advice.is_empty() && verdict.advice != item.fix {
        text += &format!("           {}\n", verdict.advice);
    }
    text
}

/// `pass`, `warn`, ... in colour, padded to one width.
fn word(status: Status) -> String {
    match status {
        Status::Pass => "pass".green().to_string(),
        Status::Warn => "warn".yellow().to_string(),
        Status::Fail => "fail".red().to_string(),
        Status::App => "app ".cyan().to_string(),
        Status::Off => "off ".dimmed().to_string(),
    }
}

/// The first places, and how many there are beside them.
fn places(at: &[Spot]) -> String {
    const SHOWN: usize = 3;
    let mut texts: Vec<String> = at.iter().map(Spot::text).collect();
    texts.dedup();
    let more = texts.len().saturating_sub(SHOWN);
    texts.truncate(SHOWN);
    let shown = texts.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
