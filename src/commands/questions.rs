//! `questions`: every answer that can be given.

use serde_json::{Value, json};

use crate::begin;
use crate::answers_file::{self, AnswersFile};
use crate::cli::{Format, ReportArgs};
use crate::error::Result;
use crate::lock::LockedService;
use crate::output::{human, json};
use crate::project::Project;
use crate::recognise::recognise;
use crate::settings::{AnswersByService, KEYS};

/// Lists the keys with type, choices, default, condition, and present value with its source.
///
/// # Errors
/// As those of `detect`.
pub fn run(args: &ReportArgs) -> Result<()> {
    let project = Project::open(&args.path)?;
    // In an empty folder it is about the project to come.
    let begins = begin::is_empty(&project);
    let services = if begins { Vec::new() } else { recognise(&args.path)? };
    let to_come = begin::name(&args.path);
    let names: Vec<&str> = if begins { vec![&to_come] } else { services.iter().map(|service| service.facts.name.as_str()).collect() };
    let mut answers = AnswersByService::new(&names);
    if let Ok(text) = fs_err::read_to_string(args.path.join(answers_file::FILE)) {
        AnswersFile::parse(answers_file::FILE, &text)?.add_to(&mut answers, &names)?;
    }
    let mut rows: Vec<Value> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let facts = services.get(index).map(|service| LockedService::new(&service.facts).facts).unwrap_or_default();
        let name = (*name).to_owned();
        let answers = answers.of(&name);
        for key in KEYS {
            let detected = if key.key == "name" { Some(&name) } else { facts.get(key.key) };
            let (value, source) = match (answers.get(key.key), detected) {
                (Some(answer), _) => (Some(answer), Some(answers_file::FILE)),
                (None, Some(detected)) => (Some(detected.as_str()), Some("detected")),
                (None, None) => (None, None),
            };
            let mut row = serde_json::to_value(key).unwrap_or_default();
            row["service"] = json!(name);
            match key.key {
                "language" => row["choices"] = json!(begin::languages()),
                "framework" => row["choices"] = json!(answers.get("language").map_or_else(Vec::new, begin::frameworks)),
                _ => {}
            }
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
