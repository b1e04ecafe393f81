//! `explain`: an item of the checklist, or a decision: why, the fix, and how this project stands.

use serde_json::{Value, json};

use crate::base::{self, Base};
use crate::checklist::{self, Subject, Verdict};
use crate::cli::{ExplainArgs, Format};
use crate::error::{Error, Result};
use crate::generate::{Generation, Open, Request, generate};
use crate::output::{self, human, json};
use crate::project::Project;
use crate::reconcile::OnConflict;

/// What was decided from the project, and can be asked about.
const DECISIONS: &[&str] =
    &["language", "version", "package_manager", "build_tool", "framework", "kind", "port", "start", "build", "health", "writable", "native", "secrets"];

/// Prints one item, one decision, or the list of all.
///
/// # Errors
/// Exit 2 for what is neither item nor decision.
pub fn run(args: &ExplainArgs) -> Result<()> {
    let Some(name) = &args.item else {
        let verdicts = verdicts(args)?;
        return say(args, &json!({"checklist": verdicts}), || {
            format!("{}`dockwright explain` takes an item, or a decision: base, {}\n", output::checklist::rows(&verdicts), DECISIONS.join(", "))
        });
    };
    if name == "base" {
        return base(args);
    }
    if DECISIONS.contains(&name.as_str()) {
        return decision(args, name);
    }
    let (number, item) = checklist::item(name).map_err(|error| {
        let near = crate::settings::nearest(name, DECISIONS).map(|meant| format!("did you mean the decision `{meant}`?"));
        near.into_iter().fold(error, Error::hint)
    })?;
    let verdict = verdicts(args)?.swap_remove(number - 1);
    let mut document = serde_json::to_value(&verdict).unwrap_or_default();
    (document["title"], document["why"], document["fix"]) = (json!(item.title), json!(item.why), json!(item.fix));
    say(args, &document, || output::checklist::explained(&verdict))
}

fn say(args: &ExplainArgs, document: &Value, text: impl FnOnce() -> String) -> Result<()> {
    let mut whole = json!({"schema": 1});
    if let (Some(whole), Some(document)) = (whole.as_object_mut(), document.as_object()) {
        whole.extend(document.clone());
    }
    match args.format {
        Format::Json => json::print(&whole),
        Format::Human => human::data(&text()),
    }
    Ok(())
}

/// How the container files stand that are there; those that would be written, where there are none.
fn verdicts(args: &ExplainArgs) -> Result<Vec<Verdict>> {
    let project = Project::open(&args.path)?;
    let subject = Subject::of_project(&project)?;
    match subject.is_empty() {
        true => look(args)?.checklist(),
        false => Ok(checklist::judge(&subject, &super::audit::waived(&args.path)?)),
    }
}

fn look(args: &ExplainArgs) -> Result<Generation> {
    generate(&Request {
        root: &args.path,
        set: &[],
        answers: None,
        emit: None,
        only: &[],
        open: Open::Defaulted,
        begins: false,
        force: false,
        on_conflict: OnConflict::NewFile,
        templates: None,
    })
}

/// A fact of each service with all its sources, and what lost.
fn decision(args: &ExplainArgs, key: &str) -> Result<()> {
    let generation = look(args)?;
    let found: Vec<Value> = generation
        .services
        .iter()
        .map(|service| json!({"service": service.facts.name, "found": json::facts(&service.facts)[key]}))
        .collect();
    say(args, &json!({"decision": key, "services": found}), || found.iter().map(|row| told(key, row)).collect())
}

fn told(key: &str, row: &Value) -> String {
    let facts: Vec<&Value> = match &row["found"] {
        Value::Array(all) => all.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    };
    let place = |evidence: &Value| match evidence["line"].as_u64() {
        Some(line) => format!("{}:{line}", evidence["file"].as_str().unwrap_or_default()),
        None => evidence["file"].as_str().unwrap_or_default().to_owned(),
    };
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    let name = row["service"].as_str().unwrap_or_default();
    if facts.is_empty() {
        return format!("{name}: nothing says `{key}`\n");
    }
    let mut text = String::new();
    for fact in facts {
        text += &format!("{name}: {key} is {} ({})\n", plain(&fact["value"]), plain(&fact["confidence"]));
        for evidence in fact["evidence"].as_array().into_iter().flatten() {
            text += &format!("  since    {} {}\n", place(evidence), plain(&evidence["reason"]));
        }
        for lost in fact["rejected"].as_array().into_iter().flatten() {
            text += &format!("  not      {}: {} ({})\n", plain(&lost["value"]), plain(&lost["reason"]), place(&lost["evidence"]));
        }
    }
    text
}

/// The base of the final image, why, and what else it could be, with what a pull of each costs.
fn base(args: &ExplainArgs) -> Result<()> {
    let generation = look(args)?;
    let bases = generation.services.iter().zip(&generation.plans).map(|(service, plan)| base::compare(service, plan));
    let bases = bases.collect::<Result<Vec<_>>>()?;
    say(args, &json!({"decision": "base", "services": bases}), || bases.iter().map(told_base).collect())
}

fn told_base(base: &Base) -> String {
    let size = |megabytes: Option<f64>| megabytes.map(|size| format!(" ({size:.0} MB to pull)")).unwrap_or_default();
    let mut told = format!("{}: {}{}\n  since    {}\n", base.service, base.image, size(base.megabytes), base.why);
    for other in &base.others {
        let what = match (&other.image, &other.why) {
            (Some(image), _) => format!("{image}{}", size(other.megabytes)),
            (None, why) => why.clone().unwrap_or_default(),
        };
        told += &format!("  --set base={:<10} {what}\n", other.base.name());
    }
    told
}
