//! SARIF 2.1.0, as code scanning reads it: the items are its rules.

use serde_json::{Value, json};

use crate::checklist::{ITEMS, Severity, Verdict};

/// The findings of an audit.
pub fn audit(verdicts: &[Verdict]) -> Value {
    let rules: Vec<Value> = ITEMS
        .iter()
        .map(|item| {
            json!({
                "id": item.id,
                "shortDescription": {"text": item.title},
                "fullDescription": {"text": item.why},
                "help": {"text": item.fix},
            })
        })
        .collect();
    let results: Vec<Value> = verdicts
        .iter()
        .flat_map(|verdict| &verdict.findings)
        .map(|finding| {
            let mut location = json!({"artifactLocation": {"uri": uri(&finding.at.file), "uriBaseId": "%SRCROOT%"}});
            if let Some(line) = finding.at.line {
                location["region"] = json!({"startLine": line});
            }
            let level = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            json!({
                "ruleId": finding.id,
                "ruleIndex": finding.item - 1,
                "level": level,
                "message": {"text": format!("{}. To mend it: {}.", finding.message, finding.fix)},
                "locations": [{"physicalLocation": location}],
            })
        })
        .collect();
    let driver = json!({"name": "dockwright", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })
}

/// A path as a URI reference.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
