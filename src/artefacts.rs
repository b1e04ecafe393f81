//! Which artefacts are written: `--emit dockerfile,dockerignore`, `--emit +k8s`, `--emit -dockerignore`.

use crate::error::{Error, Exit, Result};
use crate::settings::unknown;

/// What can be written today.
const KNOWN: &[&str] = &["dockerfile", "dockerignore"];
/// What the contract names and this version does not write yet.
const LATER: &[&str] = &["k8s", "compose", "ci", "bake", "policy"];

/// The artefacts of a list; the default without one.
///
/// # Errors
/// Exit 2 for a name that is unknown, exit 4 for one that is not written yet.
pub fn select(list: Option<&str>) -> Result<Vec<&'static str>> {
    let words: Vec<&str> = list.unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let changes_default = words.iter().all(|word| word.starts_with(['+', '-']));
    let mut selected: Vec<&'static str> = if changes_default { KNOWN.to_vec() } else { Vec::new() };
    for word in words {
        let name = word.trim_start_matches(['+', '-']);
        if LATER.contains(&name) && !word.starts_with('-') {
            return Err(Error::new(Exit::Unsupported, format!("`{name}` is not written by this version"))
                .hint(format!("it writes: {}", KNOWN.join(", "))));
        }
        let known = KNOWN.iter().find(|known| **known == name);
        match (known, word.starts_with('-')) {
            (Some(known), true) => selected.retain(|artefact| artefact != known),
            (Some(known), false) if !selected.contains(known) => selected.push(known),
            (None, _) if !LATER.contains(&name) => return Err(unknown("artefact", name, KNOWN)),
            _ => {}
        }
    }
    Ok(selected)
}

/// The artefact that a file belongs to.
pub fn of(path: &str) -> Option<&'static str> {
    match path.rsplit('/').next()? {
        "Dockerfile" => Some("dockerfile"),
        ".dockerignore" | "Dockerfile.dockerignore" => Some("dockerignore"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_replaces_the_default_and_signs_change_it() {
        assert_eq!(select(None).unwrap(), ["dockerfile", "dockerignore"]);
        assert_eq!(select(Some("dockerfile")).unwrap(), ["dockerfile"]);
        assert_eq!(select(Some("-dockerignore")).unwrap(), ["dockerfile"]);
        assert_eq!(select(Some("dockerfle")).unwrap_err().exit, Exit::Usage);
        assert_eq!(select(Some("+k8s")).unwrap_err().exit, Exit::Unsupported);
    }
}
