//! Which Node.js: a range is solved to a release line of the catalog, never copied.

use nodejs_semver::{Range, Version};

use crate::catalog::{Catalog, Query, is_exact};
use crate::error::Result;
use crate::found::{Confidence, Evidence, Found};
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::project::{Project, join};

/// Taken when nothing says otherwise: the newest line in long-term support.
const DEFAULT_LINE: &str = "24";
/// The images that projects are built on.
pub const BUILD: Query<'_> = Query { name: "node", flavor: "slim", distro: "trixie", line: "" };
/// Code names of the long-term support lines, <https://github.com/nodejs/Release>.
const LTS_NAMES: &[(&str, &str)] =
    &[("iron", "20"), ("jod", "22"), ("krypton", "24")];

/// Solves what the project asks for.
///
/// # Errors
/// When a version file cannot be read.
pub fn solve(project: &Project, dir: &str, manifest: &JsonFile, notes: &mut Vec<Note>) -> Result<Found<String>> {
    let mut wishes: Vec<(String, Evidence)> = Vec::new();
    for file in [".nvmrc", ".node-version"] {
        let path = join(dir, file);
        if let Some(text) = project.read(&path)?
            && let Some(first) = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))
        {
            wishes.push((first.to_owned(), Evidence::at(path, 1, format!("asks for `{first}`"))));
        }
    }
    if let Some(range) = manifest.str(&["engines", "node"]) {
        wishes.push((range.to_owned(), manifest.evidence(&["engines", "node"], format!("`engines.node` asks for `{range}`"))));
    }
    let Some((wish, evidence)) = wishes.into_iter().next() else {
        return Ok(Found::guess(DEFAULT_LINE.to_owned(), None));
    };
    if let Some(exact) = Catalog::embedded()?.exact(BUILD, &wish) {
        let line = exact.split('.').next().unwrap_or(exact);
        let message = format!("built with Node.js {exact} exactly; a distroless base runs the newest of {line}, as no tag of it names a version");
        notes.push(Note::info(message, Some(&evidence)));
        return Ok(Found::certain(exact.to_owned(), evidence));
    }
    let Some(line) = line_for(&wish)? else {
        notes.push(Note::warning(
            format!("no supported Node.js satisfies `{wish}`: {DEFAULT_LINE} is taken; test with it, or pass `--set version=`"),
            Some(&evidence),
        ));
        return Ok(Found { value: DEFAULT_LINE.to_owned(), confidence: Confidence::Guess, evidence: vec![evidence], rejected: vec![] });
    };
    if is_exact(wish.trim_start_matches(['v', '='])) {
        notes.push(Note::info(format!("Node.js {wish} has no image on Debian 13: the newest of {line} is taken"), Some(&evidence)));
    }
    Ok(Found::certain(line, evidence))
}

/// The release line for a wish: the default when it fits, else the newest that does.
fn line_for(wish: &str) -> Result<Option<String>> {
    let name = wish.trim_start_matches("lts/").to_lowercase();
    if matches!(name.as_str(), "*" | "lts" | "node" | "stable" | "latest" | "current") {
        return Ok(Some(DEFAULT_LINE.to_owned()));
    }
    if let Some((_, line)) = LTS_NAMES.iter().find(|(lts, _)| *lts == name) {
        return Ok(Some((*line).to_owned()));
    }
    let Ok(range) = Range::parse(wish.trim_start_matches('v')) else { return Ok(None) };
    let mut versions: Vec<&str> = Catalog::embedded()?
        .images()
        .iter()
        .filter(|image| image.language == "node" && image.is_default() && image.flavor == "slim")
        .map(|image| image.version.as_str())
        .filter(|version| Version::parse(version).is_ok_and(|version| version.satisfies(&range)))
        .collect();
    // The default line first: it is supported longest of those in long-term support.
    versions.sort_by_key(|version| {
        (crate::catalog::in_line(version, DEFAULT_LINE), crate::catalog::version_key(version))
    });
    Ok(versions.last().and_then(|version| version.split('.').next()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::line_for;

    #[test]
    fn ranges_become_supported_lines() {
        for (wish, line) in [
            (">=22 <25", "24"), (">=9", "24"), ("22.x", "22"), ("v22", "22"), ("lts/*", "24"), ("lts/jod", "22"), ("^22.1.0", "22"),
        ] {
            assert_eq!(line_for(wish).expect("catalog").as_deref(), Some(line), "{wish}");
        }
        assert_eq!(line_for("^8").expect("catalog"), None);
    }
}
