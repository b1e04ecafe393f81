//! Which Node.js: a range is solved to a release line of the catalog, never copied.

use nodejs_semver::Range;

use super::package_manager::PackageManager;
use crate::catalog::{Catalog, Query, is_exact, version_key};
use crate::error::Result;
use crate::found::{Confidence, Evidence, Found, Rejected};
use crate::json_file::JsonFile;
use crate::languages::Note;
use crate::project::{Project, join};
use crate::toml_file::TomlFile;

/// Taken when nothing says otherwise: a line in long-term support that native modules have builds for.
pub const DEFAULT_LINE: &str = "24";
/// The images that projects are built on.
const BUILD: Query<'_> = Query { name: "node", flavor: "slim", distro: "trixie", line: "" };
/// Code names of the long-term support lines, <https://github.com/nodejs/Release>.
const LTS_NAMES: &[(&str, &str)] = &[
    ("argon", "4"), ("boron", "6"), ("carbon", "8"), ("dubnium", "10"), ("erbium", "12"), ("fermium", "14"), ("gallium", "16"),
    ("hydrogen", "18"), ("iron", "20"), ("jod", "22"), ("krypton", "24"),
];
/// Files of version managers that hold nothing but a version.
const FILES: &[&str] = &[".nvmrc", ".node-version", ".n-node-version"];

/// Solves what the project asks for: the service's own files go before the root's.
///
/// # Errors
/// When a version file cannot be read.
pub fn solve(project: &Project, dir: &str, root: &JsonFile, manifest: &JsonFile, notes: &mut Vec<Note>) -> Result<Found<String>> {
    let mut wishes = files(project, dir)?;
    if dir != "." {
        wishes.extend(files(project, ".")?);
    }
    wishes.extend(engines(manifest));
    if dir != "." {
        wishes.extend(engines(root));
    }
    let mut wishes = wishes.into_iter();
    let Some((wish, evidence)) = wishes.next() else {
        return Ok(Found::guess(DEFAULT_LINE.to_owned(), None));
    };
    let (line, confidence) = match (Catalog::embedded()?.exact(BUILD, &wish), line_for(&wish)?) {
        (Some(exact), _) => {
            let line = exact.split('.').next().unwrap_or(exact);
            let message = format!("built with Node.js {exact} exactly; a distroless base runs the newest of {line}, as no tag of it names a version");
            notes.push(Note::info(message, Some(&evidence)));
            (exact.to_owned(), Confidence::Certain)
        }
        (None, Some(line)) => {
            if is_exact(wish.trim_start_matches(['v', '='])) {
                notes.push(Note::info(format!("Node.js {wish} has no image on Debian 13: the newest of {line} is taken"), Some(&evidence)));
            }
            (line, Confidence::Certain)
        }
        (None, None) => (instead(&wish, &evidence, notes)?, Confidence::Likely),
    };
    let mut found = Found { value: line, confidence, evidence: vec![evidence], rejected: vec![] };
    for (wish, evidence) in wishes {
        let line = line_for(&wish)?;
        let taken = found.value.split('.').next().unwrap_or_default();
        if Range::parse(wish.trim_start_matches('v')).is_ok_and(|range| fits(&range, taken)) || line.as_deref() == Some(taken) {
            found.evidence.push(evidence);
        } else {
            let reason = format!("{} goes before it", found.evidence[0].place());
            found.rejected.push(Rejected { value: line.unwrap_or(wish), reason, evidence });
        }
    }
    Ok(found)
}

/// What version managers are told.
fn files(project: &Project, dir: &str) -> Result<Vec<(String, Evidence)>> {
    let mut wishes = Vec::new();
    for file in FILES {
        let path = join(dir, file);
        if let Some(text) = project.read(&path)?
            && let Some(first) = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))
        {
            wishes.push((first.to_owned(), Evidence::at(path, 1, format!("asks for `{first}`"))));
        }
    }
    let path = join(dir, ".tool-versions");
    for (number, line) in project.read(&path)?.unwrap_or_default().lines().enumerate() {
        let mut words = line.split_whitespace();
        if let (Some("nodejs" | "node"), Some(version)) = (words.next(), words.next()) {
            wishes.push((version.to_owned(), Evidence::at(&path, number + 1, format!("asks for `{version}`"))));
        }
    }
    for name in ["mise.toml", ".mise.toml", ".config/mise.toml"] {
        let Some(file) = TomlFile::read(project, &join(dir, name))? else { continue };
        for key in ["node", "nodejs"] {
            let value = file.get(&["tools", key]);
            let version = value.and_then(|value| value.as_str().or_else(|| value.get("version")?.as_str()).or_else(|| value.get(0)?.as_str()));
            if let Some(version) = version {
                wishes.push((version.to_owned(), file.evidence(&["tools", key], format!("asks for `{version}`"))));
            }
        }
    }
    Ok(wishes)
}

/// What the manifest says: `volta`, `engines`, `devEngines`.
fn engines(manifest: &JsonFile) -> Vec<(String, Evidence)> {
    let mut wishes = Vec::new();
    for keys in [["volta", "node"], ["engines", "node"]] {
        if let Some(range) = manifest.str(&keys) {
            wishes.push((range.to_owned(), manifest.evidence(&keys, format!("`{}` asks for `{range}`", keys.join(".")))));
        }
    }
    let keys = ["devEngines", "runtime"];
    let runtime = manifest.get(&keys).map(|value| value.get(0).unwrap_or(value));
    if let Some(range) = runtime.filter(|runtime| runtime.get("name").is_some_and(|name| name == "node")).and_then(|runtime| runtime.get("version")?.as_str()) {
        wishes.push((range.to_owned(), manifest.evidence(&keys, format!("`devEngines` asks for Node.js `{range}`"))));
    }
    wishes
}

/// The release line for a wish: the default when it fits, else the newest that does. `None` when no supported one does.
fn line_for(wish: &str) -> Result<Option<String>> {
    let name = wish.trim_start_matches("lts/").to_lowercase();
    if matches!(name.as_str(), "*" | "" | "lts" | "node" | "stable" | "latest" | "current" | "-1") {
        return Ok(Some(DEFAULT_LINE.to_owned()));
    }
    let wish = LTS_NAMES.iter().find(|(lts, _)| *lts == name).map_or(wish, |(_, line)| line);
    let Ok(range) = Range::parse(wish.trim_start_matches('v')) else { return Ok(None) };
    let mut lines = lines()?;
    lines.retain(|line| fits(&range, line));
    Ok(lines.iter().find(|line| *line == DEFAULT_LINE).or(lines.last()).cloned())
}

/// The supported lines, oldest first.
fn lines() -> Result<Vec<String>> {
    let mut versions = Catalog::embedded()?.versions("node", "slim");
    versions.sort_by_key(|version| version_key(version));
    let mut lines: Vec<String> = versions.iter().filter_map(|version| version.split('.').next()).map(str::to_owned).collect();
    lines.dedup();
    Ok(lines)
}

/// Whether some version of a line satisfies a range. The patch that is asked for may be older or newer than the image's.
fn fits(range: &Range, line: &str) -> bool {
    let whole = Range::parse(format!("^{line}.0.0"));
    whole.is_ok_and(|whole| range.allows_any(&whole))
}

/// What is taken where no supported line will do, with a note that says so.
fn instead(wish: &str, evidence: &Evidence, notes: &mut Vec<Note>) -> Result<String> {
    let name = wish.trim_start_matches("lts/").to_lowercase();
    let plain = LTS_NAMES.iter().find(|(lts, _)| *lts == name).map_or(wish, |(_, line)| line);
    let number = plain.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok()).max();
    let lines = lines()?;
    let (Some(number), Some(oldest)) = (number.filter(|_| Range::parse(plain.trim_start_matches('v')).is_ok()), lines.first()) else {
        let message = format!("`{wish}` names no version of Node.js: {DEFAULT_LINE} is taken; mend it, or pass `--set version=`");
        notes.push(Note::warning(message, Some(evidence)));
        return Ok(DEFAULT_LINE.to_owned());
    };
    let old = oldest.parse::<u32>().is_ok_and(|oldest| number < oldest);
    let line = if old { oldest.clone() } else { DEFAULT_LINE.to_owned() };
    let fate = if old { "is past its end of life and gets no security fixes" } else { "is no supported line" };
    let message = format!("Node.js {number} (`{wish}`) {fate}: {line}, the nearest supported line, is taken; test with it");
    notes.push(Note::warning(message, Some(evidence)));
    Ok(line)
}

/// Bun's version: the one of the catalog's image.
///
/// # Errors
/// When the catalog has none.
pub fn bun(manager: &PackageManager) -> Result<Found<String>> {
    let image = Catalog::embedded()?.default_image(Query { name: "bun", flavor: "slim", distro: "", line: "" });
    let version = image.map_or_else(String::new, |image| image.version.clone());
    Ok(match manager.name.evidence.first() {
        Some(evidence) => Found::likely(version, Evidence { reason: "bun runs the program".to_owned(), ..evidence.clone() }),
        None => Found::guess(version, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_supported_lines() {
        for (wish, line) in [
            (">=22 <25", "24"), (">=9", "24"), ("22.x", "22"), ("v22", "22"), ("lts/*", "24"), ("lts/jod", "22"), ("^22.1.0", "22"),
            ("22.99.0", "22"), ("^18 || ^20 || >=22", "24"), ("26", "26"), ("node", "24"), ("current", "24"), (">=20 <23", "22"), ("24.1", "24"),
        ] {
            assert_eq!(line_for(wish).unwrap().as_deref(), Some(line), "{wish}");
        }
        for wish in ["^8", "18", "lts/hydrogen", "20.x", "nonsense"] {
            assert_eq!(line_for(wish).unwrap(), None, "{wish}");
        }
    }

    #[test]
    fn an_end_of_life_is_named() {
        let taken = |wish: &str| {
            let mut notes = Vec::new();
            let line = instead(wish, &Evidence::at(".nvmrc", 1, ""), &mut notes).unwrap();
            (line, notes.remove(0).message)
        };
        let (line, message) = taken("lts/hydrogen");
        assert_eq!(line, "22");
        assert!(message.starts_with("Node.js 18 (`lts/hydrogen`) is past its end of life"), "{message}");
        assert!(taken("lts/nothing").1.contains("names no version"));
        assert_eq!(taken("99").0, "24");
    }
}
