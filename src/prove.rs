//! The self-proof: before anything is written, the output is read again and must agree with itself.

use parse_dockerfile::Instruction;

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::render::RenderedFile;

/// Checks the rendered files against the plan.
///
/// # Errors
/// Exit 70, naming what does not agree: a contradiction is a bug, never a file.
pub fn prove(plan: &Plan, files: &[RenderedFile]) -> Result<()> {
    for file in files.iter().filter(|file| file.path.ends_with("Dockerfile")) {
        let parsed = parse_dockerfile::parse(&file.text)
            .map_err(|error| Error::bug(format!("the rendered `{}` does not parse: {error}", file.path)))?;
        let mut stages: Vec<&str> = Vec::new();
        let mut user = None;
        for instruction in &parsed.instructions {
            match instruction {
                Instruction::From(from) => {
                    let image = from.image.value.as_ref();
                    if !stages.contains(&image) && !image.contains("@sha256:") {
                        return Err(Error::bug(format!("`FROM {image}` has no digest")));
                    }
                    if let Some((_, name)) = &from.as_ {
                        stages.push(name.value.as_ref());
                    }
                    user = None;
                }
                Instruction::User(instruction) => user = Some(instruction.arguments.value.to_string()),
                _ => {}
            }
        }
        let expected = format!("{0}:{0}", plan.runtime.user.uid());
        if user.as_deref() != Some(expected.as_str()) {
            return Err(Error::bug(format!("the final stage runs as {user:?}, planned was `{expected}`")));
        }
    }
    Ok(())
}
