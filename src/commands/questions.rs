//! `questions`: every answer that can be given.

use serde_json::{Value, json};

use crate::answers_file::{self, AnswersFile};
use crate::cli::{Format, ReportArgs};
use crate::error::Result;
use crate::lock::LockedService;
use crate::output::{human, json};
use crate::recognise::recognise;
use crate::settings::{AnswersByService, KEYS};

/// Lists the keys with type, choices, default, condition, and present value with its source.
///
/// # Errors
/// As those of `detect`.
pub fn run(args: &ReportArgs) -> Result<()> {
    let services = recognise(&args.path)?;
    let names: Vec<&str> = services.iter().map(|service| service.facts.name.as_str()).collect();
    let mut answers = AnswersByService::new(&names);
    if let Ok(text) = fs_err::read_to_string(args.path.join(answers_file::FILE)) {
        AnswersFile::parse(answers_file::FILE, &text)?.add_to(&mut answers, &names)?;
    }
    let mut rows: Vec<Value> = Vec::new();
    for service in &services {
        let facts = LockedService::new(&service.facts).facts;
        let answers = answers.of(&service.facts.name);
        for key in KEYS {
            let detected = if key.key == "name" { Some(&service.facts.name) } else { facts.get(key.key) };
            let (value, source) = match (answers.get(key.key), detected) {
                (Some(answer), _) => (Some(answer), Some(answers_file::FILE)),
                (None, Some(detected)) => (Some(detected.as_str()), Some("detected")),
                (None, None) => (None, None),
            };
            let mut row = serde_json::to_value(key).unwrap_or_default();
            row["service"] = json!(service.facts.name);
            row["default"] = json!(detected);
            row["value"] = json!(value);
            row["source"] = json!(source);
            rows.push(row);
        }
    }
    match args.format {
        Format::Json => json::print(&json!({ "schema": 1, "questions": rows })),
        Format::Human => human::questions(&rows),
    }
    Ok(())
}
