//! The contract's JSON documents, schema 1.

use serde_json::{Value, json};

use crate::languages::Facts;
use crate::render::RenderedFile;
use crate::write::Action;

/// Prints one document.
pub fn print(document: &Value) {
    super::human::data(&format!("{document:#}\n"));
}

/// `detect`.
pub fn detect(facts: &Facts) -> Value {
    json!({
        "schema": 1,
        "root": ".",
        "services": [{
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
        }],
        "questions": [],
        "notes": facts.notes,
    })
}

/// `init`.
pub fn changes(facts: &Facts, changes: &[(&RenderedFile, Action)]) -> Value {
    let files: Vec<Value> = changes
        .iter()
        .map(|(file, action)| json!({"path": file.path, "service": file.service, "action": action}))
        .collect();
    json!({"schema": 1, "files": files, "checklist": [], "notes": facts.notes})
}
