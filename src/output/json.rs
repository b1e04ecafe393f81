//! The contract's JSON documents, schema 1.

use serde_json::{Value, json};

use crate::base;
use crate::checklist::Verdict;
use crate::commands::pin::Pinned;
use crate::generate::Generation;
use crate::languages::{Facts, Note};
use crate::pins::{Outcome, Target};
use crate::questions;
use crate::recognise::Service;

/// Prints one document.
pub fn print(document: &Value) {
    super::human::data(&format!("{document:#}\n"));
}

/// `detect`.
pub fn detect(services: &[Service]) -> Value {
    json!({
        "schema": 1,
        "root": ".",
        "services": services.iter().map(service).collect::<Vec<_>>(),
        "questions": services.iter().flat_map(|service| questions::open(&service.facts)).collect::<Vec<_>>(),
        "notes": notes(services),
    })
}

fn service(service: &Service) -> Value {
    let mut document = facts(&service.facts);
    document["base"] = json!(base::of(service));
    document
}

/// What is true of a service.
pub fn facts(facts: &Facts) -> Value {
    json!({
        "name": facts.name,
        "path": facts.path,
        "language": facts.language,
        "version": facts.version,
        "package_manager": facts.package_manager,
        "build_tool": facts.build_tool,
        "framework": facts.framework,
        "kind": facts.kind,
        "port": facts.port,
        "start": facts.start,
        "build": facts.build,
        "health": facts.health,
        "writable": facts.writable,
        "native": facts.native,
        "secrets": facts.secrets,
    })
}

fn notes(services: &[Service]) -> Vec<&Note> {
    services.iter().flat_map(|service| &service.facts.notes).collect()
}

/// `init`, `update`, `diff` and `check`.
pub fn changes(generation: &Generation, checklist: &[Verdict]) -> Value {
    let files: Vec<Value> = generation
        .changes
        .iter()
        .map(|change| json!({"path": change.path, "service": change.service, "action": change.outcome.action()}))
        .collect();
    let notes: Vec<&Note> = generation.notes().collect();
    json!({"schema": 1, "files": files, "checklist": checklist, "facts": generation.facts, "notes": notes})
}

/// `pin`.
pub fn pinned(pinned: &Pinned) -> Value {
    let rows = pinned.targets.iter().zip(&pinned.outcomes).map(|(target, outcome)| {
        let (status, record, message) = match outcome {
            Outcome::Moved(record) => ("moved", Some(record), None),
            Outcome::Current(record) => ("current", Some(record), None),
            Outcome::Left { why, .. } => ("left", None, Some(why)),
        };
        json!({
            "reference": target.reference(),
            "digest": target.digest,
            "status": status,
            "now": record,
            "message": message,
            "where": places(target),
        })
    });
    let files = pinned.files.iter().map(|(path, old, new)| json!({"path": path, "action": if old == new { "unchanged" } else { "updated" }}));
    let packages = pinned.packages.iter().map(|((distro, name), version)| json!({"distro": distro, "name": name, "version": version}));
    let packages: Vec<Value> = packages.collect();
    json!({"schema": 1, "packages": packages, "pins": rows.collect::<Vec<_>>(), "files": files.collect::<Vec<_>>(), "notes": []})
}

/// `pin --check`.
pub fn stale_pins(images: usize, found: &[(&Target, String)]) -> Value {
    let rows: Vec<Value> = found
        .iter()
        .map(|(target, what)| json!({"reference": target.reference(), "digest": target.digest, "message": what, "where": places(target)}))
        .collect();
    json!({"schema": 1, "images": images, "findings": rows})
}

fn places(target: &Target) -> Vec<Value> {
    target.places.iter().map(|(file, line)| json!({"file": file, "line": line})).collect()
}
