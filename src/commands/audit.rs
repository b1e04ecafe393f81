//! `audit`: any project's container files, whoever wrote them, judged by the fifteen items.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::json;

use crate::answers_file::AnswersFile;
use crate::checklist::{self, Status, Subject, Verdict};
use crate::cli::{AuditArgs, AuditFormat};
use crate::error::{Error, Exit, Result};
use crate::output::{self, Verbosity, human, sarif};
use crate::project::Project;

/// Reads and judges; writes nothing.
///
/// # Errors
/// Exit 1 when an item is not met, exit 4 when there is nothing to judge.
pub fn run(args: &AuditArgs, verbosity: Verbosity) -> Result<()> {
    let project = Project::open(&args.path)?;
    let subject = Subject::of_project(&project)?;
    if subject.is_empty() {
        return Err(Error::new(Exit::Unsupported, format!("`{}` holds no container files", args.path)).hint("`dockwright init` writes them"));
    }
    let verdicts = checklist::judge(&subject, &waived(&args.path)?);
    match args.format {
        AuditFormat::Human if verbosity == Verbosity::Quiet => {}
        AuditFormat::Human => human::data(&output::checklist::audit(&verdicts)),
        AuditFormat::Sarif => output::json::print(&sarif::audit(&verdicts)),
        AuditFormat::Json => {
            let findings: Vec<_> = verdicts.iter().flat_map(|verdict| &verdict.findings).collect();
            let (pass, of) = checklist::score(&verdicts);
            output::json::print(&json!({"schema": 1, "checklist": verdicts, "findings": findings, "score": {"pass": pass, "of": of}}));
        }
    }
    failed(&verdicts)
}

/// Exit 1 when an item is not met.
fn failed(verdicts: &[Verdict]) -> Result<()> {
    let failed: Vec<&str> = verdicts.iter().filter(|verdict| verdict.status == Status::Fail).map(|verdict| verdict.id).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let verb = if failed.len() == 1 { "item is" } else { "items are" };
    Err(Error::new(Exit::Findings, format!("{} {verb} not met: {}", failed.len(), failed.join(", ")))
        .hint("`dockwright explain ITEM` says why it matters and how it is done"))
}

/// The items that `dockwright.toml` switches off.
///
/// # Errors
/// Exit 2 when the file is broken, an item unknown, or a reason missing.
pub(super) fn waived(root: &Utf8Path) -> Result<BTreeMap<String, String>> {
    AnswersFile::of_project(root)?.waived()
}
